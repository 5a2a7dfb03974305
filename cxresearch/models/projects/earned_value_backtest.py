"""How forecasts of time and cost fared on finished projects: inside their limits, and how far off."""

import numpy as np
import pandas as pd

from cxresearch.stats.means import mean
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row

FEWEST = 10  # finished projects that make a test


def within_limits(rows, came, planned, index, noticed):
    """Whether what came lay inside its limits, and its relative error; a finish is noticed at a report, the next whole month.

    Parameters
    ----------
    rows : DataFrame
        The index with its limits, ``<index>``, ``<index>_low`` and ``<index>_high``, of the report that the forecast was made at.
    came, planned : array-like
        What came, and what was planned, in the same unit.
    index : {"spi_t", "cpi"}
        What the plan is divided by to forecast.
    noticed : callable
        When, or how, what comes is seen.

    Returns
    -------
    (ndarray of bool, ndarray)
        Of the projects that had limits and whose end is known.
    """
    low, forecast, high = (planned / rows[f"{index}{end}"] for end in ("_high", "", "_low"))
    known = (low.notna() & high.notna() & pd.notna(came)).to_numpy()
    inside = (noticed(low - 1e-6) - 1e-6 <= came) & (came <= noticed(high - 1e-6) + 1e-6)
    return np.asarray(inside)[known], np.asarray(came / forecast - 1)[known]


def backtest_rows(name, inside, error, level):
    """The share of forecasts inside their limits, and their mean relative error, as rows of estimates; none below ten projects.

    Examples
    --------
    >>> rows = backtest_rows("cost", np.array([True] * 9 + [False]), np.linspace(-0.1, 0.1, 10), 0.95)
    >>> [(row["metric"], round(row["estimate"], 2) + 0.0) for row in rows]
    [('actual cost inside its 95% interval', 0.9), ('cost, mean relative error (actual against forecast)', 0.0)]
    """
    if len(inside) < FEWEST:
        return []
    n = len(inside)
    within = wilson(inside.sum(), n, level)
    return [
        row(f"actual {name} inside its {100 * level:g}% interval", within, n, "Wilson score", "share"),
        row(
            f"{name}, mean relative error (actual against forecast)",
            mean(error, level),
            n,
            "mean, Student's t",
            "share",
        ),
    ]
