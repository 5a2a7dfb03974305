"""Who comes back: the share of each quarter's new buyers within a year, and of last year's buyers in the last quarter."""

import datetime

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.months import months_later
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.rows import row, summary

FEWEST = 10
COHORTS = 8
WITHIN = 52  # weeks
LATELY = "buyers of the 12 months before who bought in the last 3 months"
AGAIN = f"new buyers who bought again within {WITHIN} weeks, latest quarter that is old enough"


class RepeatBuyers(Estimator):
    """Repurchase within 52 weeks by cohort of first purchase, and buyers active in the last quarter, with Wilson's interval.

    Both can fall: every cohort has had the same time to come back, and whoever bought a year ago counts as lost until they buy again. The
    share of all buyers who have ever bought again can only rise as they grow older; it is no measure of how a business does.

    A cohort is those who first bought in three months; the latest ends 52 weeks before `as_of`, so that each of its customers was observed
    for 52 weeks.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    cohorts_ : pandas.DataFrame
        ends_on, customers, back, estimate, low, high: latest cohort last; at most eight, of ten customers or more, none of which reaches back
        to before the first purchase on record.
    change_ : Interval or None
        Repurchase in the latest cohort less that of the cohort a year before (Newcombe).
    active_ : Interval or None
        Share of the buyers of the twelve months before the last three who bought in the last three; None for fewer than ten.
    n_, before_ : int
        All buyers, and those of the twelve months before.
    back_ : int
        Buyers who have ever bought again.
    headline_ : list of str

    Examples
    --------
    >>> first = pd.to_datetime(["2025-05-01"] * 40 + ["2025-08-01"] * 40)
    >>> dates = pd.DataFrame({"first_on": first, "second_on": first + pd.Timedelta(weeks=30), "has_bought_before": True})
    >>> dates.loc[[*range(10), *range(40, 60)], "second_on"] = pd.NaT
    >>> found = RepeatBuyers().fit(dates.assign(has_bought_lately=dates.index % 4 == 0), "2026-09-30")
    >>> found.cohorts_.round(3)
          ends_on  customers  back  estimate    low   high
    0  2025-10-01         40    20       0.5  0.352  0.648
    >>> found.summary()[["metric", "estimate"]].round(3)["estimate"].tolist()
    [0.5, 0.25]
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, dates, as_of):
        """Count who came back.

        Parameters
        ----------
        dates : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.buyer_dates`.
        as_of : datetime.date or str

        Returns
        -------
        RepeatBuyers

        Raises
        ------
        NotEnough
            If fewer than ten customers have bought.
        """
        columns = ["first_on", "second_on", "has_bought_lately", "has_bought_before"]
        dates = table(dates, columns, "dates", may_be_empty=True)
        if len(dates) < FEWEST:
            raise NotEnough("fewer than ten customers have bought")
        as_of = datetime.date.fromisoformat(str(as_of))
        first = pd.to_datetime(dates["first_on"])
        again = (pd.to_datetime(dates["second_on"]) - first).dt.days <= 7 * WITHIN
        self.n_, self.back_ = len(dates), int(dates["second_on"].notna().sum())
        self.cohorts_ = self._cohorts(first, again, as_of)
        self.change_ = self._change(self.cohorts_.set_index("ends_on"), as_of)
        was = dates["has_bought_before"].astype(bool)
        self.before_ = int(was.sum())
        lately = int(dates["has_bought_lately"].astype(bool)[was].sum())
        known = self.before_ >= FEWEST
        self.active_ = wilson(lately, self.before_, self.level) if known else None
        self.headline_ = [AGAIN] * (len(self.cohorts_) > 0) + [LATELY] * known
        return self

    def summary(self):
        """The latest cohort's repurchase, and the buyers active in the last quarter."""
        rows = []
        if len(self.cohorts_):
            last = self.cohorts_.iloc[-1]
            limits = last[["estimate", "low", "high"]].astype(float)
            rows.append(row(AGAIN, limits, int(last["customers"]), "Wilson score", "share"))
        if self.active_ is not None:
            rows.append(row(LATELY, self.active_, self.before_, "Wilson score", "share"))
        return summary(rows)

    def by_cohort(self):
        """Repurchase within 52 weeks, one row per cohort."""
        return summary(
            row(
                f"first bought in the 3 months to {c.ends_on}",
                (c.estimate, c.low, c.high),
                c.customers,
                "Wilson score",
                "share",
            )
            for c in self.cohorts_.itertuples()
        )

    def _change(self, cohorts, as_of):
        latest = as_of - datetime.timedelta(weeks=WITHIN)
        ends = [latest, months_later(latest, -12)]
        if cohorts.index.isin(ends).sum() != len(ends):
            return None
        last, before = (cohorts.loc[end] for end in ends)
        return newcombe(last["back"], last["customers"], before["back"], before["customers"], self.level)

    def _cohorts(self, first, again, as_of):
        latest, rows = as_of - datetime.timedelta(weeks=WITHIN), []
        for back in range(COHORTS):
            end, start = months_later(latest, -3 * back), months_later(latest, -3 * back - 3)
            if pd.Timestamp(start) < first.min() - pd.Timedelta(days=1):
                break
            inside = ((first > pd.Timestamp(start)) & (first <= pd.Timestamp(end))).to_numpy()
            n = int(inside.sum())
            if n >= FEWEST:
                came = int(again[inside].sum())
                rows.append([end, n, came, *map(float, wilson(came, n, self.level))])
        columns = ["ends_on", "customers", "back", "estimate", "low", "high"]
        return pd.DataFrame(rows[::-1], columns=columns).astype({"customers": np.int64, "back": np.int64})
