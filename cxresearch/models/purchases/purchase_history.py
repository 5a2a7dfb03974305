"""What the buy-till-you-die models read of a customer, checked, and packed to the rows that differ.

A million customers on a grid of whole days share far fewer distinct (frequency, recency, age) rows. The
models work on those and on how often each occurs; nothing is rounded or binned.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cxresearch.inputs import aligned, numbers, reject, table

DAYS = {"days": 1, "weeks": 7}
"""Units of time that are counted in whole days."""

_GRID = 1e-6  # a time this close to a whole day (in days) is on the grid


@dataclass(frozen=True)
class PurchaseHistory:
    """Distinct rows of frequency x, recency t_x and age T.

    Attributes
    ----------
    x, recency, age : ndarray of shape (m,)
        The distinct rows; times in the model's unit.
    count : ndarray of shape (m,)
        How many customers share each, or the sum of their weights.
    n : float
        Number of customers, or the sum of the weights.
    """

    x: np.ndarray
    recency: np.ndarray
    age: np.ndarray
    count: np.ndarray
    n: float
    index: pd.Index
    keys: np.ndarray | None = None
    distinct: np.ndarray | None = None

    @cached_property
    def row(self):
        """For every customer, which distinct row is theirs."""
        return np.searchsorted(self.distinct, self.keys)


def purchase_history(rfm, unit="weeks", weights=None):
    """Read, check and pack the columns frequency, recency and age.

    Parameters
    ----------
    rfm : pandas DataFrame or Ibis table
        One row per customer: ``frequency`` is the number of *repeat* purchase days, ``recency`` the time from
        the first to the last purchase, ``age`` the time from the first purchase to the end of observation.
    unit : str
        Unit of the times; for "days" and "weeks", times on whole days are packed as integers.
    weights : array-like, optional
        How many customers a row stands for.

    Raises
    ------
    ValueError
        Names the column and the first offending rows.

    Examples
    --------
    >>> rfm = pd.DataFrame({"frequency": [2, 0, 0], "recency": [3.0, 0, 0], "age": [5.0, 4, 4]})
    >>> history = purchase_history(rfm)
    >>> history.x, history.age, history.count
    (array([0, 2]), array([4., 5.]), array([2., 1.]))
    """
    rfm, x = customer_table(rfm, ("frequency", "recency", "age"))
    recency, age = (numbers(rfm[name], name, low=0).astype(float) for name in ("recency", "age"))
    index = rfm.index
    reject(recency > age, "recency", "exceeds age", index)
    reject((x == 0) & (recency > 0), "recency", "is positive without a repeat purchase", index)
    recency_code, recency_values = _codes(recency, DAYS.get(unit))
    age_code, age_values = _codes(age, DAYS.get(unit))
    if float(x.max() + 1) * len(recency_values) * len(age_values) > 2**62:
        raise ValueError("frequency, recency and age take too many values to be packed; is age in seconds?")
    keys = (x * len(age_values) + age_code) * len(recency_values) + recency_code
    distinct, count = _distinct(keys, (x.max() + 1) * len(recency_values) * len(age_values))
    n = float(len(keys))
    rest, recency_code = np.divmod(distinct, len(recency_values))
    x, age_code = np.divmod(rest, len(age_values))
    if weights is not None:
        weights = read_weights(weights, index)
        count, n = np.bincount(np.searchsorted(distinct, keys), weights, len(distinct)), float(weights.sum())
    recency, age = recency_values[recency_code], age_values[age_code]
    return PurchaseHistory(x, recency, age, count, n, index, keys, distinct)


def customer_table(rfm, names):
    """Return a table of customers as a DataFrame that has these columns, and its frequencies, checked.

    An Ibis table is executed, and its rows are called by ``customer_id`` where it has that column.

    >>> customer_table(pd.DataFrame({"frequency": [1, 1.5], "age": [4, 9]}), ["frequency", "age"])
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: frequency is not a whole number in 1 row (first: 1)
    """
    executed = not isinstance(rfm, pd.DataFrame)
    rfm = table(rfm, names, "rfm")
    if executed and "customer_id" in rfm.columns:
        rfm = rfm.set_index("customer_id")
    frequency = numbers(rfm["frequency"], "frequency", low=0)
    reject(frequency != np.floor(frequency), "frequency", "is not a whole number", rfm.index)
    return rfm, frequency.astype(np.int64)


def read_weights(weights, index):
    """Return how many customers each row stands for, checked.

    >>> read_weights([1, -2], [0, 1])
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: weights is negative in 1 row (first: 1)
    """
    weights = numbers(weights, "weights", low=0).astype(float)
    aligned(rows=index, weights=weights)
    if not weights.sum() > 0:
        raise ValueError("weights sum to zero")
    return weights


def _distinct(keys, size):
    """The distinct keys, in order, and how often each occurs: counted where they are dense, else sorted."""
    if size <= 32 * len(keys):
        counts = np.bincount(keys, minlength=1)
        distinct = np.flatnonzero(counts)
        return distinct, counts[distinct].astype(float)
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct, counts.astype(float)


def _codes(times, per_unit):
    """Integer codes of times, and the time each code stands for."""
    if per_unit is not None and times.max() * per_unit < 1e6:
        days = np.rint(times * per_unit)
        if np.abs(times * per_unit - days).max() < _GRID:
            return days.astype(np.int64), np.arange(int(days.max()) + 1) / per_unit
    values, codes = np.unique(times, return_inverse=True)
    return codes, values
