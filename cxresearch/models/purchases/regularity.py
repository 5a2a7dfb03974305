"""How regular customers buy: at random, in bursts, or like clockwork."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers with two gaps


class Regularity(Estimator):
    r"""Shape of the time between purchases, from the last two gaps of each customer (Wheat & Morrison 1990).

    If gaps are Gamma with shape k and a rate of the customer's own, the share :math:`M = g_1/(g_1 + g_2)` of two successive gaps is
    Beta(k, k) whatever the rate, so that

    .. math:: \hat k = \frac{1 - 4v}{8v}, \qquad v = \frac{\sum (M - 1/2)^2}{\sum (1 - 2d/s)},

    with s the two gaps together and d a day: of gaps of one whole day or more that add up to s, those at random have the variance
    (1 − 2d/s)/12, not 1/12, since purchases of one day are one.

    k = 1 is buying at random, which BG/NBD and Pareto/NBD suppose; above it customers buy like clockwork, and a customer who is merely
    due is taken for one who may be gone; below it they buy in bursts.

    Parameters
    ----------
    level : float
        Of the interval.
    day : float
        A day in the unit of the gaps, which are whole days; 0 where they are not.

    Attributes
    ----------
    shape_, low_, high_ : float
        k and its interval, from the normal approximation of v. ``high_`` is infinite where v may be 0.
    n_ : int
        Customers with two gaps that have ended.
    verdict_ : str
        ``clockwork``, ``bursts`` or ``random``: where 1 lies against the interval.

    Notes
    -----
    Customers with three days of purchase or more speak for the others. Without the term of d, customers who buy at random are taken for
    regular ones in a company in five of 7,000 buyers.

    References
    ----------
    Wheat, R. D. & Morrison, D. G. (1990). Estimating purchase regularity with two interpurchase times. *Journal of Marketing Research*
    27(1), 87–93.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> gaps = pd.DataFrame({"customer_id": np.repeat(np.arange(400), 2), "number": np.tile([1, 2], 400)})
    >>> gaps = gaps.assign(duration=rng.gamma(4, 1 / 4, 800), has_ended=True)
    >>> found = Regularity(day=0).fit(gaps)
    >>> found.verdict_, bool(found.low_ < 4 < found.high_)
    ('clockwork', True)
    """

    def __init__(self, level=0.95, day=1 / 7):
        self.level = level
        self.day = day

    def fit(self, gaps):
        """Estimate the shape.

        Parameters
        ----------
        gaps : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.purchase_gaps`: customer_id, number, duration, has_ended.

        Returns
        -------
        Regularity

        Raises
        ------
        ValueError
            If a column is missing, or a duration is not a number of at least 0.
        NotEnough
            If fewer than ten customers have come back twice.
        """
        z = normal_quantile(self.level)
        gaps = table(gaps, ["customer_id", "number", "duration", "has_ended"], "gaps", may_be_empty=True)
        numbers(gaps["duration"], "duration", low=0)
        ended = gaps[gaps["has_ended"].astype(bool)].sort_values(["customer_id", "number"])
        ended = ended.assign(back=ended.groupby("customer_id").cumcount(ascending=False))
        last, before = (ended[ended["back"] == k].set_index("customer_id")["duration"] for k in (0, 1))
        both = last.reindex(before.index) + before
        both = both[both > 0]
        square = np.square((before[both.index] / both).to_numpy(dtype=float) - 0.5)
        self.n_ = len(square)
        if self.n_ < FEWEST:
            raise NotEnough("fewer than ten customers have come back twice")
        room = np.maximum(1 - 2 * self.day / both.to_numpy(dtype=float), 0)
        if room.sum() <= 0:
            raise NotEnough("customers come back after a day, which tells nothing of how regularly they buy")
        v = square.sum() / room.sum()
        reach = z * (square - v * room).std(ddof=1) / room.mean() / np.sqrt(self.n_)
        self.shape_, self.low_, self.high_ = _shape(v), _shape(v + reach), _shape(v - reach)
        self.verdict_ = "clockwork" if self.low_ > 1 else "bursts" if self.high_ < 1 else "random"
        return self

    def summary(self):
        """One row; blank where the interval has no end."""
        limits = (self.shape_, self.low_, self.high_) if np.isfinite(self.high_) else [np.nan] * 3
        method = "shape from two successive gaps, Wheat & Morrison"
        return summary([row("regularity of buying (1: at random)", limits, self.n_, method)])


def _shape(v):
    return np.inf if v <= 0 else max(1 - 4 * min(v, 0.25), 0.0) / (8 * v)
