"""The graph and the ways of an event log beside pm4py: one and ten million events from Parquet, the same counts, each in a process of its own.

Usage: .venv/bin/python benchmarks/bench_journeys.py [EVENTS …]

Pairs of activities that follow each other, first and last activities, and whole ways are counted by both; times include reading the file and, for both, everything after the
imports. Seconds are those of the clock and, in brackets, of the processor: ours uses all cores, the peer one. Memory is the largest resident set of the process, and how much of it
came after the imports. Ours is measured twice: as it comes, and with DuckDB's memory limited, so that it writes aside what does not fit. pm4py runs in ``.venv-peers`` (``make peers``): it is under the AGPL, and nothing of ours
imports it.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.harness import PEER_PYTHON, heading, ratio  # noqa: E402

LIMITS = ("500MB",)
COUNTED = "pairs", "moves", "squares", "ways", "most", "way squares"
ACTIVITIES = [
    f"{verb} {what}"
    for verb in ("ask", "send", "check", "pay", "close")
    for what in ("order", "invoice", "fault", "return")
]
NAMES = {
    "interaction_id": "event",
    "case_id": "case:concept:name",
    "touchpoint": "concept:name",
    "started_at": "time:timestamp",
}


def log(events, seed=7):
    """An event log in the order of its cases: about seven events each, each activity leading to a few others."""
    import pyarrow as pa  # not where memory is measured

    random = np.random.default_rng(seed)
    cases = events // 7
    size = 1 + random.poisson(6, cases)
    size = size[np.cumsum(size) <= events]
    case, n = np.repeat(np.arange(size.size), size), int(size.sum())
    moves = random.dirichlet(np.full(len(ACTIVITIES), 0.1), len(ACTIVITIES)).cumsum(axis=1)
    first = np.concatenate([[True], np.diff(case) > 0])
    at, activity, draw = np.flatnonzero(first), np.zeros(n, dtype=np.int64), random.random(n)
    activity[at] = (draw[at] * 3).astype(int)
    for step in range(1, int(size.max())):
        at = np.flatnonzero(first)[size > step] + step
        activity[at] = (moves[activity[at - 1]] < draw[at, None]).sum(axis=1).clip(max=len(ACTIVITIES) - 1)
    begin = 1_600_000_000 + random.integers(0, 50_000_000, size.size)
    gaps = random.integers(0, 200_000, n) // 60 * 60  # some events of a case bear the same moment
    gaps[first] = 0
    total = np.cumsum(gaps)
    second = begin[case] + total - total[np.flatnonzero(first)][case]
    return pa.table(
        {
            "interaction_id": pa.array(np.arange(n)).cast(pa.string()),
            "case_id": pa.array(case).cast(pa.string()),
            "touchpoint": pa.DictionaryArray.from_arrays(
                pa.array(activity.astype(np.int32)), ACTIVITIES
            ).cast(pa.string()),
            "channel": pa.array(np.zeros(n, dtype=np.int8)).cast(pa.string()),
            "started_at": pa.array(second.astype("datetime64[s]")),
        }
    )


def resident():
    """The largest resident set so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def ours(folder, limit=""):
    """Count with cxresearch: what is printed is what the peer prints."""
    import cxresearch as cx

    imported = resident()
    began = time.perf_counter(), time.process_time()
    steps = cx.features.journey_steps(cx.open(folder).interactions, "2026-12-31", months=None, of="case")
    if limit:
        steps.get_backend().raw_sql(f"SET memory_limit = '{limit}'")
    pairs = cx.features.transitions(steps).to_pandas()
    ways = cx.features.variants(steps).select("journeys").to_pandas()
    seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    inner = pairs[(pairs["touchpoint"] != "^") & (pairs["goes_to"] != "$")]
    top = ways["journeys"].to_numpy()
    return {
        "seconds": seconds,
        "memory": [resident(), resident() - imported],
        "pairs": len(inner),
        "moves": int(inner["n"].sum()),
        "squares": int((inner["n"] ** 2).sum()),
        "ways": len(ways),
        "most": top[:3].tolist(),
        "way squares": int((top**2).sum()),
    }


def run(python, *arguments):
    done = subprocess.run([python, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{arguments[0]} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(events):
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.parquet"
        table = log(events)
        pq.write_table(table, path)
        print(f"\n{table.num_rows:,} events, {path.stat().st_size / 2**20:,.0f} MB of Parquet")
        del table
        mine = [run(sys.executable, __file__, "--ours", folder, limit) for limit in ("", *LIMITS)]
        for name, one in zip(("ours", *(f"ours, {limit}" for limit in LIMITS)), mine, strict=True):
            print(f"  {name:<14} {figures(one)}")
        if not PEER_PYTHON.exists():
            print("  the peer is missing: run `make peers` first (.venv-peers)")
            return
        theirs = run(PEER_PYTHON, ROOT / "benchmarks" / "peers" / "journeys.py", path)
        print(f"  {'pm4py':<14} {figures(theirs)}   ({theirs['version']})")
        for one in mine:
            same = all(one[name] == theirs[name] for name in COUNTED)
            clock, processor = (ratio(a, b) for a, b in zip(one["seconds"], theirs["seconds"], strict=True))
            whole, after = (a / b for a, b in zip(one["memory"], theirs["memory"], strict=True))
            print(
                f"  {clock} by the clock, {processor} by the processor; {whole:.2f} of its memory, {after:.2f} of what comes after the imports; {'the same counts' if same else 'OTHER COUNTS'}"
            )


def figures(one):
    """What a run took, as text."""
    (clock, processor), (whole, after) = one["seconds"], one["memory"]
    return f"{clock:7.2f} s ({processor:.2f} s), {whole:.2f} GB ({after:.2f} GB after the imports)"


def main(*events):
    heading(
        "Event logs: the directly-follows graph and the variants", ("ibis-framework", "duckdb", "pyarrow")
    )
    for number in events or (1_000_000, 10_000_000):
        compare(int(number))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        print(json.dumps(ours(*sys.argv[2:])))
    else:
        main(*sys.argv[1:])
