"""What costs customers effort: earlier contacts, hand-offs, waiting and complexity; and what a change of hands costs."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import ratings, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.regression import dummies, is_filled, least_squares
from cxresearch.models.journeys.shown_share import shown_share
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_mean, clusters_of
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.words import SUPPRESSED

NEEDED = ["who", "journey", "position"]
TERMS = {  # column of the design: its words, and the unit of its coefficient
    "earlier": ("each earlier contact of the case", "per contact"),
    "changed": ("somebody else than the last time", "if so"),
    "handed": ("handed on", "if so"),
    "waited": ("each hour of waiting", "per hour"),
    "served": ("each ten minutes of service", "per ten minutes"),
    "complexity": ("each point of complexity", "per point"),
}
PLACES = ("channel", "department")
FEWEST = 100


class Effort(Estimator):
    """What customers' effort score goes with, and how much a change of hands costs in satisfaction.

    The effort score of a contact is regressed on the contacts of the case before it, on whether somebody else served than before, whether it
    was handed on, hours waited, time served and complexity, with channel and department held equal; the covariance is clustered by customer, and the
    terms are corrected together. Hand-offs are counted over pairs of consecutive contacts of a case; what one costs is the difference
    in the satisfaction with the contact after it, at the same complexity, place and number of earlier contacts.

    Parameters
    ----------
    level : float
        Confidence level.

    Attributes
    ----------
    drivers_ : DataFrame
        term, words, unit, estimate (points of effort), low, high, p, stands; largest t value first. Empty where no effort is recorded.
    r2_ : float
        Of that regression; missing without it.
    handed_ : Interval
        Share of pairs of consecutive contacts of a case that change hands; missing where fewer than ten customers are on one side of it.
    hand_offs_ : ClusteredMean
        Changes of hands per case.
    cost_ : sequence of float
        Satisfaction after a change of hands less without one: estimate, low, high, p; missing where it cannot be compared.
    pairs_, cases_, n_ : int
        Pairs that name who served, cases, and contacts with an effort score.
    left_out_ : list of str

    References
    ----------
    Dixon, M., Freeman, K. & Toman, N. (2010). *Harvard Business Review* 88(7/8), 116–122.

    Examples
    --------
    >>> rng = np.random.default_rng(4)
    >>> cases = pd.DataFrame({"who": np.repeat(range(300), 2), "journey": np.repeat(range(300), 2), "position": [1, 2] * 300})
    >>> cases["effort"] = 2 + 0.5 * (cases["position"] - 1) + rng.normal(scale=0.3, size=600)
    >>> found = Effort().fit(cases)
    >>> found.drivers_[["words", "estimate", "stands"]].round(1)
                                  words  estimate  stands
    0  each earlier contact of the case       0.5    True
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, steps):
        """Regress effort and satisfaction, and count hand-offs.

        Parameters
        ----------
        steps : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.steps.journey_steps` with ``of="case"``: who, journey, position; effort, satisfaction, changes_hands, is_transferred,
            wait_seconds, handle_seconds, complexity, channel and department where they are there.

        Returns
        -------
        Effort
            This object.

        Raises
        ------
        NotEnough
            Where contacts have no effort score and no two of a case name who served.
        ValueError
            For a missing column, or a score that is no number.
        """
        known = table(steps, NEEDED, "steps", may_be_empty=True)
        if not len(known):
            raise NotEnough("there are no contacts")
        known = known.sort_values(["journey", "position"], kind="stable", ignore_index=True)
        self.left_out_, self.cases_ = [], int(known["journey"].nunique())
        design, place = self._design(known)
        self._drivers(known, design, place)
        self._hand_offs(known)
        self._cost(known, design, place)
        if not self.n_ and not self.pairs_:
            raise NotEnough("no contact has an effort score, and no two contacts of a case name who served")
        return self

    def summary(self):
        """What effort goes with, and hand-offs.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group (``effort`` or ``hand-off``).
        """
        how = "least squares, clustered by customer"
        found = [
            rows.row(f"effort: {r.words}", (r.estimate, r.low, r.high), self.n_, how) | {"group": "effort"}
            for r in self.drivers_.itertuples()
        ]
        if self.pairs_:
            share, mean = "share of pairs, clustered by customer", "mean, clustered by customer"
            found.append(
                rows.row("next contact with somebody else", self.handed_, self.pairs_, share, "share")
                | {"group": "hand-off"}
            )
            if not np.isnan(self.handed_.estimate):  # times the cases it would say what is withheld
                found.append(
                    rows.row("hand-offs per case", self.hand_offs_[:3], self.cases_, mean)
                    | {"group": "hand-off"}
                )
        if not np.isnan(self.cost_[0]):
            found.append(
                rows.row("satisfaction after a hand-off", self.cost_[:3], self.compared_, how)
                | {"group": "hand-off"}
            )
        return rows.summary(found)

    def _design(self, known):
        """The columns that effort may depend on, and the places; a missing value is that column's mean."""
        x = pd.DataFrame({"earlier": known["position"].astype(float) - 1})
        if is_filled(known, "changes_hands"):
            changed = (
                known["changes_hands"].astype("boolean").astype(float).groupby(known["journey"]).shift(1)
            )
            x["changed"] = changed.fillna(0.0)
        for name, column, scale in (
            ("handed", "is_transferred", 1),
            ("waited", "wait_seconds", 3600),
            ("served", "handle_seconds", 600),
            ("complexity", "complexity", 1),
        ):
            if is_filled(known, column):
                values = known[column].astype("float64") / scale
                x[name] = values.fillna(values.mean())
        named = [name for name in PLACES if is_filled(known, name)]
        return x, [dummies(known[name], name) for name in named]

    def _drivers(self, known, design, place):
        columns = ["term", "words", "unit", "estimate", "low", "high", "p", "stands"]
        self.drivers_, self.n_, self.r2_ = pd.DataFrame(columns=columns), 0, np.nan
        if not is_filled(known, "effort"):
            self.left_out_.append("no contact has an effort score, so that what costs effort is not known")
            return
        fit, y = self._regress(known, "effort", design, place)
        if fit is None:
            self.left_out_.append(
                f"fewer than {FEWEST} contacts have an effort score, so that what costs effort is not known"
            )
            return
        self.n_, self.r2_ = len(y), float(1 - np.square(fit.residual).sum() / np.square(y - y.mean()).sum())
        lines = [[name, *TERMS[name], *fit.row(name, self.level)] for name in TERMS if name in fit.names]
        found = pd.DataFrame(lines, columns=columns[:-1])
        found["stands"] = benjamini_hochberg(found["p"]).rejected
        self.drivers_ = found.sort_values("p", kind="stable", ignore_index=True)

    def _hand_offs(self, known):
        pairs = known[known["changes_hands"].notna()] if "changes_hands" in known else known.head(0)
        self.pairs_, self.handed_, self.hand_offs_ = len(pairs), None, None
        if not len(pairs):
            self.left_out_.append(
                "no two contacts of a case name who served, so that hand-offs are not known"
            )
            return
        changed = known["changes_hands"].astype("boolean").fillna(False).astype(float)
        self.handed_ = shown_share(pairs["changes_hands"].astype(bool), pairs["who"], self.level)
        each = changed.groupby(known["journey"]).sum()
        self.hand_offs_ = clustered_mean(
            each.to_numpy(), known.groupby("journey")["who"].first().to_numpy(), self.level
        )

    def _cost(self, known, design, place):
        """Satisfaction with contacts that follow another of the case, after a change of hands less without one."""
        self.cost_, self.compared_ = [np.nan] * 4, 0
        if "changed" not in design or not is_filled(known, "satisfaction"):
            return
        follows = known["position"].gt(1) & known["changes_hands"].groupby(known["journey"]).shift(1).notna()
        sides = [known.loc[follows & (design["changed"] == side), "who"].nunique() for side in (0, 1)]
        if min(sides) < SUPPRESSED:
            return
        columns = design[[name for name in ("changed", "earlier", "complexity") if name in design]]
        fit, y = self._regress(
            known[follows], "satisfaction", columns[follows], [part[follows.to_numpy()] for part in place]
        )
        if fit is not None and "changed" in fit.names:
            self.cost_, self.compared_ = list(fit.row("changed", self.level)), len(y)

    def _regress(self, known, outcome, design, place):
        y = ratings(known[outcome], outcome)
        rated = ~np.isnan(y)
        if rated.sum() < FEWEST:
            return None, y
        parts = [pd.DataFrame({"one": np.ones(int(rated.sum()))})]
        parts += [part[rated].reset_index(drop=True) for part in (design, *place)]
        who = clusters_of(known["who"].to_numpy()[rated], int(rated.sum()))
        return least_squares(pd.concat(parts, axis=1), y[rated], who), y[rated]
