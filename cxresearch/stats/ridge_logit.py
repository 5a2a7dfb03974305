"""Logistic regression with a ridge penalty: many covariates beside few events, on top of log-odds that are given."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

_CLOSE = 1e-9


class RidgeFit(NamedTuple):
    """Intercept, coefficients, and the covariance of the coefficients given the penalty."""

    intercept: float
    params: np.ndarray
    covariance: np.ndarray


def fit_ridge(z, event, penalty, offset=None):
    """Fit P(event) = σ(a + zγ + offset) by the likelihood less penalty·Σγ²/2; the intercept is not penalised.

    The same as giving each coefficient a normal prior with variance 1/penalty. The columns should be of one scale.

    Parameters
    ----------
    z : ndarray (rows, k)
        Covariates without a constant; k may be 0.
    event : ndarray (rows,)
        0 or 1; both must occur.
    penalty : float
        Above 0.
    offset : ndarray, optional
        Log-odds added as they are.

    Returns
    -------
    RidgeFit
        The covariance is (ZᵀWZ + penalty·I)⁻¹ of the centred columns: what is known of the coefficients with the prior.

    References
    ----------
    le Cessie, S. & van Houwelingen, J. C. (1992). Ridge estimators in logistic regression. *Applied Statistics* 41, 191–201.

    Examples
    --------
    >>> z, event = np.repeat([[1.0], [-1.0]], 20, axis=0), np.repeat([1, 0, 1, 0], [15, 5, 5, 15])
    >>> [round(float(fit_ridge(z, event, penalty).params[0]), 3) for penalty in (1e-6, 10, 1000)]
    [1.099, 0.505, 0.01]
    """
    z, y = np.asarray(z, dtype=float), np.asarray(event, dtype=float)
    fixed = np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
    design = np.column_stack([np.ones(len(y)), z])
    pull = np.r_[0.0, np.full(z.shape[1], float(penalty))]
    beta = np.zeros(design.shape[1])
    value = _value(design, y, fixed, pull, beta)
    for _ in range(100):
        p = expit(design @ beta + fixed)
        information = (design * (p * (1 - p))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(information, design.T @ (y - p) - pull * beta)
        while (reached := _value(design, y, fixed, pull, beta + step)) < value and np.abs(
            step
        ).max() > _CLOSE:
            step = step / 2
        beta, value = beta + step, reached
        if np.abs(step).max() < _CLOSE:
            break
    return RidgeFit(float(beta[0]), beta[1:], np.linalg.inv(information)[1:, 1:])


def _value(design, y, offset, pull, beta):
    eta = design @ beta + offset
    return float(y @ eta - np.logaddexp(0, eta).sum() - pull @ np.square(beta) / 2)
