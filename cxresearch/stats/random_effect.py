"""A linear model with a random intercept per group, by REML in one dimension."""

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from cxresearch.inputs import aligned, numbers, reject, row_labels
from cxresearch.stats.grouped_products import GroupedProducts
from cxresearch.stats.mixed_model import MixedModel
from cxresearch.stats.reml import evaluate

GRID = np.exp(np.arange(-18.0, 18.5, 1.5))  # variance ratios among which the optimum is bracketed


def random_intercept(y, X, group):
    """Fit y = Xβ + u_group + ε by restricted maximum likelihood.

    With the ratio λ = σ²_u/σ² everything else is profiled out::

        −2 log L(λ) = Σ log(1 + n_g λ) + log|X'V⁻¹X| + (N − p)(1 + log(2π·y'Py/(N − p)))

    whose minimum in log λ is bracketed on a grid and found as the root of its derivative. The rows are read once, into
    cross-products by group size; 20,000 groups cost what their different sizes cost.

    Assumed: u and ε normal, independent of each other and of X; rows of different groups independent.

    Parameters
    ----------
    y : array-like (n,)
        Outcome.
    X : array-like or DataFrame (n, p)
        Fixed effects, with a column of ones or a full set of indicators where a level is wanted.
    group : array-like (n,)
        Which group each row belongs to; a missing value belongs to none.

    Returns
    -------
    MixedModel
        A variance of 0 is on the boundary, not "no variance"; see its interval.

    Raises
    ------
    ValueError
        For values missing; collinear columns; no group with two rows; an outcome constant within groups.

    References
    ----------
    Patterson, H. D. & Thompson, R. (1971). *Biometrika* 58, 545–554. Bates, D. et al. (2015). *Journal of Statistical
    Software* 67(1).

    Examples
    --------
    Dyestuff (Davies 1947), yields of six batches:

    >>> y = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560]
    >>> y += [1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
    >>> model = random_intercept(y, np.ones((30, 1)), np.repeat(list("ABCDEF"), 5))
    >>> round(float(model.variances[0]), 2), round(float(model.residual_variance), 2)
    (1764.05, 2451.25)
    """
    y, X, residual, start = prepared(y, X, group=group)
    code, levels = coded(group)
    products = GroupedProducts(np.column_stack([X, residual]), code, levels)
    if products.group_size.max(initial=0) < 2:
        raise ValueError("group: no group has two rows, so its variance cannot be told from the residual's")
    return MixedModel(products, len(y), (best_ratio(products, len(y)),), shift=start)


def linear_model(y, X):
    """The same without a random effect: ordinary least squares, in the shape of its neighbours.

    Parameters
    ----------
    y, X
        As for :func:`random_intercept`.

    Returns
    -------
    MixedModel

    Examples
    --------
    >>> model = linear_model([6.0, 7, 9, 10], np.ones((4, 1)))
    >>> model.coefficients[0], round(float(model.residual_variance), 3)
    (np.float64(8.0), 3.333)
    """
    y, X, residual, start = prepared(y, X)
    products = GroupedProducts(np.column_stack([X, residual]), np.zeros(len(y), int), 1)
    return MixedModel(products, len(y), (0.0,), shift=start)


def best_ratio(products, rows):
    """The variance ratio of one factor that minimises the deviance."""

    def at(ratio):
        return evaluate(products, rows, (ratio,))

    grid = [at(ratio) for ratio in GRID]
    best = int(np.argmin([found.deviance for found in grid]))
    if best == len(GRID) - 1:
        raise ValueError("group: the outcome hardly differs within groups, so no residual variance is left")
    slopes = [found.gradient[0] for found in grid]
    low = next((i for i in (best - 1, best) if i >= 0 and slopes[i] < 0), None)
    high = next((i for i in (best, best + 1) if slopes[i] >= 0 and (low is None or i > low)), None)
    if low is None or high is None:
        return 0.0
    log = brentq(
        lambda x: at(np.exp(x)).gradient[0], np.log(GRID[low]), np.log(GRID[high]), xtol=1e-13, rtol=1e-14
    )
    found = at(np.exp(log))
    return 0.0 if at(0.0).deviance <= found.deviance else float(np.exp(log))


def prepared(y, X, **factors):
    """The outcome, the design, and what ordinary least squares leaves of the outcome, which REML takes for it.

    Raises
    ------
    ValueError
        Naming a column that depends on those before it.
    """
    aligned(y=y, X=X, **factors)
    names = list(X.columns) if isinstance(X, pd.DataFrame) else None
    y = numbers(y, "y").astype(float)
    if isinstance(X, pd.DataFrame):
        X = np.column_stack([numbers(X[name], f"X {name}") for name in names]).astype(float)
    else:
        X = numbers(X, "X").astype(float)
        X = X[:, None] if X.ndim == 1 else X
    n, p = X.shape
    if n <= p:
        raise ValueError(f"X has {p} columns and only {n} rows")
    depends = dependent(X.T @ X)
    label = [f"column {j}" if names is None else str(names[j]) for j in depends]
    if depends:
        raise ValueError(f"X: {', '.join(label)} depends on the columns before it")
    beta = np.linalg.solve(X.T @ X, X.T @ y)
    return y, X, y - X @ beta, beta


def dependent(gram, tolerance=1e-10):
    """The columns that are linear combinations of those before them, from their cross-products."""
    left = gram.astype(float).copy()
    full = np.diag(left).copy()
    columns = []
    for j in range(len(left)):
        if left[j, j] <= tolerance * max(full[j], np.finfo(float).tiny):
            columns.append(j)
            continue
        column = left[:, j].copy()
        left -= np.outer(column, column) / column[j]
    return columns


def coded(values):
    """The levels of a factor numbered from 0, −1 where it is missing, and how many there are."""
    code, levels = pd.factorize(values if isinstance(values, pd.Series) else np.asarray(values))
    if not len(levels):
        reject(np.ones(len(code), bool), "group", "is missing", row_labels(values))
    return code, len(levels)
