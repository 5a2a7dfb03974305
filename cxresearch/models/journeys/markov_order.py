"""Whether the next step depends on the present one alone, so that a path may be told as a chain."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

EXPECTED = 5  # steps per cell under which chi-squared is no guide to the statistic
SHUFFLES = 199


class MarkovOrder(NamedTuple):
    """A likelihood ratio test of first order against second order."""

    statistic: float
    df: int
    p: float
    n: int
    method: str


def markov_order(came_from, touchpoint, goes_to):
    """Test that the next step depends on the present touchpoint only, and not on the one before.

    With n_ijk the steps from i by j to k::

        G² = 2 Σ n_ijk·ln[n_ijk·n_·j· / (n_ij·n_·jk)],   df = Σ_j (r_j − 1)(c_j − 1)

    over the r_j predecessors and c_j successors that touchpoint j is seen with. Where the cells that could be filled hold fewer than five
    steps on average, chi-squared is no guide; the next steps are then shuffled 199 times among the visits of each touchpoint, which keeps
    every n_ij and n_jk, and p is the share of shuffles (and of the data) with a statistic as large.

    Parameters
    ----------
    came_from, touchpoint, goes_to : array-like (n,)
        The step before, the present one and the next; ``^`` and ``$`` are steps like others.

    Returns
    -------
    MarkovOrder
        ``statistic, df, p, n, method``.

    References
    ----------
    Anderson, T. W. & Goodman, L. A. (1957). Statistical inference about Markov chains. *Annals of Mathematical Statistics* 28, 89–110.

    Examples
    --------
    Customers who came from "a" go on to "x", those from "b" to "y":

    >>> found = markov_order(list("aabb") * 10, ["m"] * 40, list("xxyy") * 10)
    >>> round(found.statistic, 1), found.df, found.p < 0.001, found.method
    (55.5, 1, True, 'chi-squared')
    """
    i, j, k = (
        pd.factorize(np.asarray(values, dtype=object))[0] for values in (came_from, touchpoint, goes_to)
    )
    order = np.argsort(j, kind="stable")
    i, j, k = i[order], j[order], k[order]
    into, out = _pair(i, j), _pair(j, k)
    whole = _weight(_pair(into, k))
    rest = _weight(j) - _weight(into) - _weight(out)
    statistic = max(2 * (whole + rest), 0.0)
    r, c = (np.bincount(np.unique(np.column_stack([j, other]), axis=0)[:, 0]) for other in (i, k))
    df, possible = int(((r - 1) * (c - 1)).sum()), int((r * c)[(r > 1) & (c > 1)].sum())
    if not df:
        return MarkovOrder(0.0, 0, 1.0, len(j), "nothing to test")
    inside = ((r > 1) & (c > 1))[j]
    if inside.sum() >= EXPECTED * possible:
        return MarkovOrder(statistic, df, float(chdtrc(df, statistic)), len(j), "chi-squared")
    rng, as_large = np.random.default_rng(0), 1
    for _ in range(SHUFFLES):
        shuffled = k[np.lexsort([rng.random(len(k)), j])]
        as_large += _weight(_pair(into, shuffled)) >= whole - 1e-9
    return MarkovOrder(statistic, df, as_large / (SHUFFLES + 1), len(j), f"{SHUFFLES} shuffles")


def _pair(first, second):
    """Pairs of codes as one code."""
    return first.astype(np.int64) * (int(second.max()) + 1) + second


def _weight(code):
    """Σ n·ln n over the counts of codes."""
    n = np.unique(code, return_counts=True)[1]
    return float((n * np.log(n)).sum())
