"""Regression for counts of yes among trials, with a logit or complementary log–log link.

Rows that share their covariates are counted, not repeated: 60,000 customers followed for years may come down
to a few thousand cells, and the estimates are the same to the last digit.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import expit, xlog1py, xlogy

LINKS = ("logit", "cloglog")
_BLOCK = 1 << 13
_MANY = 1 << 18
_CLOSE = 1e-14
_LEAP = 5.0
_ITERATIONS = 200


class BinomialFit(NamedTuple):
    """Coefficients, their covariance from the expected information, and the Bernoulli log-likelihood."""

    params: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    iterations: int


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
        raise ValueError(f"event is {rate:.0f} in all {total:.0f} trials: there is nothing to explain")
    data = design, events, trials
    params = _start(data, rate, link)
    value = _log_likelihood(data, params, link)
    for iteration in range(1, _ITERATIONS + 1):
        gradient, information = _score(data, params, link)
        if iteration == 1:
            _check_columns(information, names)
        step, covariance = _solve(gradient, information, names)
        if gradient @ step < _CLOSE:
            break
        params, value = _ascend(data, params, step, value, link)
    loose = np.sqrt(np.diag(covariance)) * np.ptp(design, axis=0) > 1e3
    loose |= _tied(information)
    if loose.any() or gradient @ step >= _CLOSE:
        raise ValueError(_separated([name for name, out in zip(names[1:], loose[1:], strict=True) if out]))
    return BinomialFit(params, covariance, value, iteration)


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


def _start(data, rate, link):
    """The overall rate; where rows are many, what a sixteenth of them says, which saves passes over all."""
    params = np.zeros(data[0].shape[1])
    params[0] = np.log(rate / (1 - rate)) if link == "logit" else np.log(-np.log1p(-rate))
    if len(data[0]) < _MANY:
        return params
    part = [None if column is None else np.ascontiguousarray(column[::16]) for column in data]
    value = _log_likelihood(part, params, link)
    for _ in range(6):
        gradient, information = _score(part, params, link)
        step = np.linalg.lstsq(information, gradient)[0]
        params, value = _ascend(part, params, step, value, link)
    return params


def _ascend(data, params, step, value, link):
    """Go along the step, halved until the likelihood does not fall."""
    step = step * min(1.0, _LEAP / max(np.abs(data[0] @ step).max(), _CLOSE))
    for _ in range(50):
        reached = _log_likelihood(data, params + step, link)
        if reached >= value - 1e-9 * abs(value):
            return params + step, reached
        step = step / 2
    return params, value


def _score(data, params, link):
    """Gradient and expected information, in blocks that stay in the processor's cache."""
    design, events, trials = data
    k = design.shape[1]
    gradient, information = np.zeros(k), np.zeros((k, k))
    for start in range(0, len(design), _BLOCK):
        rows = slice(start, start + _BLOCK)
        x, y, n = design[rows], events[rows], 1 if trials is None else trials[rows]
        p, slope = response(x @ params, link)
        gradient += ((y - n * p) * slope) @ x
        information += x.T @ (x * (n * p * (1 - p) * slope**2)[:, None])
    return gradient, information


def _log_likelihood(data, params, link):
    design, events, trials = data
    p, _ = response(design @ params, link)
    failures = (1 if trials is None else trials) - events
    return float(xlogy(events, p).sum() + xlog1py(failures, -p).sum())


def _check_columns(information, names):
    """Refuse columns that are 0 throughout, or that others add up to."""
    scale = np.sqrt(np.diag(information))
    if not scale.all():
        raise ValueError(f"{', '.join(np.array(names)[scale == 0])} is 0 in every row: leave it out")
    tied = _tied(information)
    if tied.any():
        raise ValueError(f"columns are collinear: {', '.join(np.array(names)[tied])}; leave one of them out")


def _tied(information):
    """Which columns take part in a combination that the data say nothing about."""
    scale = np.sqrt(np.diag(information))
    values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
    return (np.abs(vectors[:, values < 1e-11]) > 0.05).any(axis=1)


def _solve(gradient, information, names):
    """Newton's step and the inverse information, solved on columns of one scale."""
    scale = np.sqrt(np.diag(information))
    if not scale.all():
        raise ValueError(_separated(np.array(names)[scale == 0]))
    scale = np.outer(scale, scale)
    try:
        covariance = np.linalg.inv(information / scale) / scale
    except np.linalg.LinAlgError:
        raise ValueError(_separated([])) from None
    return covariance @ gradient, covariance


def _log_likelihood(data, params, link):
    design, events, trials = data
    p, _ = response(design @ params, link)
    failures = (1 if trials is None else trials) - events
    return float(xlogy(events, p).sum() + xlog1py(failures, -p).sum())


def _solve(gradient, information, names, first=False):
    """Newton's step and the inverse information; collinear columns are refused by name."""
    scale = np.sqrt(np.diag(information))
    if first:
        empty = ~(scale > 0)
        if empty.any():
            raise ValueError(f"{', '.join(np.array(names)[empty])} is 0 in every row")
        values, vectors = np.linalg.eigh(information / np.outer(scale, scale))
        if values[0] < 1e-11:
            tied = np.array(names)[np.abs(vectors[:, 0]) > 0.05]
            raise ValueError(f"columns are collinear: {', '.join(tied)}; leave one of them out")
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
