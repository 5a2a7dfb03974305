"""Time for earned value: months as numbers, and the month at which the work done was planned to be done."""

import numpy as np
import pandas as pd


def month_number(days):
    """Dates as months since 1970, the end of a day counting: a month-end is a whole number.

    m = months to the month's start + day of the month / days in the month, so that a project that began on the first
    of a month is exactly 1 month old at that month's end.

    Examples
    --------
    >>> month_number(pd.to_datetime(["1970-01-31", "1970-02-14", "1970-02-28"])).tolist()
    [1.0, 1.5, 2.0]
    """
    days = pd.DatetimeIndex(days)
    return np.asarray((days.year - 1970) * 12 + days.month - 1 + days.day / days.days_in_month, dtype=float)


def month_date(months):
    """The day on which a number of months since 1970 is complete; the inverse of :func:`month_number`.

    Examples
    --------
    >>> [f"{day:%Y-%m-%d}" for day in month_date([1.0, 1.5, 2.0])]
    ['1970-01-31', '1970-02-14', '1970-02-28']
    """
    months = np.atleast_1d(np.asarray(months, dtype=float))
    known = np.isfinite(months) & (np.abs(months) < 12 * 250)
    whole = np.ceil(np.where(known, months, 1.0) - 1e-9) - 1
    start = np.array(whole, dtype="int64").astype("M8[M]")
    length = ((start + 1).astype("M8[D]") - start.astype("M8[D]")).astype(int)
    day = np.ceil((np.where(known, months, 1.0) - whole) * length - 1e-6)
    found = start.astype("M8[D]") + np.maximum(day - 1, 0).astype("int64")
    return pd.DatetimeIndex(np.where(known, found, np.datetime64("NaT"))).as_unit("s")


GRID = np.linspace(0, 1, 51)


def plan_shape(curves):
    """How plans usually run: the mean share planned by each share of the planned duration.

    Parameters
    ----------
    curves : list of (time, planned, duration)
        Plans known to their end, as for :func:`earned_schedule`.

    Returns
    -------
    ndarray
        At 51 even steps of the duration; a straight line where fewer than five plans are known.
    """
    whole = [
        np.interp(GRID, np.r_[0.0, time / duration], np.r_[0.0, planned])
        for time, planned, duration in curves
    ]
    return np.maximum.accumulate(np.mean(whole, axis=0)) if len(whole) >= 5 else GRID


def earned_schedule(time, planned, earned, duration=np.nan, shape=GRID):
    """Earned schedule at each report: ES = C + (EV − PV_C)/(PV_{C+1} − PV_C), in months.

    C is the last point of the plan whose planned value the work done has reached. Of the plan only what was known at
    each report is used: the planned values up to it, and that all is to be done at the planned duration. Where the work is
    ahead of the plan, the plan between the two is taken to run as plans usually do.

    Parameters
    ----------
    time : ndarray
        Months since the start, rising.
    planned, earned : ndarray
        Planned and earned value as shares of the budget.
    duration : float
        Planned duration in months; where it is unknown, the first month at which all was planned to be done.

    shape : ndarray
        As from :func:`plan_shape`; a straight line unless given.

    Returns
    -------
    (ndarray, float)
        Earned schedule at each time, missing where the work is ahead of a plan whose end is not known; and the duration.

    References
    ----------
    Lipke, W. (2003). Schedule is different. *The Measurable News*, summer, 31–34.

    Examples
    --------
    >>> plan = np.array([10, 25, 45, 70, 95, 120, 140, 150]) / 150
    >>> done = np.array([8, 20, 36, 56, 76, 94, 112, 130]) / 150
    >>> found, duration = earned_schedule(np.arange(1.0, 9), plan, done)
    >>> found.round(2).tolist(), duration
    ([0.8, 1.67, 2.55, 3.44, 4.24, 4.96, 5.68, 6.5], 8.0)
    """
    planned = np.maximum.accumulate(np.where(np.isnan(planned), 0.0, planned))
    full = np.flatnonzero(planned >= 1 - 1e-9)
    if not np.isfinite(duration) and len(full):
        duration = float(time[full[0]])
    found = np.full(len(time), np.nan)
    for i in range(len(time)):
        x, y = np.r_[0.0, time[: i + 1]], np.r_[0.0, planned[: i + 1]]
        if np.isfinite(duration):
            known = x < duration - 1e-9
            x, y = x[known], np.minimum(y[known], 1.0)
            if earned[i] > y[-1]:
                x, y = _continued(x, y, duration, shape)
            else:
                x, y = np.r_[x, duration], np.r_[y, 1.0]
        if not np.isfinite(earned[i]):
            continue
        c = int(np.searchsorted(y, min(earned[i], 1.0) + 1e-12, side="right")) - 1
        if c < len(y) - 1:
            found[i] = x[c] + (earned[i] - y[c]) / (y[c + 1] - y[c]) * (x[c + 1] - x[c])
        elif y[-1] >= 1 - 1e-9:
            found[i] = x[np.flatnonzero(y >= 1 - 1e-9)[0]]
        elif abs(earned[i] - y[-1]) < 1e-12:
            found[i] = x[-1]
    return found, duration


def _continued(x, y, duration, shape):
    """The plan from its last known point to its end, in the shape of others."""
    later = x[-1] / duration + (1 - x[-1] / duration) * GRID[1:]
    passed = np.interp(x[-1] / duration, GRID, shape)
    if passed >= 1 - 1e-9 or y[-1] >= 1 - 1e-9:
        return np.r_[x, duration], np.r_[y, 1.0]
    rest = (np.interp(later, GRID, shape) - passed) / (1 - passed)
    return np.r_[x, later * duration], np.r_[y, y[-1] + (1 - y[-1]) * rest]
