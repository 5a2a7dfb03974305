"""Ordinal (cumulative) logit on counted rows, by Fisher scoring."""

from typing import NamedTuple

import numpy as np
from scipy.special import expit
from scipy.stats import chi2

from cxresearch.errors import NotEnough
from cxresearch.stats.binomial_regression import fit_binomial

ITERATIONS = 100
CLOSE = 1e-12
LEAST = 1e-300


class OrdinalFit(NamedTuple):
    """Thresholds, slopes, their covariance (thresholds first) and the log-likelihood."""

    thresholds: np.ndarray
    slopes: np.ndarray
    covariance: np.ndarray
    log_likelihood: float

    def probabilities(self, design):
        """The probability of each category, a line for each row of a design."""
        eta = self.thresholds - (np.asarray(design, dtype=float) @ self.slopes)[:, None]
        return np.diff(expit(eta), axis=1, prepend=0.0, append=1.0)

    def gradients(self, row):
        """How the probabilities of one row change with thresholds and slopes: an array (categories, parameters)."""
        row = np.asarray(row, dtype=float)
        cut = np.column_stack([np.eye(len(self.thresholds)), np.tile(-row, (len(self.thresholds), 1))])
        f = expit(self.thresholds - row @ self.slopes)
        slope = (f * (1 - f))[:, None] * cut
        edge = np.zeros((1, slope.shape[1]))
        return np.diff(np.vstack([edge, slope, edge]), axis=0)


def fit_ordinal(design, counts, names=None):
    r"""Fit :math:`\operatorname{logit} P(Y \le k) = \tau_k - x\beta` by maximum likelihood.

    Rows are counted: a row of `counts` says how often each category occurred at one row of the design, so that the fit costs what the patterns cost. Steps use the expected information

    .. math:: I = \sum_i n_i \sum_k \frac{1}{\pi_{ik}} \frac{\partial \pi_{ik}}{\partial \theta} \frac{\partial \pi_{ik}}{\partial \theta'}

    and the covariance the observed one, as other programs do.

    Parameters
    ----------
    design : ndarray (rows, p)
        Without an intercept.
    counts : ndarray (rows, categories)
        From the lowest category to the highest; weights may be fractions.
    names : sequence of str, optional
        Of the columns, for errors.

    Returns
    -------
    OrdinalFit

    Raises
    ------
    NotEnough
        Where a category never occurs, columns are collinear, or a slope has no finite estimate.

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. *JRSS B* 42, 109–142. R's ``MASS::polr`` and ``ordinal::clm``.

    Examples
    --------
    >>> fit = fit_ordinal(np.array([[0.0], [1.0]]), np.array([[20, 10, 5], [10, 12, 15]]))
    >>> fit.slopes.round(4), fit.thresholds.round(4)
    (array([1.3278]), array([0.3031, 1.7316]))
    """
    x, n = np.asarray(design, dtype=float), np.asarray(counts, dtype=float)
    cuts = n.shape[1] - 1
    tensor = np.zeros((len(x), cuts, cuts + x.shape[1]))
    tensor[:, np.arange(cuts), np.arange(cuts)] = 1.0
    tensor[:, :, cuts:] = -x[:, None, :]
    params, covariance, value = _maximise(tensor, n, names)
    return OrdinalFit(params[:cuts], params[cuts:], covariance, value)


def proportional_odds(design, counts, columns):
    """Likelihood-ratio test of whether columns act alike at every threshold.

    Where the wider model has no maximum, as its lines may cross, Brant's Wald test of the slopes of separate logits stands in.

    Parameters
    ----------
    design, counts
        As of :func:`fit_ordinal`.
    columns : sequence of int
        Those of one covariate, tested together.

    Returns
    -------
    tuple of (float, int, float)
        χ², its degrees of freedom, p.

    References
    ----------
    Peterson, B. & Harrell, F. E. (1990). *Applied Statistics* 39, 205–217. R's ``ordinal::nominal_test``. Brant, R. (1990). *Biometrics* 46, 1171–1178.
    """
    x, n = np.asarray(design, dtype=float), np.asarray(counts, dtype=float)
    cuts, columns = n.shape[1] - 1, list(columns)
    common = [k for k in range(x.shape[1]) if k not in columns]
    tensor = np.zeros((len(x), cuts, cuts + len(common) + cuts * len(columns)))
    for cut in range(cuts):
        tensor[:, cut, cut] = 1.0
        tensor[:, cut, cuts : cuts + len(common)] = -x[:, common]
        own = cuts + len(common) + cut * len(columns)
        tensor[:, cut, own : own + len(columns)] = -x[:, columns]
    fit = fit_ordinal(x, n)
    start = np.r_[fit.thresholds, fit.slopes[common], np.tile(fit.slopes[columns], cuts)]
    try:
        square = max(2 * (_maximise(tensor, n, None, start)[2] - fit.log_likelihood), 0.0)
    except NotEnough:
        square = _brant(x, n, columns)
    df = (cuts - 1) * len(columns)
    return float(square), df, float(chi2.sf(square, df))


