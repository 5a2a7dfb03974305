"""pingouin's relative importance on the arrays of an .npz file, then on resamples of them: seconds per data set.

Usage: python relative_importance.py data.npz DATA_SETS
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pingouin


def main(path, data_sets):
    data = np.load(path)
    X, y = data["X"], data["y"]
    random, seconds, found = np.random.default_rng(0), [], []
    rows = np.arange(len(y))
    for _ in range(int(data_sets)):
        start = time.perf_counter()
        found.append(pingouin.linear_regression(X[rows], y[rows], relimp=True))
        seconds.append(time.perf_counter() - start)
        rows = random.integers(0, len(y), len(y))
    answer = {
        "seconds": float(np.mean(seconds)),
        "lmg": [float(v) for v in found[0]["relimp"][1:]],
        "versions": {name: version(name) for name in ("pingouin", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
