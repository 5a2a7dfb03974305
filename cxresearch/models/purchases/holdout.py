"""Whether a forecast of purchases came true: predicted beside made, and a verdict in words."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers of a group; a mean over fewer would tell of single people


class Holdout(Estimator):
    """A fitted model's forecast scored against the purchases made afterwards.

    Parameters
    ----------
    model : BetaGeoNBD or another fitted model with ``expected_total``
    top : int
        Customers with this many repeat purchases or more are one group.
    by_frequency : bool
        Whether to score each group too; it takes the longer part of the time.

    Attributes
    ----------
    expected_ : pandas.DataFrame
        Two rows as from ``expected_total``: the expectation, and the count to be made with its prediction interval.
    made_ : int
        Purchases made.
    groups_ : pandas.DataFrame
        By earlier repeat purchases: frequency, customers, expected, low, high, actual, all means per customer. Neighbours are one group
        where either has fewer than ten customers.
    off_ : float
        (made − expected) / expected; positive where the model expected too few.
    groups_off_ : pandas.DataFrame
        The rows of `groups_` in which the purchases made lie outside what was expected by more than chance explains, corrected for the number
        of groups (Bonferroni).
    group_error_ : float
        Root mean square of expected − made per customer over the groups, each weighing as many as it has customers.
    verdict_ : str
        ``under-predicts``, ``over-predicts`` or ``agrees``: where the count made lies against its 95 % prediction
        interval; ``agrees in total only`` where it lies inside, but groups are off; ``not known`` where there is no interval because the
        parameters are not identified.

    Notes
    -----
    A count inside the interval does not prove the model; one outside says that customers changed, or never behaved as
    the model supposes, and by how much.
    """

    def __init__(self, model, top=7, by_frequency=True):
        self.model = model
        self.top = top
        self.by_frequency = by_frequency

    def fit(self, rfm, made, t):
        """Score the forecast for the next `t`.

        Parameters
        ----------
        rfm : pandas.DataFrame
            What the forecast was made from: customer_id, frequency, recency, age.
        made : pandas.DataFrame
            One row per purchase afterwards, with customer_id; of customers in `rfm` only those are counted.
        t : float
            Length of the time since, in the model's unit.

        Returns
        -------
        Holdout

        Raises
        ------
        NotEnough
            If no time has passed since.
        """
        if not t > 0:
            raise NotEnough("the records hold nothing after the date of the forecast")
        of_base = made[made["customer_id"].isin(rfm["customer_id"])]
        actual = rfm["customer_id"].map(of_base["customer_id"].value_counts()).fillna(0).to_numpy()
        self.expected_, self.n_ = self.model.expected_total(rfm, t), len(rfm)
        self.made_, self.t_ = int(actual.sum()), t
        self.groups_ = self._groups(rfm, actual, t)
        likely = self.expected_.iloc[1]
        mean = float(likely["estimate"])
        self.off_ = (self.made_ - mean) / mean if mean > 0 else float("nan")
        self.groups_off_ = self.groups_[_is_off(self.groups_)]
        self.group_error_ = _error(self.groups_, mean, self.made_, self.n_)
        self.verdict_ = _verdict(self.made_, likely["low"], likely["high"])
        if self.verdict_ == "agrees" and len(self.groups_off_):
            self.verdict_ = "agrees in total only"
        return self

    def summary(self, name="the model"):
        """What was made, what was expected, and by how much the forecast was off.

        The last is (made − expected)/expected; its interval is that of the count that was to be made. Without an interval both are blank.
        """
        likely = self.expected_.iloc[1]
        mean, low, high = (float(likely[end]) for end in ("estimate", "low", "high"))
        off = [self.off_, *((self.made_ - end) / mean if mean > 0 else float("nan") for end in (high, low))]
        method = "(actual − expected) / expected, prediction interval"
        return summary(
            [
                self.count(f"{name}: purchases made"),
                row(f"{name}: purchases expected", (mean, low, high), self.n_, likely["method"]),
                row(f"{name}: off by", off, self.n_, method, "share"),
            ]
        )

    def count(self, metric):
        """The purchases made, as a row of estimates."""
        return row(metric, (self.made_, float("nan"), float("nan")), self.n_, "count")

    def _groups(self, rfm, actual, t):
        rows, classes = [], rfm["frequency"].clip(upper=self.top).to_numpy()
        for first, last in _pooled(classes) if self.by_frequency else ():
            inside = (classes >= first) & (classes <= last)
            total, size = self.model.expected_total(rfm[inside], t, draws=500).iloc[1], int(inside.sum())
            name = f"{first}+" if last == self.top else f"{first}" if first == last else f"{first}–{last}"
            limits = total[["estimate", "low", "high"]].astype(float) / size
            rows.append([name, size, *limits, float(actual[inside].sum() / size)])
        return pd.DataFrame(rows, columns=["frequency", "customers", "expected", "low", "high", "actual"])


def _is_off(groups, level=0.95):
    """Which groups lie outside their interval once it is widened for their number."""
    if groups.empty:
        return np.zeros(0, bool)
    wider = normal_quantile(1 - (1 - level) / len(groups)) / normal_quantile(level)
    low = groups["expected"] - wider * (groups["expected"] - groups["low"])
    high = groups["expected"] + wider * (groups["high"] - groups["expected"])
    return ((groups["actual"] < low) | (groups["actual"] > high)).to_numpy()


def _error(groups, mean, made, n):
    """Root mean square error per customer over the groups; of the total where there are none."""
    if groups.empty:
        return abs(mean - made) / n if n else float("nan")
    error = (groups["expected"] - groups["actual"]).astype(float)
    return float(np.sqrt(np.average(error**2, weights=groups["customers"])))


def _verdict(made, low, high):
    if pd.isna(low):
        return "not known"
    return "under-predicts" if made > high else "over-predicts" if made < low else "agrees"


def _pooled(classes):
    """The first and the last value of each group of at least `FEWEST`, from the highest values down; none where there are fewer in all."""
    pools = []
    values, sizes = np.unique(classes, return_counts=True)
    for value, size in zip(values[::-1], sizes[::-1], strict=True):
        if pools and pools[-1][2] < FEWEST:
            pools[-1] = (int(value), pools[-1][1], pools[-1][2] + size)
        else:
            pools.append((int(value), int(value), size))
    if len(pools) > 1 and pools[-1][2] < FEWEST:
        first, *_ = pools.pop()
        pools[-1] = (first, *pools[-1][1:])
    return [(first, last) for first, last, _ in reversed(pools)] if len(classes) >= FEWEST else []
