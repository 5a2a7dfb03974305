"""Platt's calibration: from a score to a probability, by a logistic regression on rows the score was not fitted to."""

import numpy as np
from scipy.special import logit

from cxresearch.stats.logistic_line import fit_logistic_line


def platt(score, y):
    r"""Intercept and slope of :math:`\operatorname{logit} p = a + b\,s`, with Platt's targets.

    The outcomes are replaced by :math:`(n_1 + 1)/(n_1 + 2)` and :math:`1/(n_0 + 2)`, so that few rows, or rows a score separates, do not
    give a probability of 0 or 1. The slope is kept from falling below 0: a score that points the wrong way on new rows says nothing.

    Parameters
    ----------
    score : array
        Log-odds of the model.
    y : array of 0/1

    Returns
    -------
    tuple
        (a, b, (standard error of a, of b)).

    References
    ----------
    Platt, J. (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods. In *Advances
    in Large Margin Classifiers*, 61–74.

    Examples
    --------
    >>> a, b, _ = platt(np.repeat([-2.0, 0.0], 100), np.r_[np.ones(10), np.zeros(90), np.ones(50), np.zeros(50)])
    >>> round(a, 2), round(b, 2)
    (-0.02, 1.06)
    """
    y = np.asarray(y, dtype=float)
    one, none = y.sum(), len(y) - y.sum()
    target = np.where(y == 1, (one + 1) / (one + 2), 1 / (none + 2))
    spread = float(np.std(score))
    level = float(logit(target.mean()))
    if spread < 1e-12:
        return level - float(np.mean(score)), 1.0, (_error_of_mean(target), 0.0)
    fit = fit_logistic_line(target, score)
    if fit is None or fit.params[1] * spread < 1e-9:
        return level, 0.0, (_error_of_mean(target), 0.0)
    intercept, slope = fit.params
    errors = np.sqrt(np.diag(fit.covariance))
    return float(intercept), float(slope), (float(errors[0]), float(errors[1]))


def _error_of_mean(target):
    p = float(np.mean(target))
    return float(1 / np.sqrt(len(target) * p * (1 - p)))
