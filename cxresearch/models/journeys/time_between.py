"""Time to an event with open ends, of rows that come several from one customer."""

import numpy as np
import pandas as pd

from cxresearch.inputs import aligned, flags, numbers
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.interval import normal_quantile


def clustered_survival(duration, event, cluster=None, times=(7,), level=0.95):
    r"""Kaplan–Meier's survival at given times with limits that take rows of a customer together.

    With Y(s) rows at risk and dN(s) events at s, the influence of row i on log S(t) is

    .. math:: -\frac{d_i 1[T_i \le t]}{Y(T_i) - dN(T_i)} + \sum_{s \le \min(T_i, t)} \frac{dN(s)}{Y(s)[Y(s) - dN(s)]}

    and the variance is the sum over customers of the squares of their rows' sums, times G/(G − 1). The limits are symmetric on the scale of
    log(−log S). Rows of their own give nearly Greenwood's.

    Parameters
    ----------
    duration : array-like (n,)
        To the event, or to the last moment seen.
    event : array-like of bool (n,)
    cluster : array-like (n,), optional
        The customer of each row; a row without one is its own.
    times : array-like
    level : float

    Returns
    -------
    pandas.DataFrame
        time, at_risk, survival, std_error, low, high; missing after the last duration.

    References
    ----------
    Williams, R. L. (1995). Product-limit survival functions with correlated survival times. *Lifetime Data Analysis* 1, 171–186.

    Examples
    --------
    >>> days = [1, 2, 2, 5, 9, 9, 9, 9]
    >>> found = clustered_survival(days, [1, 1, 1, 1, 0, 0, 0, 0], list("abcdefgh"), [2, 5])
    >>> found.round(3)
       time  at_risk  survival  std_error    low   high
    0     2        7     0.625      0.183  0.203  0.871
    1     5        5     0.500      0.189  0.133  0.788
    """
    aligned(duration=duration, event=event, cluster=cluster)
    t, d = np.asarray(numbers(duration, "duration", low=0), dtype=float), flags(event, "event").astype(float)
    code = clusters_of(cluster, len(t))
    curve = KaplanMeier(level).fit(t, d)
    steps = curve.survival_
    at, events, risk = (steps[name].to_numpy(dtype=float) for name in ("time", "events", "at_risk"))
    staying = np.maximum(risk - events, 1e-9)  # where all leave, survival is 0 and has no limits
    grow = np.concatenate([[0.0], np.cumsum(events / (risk * staying))])
    own = np.zeros(len(t))
    happened = d > 0
    own[happened] = 1 / staying[np.searchsorted(at, t[happened])]
    count, z = int(code.max()) + 1, normal_quantile(level)
    found = curve.at(list(times))[["time", "at_risk", "survival"]]
    errors = []
    for time in found["time"]:
        pull = grow[np.searchsorted(at, np.minimum(t, time), side="right")] - own * (t <= time)
        squares = float(np.square(np.bincount(code, weights=pull)).sum())
        errors.append(np.sqrt(count / (count - 1) * squares) if count > 1 else np.nan)
    survival, spread = found["survival"].to_numpy(dtype=float), np.asarray(errors)
    with np.errstate(divide="ignore", invalid="ignore"):
        power = np.exp(z * spread / -np.log(survival))
        low, high = survival**power, survival ** (1 / power)
    inside = (survival > 0) & (survival < 1)
    limits = {
        "std_error": survival * spread,
        "low": np.where(inside, low, np.nan),
        "high": np.where(inside, high, np.nan),
    }
    return pd.concat([found, pd.DataFrame(limits)], axis=1)
