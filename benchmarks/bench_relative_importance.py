"""LMG and Johnson's weights with 1,000 resamples of respondents, beside pingouin's relative importance.

pingouin computes LMG of one data set and has no bootstrap: it is given one or a few data sets, and its time is
extrapolated to 1,000. Ours is one call: estimates, 1,000 resamples, intervals of shares and ranks, both methods.

Usage: .venv/bin/python benchmarks/bench_relative_importance.py [RESPONDENTS] [DRIVERS] [DATA SETS OF THE PEER]
"""

import resource
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import DriverImportance

DRAWS = 1000


def survey(respondents, drivers, seed=2000):
    """Ratings with a common mood, and an outcome of which they explain about half."""
    random = np.random.default_rng(seed)
    mood, own = random.normal(size=(respondents, 1)), random.normal(size=(respondents, drivers))
    X = np.sqrt(0.45) * mood + np.sqrt(0.55) * own
    y = X @ np.linspace(1, 0.1, drivers)
    return X, y + y.std() * random.normal(size=respondents)


def ours(X, y, runs):
    frame = pd.DataFrame(X).rename(columns="driver {}".format)
    model = DriverImportance(max_drivers=18, draws=DRAWS)
    seconds, model = timed(lambda: model.fit(frame, y), runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = f"{X.shape[1]} drivers, {len(X):,} respondents, {DRAWS:,} resamples, LMG and Johnson"
    print(f"  ours, {told:<70} {seconds:8.3f} s   peak of the process {peak:.2f} GiB")
    return seconds, model


def main(respondents=20_000, drivers=12, data_sets=1):
    heading("Relative importance: ours and pingouin")
    X, y = survey(int(respondents), int(drivers))
    seconds, model = ours(X, y, 5)
    theirs = peer("relative_importance", {"X": X, "y": y}, data_sets)
    if theirs is not None:
        whole = DRAWS * theirs["seconds"]
        off = np.abs(np.array(theirs["lmg"]) - model.importance_["importance"].to_numpy()).max()
        versions = ", ".join(f"{k} {v}" for k, v in theirs["versions"].items())
        print(
            f"  pingouin, LMG alone: {theirs['seconds']:.3f} s a data set, measured on {data_sets};", end=" "
        )
        print(f"{whole:,.0f} s for {DRAWS:,} → ours is {ratio(seconds, whole)}")
        print(f"  largest difference of an LMG value: {off:.1e}")
        print(f"  peer: {versions}")
    for more in (15, 18):
        ours(*survey(int(respondents), more), 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
