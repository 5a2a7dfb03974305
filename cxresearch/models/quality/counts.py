"""Counts to come, predicted from earlier ones, and how far those that came are from them."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit
from scipy.stats import binom, nbinom, poisson

from cxresearch.stats.interval import normal_quantile

PRIOR = 0.5  # prior standard deviation of a year's trend and of the season, on the log scale


def predict(counts, ahead, per_year=12, level=0.95, skip=()):
    r"""Predict the next counts of a series, and their sum.

    Quasi-Poisson regression with a level, a trend (from a year and 8 periods on) and one yearly wave (from two years and
    24 periods on),

    .. math:: \log\mu_t = b_0 + b_1 t + b_2\cos(2\pi t/s) + b_3\sin(2\pi t/s),\quad \mathrm{Var}(y_t) = \varphi\mu_t,

    recent periods weighing more (half-life half a year, at least 4 periods), trend and season shrunk towards none. A count to come has the mean
    :math:`\mu` and the variance :math:`\varphi\mu + \mu^2 x'Vx`, widened by Student's t for the uncertainty of
    :math:`\varphi`; its distribution is the negative binomial with these two moments.

    Parameters
    ----------
    counts : array-like of shape (n,)
        Oldest first, without gaps.
    ahead : int
        Periods to predict.
    per_year : int
        Periods of a year.
    level : float
    skip : sequence of int
        Positions that are known to be wrong and not learnt from.

    Returns
    -------
    pandas.DataFrame
        One row per period and a last one for their sum: expected, low, high, size and share (of the negative binomial).

    Examples
    --------
    >>> predict([40, 43, 38, 41, 45, 39, 42, 40], 1)[["expected", "low", "high"]].round(0).iloc[0].tolist()
    [41.0, 26.0, 58.0]
    """
    y = np.asarray(counts, dtype=float)
    n = len(y)
    t = np.arange(n + ahead)
    weight = 0.5 ** ((n - 1 - t[:n]) / max(per_year / 2, 4))
    weight[list(skip)] = 0
    columns, shrink = [np.ones(n + ahead)], [0.0]
    if n >= max(per_year, 8):
        columns.append((t - n) / per_year)
        shrink.append(PRIOR**-2)
    if n >= max(2 * per_year, 24):
        angle = 2 * np.pi * t / per_year
        columns += [np.cos(angle), np.sin(angle)]
        shrink += [PRIOR**-2] * 2
    x, shrink = np.column_stack(columns), np.array(shrink)
    seen = x[:n]
    base = max(np.average(y, weights=weight), 0.05)
    b, phi = np.r_[np.log(base), np.zeros(len(shrink) - 1)], 1.0
    effective = weight.sum() ** 2 / np.square(weight).sum()
    free = max(effective - len(shrink), 2.0)
    for _ in range(60):
        mu = np.exp(np.clip(seen @ b, -7, 30))
        hessian = (seen * (weight * mu)[:, None]).T @ seen + np.diag(phi * shrink) + 1e-9 * np.eye(len(b))
        step = np.linalg.solve(hessian, seen.T @ (weight * (y - mu)) - phi * shrink * b)
        b = b + np.clip(step, -2, 2)
        spread = (weight * (y - mu) ** 2 / mu).sum() / weight.sum() * effective / free
        phi = max(1.0, spread)
        if np.abs(step).max() < 1e-8:
            break
    half = np.linalg.solve(hessian, (seen * (weight * np.sqrt(mu))[:, None]).T)
    covariance = phi * half @ half.T
    to_come = np.exp(np.clip(x[n:] @ b, -7, 30))
    slopes = to_come[:, None] * x[n:]
    means, slopes = np.r_[to_come, to_come.sum()], np.vstack([slopes, slopes.sum(0)])
    widen = (stdtrit(free, (1 + level) / 2) / normal_quantile(level)) ** 2
    variance = widen * (phi * means + np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    variance = np.maximum(variance, means * (1 + 1e-6))
    size, share = means**2 / (variance - means), means / variance
    low, high = (nbinom.ppf(q, size, share) for q in ((1 - level) / 2, (1 + level) / 2))
    return pd.DataFrame(
        {"expected": means, "low": np.minimum(low, means), "high": np.maximum(high, means),
         "size": size, "share": share}
    )  # fmt: skip


def chance(rows, prediction):
    """P(at most so many rows) and P(at least so many), under a row of `predict`."""
    if prediction["size"] > 1e9:
        return poisson.cdf(rows, prediction["expected"]), poisson.sf(rows - 1, prediction["expected"])
    return (
        nbinom.cdf(rows, prediction["size"], prediction["share"]),
        nbinom.sf(rows - 1, prediction["size"], prediction["share"]),
    )


def differs(rows, last, periods):
    """Two-sided p-value that a count comes at the rate of the last quarter, `last` rows in so many periods like it.

    Given their sum, a count is binomial with 1 of 1 + `periods` parts.

    >>> round(differs(10, 18, 1), 3)
    0.185
    """
    both, part = rows + last, 1 / (1 + periods)
    tails = binom.cdf(rows, both, part), binom.sf(rows - 1, both, part)
    return float(min(1.0, 2 * min(tails)))
