"""Where a workspace's tables are: files of a folder, or tables of a database."""

import os
import re
from pathlib import Path

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.environment import SOURCE
from cxresearch.errors import DataError
from cxresearch.tables import databases, dialects, mapping, mapping_file
from cxresearch.tables.sources import EVENT_LOGS, event_log, parquet, source_of, text_file

FILES = (".csv", ".tsv", ".txt", ".csv.gz", ".zip", ".parquet", ".xes", ".xes.gz")
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
    found = {}
    for name in TABLES:
        how = described.table(name)
        path = _file(folder, name, how)
        if path is None:
            _unusable(folder, name, described)
            if name in described.tables:
                raise DataError(
                    f"{mapping.FILE}: [tables.{name}]: there is no file {name}.csv; name its file"
                )
            continue
        layout = None
        if path.suffix == ".parquet":
            raw = databases.reachable(path.name, lambda path=path: parquet(connection, path))
        elif path.name.lower().endswith(EVENT_LOGS):
            layout, raw = event_log(connection, path, f"raw_{name}")
        else:
            layout, raw = text_file(connection, path, how, f"raw_{name}")
        found[name] = source_of(name, path.name, raw, how, described.money, path, layout)
    return found


def _file(folder, name, how):
    """The file of a table: the one the mapping names, else the one named after it."""
    if how.file:
        if "\0" in how.file:
            raise DataError(f"{mapping.FILE}: [tables.{name}]: {how.file!r} is no name of a file")
        path = folder / how.file
        if folder.resolve() not in path.resolve().parents:
            raise DataError(f"{mapping.FILE}: [tables.{name}]: {how.file} leads out of the workspace")
        if not path.is_file():
            raise DataError(f"{mapping.FILE}: [tables.{name}]: there is no file {how.file}")
        return path
    if how.table:
        raise DataError(
            f"{mapping.FILE}: [tables.{name}]: table is for databases; a folder's table has a file"
        )
    there = [folder / f"{name}{suffix}" for suffix in FILES if (folder / f"{name}{suffix}").is_file()]
    if len(there) > 1:
        names = " and ".join(path.name for path in there)
        raise DataError(f"{folder}: {names} both hold {name}; keep one, or name it in {mapping.FILE}")
    return there[0] if there else None


def _unusable(folder, name, described):
    """Refuse what bears a table's name and is no file of it: a folder of parts, a broken link, a name in capitals."""
    wanted = {f"{name}{suffix}" for suffix in FILES}
    used = {how.file for how in described.tables.values()}
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
