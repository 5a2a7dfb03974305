"""The firm's picture of itself: how staff rate what customers experience, against how customers rate it."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.named_rows import named_rows
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_mean
from cxresearch.stats.equivalence import clustered_newcombe, welch
from cxresearch.stats.multiplicity import benjamini_hochberg, benjamini_hochberg_intervals
from cxresearch.words import count_text

ALL = "all"
LEAST = 10  # ratings on either side, and customers


class PerceptionGap(Estimator):
    """Staff ratings against customers' ratings, by level of staff, department and touchpoint.

    The gap is the staff's mean less the customers', by Welch's t with errors clustered by customer and by rater; beside it the
    difference of the shares of the two best marks, by Newcombe's interval on effective bases. Gaps are claimed from all comparisons of a fit:
    their p-values are Benjamini–Hochberg's over all. That there is no gap is a question of its own for the departments of each level of
    staff, for their touchpoints and for the whole firm, and p-values are those of
    :func:`~cxresearch.stats.multiplicity.benjamini_hochberg_intervals` within each. A verdict needs a test either way:

    - *overrated*, *underrated*: the gap differs from 0 at half of 1 − level, because either direction is a claim of its own, and
      is not shown to be smaller than the margin;
    - *no gap*: two one-sided tests show it, at 1 − level, to be smaller than the margin;
    - *undecided*: neither.

    Over the whole firm only departments that both sides rate are pooled, each with the ratings it has: where staff and customers rate them in
    different proportions, that gap holds the difference of the mix too.

    Assumed: both sides rate the same thing on the same scale; where the highest mark of one side is half of the other's or less, nothing is
    compared. Customers who do not answer are on neither side; where those who do are the more content, or the less, the gap is off by that.

    Parameters
    ----------
    margin : float
        The largest gap that does not matter, in points of the scale.
    best : float, optional
        From which mark a rating counts among the two best; one less than the highest mark given by default.
    level : float
        Confidence level.

    Attributes
    ----------
    gaps_ : DataFrame
        level, department, touchpoint (``all`` where pooled), is_pooled, is_department (over all touchpoints: a department may itself be
        called all), n_staff, n_customers (ratings), customers, raters (people), staff, customer (means), gap,
        low, high, p_value, p_equivalence, staff_best, customer_best, best_gap, best_low, best_high, verdict.
    departments_, touchpoints_ : DataFrame
        The rows of gaps_ at the main level of staff: departments over all touchpoints, those with an interval, and single touchpoints.
    firm_ : DataFrame
        The rows of gaps_ over all departments, one per level of staff.
    main_level_ : str
        The level of staff with the most ratings of departments that customers rated; of equals the first in alphabetical order.
    best_ : float
        The cut used.
    left_out_ : list of str

    References
    ----------
    Parasuraman, A., Zeithaml, V. A. & Berry, L. L. (1985). *Journal of Marketing* 49(4), 41–50 (gap 1).

    Examples
    --------
    >>> random = np.random.default_rng(2)
    >>> contacts = pd.DataFrame({"department": "Billing", "touchpoint": "invoice", "customer_id": range(400),
    ...     "satisfaction": random.normal(6.8, 1.5, 400).round().clip(1, 10)})
    >>> staff = pd.DataFrame({"department": "Billing", "touchpoint": "invoice", "level": "staff",
    ...     "rating": random.normal(8.8, 1.2, 25).round().clip(1, 10)})
    >>> found = PerceptionGap().fit(contacts, staff)
    >>> found.gaps_[["department", "touchpoint", "gap", "low", "high", "verdict"]].round(1).tail(1)
      department touchpoint  gap  low  high    verdict
    2    Billing    invoice  1.6  1.1   2.1  overrated
    """

    def __init__(self, margin=0.5, best=None, level=0.95):
        self.margin = margin
        self.best = best
        self.level = level

    def fit(self, contacts, staff):
        """Compare.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            satisfaction, department; touchpoint and customer_id where they are there.
        staff : pandas.DataFrame or Ibis table
            rating, department; touchpoint, level, and staff_id (who rated) where they are there.

        Returns
        -------
        PerceptionGap
            This object.

        Raises
        ------
        NotEnough
            Where either side has no ratings of a department, both have too few of the same departments, or they use different scales.
        ValueError
            For a missing column, or a rating that is no number.
        """
        if not self.margin > 0:
            raise ValueError(f"margin is {self.margin}, not above 0")
        theirs = _side(contacts, "contacts", "satisfaction", "customer_id")
        ours = _side(staff, "staff ratings", "rating", "staff_id")
        _must_meet(ours, theirs)
        highest = max(ours["mark"].max(), theirs["mark"].max())
        self.best_ = float(highest - 1 if self.best is None else self.best)
        theirs = theirs[theirs["department"].isin(ours["department"])]
        compared = _levels_compared(ours, theirs)
        self.main_level_ = min(compared.index[compared == compared.max()])
        found, few = [], 0
        for where, *sides in _comparisons(ours, theirs):
            if _is_small(*sides):
                few += 1
            else:
                found.append(where | self._row(*sides))
        if not found:
            raise NotEnough(f"fewer than {LEAST} customers rated the departments that staff rated")
        what = "1 comparison is" if few == 1 else f"{few} comparisons are"
        why = f"not shown: fewer than {LEAST} ratings on one side, or fewer than {LEAST} customers"
        self.left_out_ = [f"{what} {why}"] if few else []
        self.gaps_ = self._judged(pd.DataFrame(found))
        main = self.gaps_[(self.gaps_["level"] == self.main_level_) & ~self.gaps_["is_pooled"]]
        whole = main[main["is_department"]]
        self.departments_ = whole[whole["low"].notna()]
        same = len(whole) - len(self.departments_)
        if same:
            what = "1 department is" if same == 1 else f"{same} departments are"
            self.left_out_.append(f"{what} not compared: all ratings are the same on both sides")
        self.touchpoints_ = main[~main["is_department"]]
        self.firm_ = self.gaps_[self.gaps_["is_pooled"]]
        return self

    def means(self):
        """The gap in means of each department, at the main level of staff.

        Returns
        -------
        pandas.DataFrame
            With the columns of :mod:`cxresearch.stats.rows`; n counts the smaller side's ratings.
        """
        return self._rows(self.departments_)

    def best_marks(self):
        """The firm's gap in the share of the two best marks, one row per level of staff; n counts the staff's ratings."""
        return rows.summary(
            rows.row(f"{g.level} minus customers: marks of {self.best_:g} or more", (g.best_gap, g.best_low, g.best_high), g.n_staff,
                     f"Newcombe, clustered{_ratings(g)}", "points")
            for g in self.firm_.itertuples()
        )  # fmt: skip

    def summary(self):
        """The gaps in means, one row per comparison.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (the smaller side's ratings), method, unit.
        """
        return self._rows(self.gaps_)

    @staticmethod
    def _rows(gaps):
        whole = gaps["is_pooled"] | gaps["is_department"]
        place = gaps["department"].where(whole, gaps["department"] + ", " + gaps["touchpoint"].astype(str))
        return rows.summary(
            rows.row(f"{g.level} minus customers: {name}", (g.gap, g.low, g.high), min(g.n_staff, g.n_customers),
                     f"Welch's t, clustered{_ratings(g)}")
            for name, g in zip(place, gaps.itertuples(), strict=True)
        )  # fmt: skip

    def _row(self, ours, theirs):
        staff = clustered_mean(ours["mark"], ours["who"], self.level)
        customer = clustered_mean(theirs["mark"], theirs["who"], self.level)
        gap = welch(staff, customer, self.margin, self.level)
        high = [side["mark"] >= self.best_ for side in (ours, theirs)]
        best = clustered_newcombe(high[0], ours["who"], high[1], theirs["who"], self.level)
        return {
            "n_staff": staff.n, "n_customers": customer.n, "customers": customer.clusters,
            "raters": staff.clusters,
            "staff": staff.estimate, "customer": customer.estimate,
            "gap": gap.estimate, "low": gap.low, "high": gap.high,
            "p_value": gap.p_difference, "p_equivalence": gap.p_equivalence,
            "staff_best": high[0].mean(), "customer_best": high[1].mean(),
            "best_gap": best.estimate, "best_low": best.low, "best_high": best.high,
        }  # fmt: skip

    def _judged(self, gaps):
        known = gaps["p_value"].notna()
        if known.any():
            gaps.loc[known, "p_value"] = benjamini_hochberg(gaps.loc[known, "p_value"]).p_value
        for _, part in gaps[gaps["p_equivalence"].notna()].groupby(["level", "is_pooled", "is_department"]):
            gaps.loc[part.index, "p_equivalence"] = benjamini_hochberg_intervals(
                part["p_equivalence"]
            ).p_value
        alpha = 1 - self.level
        differs, equal = gaps["p_value"] <= alpha / 2, gaps["p_equivalence"] <= alpha
        verdict = np.where(gaps["gap"] > 0, "overrated", "underrated")
        gaps["verdict"] = np.where(equal, "no gap", np.where(differs, verdict, "undecided"))
        return gaps


def _ratings(gap):
    """How many people the ratings of staff come from, where they gave several."""
    return f"; ratings by {count_text(gap.raters)} of staff" if gap.raters < gap.n_staff else ""


def _side(data, what, mark, who):
    """The ratings of one side: mark, department, touchpoint, level, and whose each is (None where nobody is named)."""
    known = named_rows(data, [mark, "department"], what, mark).reset_index(drop=True)
    blank = pd.Series(None, known.index, dtype=object)
    level = known["level"].fillna("staff").astype(str) if "level" in known else "staff"
    return pd.DataFrame(
        {
            "mark": numbers(known[mark], mark).astype(float),
            "department": known["department"].astype(str),
            "touchpoint": known.get("touchpoint", blank),
            "level": level,
            "who": known.get(who, blank),
        }
    )


def _levels_compared(ours, theirs):
    """How many ratings each level of staff gave to departments that customers rated."""
    return ours.loc[ours["department"].isin(theirs["department"]), "level"].value_counts()


def _must_meet(ours, theirs):
    most = _levels_compared(ours, theirs).max() if len(ours) else 0
    if not most >= LEAST or theirs["department"].isin(ours["department"]).sum() < LEAST:
        raise NotEnough(
            f"staff of any one level, or customers, gave fewer than {LEAST} ratings to departments that both rated"
        )
    highest = [side["mark"].max() for side in (ours, theirs)]
    if 2 * min(highest) <= max(highest):
        marks = f"the highest mark is {highest[0]:g} from staff and {highest[1]:g} from customers"
        raise NotEnough(f"{marks}, so they rate on different scales")


def _is_small(ours, theirs):
    people = theirs["who"].nunique() + theirs["who"].isna().sum()
    return min(len(ours), len(theirs), people) < LEAST


def _comparisons(ours, theirs):
    """What is compared: where it stands, and the ratings of both sides; for each level of staff the firm, its departments, their touchpoints."""
    for level, side in ours.groupby("level", sort=True):
        both = side["department"].isin(theirs["department"]), theirs["department"].isin(side["department"])
        where = {
            "level": level,
            "department": ALL,
            "touchpoint": ALL,
            "is_pooled": True,
            "is_department": False,
        }
        yield where, side[both[0]], theirs[both[1]]
        for department, part in side.groupby("department", sort=True):
            seen = theirs[theirs["department"] == department]
            where = where | {"department": department, "is_pooled": False}
            yield where | {"is_department": True}, part, seen
            for touchpoint, some in part.groupby("touchpoint", sort=True):
                yield where | {"touchpoint": touchpoint}, some, seen[seen["touchpoint"] == touchpoint]
