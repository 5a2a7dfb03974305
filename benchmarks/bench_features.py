"""Features of customers from Parquet: ours, the same in pandas, in hand-written DuckDB SQL, and ours on local Spark.

Usage: .venv/bin/python benchmarks/bench_features.py [ORDERS] [--large]

Each run is a process of its own, from the Parquet file of orders to a Parquet file of features, its imports on the clock. With
``--large`` ours and the SQL also take ten times the orders. Spark is timed where ``make test-spark`` has made its environment.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SPARK_PYTHON = ROOT / ".venv-spark" / "bin" / "python"
AS_OF, END, WINDOWS = "2026-06-30", "2026-07-01", (30, 90, 365)
RUNS = 3


# ------------------------------------------------------------------ the four ways


def ours(folder, out):
    """The package, as a user writes it."""
    import cxresearch as cx

    cx.features.customers(cx.open(folder), AS_OF, WINDOWS).to_parquet(out)


def start(folder, _):
    """What of ours has nothing to do with the rows: imports, opening, building the expression."""
    import cxresearch as cx

    cx.features.customers(cx.open(folder), AS_OF, WINDOWS)


def spark(folder, out):
    """The same expressions on Spark: two threads of this machine."""
    import ibis
    from pyspark.sql import SparkSession

    import cxresearch as cx

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    for name in ("ui.enabled", "ui.showConsoleProgress"):
        builder = builder.config(f"spark.{name}", "false")
    session = builder.config("spark.driver.host", "127.0.0.1").getOrCreate()
    connection = ibis.pyspark.connect(session)
    connection.read_parquet(f"{folder}/orders.parquet", table_name="orders")
    cx.features.customers(cx.open(connection), AS_OF, WINDOWS).to_parquet(out)
    java = session.sparkContext._gateway.proc
    session.stop()
    java.stdin.close()  # which ends it; only what has been waited for is counted
    java.wait()


def pandas(folder, out):
    """As an analyst writes it who knows pandas: only the columns needed, one grouping key made once, one pass a window."""
    import pandas as pd

    end, day = pd.Timestamp(END), pd.Timestamp(AS_OF)
    orders = pd.read_parquet(f"{folder}/orders.parquet", columns=["customer_id", "ordered_at", "amount"])
    orders = orders[orders["ordered_at"] < end]
    orders["customer_id"] = orders["customer_id"].astype("category")

    def grouped(rows):
        return rows.groupby("customer_id", observed=True, sort=False)

    table = grouped(orders).agg(
        first=("ordered_at", "min"), last=("ordered_at", "max"), frequency=("amount", "size"), spend=("amount", "sum")
    )  # fmt: skip
    table["recency_days"] = (day - table.pop("last").dt.normalize()).dt.days
    table["buying_days"] = table["tenure_days"] = (day - table.pop("first").dt.normalize()).dt.days
    table["monetary"] = table["spend"] / table["frequency"]
    for days in WINDOWS:
        begin, before = (end - pd.Timedelta(days=n * days) for n in (1, 2))
        at = orders["ordered_at"]
        now, earlier = (
            grouped(orders[inside])["amount"].agg(["size", "sum"]).reindex(table.index, fill_value=0)
            for inside in (at >= begin, (at >= before) & (at < begin))
        )
        table[[f"orders_{days}d", f"spend_{days}d"]] = now
        table[[f"orders_trend_{days}d", f"spend_trend_{days}d"]] = now - earlier
    table.reset_index().to_parquet(out, index=False)


def sql(folder, out):
    """As an analyst writes it who knows DuckDB."""
    import duckdb

    terms = ["count(*) AS frequency", "sum(amount) AS spend", "avg(amount) AS monetary"]
    terms += [f"DATE '{AS_OF}' - max(ordered_at)::DATE AS recency_days"]
    terms += [f"DATE '{AS_OF}' - min(ordered_at)::DATE AS {name}_days" for name in ("buying", "tenure")]
    for days in WINDOWS:
        begin, before = (f"TIMESTAMP '{END}' - INTERVAL {n * days} DAY" for n in (1, 2))
        now = f"FILTER (ordered_at >= {begin})"
        earlier = f"FILTER (ordered_at >= {before} AND ordered_at < {begin})"
        terms += [
            f"count(*) {now} AS orders_{days}d",
            f"coalesce(sum(amount) {now}, 0) AS spend_{days}d",
            f"count(*) {now} - count(*) {earlier} AS orders_trend_{days}d",
            f"coalesce(sum(amount) {now}, 0) - coalesce(sum(amount) {earlier}, 0) AS spend_trend_{days}d",
        ]
    duckdb.connect().execute(
        f"COPY (SELECT customer_id, {', '.join(terms)} FROM read_parquet('{folder}/orders.parquet') "
        f"WHERE ordered_at < TIMESTAMP '{END}' GROUP BY customer_id) TO '{out}' (FORMAT parquet)"
    )


# ------------------------------------------------------------------ the data and the clock


def write(folder, rows, seed=2005):
    """Orders of three years as Parquet, 20 a customer in the mean, in no order; a million rows at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    random, first = np.random.default_rng(seed), np.datetime64("2023-10-01", "us")
    rows, writer = int(rows), None
    for start in range(0, rows, 1_000_000):
        number = np.arange(start, min(start + 1_000_000, rows))
        who = random.integers(0, rows // 20, len(number))
        seconds = random.integers(0, 3 * 365 * 86_400, len(number))
        columns = {
            "order_id": np.char.mod("O%010d", number),
            "customer_id": np.char.mod("C%09d", who),
            "ordered_at": first + seconds.astype("timedelta64[s]"),
            "amount": random.gamma(2, 40, len(number)).round(2),
        }
        table = pa.table(columns)
        writer = writer or pq.ParquetWriter(f"{folder}/orders.parquet", table.schema)
        writer.write_table(table)
    writer.close()


def same(one, other):
    """Stop unless two tables of features are the same, numbers to 1e-9 of 1 + |value|; print rows and the largest difference."""
    import duckdb

    connection = duckdb.connect()
    tables = [f"{path}/*.parquet" if Path(path).is_dir() else path for path in (one, other)]
    there = [{row[0] for row in connection.sql(f"DESCRIBE FROM '{table}'").fetchall()} for table in tables]
    if there[0] != there[1]:
        sys.exit(f"columns differ: {there[0] ^ there[1]}")
    numbers = sorted(there[0] - {"customer_id"})
    far = ", ".join(f"max(abs(a.{c} - b.{c}) / (1 + abs(b.{c})))" for c in numbers)
    missing = " + ".join(f"count_if((a.{c} IS NULL) <> (b.{c} IS NULL))" for c in numbers)
    query = f"SELECT count(*), {missing}, greatest({far}) FROM '{tables[0]}' a FULL JOIN '{tables[1]}' b USING (customer_id)"
    rows, wrong, far = connection.execute(query).fetchone()
    if wrong or far > 1e-9:
        sys.exit(f"{wrong} values are on one side only, the others differ by {far:.0e}")
    print(f"{rows:,} customers agree to {far:.0e}")


def process(way, *paths):
    """Run one of the functions above as a process of its own.

    What it is charged with includes the memory of the one that starts it, which therefore loads nothing large.

    Returns
    -------
    tuple
        (seconds by the wall, seconds of processors, peak memory in GB), and the last line that it printed.
    """
    python = SPARK_PYTHON if way == "spark" else sys.executable
    command = [python, __file__, "--way", way, *map(str, paths)]
    with tempfile.TemporaryFile("w+") as said:
        began = time.perf_counter()
        started = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT)
        _, status, used = os.wait4(started.pid, 0)
        wall = time.perf_counter() - began
        started.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        lines = said.read().splitlines() or [""]
    if status:
        sys.exit(f"{way} failed:\n" + "\n".join(lines[-20:]))
    return (wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e9), lines[-1]


