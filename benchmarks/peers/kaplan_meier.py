"""lifelines' KaplanMeierFitter on the arrays of an .npz file: seconds and the curve as one line of JSON.

Usage: python kaplan_meier.py data.npz RUNS
"""

import json
import statistics
import sys
import time
from importlib.metadata import version

import numpy as np
from lifelines import KaplanMeierFitter


def main(path, runs):
    data = np.load(path)
    duration, event, entry = data["duration"], data["event"], data.get("entry")
    seconds = []
    for _ in range(int(runs)):
        start = time.perf_counter()
        model = KaplanMeierFitter().fit(duration, event, entry=entry)
        seconds.append(time.perf_counter() - start)
    curve = model.survival_function_["KM_estimate"]
    answer = {
        "seconds": statistics.median(seconds),
        "survival": [float(curve.loc[:time].iloc[-1]) for time in data["at"]],
        "versions": {name: version(name) for name in ("lifelines", "numpy", "scipy", "pandas")},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
