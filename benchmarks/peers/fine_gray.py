"""comprisk's FineGrayRegression on the arrays of an .npz file: seconds, coefficients and errors as one line of JSON.

Usage: python fine_gray.py data.npz RUNS
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
from comprisk import FineGrayRegression


def main(path, runs):
    data = np.load(path)
    fit = FineGrayRegression(robust_se=True).fit
    fit(data["x"], time=data["time"], event=data["end"])  # compiles
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        model = FineGrayRegression(robust_se=True).fit(data["x"], time=data["time"], event=data["end"])
        seconds.append(time.perf_counter() - start)
    answer = {
        "seconds": statistics.median(seconds),
        "params": model.coef_.tolist(),
        "errors": model.se_.tolist(),
        "versions": {name: version(name) for name in ("comprisk", "numba", "numpy")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
