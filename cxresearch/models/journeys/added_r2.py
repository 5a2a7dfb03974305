"""What further columns add to the share of variance explained, with an error in closed form."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import fdtrc, ncfdtr

from cxresearch.models.journeys.regression import least_squares
from cxresearch.stats.interval import normal_quantile


class AddedR2(NamedTuple):
    """R² without and with further columns, and their difference."""

    without: float
    full: float
    estimate: float
    low: float
    high: float
    std_error: float
    f: float
    df: tuple
    p: float
    partial: float
    partial_low: float
    partial_high: float
    n: int


def added_r2(y, base, further, cluster, level=0.95):
    r"""R² that further columns add to those of a base.

    With residuals e₀ of the base, e₁ of all columns, ỹ = y − ȳ and v the mean of ỹ²:

    .. math:: \Delta R^2 = \overline{e_0^2 - e_1^2} / v, \quad IF_i = (e_{0i}^2 - e_{1i}^2 - \Delta R^2 \tilde y_i^2) / v,
              \quad SE = \sqrt{\textstyle\sum_g (\sum_{i \in g} IF_i)^2} / n

    That nothing is added is decided by the F test, because the influence vanishes there; the limits are cut at 0. The partial R²,
    ΔR²/(1 − R²₀), has limits λ/(λ + n) from those of the non-centrality λ of F.

    Parameters
    ----------
    y : array-like (n,)
    base, further : pandas.DataFrame (n, k), (n, m)
        Without a constant, which is added.
    cluster : ndarray of int (n,)
        The customer of each row, numbered from 0 without gaps.
    level : float

    Returns
    -------
    AddedR2
        ``without, full, estimate, low, high, std_error, f, df, p, partial, partial_low, partial_high, n``. F takes rows for independent; `low` and `high` are clustered.

    References
    ----------
    Alf, E. F. & Graf, R. G. (1999). Asymptotic confidence limits for the difference between two squared multiple correlations. *Psychological
    Methods* 4, 70–75.

    Examples
    --------
    >>> x = pd.DataFrame({"wait": [1.0, 2, 3, 4, 5, 6]}), pd.DataFrame({"felt": [1.0, -1, 1, -1, 1, -1]})
    >>> found = added_r2([1.0, 1.2, 3.1, 2.9, 5.2, 4.7], *x, np.arange(6))
    >>> round(found.without, 3), round(found.full, 3), round(found.estimate, 3)
    (0.875, 0.992, 0.117)
    """
    y = np.asarray(y, dtype=float)
    one = pd.DataFrame({"one": np.ones(len(y))})
    small = least_squares(pd.concat([one, base], axis=1), y, cluster)
    large = least_squares(pd.concat([one, base, further], axis=1), y, cluster)
    square = np.square(y - y.mean())
    v = square.mean()
    r2 = [1 - np.square(fit.residual).mean() / v for fit in (small, large)]
    gain = r2[1] - r2[0]
    influence = (small.residual**2 - large.residual**2 - gain * square) / v
    error = float(np.sqrt(np.square(np.bincount(cluster, influence)).sum()) / len(y))
    reach = normal_quantile(level) * error
    m, rest = len(large.names) - len(small.names), len(y) - len(large.names)
    f = gain / m / ((1 - r2[1]) / rest) if m and rest > 0 and r2[1] < 1 else np.nan
    p = float(fdtrc(m, rest, f)) if np.isfinite(f) else np.nan
    partial = gain / (1 - r2[0])
    ends = _non_central(f, m, rest, len(y), level) if np.isfinite(f) else (np.nan, np.nan)
    limits = max(gain - reach, 0.0), min(gain + reach, 1.0)
    return AddedR2(*map(float, (*r2, gain, *limits, error, f)), (m, rest), p, float(partial), *ends, len(y))


def _non_central(f, m, rest, n, level):
    """λ/(λ + n) at the non-centralities for which the F found is the upper, or the lower, quantile."""
    found = []
    for tail in ((1 + level) / 2, (1 - level) / 2):
        if ncfdtr(m, rest, 0, f) <= tail:
            found.append(0.0)
            continue
        top = 10.0
        while ncfdtr(m, rest, top, f) > tail and top < 1e9:
            top *= 2
        found.append(brentq(lambda value, tail=tail: ncfdtr(m, rest, value, f) - tail, 0, top))
    return tuple(float(value / (value + n)) for value in found)
