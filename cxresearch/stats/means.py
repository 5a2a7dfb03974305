"""A mean with its interval."""

import numpy as np
from scipy.special import stdtrit

from cxresearch.inputs import numbers
from cxresearch.stats.interval import Interval


def mean(values, level=0.95):
    r"""Mean of independent values with Student's interval.

    .. math:: \bar x \pm t_{n-1}\, s / \sqrt n

    Skewed counts need a larger base than measurements for the interval to be honest; with fewer than about 100
    customers read it as a sketch.

    Parameters
    ----------
    values : array-like
        One finite number per unit.
    level : float
        Confidence level.

    Returns
    -------
    Interval
        ``estimate, low, high``; the limits are missing for fewer than two values.

    Examples
    --------
    >>> mean([2, 4, 4, 5, 7])
    Interval(estimate=4.4, low=2.1444..., high=6.6555...)
    """
    x = np.asarray(numbers(values, "values"), dtype=float)
    if not len(x):
        raise ValueError("values is empty: there is no mean of nothing")
    if len(x) == 1:
        return Interval(float(x[0]), np.nan, np.nan)
    reach = stdtrit(len(x) - 1, (1 + level) / 2) * x.std(ddof=1) / np.sqrt(len(x))
    return Interval(float(x.mean()), float(x.mean() - reach), float(x.mean() + reach))
