"""A linear model with two crossed random intercepts, by REML in two dimensions."""

import numpy as np
from scipy.optimize import minimize

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned
from cxresearch.stats.grouped_products import GroupedProducts
from cxresearch.stats.mixed_model import MixedModel
from cxresearch.stats.random_effect import best_ratio, coded, prepared
from cxresearch.stats.reml import curvature, evaluate

MOST = 1500  # levels of the factor that has fewer: its block is dense
NONE = 1e-7  # a ratio under this is looked at on its boundary
BOUNDS = (np.log(1e-9), np.log(1e7))


def crossed_effects(y, X, first, second):
    """Fit y = Xβ + a_first + b_second + ε by restricted maximum likelihood, a and b crossed in any pattern.

    The factor of more levels is absorbed group by group (a diagonal block), that of fewer stays dense; see
    :mod:`cxresearch.stats.reml`. Both variance ratios are found together by a quasi-Newton search on the exact gradient,
    finished by Newton steps.

    Assumed: a, b and ε normal, independent of each other and of X.

    Parameters
    ----------
    y : array-like (n,)
        Outcome.
    X : array-like or DataFrame (n, p)
        Fixed effects.
    first, second : array-like (n,)
        The two factors, such as customer and agent; a missing value has no effect of that factor.

    Returns
    -------
    MixedModel
        Variances, effects and shares in the order (first, second).

    Raises
    ------
    ValueError
        For values missing; collinear columns; a factor without a repeated level; more than 1,500 levels in both factors; factors that are one grouping.

    References
    ----------
    Henderson, C. R. (1975). *Biometrics* 31, 423–447. Bates, D. et al. (2015). *Journal of Statistical Software* 67(1).

    Examples
    --------
    >>> random = np.random.default_rng(4)
    >>> customer, agent = random.integers(0, 300, 2000), random.integers(0, 20, 2000)
    >>> a, b = random.normal(0, 0.7, 300), random.normal(0, 0.4, 20)
    >>> y = 7 + a[customer] + b[agent] + random.normal(0, 1, 2000)
    >>> model = crossed_effects(y, np.ones((2000, 1)), customer, agent)
    >>> [round(float(v), 2) for v in (*model.variances, model.residual_variance)]
    [0.48, 0.24, 0.98]
    """
    aligned(y=y, first=first, second=second)
    y, X, residual, start = prepared(y, X, first=first, second=second)
    (one, n_one), (two, n_two) = coded(first), coded(second)
    for name, code, levels in (("first", one, n_one), ("second", two, n_two)):
        if np.bincount(code[code >= 0], minlength=levels).max() < 2:
            raise NotEnough(
                f"{name}: no level has two rows, so its variance cannot be told from the residual's"
            )
    order = (0, 1)
    if n_one < n_two:
        order, one, two, n_one, n_two = (1, 0), two, one, n_two, n_one
    if n_two > MOST:
        raise ValueError(f"both factors have more than {MOST:,} levels: {n_one:,} and {n_two:,}")
    if n_one == n_two and len(np.unique(one.astype(np.int64) * (n_two + 1) + two)) == n_one:
        raise NotEnough("first and second group the rows alike, so their variances cannot be told apart")
    columns = np.column_stack([X, residual])
    alone = [best_ratio(GroupedProducts(columns, *part), len(y)) for part in ((one, n_one), (two, n_two))]
    products = GroupedProducts(columns, one, n_one, two, n_two)
    return MixedModel(products, len(y), _best(products, len(y), alone), order, shift=start)


def _best(products, rows, alone):
    """Both variance ratios at the least deviance, a boundary included; `alone`: each factor's without the other."""
    log = np.log([max(alone[0], 1e-3), max(alone[1] / 2, 1e-2)])

    def both(x):
        fit = evaluate(products, rows, tuple(np.exp(x)))
        return fit.deviance, fit.gradient

    options = {"ftol": 1e-15, "gtol": 1e-8, "maxiter": 200}
    search = minimize(both, log, jac=True, method="L-BFGS-B", bounds=[BOUNDS, BOUNDS], options=options)
    ratios = np.exp(search.x)
    found = _polished(products, rows, ratios) if (ratios > NONE).all() else tuple(ratios)
    ends = [found, (alone[0], 0.0), (0.0, alone[1])]
    # a boundary wins where it is as good: a ratio of 1e-9 says no more than 0
    deviances = [evaluate(products, rows, end, slopes=False).deviance for end in ends]
    least = min(deviances)
    for end, deviance in reversed(list(zip(ends, deviances, strict=True))):
        if deviance <= least + 1e-9 * max(1.0, abs(least)):
            return end
    return found


def _polished(products, rows, ratios, steps=3):
    """Newton steps on the gradient, as long as they shorten it."""
    x = np.log(ratios)
    slope = evaluate(products, rows, tuple(np.exp(x))).gradient
    for _ in range(steps):
        if np.abs(slope).max() < 1e-9:
            break
        _, hessian, _ = curvature(products, rows, tuple(np.exp(x)), (0, 1))
        if np.linalg.eigvalsh(hessian)[0] <= 0:
            break
        moved = x - np.linalg.solve(hessian, slope)
        if np.abs(moved - x).max() > 1:
            break
        further = evaluate(products, rows, tuple(np.exp(moved))).gradient
        if np.abs(further).max() >= np.abs(slope).max():
            break
        x, slope = moved, further
    return tuple(float(v) for v in np.exp(x))
