"""A first draft of ``cxresearch.toml`` for files that nobody has described yet, every line with its evidence.

Nothing is decided for the user that the data do not show: an open order of day and month, and which of two values
means true, stay comments to be completed. No value of the data is shown; column names and shapes are.
"""

from pathlib import Path

from cxresearch.contract.tables import TABLES, is_amount
from cxresearch.errors import DataError
from cxresearch.masking import shortened
from cxresearch.suggest.files import sampled
from cxresearch.suggest.match import Match, matches
from cxresearch.suggest.money import currency_line
from cxresearch.suggest.placed import quoted
from cxresearch.suggest.profiles import SAMPLE
from cxresearch.suggest.settings import further, further_lines, noted, number_lines
from cxresearch.tables.mapping import FILE


def suggest(folder):
    """A draft of ``cxresearch.toml`` for the data files of a folder.

    Each file is sampled, its columns are matched to the contract by name (English, German, French, Spanish) and by
    content, and each table goes to the file that fits it best.

    Parameters
    ----------
    folder : path

    Returns
    -------
    str
        Valid TOML; each line's comment tells why it stands there, and ``check will say`` where a problem is already
        known. Tables and columns that could not be placed are listed in comments.

    Raises
    ------
    DataError
        Where there is no such folder or no data file in it.

    Examples
    --------
    >>> print(suggest("data/cdnow").splitlines()[0])
    # A draft from names and from up to 20,000 rows of each file: look at every line before you use it.
    """
    files, faults = sampled(folder)
    return draft(files, faults, matches(files))


def draft(files, faults, drafted, settings=None):
    """The text of a draft.

    Parameters
    ----------
    files : list of File
    faults : list of str
    drafted : list of Match
    settings : dict, optional
        What the firm says of itself: company, timezone, fiscal_year_starts, currency, margin, leaving, targets.
    """
    settings = settings or {}
    lines = [
        f"# A draft from names and from up to {SAMPLE:,} rows of each file: look at every line before you use it.",
        "",
    ]
    lines += _workspace(drafted, settings)
    for match in drafted:
        lines += ["", *_table(match)]
    lines += _firm(settings)
    placed = {m.file.key for m in drafted}
    left = [f for f in files if f.key not in placed]
    if left or faults:
        lines += ["", "# Files without a table of the contract:"]
        lines += [
            f"# {quoted(f.name)}: columns {', '.join(quoted(shortened(c.name, 80)) for c in f.columns)}"
            for f in left
        ] + faults
    if left:
        lines += ["", *_by_hand(left[0].name)]
    return "\n".join(lines) + "\n"


def write(folder):
    """Write the draft to ``cxresearch.toml`` of a folder that has none; returns its path.

    Raises
    ------
    DataError
        Where there is one already: somebody may have mended it.
    """
    return written(folder, suggest(folder))


def written(folder, text):
    """Write a draft to a folder that has none; returns its path."""
    path = Path(folder) / FILE
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DataError(
            f"{path}: is there already and stays as it is; without --write the draft is printed"
        ) from None
    except OSError as fault:
        raise DataError(f"{path}: cannot be written: {fault.strerror}") from None
    return path


def _by_hand(name):
    """How to say what a file is that could not be placed: the words to write, and the columns that each table requires."""
    yield f"# If you know which table a file is, write [tables.NAME] with file = {quoted(name)} and such, and under"
    yield "# [tables.NAME.columns] a line for each column; these are required:"
    for table, schema in TABLES.items():
        yield f"#   {table}: {', '.join(schema.where('required'))}"
    yield '# A file without such a column may say { row_number = true } for a key, { value = "2026-09-30" } for what all rows share.'


def tells_local_clocks(found):
    """Whether some moments tell no offset, so that the time zone says what they are."""
    return any(
        p.column and p.column.local for m in found for t, p in m.placed.items() if m.kind(t) == "moment"
    )


def holds_amounts(found):
    """Whether some column holds money."""
    return any(is_amount(m.table, target) for m in found for target in m.placed)


def _workspace(found, settings):
    lines = ["[workspace]"]
    for key, note in (
        ("company", "reports of one company are compared"),
        ("timezone", "where days begin and end"),
        ("fiscal_year_starts", "month; a fiscal year is named after the year in which it ends"),
    ):
        if key in settings:
            value = settings[key] if isinstance(settings[key], int) else quoted(settings[key])
            lines.append(noted(f"{key} = {value}", note))
    if "timezone" not in settings and tells_local_clocks(found):
        lines.append(
            '# timezone = "Europe/Berlin"  # some moments tell no offset; they are read as UTC unless you say where they are local'
        )
    if holds_amounts(found) or {"currency", "margin"} & set(settings):
        line = currency_line(found)
        if "currency" in settings:
            line = f"currency = {quoted(settings['currency'])}", "of all amounts"
        lines += ["", "[money]", noted(*line)]
        if "margin" in settings:
            lines.append(noted(f"margin = {settings['margin']}", "contribution per unit of revenue"))
    return lines


def _firm(settings):
    """What counts as leaving, and what the firm wants to reach."""
    lines = []
    if settings.get("leaving"):
        listed = ", ".join(quoted(reason) for reason in settings["leaving"])
        lines += ["", "[churn]", noted(f"leaving = [{listed}]", "other ends compete with leaving")]
    if settings.get("targets"):
        lines += [
            "",
            "[targets]",
            *(f"{quoted(name)} = {value}" for name, value in settings["targets"].items()),
        ]
    return lines


def _table(match: Match):
    """The lines of one table."""
    lines = [f"[tables.{match.table}]", _file_line(match)]
    for key, value in match.file.settings.items():
        if key == "refused":
            lines.append("# check will say: some records cannot be read as rows")
        else:
            given = value[0] if isinstance(value[0], int) else quoted(value[0])
            lines.append(noted(f"{key} = {given}", value[1]))
    lines += match.lines + number_lines(match) + further_lines(match)
    columns, drivers = [], []
    for target, placed in match.placed.items():
        line, note = placed.line(match, target)
        (drivers if target.startswith("driver_") else columns).append(noted(line, note))
    lines += ["", f"[tables.{match.table}.columns]", *columns]
    if drivers:
        lines += ["", f"[tables.{match.table}.drivers]", *drivers]
    lines += match.notes()
    declared = further(match)
    others = [c for c in match.others if c not in declared]
    if others:
        lines.append(
            f"# not placed: {', '.join(f'{quoted(shortened(c.name, 80))} ({c.shape})' for c in others)}"
        )
    return lines


def _file_line(match):
    """The line that names the file, or the several that hold the table."""
    names = [match.file.name, *(path.name for path in match.file.others)]
    if len(names) == 1:
        return noted(f"file = {quoted(names[0])}", match.why)
    listed = ", ".join(quoted(name) for name in names)
    return noted(
        f"file = [{listed}]",
        f"{match.why}; one table in several files: check looks for rows that are in two of them",
    )
