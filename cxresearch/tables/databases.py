"""Databases that hold a workspace: opened to be read only, and told apart by all that their tables hold."""

import contextlib
import hashlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import ibis
from ibis.common.exceptions import IbisError, TableNotFound

from cxresearch.environment import SNAPSHOT
from cxresearch.errors import DataError
from cxresearch.files import private

DUCKDB = (".duckdb", ".ddb")  # how the name of a DuckDB file ends
NOT_READ = (
    "sqlite",
    "file",
    "csv",
    "parquet",
    "delta",
    "json",
)  # schemes that Ibis takes for files, or makes them
# A DuckDB file is somebody's: its views may not read files, load extensions or reach the network.
CLOSED = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
SECRET = re.compile(
    r"(://[^:/@]*?)(?::|%3[Aa]).*@"
    r"|([\w%.-]*(?:pass|pwd|secret|token|auth|cred|(?:api|access|private)_?key)[\w%.-]*=)[^&;#\s]*",
    re.IGNORECASE | re.DOTALL,
)
POSTGRES = "postgres"
# Of a query within a query PostgreSQL expects a row or two, and would read the inner one again for each of thousands.
NO_LOOPS = "SET enable_nestloop = off"
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


def masked(url):
    """A database's URL without its password or token.

    >>> masked("postgres://ana:secret@host/crm"), masked("postgres://host/crm?sslmode=require&sslpassword=secret")
    ('postgres://ana:***@host/crm', 'postgres://host/crm?sslmode=require&sslpassword=***')
    """
    return SECRET.sub(lambda m: f"{m[1]}:***@" if m[1] is not None else f"{m[2]}***", url)


