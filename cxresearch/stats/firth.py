"""Firth's logistic regression: finite, nearly unbiased log-odds where projects are few or groups are pure.

Ordinary logistic regression overstates effects in small samples, and has no finite answer where a column
separates those with the event from the rest. Firth's penalty, which is Jeffreys' prior, mends both.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import chi2

from cxresearch.errors import NotEnough
from cxresearch.stats.interval import normal_quantile

_CLOSE = 1e-9
_LEAP = 5.0


class FirthFit(NamedTuple):
    """Coefficients, their profile limits and covariance, and the penalised log-likelihood."""

    params: np.ndarray
    low: np.ndarray
    high: np.ndarray
    covariance: np.ndarray
    log_likelihood: float


def fit_firth(design, event, names, weights=None, offset=None, level=0.95, limits=True):
    """Fit P(event) = σ(xβ + offset) by Firth's penalised likelihood.

    The log-likelihood is raised by half the log-determinant of the information XᵀWX, so that the score becomes
    Xᵀ[w(y − p) + h(½ − p)] with h the diagonal of the hat matrix. Limits are those of the profile penalised
    likelihood: the values of a coefficient at which twice the fall of the maximum over the others reaches the
    quantile of χ² with one degree of freedom.

    Parameters
    ----------
    design : ndarray (rows, k)
        Covariates; one column should be the intercept.
    event : ndarray (rows,)
        0 or 1.
    names : sequence of str
        What the k columns are called, for errors.
    weights : ndarray, optional
        How often each row counts; they should add up to the number of independent units.
    offset : ndarray, optional
        Log-odds added as they are.
    level : float
        Confidence level of the profile limits.
    limits : bool
        Whether to compute them; they take most of the time.

    Returns
    -------
    FirthFit
        Without `limits`, ``low`` and ``high`` are missing.

    Raises
    ------
    ValueError
        If there are no rows, or the columns are collinear. Events that all are 0, or all 1, are no error: the
        answer is finite, and its limits say how little is known.

    References
    ----------
    Firth, D. (1993). Bias reduction of maximum likelihood estimates. *Biometrika* 80, 27–38. Heinze, G. &
    Schemper, M. (2002). A solution to the problem of separation in logistic regression. *Statistics in
    Medicine* 21, 2409–2419.

    Examples
    --------
    Ten projects with a sponsor, none failed; ten without, half did. The estimate is that of a table with ½
    added to each cell:

    >>> x = np.column_stack([np.ones(20), np.repeat([1.0, 0.0], 10)])
    >>> fit = fit_firth(x, np.repeat([0.0, 1, 0], [10, 5, 5]), ["intercept", "sponsor"])
    >>> fit.params.round(4), round(float(np.log(0.5 / 10.5)), 4)
    (array([ 0.    , -3.0445]), -3.0445)
    >>> fit.low.round(2), fit.high.round(2)
    (array([-1.22, -7.99]), array([ 1.22, -0.6 ]))
    """
    x, y = np.asarray(design, dtype=float), np.asarray(event, dtype=float)
    if not len(y):
        raise ValueError("there are no rows to fit")
    w = np.ones(len(y)) if weights is None else np.asarray(weights, dtype=float)
    o = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    _check_columns(x, w, names)
    data, k = (x, y, w, o), x.shape[1]
    params, value, covariance = _maximise(data, np.zeros(k), np.arange(k))
    low, high = np.full(k, np.nan), np.full(k, np.nan)
    if limits:
        drop = chi2.ppf(level, 1) / 2
        for j in range(k):
            for sign, found in ((-1, low), (1, high)):
                found[j] = _limit(data, params, value, covariance, j, sign, drop, level)
    return FirthFit(params, low, high, covariance, value)


def firth_test(design, event, columns):
    """Test that some coefficients of a Firth fit are all 0, by the ratio of penalised likelihoods.

    Twice the fall of the penalised log-likelihood where those coefficients are held at 0, against χ² with as many degrees of freedom.

    Parameters
    ----------
    design : ndarray (rows, k)
    event : ndarray (rows,)
        0 or 1.
    columns : sequence of int
        The coefficients that are tested.

    Returns
    -------
    float
        The p-value.

    References
    ----------
    Heinze, G. & Schemper, M. (2002). *Statistics in Medicine* 21, 2409–2419, section 2.3.

    Examples
    --------
    >>> x = np.column_stack([np.ones(40), np.repeat([1.0, 0.0], 20)])
    >>> round(firth_test(x, np.repeat([0.0, 1, 0], [20, 10, 10]), [1]), 4)
    0.0001
    """
    x, y = np.asarray(design, dtype=float), np.asarray(event, dtype=float)
    data = (x, y, np.ones(len(y)), np.zeros(len(y)))
    everything = np.arange(x.shape[1])
    full = _maximise(data, np.zeros(x.shape[1]), everything)[1]
    held = _maximise(data, np.zeros(x.shape[1]), np.setdiff1d(everything, columns))[1]
    return float(chi2.sf(max(2 * (full - held), 0.0), len(columns)))


def _maximise(data, start, free):
    """Newton's steps on the penalised likelihood over the free coefficients, halved until it rises as it should."""
    params = start.copy()
    value, score, information, curvature = _at(data, params)
    for _ in range(200):
        inner = curvature[np.ix_(free, free)]
        step = np.linalg.solve(inner, score[free]) if len(free) else np.zeros(0)
        if not len(free) or np.abs(step).max() < _CLOSE:
            break
        step *= min(1.0, _LEAP / max(np.abs(step).max(), _CLOSE))
        for _ in range(30):
            tried = params.copy()
            tried[free] += step
            reached = _at(data, tried)
            if reached[0] >= value + 1e-4 * (score[free] @ step) - 1e-13 * abs(value):
                break
            step = step / 2
        else:
            break
        params, (value, score, information, curvature) = tried, reached
    return params, value, np.linalg.inv(information)


