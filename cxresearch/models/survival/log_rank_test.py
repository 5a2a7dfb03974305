"""The log-rank test: do groups of customers leave at the same rate?"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, reject, row_labels
from cxresearch.models.survival.risk_sets import RiskSets, follow_up


class LogRank(NamedTuple):
    """The log-rank test: χ², its degrees of freedom, p, and observed and expected events by group."""

    statistic: float
    df: int
    p_value: float
    table: pd.DataFrame


def log_rank(duration, event, group, entry=None):
    """Test whether groups leave at the same rate.

    At each event time the expected events of a group are its share of those at risk times the events; χ²
    compares observed with expected under the hypergeometric variance.

    Parameters
    ----------
    duration, event, entry : array-like
        As in :meth:`KaplanMeier.fit`.
    group : array-like
        Any labels, at least two; none missing.

    Returns
    -------
    LogRank
        ``statistic, df, p_value, table``; the table has group, n, observed, expected.

    Raises
    ------
    ValueError
        As :meth:`KaplanMeier.fit`, or if there are fewer than two groups.

    References
    ----------
    Mantel, N. (1966). *Cancer Chemotherapy Reports* 50, 163–170. R's ``survdiff``.

    Examples
    --------
    >>> test = log_rank([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 1], list("aaabbb"))
    >>> round(test.statistic, 3), round(test.p_value, 3)
    (5.052, 0.025)
    """
    aligned(duration=duration, event=event, group=group, entry=entry)
    code, labels = pd.factorize(pd.Series(group), sort=True)
    reject(code < 0, "group", "is missing", row_labels(group))
    if len(labels) < 2:
        raise NotEnough("group has fewer than two values: there is nothing to compare")
    event = flags(event, "event")
    duration, entry, _ = follow_up(duration, entry)
    sets = [
        RiskSets(duration[rows], event[rows], entry=None if entry is None else entry[rows])
        for rows in (code == number for number in range(len(labels)))
    ]
    time = np.unique(np.concatenate([one.time[one.events[:, 0] > 0] for one in sets]))
    at_risk = np.column_stack([one.before(time) for one in sets])
    events = np.zeros(len(time))
    for one in sets:
        happened = one.events[:, 0] > 0
        events[np.searchsorted(time, one.time[happened])] += one.events[happened, 0]
    observed = np.array([one.events.sum() for one in sets])
    total = at_risk.sum(axis=1)
    share = at_risk / total[:, None]
    expected = events @ share
    spread = np.where(total > 1, events * (total - events) / np.maximum(total - 1, 1), 0.0)
    variance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    gap = (observed - expected)[:-1]
    statistic = float(gap @ np.linalg.pinv(variance[:-1, :-1], hermitian=True) @ gap)
    df = len(labels) - 1
    table = pd.DataFrame(
        {"group": labels, "n": [one.n for one in sets], "observed": observed, "expected": expected}
    )
    return LogRank(statistic, df, float(chdtrc(df, statistic)), table)
