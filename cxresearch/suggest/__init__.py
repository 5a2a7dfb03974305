"""A first draft of ``cxresearch.toml`` for files that nobody has described yet, every line with its evidence.

Nothing is decided for the user that the data do not show: an open order of day and month, and which of two values
means true, stay comments to be completed. No value of the data is shown; column names and shapes are.
"""

import re
from pathlib import Path

import ibis

from cxresearch import reading
from cxresearch.contract.tables import TABLES, is_amount
from cxresearch.errors import DataError
from cxresearch.faults import reading as of_file
from cxresearch.files import unnamed
from cxresearch.masking import shortened
from cxresearch.reading.jsonlines import JSON_LINES
from cxresearch.reading.titles import TitleAbove
from cxresearch.reading.workbook import WORKBOOKS, sheets
from cxresearch.suggest.match import Match, matches
from cxresearch.suggest.money import currency_line
from cxresearch.suggest.placed import quoted
from cxresearch.suggest.profiles import SAMPLE, Column, profile
from cxresearch.suggest.settings import further, further_lines, number_lines
from cxresearch.tables.found import FILES
from cxresearch.tables.mapping import FILE, TableMap
from cxresearch.tables.sources import (
    EVENT_LOGS,
    event_log,
    json_lines,
    may_repeat,
    parquet,
    parquet_folder,
    sheet_of,
    surveymonkey_names,
)

WIDTH = 54


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
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder")
    ends = (*FILES, *WORKBOOKS)
    paths = sorted(p for p in folder.iterdir() if _is_data(p, ends))
    if not paths:
        raise DataError(f"{folder}: no data file here; a data file ends in {', '.join(ends)}")
    connection = ibis.duckdb.connect()
    files, faults = [], []
    for path, others in in_parts(paths):
        try:
            with of_file(path.name):
                found = [
                    _sampled(connection, path, f"file{len(files)}_{i}", page)
                    for i, page in enumerate(_pages(path, faults))
                ]
            for file in found:
                file.others = others
            files += found
        except DataError as fault:
            faults.append(f"# {_one_line(fault)}")
    drafted = matches(files)
    lines = [
        f"# A draft from names and from up to {SAMPLE:,} rows of each file: look at every line before you use it.",
        "",
    ]
    lines += _workspace(drafted)
    for match in drafted:
        lines += ["", *_table(match)]
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
    text, path = suggest(folder), Path(folder) / FILE
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


def _is_data(path, ends):
    """Whether a file, or a folder of Parquet files, may hold a table."""
    if path.is_dir():
        return next(path.rglob("*.parquet"), None) is not None
    return path.is_file() and path.name.lower().endswith(ends) and not path.name.startswith("~$")


def _pages(path, faults):
    """The sheets of a workbook that are shown; None for a file that has none. Of hidden ones it is told."""
    if not path.name.lower().endswith(WORKBOOKS) or path.is_dir():
        return [None]
    found = sheets(path)
    faults += [
        f"# {path.name}: sheet {quoted(sheet)} is hidden and not read"
        for sheet, is_shown in found.items()
        if not is_shown
    ]
    return [sheet for sheet, is_shown in found.items() if is_shown]


def in_parts(paths):
    """Files and, of each, those with the same name but for its digits, which hold the same table.

    >>> from pathlib import Path
    >>> [(p.name, [o.name for o in more]) for p, more in in_parts([Path("a_2025.csv"), Path("a_2026.csv"), Path("b.csv")])]
    [('a_2025.csv', ['a_2026.csv']), ('b.csv', [])]
    """
    groups = {}
    for path in paths:
        name = re.sub(r"\d+", "#", path.name)
        is_table = (
            path.name.lower().endswith((".csv", ".tsv", ".txt", ".csv.gz", *JSON_LINES, ".parquet"))
            and not path.is_dir()
        )
        groups.setdefault(name if is_table and "#" in name else path.name, []).append(path)
    return [(first, more) for first, *more in groups.values()]


