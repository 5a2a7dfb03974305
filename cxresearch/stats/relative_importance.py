"""How much of R² each driver contributes: LMG over all subsets, and Johnson's relative weights.

Both take correlation matrices, one or thousands at once (the resamples of a bootstrap), the outcome last.
"""

from math import factorial

import numpy as np

_BREADTH = 10  # drivers whose subsets are walked side by side; those before them, one branch after the other
_CELLS = 1 << 17
_NONE = 1e-10  # variance left of a driver below which the others have said it all


def lmg(correlation):
    r"""LMG: each driver's gain in R², averaged over all orders in which the drivers can enter.

    .. math:: w_j = \sum_{S \not\ni j} \frac{|S|!\,(p-|S|-1)!}{p!}\,\bigl[R^2(S \cup j) - R^2(S)\bigr]

    The R² of all 2ᵖ subsets come from one walk: a driver is swept out of the covariance of those that follow
    it, or is not, and about eight numbers are touched per subset, whatever p. Nothing is approximated. The
    p values are never negative and sum to R². A driver without effect that correlates with one that has gets
    a part of the other's: a share is no effect.

    Parameters
    ----------
    correlation : ndarray (p + 1, p + 1) or (draws, p + 1, p + 1)
        Correlations (or covariances) of the p drivers and, last, the outcome; positive semidefinite. A driver
        that others determine adds nothing after them.

    Returns
    -------
    ndarray (p,) or (draws, p)

    Raises
    ------
    ValueError
        For a matrix that is not square or holds missing values; for more than 24 drivers.

    References
    ----------
    Lindeman, R. H., Merenda, P. F. & Gold, R. Z. (1980). *Introduction to Bivariate and Multivariate
    Analysis*, 119 ff. Grömping, U. (2006). Relative importance for linear regression in R: the package
    relaimpo. *Journal of Statistical Software* 17(1). Goodnight, J. H. (1979). A tutorial on the sweep
    operator. *The American Statistician* 33, 149–158.

    Examples
    --------
    >>> lmg(np.array([[1, 0.5, 0.8], [0.5, 1, 0.4], [0.8, 0.4, 1]])).round(4)
    array([0.56, 0.08])
    """
    stack, alone = _stack(correlation)
    draws, size, _ = stack.shape
    drivers = size - 1
    if drivers > 24:
        raise ValueError(f"{drivers} drivers have 2^{drivers} subsets; LMG stops at 24")
    factor = _factors(drivers)
    upper = np.triu_indices(size)
    found = np.zeros((drivers, draws))
    block = max(1, _CELLS >> min(drivers, _BREADTH))
    for start in range(0, draws, block):
        packed = np.ascontiguousarray(stack[start : start + block][:, *upper].T)
        found[:, start : start + block] = _walk(packed, drivers, 0, factor)
    return found[:, 0] if alone else found.T


def johnson(correlation):
    r"""Johnson's relative weights: R² shared out through the orthogonal variables nearest to the drivers.

    With :math:`R_{xx} = Q \Delta Q'`, :math:`\Lambda = Q \Delta^{1/2} Q'` and :math:`\beta = \Lambda^{-1} r_{xy}`
    the weights are :math:`\varepsilon_j = \sum_k \Lambda_{jk}^2 \beta_k^2`. They sum to R², come close to LMG
    and cost one eigendecomposition.

    Parameters
    ----------
    correlation : ndarray (p + 1, p + 1) or (draws, p + 1, p + 1)
        As for :func:`lmg`, but correlations: the weights depend on the drivers' scale.

    Returns
    -------
    ndarray (p,) or (draws, p)

    References
    ----------
    Johnson, J. W. (2000). A heuristic method for estimating the relative weight of predictor variables in
    multiple regression. *Multivariate Behavioral Research* 35, 1–19.

    Examples
    --------
    >>> johnson(np.array([[1, 0.5, 0.8], [0.5, 1, 0.4], [0.8, 0.4, 1]])).round(4)
    array([0.56, 0.08])
    """
    stack, alone = _stack(correlation)
    values, vectors = np.linalg.eigh(stack[:, :-1, :-1])
    root = np.sqrt(np.maximum(values, 0))
    inverse = np.divide(1, root, out=np.zeros_like(root), where=root > np.sqrt(_NONE))
    along = inverse * np.einsum("dji,dj->di", vectors, stack[:, :-1, -1])
    beta = np.einsum("dji,di->dj", vectors, along)
    nearest = (vectors * root[:, None, :]) @ np.swapaxes(vectors, 1, 2)
    weights = np.einsum("djk,dk->dj", nearest**2, beta**2)
    return weights[0] if alone else weights


def _stack(correlation):
    given = np.asarray(correlation, dtype=float)
    stack = given[None] if given.ndim == 2 else given
    if stack.ndim != 3 or stack.shape[1] != stack.shape[2] or stack.shape[1] < 2:
        raise ValueError(f"correlation has shape {given.shape}; it is square, the outcome last")
    if not np.isfinite(stack).all():
        raise ValueError("correlation holds missing or infinite values")
    spread = np.einsum("dii->di", stack)
    if (spread <= 0).any():
        raise ValueError("correlation has a variance that is not positive on its diagonal")
    scale = np.sqrt(spread)
    return stack / (scale[:, :, None] * scale[:, None, :]), given.ndim == 2


def _factors(drivers):
    """What R² of each subset counts for each driver: (drivers, 2^drivers); bit j of a subset is driver j, the walk's order."""
    sizes = np.array([factorial(s) * factorial(drivers - s - 1) / factorial(drivers) for s in range(drivers)])
    joins, lacks = np.r_[0, sizes], np.r_[sizes, 0]
    deep = max(0, drivers - _BREADTH)
    # drivers walked one branch after the other are the high bits, so that a branch is one run of subsets
    bit = np.r_[np.arange(drivers - 1, drivers - 1 - deep, -1), np.arange(drivers - deep)]
    subset = np.arange(1 << drivers)
    size = np.zeros(1 << drivers, dtype=np.int64)
    for j in range(drivers):
        size += subset >> j & 1
    return np.array([np.where(subset >> b & 1, joins[size], -lacks[size]) for b in bit])


def _walk(packed, drivers, start, factor):
    """Sum of factor × R² over the subsets of the drivers left, given what was decided on those before.

    ``packed`` holds, row by row, the upper triangle of what is left of the covariance: (pairs, draws).
    """
    if drivers > _BREADTH:
        half = 1 << (drivers - 1)
        rest = packed[drivers + 1 :]
        out = _walk(rest, drivers - 1, start, factor)
        return out + _walk(_swept(packed, drivers, np.empty_like(rest)), drivers - 1, start + half, factor)
    left = packed[:, None, :]
    while drivers:
        rest, subsets = left[drivers + 1 :], left.shape[1]
        both = np.empty((len(rest), 2 * subsets, left.shape[2]))
        both[:, :subsets] = rest
        _swept(left, drivers, both[:, subsets:])
        left, drivers = both, drivers - 1
    explained = 1 - left[0]
    return factor[:, start : start + len(explained)] @ explained


def _swept(left, drivers, out):
    """The covariance of what follows the first driver, given it."""
    pivot, cross, rest = left[0], left[1 : drivers + 1], left[drivers + 1 :]
    inverse = np.divide(1, pivot, out=np.zeros_like(pivot), where=pivot > _NONE)
    at = 0
    for i in range(drivers):
        run = slice(at, at + drivers - i)
        np.multiply(cross[i:], cross[i] * inverse, out=out[run])
        np.subtract(rest[run], out[run], out=out[run])
        at += drivers - i
    return out
