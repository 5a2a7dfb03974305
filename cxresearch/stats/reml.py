"""Restricted maximum likelihood of one or two random intercepts, profiled over their variance ratios.

For y = Xβ + Z₁a + Z₂b + ε with var(a) = λ₁σ², var(b) = λ₂σ², var(ε) = σ², the first factor is absorbed group by group::

    T'WT = T'T − Σ_g λ₁/(1 + n_g λ₁) · s_g s_g',   T = [Z₂, X, y],  s_g the sums of T in group g

so that its levels may be many; those of the second, few, stay as a dense block. One Cholesky factor of
[[I + λ₂Z₂'WZ₂, √λ₂ Z₂'W[X y]], [·, [X y]'W[X y]]] then holds both determinants and the residual sum of squares, and its inverse
the gradient in log λ.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.linalg.lapack import dpotri

from cxresearch.errors import NotEnough

STEP = 1e-4  # of log λ, for second derivatives from the gradient's central differences


class Evaluation(NamedTuple):
    """REML at given variance ratios: −2 log-likelihood, its gradient in log λ, and the solution."""

    deviance: float
    gradient: np.ndarray
    solution: np.ndarray  # b then β, for the outcome as it was given
    inverse: np.ndarray  # of the penalised cross-products, the second factor scaled by √λ₂
    rss: float
    rss_gradient: np.ndarray


def evaluate(products, rows, ratios, slopes=True):
    """Evaluate REML's deviance, profiled over β and σ², at the variance ratios.

    Parameters
    ----------
    products : GroupedProducts
        Of T = [Z₂, X, y].
    rows : int
        N.
    ratios : tuple of float
        λ₁ and, where there is a second factor, λ₂; 0 leaves a factor out.
    slopes : bool
        Whether the gradient and the inverse are wanted; without them only the deviance is found.

    Returns
    -------
    Evaluation
        deviance = Σ log(1 + n_g λ₁) + log|I + λ₂Z₂'WZ₂| + log|X'V⁻¹X| + (N − p)(1 + log(2π·RSS/(N − p))).

    Raises
    ------
    ValueError
        Where nothing is left to explain, or columns of X are collinear.

    References
    ----------
    Bates, D. et al. (2015). *Journal of Statistical Software* 67(1), equations 38–42: the same criterion.
    """
    first, second = ratios[0], ratios[1] if len(ratios) > 1 else 0.0
    q, m = products.n_second, products.width
    free = rows - (m - 1 - q)
    shrink = 1 + products.sizes * first
    scale = np.ones(m)
    scale[:q] = np.sqrt(second)
    inner = (products.total - products.squares(first / shrink)) * scale * scale[:, None]
    inner[np.arange(q), np.arange(q)] += 1
    try:
        root = cholesky(inner, lower=True, check_finite=False)
    except LinAlgError:
        raise NotEnough("the outcome is explained without a residual, or columns are collinear") from None
    rss = root[-1, -1] ** 2
    logs = (products.counts * np.log(shrink)).sum() + 2 * np.log(np.diag(root)[:-1]).sum()
    deviance = logs + free * (1 + np.log(2 * np.pi * rss / free))
    if not slopes:
        return Evaluation(deviance, None, None, None, rss, None)
    inverse, _ = dpotri(root[:-1, :-1], lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    scaled = solve_triangular(root[:-1, :-1], root[-1, :-1], trans="T", lower=True, check_finite=False)
    contrast = np.r_[-scaled * scale[:-1], 1.0]
    within = products.squares(1 / shrink**2)
    pull = first * contrast @ within @ contrast
    trace = (inverse * (within[:-1, :-1] * scale[:-1] * scale[:-1, None])).sum()
    slope = [first * ((products.counts * products.sizes / shrink).sum() - trace) - free * pull / rss]
    falls = [-pull]
    if q and len(ratios) > 1:
        length = scaled[:q] @ scaled[:q]
        slope.append(q - np.trace(inverse[:q, :q]) - free * length / rss)
        falls.append(-length)
    return Evaluation(deviance, np.array(slope), -contrast[:-1], inverse, rss, np.array(falls))


def curvature(products, rows, ratios, free):
    """Second derivatives at the optimum: REML's information on (log σ², log λ …), and how β's covariance moves with them.

    Parameters
    ----------
    products, rows, ratios
        As in :func:`evaluate`.
    free : sequence of int
        The ratios that are not on their boundary 0.

    Returns
    -------
    information : ndarray (1 + f, 1 + f)
        Half the Hessian of the full deviance.
    profile : ndarray (f, f)
        The Hessian of the profiled deviance in log λ.
    slopes : list of ndarray (p, p)
        d cov(β)/σ² / d log λ, one per free ratio.
    """
    q = products.n_second
    best = evaluate(products, rows, ratios)
    left = rows - (products.width - 1 - q)
    profile, slopes = np.zeros((len(free), len(free))), []
    for i, which in enumerate(free):
        ends = []
        for sign in (1, -1):
            moved = list(ratios)
            moved[which] *= np.exp(sign * STEP)
            ends.append(evaluate(products, rows, tuple(moved)))
        profile[i] = (ends[0].gradient - ends[1].gradient)[list(free)] / (2 * STEP)
        slopes.append((ends[0].inverse - ends[1].inverse)[q:, q:] / (2 * STEP))
    profile = (profile + profile.T) / 2
    cross = -best.rss_gradient[list(free)] * left / best.rss
    full = np.zeros((len(free) + 1, len(free) + 1))
    full[0, 0] = left
    full[0, 1:] = full[1:, 0] = cross
    full[1:, 1:] = profile + np.outer(cross, cross) / left
    return full / 2, profile, slopes
