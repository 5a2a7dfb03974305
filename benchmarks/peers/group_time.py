"""csdid's ATTgt and diff-diff's CallawaySantAnna on the arrays of an .npz file: seconds, simple, dynamic and group effects as one line of JSON.

Usage: python group_time.py data.npz RUNS
"""

import json
import statistics
import sys
import time
import warnings
from importlib.metadata import version

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt
from diff_diff import CallawaySantAnna

warnings.simplefilter("ignore")
KINDS = ("simple", "dynamic", "group")


def csdid(panel):
    """Simple, dynamic and group effects with their errors, by the influence function alone."""
    model = ATTgt("outcome", "period", "unit", "start", panel, control_group="nevertreated")
    model.fit(est_method="reg", bstrap=False)
    found = {}
    for kind in KINDS:
        table = model.aggte(kind, bstrap=False, cband=False).atte
        found[kind] = [float(np.squeeze(table["overall_att"])), float(np.squeeze(table["overall_se"]))]
    return found


def diff_diff(panel):
    """Its simple effect; it gives the dynamic and the group effects one by one, without their means."""
    model = CallawaySantAnna(control_group="never_treated", estimation_method="reg", cband=False)
    model = model.fit(panel, "outcome", "unit", "period", "start")
    kinds = {"dynamic": "event_study", "group": "group"}
    for kind in kinds.values():
        model.aggregate(kind)
    return {"simple": [float(model.overall_att), float(model.overall_se)]}


def main(path, runs):
    data = np.load(path)
    panel = pd.DataFrame({name: data[name] for name in ("unit", "period", "start", "outcome")})
    answer = {"versions": {name: version(name) for name in ("csdid", "diff-diff", "numpy", "pandas")}}
    for name, function in (("csdid", csdid), ("diff-diff", diff_diff)):
        seconds = []
        for _ in range(int(runs)):
            start = time.perf_counter()
            found = function(panel.copy())
            seconds.append(time.perf_counter() - start)
        answer[name] = {"seconds": statistics.median(seconds), "found": found}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
