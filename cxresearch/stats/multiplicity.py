"""Several tests at once: which of them still stand.

Twenty comparisons of a null effect announce one at p < 0.05 on average. Benjamini–Hochberg bounds the share of
announcements that are false; Holm bounds the chance of a single false one.
"""

from typing import NamedTuple

import numpy as np

from cxresearch.inputs import numbers


class Adjusted(NamedTuple):
    """Adjusted p-values, in the order given, and which are at most alpha."""

    p_value: np.ndarray
    rejected: np.ndarray


def benjamini_hochberg(p_values, alpha=0.05):
    """Adjust p-values for the false discovery rate.

    With m tests and p₍₁₎ ≤ … ≤ p₍ₘ₎, the adjusted p₍ᵢ₎ is min over j ≥ i of m·p₍ⱼ₎/j, at most 1. Among the
    rejections the expected share of false ones is at most ``alpha``, if the tests are independent or
    positively dependent.

    Parameters
    ----------
    p_values : array-like
        All the tests of the question, the dull ones included; leaving those out undoes the correction.
    alpha : float
        False discovery rate.

    Returns
    -------
    Adjusted
        ``p_value`` and ``rejected``.

    Raises
    ------
    ValueError
        If a p-value is missing or not between 0 and 1.

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). *Journal of the Royal Statistical Society B* 57, 289–300. R's
    ``p.adjust(p, "BH")``.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03]).p_value
    array([0.03, 0.04, 0.04])
    """
    p, order = _sorted(p_values, alpha)
    m = len(p)
    adjusted = np.minimum.accumulate((p[order] * m / np.arange(1, m + 1))[::-1])[::-1]
    return _unsorted(np.maximum(adjusted, p[order]), order, alpha)


def benjamini_hochberg_intervals(p_values, alpha=0.05, kept=0.5):
    """Adjust p-values of equivalence tests, of which many have no claim at all, for the false discovery rate.

    Each hypothesis says "outside the margin". Where a difference lies outside by its own estimate, p is above ½ and often close to 1; such
    tests can announce nothing, but make Benjamini–Hochberg's factor large. A p-value above `kept` is left out, and the others are
    divided by it: p/kept is a p-value given p ≤ kept, for a hypothesis that is true at the margin or beyond. Benjamini–Hochberg's
    adjustment is then that of the tests that remain. With one test left, it is passed at 5 % exactly where the 95 % interval lies
    within the margin.

    Parameters
    ----------
    p_values : array-like
        Of all tests of the question.
    alpha : float
        False discovery rate.
    kept : float
        Largest p-value that is kept.

    Returns
    -------
    Adjusted
        ``p_value`` (1 where left out) and ``rejected``.

    Raises
    ------
    ValueError
        If a p-value is missing or not between 0 and 1.

    References
    ----------
    Ellis, J. L., Pecanka, J. & Goeman, J. J. (2020). Gaining power in multiple testing of interval hypotheses via conditionalization.
    *Biostatistics* 21(2), e65–e79.

    Examples
    --------
    Five departments are far outside the margin, one is inside:

    >>> p = [0.01, 0.99, 1, 1, 1, 1]
    >>> float(benjamini_hochberg(p).p_value[0]), float(benjamini_hochberg_intervals(p).p_value[0])
    (0.06, 0.02)
    """
    p, _ = _sorted(p_values, alpha)
    adjusted, remain = np.ones(len(p)), p <= kept
    if remain.any():
        adjusted[remain] = benjamini_hochberg(p[remain] / kept, alpha).p_value
    return Adjusted(adjusted, adjusted <= alpha)


def holm(p_values, alpha=0.05):
    """Adjust p-values for the chance of any false rejection (Holm's step-down Bonferroni).

    The adjusted p₍ᵢ₎ is max over j ≤ i of (m − j + 1)·p₍ⱼ₎, at most 1. Holds under any dependence.

    Parameters
    ----------
    p_values : array-like
        All the tests of the question.
    alpha : float
        Chance of at least one false rejection.

    Returns
    -------
    Adjusted
        ``p_value`` and ``rejected``.

    Raises
    ------
    ValueError
        If a p-value is missing or not between 0 and 1.

    References
    ----------
    Holm, S. (1979). *Scandinavian Journal of Statistics* 6, 65–70. R's ``p.adjust(p, "holm")``.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).p_value
    array([0.03, 0.06, 0.06])
    """
    p, order = _sorted(p_values, alpha)
    adjusted = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return _unsorted(adjusted, order, alpha)


def _sorted(p_values, alpha):
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is {alpha}, not between 0 and 1")
    p = np.atleast_1d(numbers(p_values, "p_values", low=0, high=1)).astype(float)
    return p, np.argsort(p, kind="stable")


def _unsorted(adjusted, order, alpha):
    p = np.empty(len(order))
    p[order] = np.minimum(adjusted, 1.0)
    return Adjusted(p, p <= alpha)
