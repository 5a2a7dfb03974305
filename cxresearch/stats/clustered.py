"""Means, and variances of coefficients, of rows that come several from one customer."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.inputs import aligned, numbers
from cxresearch.stats.interval import Interval
from cxresearch.stats.proportions import wilson

_ROUNDING = 1e-24  # squares of deviations under it, relative to those of the values, are no deviations


class ClusteredMean(NamedTuple):
    """A mean, its limits and standard error, and what it stands on."""

    estimate: float
    low: float
    high: float
    std_error: float
    n: int
    clusters: int
    df: float


def clustered_mean(values, cluster=None, level=0.95):
    """Mean of values whose rows are alike within clusters, with Student's interval over the clusters.

    With r_g the sum of the deviations of cluster g from the mean of all n rows, and G clusters::

        var = G/(G − 1)·Σ r_g²/n²,   mean ± t_{G−1}·√var

    Clusters of one row each give the ordinary standard error s/√n.

    Parameters
    ----------
    values : array-like (n,)
    cluster : array-like (n,), optional
        Such as the customer of each row; a row with a missing one is its own cluster. Each row is, where it is left out.
    level : float
        Confidence level.

    Returns
    -------
    ClusteredMean
        ``estimate, low, high, std_error, n, clusters, df``; limits are missing for fewer than two clusters.

    Raises
    ------
    ValueError
        If a value is missing, or there are none.

    References
    ----------
    Liang, K.-Y. & Zeger, S. L. (1986). *Biometrika* 73, 13–22.

    Examples
    --------
    >>> found = clustered_mean([7, 8, 8, 3, 4, 9], ["a", "a", "a", "b", "b", "c"])
    >>> round(found.estimate, 2), round(found.std_error, 2), found.clusters
    (6.5, 1.51, 3)
    >>> round(clustered_mean([7, 8, 8, 3, 4, 9]).std_error, 2)
    0.99
    """
    aligned(values=values, cluster=cluster)
    x = np.asarray(numbers(values, "values"), dtype=float)
    if not len(x):
        raise ValueError("values is empty: there is no mean of nothing")
    centre = float(x.mean())
    sums = np.bincount(clusters_of(cluster, len(x)), weights=x - centre)
    count = len(sums)
    if count < 2:
        return ClusteredMean(centre, np.nan, np.nan, np.nan, len(x), count, 0)
    squares = float(np.square(sums).sum())
    if squares <= _ROUNDING * len(x) * float(x @ x):  # the clusters' means are equal
        squares = 0.0
    error = float(np.sqrt(count / (count - 1) * squares) / len(x))
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * error
    return ClusteredMean(centre, centre - reach, centre + reach, error, len(x), count, count - 1)


def effective_counts(values, cluster=None):
    """How many independent rows a share of clustered rows is worth, and how many yes among them.

    The base is p(1 − p)/var·G/(G − 1) with the clustered variance of G clusters; G where all answers agree, or all clusters have the same
    share. Rows of their own give their number.

    >>> effective_counts([1, 1, 0, 0, 1, 0], ["a", "a", "b", "b", "c", "c"])
    (2.25, 4.5)
    """
    mean = clustered_mean(np.asarray(values, dtype=float), cluster)
    variance, base = mean.std_error**2 if mean.clusters > 1 else np.nan, float(mean.clusters)
    if variance > 0:
        base *= mean.estimate * (1 - mean.estimate) / variance / (mean.clusters - 1)
    return mean.estimate * base, base


def clustered_share(values, cluster=None, level=0.95):
    """A share of rows that are alike within clusters, with Wilson's interval on their effective base, which is at most their number.

    Parameters
    ----------
    values : array-like of bool (n,)
    cluster : array-like (n,), optional
        As for :func:`clustered_mean`.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high``; missing, 0 and 1 without rows.

    Examples
    --------
    Ten reports of each of three projects say hardly more than one of each:

    >>> late = np.repeat([1, 0, 0], 10)
    >>> [round(part, 2) for part in clustered_share(late, np.repeat(["A", "B", "C"], 10))]
    [0.33, 0.06, 0.79]
    """
    values = np.asarray(values, dtype=float)
    if not len(values):
        return wilson(0, 0, level)
    _, base = effective_counts(values, cluster)
    base = min(base, float(len(values)))
    share = float(values.mean())
    found = wilson(share * base, base, level)
    return Interval(share, found.low, found.high)


def clustered_covariance(bread, scores, cluster, parameters=1):
    """Covariance of estimated coefficients whose rows are alike within clusters (the sandwich).

    With A the inverse information, u_i the score of row i and G clusters::

        cov = G/(G − q)·A [Σ_g (Σ_{i in g} u_i)(Σ_{i in g} u_i)'] A

    Clusters of one row each give White's heteroscedasticity-robust covariance.

    Parameters
    ----------
    bread : ndarray (k, k)
        A: for least squares (X'X)⁻¹.
    scores : ndarray (n, k)
        u: for least squares the rows of X times their residuals.
    cluster : ndarray of int (n,)
        The cluster of each row, numbered from 0 without gaps, as from `clusters_of`.
    parameters : int
        q: what the clusters lose by the coefficients.

    Returns
    -------
    ndarray (k, k)

    References
    ----------
    Liang, K.-Y. & Zeger, S. L. (1986). *Biometrika* 73, 13–22.

    Examples
    --------
    The only coefficient of a constant is the mean:

    >>> x, customer = np.array([7.0, 8, 8, 3, 4, 9]), np.array([0, 0, 0, 1, 1, 2])
    >>> found = clustered_covariance(np.array([[1 / 6]]), (x - x.mean())[:, None], customer)
    >>> round(float(np.sqrt(found[0, 0])), 2)
    1.51
    """
    sums = np.column_stack([np.bincount(cluster, column) for column in scores.T])
    return bread @ (sums.T @ sums) @ bread * (len(sums) / max(len(sums) - parameters, 1))


def clusters_of(cluster, rows):
    """Clusters numbered from 0 without gaps; a row without one is its own.

    >>> clusters_of(["b", None, "b", None], 4).tolist()
    [0, 1, 0, 2]
    """
    if cluster is None:
        return np.arange(rows)
    code, labels = pd.factorize(
        cluster if isinstance(cluster, pd.Series) else np.asarray(cluster, dtype=object)
    )
    alone = code < 0
    code[alone] = len(labels) + np.arange(alone.sum())
    return code
