"""Two clustered means compared: how far apart they are, and whether they are near enough to be called equal."""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtr, stdtrit

from cxresearch.stats.clustered import effective_counts
from cxresearch.stats.proportions import newcombe


class Comparison(NamedTuple):
    """A difference of means with its limits and two tests."""

    estimate: float
    low: float
    high: float
    std_error: float
    df: float
    p_difference: float
    p_equivalence: float


def welch(first, second, margin, level=0.95):
    """Compare two independent means by Welch's t, and by two one-sided tests against a margin.

    df = (v₁ + v₂)²/(v₁²/df₁ + v₂²/df₂), v the squared clustered standard errors. Equivalence is shown at α where both
    H: δ ≤ −margin and H: δ ≥ margin are rejected at α, that is where the 1 − 2α interval lies within ±margin.

    Parameters
    ----------
    first, second : ClusteredMean
    margin : float
        The largest difference that does not matter, in the units of the means.
    level : float
        Confidence level.

    Returns
    -------
    Comparison
        first − second; tests and limits are missing where a mean has fewer than two clusters.

    References
    ----------
    Welch, B. L. (1947). *Biometrika* 34, 28–35. Schuirmann, D. J. (1987). *Journal of Pharmacokinetics and Biopharmaceutics*
    15, 657–680.

    Examples
    --------
    >>> from cxresearch.stats.clustered import clustered_mean
    >>> staff, customers = clustered_mean([8, 9, 9, 8, 10, 9]), clustered_mean([6, 7, 9, 8, 5, 8, 7, 6])
    >>> found = welch(staff, customers, margin=0.5)
    >>> round(found.estimate, 2), round(found.p_difference, 3), round(found.p_equivalence, 2)
    (1.83, 0.007, 0.98)
    """
    delta = first.estimate - second.estimate
    v1, v2 = first.std_error**2, second.std_error**2
    if not v1 + v2 > 0:
        return Comparison(delta, *[np.nan] * 6)
    df = (v1 + v2) ** 2 / (v1**2 / max(first.df, 1) + v2**2 / max(second.df, 1))
    error = np.sqrt(v1 + v2)
    reach = stdtrit(df, (1 + level) / 2) * error
    differs = 2 * stdtr(df, -abs(delta) / error)
    equal = max(stdtr(df, -(delta + margin) / error), stdtr(df, (delta - margin) / error))
    parts = (delta, delta - reach, delta + reach, error, df, differs, equal)
    return Comparison(*map(float, parts))


def clustered_newcombe(first, first_cluster, second, second_cluster, level=0.95):
    """Newcombe's interval of a difference of two shares whose rows are clustered.

    Each base is replaced by the effective one of :func:`~cxresearch.stats.clustered.effective_counts`.

    Parameters
    ----------
    first, second : array-like of bool
    first_cluster, second_cluster : array-like or None
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high`` of p₁ − p₂.

    Examples
    --------
    With rows of their own it is Newcombe's:

    >>> shares = np.arange(70) < 56, np.arange(80) < 48
    >>> [round(part, 3) for part in clustered_newcombe(shares[0], None, shares[1], None)]
    [0.2, 0.052, 0.334]
    """
    counts = (
        *effective_counts(first, first_cluster, level),
        *effective_counts(second, second_cluster, level),
    )
    return newcombe(*counts, level=level)
