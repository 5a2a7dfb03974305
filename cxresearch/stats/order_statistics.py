"""Quantiles of independent times, and of their ratio, with intervals: exact draws of order statistics, no resampling of rows."""

import numpy as np
from scipy.special import betaincinv

from cxresearch.stats.interval import Interval

DRAWS = 4000


def quantiles(values, p=(0.5, 0.9), level=0.95, seed=0):
    r"""Quantiles, and the ratio of the last to the first, with bootstrap limits.

    A quantile of a resample is one of the values itself: that at place :math:`\lceil n U_{(r)} \rceil`, where U is the r-th of n uniform numbers in order, so a Beta
    number. Drawing these few numbers gives what sorting whole resamples gives, at a cost that does not grow with n.

    Parameters
    ----------
    values : array-like (n,)
        At least one.
    p : sequence of float
        Ascending, between 0 and 1.
    level : float
    seed : int

    Returns
    -------
    list of Interval
        One for each quantile (type 7), and one for the ratio of the last to the first.

    References
    ----------
    Hutson, A. D. & Ernst, M. D. (2000). The exact bootstrap mean and variance of an L-estimator. *JRSS B* 62, 89–94.

    Examples
    --------
    >>> half, nine, ratio = quantiles(np.arange(1, 202))
    >>> half.estimate, nine.estimate, round(ratio.estimate, 3), 84 < half.low < 92
    (101.0, 181.0, 1.792, True)
    """
    x = np.sort(np.asarray(values, dtype=float))
    n = len(x)
    rng = np.random.default_rng(seed)
    at, below, drawn = 0, np.zeros(DRAWS), []
    for one in p:
        rank = min(max(int(np.ceil(n * one)), at + 1), n)  # the r-th of n uniforms, given an earlier one
        if rank > at:
            below = below + (1 - below) * rng.beta(rank - at, n - rank + 1, DRAWS)
            at = rank
        drawn.append(x[np.minimum((n * below).astype(int), n - 1)])
    middle = np.quantile(x, p)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn, middle = [*drawn, drawn[-1] / drawn[0]], [*middle, middle[-1] / middle[0]]
    ends = (1 - level) / 2, (1 + level) / 2
    found = []
    for one, draws in zip(middle, drawn, strict=True):
        low, high = np.quantile(draws, ends) if np.isfinite(draws).all() else (np.nan, np.nan)
        found.append(Interval(float(one), float(min(low, one)), float(max(high, one))))
    return found


def counted_quantile(values, counts, p, level=0.95):
    r"""A quantile of counted values, with the limits of the exact bootstrap: no draw at all.

    The r-th of n values of a resample, :math:`r = \lceil np \rceil`, is the value at place :math:`\lceil n U_{(r)} \rceil`, and U is a Beta number of r and n − r + 1: its quantiles are known.

    Parameters
    ----------
    values : array-like (n,)
    counts : array-like of int (n,)
        How often each value occurs; at least one must.
    p : float
    level : float

    Returns
    -------
    Interval
        The quantile of type 7.

    References
    ----------
    Hutson, A. D. & Ernst, M. D. (2000). The exact bootstrap mean and variance of an L-estimator. *JRSS B* 62, 89–94.

    Examples
    --------
    >>> counted_quantile([1.0, 2.0, 4.0], [100, 200, 100], 0.25)
    Interval(estimate=1.75, low=1.0, high=2.0)
    """
    order = np.argsort(values, kind="stable")
    x, ends = np.asarray(values, dtype=float)[order], np.cumsum(np.asarray(counts, dtype=np.int64)[order])
    n = int(ends[-1])
    below = int(p * (n - 1))
    rank = max(int(np.ceil(n * p)), 1)
    share = betaincinv(rank, n - rank + 1, [(1 - level) / 2, (1 + level) / 2])
    places = np.r_[below + 1, min(below + 2, n), np.clip(np.ceil(n * share), 1, n)]
    under, over, low, high = x[np.searchsorted(ends, places)].tolist()
    middle = under + (p * (n - 1) - below) * (over - under)
    return Interval(middle, min(low, middle), max(high, middle))


def censored_quantiles(values, event, p=(0.5, 0.9), level=0.95, seed=0, draws=200):
    """Quantiles by Kaplan–Meier where some values are only known to be larger, and the ratio of the last to the first.

    Parameters
    ----------
    values : array-like (n,)
    event : array-like of bool (n,)
        False where the value has only come so far.
    p, level, seed
        As for :func:`quantiles`.
    draws : int
        Resamples, as weights on the sorted rows.

    Returns
    -------
    list of Interval
        As of :func:`quantiles`; missing where the curve does not come down so far.

    Examples
    --------
    >>> half, nine, ratio = censored_quantiles([6, 7, 9, 10, 13, 16, 22, 23, 30, 40], [1, 1, 0, 1, 1, 0, 1, 1, 1, 1])
    >>> half.estimate, nine.estimate
    (22.0, 40.0)
    """
    order = np.argsort(values, kind="stable")
    x, died = np.asarray(values, dtype=float)[order], np.asarray(event, dtype=bool)[order]
    middle = _curve(x, died, np.ones(len(x)), p)
    rng = np.random.default_rng(seed)
    drawn = np.array([_curve(x, died, rng.poisson(1.0, len(x)).astype(float), p) for _ in range(draws)])
    ends = (1 - level) / 2, (1 + level) / 2
    found = []
    for one, column in zip(middle, drawn.T, strict=True):
        is_bare = not np.isfinite(one) or np.isnan(column).mean() > ends[0]
        low, high = (np.nan, np.nan) if is_bare else np.nanquantile(column, ends)
        found.append(
            Interval(float(one), float(np.fmin(low, one)), float(np.fmax(high, one)))
            if not is_bare
            else Interval(*[np.nan] * 3)
        )
    return found


def _curve(x, died, weights, p):
    """Quantiles of a weighted Kaplan–Meier curve, and the ratio of the last to the first."""
    at_risk = np.cumsum(weights[::-1])[::-1]
    start = np.searchsorted(x, x, side="left")  # those of one time are at risk together
    ends = np.flatnonzero(np.r_[x[1:] > x[:-1], True])
    deaths = np.diff(np.r_[0.0, np.cumsum(weights * died)[ends]])
    risk = at_risk[start[ends]]
    survival = np.cumprod(1 - np.divide(deaths, risk, out=np.zeros_like(deaths), where=risk > 0))
    place = [np.searchsorted(-survival, -(1 - one) - 1e-12) for one in p]
    times = [x[ends[k]] if k < len(ends) else np.nan for k in place]
    return [*times, times[-1] / times[0] if times[0] > 0 else np.nan]
