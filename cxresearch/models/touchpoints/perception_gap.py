"""The firm's picture of itself: how staff rate what customers experience, beside how customers rate it."""

import numpy as np
import pandas as pd

from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.clustered import clustered_mean
from cxresearch.stats.equivalence import clustered_newcombe, welch
from cxresearch.stats.multiplicity import benjamini_hochberg

ALL = "all"
LEAST = 10  # ratings on either side


class PerceptionGap(Estimator):
    """Staff ratings against customers' ratings, by level of staff, department and touchpoint.

    The gap is the staff's mean less the customers', by Welch's t with errors clustered by customer and by rater; beside it the
    difference of the shares of the two best marks, by Newcombe's interval on effective bases. All comparisons of a fit are one
    family: p-values are Benjamini–Hochberg's. A verdict needs a test either way:

    - *overrated*, *underrated*: the gap differs from 0 at half of 1 − level, for either direction is a claim of its own, and is not
      shown to be smaller than the margin;
    - *no gap*: two one-sided tests show it, at 1 − level, to be smaller than the margin;
    - *undecided*: neither.

    Over the whole firm only departments that both sides rate are pooled, each with the ratings it has: where staff and customers rate them in
    different proportions, that gap holds the difference of the mix too.

    Assumed: both sides rate the same thing on the same scale; where the highest mark of one side is half of the other's or less, nothing is
    compared. Customers who do not answer are on neither side; as the content
    answer more readily, the true gap is rather larger.

    Parameters
    ----------
    margin : float
        The largest gap that does not matter, in points of the scale.
    best : float, optional
        From which mark a rating counts among the two best; one less than the highest mark given, unless said.
    level : float
        Confidence level.

    Attributes
    ----------
    gaps_ : DataFrame
        level, department, touchpoint (``all`` where pooled), is_pooled, is_department (over all touchpoints: a department may itself be
        called all), n_staff, n_customers (ratings), customers, raters (people), staff, customer (means), gap,
        low, high, p_value, p_equivalence, staff_best, customer_best, best_gap, best_low, best_high, verdict.
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

    def lacks(self, contacts, staff):
        """Why the two cannot be compared, as half a sentence; empty where they can."""
        if staff is None or not len(staff):
            return "there are no staff ratings"
        for name in ("satisfaction", "department"):
            if name not in contacts or not contacts[name].notna().any():
                return f"no contact has a {name}"
        rated = contacts.dropna(subset=["satisfaction", "department"])
        both = staff["department"].isin(rated["department"]) & staff["rating"].notna()
        levels = (
            staff["level"].fillna("staff").astype(str)
            if "level" in staff
            else pd.Series("staff", staff.index)
        )
        most = levels[both].value_counts().max() if both.any() else 0
        if most < LEAST or rated["department"].isin(staff["department"]).sum() < LEAST:
            return f"fewer than {LEAST} ratings of either side, of staff on one level, are of the same departments"
        ours, theirs = (
            pd.to_numeric(marks, errors="coerce").max() for marks in (staff["rating"], rated["satisfaction"])
        )
        if 2 * min(ours, theirs) <= max(ours, theirs):
            return f"the highest mark of staff is {ours:g}, of customers {theirs:g}: they rate on different scales"
        return ""

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
        ValueError
            For a missing column, a rating that is no number, or what :meth:`lacks` says.
        """
        if not self.margin > 0:
            raise ValueError(f"margin is {self.margin}, not above 0")
        contacts = table(contacts, ["satisfaction", "department"], "contacts")
        staff = table(staff, ["rating", "department"], "staff ratings")
        lacking = self.lacks(contacts, staff)
        if lacking:
            raise ValueError(f"contacts and staff ratings: {lacking}")
        theirs = _side(contacts.reset_index(drop=True), "satisfaction", "customer_id")
        staff = staff.reset_index(drop=True)
        ours = _side(staff, "rating", "staff_id")
        highest = max(ours["mark"].max(), theirs["mark"].max())
        self.best_ = float(highest - 1 if self.best is None else self.best)
        theirs = theirs[theirs["department"].isin(ours["department"])]
        ours["level"] = (
            staff["level"].reindex(ours.index).fillna("staff").astype(str) if "level" in staff else "staff"
        )
        compared = ours.loc[ours["department"].isin(theirs["department"]), "level"].value_counts()
        self.main_level_ = min(compared.index[compared == compared.max()])
        self.left_out_ = []
        few, rows = 0, []
        for level, side in ours.groupby("level", sort=True):
            both = (
                side["department"].isin(theirs["department"]),
                theirs["department"].isin(side["department"]),
            )
            units = [("firm", ALL, ALL, side[both[0]], theirs[both[1]])]
            for department, part in side.groupby("department", sort=True):
                seen = theirs[theirs["department"] == department]
                units.append(("department", department, ALL, part, seen))
                units += [
                    ("touchpoint", department, touchpoint, some, seen[seen["touchpoint"] == touchpoint])
                    for touchpoint, some in part.groupby("touchpoint", sort=True)
                ]
            for scope, department, touchpoint, staff_part, customer_part in units:
                if min(len(staff_part), len(customer_part)) < LEAST:
                    few += 1
                    continue
                where = {"level": level, "department": department, "touchpoint": touchpoint}
                where |= {"is_pooled": scope == "firm", "is_department": scope == "department"}
                rows.append(where | self._row(staff_part, customer_part))
        if few:
            self.left_out_.append(f"{few} comparisons with fewer than {LEAST} ratings on one side")
        self.gaps_ = self._judged(pd.DataFrame(rows))
        return self

    def summary(self):
        """The gaps in means, one row per comparison.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n (the smaller side's ratings), method.
        """
        g = self.gaps_
        whole = g["is_pooled"] | g["is_department"]
        place = g["department"].where(whole, g["department"] + ", " + g["touchpoint"].astype(str))
        return pd.DataFrame(
            {
                "metric": g["level"] + " less customers: " + place,
                "estimate": g["gap"], "low": g["low"], "high": g["high"],
                "n": g[["n_staff", "n_customers"]].min(axis=1), "method": "Welch's t, clustered",
            }
        )  # fmt: skip

    def _row(self, ours, theirs):
        staff = clustered_mean(ours["mark"], ours["who"], self.level)
        customer = clustered_mean(theirs["mark"], theirs["who"], self.level)
        found = welch(staff, customer, self.margin, self.level)
        high = [side["mark"] >= self.best_ for side in (ours, theirs)]
        best = clustered_newcombe(high[0], ours["who"], high[1], theirs["who"], self.level)
        return {
            "n_staff": staff.n, "n_customers": customer.n, "customers": customer.clusters,
            "raters": staff.clusters,
            "staff": staff.estimate, "customer": customer.estimate,
            "gap": found.estimate, "low": found.low, "high": found.high,
            "p_value": found.p_difference, "p_equivalence": found.p_equivalence,
            "staff_best": high[0].mean(), "customer_best": high[1].mean(),
            "best_gap": best.estimate, "best_low": best.low, "best_high": best.high,
        }  # fmt: skip

    def _judged(self, gaps):
        for name in ("p_value", "p_equivalence"):
            known = gaps[name].notna()
            if known.any():
                gaps.loc[known, name] = benjamini_hochberg(gaps.loc[known, name]).p_value
        alpha = 1 - self.level
        differs, equal = gaps["p_value"] <= alpha / 2, gaps["p_equivalence"] <= alpha
        verdict = np.where(gaps["gap"] > 0, "overrated", "underrated")
        gaps["verdict"] = np.where(equal, "no gap", np.where(differs, verdict, "undecided"))
        return gaps


def _side(frame, mark, who):
    """The ratings of one side: mark, department, touchpoint, and whose each is (None where nobody is named)."""
    known = frame[frame[mark].notna() & frame["department"].notna()]
    labels = {name: known[name] if name in known else pd.Series(None, known.index, dtype=object) for name in ("touchpoint", who)}  # fmt: skip
    return pd.DataFrame(
        {
            "mark": numbers(known[mark], mark).astype(float),
            "department": known["department"].astype(str),
            "touchpoint": labels["touchpoint"],
            "who": labels[who],
        },
        index=known.index,
    )
