"""Whether probabilities are spread as they should be: slope and intercept of the outcomes on the predictions."""

from typing import NamedTuple

import numpy as np
from scipy.special import logit

from cxresearch.inputs import aligned, flags, numbers
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.logistic_line import fit_logistic_line

EDGE = 1e-6  # a probability of 0 or 1 has no finite log-odds


class Calibration(NamedTuple):
    """Calibration slope, and calibration in the large (the intercept with the slope held at 1)."""

    slope: Interval
    in_the_large: Interval


def calibration_slope(p, y, level=0.95):
    r"""Logistic regression of what happened on the log-odds that were forecast.

    .. math:: \operatorname{logit} P(y = 1) = a + b\,\operatorname{logit}(p)

    A slope :math:`b` of 1 is right; under 1 the forecasts are too extreme, as from a model that learnt its own noise; over 1 they are too
    timid. Calibration in the large is :math:`a` with :math:`b` held at 1: above 0 more left than predicted. Wald limits.

    Parameters
    ----------
    p : array-like
        Forecast probabilities; 0 and 1 are taken as :math:`10^{-6}` and :math:`1 - 10^{-6}`.
    y : array-like of bool or 0/1
    level : float

    Returns
    -------
    Calibration
        Missing values where there is nothing to estimate from: one outcome only, one forecast only, or forecasts that separate the
        outcomes without an overlap.

    References
    ----------
    Cox, D. R. (1958). Two further applications of a model for binary regression. *Biometrika* 45, 562–565.

    Examples
    --------
    >>> p, y = np.repeat([0.2, 0.4], 100), np.r_[np.ones(10), np.zeros(90), np.ones(50), np.zeros(50)]
    >>> found = calibration_slope(p, y)
    >>> [round(value, 2) for value in found.slope]
    [2.24, 1.46, 3.02]
    """
    aligned(p=p, y=y)
    p, y = numbers(p, "p", low=0, high=1).astype(float), flags(y, "y").astype(float)
    x, z = logit(np.clip(p, EDGE, 1 - EDGE)), float(normal_quantile(level))
    missing = Interval(np.nan, np.nan, np.nan)
    if not 0 < y.sum() < len(y):
        return Calibration(missing, missing)
    large = fit_logistic_line(y, offset=x)
    slope = None
    if x.max() - x.min() > 1e-9 and not _is_separated(x, y):
        slope = fit_logistic_line(y, x)
    return Calibration(*(missing if fit is None else _wald(fit, z) for fit in (slope, large)))


def _wald(fit, z):
    estimate, half = float(fit.params[-1]), z * float(np.sqrt(fit.covariance[-1, -1]))
    return Interval(estimate, estimate - half, estimate + half)


def _is_separated(x, y):
    yes, no = x[y == 1], x[y == 0]
    return yes.min() >= no.max() or yes.max() <= no.min()
