"""How much an offer is expected to change for each customer: scores from rows that do not judge them."""

import numpy as np
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.stats.binomial_regression import fit_binomial
from cxresearch.stats.ridge_logit import fit_ridge

SEED, FOLDS = 20260930, 5
RIDGE = 1.0  # where a logit has no finite estimate: a normal prior of variance 1 on coefficients of one standard deviation


def cross_fitted(x, y, treated, cluster=None, folds=FOLDS, seed=SEED, worth=(1.0, 1.0)):
    """Score every row by models of the other rows (cross-fitting).

    Parameters
    ----------
    x : ndarray (n, k)
        Covariates of one scale, without a constant.
    y : ndarray (n,)
        0 and 1, or amounts.
    treated : ndarray of 0/1 (n,)
    cluster : ndarray of int (n,), optional
        Customers, whose rows stay together.
    folds, seed : int
    worth : tuple of float
        What one unit of the outcome is worth with the offer, and without.

    Returns
    -------
    score : ndarray (n,)
    is_ridge : bool
        Whether any of the logits had no finite estimate and got a ridge instead.

    References
    ----------
    Chernozhukov, V. et al. (2018). Double/debiased machine learning. *Econometrics Journal* 21, C1–C68.
    """
    fold = _folds(treated, cluster, folds, seed)
    score, is_ridge = np.empty(len(y)), False
    for k in range(folds):
        out = fold == k
        found, ridge = t_learner(x[~out], y[~out], treated[~out], x[out], worth)
        score[out], is_ridge = found, is_ridge or ridge
    return score, is_ridge


def t_learner(x, y, treated, new, worth=(1.0, 1.0)):
    """The difference of two models, one of those with the offer and one of those without: unpenalised logits, or least squares for amounts.

    Parameters
    ----------
    x, y, treated : ndarray
        Of the rows that are learnt from.
    new : ndarray (m, k)
        Covariates of the rows that are scored.
    worth : tuple of float
        As for :func:`cross_fitted`.

    Returns
    -------
    score : ndarray (m,)
    is_ridge : bool

    Raises
    ------
    NotEnough
        Where all of an arm, or none, did what is to be explained.

    Examples
    --------
    >>> x, treated = np.tile([[0.0], [1.0]], (40, 1)), np.repeat([0, 1], 40)
    >>> y = np.r_[np.tile([0, 0, 1, 0, 0, 1, 0, 0], 5), np.tile([1, 1, 0, 1, 0, 1, 0, 0], 5)]
    >>> score, _ = t_learner(x, y, treated, np.array([[0.0], [1.0]]))
    >>> score.round(2).tolist()
    [0.0, 0.5]
    """
    is_flag = bool(np.isin(y, (0.0, 1.0)).all())
    model, is_ridge = (_logit if is_flag else _least_squares), False
    predicted = []
    for arm in (1, 0):
        rows = treated == arm
        found, ridge = model(x[rows], y[rows].astype(float), new)
        predicted.append(found)
        is_ridge = is_ridge or ridge
    return worth[0] * predicted[0] - worth[1] * predicted[1], is_ridge


def _logit(x, y, new):
    if not 0 < y.mean() < 1:
        raise NotEnough(
            "all customers of an arm came back, or none of them, so nothing tells whom the offer moves"
        )
    try:
        design = np.column_stack([np.ones(len(y)), x])
        fit = fit_binomial(design, y, None, ["intercept", *map(str, range(x.shape[1]))])
        return expit(np.column_stack([np.ones(len(new)), new]) @ fit.params), False
    except NotEnough:
        fit = fit_ridge(x, y, RIDGE)
        return expit(fit.intercept + new @ fit.params), True


def _least_squares(x, y, new):
    design = np.column_stack([np.ones(len(y)), x])
    coefficient = np.linalg.lstsq(design, y, rcond=1e-10)[0]
    return np.column_stack([np.ones(len(new)), new]) @ coefficient, False


def _folds(treated, cluster, folds, seed):
    """A fold for each row, drawn within the arms so that each holds its share of both."""
    random = np.random.default_rng(seed)
    if cluster is not None:
        groups = int(cluster.max()) + 1
        return (random.permutation(groups) % folds)[cluster]
    fold = np.empty(len(treated), dtype=int)
    for arm in (0, 1):
        rows = np.flatnonzero(treated == arm)
        fold[rows] = random.permutation(len(rows)) % folds
    return fold
