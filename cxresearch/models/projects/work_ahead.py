"""When the work that is left will be done: plans start slowly and end slowly, so that little of it is even."""

import numpy as np

from cxresearch.models.projects.earned_schedule import GRID

YEAR = 12  # months ahead
_LONGEST = 120  # months that are looked ahead


def work_ahead(rows, shape=GRID):
    """The share of the work left that falls into the next twelve months, and how soon in them.

    With ES the earned schedule, PD the planned months and F the usual course of plans, the work done k months from now is
    F((ES + k·SPI(t))/PD), and its month k is the difference. Without a plan, the work left is taken as even over a year.

    Parameters
    ----------
    rows : DataFrame
        es, spi_t, planned_duration.
    shape : ndarray
        As from :func:`~cxresearch.models.projects.earned_schedule.plan_shape`.

    Returns
    -------
    dict
        ahead_share; ahead_months: the months over which even work would have the same mean date, at least 1.

    Examples
    --------
    Half of a straight plan of 12 months is left, at the planned pace; and all of one of 48:

    >>> import pandas as pd
    >>> found = work_ahead(pd.DataFrame({"es": [6.0, 0.0], "spi_t": 1.0, "planned_duration": [12.0, 48.0]}))
    >>> found["ahead_share"].round(2).tolist(), found["ahead_months"].round(1).tolist()
    ([1.0, 0.25], [6.0, 12.0])
    """
    es, pace, planned = (rows[c].to_numpy(float)[:, None] for c in ("es", "spi_t", "planned_duration"))
    done = np.interp(np.minimum((es + pace * np.arange(_LONGEST + 1)) / planned, 1.0), GRID, shape)
    month, left = np.diff(done, axis=1)[:, :YEAR], 1 - done[:, 0]
    known = np.isfinite(month).all(axis=1) & (pace[:, 0] > 0) & (left > 1e-9) & (month.sum(axis=1) > 0)
    month = np.where(known[:, None], month, 1 / YEAR)
    left = np.where(known, left, 1.0)
    wait = (month @ (np.arange(YEAR) + 0.5)) / month.sum(axis=1)
    return {"ahead_share": month.sum(axis=1) / left, "ahead_months": np.maximum(2 * wait, 1.0)}
