"""Where the data is: a folder of tables, opened lazily as Ibis tables of the contract's types."""

import hashlib
from pathlib import Path

from cxresearch.contract import TABLES, columns
from cxresearch.errors import DataError

SHAPES = {  # what a text must look like to be read as a type; engines alone accept "infinity" and "1_000"
    "Timestamp": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$",
    "Date": r"^\d{4}-\d{2}-\d{2}$",
    "Float64": r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$",
}
SUFFIXES = (".csv", ".parquet")


def open(source):
    """Open a folder of CSV or Parquet files, one file per table of the contract.

    Nothing is read beyond the header: a table is an Ibis expression until something asks for its rows.

    Parameters
    ----------
    source : path
        A folder with files named after the contract's tables, such as ``orders.csv`` or ``customers.parquet``.

    Returns
    -------
    Workspace

    Raises
    ------
    DataError
        Where there is no such folder, or no table in it.

    Examples
    --------
    >>> ws = open("data/cdnow")
    >>> ws.tables
    ['customers', 'orders']
    >>> ws.frame("orders").head(2)[["customer_id", "ordered_at", "amount"]]
      customer_id ordered_at  amount
    0       00004 1997-01-01   29.33
    1       00021 1997-01-01   63.34
    """
    folder = Path(source)
    if not folder.is_dir():
        raise DataError(f"{source}: no such folder")
    files = {p.stem: p for p in sorted(folder.iterdir()) if p.suffix in SUFFIXES and p.stem in TABLES}
    if not files:
        known = ", ".join(f"{name}.csv" for name in TABLES)
        raise DataError(f"{source}: no table in this folder; a workspace holds at least one of {known}")
    return Workspace(str(source), files)


class Workspace:
    """The tables of one firm, as Ibis tables in the contract's types.

    ``ws.orders`` is an Ibis table, ``ws.frame("orders")`` the same as pandas, ``ws.check()`` what is wrong with the data.
    A value that cannot be read as its type stops the query that meets it; it is never quietly nothing.
    """

    def __init__(self, source, files):
        import ibis

        self.source = source
        self._files = files
        self._connection = ibis.duckdb.connect()
        self._connection.raw_sql("SET TimeZone = 'UTC'")
        self._raw = {name: self._read(name, path) for name, path in files.items()}

    def __repr__(self):
        return f"<Workspace {self.source}: {', '.join(self.tables)}>"

    @property
    def tables(self):
        """The contract tables present, sorted."""
        return sorted(self._raw)

    def __getattr__(self, name):
        if name.startswith("_") or name not in TABLES:
            raise AttributeError(name)
        return self.table(name)

    def __dir__(self):
        return [*super().__dir__(), *self.tables]

    def table(self, name):
        """One table as an Ibis expression, its columns in the contract's types."""
        if name not in self._raw:
            raise DataError(f"{self.source}: this needs the table {name}, which is not there")
        raw = self._raw[name]
        for column, spec in TABLES[name].columns.items():
            if spec.required and not spec.regex and column not in raw.columns:
                raise DataError(f"{self._files[name].name}: no column {column}")
        present = columns(name, raw.columns)
        return raw.mutate(**{c: typed(raw[c], spec.dtype.type, strict=True) for c, spec in present.items()})

    def frame(self, name):
        """One table as a pandas DataFrame."""
        return self.table(name).to_pandas()

    def check(self):
        """What is wrong with the data; see :class:`cxresearch.check.Check`."""
        from cxresearch.check import Check

        return Check({name: (self._files[name].name, raw) for name, raw in self._raw.items()})

    def span(self):
        """The first and the last day on which anything happened, over all tables."""
        days = []
        for name in self.tables:
            for column, spec in columns(name, self._raw[name].columns).items():
                if (spec.metadata or {}).get("event"):
                    at = self.table(name)[column].cast("date")
                    days.append(at.as_table().aggregate(first=at.min(), last=at.max()).to_pandas())
        firsts = [d["first"][0].date() for d in days if d["first"].notna().all()]
        lasts = [d["last"][0].date() for d in days if d["last"].notna().all()]
        return (min(firsts), max(lasts)) if firsts else (None, None)

    def fingerprint(self):
        """The SHA-256 of each table's file: what a report says it was made from."""
        prints = {}
        for name in self.tables:
            with self._files[name].open("rb") as file:
                prints[name] = hashlib.file_digest(file, "sha256").hexdigest()
        return prints

    def _read(self, name, path):
        try:
            if path.suffix == ".parquet":
                return self._connection.read_parquet(path, table_name=f"raw_{name}")
            return self._connection.read_csv(
                path, table_name=f"raw_{name}", header=True, all_varchar=True, delim=",", quote='"'
            )
        except Exception as fault:
            reason = str(fault).strip().splitlines()
            raise DataError(f"{path.name}: cannot be read: {reason[0] if reason else fault}") from fault


def typed(column, type_, strict=False):
    """A raw column in the contract's type; text that is not of that type becomes null, or stops the query if `strict`."""
    if type_.is_string():
        return column.cast("string")
    if not column.type().is_string():
        return column.cast(type_)
    cast = column.cast if strict else column.try_cast
    if type_.is_timestamp():
        return cast("timestamp('UTC')").cast("timestamp")
    return cast(type_)


def unreadable(column, type_):
    """Where a raw text column holds something that is not of the contract's type."""
    parsed = typed(column, type_)
    shape = SHAPES.get(type(type_).__name__)
    if shape is None or not column.type().is_string():
        return column.notnull() & parsed.isnull()
    return column.notnull() & (parsed.isnull() | ~column.re_search(shape))