def opened(path):
    """A DuckDB file, to be read only and closed in: whatever its views ask for, no file, extension or network is reached."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such DuckDB file")
    connection = reachable(
        str(path), lambda: ibis.duckdb.connect(path, read_only=True, temp_directory=spill(), **CLOSED)
    )
    connection.raw_sql("SET enable_external_access = false")
    connection.raw_sql("SET lock_configuration = true")
    return connection


def spill():
    """Where DuckDB may write what exceeds its memory: the private folder of this process, made when it is needed."""
    return str(private(make=False))


def connected(url):
    """A connection to the database of a URL; within the run of a report it sees what the run sees."""
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower().split("+")[0]
    if scheme == "duckdb":
        return opened(rest.partition("?")[0])
    if scheme in NOT_READ:
        raise DataError(
            f"{masked(url)}: {scheme} is not read; give a folder of CSV or Parquet files, a DuckDB file or PostgreSQL"
        )
    try:
        _ = urlsplit(url).port
    except ValueError:  # its text would tell the part of the password that stands where the port should be
        raise DataError(
            f"{masked(url)}: its port is no number; in a password write @ as %40, / as %2F and : as %3A"
        ) from None
    connection = reachable(masked(url), lambda: ibis.connect(url))
    if connection.name == POSTGRES:
        connection.con.execute(NO_LOOPS)
    seen = os.environ.get(SNAPSHOT, "")
    if connection.name == POSTGRES and re.fullmatch(r"[0-9A-F-]+", seen):
        _begin(connection, f"SET TRANSACTION SNAPSHOT '{seen}'")
    return connection


@contextlib.contextmanager
def held(connection):
    """One state of a PostgreSQL database while the block lasts, whatever others write meanwhile.

    Yields
    ------
    dict
        What the environment of another process needs for `connected` to see the same state; empty for other databases.
    """
    if connection is None or connection.name != POSTGRES:
        yield {}
        return
    exported = _begin(connection, "SELECT pg_export_snapshot()").fetchone()[0]
    try:
        yield {SNAPSHOT: exported}
    finally:
        with contextlib.suppress(Exception):  # the server is gone: nothing is left to end
            connection.con.rollback()


def _begin(connection, statement):
    """Begin a transaction that only reads, in a session that works in UTC, and run its first statement."""
    cursor = connection.con.cursor()
    cursor.execute(BEGIN)
    return cursor.execute(statement)


def files(connection):
    """The files in which a connection's tables are kept: of a DuckDB database its one."""
    if connection.name != "duckdb":
        return []
    rows = connection.raw_sql("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()
    return [Path(path) for (path,) in rows]


def tables(connection):
    """The names of the tables and views in a connection's current schema.

    Raises
    ------
    DataError
        Where PostgreSQL has a table that this role may not read: it would be missing without a word.
    """
    if connection.name == "duckdb":
        # Ibis 12 asks here for a method that DuckDB 2 no longer has
        rows = connection.raw_sql(
            "SELECT table_name FROM information_schema.tables "
            "WHERE table_catalog = 'temp' OR (table_catalog = current_database() AND table_schema = current_schema())"
        )
        return [name for (name,) in rows.fetchall()]
    if connection.name == POSTGRES:
        rows = connection.raw_sql(
            "SELECT relname, has_table_privilege(oid, 'SELECT') OR has_any_column_privilege(oid, 'SELECT') FROM pg_class "
            "WHERE relkind IN ('r', 'v', 'm', 'f', 'p') AND relnamespace = current_schema()::regnamespace"
        )
        with contextlib.closing(rows):
            return dict(rows.fetchall())
    return connection.list_tables()


def table(connection, name, schema=None):
    """A table of a database; None where there is none of this name.

    Raises
    ------
    DataError
        In one line, where it cannot be read.
    """

    def asked():
        if (schema or "").startswith('"'):  # Ibis would part it at a point
            return connection.table(name, database=(connection.current_catalog, unquoted(schema)))
        return connection.table(name, database=schema or None)

    try:
        return reachable(name, asked)
    except DataError as fault:
        if isinstance(fault.__cause__, TableNotFound):
            return None
        raise


def unquoted(name):
    """A name as it is, be it written in quotes.

    >>> unquoted('"a.b"'), unquoted("crm")
    ('a.b', 'crm')
    """
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def fingerprint(rows):
    """SHA-256 of a table's columns and of all its rows, in whatever order they come, worked out where they are.

    DuckDB, PostgreSQL, Spark, BigQuery, Snowflake, Databricks and ClickHouse add up a hash of each row. An engine that has no hash of a row
    adds up totals of each column, which a change of several rows may leave as they are.
    """
    connection = rows.get_backend()
    columns = [[name, str(kind)] for name, kind in rows.schema().items()]
    try:
        sums = _row_sums(connection, rows)
    except (IbisError, AttributeError, NotImplementedError):
        sums = _column_sums(rows)
    return hashlib.sha256(repr([columns, sums]).encode()).hexdigest()


def _row_sums(connection, rows):
    """How many rows there are, and the sum of their hashes."""
    if connection.name == POSTGRES:
        query = (
            "SELECT count(*), sum(('x' || substr(hash, 1, 16))::bit(64)::bigint::numeric), "
            "sum(('x' || substr(hash, 17, 16))::bit(64)::bigint::numeric) "
            f"FROM (SELECT md5(one_row::text) AS hash FROM ({connection.compile(rows)}) AS one_row) AS hashes"
        )
        with contextlib.closing(connection.raw_sql(query)) as cursor:
            return [str(value) for value in cursor.fetchone()]
    if connection.name == "pyspark":
        query = f"SELECT count(*), sum(cast(xxhash64(*) AS decimal(38, 0))) FROM ({connection.compile(rows)})"
        return [str(value) for value in connection.raw_sql(query).collect()[0]]
    row = ibis.array([rows[name].hash() for name in rows.columns]).hash()
    sums = rows.aggregate(n=rows.count(), hashes=row.cast("decimal(38, 0)").sum())
    return [str(value) for value in sums.to_pandas().iloc[0]]


def _column_sums(rows):
    """How many rows there are, and for each column a total of its values or its first and last one."""
    sums = {"rows": rows.count()}
    for name in rows.columns:
        value, kind = rows[name], rows[name].type()
        if kind.is_floating():
            # exact: a sum of floating-point numbers depends on the order in which threads add them
            finite = ibis.ifelse(value.abs() < 1e20, value, ibis.null(kind))
            sums[name], sums[f"{name} n"] = finite.cast("decimal(38, 9)").sum(), finite.count()
        elif kind.is_numeric():
            sums[name] = value.cast("decimal(38, 9)").sum()
        elif kind.is_boolean():
            sums[name] = value.sum()
        elif kind.is_string():
            sums[name], sums[f"{name} kinds"] = value.length().sum(), value.nunique()
        elif kind.is_temporal():
            sums[f"{name} first"], sums[name] = value.min().cast("string"), value.max().cast("string")
    return [str(value) for value in rows.aggregate(**sums).to_pandas().iloc[0]]


def reachable(label, call):
    """The result of a call to an engine, or one line about what it could not do."""
    try:
        return call()
    except Exception as fault:
        lines = str(fault).strip().splitlines() or [type(fault).__name__]
        if isinstance(fault, ImportError):
            lines = [
                "the driver of this database is not installed; for PostgreSQL: pip install "
                '"cxresearch[postgres]", for Spark: pip install "cxresearch[spark]"'
            ]
        raise DataError(f"{label}: cannot be opened: {masked(lines[0])}") from fault
