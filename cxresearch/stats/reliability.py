"""Do several items, or several raters, measure the same thing?"""

import numpy as np
import pandas as pd
from scipy.special import fdtri

from cxresearch.inputs import numbers
from cxresearch.stats.interval import Interval, normal_quantile

_KINDS = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")


def cronbach_alpha(items, level=0.95):
    """Cronbach's alpha with Feldt's interval: how far the items of a scale go together.

    For k items, α = k/(k − 1)·(1 − Σ var(item)/var(sum)). With n respondents, (1 − α_true)/(1 − α) follows
    F with n − 1 and (n − 1)(k − 1) degrees of freedom, if items are parallel up to a constant and normal::

        1 − (1 − α)·F_{1−γ},   1 − (1 − α)·F_γ,   γ = (1 − level)/2

    High alpha does not show that there is one dimension, and grows with the number of items.

    Parameters
    ----------
    items : DataFrame or array-like (respondents, items)
        Scores, all running in the same direction; no missing answers.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high``.

    Raises
    ------
    ValueError
        If an answer is missing; if there are fewer than two items or respondents, or no variance.

    References
    ----------
    Cronbach, L. J. (1951). *Psychometrika* 16, 297–334. Feldt, L. S. (1965). *Psychometrika* 30, 357–370.

    Examples
    --------
    >>> alpha = cronbach_alpha([[4, 4, 5], [2, 3, 2], [5, 4, 5], [1, 2, 1], [3, 3, 4]])
    >>> [round(value, 3) for value in alpha]
    [0.936, 0.679, 0.993]
    """
    x, tail = _matrix(items, "items"), _tail(level)
    n, k = x.shape
    total = x.sum(axis=1).var(ddof=1)
    if total == 0:
        raise ValueError("items: every respondent has the same sum, so alpha is undefined")
    alpha = float(k / (k - 1) * (1 - x.var(axis=0, ddof=1).sum() / total))
    high, low = (1 - (1 - alpha) * fdtri(n - 1, (n - 1) * (k - 1), q) for q in (tail, 1 - tail))
    return Interval(alpha, float(low), float(high))


def icc(ratings, kind="2,1", level=0.95):
    """Intraclass correlation: which share of the variance of ratings lies between those rated.

    From the mean squares of n targets (B), k raters (J), residual (E) and within targets (W)::

        1,1   (B − W)/[B + (k − 1)W]                        each target has its own raters
        2,1   (B − E)/[B + (k − 1)E + k(J − E)/n]           raters are a sample: absolute agreement
        3,1   (B − E)/[B + (k − 1)E]                        these raters only: consistency

    and ``1,k``, ``2,k``, ``3,k`` for the mean of k ratings, k·ρ/[1 + (k − 1)ρ]. The intervals are Shrout and
    Fleiss's, from F; that of 2,1 takes Satterthwaite's degrees of freedom (at ρ = 0 where the estimate is below it).

    Parameters
    ----------
    ratings : DataFrame or array-like (targets, raters)
        One row per target, one column per rater; none missing.
    kind : {"1,1", "2,1", "3,1", "1,k", "2,k", "3,k"}
        Design.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high``. An estimate may be negative where raters agree less than by chance.

    Raises
    ------
    ValueError
        If a rating is missing; if there are fewer than two targets or raters; if targets all have
        the same mean, or raters agree exactly.

    References
    ----------
    Shrout, P. E. & Fleiss, J. L. (1979). Intraclass correlations. *Psychological Bulletin* 86, 420–428.

    Examples
    --------
    >>> ratings = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> [round(value, 3) for value in icc(ratings, "2,1")]
    [0.29, 0.019, 0.761]
    """
    if kind not in _KINDS:
        raise ValueError(f"kind is {kind!r}, not one of {', '.join(_KINDS)}")
    x, tail = _matrix(ratings, "ratings"), _tail(level)
    n, k = x.shape
    grand, rows, columns = x.mean(), x.mean(axis=1), x.mean(axis=0)
    b = k * np.square(rows - grand).sum() / (n - 1)
    j = n * np.square(columns - grand).sum() / (k - 1)
    w = np.square(x - rows[:, None]).sum() / (n * (k - 1))
    e = np.square(x - rows[:, None] - columns + grand).sum() / ((n - 1) * (k - 1))
    if b <= 1e-14 * (j + w):
        raise ValueError("ratings: all targets have the same mean, so there is no variance to attribute")
    if (w if kind[0] == "1" else e) <= 1e-14 * (b + j):
        raise ValueError("ratings leave no residual: raters agree up to a constant")
    found = _two_way(b, j, e, n, k, tail) if kind[0] == "2" else _from_f(b, w, e, n, k, tail, kind[0])
    return Interval(*(float(k * rho / (1 + (k - 1) * rho) if kind[2] == "k" else rho) for rho in found))


def _from_f(b, w, e, n, k, tail, design):
    """ρ and limits where F = B/W (one way) or B/E (raters fixed) carries all the information."""
    error, df = (w, n * (k - 1)) if design == "1" else (e, (n - 1) * (k - 1))
    f = b / error
    low, high = f / fdtri(n - 1, df, 1 - tail), f * fdtri(df, n - 1, 1 - tail)
    return [(ratio - 1) / (ratio + k - 1) for ratio in (f, low, high)]


def _two_way(b, j, e, n, k, tail):
    """ρ and limits where raters are a sample, by Satterthwaite's degrees of freedom."""
    spread = k * j + (k * n - k - n) * e
    rho = n * (b - e) / (n * b + spread)
    above_chance = max(rho, 0.0)
    judges, rest = k * above_chance * j / e, n * (1 + (k - 1) * above_chance) - k * above_chance
    df = (k - 1) * (n - 1) * (judges + rest) ** 2 / ((n - 1) * judges**2 + rest**2)
    above, below = fdtri(n - 1, df, 1 - tail), fdtri(df, n - 1, 1 - tail)
    low = n * (b - above * e) / (above * spread + n * b)
    return rho, low, n * (below * b - e) / (spread + n * below * b)


def _matrix(data, name):
    """Rows by columns of finite numbers, at least two of each."""
    frame = data if isinstance(data, pd.DataFrame) else pd.DataFrame(np.asarray(data))
    if frame.shape[0] < 2 or frame.shape[1] < 2:
        raise ValueError(
            f"{name} has {frame.shape[0]} rows and {frame.shape[1]} columns; both must be 2 or more"
        )
    return np.column_stack([numbers(frame[label], f"{name} {label}") for label in frame]).astype(float)


def _tail(level):
    normal_quantile(level)
    return (1 - level) / 2
