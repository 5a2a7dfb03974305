"""Least squares of rows that come several from one customer, and the columns that go into it."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cxresearch.stats.clustered import clustered_covariance, clusters_of
from cxresearch.stats.few_clusters import bias_reduced_covariance, effective_clusters
from cxresearch.stats.random_effect import dependent

OTHER = "other"
RARE = 10  # rows under which a level of a label is put together with other rare ones


class LeastSquares(NamedTuple):
    """Coefficients with their clustered covariance."""

    names: list
    coefficient: np.ndarray
    covariance: np.ndarray
    residual: np.ndarray
    clusters: int
    second: np.ndarray | None = None  # of each second cluster, what it adds to each coefficient

    def df(self, contrast):
        """Degrees of freedom of a sum of coefficients: clusters less one, or of second clusters as many as it stands on."""
        most = float(max(self.clusters - 1, 1))
        if self.second is None:
            return most
        return min(most, max(effective_clusters(self.second @ contrast) - 1, 1.0))

    def row(self, name, level=0.95):
        """estimate, low, high, p of one coefficient, by Student's t over the clusters."""
        k = self.names.index(name)
        df = self.df(np.arange(len(self.names)) == k)
        value, error = float(self.coefficient[k]), float(np.sqrt(max(self.covariance[k, k], 0.0)))
        reach = float(stdtrit(df, (1 + level) / 2)) * error
        return (
            value,
            value - reach,
            value + reach,
            float(2 * stdtr(df, -abs(value) / error)) if error else 1.0,
        )


def least_squares(x, y, cluster, second=None):
    """Least squares with a covariance clustered by customer (HC1); columns that others determine are left out.

    With a second clustering the covariance is that of both ways: by the first, plus by the second (CR2, since these may be few), less by their pairs; rows without a
    second cluster add nothing to the last two.

    Parameters
    ----------
    x : pandas.DataFrame (n, k)
        Numbers; a constant is not added.
    y : array-like (n,)
    cluster : ndarray of int (n,)
        The customer of each row, numbered from 0 without gaps.
    second : array-like (n,), optional
        Such as the agent of each row; missing where there is none.

    Returns
    -------
    LeastSquares
        ``names`` are those of the columns kept: of columns that are dependent the later ones are left out.

    References
    ----------
    Cameron, A. C., Gelbach, J. B. & Miller, D. L. (2011). Robust inference with multiway clustering. *JBES* 29, 238–249.

    Examples
    --------
    >>> x = pd.DataFrame({"one": 1.0, "wait": [1.0, 2, 3, 4], "twice": [2.0, 4, 6, 8]})
    >>> fit = least_squares(x, [2.0, 3, 5, 6], np.arange(4))
    >>> fit.names, fit.coefficient.round(2).tolist()
    (['one', 'wait'], [0.5, 1.4])
    """
    values, y = x.to_numpy(dtype=float), np.asarray(y, dtype=float)
    scale = np.sqrt(np.square(values).sum(axis=0))
    unit = values / np.where(scale > 0, scale, 1)
    kept = [k for k in range(values.shape[1]) if k not in set(dependent(unit.T @ unit, 1e-8))]
    values = values[:, kept]
    bread = np.linalg.inv(values.T @ values)
    coefficient = bread @ (values.T @ y)
    residual = y - values @ coefficient
    scores = values * residual[:, None]
    covariance, pull = clustered_covariance(bread, scores, cluster, 1), None
    named = np.zeros(len(y), dtype=bool) if second is None else pd.notna(np.asarray(second, dtype=object))
    if named.any():
        agent = clusters_of(np.asarray(second, dtype=object)[named], int(named.sum()))
        pair = clusters_of(cluster[named].astype(np.int64) * (int(agent.max()) + 1) + agent, len(agent))
        both = (
            covariance
            + bias_reduced_covariance(values[named], bread, residual[named], agent)
            - clustered_covariance(bread, scores[named], pair, 1)
        )
        covariance = np.where(np.diag(both).min() > 0, both, covariance)
        pull = np.column_stack([np.bincount(agent, column) for column in values[named].T]) @ bread
    adjusted = covariance * (len(y) - 1) / max(len(y) - len(kept), 1)
    names = [x.columns[k] for k in kept]
    return LeastSquares(names, coefficient, adjusted, residual, int(cluster.max()) + 1, pull)


def dummies(values, name):
    """A label as columns of 0 and 1 without its most frequent level; missing is a level, rare ones are put together."""
    labels = pd.Series(np.asarray(values, dtype=object)).fillna("unknown").astype(str)
    counts = labels.map(labels.value_counts())
    labels = labels.where(counts >= RARE, OTHER)
    levels = labels.value_counts().index[1:]
    return pd.DataFrame({f"{name}: {level}": (labels == level).to_numpy(dtype=float) for level in levels})


def within(frame, cluster):
    """Columns less their customer's mean."""
    counts = np.bincount(cluster)
    found = {}
    for name in frame.columns:
        values = frame[name].to_numpy(dtype=float)
        found[name] = values - (np.bincount(cluster, values) / counts)[cluster]
    return pd.DataFrame(found)


def is_filled(frame, name):
    """Whether any row has something in a column."""
    return name in frame and bool(frame[name].notna().any())
