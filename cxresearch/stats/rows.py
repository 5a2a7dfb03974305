"""Estimates as rows: the one shape in which a number leaves a model."""

import pandas as pd

from cxresearch.stats.proportions import wilson

COLUMNS = ["metric", "estimate", "low", "high", "n", "method", "unit"]


def row(metric, limits, n, method, unit=""):
    """One estimate as a row.

    Parameters
    ----------
    metric : str
        What is estimated.
    limits : sequence of float or mapping
        Estimate, low and high; an ``Interval``, or anything with these names. Estimates without an interval are left blank.
    n : int
        Its base.
    method : str
        How the estimate and its interval are made.
    unit : str
        ``"share"``, ``"points"`` (difference of shares) or empty.

    Returns
    -------
    dict

    Examples
    --------
    >>> row("came back", (0.31, 0.26, 0.37), 263, "Wilson score", "share")
    {'metric': 'came back', 'estimate': 0.31, 'low': 0.26, 'high': 0.37, 'n': 263, 'method': 'Wilson score', 'unit': 'share'}
    """
    if hasattr(limits, "_asdict"):
        limits = limits._asdict()
    if hasattr(limits, "keys"):
        limits = [limits[name] for name in ("estimate", "low", "high")]
    return dict(zip(COLUMNS, [metric, *list(limits)[:3], n, method, unit], strict=True))


def summary(rows):
    """Rows as a DataFrame with the columns `COLUMNS`, and whatever else the rows hold behind them; without an interval an estimate is blank.

    Parameters
    ----------
    rows : sequence of dict
        As of :func:`row`.

    Examples
    --------
    >>> summary([row("mean spend", (35.2, float("nan"), float("nan")), 946, "maximum likelihood")])["estimate"].tolist()
    [nan]
    """
    frame = pd.DataFrame(list(rows))
    frame = frame.reindex(columns=[*COLUMNS, *(name for name in frame.columns if name not in COLUMNS)])
    is_bare = frame["low"].isna() & frame["high"].isna() & (frame["method"] != "count")
    return frame.assign(estimate=frame["estimate"].mask(is_bare))


def shares(metrics, counts, n, level=0.95, method="Wilson score"):
    """Shares with Wilson's interval, one row per metric.

    Parameters
    ----------
    metrics : sequence of str
    counts, n : array-like of int
        How many, of how many.
    level : float

    Returns
    -------
    pandas.DataFrame
        With the columns `COLUMNS`.

    Examples
    --------
    >>> shares(["men", "women"], [81, 15], [263, 148]).round(3)[["metric", "estimate", "low", "high", "n", "unit"]]
      metric  estimate    low   high    n   unit
    0    men     0.308  0.255  0.366  263  share
    1  women     0.101  0.062  0.160  148  share
    """
    limits = wilson(counts, n, level)._asdict()
    return pd.DataFrame({"metric": list(metrics), **limits, "n": n, "method": method, "unit": "share"})[
        COLUMNS
    ]
