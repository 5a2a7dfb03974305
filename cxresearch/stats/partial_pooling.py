r"""Several estimates of one kind, each drawn towards the mean of all as far as chance could have set it apart.

With estimates :math:`y_i \sim N(\theta_i, v_i)` and truths :math:`\theta_i \sim N(\mu, \tau^2)`, given :math:`\tau` with
:math:`w_i = 1/(v_i + \tau^2)`, :math:`\hat\mu = \sum w_i y_i / \sum w_i`, :math:`V = 1/\sum w_i` and :math:`B_i = \tau^2/(\tau^2 + v_i)`,

.. math:: \theta_i \mid \tau, y \sim N\bigl(B_i y_i + (1 - B_i)\hat\mu,\; B_i v_i + (1 - B_i)^2 V\bigr),\qquad
   p(\tau \mid y) \propto p(\tau)\, V^{1/2} \prod_i w_i^{1/2} e^{-w_i (y_i - \hat\mu)^2/2}.

A single :math:`\hat\tau`, as of DerSimonian and Laird, is zero for every other set of few parts that do differ, and intervals that take it for
known are too narrow. So it is averaged over, with a half-Cauchy prior as wide as single units differ: flat over all that parts could differ by.

References
----------
Rubin, D. B. (1981). Estimation in parallel randomized experiments. *Journal of Educational Statistics* 6, 377–401. Gelman, A. (2006). Prior
distributions for variance parameters in hierarchical models. *Bayesian Analysis* 1, 515–534. Morris, C. N. (1983). Parametric empirical Bayes
inference. *JASA* 78, 47–55. DerSimonian, R. & Laird, N. (1986). Meta-analysis in clinical trials. *Controlled Clinical Trials* 7, 177–188.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from cxresearch.inputs import numbers

POINTS = 96  # values of τ that are averaged over
STEPS = 36  # halvings in which a limit is found


class Pooled(NamedTuple):
    """The shrunk estimates with their limits, the mean of all parts, and τ, by which parts differ (median)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    mean: float
    between: float


def partial_pooling(estimates, variances, spread, level=0.95):
    """Shrink estimates towards their mean.

    Parameters
    ----------
    estimates, variances : array-like
        Of two parts or more; variances above 0.
    spread : float
        The standard deviation of single units: the scale of the prior of τ.
    level : float
        Of the limits.

    Returns
    -------
    Pooled

    Raises
    ------
    ValueError
        For fewer than two estimates, or a variance that is not above 0.

    Examples
    --------
    Coaching in eight schools (Rubin 1981). Gelman et al. (*Bayesian Data Analysis*, 3rd ed., table 5.3) have medians from 5 to 10 and 95%
    limits of −2 and 31 for the first school:

    >>> found = partial_pooling([28, 8, -3, 7, -1, 1, 18, 12], np.square([15, 10, 16, 11, 9, 11, 10, 18]), 1000)
    >>> found.estimate.round(1), found.low[0].round(), found.high[0].round()
    (array([11.5,  7.9,  6.1,  7.6,  5.1,  6.1, 10.7,  8.5]), np.float64(-2.0), np.float64(32.0))
    """
    y = numbers(estimates, "estimates").astype(float)
    v = numbers(variances, "variances").astype(float)
    if len(y) < 2 or len(y) != len(v):
        raise ValueError(f"estimates has {len(y)} values and variances {len(v)}; give two or more of each")
    if not (v > 0).all():
        raise ValueError(f"variances has {v.min():g}, which is not above 0")
    scale = max(float(spread), np.sqrt(v.max()))
    tau = np.geomspace(np.sqrt(v.min()) / 50, 20 * scale, POINTS)[:, None]
    weight = 1 / (v + tau**2)
    total = 1 / weight.sum(1, keepdims=True)
    mean = (weight * y).sum(1, keepdims=True) * total
    log = (np.log(total) + (np.log(weight) - weight * (y - mean) ** 2).sum(1, keepdims=True)) / 2
    prior = tau / (1 + (tau / scale) ** 2)  # times τ, since the grid is of its logarithm
    posterior = np.exp(log - log.max()) * prior
    posterior /= posterior.sum()
    kept = tau**2 * weight
    centre, sd = kept * y + (1 - kept) * mean, np.sqrt(kept * v + (1 - kept) ** 2 * total)
    ends = [_quantile(posterior, centre, sd, p) for p in ((1 - level) / 2, (1 + level) / 2)]
    between = float(tau[np.searchsorted(posterior[:, 0].cumsum(), 0.5), 0])
    return Pooled((posterior * centre).sum(0), *ends, float((posterior * mean).sum()), between)


def _quantile(weight, centre, sd, p):
    """The quantile of a mixture of normal laws, for every part."""
    low, high = (centre - 9 * sd).min(0), (centre + 9 * sd).max(0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        is_below = (weight * ndtr((middle - centre) / sd)).sum(0) < p
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2
