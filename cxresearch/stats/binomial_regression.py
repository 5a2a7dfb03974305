"""Regression for counts of yes among trials, with a logit or complementary log–log link.

Rows that share their covariates are counted, not repeated: 60,000 customers followed for years may come down
to a few thousand cells, and the estimates are the same to the last digit.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, xlog1py, xlogy

from cxresearch.errors import NotEnough

LINKS = ("logit", "cloglog")
_BLOCK = 1 << 13
_MANY = 1 << 18
_CLOSE = 1e-14  # of twice the log-likelihood, what a further step would win
_ROUGH = 1e-3
_LEAP = 5.0
_ITERATIONS = 200


class BinomialFit(NamedTuple):
    """Coefficients, their covariance from the expected information, and the Bernoulli log-likelihood."""

    params: np.ndarray
    covariance: np.ndarray
    log_likelihood: float


def fit_binomial(design, events, trials, names, link="logit"):
    """Fit P(event) = g⁻¹(xβ) by maximum likelihood (Fisher scoring, which is Newton for the logit).

    Parameters
    ----------
    design : ndarray (rows, k)
        Covariates; its first column is the intercept.
    events, trials : ndarray (rows,)
        Counts; ``trials`` may be ``None`` where each row is one trial.
    names : sequence of str
        What the k columns are called, for errors.
    link : {"logit", "cloglog"}
        g(p) = log(p/(1 − p)) or log(−log(1 − p)).

    Returns
    -------
    BinomialFit

    Raises
    ------
    ValueError
        If nobody, or everybody, had the event; if columns are collinear; if a coefficient has no finite
        estimate because it separates those with the event from the rest.

    References
    ----------
    McCullagh, P. & Nelder, J. A. (1989). *Generalized Linear Models*, ch. 4.

    Examples
    --------
    >>> design = np.array([[1.0, 0], [1, 1]])
    >>> fit = fit_binomial(design, np.array([10, 20]), np.array([50, 50]), ["intercept", "x"])
    >>> fit.params.round(4)
    array([-1.3863,  0.9808])
    """
    if link not in LINKS:
        raise ValueError(f"link is {link!r}, not 'logit' or 'cloglog'")
    total = float(len(design) if trials is None else trials.sum())
    rate = float(events.sum()) / total
    if not 0 < rate < 1:
        raise NotEnough(f"event is {rate:.0f} in all {total:.0f} trials: there is nothing to explain")
    trials = None if trials is None else trials.astype(float)
    data = design, events.astype(float), trials
    low, high = (np.array([end(column) for column in design.T]) for end in (np.min, np.max))
    reach = np.maximum(-low, high)
    at = _evaluate(data, _start(data, rate, link, reach), link)
    _check_columns(at.information, names)
    for _ in range(_ITERATIONS):
        step, covariance = _solve(at.gradient, at.information)
        if at.gradient @ step < _CLOSE:
            break
        at = _ascend(data, at, step, link, reach)
    loose = np.sqrt(np.diag(covariance)) * (high - low) > 1e3
    loose |= _tied(at.information)
    if loose.any() or at.gradient @ step >= _CLOSE:
        raise NotEnough(_separated([name for name, out in zip(names[1:], loose[1:], strict=True) if out]))
    return BinomialFit(at.params, covariance, at.value)


def response(eta, link):
    """Return the probability p = g⁻¹(η), and (dp/dη)/[p(1 − p)].

    Examples
    --------
    >>> response(np.array([0.0]), "cloglog")
    (array([0.63212056]), array([1.58197671]))
    """
    if link == "logit":
        return expit(eta), np.ones_like(eta)
    hazard = np.exp(np.clip(eta, -700, 6))
    p = -np.expm1(-hazard)
    return p, hazard / p


class _Evaluation(NamedTuple):
    """The log-likelihood at some coefficients, its gradient, and the expected information."""

    params: np.ndarray
    value: float
    gradient: np.ndarray
    information: np.ndarray


def _evaluate(data, params, link):
    """One pass over the rows, in blocks that stay in the processor's cache."""
    design, events, trials = data
    k = design.shape[1]
    value, gradient, information = 0.0, np.zeros(k), np.zeros((k, k))
    for start in range(0, len(design), _BLOCK):
        rows = slice(start, start + _BLOCK)
        x, y, n = design[rows].T, events[rows], 1.0 if trials is None else trials[rows]
        part, residual, weight = (_logit if link == "logit" else _cloglog)(params @ x, y, n)
        value += part
        gradient += x @ residual
        information += (x * weight) @ x.T
    return _Evaluation(params, float(value), gradient, information)


def _logit(eta, y, n):
    """Log-likelihood, the derivative in η, and the expected information of η; one exponential for all."""
    eta = np.minimum(eta, 700.0)
    odds = np.exp(eta)
    stay = 1.0 / (1.0 + odds)
    expected = n * odds * stay
    return y @ eta + (n * np.log(stay)).sum(), y - expected, expected * stay


def _cloglog(eta, y, n):
    p, slope = response(eta, "cloglog")
    value = (xlogy(y, p) + xlog1py(n - y, -p)).sum()
    return value, (y - n * p) * slope, n * p * (1 - p) * slope**2


def _start(data, rate, link, reach):
    """The overall rate; where rows are many, what a sixteenth of them says, which saves passes over all."""
    params = np.zeros(data[0].shape[1])
    params[0] = np.log(rate / (1 - rate)) if link == "logit" else np.log(-np.log1p(-rate))
    if len(data[0]) < _MANY:
        return params
    part = [None if column is None else np.copy(column[::16], order="A") for column in data]
    at = _evaluate(part, params, link)
    for _ in range(6):
        step = np.linalg.lstsq(at.information, at.gradient)[0]
        if at.gradient @ step < _ROUGH:
            break
        at = _ascend(part, at, step, link, reach)
    return at.params


def _ascend(data, at, step, link, reach):
    """Go along the step, halved until the likelihood does not fall."""
    if np.abs(step) @ reach > _LEAP:  # the most that it can move a row; if that is far, look at the rows
        step = step * min(1.0, _LEAP / max(np.abs(data[0] @ step).max(), _CLOSE))
    for _ in range(50):
        reached = _evaluate(data, at.params + step, link)
        if reached.value >= at.value - 1e-9 * abs(at.value):
            return reached
        step = step / 2
    return at


def _check_columns(information, names):
    """Refuse columns that are 0 throughout, or that others add up to."""
    scale = np.sqrt(np.diag(information))
    if not scale.all():
        raise NotEnough(f"{', '.join(np.array(names)[scale == 0])} is 0 in every row: leave it out")
    tied = _tied(information)
    if tied.any():
        raise NotEnough(f"columns are collinear: {', '.join(np.array(names)[tied])}; leave one of them out")


def _tied(information):
    """Which columns take part in a combination that the data say nothing about."""
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    return (np.abs(vectors[:, values < 1e-11]) > 0.05).any(axis=1)


def _solve(gradient, information):
    """Newton's step and the inverse information, solved on columns of one scale."""
    scale = np.sqrt(np.diag(information))
    scale = np.where(scale > 0, scale, 1.0)
    covariance = np.linalg.pinv(information / np.outer(scale, scale), hermitian=True) / np.outer(scale, scale)
    return covariance @ gradient, covariance


def _separated(names):
    if not len(names):
        return "no estimate found: covariates all but separate those with the event; look for extreme values"
    return (
        f"no finite estimate for {', '.join(names)}: in some of its values nobody, or everybody, had the "
        "event; merge such values with others, or leave the column out"
    )
