"""Shares, differences of shares and the net promoter score, each with an interval.

Every function returns a named tuple that starts ``estimate, low, high``; its fields are floats for single
numbers and arrays for columns, so that ``frame["low"] = wilson(frame.x, frame.n).low`` works.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from cxresearch.inputs import aligned, numbers, reject, row_labels
from cxresearch.stats.interval import Interval, normal_quantile


class NetPromoterScore(NamedTuple):
    """The net promoter score in points, its limits, and the base it stands on."""

    estimate: float
    low: float
    high: float
    std_error: float
    n: int
    n_effective: float
    method: str


def wilson(successes, n, level=0.95):
    """Wilson's score interval of a share.

    With p = x/n and the normal quantile z, the limits are the two roots in π of
    (p − π)² = z²·π(1 − π)/n::

        [p + z²/2n ± z·√(p(1−p)/n + z²/4n²)] / (1 + z²/n)

    They stay within 0 and 1, and keep a width when nobody, or everybody, says yes. The rows are assumed to be
    independent answers; where they are weighted, give Kish's effective base and p times it.

    Parameters
    ----------
    successes, n : float or array-like
        Counts x and bases; broadcast against each other.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high`` as shares. A base of 0 gives a missing estimate between 0 and 1.

    Raises
    ------
    ValueError
        If a count is missing, negative or exceeds its base.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. *JASA* 22,
    209–212.

    Examples
    --------
    >>> wilson(81, 263)
    Interval(estimate=0.3079..., low=0.2552..., high=0.3662...)
    >>> wilson([15, 0], [148, 20]).high.round(4)
    array([0.1605, 0.1611])
    """
    x, n = _counts(successes, n, "successes", "n")
    z2 = normal_quantile(level) ** 2
    with np.errstate(invalid="ignore", divide="ignore"):
        p = x / n
        centre = (x + z2 / 2) / (n + z2)
        half = np.sqrt(z2) / (n + z2) * np.sqrt(x * (n - x) / n + z2 / 4)
    low = np.where((n == 0) | (x == 0), 0.0, centre - half)
    high = np.where((n == 0) | (x == n), 1.0, centre + half)
    return _interval(p, low, high)


def newcombe(x1, n1, x2, n2, level=0.95):
    """Newcombe's score interval of a difference of two independent shares (his method 10).

    With Wilson limits (l₁, u₁) and (l₂, u₂) of p₁ and p₂::

        (p₁ − p₂) − √[(p₁ − l₁)² + (u₂ − p₂)²],   (p₁ − p₂) + √[(u₁ − p₁)² + (p₂ − l₂)²]

    Parameters
    ----------
    x1, n1, x2, n2 : float or array-like
        Counts and bases of the two groups; broadcast against each other.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high`` of p₁ − p₂. An empty group gives a missing estimate between −1 and 1.

    Raises
    ------
    ValueError
        If a count is missing, negative or exceeds its base.

    References
    ----------
    Newcombe, R. G. (1998). Interval estimation for the difference between independent proportions.
    *Statistics in Medicine* 17, 873–890.

    Examples
    --------
    >>> newcombe(56, 70, 48, 80)
    Interval(estimate=0.2000..., low=0.0524..., high=0.3338...)
    """
    x1, n1 = _counts(x1, n1, "x1", "n1")
    x2, n2 = _counts(x2, n2, "x2", "n2")
    p1, l1, u1 = wilson(x1, n1, level)
    p2, l2, u2 = wilson(x2, n2, level)
    difference = p1 - p2
    low = difference - np.hypot(p1 - l1, u2 - p2)
    high = difference + np.hypot(u1 - p1, p2 - l2)
    unknown = np.isnan(difference)
    return _interval(difference, np.where(unknown, -1.0, low), np.where(unknown, 1.0, high))


def nps(scores, weights=None, level=0.95, method="wald"):
    """Net promoter score: the share answering 9 or 10 minus the share answering 0 to 6, in points.

    With p promoters and d detractors as shares, NPS = 100·(p − d) and
    SE = 100·√[(p + d − (p − d)²)/n]. With weights the shares are weighted and n is Kish's effective base
    (Σw)²/Σw². The change between two independent waves has SE √(SE₁² + SE₂²).

    Parameters
    ----------
    scores : array-like of int
        Answers from 0 to 10, one per respondent; leave out those who did not answer.
    weights : array-like, optional
        Sampling weights, not negative.
    level : float
        Confidence level.
    method : {"wald", "score"}
        ``"wald"``: NPS ± z·SE, cut at ±100. ``"score"``: Tango's score interval, which holds its level on
        small bases. Where all answers fall in one class the SE is 0 and says nothing, so the score
        interval is given whatever the method; ``method`` in the result names the one used.

    Returns
    -------
    NetPromoterScore
        ``estimate, low, high, std_error`` in points, ``n``, ``n_effective`` and ``method``.

    Raises
    ------
    ValueError
        If a score is missing, not a whole number or outside 0–10; if weights are negative or all zero.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". *The American Statistician* 70,
    365–372. Tango, T. (1998). Equivalence test and confidence interval for the difference in proportions
    for the paired-sample design. *Statistics in Medicine* 17, 891–908. Kish, L. (1965). *Survey Sampling*.

    Examples
    --------
    >>> wave = nps([10] * 150 + [8] * 100 + [5] * 50)
    >>> round(wave.estimate, 4), round(wave.std_error, 4), round(wave.low, 1), round(wave.high, 1)
    (33.3333, 4.3033, 24.9, 41.8)
    """
    if method not in ("wald", "score"):
        raise ValueError(f"method is {method!r}, not 'wald' or 'score'")
    aligned(scores=scores, weights=weights)
    labels = row_labels(scores)
    scores = numbers(scores, "scores", low=0, high=10)
    reject(scores != np.floor(scores), "scores", "is not a whole number", labels)
    weights = np.ones(len(scores)) if weights is None else numbers(weights, "weights", low=0).astype(float)
    if not len(scores):
        raise ValueError("scores is empty")
    if weights.sum() == 0:
        raise ValueError("weights sum to 0")
    share = weights / weights.sum()
    promoters, detractors = float(share[scores >= 9].sum()), float(share[scores <= 6].sum())
    base = float(weights.sum() ** 2 / np.square(weights).sum())
    value = promoters - detractors
    error = np.sqrt(max(promoters + detractors - value**2, 0.0) / base)
    z = float(normal_quantile(level))
    unanimous = max(promoters, detractors, 1 - promoters - detractors) >= 1 - 1e-12
    if unanimous or method == "score":
        error, method = (0.0 if unanimous else error), "score"
        low, high = _tango(promoters, detractors, base, z)
    else:
        low, high = max(value - z * error, -1.0), min(value + z * error, 1.0)
    points = (float(100 * number) for number in (value, low, high, error))
    return NetPromoterScore(*points, n=len(scores), n_effective=base, method=method)


def _tango(p, d, n, z):
    """Limits of p − d: the differences δ that a score test on base n does not reject at |z|."""
    value, step = p - d, 1e-9

    def excess(delta):
        linear = (2 - value) * delta - p - d
        root = np.sqrt(max(linear**2 + 8 * d * delta * (1 - delta), 0.0))
        return n * (value - delta) ** 2 - z * z * ((root - linear) / 2 + delta * (1 - delta))

    low = brentq(excess, -1.0, value - step) if value - step > -1 and excess(-1.0) > 0 else -1.0
    high = brentq(excess, value + step, 1.0) if value + step < 1 and excess(1.0) > 0 else 1.0
    return low, high


def _interval(*parts):
    return Interval(*(part if np.ndim(part) else float(part) for part in parts))


def _counts(x, n, x_name, n_name):
    x, n = numbers(x, x_name, low=0), numbers(n, n_name, low=0)
    try:
        x, n = np.broadcast_arrays(x.astype(float), n.astype(float))
    except ValueError:
        raise ValueError(f"{x_name} has shape {x.shape}, which does not match {n_name}'s {n.shape}") from None
    reject(x > n, x_name, f"exceeds {n_name}")
    return x, n
