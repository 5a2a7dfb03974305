"""Journeys laid out in time: how many customers go from which touchpoint to which, step by step, and how their journeys end."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.share_gap import share_gap
from cxresearch.models.journeys.shown_share import shown_share
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.words import SUPPRESSED, count_text

NEEDED = ["who", "journey", "position", "came_from", "touchpoint", "goes_to"]
START, EXIT = "^", "$"
OTHERS, LATER = "other touchpoints", "later contacts"
OUTCOMES = {  # what is bad about a journey, in words
    "has_left": "left afterwards",
    "unsettled": "ended with the matter unsettled",
}
LONG = 0.9  # share of journeys that are over after the last step drawn


class JourneyFlow(Estimator):
    """Counts of journeys by step, and which steps belong to journeys that end badly more, or less, often than others.

    Only journeys count whose beginning and end are known. At each step the touchpoints of most customers keep their names, all others are one; of the
    edges between two steps those of most customers are named, the rest is counted together. Whether journeys that take an edge end badly more often than those that do not is
    tested by a difference of shares, clustered by customer and corrected over the edges named. It is a picture of what goes with what: journeys on different jobs are
    compared, which :class:`~cxresearch.models.journeys.weak_points.WeakPoints` does at the same mix.

    Parameters
    ----------
    steps : int
        Most steps laid out; what comes after them is one node.
    touchpoints : int
        Named at each step.
    edges : int
        Named in all.
    level : float
        Confidence level.
    alpha : float
        Level of the corrected tests.

    Attributes
    ----------
    edges_ : DataFrame
        step, touchpoint, goes_to (``$`` is the end), journeys, customers, outcome, outcome_low, outcome_high (share that ended badly; missing for fewer than
        ten customers on either side), verdict (``worse``, ``better``, ``no clear difference`` or ``not known``); the named edges, most customers first.
    rest_ : DataFrame
        step, edges, journeys, customers: of all others, together.
    steps_, journeys_, customers_ : int
        Steps laid out, journeys and customers.
    outcome_, words_ : str or None
        What is bad about a journey (``has_left``, or else ``unsettled``), and in words; None where neither is known.
    overall_ : Interval or None
        Share of all journeys that ended badly; missing where fewer than ten customers are on one side of it.
    left_out_ : list of str

    Examples
    --------
    >>> first = pd.DataFrame({"who": range(60), "journey": range(60), "position": 1, "came_from": "^", "touchpoint": "order"})
    >>> first["goes_to"] = ["fault"] * 20 + ["$"] * 40
    >>> then = first.head(20).assign(position=2, came_from="order", touchpoint="fault", goes_to="$")
    >>> found = JourneyFlow().fit(pd.concat([first, then]).assign(is_resolved=[True] * 60 + [False] * 20))
    >>> found.edges_[["step", "touchpoint", "goes_to", "customers", "outcome", "verdict"]]
       step touchpoint goes_to  customers  outcome verdict
    0     1      order       $         40      0.0  better
    1     1      order   fault         20      1.0   worse
    2     2      fault       $         20      1.0   worse
    """

    def __init__(self, steps=4, touchpoints=5, edges=15, level=0.95, alpha=0.05):
        self.steps = steps
        self.touchpoints = touchpoints
        self.edges = edges
        self.level = level
        self.alpha = alpha

    def fit(self, steps, journeys=None):
        """Lay the journeys out.

        Parameters
        ----------
        steps : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.steps.journey_steps`; is_resolved is used where it is there.
        journeys : pandas.DataFrame or Ibis table, optional
            Of :func:`~cxresearch.features.journeys.customer_journeys.customer_journeys`: journey and has_left.

        Returns
        -------
        JourneyFlow
            This object.

        Raises
        ------
        NotEnough
            Where no journey is known from its beginning to its end, or no step was taken by ten customers.
        ValueError
            For a missing column.
        """
        known = table(steps, NEEDED, "steps", may_be_empty=True)
        known = known.astype(dict.fromkeys(("came_from", "touchpoint", "goes_to"), object))
        bounds = [
            set(known.loc[known[a] == b, "journey"]) for a, b in (("came_from", START), ("goes_to", EXIT))
        ]
        known = known[known["journey"].isin(bounds[0] & bounds[1])].reset_index(drop=True)
        if not len(known):
            raise NotEnough("no journey is known from its beginning to its end")
        self.left_out_ = []
        known["journey"], keys = pd.factorize(known["journey"])
        size = np.bincount(known["journey"])
        self.steps_ = int(min(max(np.quantile(size, LONG, method="higher"), 2), self.steps))
        self.journeys_, self.customers_ = len(size), int(known["who"].nunique())
        outcome = self._outcome(known, keys, journeys)
        laid = self._laid_out(known)
        self._count(laid)
        self._judge(laid, outcome, known.groupby("journey")["who"].first())
        return self

    def _outcome(self, known, keys, journeys):
        """Whether each journey ended badly, as 0 and 1; missing where that is not known."""
        self.outcome_ = self.words_ = None
        found = pd.Series(np.nan, np.arange(len(keys)))
        if journeys is not None:
            left = table(journeys, ["journey", "has_left"], "journeys", may_be_empty=True)
            left = left.set_index("journey")["has_left"].astype("boolean").astype(float).reindex(keys)
            found = pd.Series(left.to_numpy(dtype=float, na_value=np.nan), found.index)
            self.outcome_ = "has_left" if found.nunique() > 1 else None
        if self.outcome_ is None and "is_resolved" in known and known["is_resolved"].notna().any():
            last = known.sort_values("position", kind="stable").groupby("journey")["is_resolved"].last()
            found = 1 - last.astype("boolean").astype(float)
            self.outcome_ = "unsettled" if found.nunique() > 1 else None
        if self.outcome_ is None:
            self.left_out_.append("how journeys ended is not known")
            return None
        self.words_ = OUTCOMES[self.outcome_]
        return found.to_numpy(dtype=float, na_value=np.nan)

    def _laid_out(self, known):
        """One row per journey and step: where from and where to, those of few customers put together."""
        laid = known[known["position"] <= self.steps_][
            ["journey", "who", "position", "touchpoint", "goes_to"]
        ]
        laid = laid.rename(columns={"position": "step"}).reset_index(drop=True)
        for step in range(1, self.steps_ + 1):
            here, before = laid["step"] == step, laid["step"] == step - 1
            counts = (
                laid[here].groupby("touchpoint")["who"].nunique().sort_values(ascending=False, kind="stable")
            )
            named = set(counts[counts >= SUPPRESSED].index[: self.touchpoints])
            if len(counts) - len(named) == 1 and counts.min() >= SUPPRESSED:
                named = set(counts.index)  # a single other one keeps its name
            laid.loc[here & ~laid["touchpoint"].isin(named), "touchpoint"] = OTHERS
            laid.loc[before & ~laid["goes_to"].isin({*named, EXIT}), "goes_to"] = OTHERS
        laid.loc[(laid["step"] == self.steps_) & (laid["goes_to"] != EXIT), "goes_to"] = LATER
        return laid

    def _count(self, laid):
        keys = ["step", "touchpoint", "goes_to"]
        counted = laid.groupby(keys).agg(journeys=("journey", "nunique"), customers=("who", "nunique"))
        counted = counted.reset_index().sort_values(
            ["customers", *keys], ascending=[False, True, True, True], ignore_index=True
        )
        is_named = (counted["customers"] >= SUPPRESSED) & (np.arange(len(counted)) < self.edges)
        if not is_named.any():
            raise NotEnough(f"no step from one touchpoint to the next was taken by {SUPPRESSED} customers")
        self.edges_ = counted[is_named].reset_index(drop=True)
        others = laid.merge(counted.loc[~is_named, keys], on=keys)
        rest = others.groupby("step").agg(journeys=("journey", "nunique"), customers=("who", "nunique"))
        rest.insert(0, "edges", counted[~is_named].groupby("step").size())
        self.rest_ = rest.reset_index()
        if len(others):
            self.left_out_.append(
                f"{count_text(others['who'].nunique(), 'customer')} on {(~is_named).sum():,} less frequent steps are drawn together"
            )

    def _judge(self, laid, outcome, who):
        """The share of each edge's journeys that ended badly, and how that compares with all other journeys."""
        columns = ["outcome", "outcome_low", "outcome_high"]
        self.edges_[columns], self.edges_["verdict"], self.overall_ = np.nan, "not known", None
        if outcome is None:
            return
        is_known, people = ~np.isnan(outcome), who.to_numpy()
        self.overall_ = shown_share(outcome[is_known], people[is_known], self.level)
        p, gaps = np.full(len(self.edges_), np.nan), np.zeros(len(self.edges_))
        taken = laid.groupby(["step", "touchpoint", "goes_to"])["journey"]
        for at, key in enumerate(
            self.edges_[["step", "touchpoint", "goes_to"]].itertuples(index=False, name=None)
        ):
            inside = np.zeros(len(outcome), dtype=bool)
            inside[taken.get_group(key)] = True
            own, rest = inside & is_known, ~inside & is_known
            if min(len(np.unique(people[side])) for side in (own, rest)) < SUPPRESSED:
                continue
            self.edges_.loc[at, columns] = list(shown_share(outcome[own], people[own], self.level))
            gap, p[at] = share_gap(outcome[is_known], inside[is_known], people[is_known], self.level, 0)
            gaps[at] = 0.0 if gap is None else gap.estimate
        tested = ~np.isnan(p)
        clear = np.zeros(len(p), dtype=bool)
        if tested.any():
            clear[tested] = benjamini_hochberg(p[tested], self.alpha).rejected
        verdict = np.where(gaps > 0, "worse", "better")
        self.edges_["verdict"] = np.select([clear, tested], [verdict, "no clear difference"], "not known")
