"""Where the variance of ratings lies: between departments, customers, agents, or from one contact to the next."""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ncfdtr

from cxresearch.stats.interval import Interval


def variance_shares(model, sources, effect, covariance, df, level=0.95):
    """Shares of variance once the mix of work is allowed for; the first is the departments' intraclass correlation.

    Parameters
    ----------
    model : MixedModel
    sources : list of str
        What its random effects are called.
    effect, covariance : ndarray (d,), (d, d)
        The departments' levels, and the covariance of their estimates.
    df : float
        Degrees of freedom of their errors.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        source (department, the sources, contact), variance, share, low, high, method.
    """
    found = fixed_variance(effect, covariance, df, level)
    parts = {"department": found.estimate} | dict(zip(sources, map(float, model.variances), strict=False))
    parts["contact"] = float(model.residual_variance)
    total = sum(parts.values())
    others = total - found.estimate
    rows = [("department", *(v / (v + others) for v in (found.low, found.high)), "noncentral F")]
    for i, source in enumerate(sources):
        share = model.share(i, level)
        rows.append(
            (source, share.low * others / total, share.high * others / total, "REML, profile likelihood")
        )
    rows.append(
        ("contact", max(0.0, 1 - sum(row[2] for row in rows)), 1 - sum(row[1] for row in rows), "the rest")
    )
    shares = pd.DataFrame(rows, columns=["source", "low", "high", "method"])
    shares.insert(1, "variance", [parts[source] for source in shares["source"]])
    shares.insert(2, "share", shares["variance"] / total)
    return shares


def fixed_variance(effect, covariance, df, level=0.95):
    """Variance of a set of levels, what their errors add taken off.

    With s² the variance of the d estimates and F the Wald statistic of their being equal, the estimate is
    s²(1 − 1/F), 0 where F < 1, and the limits are those of the noncentrality of F, in the units of
    s²; in a balanced design they are exact.

    Parameters
    ----------
    effect, covariance : ndarray (d,), (d, d)
    df : float
        Degrees of freedom of the errors.
    level : float
        Confidence level.

    Returns
    -------
    Interval

    References
    ----------
    Steiger, J. H. (2004). Beyond the F test. *Psychological Methods* 9, 164–182.

    Examples
    --------
    >>> found = fixed_variance(np.array([6.5, 7.0, 7.6]), 0.04 * np.eye(3), 200)
    >>> [round(part, 3) for part in found]
    [0.263, 0.058, 0.669]
    """
    count = len(effect)
    centre = np.eye(count) - 1 / count
    away = centre @ effect
    wald = float(away @ np.linalg.pinv(centre @ covariance @ centre) @ away)
    spread, f = float(away @ away) / (count - 1), wald / (count - 1)
    tail = (1 - level) / 2
    estimate = spread * max(0.0, 1 - 1 / f) if f > 0 else 0.0
    low, high = (spread * _noncentrality(f, count - 1, df, p) / max(wald, 1e-300) for p in (1 - tail, tail))
    return Interval(estimate, min(low, estimate), max(high, estimate))


def _noncentrality(f, df1, df2, p):
    """The noncentrality at which F falls below f with probability p; 0 where it does so less often at once."""
    if ncfdtr(df1, df2, 0.0, f) <= p:
        return 0.0
    top = 10.0 + 2 * df1 * f
    while ncfdtr(df1, df2, top, f) > p and top < 1e12:
        top *= 4
    return float(brentq(lambda nc: ncfdtr(df1, df2, nc, f) - p, 0.0, top))
