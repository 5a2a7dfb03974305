"""causalml's Qini score with its interval, or scikit-uplift's areas, of an uplift score: seconds and values as one line of JSON.

Usage: python qini.py data.npz causalml|sklift [RUNS]

causalml is installed without what it depends on (a gigabyte of learners): its scoring needs pandas and SciPy only, and the modules that its
packages import beside it are stood in for by empty ones.
"""

import importlib.util
import json
import statistics
import sys
import time
import types
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd


def causalml():
    """The scoring of causalml: its files visualize.py and rate.py as they are installed, without the rest of its package."""
    for name in ("seaborn", "lightgbm", "causalml", "causalml.metrics", "causalml.inference.meta.tmle"):
        sys.modules[name] = types.ModuleType(name)
    for name in ("causalml.inference", "causalml.inference.meta"):
        sys.modules[name] = types.ModuleType(name)
    sys.modules["seaborn"].set_palette = lambda name: None
    sys.modules["lightgbm"].LGBMRegressor = lambda **settings: None
    sys.modules["causalml.inference.meta.tmle"].TMLELearner = None
    place = (
        Path(next(iter(importlib.util.find_spec("sklift").submodule_search_locations))).parent
        / "causalml"
        / "metrics"
    )
    for name in ("rate", "visualize"):
        full = f"causalml.metrics.{name}"
        spec = importlib.util.spec_from_file_location(full, place / f"{name}.py")
        sys.modules[full] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[full])
    score = sys.modules["causalml.metrics.visualize"].qini_score

    def run(frame):
        found = score(frame, normalize=False, return_ci=True, random_state=1).iloc[0]
        return [float(found.iloc[0]), float(found["se"])]

    return run, f"causalml {version('causalml')}"


def sklift():
    from sklift.metrics import qini_auc_score, uplift_auc_score

    def run(frame):
        return [float(qini_auc_score(frame["y"], frame["score"], frame["w"]))]

    def both(frame):
        return [*run(frame), float(uplift_auc_score(frame["y"], frame["score"], frame["w"]))]

    return run, f"scikit-uplift {version('scikit-uplift')}", both


def main(path, which, runs=1):
    arrays = np.load(path)
    frame = pd.DataFrame({"score": arrays["score"], "y": arrays["y"], "w": arrays["treated"]})
    run, name, *more = {"causalml": causalml, "sklift": sklift}[which]()
    seconds, found = [], None
    for _ in range(int(runs)):
        began = time.perf_counter()
        found = run(frame)
        seconds.append(time.perf_counter() - began)
    values = more[0](frame) if more else found
    answer = {"seconds": statistics.median(seconds), "values": values}
    print(json.dumps(answer | {"version": f"{name}, numpy {np.__version__}, pandas {pd.__version__}"}))


if __name__ == "__main__":
    main(*sys.argv[1:])
