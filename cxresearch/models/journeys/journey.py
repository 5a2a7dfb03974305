"""Which ways customers take: what follows each touchpoint, after how long, where journeys end, and what comes round again."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.markov_order import markov_order
from cxresearch.models.journeys.shown_share import shown_share
from cxresearch.models.journeys.time_between import clustered_survival
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_mean, clustered_median
from cxresearch.words import SUPPRESSED, count_text

START, EXIT = "^", "$"
NEEDED = ["who", "journey", "position", "came_from", "touchpoint", "goes_to", "days_followed", "is_followed"]
SHARE = "share of steps, clustered by customer"


class Journey(Estimator):
    """Transition shares, exits, time between contacts, first passage and loops; and whether a chain describes them.

    The share of steps from a touchpoint to the next is counted over the steps that were followed long enough for a next contact or an exit
    to show, and has Wilson's interval on its effective base, clustered by customer. The time to the next contact is Kaplan and Meier's with
    limits clustered by customer, so that steps still open count up to the last day. First passage is the share of journeys that come by a touchpoint at all, a loop the
    share of those that come by it again: both are counted, and hold whether or not the steps form a Markov chain. Whether they do is tested
    against a chain of second order; only where that test leaves it standing, the chain's expected number of contacts is given.

    Parameters
    ----------
    days : float
        Days within which the share contacted again is given.
    level : float
        Confidence level.
    alpha : float
        Level of the test of the chain's order.

    Attributes
    ----------
    arcs_ : DataFrame
        touchpoint, goes_to (``^`` is the beginning of a journey, ``$`` its end), n (steps), customers, visits (all followed steps from the touchpoint), visitors, share, low, high, std_error, days (median), days_low,
        days_high, is_shown. Shares and days are missing where fewer than ten customers took the step, or all but fewer than ten of the visitors did; the most frequent first.
    touchpoints_ : DataFrame
        touchpoint, contacts, customers, exits (share of its steps that end the journey), exits_low, exits_high, passage (share of journeys that come by),
        passage_low, passage_high, loop (share of those that come by again), loop_low, loop_high, again (share contacted again within `days`), again_low, again_high, and
        days (median to the next contact), days_low, days_high; missing as above. Those with most contacts first.
    ways_ : DataFrame
        way (touchpoints joined by " → "), journeys, customers, share, low, high: of ended journeys, the most frequent first; those of fewer than ten customers
        are counted together as "all others".
    order_ : MarkovOrder
        ``statistic, df, p, n, method``: the test that the next step depends on the present touchpoint only.
    is_chain_ : bool
        That test did not reject.
    contacts_per_journey_ : ClusteredMean
        Of ended journeys whose beginning is there.
    chain_contacts_ : float
        The same as expected by the chain; missing where it was rejected.
    n_, customers_, journeys_, open_ : int
        Contacts, customers, ended journeys, and steps whose follow-up is not over.
    left_out_ : list of str

    References
    ----------
    van der Aalst, W. (2016). *Process Mining*, 2nd ed. Anderson, T. W. & Goodman, L. A. (1957). *Annals of Mathematical Statistics* 28, 89–110.

    Examples
    --------
    Thirty customers report a fault; twenty call again two days later:

    >>> first = pd.DataFrame({"who": range(30), "journey": range(30), "position": 1, "came_from": "^", "touchpoint": "fault"})
    >>> first["goes_to"] = ["fault"] * 20 + ["$"] * 10
    >>> first["days_to_next"] = [2.0] * 20 + [float("nan")] * 10
    >>> again = first.head(20).assign(position=2, came_from="fault", goes_to="$", days_to_next=float("nan"))
    >>> steps = pd.concat([first, again]).assign(days_followed=90.0, is_followed=True)
    >>> found = Journey().fit(steps)
    >>> found.arcs_[["touchpoint", "goes_to", "n", "visits", "share", "low", "high"]].round(2)
      touchpoint goes_to   n  visits  share   low  high
    0          ^   fault  30      30    1.0  0.89  1.00
    1      fault       $  30      50    0.6  0.46  0.72
    2      fault   fault  20      50    0.4  0.28  0.54
    >>> round(found.contacts_per_journey_.estimate, 2), found.is_chain_
    (1.67, False)
    """

    def __init__(self, days=7, level=0.95, alpha=0.05):
        self.days = days
        self.level = level
        self.alpha = alpha

    def fit(self, steps):
        """Count steps and journeys.

        Parameters
        ----------
        steps : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.steps.journey_steps`.

        Returns
        -------
        Journey
            This object.

        Raises
        ------
        NotEnough
            Without contacts, or where none was followed long enough.
        ValueError
            For a missing column.
        """
        known = table(steps, NEEDED, "steps", may_be_empty=True)
        if not len(known):
            raise NotEnough("there are no contacts")
        is_anonymous = "customer_id" in known and known["customer_id"].isna().all()
        known = known.assign(**{name: pd.factorize(known[name])[0] for name in ("who", "journey")})
        known = known.astype(dict.fromkeys(("came_from", "touchpoint", "goes_to"), object))
        followed = known[known["is_followed"].astype(bool)]
        if not len(followed):
            raise NotEnough("no contact was followed long enough to see what came next")
        self.left_out_ = []
        self.n_, self.customers_ = len(known), int(known["who"].nunique())
        self.open_ = len(known) - len(followed)
        self.arcs_ = self._arcs(followed)
        whole = _whole(known)
        self.journeys_ = int(whole["journey"].nunique())
        self.contacts_per_journey_ = self._length(whole)
        self.touchpoints_ = self._touchpoints(known, followed, whole)
        self.ways_ = self._ways(whole)
        self.order_ = markov_order(followed["came_from"], followed["touchpoint"], followed["goes_to"])
        self.is_chain_ = bool(self.order_.p >= self.alpha)
        self.chain_contacts_ = _chain_contacts(followed) if self.is_chain_ else np.nan
        self._note(is_anonymous)
        return self

    def summary(self):
        """Transition shares, exits, passages, loops and times as rows.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group (``arc``, ``exit``, ``passage``, ``loop``, ``again``, ``days`` or ``journey``).
        """
        mean = self.contacts_per_journey_
        method = "mean, clustered by customer"
        found = [rows.row("contacts per journey", mean[:3], mean.n, method) | {"group": "journey"}]
        for arc in self.arcs_[self.arcs_["is_shown"]].itertuples():
            words = f"{_end(arc.touchpoint)} → {_end(arc.goes_to)}"
            found.append(
                rows.row(words, (arc.share, arc.low, arc.high), arc.visits, SHARE, "share") | {"group": "arc"}
            )
        for r in self.touchpoints_.to_dict("records"):
            for name, words, how, unit in self._measures():
                limits = [r[name], r[f"{name}_low"], r[f"{name}_high"]]
                if not np.isnan(limits[0]):
                    n = r["contacts"] if name in ("exits", "again", "days") else r["customers"]
                    found.append(
                        rows.row(f"{r['touchpoint']}: {words}", limits, n, how, unit) | {"group": name}
                    )
        return rows.summary(found)

    def _measures(self):
        return [
            ("exits", "last contact of the journey", SHARE, "share"),
            ("passage", "journeys that come by", "share of journeys, clustered by customer", "share"),
            (
                "loop",
                "come by again in the same journey",
                "share of journeys, clustered by customer",
                "share",
            ),
            (
                "again",
                f"contacted again within {self.days:g} days",
                "Kaplan–Meier, clustered by customer",
                "share",
            ),
            ("days", "days to the next contact (median)", "median, clustered by customer", ""),
        ]

    def _arcs(self, followed):
        """Every pair of touchpoints that follow each other, with its share of what follows the first."""
        opening = followed[followed["came_from"] == START]
        starts = pd.DataFrame({"who": opening["who"], "touchpoint": START, "goes_to": opening["touchpoint"]})
        steps = pd.concat(
            [starts, followed[["who", "touchpoint", "goes_to", *_days(followed)]]], ignore_index=True
        )
        found = []
        for name, part in steps.groupby("touchpoint", sort=True):
            who, visitors = pd.factorize(part["who"])[0], part["who"].nunique()
            for goes_to, arc in part.groupby("goes_to", sort=True):
                share = self._share((part["goes_to"] == goes_to).to_numpy(), who)
                is_shown = not np.isnan(share[0])
                line = [name, goes_to, len(arc), arc["who"].nunique(), len(part), visitors, *share]
                found.append([*line, *self._median(arc if is_shown else arc.head(0)), is_shown])
        columns = [
            "touchpoint",
            "goes_to",
            "n",
            "customers",
            "visits",
            "visitors",
            "share",
            "low",
            "high",
            "std_error",
        ]
        arcs = pd.DataFrame(found, columns=[*columns, "days", "days_low", "days_high", "is_shown"])
        return arcs.sort_values("n", ascending=False, kind="stable", ignore_index=True)

    def _share(self, values, who):
        """A share with its limits and standard error, missing where it may not be shown."""
        share = shown_share(values, who, self.level)
        error = np.nan if np.isnan(share.estimate) else clustered_mean(values, who, self.level).std_error
        return [*share, error]

    def _median(self, part):
        """Median days to the next contact, where there was one."""
        gone = part[part["days_to_next"].notna()] if "days_to_next" in part else part.head(0)
        if gone["who"].nunique() < SUPPRESSED:
            return [np.nan] * 3
        return list(clustered_median(gone["days_to_next"].astype(float), gone["who"], self.level))

    def _touchpoints(self, known, followed, whole):
        exits = self.arcs_[self.arcs_["goes_to"] == EXIT].set_index("touchpoint")
        passed = (
            whole.groupby(["touchpoint", "journey"])
            .agg(who=("who", "first"), times=("who", "size"))
            .reset_index()
        )
        owner = whole.groupby("journey")["who"].first()
        number = pd.Series(np.arange(len(owner)), owner.index)
        found = []
        for name, part in known.groupby("touchpoint", sort=True):
            line = {"touchpoint": name, "contacts": len(part), "customers": part["who"].nunique()}
            limits = list(exits.loc[name, ["share", "low", "high"]]) if name in exits.index else [np.nan] * 3
            _put(line, "exits", limits)
            here = passed[passed["touchpoint"] == name]
            came_by = np.zeros(len(owner), dtype=bool)
            came_by[number.loc[here["journey"]]] = True
            _put(line, "passage", shown_share(came_by, owner.to_numpy(), self.level))
            _put(line, "loop", shown_share(here["times"] > 1, here["who"], self.level))
            _put(line, "again", self._again(part))
            _put(line, "days", self._median(followed[followed["touchpoint"] == name]))
            found.append(line)
        return pd.DataFrame(found).sort_values("contacts", ascending=False, kind="stable", ignore_index=True)

    def _again(self, part):
        """The share contacted again within the days, open steps counted up to the last day."""
        if part["who"].nunique() < SUPPRESSED or "days_to_next" not in part:
            return [np.nan] * 3
        is_next = part["days_to_next"].notna()
        duration = part["days_to_next"].where(is_next, part["days_followed"]).astype(float)
        if not (is_next & (duration <= self.days)).any() or duration.max() < self.days:
            return [np.nan] * 3
        here = clustered_survival(
            duration.to_numpy(), is_next.to_numpy(), part["who"].to_numpy(), [self.days], self.level
        )
        one = here.iloc[0]
        return [1 - one["survival"], 1 - one["high"], 1 - one["low"]]

    def _length(self, whole):
        size = whole.groupby("journey").agg(who=("who", "first"), n=("who", "size"))
        if not len(size):
            return _NONE
        return clustered_mean(size["n"].to_numpy(), size["who"].to_numpy(), self.level)

    def _ways(self, whole):
        columns = ["way", "journeys", "customers", "share", "low", "high"]
        if not len(whole):
            return pd.DataFrame(columns=columns)
        ordered = whole.sort_values(["journey", "position"], kind="stable")
        each = ordered.groupby("journey").agg(way=("touchpoint", " → ".join), who=("who", "first"))
        counted = each.groupby("way")["who"].nunique()
        each["way"] = each["way"].where(each["way"].map(counted) >= SUPPRESSED, OTHERS)
        found = []
        for way, part in each.groupby("way", sort=True):
            share = shown_share(each["way"] == way, each["who"], self.level)
            found.append([way, len(part), part["who"].nunique(), *share])
        ways = pd.DataFrame(found, columns=columns)
        last = ways["way"] == OTHERS
        return ways.assign(last=last).sort_values(["last", "journeys"], ascending=[True, False], kind="stable", ignore_index=True).drop(columns="last")  # fmt: skip

    def _note(self, is_anonymous):
        if self.open_:
            self.left_out_.append(
                f"what followed {count_text(self.open_)} contacts is not known yet; they count in no share of steps"
            )
        if not self.is_chain_:
            self.left_out_.append(
                "the next step depends on the one before the present, so that the graph is a picture and no model: no number of contacts is expected from it"
            )
        if is_anonymous:
            self.left_out_.append("contacts name no customer, so that intervals are clustered by case")


OTHERS = "all others"
_NONE = clustered_mean([0.0])._replace(estimate=np.nan, n=0)


def _days(frame):
    return ["days_to_next"] if "days_to_next" in frame else []


def _put(line, name, limits):
    line |= dict(zip((name, f"{name}_low", f"{name}_high"), limits, strict=True))


def _whole(known):
    """The contacts of journeys that have ended and whose beginning is there."""
    journey = known["journey"].to_numpy()
    ends = [(known["came_from"] == START).to_numpy(), (known["goes_to"] == EXIT).to_numpy()]
    return known[np.logical_and(*(np.bincount(journey, side)[journey] > 0 for side in ends))]


def _chain_contacts(followed):
    """Expected contacts until the exit of the absorbing chain: the sum of the first row of (I − Q)⁻¹ over the opening touchpoints."""
    names = sorted(followed["touchpoint"].unique())
    place = {name: k for k, name in enumerate(names)}
    inner = followed[followed["goes_to"].isin(place)]
    counts = np.zeros((len(names), len(names)))
    np.add.at(counts, (inner["touchpoint"].map(place), inner["goes_to"].map(place)), 1)
    visits = followed["touchpoint"].map(place).value_counts().reindex(range(len(names))).to_numpy()
    begins = followed.loc[followed["came_from"] == START, "touchpoint"].map(place).value_counts()
    start = begins.reindex(range(len(names))).fillna(0).to_numpy()
    moves = np.eye(len(names)) - counts / visits[:, None]
    if not start.sum() or np.linalg.cond(moves) > 1e12:
        return np.nan
    return float((start / start.sum()) @ np.linalg.solve(moves, np.ones(len(names))))


def _end(name):
    return {START: "start", EXIT: "end"}.get(name, name)
