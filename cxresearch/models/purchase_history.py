"""What the buy-till-you-die models read of a customer, checked, and packed to the rows that differ.

A million customers on a grid of whole days share far fewer distinct (frequency, recency, age) rows. The
models work on those and on how often each occurs; nothing is rounded or binned.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

DAYS = {"days": 1, "weeks": 7}
"""Units of time that are counted in whole days."""

_SHOWN = 5
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
    rfm = frame(rfm, ("frequency", "recency", "age"))
    frequency, recency, age = (column(rfm, name) for name in ("frequency", "recency", "age"))
    index = rfm.index
    refuse(frequency < 0, "frequency", "is negative", frequency, index)
    refuse(frequency != np.floor(frequency), "frequency", "is not a whole number", frequency, index)
    refuse(recency < 0, "recency", "is negative", recency, index)
    refuse(recency > age, "recency", "exceeds age", recency, index)
    refuse((frequency == 0) & (recency > 0), "recency", "is positive without a repeat purchase", recency, index)
    x = frequency.astype(np.int64)
    recency_code, recency_values = _codes(recency, DAYS.get(unit))
    age_code, age_values = _codes(age, DAYS.get(unit))
    if float(x.max() + 1) * len(recency_values) * len(age_values) > 2**62:
        raise ValueError("frequency, recency and age take too many values to be packed; is age in seconds?")
    keys = (x * len(age_values) + age_code) * len(recency_values) + recency_code
    distinct, count = np.unique(keys, return_counts=True)
    count, n = count.astype(float), float(len(keys))
    rest, recency_code = np.divmod(distinct, len(recency_values))
    x, age_code = np.divmod(rest, len(age_values))
    history = PurchaseHistory(x, recency_values[recency_code], age_values[age_code], count, n, index, keys, distinct)
    if weights is None:
        return history
    weights = _weights(weights, index)
    count = np.bincount(history.row, weights, len(distinct))
    return PurchaseHistory(x, history.recency, history.age, count, float(weights.sum()), index, keys, distinct)


def frame(table, names):
    """Return a pandas DataFrame that has these columns and at least one row; an Ibis table is executed.

    >>> frame(pd.DataFrame({"frequency": []}), ["frequency"])
    Traceback (most recent call last):
    ValueError: the table has no rows: nothing to fit
    """
    if not isinstance(table, pd.DataFrame):
        if not hasattr(table, "columns") or not hasattr(table, "execute"):
            raise ValueError(f"expected a pandas DataFrame or an Ibis table, not {type(table).__name__}")
        lacking = [name for name in names if name not in table.columns]
        table = table if lacking else table.execute()
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        raise ValueError(f"missing column {', '.join(lacking)}; needed: {', '.join(names)}")
    if not len(table):
        raise ValueError("the table has no rows: nothing to fit")
    return table


def column(table, name):
    """Return one numeric column as floats, refusing text, missing and infinite values.

    >>> column(pd.DataFrame({"age": [1.0, None]}), "age")
    Traceback (most recent call last):
    ValueError: column age is missing or infinite in 1 row, first at row 1 (nan)
    """
    values = table[name]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        raise ValueError(f"column {name} is {values.dtype}, not numeric")
    array = values.to_numpy(dtype=float, na_value=np.nan)
    refuse(~np.isfinite(array), name, "is missing or infinite", array, table.index)
    return array


def refuse(bad, name, fault, values, index):
    """Raise ``ValueError`` naming the column and the first rows where ``bad`` holds, if any does."""
    if not bad.any():
        return
    rows = np.flatnonzero(bad)
    first = ", ".join(f"{index[i]} ({values[i]:g})" for i in rows[:_SHOWN])
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    raise ValueError(f"column {name} {fault} in {count}, first at row {first}")


def _weights(weights, index):
    weights = np.asarray(weights, dtype=float)
    if weights.shape != (len(index),):
        raise ValueError(f"weights: {weights.shape} does not match the {len(index)} rows")
    refuse(~(np.isfinite(weights) & (weights >= 0)), "weights", "is negative or missing", weights, index)
    if not weights.sum() > 0:
        raise ValueError("weights: sum to zero")
    return weights


def _codes(times, per_unit):
    """Integer codes of times, and the time each code stands for."""
    if per_unit is not None and times.max() * per_unit < 1e6:
        days = np.rint(times * per_unit)
        if np.abs(times * per_unit - days).max() < _GRID:
            return days.astype(np.int64), np.arange(int(days.max()) + 1) / per_unit
    values, codes = np.unique(times, return_inverse=True)
    return codes, values