def _at(data, params):
    """Penalised log-likelihood, its gradient, the information, and the curvature with the penalty's main part."""
    x, y, w, o = data
    eta = np.clip(x @ params + o, -30, 30)
    p = expit(eta)
    weight = w * p * (1 - p)
    root = x * np.sqrt(weight)[:, None]
    information = root.T @ root
    sign, log_determinant = np.linalg.slogdet(information)
    if sign <= 0:
        return -np.inf, np.zeros(len(params)), information, information
    hat = np.einsum("ij,ij->i", root @ np.linalg.inv(information), root)
    value = float(w @ (y * eta - np.logaddexp(0, eta))) + log_determinant / 2
    curvature = (x * ((w + hat) * p * (1 - p))[:, None]).T @ x
    return value, x.T @ (w * (y - p) + hat * (0.5 - p)), information, curvature


def _limit(data, params, value, covariance, j, sign, drop, level):
    """Where the profile of coefficient j has fallen by `drop`, on one side."""
    others = np.delete(np.arange(len(params)), j)
    warm = [params]

    def above(at):
        start = warm[0].copy()
        start[j] = at
        found, reached, _ = _maximise(data, start, others)
        warm[0] = found
        return reached - value + drop

    step = float(normal_quantile(level) * np.sqrt(covariance[j, j]))
    near, far = params[j], params[j] + sign * step
    for _ in range(40):
        if above(far) < 0:
            return brentq(above, near, far, xtol=1e-8, rtol=1e-10)
        near, far = far, far + sign * step
        if abs(far) > 1e6:
            break
    return sign * np.inf


def _check_columns(x, w, names):
    information = (x * w[:, None]).T @ x
    scale = np.sqrt(np.diag(information))
    empty = ~(scale > 0)
    if empty.any():
        raise NotEnough(f"{', '.join(np.array(names)[empty])} is 0 in every row: leave it out")
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    if values[0] < 1e-10:
        tied = np.array(names)[(np.abs(vectors[:, values < 1e-10]) > 0.05).any(axis=1)]
        raise NotEnough(f"columns are collinear: {', '.join(tied)}; leave one of them out")
