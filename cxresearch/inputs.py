"""Columns as numbers, or one clear sentence about the rows that are not.

Every estimator reads its input through here, so that a missing duration or a text among the scores is
refused in the same words everywhere: the column, the fault, and the first rows that show it.
"""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough

_SHOWN = 5


def reject(bad, name, fault, labels=None):
    """Refuse rows, if there are any, naming the column and the first of them.

    What no model can use leaves its section out of a report, as does everything that is not enough: the page says why, not which rows.

    Parameters
    ----------
    bad : bool or array of bool
        One flag per row.
    name : str
        The column.
    fault : str
        What is wrong with it, to follow the column's name: ``"is negative"``.
    labels : sequence, optional
        What the rows are called; their positions, counted from 0, unless given.

    Examples
    --------
    >>> reject([False, True, True], "duration", "is negative")
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: duration is negative in 2 rows (first: 1, 2)
    """
    rows = np.flatnonzero(np.atleast_1d(bad))
    if not len(rows):
        return
    shown = rows[:_SHOWN] if labels is None else np.asarray(labels)[rows[:_SHOWN]]
    count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
    raise NotEnough(f"{name} {fault} in {count} (first: {', '.join(map(str, shown))})")


def is_lazy(values):
    """Whether something is a table of a database, such as Ibis's, that has yet to be executed."""
    return hasattr(values, "execute")


def executed(values):
    """A table as a DataFrame: one of a database is executed, anything else comes back as it is."""
    return values.execute() if is_lazy(values) else values


def row_labels(values):
    """Return what the rows of a pandas Series are called; ``None`` for anything else."""
    return values.index if isinstance(values, pd.Series) else None


def numbers(values, name, low=None, high=None):
    """Return a column as a finite NumPy array, integers kept as integers.

    Parameters
    ----------
    values : array-like, pandas Series or scalar
        Integers, reals, booleans or decimals.
    name : str
        The column's name, for the error.
    low, high : float, optional
        Bounds the values must keep, both included.

    Returns
    -------
    numpy.ndarray
        Of the input's shape; booleans become 0 and 1.

    Raises
    ------
    ValueError
        If a value is missing, infinite, not a number or out of bounds.

    Examples
    --------
    >>> numbers([6, 7, 9], "duration", low=0)
    array([6, 7, 9])
    >>> numbers([6, None, 9], "duration")
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: duration is missing or infinite in 1 row (first: 1)
    """
    if is_lazy(values):
        raise ValueError(
            f"{name} is not executed yet: execute its table once, so that its rows stay together"
        )
    labels = row_labels(values)
    array = values.to_numpy() if labels is not None else np.asarray(values)
    if array.dtype.kind not in "biuf":
        array = _parsed(array, name, labels)
    if array.dtype.kind == "b":
        array = array.astype(np.int8)
    if array.dtype.kind == "f":
        reject(~np.isfinite(array), name, "is missing or infinite", labels)
    if low is not None and array.size and array.min() < low:
        reject(array < low, name, "is negative" if low == 0 else f"is below {low:g}", labels)
    if high is not None and array.size and array.max() > high:
        reject(array > high, name, f"is above {high:g}", labels)
    return array


def _parsed(array, name, labels):
    if array.dtype.kind in "mM":
        raise ValueError(f"{name} holds {array.dtype}, not numbers: divide by a unit of time first")
    flat = pd.Series(array.ravel(), dtype=object)
    text = flat.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
    reject(text, name, "is text, not a number,", labels)
    parsed = pd.to_numeric(flat, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    whole = parsed.size and np.isfinite(parsed).all() and (np.abs(parsed) < 2**53).all()
    if whole and (parsed == np.floor(parsed)).all():
        parsed = parsed.astype(np.int64)
    return parsed.reshape(array.shape)


def aligned(**columns):
    """Check that columns describe the same rows; ``None`` stands for a column not given.

    Raises
    ------
    ValueError
        If lengths differ, or if two pandas Series are indexed differently (they would be paired by
        position, customer against customer, without a word).

    Examples
    --------
    >>> aligned(duration=[1, 2, 3], event=[0, 1])
    Traceback (most recent call last):
    ValueError: event has 2 rows, duration has 3
    """
    given = {name: values for name, values in columns.items() if values is not None}
    first, *rest = given
    for name in rest:
        rows, expected = np.shape(given[name])[:1], np.shape(given[first])[:1]
        if rows != expected:
            raise ValueError(f"{name} has {(*rows, 1)[0]} rows, {first} has {(*expected, 1)[0]}")
    series = {name: values for name, values in given.items() if isinstance(values, pd.Series)}
    if series:
        first, *rest = series
        for name in rest:
            if not series[name].index.equals(series[first].index):
                raise ValueError(f"{name} is indexed differently from {first}: align the rows first")


def table(data, columns, name, may_be_empty=False):
    """Return a table as a pandas DataFrame that has the columns needed.

    Parameters
    ----------
    data : DataFrame or Ibis table
        An Ibis table is executed.
    columns : sequence of str
        Those it must have; others are kept.
    name : str
        What to call the table in an error.
    may_be_empty : bool
        Let a table without rows through: whoever reads it says what its lack of rows means.

    Raises
    ------
    ValueError
        If it is not a table, has no rows or lacks a column.

    Examples
    --------
    >>> table(pd.DataFrame({"cohort": ["2024-01"]}), ["cohort", "period"], "cohorts")
    Traceback (most recent call last):
    ValueError: cohorts lacks the column period; it has cohort
    """
    data = executed(data)
    if not isinstance(data, pd.DataFrame):
        raise ValueError(f"{name} is a {type(data).__name__}, not a table")
    lacking = [column for column in columns if column not in data.columns]
    if lacking:
        what = "the column" if len(lacking) == 1 else "the columns"
        raise ValueError(
            f"{name} lacks {what} {', '.join(lacking)}; it has {', '.join(map(str, data.columns))}"
        )
    if not len(data) and not may_be_empty:
        raise NotEnough(f"{name} has no rows")
    return data


def in_time(rows, moment):
    """The rows in order of a column of moments, those of one moment as they came; as they are where there is no such column.

    >>> in_time(pd.DataFrame({"answer": ["b", "a"], "at": [2, 1]}), "at")["answer"].tolist()
    ['a', 'b']
    """
    return rows.sort_values(moment, kind="stable") if moment in rows else rows


def whole(values, name, low):
    """Return a column of whole numbers from ``low`` on."""
    values = numbers(values, name, low=low)
    if values.dtype.kind == "f":
        reject(values != np.floor(values), name, "is not a whole number of periods")
    return values.astype(np.int64)


def flags(values, name):
    """Return a column of 0 and 1, or of booleans, as an array of 0 and 1."""
    labels = row_labels(values)
    values = numbers(values, name)
    if values.dtype.kind == "f" or (values.size and (values.min() < 0 or values.max() > 1)):
        reject((values != 0) & (values != 1), name, "is neither 0 nor 1", labels)
        values = values.astype(np.int8)
    return values


def ratings(values, name):
    """A column of ratings as floats, NaN where missing; texts and infinities are refused, with their rows."""
    series = values if isinstance(values, pd.Series) else pd.Series(np.asarray(values))
    known = series.notna().to_numpy()
    found = np.full(len(series), np.nan)
    found[known] = numbers(series[known], name).astype(float)
    return found
