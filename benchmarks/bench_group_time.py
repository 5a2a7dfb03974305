"""Group-time effects beside csdid and diff-diff: 10,000 units × 24 months, 69 cells, same data, same machine, same run.

From a long table to all cells, and to the simple, dynamic and group effects with their errors; ours gives the calendar effects and all covariances too.

Usage: .venv/bin/python benchmarks/bench_group_time.py [UNITS]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import GroupTimeATT

RUNS, PEER_RUNS, PERIODS = 21, 5, 24


def staggered(units, seed=2021):
    """Units × months: three starts and units that never start; each start's effect grows."""
    random = np.random.default_rng(seed)
    start = random.choice([0, 8, 13, 18], units)
    t = np.arange(1, PERIODS + 1)
    since = t - np.where(start == 0, np.inf, start)[:, None]
    y = random.normal(0, 1, (units, 1)) + 0.02 * t + random.normal(0, 1, (units, PERIODS))
    y += np.where(since >= 0, 0.2 + 0.02 * np.maximum(since, 0), 0.0)
    columns = {"unit": np.repeat(np.arange(units), PERIODS), "period": np.tile(t, units)}
    return columns | {"start": np.repeat(start, PERIODS), "outcome": y.ravel()}


def show(name, seconds, found, note=""):
    told = ", ".join(f"{kind} {value:.7f} ({error:.7f})" for kind, (value, error) in found.items())
    print(f"  {name:<10} {seconds:8.4f} s   {told}{note}")


def main(units=10_000):
    heading("Group-time effects: ours, csdid and diff-diff")
    data = staggered(int(units))
    panel = pd.DataFrame(data)
    print(f"\n{int(units):,} units × {PERIODS} months; median of {RUNS} runs of ours, {PEER_RUNS} of a peer")
    seconds, model = timed(lambda: GroupTimeATT(controls="never").fit(panel), RUNS)
    table = model.overall_.set_index("kind")[["estimate", "std_error"]]
    show(
        "ours",
        seconds,
        {kind: table.loc[kind] for kind in ("simple", "dynamic", "group")},
        f"   {len(model.cells_)} cells",
    )
    other = peer("group_time", data, PEER_RUNS)
    if other is None:
        return
    for name in ("csdid", "diff-diff"):
        show(
            name,
            other[name]["seconds"],
            other[name]["found"],
            f"   → {ratio(seconds, other[name]['seconds'])}",
        )
    print(f"  peers: {', '.join(f'{k} {v}' for k, v in other['versions'].items())}")


if __name__ == "__main__":
    main(*sys.argv[1:])