def _settle(path):
    """Wait until a new file is on the disk, and read it once: else the first that is timed pays for both."""
    os.sync()
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def compare(place, rows, runs):
    """Run each way so many times, in turn; check that all found the same and print what each took."""
    folder, took = place / f"orders-{rows}", {way: [] for way in runs}
    folder.mkdir()
    process("write", folder, rows)
    size = (folder / "orders.parquet").stat().st_size / 1e6
    _settle(folder / "orders.parquet")
    print(
        f"\n{rows:,} orders of {rows // 20:,} customers, {size:,.0f} MB of Parquet; each run a process of its own"
    )
    for number in range(max(runs.values())):
        for way in (way for way, wanted in runs.items() if number < wanted):
            took[way].append(process(way, folder, place / f"{way}.parquet")[0])
    print(f"  {'median':<34}{'wall s':>8}{'processor s':>13}{'peak GB':>9}")
    found = {
        way: [statistics.median(column) for column in zip(*each, strict=True)] for way, each in took.items()
    }
    for way, (wall, used, peak) in found.items():
        name = f"{NAMES[way]}, {runs[way]} run{'s' * (runs[way] > 1)}"
        print(f"  {name:<34}{wall:>8.2f}{used:>13.2f}{peak:>9.2f}")
    for way in (way for way in runs if way not in ("ours", "start")):
        _, agreed = process("same", place / f"{way}.parquet", place / "ours.parquet")
        wall, used, peak = (ours / theirs for ours, theirs in zip(found["ours"], found[way], strict=True))
        print(
            f"  → ours needs {wall:.2f} × the wall time, {used:.2f} × the processor time, {peak:.2f} × the memory",
            end="",
        )
        print(f" of {NAMES[way]}; {agreed}")
    (folder / "orders.parquet").unlink()
    return found["ours"]


NAMES = {
    "ours": "ours (Ibis on DuckDB)",
    "start": "  of which its start",
    "pandas": "pandas",
    "sql": "DuckDB SQL by hand",
    "spark": "ours on Spark, local[2]",
}


def main(rows, large):
    from benchmarks.harness import heading

    heading("Features of customers", ("ibis-framework", "duckdb", "pandas", "pyarrow"))
    runs = {"ours": RUNS, "start": RUNS, "pandas": RUNS, "sql": RUNS}
    if SPARK_PYTHON.exists():
        runs["spark"] = 1
    else:
        print("  Spark is not timed: run `make test-spark` first")
    with tempfile.TemporaryDirectory() as place:
        small = compare(Path(place), rows, runs)
        if large:
            ten = compare(Path(place), 10 * rows, {"ours": RUNS, "sql": RUNS})
            wall, used = (ten[i] / small[i] for i in (0, 1))
            print(
                f"  → ten times the orders: {wall:.1f} × the wall time, {used:.1f} × the processor time, {ten[2]:.2f} GB"
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--way"]:
        {f.__name__: f for f in (ours, start, spark, pandas, sql, write, same)}[sys.argv[2]](*sys.argv[3:])
    else:
        parser = argparse.ArgumentParser(
            description="Features of customers: ours, pandas, SQL by hand, and Spark."
        )
        parser.add_argument("orders", nargs="?", type=int, default=10_000_000)
        parser.add_argument("--large", action="store_true", help="also ten times the orders")
        given = parser.parse_args()
        main(given.orders, given.large)
