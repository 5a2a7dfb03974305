"""pingouin's relative importance on resampled arrays of an .npz file: seconds per data set as one line of JSON.

Usage: python relative_importance.py data.npz RESAMPLES
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
import pingouin


def main(path, resamples):
    data = np.load(path)
    X, y = data["X"], data["y"]
    whole = pingouin.linear_regression(X, y, relimp=True)
    random, seconds = np.random.default_rng(0), []
    for _ in range(int(resamples)):
        rows = random.integers(0, len(y), len(y))
        start = time.perf_counter()
        pingouin.linear_regression(X[rows], y[rows], relimp=True)
        seconds.append(time.perf_counter() - start)
    answer = {
        "seconds": float(np.mean(seconds)),
        "lmg": [float(v) for v in whole["relimp"][1:]],
        "versions": {name: version(name) for name in ("pingouin", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
