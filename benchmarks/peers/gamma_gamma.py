"""lifetimes' GammaGammaFitter on the arrays of an .npz file: seconds and parameters as one line of JSON.

Usage: python gamma_gamma.py data.npz RUNS
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
from lifetimes import GammaGammaFitter


def main(path, runs):
    data = np.load(path)
    frequency, monetary = data["frequency"], data["monetary"]
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        model = GammaGammaFitter().fit(frequency, monetary)
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    model.conditional_expected_average_profit(frequency, monetary)
    answer = {
        "seconds": statistics.median(seconds),
        "predict_seconds": time.perf_counter() - start,
        "params": [float(model.params_[name]) for name in ("p", "q", "v")],
        "versions": {name: version(name) for name in ("lifetimes", "autograd", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
