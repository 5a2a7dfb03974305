"""Where journeys break: touchpoints whose customers fare worse than others on the same jobs, ranked by what that costs."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.regression import dummies, least_squares
from cxresearch.stats import rows
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.words import SUPPRESSED, count_text

OUTCOMES = {  # outcome: what a loss is, its unit, and whether a fall of the outcome is the loss
    "has_left": ("left afterwards", "points", False),
    "spend_change": ("spent less afterwards", "money", True),
    "satisfaction": ("rated lower", "", True),
}
LOST = {"has_left": ("customers lost", ""), "spend_change": ("spend lost", "money")}  # customers × loss
MIX = ("job", "channel", "segment", "department")
HARDNESS = ("complexity", "prior_contacts")
FEWEST = 30  # customers who passed, and who did not


class WeakPoints(Estimator):
    """Loss at each touchpoint against the firm's other ways at the same mix of jobs, ranked by customers × loss.

    The unit is a journey. For each touchpoint the outcome is regressed on having passed it, with the job, channel, segment and department of the journey,
    its complexity, and the customer's contacts in the year before; the covariance is clustered by customer (HC1). A journey is thus compared
    with others on the same job that took another way. The rank is by customers who passed × the lower limit of the loss, so that a loss that may be
    nothing does not lead the list.

    A weak point is announced only if it passes two tests: Benjamini and Hochberg's over all touchpoints, and a comparison with shuffled
    journeys, in which what is left of the outcome is dealt anew to the journeys of the same job. There the largest of all touchpoints' t values
    is noted; the touchpoint's own must exceed it in all but 2 % of the shuffles, so that of firms without a weak point fewer than one in twenty is told of one, whether
    customers lost or ratings are looked at.

    Parameters
    ----------
    outcome : {"has_left", "spend_change", "satisfaction"}
        What a loss is.
    level : float
        Confidence level.
    alpha : float
        Level of both tests.
    shuffles : int
        How often outcomes are dealt anew.
    seed : int

    Attributes
    ----------
    points_ : DataFrame
        touchpoint, customers, journeys (that passed it), loss, low, high (share of customers lost, money or rating points per journey; positive is a loss), lost,
        lost_low, lost_high (customers × loss), p, p_shuffled, stands (announced); by customers × lower limit, then by customers × loss.
    unit_ : str
        Of the loss.
    words_ : str
        What the loss is.
    n_, customers_ : int
        Journeys whose outcome is known, and their customers.
    adjusted_ : list of str
        What the comparison holds equal.
    left_out_ : list of str

    Notes
    -----
    Whoever passes a complaint had a reason to: the difference is adjusted, not causal. Only a change made at the touchpoint for some
    customers and not for others would show what can be saved.

    Examples
    --------
    >>> rng = np.random.default_rng(3)
    >>> journeys = pd.DataFrame({"journey": np.arange(3000), "who": np.arange(3000) // 2, "job": rng.choice(["pay", "move"], 3000)})
    >>> steps = pd.DataFrame({"journey": journeys["journey"], "touchpoint": rng.choice(["form", "app", "desk"], 3000)})
    >>> journeys["has_left"] = rng.random(3000) < np.where(steps["touchpoint"] == "form", 0.12, 0.04)
    >>> found = WeakPoints().fit(journeys, steps)
    >>> found.points_.loc[found.points_["stands"], ["touchpoint", "loss", "low", "high"]].round(2)
      touchpoint  loss   low  high
    0       form  0.08  0.05   0.1
    """

    def __init__(self, outcome="has_left", level=0.95, alpha=0.02, shuffles=399, seed=0):
        self.outcome = outcome
        self.level = level
        self.alpha = alpha
        self.shuffles = shuffles
        self.seed = seed

    def fit(self, journeys, steps):
        """Compare journeys that passed each touchpoint with those that did not.

        Parameters
        ----------
        journeys : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.customer_journeys.customer_journeys`: journey, who and the outcome; job, channel, segment,
            department, complexity and prior_contacts where they are there.
        steps : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.steps.journey_steps`: journey and touchpoint.

        Returns
        -------
        WeakPoints
            This object.

        Raises
        ------
        NotEnough
            Where no outcome is known, it never varies, or no touchpoint was passed by enough customers and left out by as many.
        ValueError
            For another outcome, or a missing column.
        """
        if self.outcome not in OUTCOMES:
            raise ValueError(f"outcome is {self.outcome!r}, not one of {', '.join(OUTCOMES)}")
        self.words_, self.unit_, falls = OUTCOMES[self.outcome]
        known = table(journeys, ["journey", "who", self.outcome], "journeys", may_be_empty=True)
        passed = table(steps, ["journey", "touchpoint"], "steps", may_be_empty=True)
        known = known[known[self.outcome].notna()].reset_index(drop=True)
        if not len(known):
            raise NotEnough(f"of no journey it is known whether its customer {self.words_}")
        y = np.asarray(numbers(known[self.outcome].astype(float), self.outcome), dtype=float) * (
            -1 if falls else 1
        )
        if not np.ptp(y):
            raise NotEnough(
                f"all journeys have the same outcome: no customer {self.words_}, or all did alike"
            )
        self.left_out_ = []
        self.n_, who = len(known), clusters_of(known["who"], len(known))
        self.customers_ = int(who.max()) + 1
        went = self._went(known, passed, who)
        mix, stratum = self._mix(known)
        self._compare(y, mix, went, who, stratum)
        return self

    def summary(self):
        """The losses in order.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group (``loss`` or ``lost``).
        """
        how = "least squares at the same mix, clustered by customer"
        found = []
        for r in self.points_.itertuples():
            loss, lost = (r.loss, r.low, r.high), (r.lost, r.lost_low, r.lost_high)
            found.append(
                rows.row(f"{r.touchpoint}: {self.words_}", loss, r.customers, how, self.unit_)
                | {"group": "loss"}
            )
            if self.outcome in LOST:
                what, unit = LOST[self.outcome]
                line = rows.row(
                    f"{r.touchpoint}: {what}", lost, r.customers, f"customers × loss, {how}", unit
                )
                found.append(line | {"group": "lost"})
        return rows.summary(found)

    def _went(self, known, passed, who):
        """Which journeys passed each touchpoint: journeys × touchpoints, those with enough customers on either side."""
        place = pd.Series(np.arange(len(known)), known["journey"])
        inside = passed[passed["journey"].isin(place.index)].drop_duplicates(["journey", "touchpoint"])
        row, names = inside["journey"].map(place).to_numpy(), sorted(inside["touchpoint"].unique())
        found, thin = {}, []
        for name in names:
            column = np.zeros(len(known))
            column[row[(inside["touchpoint"] == name).to_numpy()]] = 1.0
            sides = [len(np.unique(who[column == side])) for side in (1, 0)]
            if min(sides) >= FEWEST:
                found[name] = column
            else:
                thin.append(name)
        if not found:
            raise NotEnough(f"no touchpoint was passed by {FEWEST} customers and left out by as many")
        if thin:
            self.left_out_.append(
                f"{count_text(len(thin)) if len(thin) > SUPPRESSED else len(thin)} touchpoints were passed, or left out, by fewer than {FEWEST} customers and are not compared"
            )
        return pd.DataFrame(found)

    def _mix(self, known):
        """What is held equal, and the jobs within which outcomes are shuffled."""
        parts, self.adjusted_ = [pd.DataFrame({"one": np.ones(len(known))})], []
        for name in MIX:
            if name in known and known[name].nunique(dropna=False) > 1:
                parts.append(dummies(known[name], name))
                self.adjusted_.append(name)
        for name in HARDNESS:
            if name in known and known[name].notna().any():
                values, missing = known[name].astype(float), known[name].isna().to_numpy(dtype=float)
                parts.append(pd.DataFrame({name: values.fillna(values.mean()).to_numpy()}))
                if missing.any():
                    parts.append(pd.DataFrame({f"no {name}": missing}))
                self.adjusted_.append(name.replace("_", " "))
        if "job" not in self.adjusted_:
            self.left_out_.append("no journey names its job, so that journeys on different jobs are compared")
        job = known["job"].fillna("unknown").astype(str) if "job" in known else pd.Series("", known.index)
        return pd.concat(parts, axis=1), pd.factorize(job)[0]

    def _compare(self, y, mix, went, who, stratum):
        """One regression per touchpoint, and the largest t of each shuffle."""
        z = mix.to_numpy(dtype=float)
        base = np.linalg.pinv(z)
        rest, outcome = (
            went.to_numpy(dtype=float) - z @ (base @ went.to_numpy(dtype=float)),
            y - z @ (base @ y),
        )
        lines = []
        for k, name in enumerate(went.columns):
            is_here = went[name].to_numpy() > 0
            if np.square(rest[:, k]).sum() < 1e-6 * is_here.sum():
                self.left_out_.append(
                    f"{name} is passed on all journeys of its jobs, so that there is no other way to compare it with"
                )
                continue
            fit = least_squares(pd.concat([went[[name]], mix], axis=1), y, who)
            loss, low, high, p = fit.row(name, self.level)
            customers = len(np.unique(who[is_here]))
            lines.append(
                [
                    name,
                    customers,
                    int(is_here.sum()),
                    loss,
                    low,
                    high,
                    *(customers * np.array([loss, low, high])),
                    p,
                    k,
                ]
            )
        columns = [
            "touchpoint",
            "customers",
            "journeys",
            "loss",
            "low",
            "high",
            "lost",
            "lost_low",
            "lost_high",
            "p",
            "k",
        ]
        points = pd.DataFrame(lines, columns=columns)
        if not len(points):
            raise NotEnough("no touchpoint has another way on the same jobs beside it")
        kept = points["k"].to_numpy()
        observed = _t_values(rest[:, kept], outcome, who)
        largest = self._shuffled(rest[:, kept], outcome, who, stratum)
        points["p_shuffled"] = [(1 + (largest >= t).sum()) / (1 + len(largest)) for t in observed]
        passes = benjamini_hochberg(points["p"], self.alpha).rejected & (points["p_shuffled"] <= self.alpha)
        points["stands"] = passes & (points["low"] > 0)
        sure = points["customers"] * points["low"].clip(lower=0)
        points = points.assign(sure=sure).sort_values(
            ["sure", "lost"], ascending=False, kind="stable", ignore_index=True
        )
        self.points_ = points.drop(columns=["sure", "k"])

    def _shuffled(self, rest, outcome, who, stratum):
        """The largest t value of all touchpoints with the outcomes dealt anew within each job."""
        rng, largest = np.random.default_rng(self.seed), np.empty(self.shuffles)
        order = np.argsort(stratum, kind="stable")
        for draw in range(self.shuffles):
            dealt = np.empty(len(outcome))
            dealt[order] = outcome[np.lexsort([rng.random(len(outcome)), stratum])]
            largest[draw] = _t_values(rest, dealt, who).max()
        return largest


def _t_values(rest, outcome, who):
    """Slopes of the outcome on each column, one at a time, over their clustered errors: both are what the mix leaves of them."""
    square = np.square(rest).sum(axis=0)
    slope = rest.T @ outcome / square
    scores = np.empty((int(who.max()) + 1, rest.shape[1]))
    for k in range(rest.shape[1]):
        scores[:, k] = np.bincount(who, rest[:, k] * (outcome - slope[k] * rest[:, k]))
    error = np.sqrt(np.square(scores).sum(axis=0)) / square
    return slope / np.where(error > 0, error, np.inf)
