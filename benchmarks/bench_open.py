"""Opening a workspace costs nothing, however many rows it has.

Usage: .venv/bin/python benchmarks/bench_open.py [ROWS]

Writes a table of orders as Parquet and a tenth of it as CSV to a temporary folder, and opens both.
"""

import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from harness import heading, timed

import cxresearch as cx

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000_000
CHUNK = 1_000_000


def chunks(rows):
    """A million orders at a time."""
    day = np.datetime64("2026-01-01", "us")
    for start in range(0, rows, CHUNK):
        number = np.arange(start, min(start + CHUNK, rows))
        yield pa.table(
            {
                "order_id": pa.array(number.astype(str)),
                "customer_id": pa.array((number % 50_000).astype(str)),
                "ordered_at": pa.array(day + (number % 270).astype("timedelta64[D]")),
                "amount": pa.array((number % 977) / 10),
            }
        )


def memory():
    """Peak resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


heading("Opening a workspace", ("duckdb", "ibis-framework", "pyarrow"))
with tempfile.TemporaryDirectory() as place:
    for suffix, rows in (("parquet", ROWS), ("csv", ROWS // 10)):
        folder = Path(place) / suffix
        folder.mkdir()
        if suffix == "parquet":
            with pq.ParquetWriter(folder / "orders.parquet", next(chunks(1)).schema) as writer:
                for chunk in chunks(rows):
                    writer.write_table(chunk)
        else:
            with (folder / "orders.csv").open("w") as file:
                file.write("order_id,customer_id,ordered_at,amount\n")
                for chunk in chunks(rows):
                    chunk.to_pandas().to_csv(file, header=False, index=False)
        size = sum(p.stat().st_size for p in folder.iterdir()) / 2**20
        cx.open(folder)  # the imports are not what is measured
        before = memory()
        seconds, workspace = timed(lambda folder=folder: cx.open(folder), 5)
        print(
            f"  {rows:,} orders, {size:,.0f} MiB of {suffix}: opened in {seconds:.3f} s, {memory() - before:.0f} MiB more memory"
        )
