"""A share inside a group less the share outside it, where one of the two may be 0 or 1."""

import numpy as np
from scipy.special import stdtr, stdtrit

from cxresearch.stats.clustered import ClusteredMean, clustered_difference

EXPECTED = 5  # of either answer on either side


def share_gap(values, inside, who, level=0.95, expected=EXPECTED):
    """Difference of two shares with limits and p, its error no smaller than if rows were independent and both sides alike.

    A side on which all answer the same has no variance of its own: its clusters would claim that it is known exactly. With the pooled share p the
    error is therefore at least √(p(1 − p)(1/n₁ + 1/n₀)).

    Parameters
    ----------
    values : array-like of 0 and 1 (n,)
    inside : array-like of bool (n,)
    who : ndarray (n,)
        The customer of each row.
    level : float
    expected : float
        Fewest of either answer that are expected on either side, if both were alike; under it nothing is compared.

    Returns
    -------
    ClusteredMean
        ``estimate, low, high, std_error, n, clusters, df``; None where fewer of either answer would be expected on a side, or all answers are the same.
    float
        p of no difference; missing likewise.

    Examples
    --------
    >>> settled, by_letter = [1] * 8 + [1, 0] * 40, [True] * 8 + [False] * 80
    >>> share_gap(settled, by_letter, np.arange(88))[0] is None
    True
    >>> found, p = share_gap([1, 1, 1, 0] * 20, [True, False] * 40, np.arange(80))
    >>> round(found.estimate, 2), round(p, 4)
    (0.5, 0.0)
    """
    values, inside = np.asarray(values, dtype=float), np.asarray(inside, dtype=bool)
    sides, pooled = (inside.sum(), (~inside).sum()), values.mean() if len(values) else np.nan
    if not min(sides) or not 0 < pooled < 1 or min(pooled, 1 - pooled) * min(sides) < expected:
        return None, np.nan
    gap = clustered_difference(values, inside, who, level)
    alike = np.sqrt(pooled * (1 - pooled) * (1 / sides[0] + 1 / sides[1]))
    error = float(np.nanmax([gap.std_error, alike]))
    reach = float(stdtrit(max(gap.df, 1), (1 + level) / 2)) * error
    found = ClusteredMean(
        gap.estimate, gap.estimate - reach, gap.estimate + reach, error, gap.n, gap.clusters, gap.df
    )
    return found, float(2 * stdtr(max(gap.df, 1), -abs(gap.estimate) / error))
