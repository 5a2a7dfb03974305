"""Two population quantities the oracle needs: LMG shares from covariances, and AUC from known chances."""

from itertools import combinations
from math import factorial

import numpy as np


def lmg(covariance):
    """LMG shares of R²: the last variable is the outcome, the others its drivers.

    w_j = Σ_S |S|! (p − |S| − 1)! / p! · (R²(S ∪ j) − R²(S)), over all subsets S without j. The shares sum to
    R², which is returned beside them.

    Source: Lindeman, Merenda & Gold 1980; Grömping 2006.

    Examples
    --------
    >>> shares, r2 = lmg(np.array([[1, 0.5, 0.8], [0.5, 1, 0.4], [0.8, 0.4, 1]]))
    >>> shares.round(4), round(r2, 4)
    (array([0.56, 0.08]), np.float64(0.64))
    """
    p = covariance.shape[0] - 1
    fit = {(): 0.0}
    for size in range(1, p + 1):
        for s in combinations(range(p), size):
            xy = covariance[list(s), p]
            fit[s] = xy @ np.linalg.solve(covariance[np.ix_(s, s)], xy) / covariance[p, p]
    share = np.zeros(p)
    for s, base in fit.items():
        weight = factorial(len(s)) * factorial(p - len(s) - 1) / factorial(p) if len(s) < p else 0
        for j in set(range(p)) - set(s):
            share[j] += weight * (fit[tuple(sorted((*s, j)))] - base)
    return share, fit[tuple(range(p))]


def expected_auc(score, chance):
    """AUC of a score when each case is an event with its own known chance; ties count half.

    Σ_ij p_i (1 − p_j) ([s_i > s_j] + ½ [s_i = s_j]) / (Σp Σ(1 − p)): the limit of the
    sample AUC, without drawing outcomes.

    Examples
    --------
    >>> round(expected_auc(np.array([1.0, 2.0]), np.array([0.2, 0.6])), 4)
    0.7083
    """
    _, tie = np.unique(score, return_inverse=True)
    event, other = np.bincount(tie, chance), np.bincount(tie, 1 - chance)
    below = np.cumsum(other) - other
    return float(event @ (below + other / 2) / (event.sum() * other.sum()))