def _brant(x, counts, columns):
    """Wald's χ² of equal slopes in the logits of each cut, whose errors are correlated."""
    design = np.column_stack([np.ones(len(x)), x])
    slopes, influence, cuts = [], [], counts.shape[1] - 1
    for cut in range(cuts):
        is_above = np.arange(cuts + 1) > cut
        trials = counts.sum(axis=1)
        fit = fit_binomial(design, counts[:, is_above].sum(axis=1), trials, list(range(design.shape[1])))
        slopes.append(fit.params[1:][columns])
        residual = is_above[None, :] - expit(design @ fit.params)[:, None]
        own = (design @ fit.covariance)[:, 1:][:, columns]
        influence.append(residual[:, :, None] * own[:, None, :])
    joint = np.concatenate(influence, axis=2).reshape(-1, cuts * len(columns))
    covariance = (joint * counts.reshape(-1, 1)).T @ joint
    differ = np.kron(np.column_stack([-np.ones(cuts - 1), np.eye(cuts - 1)]), np.eye(len(columns)))
    apart = differ @ np.concatenate(slopes)
    return float(apart @ np.linalg.solve(differ @ covariance @ differ.T, apart))


def _maximise(tensor, counts, names, start=None):
    """Fisher scoring; `tensor` holds how each threshold's linear predictor is made of the parameters."""
    _, cuts, p = tensor.shape
    total = counts.sum(axis=0)
    if cuts < 1 or not total.all():
        raise NotEnough("a category never occurs")
    share = np.cumsum(total)[:-1] / total.sum()
    params = np.zeros(p)
    params[:cuts] = np.log(share / (1 - share))
    params = params if start is None else start
    held = counts.sum(axis=1)
    value, score, info = _evaluate(tensor, counts, held, params)
    for _ in range(ITERATIONS):
        scale = np.sqrt(np.diag(info))
        if not scale.all():
            raise NotEnough("a column is 0 in every row: leave it out")
        scaled = info / np.outer(scale, scale)
        if np.linalg.eigvalsh(scaled)[0] < 1e-11:
            raise NotEnough(
                f"columns are collinear or separate the categories: {', '.join(names or ['all'])}"
            )
        step = np.linalg.solve(scaled, score / scale) / scale
        gain = score @ step
        if gain < CLOSE * max(1.0, abs(value)):
            observed = _observed(tensor, counts, params) / np.outer(scale, scale)
            return params, np.linalg.inv(observed) / np.outer(scale, scale), value
        for _ in range(60):
            reached = _evaluate(tensor, counts, held, params + step)
            if reached[0] >= value - 1e-12 * abs(value):
                break
            step = step / 2
        params, (value, score, info) = params + step, reached
    raise NotEnough("no finite estimate: a column all but separates the categories")


def _evaluate(tensor, counts, held, params):
    """Log-likelihood (−∞ where thresholds cross), score and expected information."""
    f = expit(tensor @ params)
    pi = np.diff(f, axis=1, prepend=0.0, append=1.0)
    if (pi <= 0).any():
        return -np.inf, None, None
    slope = (f * (1 - f))[:, :, None] * tensor
    edge = np.zeros((len(slope), 1, slope.shape[2]))
    change = np.diff(
        np.concatenate([edge, slope, edge], axis=1), axis=1
    )  # of each probability with the parameters
    score = np.einsum("rk,rkp->p", counts / pi, change)
    flat = (change * np.sqrt(held[:, None] / pi)[:, :, None]).reshape(-1, change.shape[2])
    return float((counts * np.log(np.maximum(pi, LEAST))).sum()), score, flat.T @ flat


def _observed(tensor, counts, params):
    """The observed information: minus the second derivatives of the log-likelihood."""
    f = expit(tensor @ params)
    ratio = counts / np.diff(f, axis=1, prepend=0.0, append=1.0)
    density = f * (1 - f)
    slope = density[:, :, None] * tensor
    edge = np.zeros((len(slope), 1, slope.shape[2]))
    change = np.diff(np.concatenate([edge, slope, edge], axis=1), axis=1)
    weight = np.divide(ratio, np.sqrt(counts), out=np.zeros_like(ratio), where=counts > 0)
    flat = (change * weight[:, :, None]).reshape(-1, change.shape[2])
    bend = density * (1 - 2 * f) * (ratio[:, :-1] - ratio[:, 1:])
    return flat.T @ flat - np.einsum("rc,rcp,rcq->pq", bend, tensor, tensor)
