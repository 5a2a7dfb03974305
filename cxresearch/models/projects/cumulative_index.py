"""The limits of a cumulative index, such as earned value over actual cost, from how its months differ."""

import numpy as np
from scipy.stats import t as student


def index_limits(gained, spent, done, level=0.95):
    """Limits of a cumulative index Σgained/Σspent after each month, for what it will be at completion.

    With L_m the logarithm of the index of month m, s² their variance, n months and a share π of all the work done::

        log index ± t_{n−1} · s/√n · √[(1 − π)/(1 − π/n)]

    The last factor is the correction for a finite population: once all is done, the index is what it is. A month
    without progress has no logarithm; s²/n is then the linearised variance of the ratio,
    Σ(gained − index·spent)²/[n(n − 1)] over the squared mean of gained. The t quantile widens
    Lipke's normal limits where months are few.

    Parameters
    ----------
    gained, spent : ndarray
        Of each month, such as the growth of earned value and of actual cost.
    done : ndarray
        Share of all the work done after each month; missing where it is unknown, which leaves the correction out.
    level : float
        Confidence level.

    Returns
    -------
    (low, high, n) : tuple of ndarray
        Limits after each month, missing before the second, and how many months they rest on.

    Notes
    -----
    Months are taken as independent draws about one index. Trends break that: see whether the limits
    held for projects that are finished before relying on them.

    References
    ----------
    Lipke, W., Zwikael, O., Henderson, K. & Anbari, F. (2009). Prediction of project outcome: the application of statistical
    methods to earned value management and earned schedule performance indexes. *International Journal of Project
    Management* 27, 400–407.

    Examples
    --------
    >>> low, high, n = index_limits(np.array([9.0, 11, 10]), np.full(3, 10.0), np.array([0.25, 0.5, 0.75]))
    >>> low.round(3), high.round(3), n
    (array([  nan, 0.353, 0.866]), array([  nan, 2.832, 1.155]), array([1, 2, 3]))
    """
    counted = np.isfinite(gained) & np.isfinite(spent) & (spent > 0)
    g, s = np.where(counted, gained, 0.0), np.where(counted, spent, 0.0)
    n = np.cumsum(counted)
    total, cost = np.cumsum(g), np.cumsum(s)
    with np.errstate(divide="ignore", invalid="ignore"):
        index = total / cost
        logs = np.where(counted & (g > 0), np.log(np.where(g > 0, g, 1.0) / np.where(counted, s, 1.0)), 0.0)
        has_logs = np.cumsum(counted & (g <= 0)) == 0
        mean = np.cumsum(logs) / n
        of_logs = np.maximum(np.cumsum(logs**2) - n * mean**2, 0) / (n - 1) / n
        residual = np.cumsum(g**2) - 2 * index * np.cumsum(g * s) + index**2 * np.cumsum(s**2)
        of_ratio = np.maximum(residual, 0) / (n * (n - 1)) / (total / n) ** 2
        variance = np.where(has_logs, of_logs, of_ratio)
        share = np.clip(np.where(np.isfinite(done), done, 0.0), 0, 1)
        finite = np.where(np.isfinite(done), (1 - share) / np.where(n > 1, 1 - share / n, 1.0), 1.0)
        quantile = student.ppf((1 + level) / 2, np.maximum(n - 1, 1))
        half = np.minimum(quantile * np.sqrt(variance * finite), 50.0)
        low, high = index * np.exp(-half), index * np.exp(half)
    known = (n >= 2) & (index > 0)
    return np.where(known, low, np.nan), np.where(known, high, np.nan), n
