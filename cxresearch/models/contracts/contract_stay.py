"""How long contract customers stay, with those first seen late counted from then on, and what ignoring that would say."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

MARKS = (6, 12, 24, 36, 60, 84, 120, 180, 240)  # months at which shares are stated
FEWEST = 10
YEAR = 12
LATELY = "12-month retention of contract customers, last 12 months"


class ContractStay(Estimator):
    """Retention by months since the contract began (Kaplan–Meier).

    Customers older than the records are known because they stayed: they count from the month in which they were first observed. The
    naive curve takes them for beginners.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    curve_, naive_ : KaplanMeier
        With late entry counted, and ignored.
    marks_ : pandas.DataFrame
        month, estimate, low, high, n, naive: retention after given months at which at least ten are under observation.
    n_, left_, late_ : int
        Customers observed, those who have left, and those first observed after their first month; where the spells name no customers,
        stretches under contract. One who came back is one customer, and has left if any stretch ended.
    median_ : Interval
        Months after which half have left; missing where fewer have.
    others_ : int
        Of these, those that ended in a way that does not count as leaving: their holders count as not having left for as long as they
        could have been seen, so that the curve is one minus the cumulative incidence of leaving.
    lately_ : Interval or None
        Of those under contract and under observation twelve months ago, the share who have not left since; None for fewer than ten.
    before_ : int
        How many they are.
    headline_ : list of str
        The metric of the last twelve months, where there are enough.
    left_out_ : list of str
        What the curve does not speak of.

    Examples
    --------
    >>> spells = pd.DataFrame({"entry": [0, 0, 9] * 10, "duration": [5, 14, 20] * 10, "event": [True, True, False] * 10})
    >>> stay = ContractStay().fit(spells.assign(is_observed=True))
    >>> stay.marks_[["month", "estimate", "naive"]].round(3)
       month  estimate  naive
    0      6       0.5  0.667
    1     12       0.5  0.667
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, spells):
        """Estimate both curves.

        Parameters
        ----------
        spells : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.contract_spells` in months: entry, duration, event, is_observed; is_over and age where some
            ends do not count as leaving.

        Returns
        -------
        ContractStay

        Raises
        ------
        NotEnough
            If fewer than ten stretches were observed, or none of them ended.
        """
        spells = table(spells, ["entry", "duration", "event", "is_observed"], "spells", may_be_empty=True)
        seen = spells[spells["is_observed"].astype(bool)]
        if len(seen) < FEWEST:
            raise NotEnough("fewer than ten contract customers have been observed for a month")
        if not seen["event"].any():
            raise NotEnough(
                "no contract customer has left, and those still there cannot show how long customers stay"
            )
        # whoever ended in another way has not left, and could have been seen until today
        others = seen["is_over"].astype(bool) & ~seen["event"].astype(bool) if "is_over" in seen else None
        duration = seen["duration"] if others is None else seen["duration"].where(~others, seen["age"])
        self.others_ = 0 if others is None else int(others.sum())
        self.curve_ = KaplanMeier(self.level, start="auto").fit(duration, seen["event"], seen["entry"])
        self.naive_ = KaplanMeier(self.level).fit(duration, seen["event"])
        who = seen["customer_id"] if "customer_id" in seen else pd.Series(seen.index, seen.index)
        is_late, has_left = seen["entry"] > 0, seen["event"].astype(bool)
        self.n_, self.left_, self.late_ = (
            int(who[rows].nunique()) for rows in (who.notna(), has_left, is_late)
        )
        self.left_out_ = [sentence.removesuffix(".") for sentence in self.curve_.left_out_]
        start, last = self.curve_.start_, self.curve_.last_time_
        months = [month for month in MARKS if start < month <= last] or [int(last)]
        at = self.curve_.at(months)
        watched = (at["at_risk"] >= FEWEST).to_numpy()
        if watched.any() and not watched.all():
            # the curve runs level where hardly anybody is left to leave, and its limits with it
            months, at = list(np.array(months)[watched]), at[watched].reset_index(drop=True)
            self.left_out_.append(
                f"Retention is shown at {_marks(months)} months, where at least ten customers are under observation"
            )
        naive = self.naive_.at(months)["survival"]
        self.median_ = self.curve_.quantile(0.5)
        self._count_lately(seen)
        self.marks_ = pd.DataFrame(
            {"month": months, "estimate": at["survival"], "low": at["low"], "high": at["high"], "n": self.n_}
        ).assign(naive=naive.to_numpy())
        return self

    def summary(self):
        """Retention after given months, and the months after which half have left, where half have."""
        method = "Kaplan–Meier with late entry, log–log limits"
        rows = [row(_metric(m.month), m[2:5], m.n, method, "share") for m in self.marks_.itertuples()]
        if self.lately_ is not None:
            rows.insert(0, row(LATELY, self.lately_, self.before_, "Wilson score", "share"))
        if np.isfinite(self.median_[0]):
            how = "Kaplan–Meier with late entry, Brookmeyer–Crowley limits"
            rows.append(row("months until half of contract customers have left", self.median_, self.n_, how))
        return summary(rows)

    def _count_lately(self, seen):
        """Who was there a year ago, and has not left since; an end that does not count as leaving is none."""
        self.lately_, self.before_, self.headline_ = None, 0, []
        if "age" not in seen:
            return
        ago = seen["age"] - YEAR  # months of tenure twelve months ago
        was = (ago >= np.maximum(seen["entry"], 1)) & (seen["duration"] > ago)
        left = was & seen["event"].astype(bool)
        self.before_ = int(was.sum())
        if self.before_ >= FEWEST:
            self.lately_ = wilson(int(was.sum() - left.sum()), self.before_, self.level)
            self.headline_ = [LATELY]


def _marks(months):
    return f"{months[0]}" if len(months) == 1 else f"{', '.join(map(str, months[:-1]))} and {months[-1]}"


def _metric(month):
    return f"{month}-month retention of contract customers"
