"""A folder of tables written chunk by chunk: Parquet or CSV, the same bytes for the same rows."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from cxresearch.errors import DataError

MARK = "truth.json"
COMPANY = "Northgate Supplies"
MAPPING = "cxresearch.toml"
DECLARED = f"""# What the tables of {COMPANY} do not say themselves.
[money]
currency = "GBP"

[survey]
quote_comments = true  # nobody in it exists
"""


class Folder:
    """Writers for the tables of one folder; use as a context manager.

    Tables grow by :meth:`append` under a temporary name and get their own when the block ends without an
    error. Only an empty folder, or one that holds an earlier sample (it has a ``truth.json``), is written to.

    Parameters
    ----------
    path : str or Path
    format : {"parquet", "csv"}
    known : sequence of str
        The tables an earlier sample may hold; those not written again are removed.

    Raises
    ------
    DataError
        When the folder holds something else.
    """

    def __init__(self, path, format="parquet", known=()):
        self.path = Path(path)
        self.format = format
        self.known = known
        self.rows = {}
        self._writers = {}
        self._thread = ThreadPoolExecutor(1)
        self._pending = None

    def __enter__(self):
        if self.path.exists() and not self.path.is_dir():
            raise DataError(f"{self.path} is a file, not a folder")
        if self.path.is_dir() and not self._is_ours():
            raise DataError(f"{self.path} is not empty and holds no earlier sample: choose another folder")
        self.path.mkdir(parents=True, exist_ok=True)
        return self

    def _is_ours(self):
        mark = self.path / MARK
        if mark.is_file():
            return COMPANY in mark.read_text(encoding="utf-8", errors="replace")
        return all(file.suffix == ".partial" for file in self.path.iterdir())

    def append(self, name, table):
        """Append rows to a table; its first rows fix the columns."""
        if name not in self._writers:
            self._writers[name] = self._open(name, table.schema)
            self.rows[name] = 0
        self.rows[name] += table.num_rows
        self._wait()  # one table is encoded while the next is drawn, no more
        self._pending = self._thread.submit(self._encode, name, table)

    def _encode(self, name, table):
        self._writers[name].write_table(table if self.format == "parquet" else _plain(table))

    def _wait(self):
        pending, self._pending = self._pending, None
        if pending:
            pending.result()

    def _open(self, name, schema):
        path = self._partial(name)
        if self.format == "csv":
            return pa.csv.CSVWriter(path, _plain(schema.empty_table()).schema)
        coded = [field.name for field in schema if pa.types.is_dictionary(field.type)]
        return pa.parquet.ParquetWriter(
            path, schema, compression="snappy", use_dictionary=coded, store_schema=False, version="2.6"
        )

    def _partial(self, name):
        return self.path / f".{name}.{self.format}.partial"

    def finish(self, truth):
        """Close the tables, drop an earlier sample's and write ``cxresearch.toml`` and ``truth.json``."""
        self._wait()
        for writer in self._writers.values():
            writer.close()
        for name in self.known:
            for format in ("parquet", "csv"):
                (self.path / f"{name}.{format}").unlink(missing_ok=True)
        for name in self._writers:
            self._partial(name).replace(self.path / f"{name}.{self.format}")
        (self.path / MAPPING).write_text(DECLARED, encoding="utf-8")
        text = json.dumps(truth, indent=1, ensure_ascii=False, allow_nan=False)
        (self.path / MARK).write_text(text + "\n", encoding="utf-8")
        self._writers = {}

    def __exit__(self, *error):
        self._thread.shutdown()
        for name, writer in self._writers.items():
            writer.close()
            self._partial(name).unlink(missing_ok=True)


def _plain(table):
    """Columns as CSV wants them: text for codes, ISO 8601 with a Z for moments."""
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        elif pa.types.is_timestamp(column.type):
            column = pc.strftime(column.cast(pa.timestamp("s", "UTC")), "%Y-%m-%dT%H:%M:%SZ")
        columns[name] = column
    return pa.table(columns)