def _sampled(connection, path, name, sheet=None):
    """The profile of a file, with the settings that reading it takes."""
    if path.is_dir():
        return profile(path, parquet_folder(connection, path)[0], {})
    if sheet is not None:
        return _sheet(connection, path, sheet, name)
    if path.name.lower().endswith(JSON_LINES):
        return profile(path, json_lines(connection, path, name)[1], {})
    if path.name.lower().endswith(".parquet"):
        return profile(path, parquet(connection, path), {})
    if path.name.lower().endswith(EVENT_LOGS):
        return profile(path, event_log(connection, path, name)[1], {})
    settings = {}
    layout = _sniffed(path, settings)
    skipped = {"skip_rows": settings["skip_rows"][0]} if "skip_rows" in settings else {}
    if looks_like_data(layout.header):
        raise DataError(
            f"{path.name}: its first record looks like data and not like names; if so, declare header = 0"
        )
    file = _read(connection, path, layout, name, settings)
    head = file.raw.limit(2).to_pandas().fillna("")
    if len(head) > 1 and any(str(v).startswith('{"ImportId"') for v in head.iloc[1]):
        settings["header"] = ("qualtrics", "the third record holds Qualtrics' import ids")
        asked = {c: str(head[c].iloc[0]) for c in head.columns}
        layout = reading.sniff(
            path, layout.encoding, layout.delimiter, header_rows=3, may_repeat=may_repeat, **skipped
        )
        file = _read(connection, path, layout, name, settings, asked)
    elif len(head) and {"Response", "Open-Ended Response"} & set(head.iloc[0]):
        names = surveymonkey_names(
            [c if not c.startswith("column ") else "" for c in layout.header], [str(v) for v in head.iloc[0]]
        )
        settings["header"] = ("surveymonkey", "the second record holds SurveyMonkey's options")
        layout = reading.sniff(path, layout.encoding, layout.delimiter, header_rows=2, **skipped)
        layout.header = names
        file = _read(connection, path, layout, name, settings, {name: name for name in names})
    return file


def _sheet(connection, path, sheet, name):
    """The profile of a sheet of a workbook."""
    settings = {"sheet": (sheet, "a sheet of this workbook")}
    try:
        raw = sheet_of(connection, path, TableMap("", sheet=sheet), name)[1]
    except TitleAbove as fault:
        skip = fault.settings["skip_rows"]
        settings["skip_rows"] = (skip, "what stands above the header is none of the table: look at it")
        raw = sheet_of(connection, path, TableMap("", sheet=sheet, skip_rows=skip), name)[1]
    return profile(path, raw, settings)


def _sniffed(path, settings):
    """The layout of a file, and in `settings` what a mapping must declare to find it."""
    while True:
        try:
            return reading.sniff(
                path, may_repeat=may_repeat, **{key: value for key, (value, _) in settings.items()}
            )
        except TitleAbove as fault:
            if "skip_rows" in settings:
                raise
            why = "what stands above the header is none of the table: look at it"
            settings |= {key: (value, why) for key, value in fault.settings.items()}
        except DataError as fault:
            if "is not UTF-8" not in str(fault) or "encoding" in settings:
                raise
            why = "its bytes are not UTF-8; Windows-1252 is usual: look at an accented letter"
            settings["encoding"] = ("cp1252", why)


def looks_like_data(names):
    """Whether a header is a record of data, not to be shown as names: it has an address, a date, mostly numbers.

    >>> looks_like_data(["ana@example.org", "x"]), looks_like_data(["Kunde", "2026"])
    (True, False)
    """
    record = [Column(name, {name: 1}, 1) for name in names]
    dated = any(c.formats and not name.isdigit() for c, name in zip(record, names, strict=True))
    return (
        dated
        or any("@" in name for name in names)
        or 2 * sum(bool(c.conventions) for c in record) > len(names)
    )


def _read(connection, path, layout, name, settings, labels=None):
    try:
        return profile(path, reading.read(connection, layout, name), settings, labels)
    except DataError:
        raise
    except Exception:  # DuckDB stops at a ragged row; the rest of the file is sampled without it
        sound = unnamed(connection)
        reading.split(layout, reading.scan(layout), sound, unnamed(connection))
        settings["refused"] = True
        again = reading.sniff(sound, delimiter=",")
        again.header = layout.header
        return profile(path, reading.read(connection, again, name), settings, labels)


def _workspace(found):
    lines = ["[workspace]"]
    if any(p.column.local for m in found for t, p in m.placed.items() if m.kind(t) == "moment"):
        lines.append(
            '# timezone = "Europe/Berlin"  # some moments tell no offset; they are read as UTC unless you say where they are local'
        )
    if any(is_amount(m.table, target) for m in found for target in m.placed):
        lines += ["", "[money]", _noted(*currency_line(found))]
    return lines


def _table(match: Match):
    """The lines of one table."""
    lines = [f"[tables.{match.table}]", _file_line(match)]
    for key, value in match.file.settings.items():
        if key == "refused":
            lines.append("# check will say: some records cannot be read as rows")
        else:
            given = value[0] if isinstance(value[0], int) else quoted(value[0])
            lines.append(_noted(f"{key} = {given}", value[1]))
    lines += match.lines + number_lines(match) + further_lines(match)
    columns, drivers = [], []
    for target, placed in match.placed.items():
        line, note = placed.line(match, target)
        (drivers if target.startswith("driver_") else columns).append(_noted(line, note))
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
        return _noted(f"file = {quoted(names[0])}", match.why)
    listed = ", ".join(quoted(name) for name in names)
    return _noted(
        f"file = [{listed}]",
        f"{match.why}; one table in several files: check looks for rows that are in two of them",
    )


def _noted(line, note):
    return f"{line:<{WIDTH}}  # {_one_line(note)}"


def _one_line(text):
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
