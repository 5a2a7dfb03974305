"""pm4py's directly-follows graph and variants of a Parquet file: seconds (clock, processor), memory (all, after the imports) and counts as one line of JSON.

Usage: python journeys.py interactions.parquet
"""

import json
import resource
import sys
import time
from importlib.metadata import version

import pandas as pd
import pm4py


def resident():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main(path):
    names = {"case_id": "case:concept:name", "touchpoint": "concept:name", "started_at": "time:timestamp"}
    imported = resident()
    began = time.perf_counter(), time.process_time()
    frame = pd.read_parquet(path, columns=list(names)).rename(columns=names)
    frame["time:timestamp"] = frame["time:timestamp"].dt.tz_localize("UTC")
    frame = frame.sort_values(["case:concept:name", "time:timestamp"], kind="stable", ignore_index=True)
    pairs, _, _ = pm4py.discover_dfg(frame)
    ways = pm4py.get_variants(frame)
    seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    top = sorted(ways.values(), reverse=True)
    answer = {
        "seconds": seconds,
        "memory": [resident(), resident() - imported],
        "pairs": len(pairs),
        "moves": int(sum(pairs.values())),
        "squares": int(sum(n**2 for n in pairs.values())),
        "ways": len(ways),
        "most": [int(n) for n in top[:3]],
        "way squares": int(sum(int(n) ** 2 for n in top)),
        "version": f"pm4py {version('pm4py')}, pandas {version('pandas')}",
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
