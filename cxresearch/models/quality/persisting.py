"""A fall in rows that has not come back: a table's own past forgets it within two quarters, whoever reads the page should not."""

import numpy as np

from cxresearch.models.quality.counts import differs, predict
from cxresearch.models.quality.history import FEW

LONGEST = 4  # quarters for which a fall is remembered; after a year it is the new usual


def persisting(by_month, lost, level, rate, matters):
    """The latest fall of the last year that every quarter since has kept to.

    A quarter *fell* where its rows are under the prediction interval of the months before it, under the quarter before it beyond chance, and
    by more than `matters`. It *persists* while each later quarter, this one included, stays as far under what those same months lead one
    to expect.

    Parameters
    ----------
    by_month : pandas.Series
        Rows by month ago, 0 = the last month.
    lost : sequence of int
        Months ago without rows, which are not learnt from.
    level : float
        Confidence level of the prediction.
    rate : float
        Largest p-value of a fall, over the quarters looked at together (Bonferroni).
    matters : float
        Least relative fall.

    Returns
    -------
    tuple of (int, float, float, float) or None
        The month ago in which it began, and the rows that this quarter would have had by the months before it, with their prediction interval.

    Examples
    --------
    Thirty months of about 300 rows, then six of about 70:

    >>> import pandas as pd
    >>> rows = [300 + 9 * (i % 5) for i in range(30)] + [74, 61, 74, 80, 66, 71]
    >>> began, expected, low, high = persisting(pd.Series(rows[::-1], dtype=float), [], 0.95, 0.01, 0.1)
    >>> began, [round(value, -2) for value in (low, expected, high)]
    (5, [900.0, 1000.0, 1100.0])
    """
    rows = by_month.to_numpy()
    for back in range(1, LONGEST + 1):
        first = 3 * (back + 1)  # months from the fall to the day
        before, since = rows[first:][::-1], rows[:first][::-1]
        if len(before) < FEW:
            return None
        skip = [len(rows) - 1 - ago for ago in lost if ago >= first]
        predicted = predict(before, first, level=level, skip=skip)
        monthly, whole = (
            predicted["expected"].to_numpy()[:-1],
            predict(before, 3, level=level, skip=skip).iloc[-1],
        )
        under = min(whole["low"] / whole["expected"], 1 - matters)
        quarters, expected = since.reshape(-1, 3).sum(axis=1), monthly.reshape(-1, 3).sum(axis=1)
        last = np.delete(before, skip)[-3:]  # of the months before, those that have their rows
        fell = quarters[0] < last.sum() and differs(quarters[0], last.sum(), 1) < rate / LONGEST
        if fell and (quarters < under * expected).all():
            few = np.flatnonzero(since[:3] < under * monthly[:3])
            ends = [float(expected[-1] * whole[end] / whole["expected"]) for end in ("low", "high")]
            return first - 1 - (int(few[0]) if len(few) else 0), float(expected[-1]), *ends
    return None
