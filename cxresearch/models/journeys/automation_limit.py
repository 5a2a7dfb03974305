"""Up to which complexity a robot serves as well as a person, and what its contained contacts are worth."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import ratings, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.certain_region import certain_region
from cxresearch.models.journeys.regression import dummies, is_filled, least_squares, within
from cxresearch.models.journeys.shown_share import WITHHELD, shown_share
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_share, clusters_of
from cxresearch.words import count_text, share_text

FEWEST = 30  # rated contacts of either kind, of customers with both
TAILS = 0.025, 0.975  # of the complexity of either kind
AUTO, BOTH = "automated", "automated × complexity"


class AutomationLimit(Estimator):
    r"""The effect of automation on satisfaction by complexity, within customers, and the complexity at which it turns.

    .. math:: y_{it} = a_i + b_1 \mathrm{auto} + b_2 c + b_3 \mathrm{auto} \cdot c + \mathrm{place} + e_{it}

    with an effect a_i of each customer (so that only customers rated more than once count) and one of each place: department by channel, or
    whichever of the two is recorded, because robots serve some places only. The covariance is clustered by customer and, where agents are named, by agent too: the
    people with whom robots are compared are few and differ. Quantiles are then Student's on as many degrees of freedom as the agents are worth who bear on the turning point. The effect b₁ + b₃c
    turns at −b₁/b₃; Fieller's limits of that point are those outside which the sign of the effect is certain (Johnson and Neyman). A limit
    that lies beyond the complexity at which both robots and people were rated is not given: it would be read off a line alone.

    Parameters
    ----------
    outcome : str
        The rating.
    days : float
        Within which another contact makes a contained one come back.
    level : float
        Confidence level.

    Attributes
    ----------
    effects_ : DataFrame
        term (automated, complexity, automated × complexity), estimate, low, high, p.
    turning_ : sequence of float
        The complexity at which the effect is zero and Fieller's limits; missing where they are unbounded.
    automate_up_to_, never_above_ : float
        The lower limit, below which automation is certainly better, and the upper one, above which it is certainly worse; missing where
        that cannot be said within the overlap. Between them a test would tell.
    region_ : {"two", "inside", "none", "reversed"}
        Whether the limits enclose the turning point; ``"reversed"`` if automation gains with complexity.
    overlap_ : tuple of float
        From the higher 2.5 % to the lower 97.5 % quantile of the complexity of automated and staffed contacts.
    curve_ : DataFrame
        complexity, effect, low, high: over the overlap.
    bound_ : sequence of float
        As `turning_`, if every automated contact without a rating had been given the lowest one; missing where all are rated, or it cannot be bounded.
    rated_share_ : dict
        automated and staffed → share with a rating, low, high.
    contained_, net_ : sequence of float
        Share of automated contacts that were resolved and not handed on, and of those followed long enough the share that also had no contact
        by the same customer within `days`; with limits.
    by_agent_ : bool
        Whether the covariance is clustered by agent too.
    n_, customers_, automated_ : int
        Rated contacts of customers with more than one, these customers, and the automated contacts among them.
    left_out_ : list of str

    References
    ----------
    Fieller, E. C. (1954). *JRSS B* 16, 175–185. Johnson, P. O. & Neyman, J. (1936). *Statistical Research Memoirs* 1, 57–93.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> n = 4000
    >>> calls = pd.DataFrame({"customer_id": rng.integers(0, 800, n), "complexity": rng.normal(size=n), "is_automated": rng.random(n) < 0.5})
    >>> calls["satisfaction"] = 7 - 0.6 * calls["complexity"] + calls["is_automated"] * (0.3 - 0.8 * calls["complexity"]) + rng.normal(size=n)
    >>> found = AutomationLimit().fit(calls)
    >>> bool(found.turning_[1] < 0.375 < found.turning_[2]), found.region_
    (True, 'two')
    """

    def __init__(self, outcome="satisfaction", days=7, level=0.95):
        self.outcome = outcome
        self.days = days
        self.level = level

    def fit(self, contacts):
        """Compare automated with staffed contacts of the same customers.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            customer_id, complexity, is_automated and the outcome; used where they are there: channel, department, agent_id, is_resolved,
            is_transferred, and days_followed and days_to_next of :func:`~cxresearch.features.journeys.followed_contacts.followed_contacts`.

        Returns
        -------
        AutomationLimit
            This object.

        Raises
        ------
        NotEnough
            Where no contact is automated, or all are; where complexity or ratings are missing; where too few customers were rated after both.
        ValueError
            For a missing column, or a rating that is no number.
        """
        needed = ["customer_id", "complexity", "is_automated", self.outcome]
        known = table(contacts, needed, "contacts", may_be_empty=True)
        known = known[known["is_automated"].notna() & known["customer_id"].notna()].reset_index(drop=True)
        auto = known["is_automated"].astype(bool)
        if not auto.any() or auto.all():
            raise NotEnough("no contact was automated" if not auto.any() else "every contact was automated")
        if not known["complexity"].notna().any():
            raise NotEnough("no contact has a complexity")
        self.left_out_ = []
        rating = pd.Series(ratings(known[self.outcome], self.outcome), known.index)
        self._fit(known, auto, rating)
        self.rated_share_ = self._rated(known, auto, rating)
        self.bound_ = self._bound(known, auto, rating)
        self.contained_, self.net_ = self._contained(known[auto])
        return self

    def summary(self):
        """The effect, its turning point, containment and the share of contacts rated.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group.
        """
        how = f"within customers, clustered by {'customer and agent' if self.by_agent_ else 'customer'}"
        found = [
            rows.row(f"{r.term}: effect on {self.outcome}", (r.estimate, r.low, r.high), self.n_, how)
            | {"group": "effect"}
            for r in self.effects_.itertuples()
        ]
        found.append(
            rows.row("complexity at which automation turns", self.turning_, self.n_, f"{how}; Fieller")
            | {"group": "limit"}
        )
        if not np.isnan(self.bound_[0]):
            how = f"{how}; Fieller; unrated automated contacts at the lowest rating"
            found.append(rows.row("the same, at worst", self.bound_, self.n_, how) | {"group": "limit"})
        share = "share of automated contacts, clustered by customer"
        for metric, limits in (
            ("contained", self.contained_),
            (f"contained and not back within {self.days:g} days", self.net_),
        ):
            if not np.isnan(limits[0]):
                found.append(
                    rows.row(metric, limits[:3], limits[3], share, "share") | {"group": "containment"}
                )
        return rows.summary(found)

    def _fit(self, known, auto, rating):
        design = self._design(known, auto, rating)
        if design is None:
            raise NotEnough(
                f"fewer than {FEWEST} automated, or as few staffed, contacts with a rating and a complexity are of customers with several"
            )
        fit, used = design
        inside = known["complexity"].to_numpy(dtype=float)[used], auto.to_numpy()[used]
        self.by_agent_ = fit.second is not None
        self.n_, self.customers_, self.automated_ = len(used), fit.clusters, int(inside[1].sum())
        self.effects_ = pd.DataFrame(
            [[name, *fit.row(name, self.level)] for name in (AUTO, "complexity", BOTH)],
            columns=["term", "estimate", "low", "high", "p"],
        )
        sides = [np.quantile(inside[0][inside[1] == side], TAILS) for side in (True, False)]
        self.overlap_ = float(max(s[0] for s in sides)), float(min(s[1] for s in sides))
        region, slope = self._region(fit), self.effects_["estimate"].iloc[2]
        self.region_ = "reversed" if region.kind == "two" and slope > 0 else region.kind
        self.turning_ = _bounded(region)
        self._decide(region)
        self.curve_ = self._curve(fit)

    def _design(self, known, auto, rating):
        """The regression and the positions of its rows; None where there are too few."""
        used = known["complexity"].notna() & rating.notna()
        who = known["customer_id"].where(used)
        used = (used & (who.map(who.value_counts()) > 1)).to_numpy().nonzero()[0]
        side = auto.to_numpy()[used]
        if min(side.sum(), (~side).sum()) < FEWEST:
            return None
        part, complexity = known.iloc[used], known["complexity"].to_numpy(dtype=float)[used]
        x = pd.DataFrame({AUTO: side.astype(float), "complexity": complexity, BOTH: side * complexity})
        x = pd.concat([x, *self._places(part)], axis=1)
        cluster = clusters_of(part["customer_id"], len(part))
        y = pd.DataFrame({"y": rating.to_numpy()[used]})
        agent = part["agent_id"].mask(side) if is_filled(part, "agent_id") else None
        fit = least_squares(within(x, cluster), within(y, cluster)["y"], cluster, agent)
        return (fit, used) if {AUTO, "complexity", BOTH} <= set(fit.names) else None

    def _places(self, part):
        named = [part[name] for name in ("department", "channel") if is_filled(part, name)]
        if not named:
            return []
        first, *rest = [column.fillna("unknown").astype(str) for column in named]
        return [dummies(first.str.cat(rest, sep=" / "), "place")]

    def _region(self, fit):
        k, m = fit.names.index(AUTO), fit.names.index(BOTH)
        b, v = fit.coefficient, fit.covariance
        return certain_region(b[k], b[m], v[k, k], v[m, m], v[k, m], self.level, _df_at_turning(fit))

    def _decide(self, region):
        self.automate_up_to_ = self.never_above_ = np.nan
        if self.region_ != "two":
            self.left_out_.append(
                "automation does better the harder the contact, which robots rarely do: no upper limit is given"
                if self.region_ == "reversed"
                else "the effect of automation does not clearly change with complexity, so that no limit can be given"
            )
            return
        low, high = self.overlap_
        if low <= region.low <= high:
            self.automate_up_to_ = region.low
        if low <= region.high <= high:
            self.never_above_ = region.high
        if np.isnan(self.automate_up_to_) or np.isnan(self.never_above_):
            self.left_out_.append(
                "a limit lies where robots and people were not both rated, and is not given"
            )

    def _curve(self, fit):
        at = np.linspace(*self.overlap_, 41) if self.overlap_[0] < self.overlap_[1] else np.array([])
        k, m = fit.names.index(AUTO), fit.names.index(BOTH)
        b, v, z = fit.coefficient, fit.covariance, stdtrit(_df_at_turning(fit), (1 + self.level) / 2)
        effect = b[k] + b[m] * at
        reach = z * np.sqrt(np.maximum(v[k, k] + 2 * at * v[k, m] + at**2 * v[m, m], 0))
        return pd.DataFrame(
            {"complexity": at, "effect": effect, "low": effect - reach, "high": effect + reach}
        )

    def _rated(self, known, auto, rating):
        found = {}
        for name, side in (("automated", auto), ("staffed", ~auto)):
            share = clustered_share(rating[side].notna(), known.loc[side, "customer_id"], self.level)
            found[name] = tuple(map(float, share))
        silent = int((auto & rating.isna()).sum())
        if silent:
            shares = " against ".join(share_text(found[name][0], 0) for name in ("automated", "staffed"))
            self.left_out_.append(
                f"{count_text(silent)} automated contacts have no rating ({shares} rated): who gave up with a robot is rarely asked"
            )
        return found

    def _bound(self, known, auto, rating):
        """The turning point if all unrated automated contacts had the lowest rating."""
        if not (auto & rating.isna()).any():
            return [np.nan] * 3
        worst = rating.where(~(auto & rating.isna()), rating.min())
        design = self._design(known, auto, worst)
        return [np.nan] * 3 if design is None else _bounded(self._region(design[0]))

    def _contained(self, robots):
        """Contained, and net of who came back: share, limits and base."""
        nothing = [*WITHHELD, 0]
        if not is_filled(robots, "is_resolved"):
            self.left_out_.append(
                "no automated contact says whether it settled the matter, so containment is not known"
            )
            return nothing, nothing
        robots = robots[robots["is_resolved"].notna()]
        contained = robots["is_resolved"].astype(bool)
        if "is_transferred" in robots:
            contained &= ~robots["is_transferred"].fillna(False).astype(bool)
        gross = self._shown(contained, robots["customer_id"])
        if not {"days_followed", "days_to_next"} <= set(robots.columns):
            return gross, nothing
        followed = robots["days_followed"] >= self.days
        stayed = contained & ~(robots["days_to_next"] <= self.days)
        return gross, self._shown(stayed[followed], robots.loc[followed, "customer_id"])

    def _shown(self, values, who):
        share = shown_share(values, clusters_of(who, len(who)), self.level)
        return [*map(float, share), 0 if np.isnan(share.estimate) else len(values)]


def _df_at_turning(fit):
    """Degrees of freedom of the effect of automation where it is zero."""
    b, contrast = fit.coefficient, np.zeros(len(fit.names))
    k, m = fit.names.index(AUTO), fit.names.index(BOTH)
    contrast[k], contrast[m] = b[m], -b[k]  # times b₃, so that it is there where b₃ is zero
    return fit.df(contrast)


def _bounded(region):
    """The turning point and its limits, missing where they do not enclose it."""
    return [region.turning, region.low, region.high] if region.kind == "two" else [np.nan] * 3
