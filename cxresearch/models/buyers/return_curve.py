"""How soon customers come back: the time from one day of purchase to the next."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.rows import row, summary

MARKS = (4, 13, 26, 39, 52, 78)  # weeks at which shares are stated
FEWEST, MOST_GAPS = (30, 10), 5  # customers and returns that a curve needs; curves at most


class ReturnCurve(Estimator):
    """Share of buyers who have come back within so many weeks, after each of their purchases (Kaplan–Meier).

    A customer who has not come back yet is counted for as long as observed and no longer, so that recent customers are not held against
    the firm. Each customer counts once per curve; there is one for the first purchase, and one for each later one that thirty customers
    reached and ten came back from, up to the fifth.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    curves_ : dict
        Number of the purchase → KaplanMeier of the time to the next one.
    marks_ : pandas.DataFrame
        week, estimate, low, high, n: the share who have made a second purchase by then.
    until_ : float
        Where the later curves need not be shown any more: the longest time, at most 78 weeks.

    Examples
    --------
    >>> gaps = pd.DataFrame({"number": 1, "duration": [2.0, 3.0, 5.0, 8.0, 14.0] * 8, "has_ended": [True, True, True, False, False] * 8})
    >>> ReturnCurve().fit(gaps).summary().round(3)[["metric", "estimate", "low", "high", "n"]]
                             metric  estimate    low   high   n
    0   bought again within 4 weeks       0.4  0.267  0.568  40
    1  bought again within 13 weeks       0.6  0.454  0.750  40
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, gaps):
        """Estimate the curves.

        Parameters
        ----------
        gaps : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.purchase_gaps` in weeks: number, duration, has_ended.

        Returns
        -------
        ReturnCurve

        Raises
        ------
        NotEnough
            If fewer than ten customers have been observed after their first purchase.
        """
        gaps = table(gaps, ["number", "duration", "has_ended"], "gaps", may_be_empty=True)
        if (gaps["number"] == 1).sum() < FEWEST[1]:
            raise NotEnough("fewer than ten customers have been observed after their first purchase")
        sizes = gaps.groupby("number").agg(n=("has_ended", "size"), ended=("has_ended", "sum"))
        is_enough = (sizes["n"] >= FEWEST[0]) & (sizes["ended"] >= FEWEST[1]) & (sizes.index <= MOST_GAPS)
        self.curves_ = {
            number: KaplanMeier(self.level).fit(
                rows["duration"].to_numpy(float), rows["has_ended"].to_numpy(float)
            )
            for number, rows in gaps.groupby("number")
            if number == 1 or is_enough[number]
        }
        self.until_ = float(min(gaps["duration"].max(), MARKS[-1]))
        self.marks_ = self._marks(self.curves_[1])
        return self

    def summary(self):
        """The share who have made a second purchase within given weeks."""
        method = "Kaplan–Meier, log–log limits"
        return summary(
            row(f"bought again within {mark.week} weeks", mark[2:5], mark.n, method, "share")
            for mark in self.marks_.itertuples()
        )

    def medians(self):
        """Median weeks from each purchase to the next, where at least half of the customers come back; may be empty."""
        method = "Kaplan–Meier, Brookmeyer–Crowley"
        rows = [
            row(
                f"median weeks to the next, after purchase {number}",
                curve.quantile(0.5),
                int(curve.n_),
                method,
            )
            for number, curve in self.curves_.items()
        ]
        return summary(rows).dropna(subset=["estimate", "low", "high"]).reset_index(drop=True)

    @staticmethod
    def _marks(curve):
        weeks = [week for week in MARKS if week <= curve.last_time_] or [int(curve.last_time_)]
        at = curve.at(weeks)
        shares = {"estimate": 1 - at["survival"], "low": 1 - at["high"], "high": 1 - at["low"]}
        return pd.DataFrame({"week": weeks, **shares, "n": int(np.rint(curve.n_))})
