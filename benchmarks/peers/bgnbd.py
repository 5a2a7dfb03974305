"""lifetimes' BetaGeoFitter on the arrays of an .npz file: seconds and parameters as one line of JSON.

Usage: python bgnbd.py data.npz RUNS
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
from lifetimes import BetaGeoFitter


def main(path, runs):
    data = np.load(path)
    frequency, recency, age = (data[name] for name in ("frequency", "recency", "age"))
    weights = data.get("weights")
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        model = BetaGeoFitter().fit(frequency, recency, age, weights=weights)
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    model.conditional_expected_number_of_purchases_up_to_time(39, frequency, recency, age)
    answer = {
        "seconds": statistics.median(seconds),
        "predict_seconds": time.perf_counter() - start,
        "params": [float(model.params_[name]) for name in ("r", "alpha", "a", "b")],
        "versions": {name: version(name) for name in ("lifetimes", "autograd", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
