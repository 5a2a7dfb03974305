"""Log-likelihoods of the BG/NBD and the Pareto/NBD row by row, each row with its own parameters: what covariates need."""

import numpy as np
from scipy.special import gammaln, polygamma, psi

from cxresearch.models.purchases.pareto_nbd import Deaths

_BLOCK = 8192  # rows taken at a time


def beta_geo_rows(theta, x, recency, age):
    """Value, gradient and Hessian of each row's log-likelihood in the logarithms of its r, α, a, b.

    Parameters
    ----------
    theta : ndarray of shape (m, 4)
    x, recency, age : ndarray of shape (m,)

    Returns
    -------
    tuple of ndarray
        Of shapes (m,), (m, 4), (m, 4, 4).
    """
    r, alpha, a, b = np.exp(theta).T
    power, late, early = r + x, 1 / (alpha + age), 1 / (alpha + recency)
    growth = np.log1p(age / alpha)
    value = gammaln(power) - gammaln(r) - r * growth - x * np.log(alpha + age)
    value += gammaln(b + x) - gammaln(b) + gammaln(a + b) - gammaln(a + b + x)
    g, h = np.zeros((len(x), 4)), np.zeros((len(x), 4, 4))
    g[:, 0] = r * (psi(power) - psi(r) - growth)
    g[:, 1] = r - power * alpha * late
    both = psi(a + b) - psi(a + b + x)
    g[:, 2], g[:, 3] = a * both, b * (both + psi(b + x) - psi(b))
    curve = polygamma(1, a + b) - polygamma(1, a + b + x)
    h[:, 0, 0] = g[:, 0] + r**2 * (polygamma(1, power) - polygamma(1, r))
    h[:, 0, 1] = h[:, 1, 0] = r * (1 - alpha * late)
    h[:, 1, 1] = -power * alpha * late * (1 - alpha * late)
    h[:, 2, 2] = g[:, 2] + a**2 * curve
    h[:, 2, 3] = h[:, 3, 2] = a * b * curve
    h[:, 3, 3] = g[:, 3] + b**2 * (curve + polygamma(1, b + x) - polygamma(1, b))
    _add_dropout(value, g, h, x > 0, theta, power, late, early, np.log1p((age - recency) * early), x)
    return value, g, h


def _add_dropout(value, g, h, again, theta, power, late, early, ratio, x):
    """Add log(1 + odds of having dropped out at the last purchase) of those who bought again."""
    r, alpha, a, b = (part[again] for part in np.exp(theta).T)
    power, late, early, ratio = (part[again] for part in (power, late, early, ratio))
    rest = 1 / (b + (x[again] - 1))
    z = np.log(a * rest) + power * ratio
    s = 1 / (1 + np.exp(-z))
    slope = np.stack([r * ratio, alpha * power * (late - early), np.ones(len(z)), -b * rest], axis=1)
    value[again] += np.logaddexp(0.0, z)
    g[again] += s[:, None] * slope
    curve = (s * (1 - s))[:, None, None] * slope[:, :, None] * slope[:, None, :]
    curve[:, 0, 0] += s * slope[:, 0]
    mixed = s * r * alpha * (late - early)
    curve[:, 0, 1] += mixed
    curve[:, 1, 0] += mixed
    curve[:, 1, 1] += s * (slope[:, 1] + alpha**2 * power * (early**2 - late**2))
    curve[:, 3, 3] += s * (slope[:, 3] + slope[:, 3] ** 2)
    h[again] += curve


def pareto_rows(theta, x, recency, age):
    """Value, gradient and Hessian of each row's log-likelihood in the logarithms of its r, α, s, β; as :func:`beta_geo_rows`."""
    r, alpha, s, beta = np.exp(theta).T
    path = Deaths(tuple(part[:, None] for part in theta.T), x[:, None], recency, age)
    share, slopes = path.share(1.0), path.slopes()
    early, gone = np.log1p(recency / alpha), np.log1p(recency / beta)
    value = gammaln(r + x) - gammaln(r) - r * early - x * np.log(alpha + recency) - s * gone + path.log_total
    mean = (slopes * share).sum(axis=2)
    g = mean.T.copy()
    g[:, 0] += r * (psi(r + x) - psi(r) - early)
    g[:, 1] -= x
    g[:, 2] -= s * gone
    h = (
        np.einsum("imk,jmk->mij", slopes * share, slopes, optimize=True)
        - mean.T[:, :, None] * mean.T[:, None, :]
    )
    late, worn, dead = (
        (share * path.late).sum(axis=1),
        (share * path.worn).sum(axis=1),
        share[:, :-1].sum(axis=1),
    )
    h[:, 0, 0] += g[:, 0] + r**2 * (polygamma(1, r + x) - polygamma(1, r))
    h[:, 0, 1] += r * late
    h[:, 1, 0] += r * late
    h[:, 1, 1] -= (share * path.power * path.late * (1 - path.late)).sum(axis=1)
    h[:, 2, 2] += g[:, 2] - dead
    h[:, 2, 3] += s * worn
    h[:, 3, 2] += s * worn
    h[:, 3, 3] -= (share * (s[:, None] + path.dead) * path.worn * (1 - path.worn)).sum(axis=1)
    return value, g, h


def chained(rows, place, sign, data, x, z):
    """Log-likelihood, gradient and Hessian in the logarithms of the four parameters and the coefficients, by the chain rule row by row.

    Parameters
    ----------
    rows : callable
        :func:`beta_geo_rows` or :func:`pareto_rows`.
    place, sign : int, float
        Which of the four parameters the covariates z move, and which way.
    data : tuple of ndarray
        Frequency, recency, age and how many customers each row stands for.
    x, z : ndarray of shape (m, k) and (m, l)
        Covariates of the rate, and of dropping out.
    """
    frequency, recency, age, count = data
    k, p = x.shape[1], x.shape[1] + z.shape[1]
    moves = np.hstack([-x, sign * z])  # of log α, and of the parameter of dropping out
    at = np.array([1] * k + [place] * (p - k))
    blocks = [slice(start, start + _BLOCK) for start in range(0, len(count), _BLOCK)]

    def function(theta):
        value, g, h = 0.0, np.zeros(4 + p), np.zeros((4 + p, 4 + p))
        for block in blocks:
            move, weight = moves[block], count[block]
            own = np.tile(theta[:4], (len(weight), 1))
            own[:, 1] += move[:, :k] @ theta[4 : 4 + k]
            own[:, place] += move[:, k:] @ theta[4 + k :]
            one, slope, curve = rows(own, frequency[block], recency[block], age[block])
            slope, curve = slope * weight[:, None], curve * weight[:, None, None]
            value += weight @ one
            g[:4] += slope.sum(axis=0)
            g[4:] += (move * slope[:, at]).sum(axis=0)
            h[:4, :4] += curve.sum(axis=0)
            cross = np.einsum("mi,mij->ij", move, curve[:, at, :])
            h[4:, :4] += cross
            h[:4, 4:] += cross.T
            h[4:, 4:] += np.einsum("mi,mij,mj->ij", move, curve[:, at][:, :, at], move, optimize=True)
        return value, g, h

    return function
