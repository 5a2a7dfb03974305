"""Where a workspace's tables are: files of a folder, or tables of a database."""

import os
import re
from dataclasses import replace
from pathlib import Path

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.environment import SOURCE
from cxresearch.errors import DataError
from cxresearch.tables import databases, dialects, mapping, mapping_file
from cxresearch.tables.parts import several
from cxresearch.tables.sources import (
    EVENT_LOGS,
    event_log,
    json_lines,
    parquet,
    parquet_folder,
    sheet_of,
    source_of,
    text_file,
)

JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARTABLE = (".csv", ".tsv", ".txt", ".csv.gz", ".parquet", *JSON_LINES)  # of which several may be one table
FILES = (*PARTABLE, ".zip", ".xes", ".xes.gz")
PART = r'"(?:[^"]|"")+"|[^".]+'  # of the name of a table: in quotes, or without a point

dialects.only_when_asked_for()


def find(source, described_by=None):
    """Name, sources and mapping of whatever :func:`cxresearch.open` was given."""
    if described_by and not (Path(described_by) / mapping.FILE).is_file():
        raise DataError(f"{described_by}: there is no {mapping.FILE} in this folder")
    described = mapping_file.load(described_by) if described_by else mapping.Mapping()
    if isinstance(source, ibis.BaseBackend):
        return source.name, _of_database(source, described), described
    text = str(source)
    if not _is_unicode(text):
        raise DataError(f"{text!a}: its name is not UTF-8; rename it")
    if "://" in text:
        return databases.masked(text), _of_database(databases.connected(text), described), described
    path = Path(source)
    if path.is_file():
        if path.suffix not in databases.DUCKDB:
            raise DataError(
                f"{source}: this is a file; a workspace is the folder that holds it, or a DuckDB file"
            )
        return text, _of_database(databases.opened(path), described), described
    if not path.is_dir():
        raise DataError(f"{source}: no such folder")
    if not described_by:
        described = mapping_file.load(path)
    if described.source:
        return text, _of_database(_named(path, described.source), described), described
    return text, _of_folder(path, described), described


def _named(folder, source):
    """The database that a mapping names: a file inside the workspace, or whatever the command line allows.

    A mapping comes with somebody's data. It may not send a password to a host of its choice, nor read a file elsewhere.
    """
    is_url = "://" in source
    inside = not is_url and folder.resolve() in (folder / source).resolve().parents
    if not inside and os.environ.get(SOURCE) != source:
        raise DataError(
            f"{mapping.FILE}: [workspace]: source leads out of the workspace, to {databases.masked(source)}; "
            f"if you mean it, say so: --allow-source with the same text"
        )
    return databases.connected(source) if is_url else databases.opened(folder / source)


