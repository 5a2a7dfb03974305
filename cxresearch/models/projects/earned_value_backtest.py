"""How forecasts of time and cost fared on finished projects: inside their limits, and how far off."""

import numpy as np
import pandas as pd

from cxresearch.models.projects.earned_schedule import month_number
from cxresearch.stats.means import mean
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row

FEWEST = 10  # finished projects that make a test


def compared(rows, printed, came):
    """Whether what came lay inside the limits that a page would have printed, and its relative error.

    Parameters
    ----------
    rows : DataFrame
        One row per report that a forecast was made at, with the columns `printed`.
    printed : tuple of str
        The columns of the forecast and its limits: dates, with ``start`` in months beside them, or money.
    came : str
        The column of what came.

    Returns
    -------
    (ndarray of bool, ndarray)
        Of the rows that have limits and whose end is known.

    Examples
    --------
    >>> rows = pd.DataFrame({"eac": [100.0, 50.0], "eac_low": [90.0, None], "eac_high": [110.0, None], "actual_cost": [104.0, 70.0]})
    >>> inside, error = compared(rows, ("eac", "eac_low", "eac_high"), "actual_cost")
    >>> inside.tolist(), error.round(2).tolist()
    ([True], [0.04])
    """
    rows = rows.dropna(subset=[*printed, came])
    forecast, low, high, end = (rows[name] for name in (*printed, came))
    inside = ((low <= end) & (end <= high)).to_numpy()
    if pd.api.types.is_datetime64_any_dtype(end):
        end, forecast = (month_number(dates) - rows["start"].to_numpy() for dates in (end, forecast))
    return inside, np.asarray(end / forecast - 1, dtype=float)


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
