"""Whether a forecast of purchases came true: predicted beside made, and a verdict in words."""

import numpy as np
import pandas as pd

from cxresearch.models.estimator import Estimator

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
        (made − expected) / made; positive where the model expected too few.
    verdict_ : str
        ``under-predicts``, ``over-predicts`` or ``agrees``: where the count made lies against its 95 % prediction
        interval; ``not known`` where there is none because the parameters are not identified.

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
        """
        known = made[made["customer_id"].isin(rfm["customer_id"])]
        actual = rfm["customer_id"].map(known["customer_id"].value_counts()).fillna(0).to_numpy()
        self.expected_, self.n_ = self.model.expected_total(rfm, t), len(rfm)
        self.made_ = int(actual.sum())
        rows = []
        classes = rfm["frequency"].clip(upper=self.top).to_numpy()
        for first, last in _pooled(classes) if self.by_frequency else ():
            inside = (classes >= first) & (classes <= last)
            group = rfm[inside]
            total = self.model.expected_total(group, t, draws=500).iloc[1]
            name = f"{first}+" if last == self.top else f"{first}" if first == last else f"{first}–{last}"
            size = len(group)
            actual_here = actual[inside].sum()
            rows.append([name, size, *(total[["estimate", "low", "high"]] / size), actual_here / size])
        names = ["frequency", "customers", "expected", "low", "high", "actual"]
        self.groups_ = pd.DataFrame(rows, columns=names)
        self.groups_[names[2:]] = self.groups_[names[2:]].astype(float)
        likely = self.expected_.iloc[1]
        self.off_ = (self.made_ - likely["estimate"]) / self.made_ if self.made_ else float("nan")
        self.verdict_ = (
            "not known"
            if pd.isna(likely["low"])
            else "under-predicts"
            if self.made_ > likely["high"]
            else "over-predicts"
            if self.made_ < likely["low"]
            else "agrees"
        )
        return self

    def summary(self, name="the model"):
        """What was made, what was expected, and by how much the forecast was off: metric, estimate, low, high, n, method, unit.

        The last is (made − expected)/expected; its interval is that of the count that was to be made.
        """
        n, likely = self.n_, self.expected_.iloc[1]
        mean, low, high = (float(likely[c]) for c in ("estimate", "low", "high"))
        off = [(self.made_ - end) / mean for end in (mean, high, low)] if mean > 0 else [float("nan")] * 3
        off = off if low == low else [float("nan")] * 3
        told = [mean, low, high] if low == low else [float("nan")] * 3
        rows = [
            [f"{name}: purchases made", self.made_, None, None, n, "count", ""],
            [f"{name}: purchases expected", *told, n, likely["method"], ""],
            [f"{name}: off by", *off, n, "made less expected, of expected; prediction interval", "share"],
        ]
        return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method", "unit"])


def _pooled(classes):
    """The first and the last value of each group of at least `FEWEST`, from the highest values down; none where there are fewer in all."""
    found = []
    values, sizes = np.unique(classes, return_counts=True)
    for value, size in zip(values[::-1], sizes[::-1], strict=True):
        if found and found[-1][2] < FEWEST:
            found[-1] = (int(value), found[-1][1], found[-1][2] + size)
        else:
            found.append((int(value), int(value), size))
    if len(found) > 1 and found[-1][2] < FEWEST:
        first, *_ = found.pop()
        found[-1] = (first, *found[-1][1:])
    return [(first, last) for first, last, _ in reversed(found)] if len(classes) >= FEWEST else []
