"""The graph and the ways of an event log beside pm4py: one and ten million events from Parquet, the same counts, each in a process of its own.

Usage: .venv/bin/python benchmarks/bench_journeys.py [EVENTS …]

Pairs of activities that follow each other, first and last activities, and whole ways are counted by both; times and memory (the largest resident set of the
process) include reading the file and, for both, everything after the imports. pm4py runs in ``.venv-peers`` (``make peers``): it is under the AGPL, and nothing of ours
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
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.harness import PEER_PYTHON, heading, ratio  # noqa: E402

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


def ours(folder):
    """Count with cxresearch: what is printed is what the peer prints."""
    import cxresearch as cx

    began = time.perf_counter()
    steps = cx.features.journey_steps(cx.open(folder).interactions, "2026-12-31", months=None, of="case")
    pairs = cx.features.transitions(steps).to_pandas()
    seconds = [time.perf_counter() - began]
    began = time.perf_counter()
    ways = cx.features.variants(steps).to_pandas()
    seconds.append(time.perf_counter() - began)
    inner = pairs[(pairs["touchpoint"] != "^") & (pairs["goes_to"] != "$")]
    top = ways["journeys"].to_numpy()
    return {
        "seconds": seconds,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
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
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "interactions.parquet"
        table = log(events)
        pq.write_table(table, path)
        print(f"\n{table.num_rows:,} events, {path.stat().st_size / 2**20:,.0f} MB of Parquet")
        del table
        mine = run(sys.executable, __file__, "--ours", folder)
        print(
            f"  {'ours':<8} pairs {mine['seconds'][0]:7.2f} s, ways {mine['seconds'][1]:7.2f} s, {mine['memory']:.2f} GB"
        )
        if not PEER_PYTHON.exists():
            print("  the peer is missing: run `make peers` first (.venv-peers)")
            return
        theirs = run(PEER_PYTHON, ROOT / "benchmarks" / "peers" / "journeys.py", path)
        print(
            f"  {'pm4py':<8} pairs {theirs['seconds'][0]:7.2f} s, ways {theirs['seconds'][1]:7.2f} s, {theirs['memory']:.2f} GB   ({theirs['version']})"
        )
        same = all(
            mine[name] == theirs[name]
            for name in ("pairs", "moves", "squares", "ways", "most", "way squares")
        )
        print(
            f"  {ratio(sum(mine['seconds']), sum(theirs['seconds']))}, {mine['memory'] / theirs['memory']:.2f} of its memory, {'the same counts' if same else 'OTHER COUNTS'}"
        )


def main(*events):
    heading(
        "Event logs: the directly-follows graph and the variants", ("ibis-framework", "duckdb", "pyarrow")
    )
    for number in events or (1_000_000, 10_000_000):
        compare(int(number))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ours"]:
        print(json.dumps(ours(sys.argv[2])))
    else:
        main(*sys.argv[1:])
