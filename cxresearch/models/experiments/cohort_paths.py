"""What staggered starts are judged from: for each cohort its size, its mean path and how paths vary. Sixty numbers in place of a panel."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers, reject

NEVER = np.inf


class CohortPaths(NamedTuple):
    """Sufficient statistics of a balanced panel: K cohorts by the period of their start, T periods.

    Weights w, if any, are of units and average 1; without them they are 1.
    """

    periods: np.ndarray  # (T,)
    starts: np.ndarray  # (K,), inf: never
    n: np.ndarray  # (K,) units
    mass: np.ndarray  # (K,) Σw
    squares: np.ndarray  # (K,) Σw²
    means: np.ndarray  # (K, T) Σw·Y/Σw
    first: np.ndarray  # (K, T) Σw²·(Y − mean)
    second: np.ndarray  # (K, T, T) Σw²·(Y − mean)(Y − mean)'

    @property
    def units(self):
        """How many units there are."""
        return int(self.n.sum())


class Panel(NamedTuple):
    """A balanced panel as a matrix: a row per unit, a column per period."""

    units: np.ndarray
    periods: np.ndarray
    outcome: np.ndarray  # (N, T)
    start: np.ndarray  # (N,), inf: never
    weight: np.ndarray  # (N,), mean 1
    dropped: int  # units that lack an outcome in some period


def balanced_panel(unit, period, outcome, start, weight=None, units="units"):
    """A long table as a balanced panel; units without an outcome in some period are left out and counted.

    Parameters
    ----------
    unit : array-like (rows,)
    period : array-like of numbers (rows,)
    outcome : array-like (rows,)
        Missing where it is not known.
    start : array-like (rows,)
        The period in which the unit's treatment starts, the same in all its rows; missing, 0 or infinite: never.
    weight : array-like (rows,), optional
        Of the unit, the same in all its rows.
    units : str
        What the units are called in refusals.

    Returns
    -------
    Panel

    Raises
    ------
    ValueError
        Where a unit has two rows in a period, or two starts; where a column is no number.
    NotEnough
        Where fewer than two units have an outcome in every period.

    Examples
    --------
    >>> panel = balanced_panel(["a", "a", "b", "b", "c"], [1, 2, 1, 2, 1], [0.1, 0.4, 0.2, 0.3, 0.5], [2, 2, 0, 0, 0])
    >>> panel.outcome, panel.start, panel.dropped
    (array([[0.1, 0.4], [0.2, 0.3]]), array([ 2., inf]), 1)
    """
    aligned(unit=unit, period=period, outcome=outcome, start=start, weight=weight)
    code, names = pd.factorize(unit if isinstance(unit, pd.Series) else np.asarray(unit))
    reject(code < 0, f"the name of the {units}", "is missing")
    when = numbers(period, "period")
    place, periods = _placed(when)
    values = _floats(outcome, "outcome")
    begins = _floats(start, "start")
    begins = np.where(np.isfinite(begins) & (begins != 0), begins, NEVER)
    cell = code * len(periods) + place
    shape = len(names), len(periods)
    if len(cell) > shape[0] * shape[1] or (np.bincount(cell, minlength=1) > 1).any():
        twice = pd.Series(cell).duplicated().to_numpy()
        reject(twice, "period", f"occurs twice for one of the {units}")
    matrix = np.full(shape, np.nan)
    matrix.ravel()[cell] = values
    own = np.full(len(names), NEVER)
    own[code] = begins
    reject(own[code] != begins, "start", f"differs between rows of one of the {units}")
    heavy = np.ones(len(names))
    if weight is not None:
        heavy[code] = numbers(weight, "weight", low=0).astype(float)
    whole = np.isfinite(matrix).all(axis=1) & (heavy > 0)
    if whole.sum() < 2:
        raise NotEnough(f"fewer than two {units} have an outcome in every period")
    heavy = heavy[whole] / heavy[whole].mean()
    return Panel(np.asarray(names)[whole], periods, matrix[whole], own[whole], heavy, int((~whole).sum()))


def cohort_paths(panel):
    """The sufficient statistics of a panel, in one pass.

    Parameters
    ----------
    panel : Panel

    Returns
    -------
    CohortPaths

    Examples
    --------
    >>> paths = cohort_paths(balanced_panel(["a", "a", "b", "b"], [1, 2, 1, 2], [0.1, 0.4, 0.2, 0.3], [2, 2, 0, 0]))
    >>> paths.starts, paths.n, paths.means
    (array([ 2., inf]), array([1, 1]), array([[0.1, 0.4], [0.2, 0.3]]))
    """
    starts = np.unique(panel.start)
    found = []
    for start in starts:
        own = panel.start == start
        values, weight = panel.outcome[own], panel.weight[own]
        mean = weight @ values / weight.sum()
        scores = (values - mean) * weight[:, None]
        parts = len(values), weight.sum(), weight @ weight, mean, weight @ scores, scores.T @ scores
        found.append(parts)
    return CohortPaths(panel.periods, starts, *map(np.array, zip(*found, strict=True)))


def typed_paths(periods, starts, n, means, covariances):
    """The statistics as they are published: counts, means and covariances ÷ n, of one period less than there are or of all.

    Where a column is missing, outcomes are differences from the first period, whose mean and variance are 0.

    Parameters
    ----------
    periods : sequence of T numbers
    starts : sequence of K numbers
        0 or inf: never.
    n : sequence of K counts
    means : array-like (K, T − 1) or (K, T)
    covariances : array-like (K, T − 1, T − 1) or (K, T, T)

    Returns
    -------
    CohortPaths

    Examples
    --------
    >>> typed_paths([1, 2], [0, 2], [10, 5], [[0.1], [0.4]], [[[0.2]], [[0.3]]]).means
    array([[0. , 0.1], [0. , 0.4]])
    """
    starts = np.asarray(starts, dtype=float)
    starts = np.where(starts == 0, NEVER, starts)
    n, means = np.asarray(n, dtype=int), np.asarray(means, dtype=float)
    covariances = np.asarray(covariances, dtype=float)
    missing = len(periods) - means.shape[1]
    means = np.pad(means, ((0, 0), (missing, 0)))
    covariances = np.pad(covariances, ((0, 0), (missing, 0), (missing, 0)))
    size = n.astype(float)
    second = covariances * size[:, None, None]
    return CohortPaths(np.asarray(periods), starts, n, size, size, means, np.zeros_like(means), second)


def _placed(when):
    """The place of each value among the sorted distinct ones, without a sort where they are whole and dense."""
    if when.dtype.kind in "iu" and len(when) and np.ptp(when) < 10_000:
        low = when.min()
        seen = np.bincount(when - low) > 0
        return (np.cumsum(seen) - 1)[when - low], np.flatnonzero(seen) + low
    periods, place = np.unique(when, return_inverse=True)
    return place, periods


def _floats(values, name):
    """A column as floats, NaN where missing; texts are refused."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        try:
            array = pd.to_numeric(pd.Series(array)).to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError):
            raise ValueError(f"{name} holds values that are not numbers") from None
    return array.astype(float)