def _is_unicode(text):
    """Whether a text from the command line or the file system can be written in UTF-8."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def _of_folder(folder, described):
    connection = ibis.duckdb.connect(temp_directory=databases.spill())
    connection.raw_sql("SET TimeZone = 'UTC'")
    found, pages = {}, _sheets(folder, described)
    for name in TABLES:
        how = described.table(name)
        if len(how.files) > 1:
            paths = [_declared(folder, name, file) for file in how.files]
            found[name] = several(
                name, paths, how, described.money, lambda p, how, view: _read(connection, p, how, view)
            )
            continue
        path = _file(folder, name, how)
        if path is None and name in pages:
            path, sheet = pages[name]
            how = replace(how, sheet=sheet)
        if path is None:
            _unusable(folder, name, described)
            if name in described.tables:
                raise DataError(
                    f"{mapping.FILE}: [tables.{name}]: there is no file {name}.csv; name its file"
                )
            continue
        layout, raw, remarks, parts = _read(connection, path, how, f"raw_{name}")
        label = f"{path.name}, sheet {how.sheet}" if how.sheet else path.name
        found[name] = source_of(name, label, raw, how, described.money, path, layout, parts, remarks)
    return found


def _read(connection, path, how, view):
    """The layout of a file, its rows, what a reader should know of it, and its files, if it is a folder of them."""
    kind = path.name.lower()
    if path.is_dir():
        raw, parts = databases.reachable(path.name, lambda: parquet_folder(connection, path))
        return None, raw, (), parts
    if kind.endswith(".parquet"):
        return None, databases.reachable(path.name, lambda: parquet(connection, path)), (), ()
    if kind.endswith(WORKBOOKS):
        return *sheet_of(connection, path, how, view), ()
    if kind.endswith(EVENT_LOGS):
        return *event_log(connection, path, view), (), ()
    if kind.endswith(JSON_LINES):
        return *json_lines(connection, path, view), (), ()
    return *text_file(connection, path, how, view), (), ()


def _sheets(folder, described):
    """The sheets of the folder's workbooks that bear a table's name and are shown: table → workbook and sheet."""
    named = {file for how in described.tables.values() for file in how.files}
    found = {}
    for path in sorted(p for p in folder.iterdir() if p.name.lower().endswith(WORKBOOKS) and p.is_file()):
        if path.name in named or path.name.startswith("~$"):
            continue
        from cxresearch.reading.workbook import sheets  # with numpy: a folder without workbooks needs none

        try:
            shown = [sheet for sheet, is_shown in sheets(path).items() if is_shown]
        except DataError:
            if path.stem in TABLES or not any(p.name.lower().endswith(FILES) for p in folder.iterdir()):
                raise
            continue  # a workbook about something else, which is not read
        for sheet in shown:
            table = path.stem if len(shown) == 1 and path.stem in TABLES else sheet.strip().lower()
            if table in TABLES and table in found:
                raise DataError(
                    f"{folder}: {found[table][0].name} and {path.name} both hold {table}; name one in {mapping.FILE}"
                )
            if table in TABLES:
                found[table] = path, sheet
    return found


def hidden(sources):
    """What a check says of the sheets of workbooks that are hidden, of which none is read unless the mapping names it."""
    read = {(s.path, s.how.sheet) for s in sources if s.path and s.path.name.lower().endswith(WORKBOOKS)}
    books = {path for path, _ in read}
    if not books:
        return []
    from cxresearch.reading.workbook import sheets

    return [
        f"{path.name}: sheet {sheet} is hidden and not read"
        for path in sorted(books)
        for sheet, is_shown in sheets(path).items()
        if not is_shown and (path, sheet) not in read
    ]


def _file(folder, name, how):
    """The file of a table: the one the mapping names, else the one named after it."""
    if how.file:
        return _declared(folder, name, how.files[0])
    if how.table:
        raise DataError(
            f"{mapping.FILE}: [tables.{name}]: table is for databases; a folder's table has a file"
        )
    if (parts := folder / name).is_dir() and next(parts.rglob("*.parquet"), None):
        return parts
    there = [folder / f"{name}{suffix}" for suffix in FILES if (folder / f"{name}{suffix}").is_file()]
    if len(there) > 1:
        names = " and ".join(path.name for path in there)
        raise DataError(f"{folder}: {names} both hold {name}; keep one, or name it in {mapping.FILE}")
    return there[0] if there else None


def _declared(folder, name, file):
    """A file that the mapping names, or a folder of Parquet files."""
    if "\0" in file:
        raise DataError(f"{mapping.FILE}: [tables.{name}]: {file!r} is no name of a file")
    path = folder / file
    if folder.resolve() not in path.resolve().parents:
        raise DataError(f"{mapping.FILE}: [tables.{name}]: {file} leads out of the workspace")
    if not (path.is_file() or path.is_dir()):
        raise DataError(f"{mapping.FILE}: [tables.{name}]: there is no file {file}")
    return path


def _unusable(folder, name, described):
    """Refuse what bears a table's name and is no file of it: a folder of parts, a broken link, a name in capitals."""
    wanted = {f"{name}{suffix}" for suffix in FILES}
    used = {file for how in described.tables.values() for file in how.files}
    for entry in sorted({*os.listdir(folder)} - used):
        if entry in wanted:
            what = "a folder; put its rows into one file" if (folder / entry).is_dir() else "no file"
            raise DataError(f"{folder / entry}: is {what}")
        if entry.lower() in wanted:
            raise DataError(f"{folder / entry}: call it {entry.lower()}, or name it in {mapping.FILE}")


def _of_database(connection, described):
    present = databases.reachable(connection.name, lambda: databases.tables(connection))
    found = {}
    for name in TABLES:
        how = described.table(name)
        schema, table = _apart(how.table or name)
        if not schema and table not in present:
            if how.table:
                raise DataError(f"{mapping.FILE}: [tables.{name}]: the database has no table {table}")
            continue
        if not schema and isinstance(present, dict) and not present[table]:
            raise DataError(f"{table}: this role may not read it; GRANT SELECT ON it, or name another table")
        raw = databases.table(connection, table, schema)
        if raw is None:
            raise DataError(f"{mapping.FILE}: [tables.{name}]: the database has no table {how.table}")
        found[name] = source_of(name, how.table or name, raw, how, described.money)
    return found


def _apart(name):
    """The schema and the name of a table, of ``schema.table``; what holds a point itself stands in quotes.

    >>> _apart("crm.orders"), _apart('"a.b"."c.d"'), _apart("orders")
    (('crm', 'orders'), ('"a.b"', 'c.d'), ('', 'orders'))
    """
    parts = re.fullmatch(rf"({PART})\.({PART})", name)
    if not parts:
        schema, _, table = name.rpartition(".")
        return schema, table
    return parts[1], databases.unquoted(parts[2])
