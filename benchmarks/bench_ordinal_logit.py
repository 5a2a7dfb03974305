"""Ordinal logit on counted rows beside statsmodels' OrderedModel on single ones: same estimates, same machine, same run.

Usage: .venv/bin/python benchmarks/bench_ordinal_logit.py [TIMES]
"""

import sys
from pathlib import Path

import numpy as np
from statsmodels.miscmodels.ordinal_model import OrderedModel

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, ratio, timed
from cxresearch.stats.ordinal_logit import fit_ordinal

RUNS = 21
HOUSING = [  # R's MASS housing: satisfaction fastest, then influence (3), type (4), contact (2)
    *(21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12),
    *(6, 7, 9, 18, 6, 7, 15, 13, 13, 7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43),
    *(48, 45, 86, 15, 25, 62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13),
]


def main(times=20):
    """The survey so many times over: 1,681 rows each."""
    heading("Ordinal logit: ours and statsmodels", ("numpy", "scipy", "pandas", "statsmodels"))
    counts = np.array(HOUSING).reshape(24, 3) * int(times)
    cells = [(i, t, c) for c in range(2) for t in range(4) for i in range(3)]
    design = np.array([[i == 1, i == 2, t == 1, t == 2, t == 3, c == 1] for i, t, c in cells], dtype=float)
    seconds, fit = timed(lambda: fit_ordinal(design, counts), RUNS)
    rows = np.repeat(np.repeat(np.arange(24), 3), counts.ravel())
    answers = np.repeat(np.tile(np.arange(3), 24), counts.ravel())
    print(
        f"\n{len(rows):,} answers in {len(design) * 3} cells; median of {RUNS} runs of ours, 3 of statsmodels"
    )
    print(f"  {'ours, counted':<34} {seconds:8.4f} s   slopes {fit.slopes.round(5)}")
    theirs, other = timed(
        lambda: OrderedModel(answers, design[rows], distr="logit").fit(method="bfgs", disp=False), 3
    )
    slopes = np.asarray(other.params)[:6]
    print(
        f"  {'statsmodels, OrderedModel':<34} {theirs:8.4f} s   slopes {slopes.round(5)}   → {ratio(seconds, theirs)}"
    )
    if np.abs(slopes - fit.slopes).max() > 1e-3:
        sys.exit("the estimates differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
