"""How well a score puts those who had the event above those who had not: AUC and lift, each with its interval."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import rankdata

from cxresearch.inputs import aligned, flags, numbers
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.proportions import wilson


class AreaUnderCurve(NamedTuple):
    """The area under the ROC curve, its limits, its standard error, and how many had the event or not."""

    estimate: float
    low: float
    high: float
    std_error: float
    events: int
    others: int


def auc(y, score, level=0.95):
    r"""Area under the ROC curve with Hanley and McNeil's standard error.

    The chance :math:`A` that one of the :math:`m` who had the event scores above one of the :math:`n` who had not, ties counting half:
    the Mann–Whitney statistic divided by :math:`mn`. With :math:`Q_1 = A/(2 - A)` and :math:`Q_2 = 2A^2/(1 + A)`

    .. math:: SE^2(A) = \frac{A(1 - A) + (m - 1)(Q_1 - A^2) + (n - 1)(Q_2 - A^2)}{mn}

    The limits are the :math:`\theta` with :math:`|A - \theta| = z\,SE(\theta)` (Newcombe's score limits): they stay within 0 and 1,
    keep a width where the ranking is perfect, and hold .5 exactly where the Mann–Whitney test does not reject.

    Parameters
    ----------
    y : array-like of bool or 0/1
        Whether the event happened.
    score : array-like
        Finite; higher means more likely.
    level : float

    Returns
    -------
    AreaUnderCurve
        All missing but the counts where everybody, or nobody, had the event.

    Notes
    -----
    The rows are taken to be independent: customers of one date, not one customer on many dates.

    References
    ----------
    Hanley, J. A. & McNeil, B. J. (1982). The meaning and use of the area under a ROC curve. *Radiology* 143, 29–36. Newcombe, R. G.
    (2006). Confidence intervals for an effect size measure based on the Mann–Whitney statistic, part 2. *Statistics in Medicine* 25,
    559–573.

    Examples
    --------
    >>> found = auc([0, 1, 0, 1, 0, 1, 0, 1], [1, 2, 3, 4, 5, 6, 7, 8])
    >>> [round(value, 4) for value in found]
    [0.625, 0.2595, 0.8839, 0.2087, 4, 4]
    """
    aligned(y=y, score=score)
    y, score = flags(y, "y"), numbers(score, "score")
    better, pairs = _concordant(y, score)
    return _area(better / pairs if pairs else np.nan, int(y.sum()), int(len(y) - y.sum()), level)


class AreaGap(NamedTuple):
    """How much larger one area under the ROC curve is than another of the same rows, and its limits."""

    estimate: float
    low: float
    high: float
    std_error: float


def auc_gap(y, score, other, level=0.95):
    r"""How much better one score ranks the same rows than another: the difference of their areas with DeLong's error.

    With :math:`V_i` the share of those without the event that event :math:`i` scores above, ties counting half, and :math:`W_j` the share of
    the events that score above row :math:`j`, both as differences between the two scores:

    .. math:: SE^2 = \frac{s^2(V)}{m} + \frac{s^2(W)}{n}.

    Parameters
    ----------
    y : array-like of bool or 0/1
    score, other : array-like
    level : float

    Returns
    -------
    AreaGap
        Missing where fewer than two had the event, or had not.

    References
    ----------
    DeLong, E. R., DeLong, D. M. & Clarke-Pearson, D. L. (1988). *Biometrics* 44, 837–845. Sun, X. & Xu, W. (2014). Fast implementation of
    DeLong's algorithm. *IEEE Signal Processing Letters* 21, 1389–1393.

    Examples
    --------
    >>> y = [0, 0, 0, 1, 1, 1]
    >>> [round(value, 4) for value in auc_gap(y, [1, 2, 3, 4, 5, 6], [1, 5, 3, 4, 2, 6])]
    [0.3333, -0.2001, 0.8668, 0.2722]
    """
    aligned(y=y, score=score, other=other)
    y = flags(y, "y").astype(bool)
    if min(y.sum(), (~y).sum()) < 2:
        return AreaGap(np.nan, np.nan, np.nan, np.nan)
    (above, beside), (than, but) = (
        _placements(y, numbers(one, name)) for name, one in (("score", score), ("other", other))
    )
    events, others = above - than, beside - but
    gap = float(events.mean())
    error = float(np.sqrt(events.var(ddof=1) / len(events) + others.var(ddof=1) / len(others)))
    reach = float(normal_quantile(level)) * error
    return AreaGap(gap, gap - reach, gap + reach, error)


def _placements(y, score):
    """For each event the share of the others below it, for each other the share of the events above it; ties count half."""
    events, others = score[y], score[~y]
    ranks = rankdata(np.concatenate([events, others]))
    m, n = len(events), len(others)
    return (ranks[:m] - rankdata(events)) / n, 1 - (ranks[m:] - rankdata(others)) / m


def auc_within(y, scores, parts, level=0.95):
    r"""Area under the ROC curve of cross-validated scores: only rows that one model scored are held against each other.

    Over all repeats :math:`r` and folds :math:`k` the concordant pairs within a fold, ties counting half, divided by the pairs:

    .. math:: A = \frac{\sum_{r,k} U_{rk}}{\sum_{r,k} m_{rk} n_{rk}}.

    Pooled over folds, scores rank rows by the intercepts of models too. A fold with few events is scored by a model that saw many, so that
    pooling biases the area downwards, most where the scores tell little.

    Parameters
    ----------
    y : array-like of bool or 0/1
    scores, parts : array-like of shape (repeats, rows)
        The out-of-fold scores, and the fold of each row.
    level : float

    Returns
    -------
    AreaUnderCurve
        Limits as of :func:`auc`, for the events and others of all rows; missing where no fold holds both.

    References
    ----------
    Airola, A., Pahikkala, T., Waegeman, W., De Baets, B. & Salakoski, T. (2011). An experimental comparison of cross-validation techniques
    for estimating the area under the ROC curve. *Computational Statistics & Data Analysis* 55, 1828–1844.

    Examples
    --------
    >>> found = auc_within([0, 1, 0, 1], [[0.1, 0.2, 0.7, 0.8]], [[0, 0, 1, 1]])
    >>> found.estimate, auc([0, 1, 0, 1], [0.1, 0.2, 0.7, 0.8]).estimate
    (1.0, 0.75)
    """
    y = flags(y, "y")
    better = pairs = 0.0
    for score, part in zip(np.atleast_2d(scores), np.atleast_2d(parts), strict=True):
        for fold in np.unique(part):
            gained, of = _concordant(y[part == fold], score[part == fold])
            better, pairs = better + gained, pairs + of
    return _area(better / pairs if pairs else np.nan, int(y.sum()), int(len(y) - y.sum()), level)


def _concordant(y, score):
    """The pairs of an event and another that a score ranks rightly, ties counting half, and all such pairs."""
    m = int(y.sum())
    return float(rankdata(score)[y == 1].sum()) - m * (m + 1) / 2, m * int(len(y) - m)


def _area(area, m, n, level):
    """An area with Newcombe's score limits."""
    z = float(normal_quantile(level))
    if not np.isfinite(area):
        return AreaUnderCurve(np.nan, np.nan, np.nan, np.nan, m, n)

    def excess(theta):
        return (area - theta) ** 2 - z**2 * _variance(theta, m, n)

    edge, near = 1e-12, 1e-9  # at 0 and 1 the variance vanishes, and the estimate would be a root of its own
    low = brentq(excess, edge, area - near) if area > 2 * near and excess(edge) > 0 else 0.0
    high = brentq(excess, area + near, 1 - edge) if area < 1 - 2 * near and excess(1 - edge) > 0 else 1.0
    error = float(np.sqrt(_variance(area, m, n)))
    return AreaUnderCurve(area, min(low, area), max(high, area), error, m, n)


def _variance(area, m, n):
    one, two = area / (2 - area) - area**2, 2 * area**2 / (1 + area) - area**2
    return max(area * (1 - area) + (m - 1) * one + (n - 1) * two, 0.0) / (m * n)


def lift(y, score, groups=10, level=0.95):
    r"""How many more events than average each group of like scores holds, best group first.

    With :math:`x_k` of the :math:`X` events in group :math:`k`, which holds a share :math:`s_k` of the rows, the lift is
    :math:`(x_k/X)/s_k`. Given :math:`X`, :math:`x_k/X` is a share with Wilson's limits; divided by :math:`s_k` they are those of the
    lift. Rows with equal scores are spread evenly over the groups they straddle, so that ties earn no lift by their order.

    Parameters
    ----------
    y : array-like of bool or 0/1
    score : array-like
    groups : int
        Equal groups; 10 gives deciles.
    level : float

    Returns
    -------
    pandas.DataFrame
        group (1 has the highest scores), share (of the rows, up to and including the group), captured (of the events, likewise),
        rate, lift, low, high, n, events. Missing where nobody had the event.

    Examples
    --------
    >>> lift([1, 1, 0, 1, 0, 0, 0, 0], [8, 7, 6, 5, 4, 3, 2, 1], groups=2)[["group", "captured", "lift", "low", "high"]].round(3)
       group  captured  lift    low   high
    0      1       1.0   2.0  0.877  2.000
    1      2       1.0   0.0  0.000  1.123
    """
    aligned(y=y, score=score)
    y, score = flags(y, "y").astype(float), numbers(score, "score")
    if len(y) < groups:
        raise ValueError(f"score has {len(y)} rows, too few for {groups} groups")
    order = np.argsort(-score, kind="stable")
    _, tie = np.unique(-score[order], return_inverse=True)
    even = (np.bincount(tie, y[order]) / np.bincount(tie))[tie]  # each row carries the mean of its ties
    gained = np.r_[0, np.cumsum(even)]
    ends = np.linspace(0, len(y), groups + 1)
    events = np.diff(np.interp(ends, np.arange(len(y) + 1), gained)).clip(0)
    size, total = len(y) / groups, y.sum()
    rate = wilson(np.minimum(events, total), np.full(groups, total), level)
    share = 1 / groups
    captured = np.cumsum(events) / total if total else np.full(groups, np.nan)
    return pd.DataFrame(
        {
            "group": np.arange(1, groups + 1),
            "share": np.arange(1, groups + 1) * share,
            "captured": captured,
            "rate": events / size,
            "lift": rate.estimate / share,
            "low": np.minimum(rate.low, rate.estimate) / share,
            "high": np.maximum(rate.high, rate.estimate) / share,
            "n": np.full(groups, round(size)),
            "events": events,
        }
    )
