"""Which rows a churn model may learn from and which it must not: by date wherever there are dates."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.words import count_text

ENOUGH = 30  # leavers that a calibration wants
SHARE_JUDGED = 1 / 3
AGAIN = ", then refitted on both"


def calibration_rows(y, when, share=0.25, seed=0):
    """The rows to calibrate on: those of the last date, of more where it has fewer than 30 leavers, while one is left to fit on.

    Parameters
    ----------
    y : ndarray of 0/1
    when : ndarray
        Dates, or anything that sorts as they do.
    share, seed
        Of the random draw from each class, where there is one date only.

    Returns
    -------
    tuple
        (ndarray of bool, the split in words).

    Raises
    ------
    NotEnough
        Where before the dates to calibrate on nobody left, or everybody did.

    Examples
    --------
    >>> held, words = calibration_rows(np.tile([0, 1], 60), np.repeat(["2026-03-31", "2026-06-30"], 60))
    >>> words
    'trained on 60 rows up to 2026-03-31, calibrated on 60 rows of 2026-06-30, then refitted on both'
    """
    dates = np.unique(when)
    if len(dates) == 1:
        held = at_random(y, share, seed)
        if not held.any():
            return held, f"trained on {count_text(len(y))} rows, too few to calibrate"
        return (
            held,
            f"trained on {count_text((~held).sum())} rows and calibrated on {count_text(held.sum())}, split at random{AGAIN}",
        )
    last = len(dates) - 1
    while last > 1 and y[when >= dates[last]].sum() < ENOUGH:
        last -= 1
    held = when >= dates[last]
    if len(np.unique(y[~held])) < 2:
        raise NotEnough(
            f"nobody left, or everybody did, before {_day(dates[last])} (one class only), so there is nothing to learn from"
        )
    span = _day(dates[last]) if last == len(dates) - 1 else f"{_day(dates[last])} to {_day(dates[-1])}"
    fitted = f"trained on {count_text((~held).sum())} rows up to {_day(dates[last - 1])}"
    return held, f"{fitted}, calibrated on {count_text(held.sum())} rows of {span}{AGAIN}"


def judged_rows(y, when, seed=0):
    """The rows to be tested on: those of the latest date, or a third drawn at random where there is one date only.

    Returns
    -------
    tuple
        (ndarray of bool, in words of which date and how drawn).
    """
    if not len(when):
        return np.zeros(0, dtype=bool), ""
    last = when.max()
    if (when < last).any():
        return when == last, f"those of {last}"
    drawn = f"drawn at random because all rows are of {last} (so time is not tested)"
    return at_random(y, SHARE_JUDGED, seed), drawn


def at_random(y, share, seed):
    """A share of each class, drawn at random."""
    random, held = np.random.default_rng(seed), np.zeros(len(y), dtype=bool)
    for k in (0, 1):
        rows = np.flatnonzero(y == k)
        held[random.permutation(rows)[: round(share * len(rows))]] = True
    return held


def _day(value):
    return (
        np.datetime_as_string(value, "D")
        if isinstance(value, np.datetime64)
        else str(value).removesuffix(" 00:00:00")
    )
