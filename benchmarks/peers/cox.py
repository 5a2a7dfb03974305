"""lifelines' CoxPHFitter on the arrays of an .npz file: seconds and the coefficients as one line of JSON.

Usage: python cox.py data.npz RUNS
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
import pandas as pd
from lifelines import CoxPHFitter


def main(path, runs):
    data = np.load(path)
    frame = pd.DataFrame({name: data[name].astype(float) for name in data.files})
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        model = CoxPHFitter().fit(frame, "duration", "event")
        seconds.append(time.perf_counter() - start)
    answer = {
        "seconds": statistics.median(seconds),
        "params": model.params_.to_dict(),
        "versions": {name: version(name) for name in ("lifelines", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
