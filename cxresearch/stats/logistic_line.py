"""Logistic regression on one variable, or on an offset alone: what calibrations are made of."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit

_STEPS = 200
_LEAP = 2.0  # longest step, in log odds and log odds per standard deviation


class LogisticLine(NamedTuple):
    """Coefficients (a, b), or (a,) without a variable, and their covariance from the information."""

    params: np.ndarray
    covariance: np.ndarray


def fit_logistic_line(y, x=None, offset=0.0):
    r"""Maximum likelihood of :math:`\operatorname{logit} P(y = 1) = offset + a + b x` by Newton's method.

    The variable is centred and scaled while it is solved for; steps are bounded, and halved while the likelihood falls.

    Parameters
    ----------
    y : ndarray (n,)
        0 or 1, or anything between (as Platt's targets).
    x : ndarray (n,), optional
        Left out, only a is estimated. It must vary.
    offset : ndarray (n,) or float

    Returns
    -------
    LogisticLine or None
        None where the method does not settle, as where x separates the outcomes.

    Examples
    --------
    >>> x, y = np.repeat([0.0, 1.0], 100), np.r_[np.ones(10), np.zeros(90), np.ones(50), np.zeros(50)]
    >>> fit_logistic_line(y, x).params.round(4)
    array([-2.1972,  2.1972])
    """
    columns = np.ones((len(y), 1))
    if x is not None:
        centre, scale = float(np.mean(x)), float(np.std(x))
        columns = np.column_stack([columns, (x - centre) / scale])
    beta = np.zeros(columns.shape[1])
    value = _log_likelihood(columns @ beta + offset, y)
    for _ in range(_STEPS):
        p = expit(columns @ beta + offset)
        information = (columns * (p * (1 - p))[:, None]).T @ columns
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e12:
            return None
        step = np.clip(np.linalg.solve(information, columns.T @ (y - p)), -_LEAP, _LEAP)
        reached = _log_likelihood(columns @ (beta + step) + offset, y)
        while reached < value - 1e-9 * abs(value):
            step = step / 2
            reached = _log_likelihood(columns @ (beta + step) + offset, y)
        beta, value = beta + step, reached
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    covariance = np.linalg.inv(information)
    if x is None:
        return LogisticLine(beta, covariance)
    back = np.array([[1.0, -centre / scale], [0.0, 1.0 / scale]])
    return LogisticLine(back @ beta, back @ covariance @ back.T)


def _log_likelihood(eta, y):
    return float(y @ eta - np.logaddexp(0.0, eta).sum())
