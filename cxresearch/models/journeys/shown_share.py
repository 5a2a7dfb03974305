"""A share of rows of customers, unless it says something of a handful of them."""

import numpy as np

from cxresearch.stats.clustered import clustered_share, clusters_of
from cxresearch.stats.interval import Interval
from cxresearch.words import SUPPRESSED

WITHHELD = Interval(np.nan, np.nan, np.nan)


def shown_share(values, who, level=0.95):
    """A share with its interval, clustered by customer; missing of fewer than ten customers, or where one to nine are on one side of it.

    Parameters
    ----------
    values : array-like of bool, or of 0 and 1 (n,)
    who : array-like (n,)
        The customer of each row.
    level : float

    Returns
    -------
    Interval

    Examples
    --------
    >>> left = np.arange(100) < 9
    >>> shown_share(left, np.arange(100)).estimate, shown_share(left, np.zeros(100)).estimate, shown_share(np.ones(100), np.arange(100)).estimate
    (nan, nan, 1.0)
    >>> shown_share(np.arange(100) < 10, np.arange(100)).estimate
    0.1
    """
    values, who = np.asarray(values, dtype=bool), clusters_of(who, len(values))
    customers, *sides = (np.count_nonzero(np.bincount(of)) for of in (who, who[values], who[~values]))
    if customers < SUPPRESSED or any(0 < n < SUPPRESSED for n in sides):
        return WITHHELD
    return clustered_share(values, who, level)
