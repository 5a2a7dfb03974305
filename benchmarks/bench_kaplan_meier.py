"""Kaplan–Meier beside statsmodels and lifelines: a million customers, same data, same machine, same run.

Usage: .venv/bin/python benchmarks/bench_kaplan_meier.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np
from statsmodels.duration.survfunc import SurvfuncRight

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import KaplanMeier

RUNS, PEER_RUNS = 21, 5


def contracts(customers, seed=1958):
    """Months to leaving or to today, whether the customer left, and the month first seen."""
    random = np.random.default_rng(seed)
    lifetime, followed = random.geometric(0.02, customers), random.integers(1, 121, customers)
    duration = np.minimum(lifetime, followed)
    entry = np.maximum(duration - random.integers(1, 61, customers), 0)
    return duration, (lifetime <= followed).astype(int), entry


def compare(name, duration, event, entry=None):
    print(f"\n{name}; median of {RUNS} runs of ours, {PEER_RUNS} of a peer")
    seconds, model = timed(lambda: KaplanMeier().fit(duration, event, entry), RUNS)
    at = np.quantile(duration, [0.25, 0.5, 0.75])
    survival = model.at(at)["survival"].to_numpy()
    print(f"  {'ours, with intervals':<34} {seconds:8.4f} s   survival {survival.round(10)}")
    theirs, result = timed(lambda: SurvfuncRight(duration, event, entry=entry), PEER_RUNS)
    found = result.surv_prob[np.searchsorted(result.surv_times, at, side="right") - 1]
    print(
        f"  {'statsmodels, without':<34} {theirs:8.4f} s   survival {found.round(10)}   → {ratio(seconds, theirs)}"
    )
    arrays = {"duration": duration, "event": event, "at": at} | ({} if entry is None else {"entry": entry})
    other = peer("kaplan_meier", arrays, PEER_RUNS)
    if other is None:
        return
    found, theirs = np.array(other["survival"]), other["seconds"]
    print(
        f"  {'lifelines, with intervals':<34} {theirs:8.4f} s   survival {found.round(10)}   → {ratio(seconds, theirs)}"
    )
    print(f"  peer: {', '.join(f'{k} {v}' for k, v in other['versions'].items())}")


def main(customers=1_000_000):
    heading("Kaplan–Meier: ours, statsmodels and lifelines", ("numpy", "scipy", "pandas", "statsmodels"))
    months, event, entry = contracts(int(customers))
    compare(f"{len(months):,} customers, whole months", months, event)
    compare(f"{len(months):,} customers, whole months, late entry", months, event, entry)
    days = (months * 30.4 - np.random.default_rng(1).integers(0, 30, len(months))).round() / 7
    compare(f"{len(months):,} customers, weeks as real numbers", days, event)


if __name__ == "__main__":
    main(*sys.argv[1:])
