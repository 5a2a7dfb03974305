"""The files of a folder, and the sheets of its workbooks, as samples: how each is read, and what its columns look like."""

import re
from pathlib import Path

import ibis

from cxresearch import reading
from cxresearch.errors import DataError
from cxresearch.faults import reading as of_file
from cxresearch.files import unnamed
from cxresearch.reading.titles import TitleAbove
from cxresearch.reading.workbook import sheets
from cxresearch.suggest.placed import quoted
from cxresearch.suggest.profiles import Column, profile
from cxresearch.suggest.settings import one_line
from cxresearch.tables.found import FILES, JSON_LINES, PARTABLE, WORKBOOKS
from cxresearch.tables.mapping import TableMap
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


def sampled(folder):
    """The data files of a folder as samples, and of those that cannot be read why.

    Parameters
    ----------
    folder : path

    Returns
    -------
    files : list of File
    faults : list of str
        Comments, also on sheets that are hidden.

    Raises
    ------
    DataError
        Where there is no such folder or no data file in it.
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
            faults.append(f"# {one_line(fault)}")
    return files, faults


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
        is_table = path.name.lower().endswith(PARTABLE) and not path.is_dir()
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
