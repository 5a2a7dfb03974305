"""What feelings add to service levels and times, by the loyalty that followed; and contacts that are green and cold."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.added_r2 import added_r2
from cxresearch.models.journeys.regression import is_filled
from cxresearch.models.journeys.shown_share import shown_share
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_difference, clusters_of
from cxresearch.words import SUPPRESSED, share_text

KPIS = {  # column: what it is called
    "is_sla_met": "service level met",
    "wait_seconds": "waiting time",
    "handle_seconds": "handling time",
    "is_transferred": "handed on",
    "is_resolved": "settled",
}
OUTCOMES = {"recommend_after": "likelihood to recommend afterwards", "has_left": "left afterwards", "satisfaction": "satisfaction with the contact"}  # fmt: skip
FEELINGS = ("emotion", "satisfaction")
COLD = 0.25  # the coldest quarter of the answers
FEWEST = 100  # contacts


class FeelingsOverProcess(Estimator):
    """R² of loyalty by process measures alone, and what the customers' feeling adds; the share of contacts that met their level and left customers cold.

    Times enter as ln(1 + seconds). Both R² and their difference are of the same contacts; the difference has the closed-form error of
    Alf and Graf, clustered by customer. Whether anything is added at all is decided by the F test. Green is a contact whose service level was met, cold one
    whose feeling is among the coldest quarter of the answers.

    Parameters
    ----------
    outcome : str, optional
        The loyalty: recommend_after, has_left or satisfaction; the first that is known unless given.
    level : float
        Confidence level.

    Attributes
    ----------
    added_ : AddedR2
        ``without`` (R² of the process), ``full`` (with the feeling), ``estimate, low, high, std_error``, ``f, df, p``, ``partial`` and its limits, ``n``.
    outcome_, feeling_ : str
        The columns used.
    kpis_ : list of str
        The process measures used, in words.
    quadrants_ : DataFrame
        quadrant (green and warm, green and cold, red and warm, red and cold), contacts, n (customers), share, low, high; empty without service levels.
    cold_below_ : float
        Highest feeling that counts as cold.
    later_ : ClusteredMean
        The outcome of green and cold contacts less that of green and warm ones; missing without service levels or with fewer than ten customers in either.
    later_p_ : float
    n_, customers_ : int
    left_out_ : list of str

    Notes
    -----
    A customer's mood moves both the feeling and the loyalty. With satisfaction as the outcome both come from the same answer, which makes
    them alike (halo); a later outcome is used where there is one.

    References
    ----------
    Kahneman, D. (2011). *Thinking, Fast and Slow*, ch. 35. Alf, E. F. & Graf, R. G. (1999). *Psychological Methods* 4, 70–75.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> calls = pd.DataFrame({"customer_id": range(800), "is_sla_met": rng.random(800) < 0.8, "emotion": rng.integers(1, 8, 800)})
    >>> calls["recommend_after"] = 4 + 0.6 * calls["emotion"] + rng.normal(size=800)
    >>> found = FeelingsOverProcess().fit(calls)
    >>> round(found.added_.without, 2), round(found.added_.estimate, 2), found.quadrants_["quadrant"].iloc[1]
    (0.0, 0.6, 'green and cold')
    """

    def __init__(self, outcome=None, level=0.95):
        self.outcome = outcome
        self.level = level

    def fit(self, contacts):
        """Regress the outcome twice, and count the quadrants.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            Of :func:`~cxresearch.features.journeys.loyalty_after.loyalty_after`: customer_id, emotion (or else satisfaction), an outcome, and any of is_sla_met,
            wait_seconds, handle_seconds, is_transferred and is_resolved.

        Returns
        -------
        FeelingsOverProcess
            This object.

        Raises
        ------
        NotEnough
            Without a feeling, a process measure or an outcome, or with fewer than a hundred contacts that have them all.
        ValueError
            For a missing column, or one of numbers that holds something else.
        """
        known = table(contacts, ["customer_id"], "contacts", may_be_empty=True)
        self.left_out_ = []
        self.feeling_ = next((name for name in FEELINGS if is_filled(known, name)), None)
        if self.feeling_ is None:
            raise NotEnough("no contact says how the customer felt")
        self.outcome_ = self._outcome(known)
        used = [name for name in KPIS if is_filled(known, name)]
        if not used:
            raise NotEnough("no contact has a service level, a time or an outcome of the process")
        known = known[known[[self.outcome_, self.feeling_, *used]].notna().all(axis=1)].reset_index(drop=True)
        if len(known) < FEWEST:
            raise NotEnough(
                f"fewer than {FEWEST} contacts have a feeling, all process measures and a later answer"
            )
        base = pd.DataFrame({KPIS[name]: _process(known, name) for name in used})
        self.kpis_ = [name for name in base if base[name].nunique() > 1]
        feeling = numbers(known[self.feeling_].astype(float), self.feeling_).astype(float)
        y = numbers(known[self.outcome_].astype(float), self.outcome_).astype(float)
        who = clusters_of(known["customer_id"], len(known))
        self.n_, self.customers_ = len(known), int(who.max()) + 1
        if not np.ptp(y) or not np.ptp(feeling):
            raise NotEnough("all answers are the same, so that nothing explains them")
        self.added_ = added_r2(y, base[self.kpis_], pd.DataFrame({self.feeling_: feeling}), who, self.level)
        self._quadrants(known, feeling, y, who)
        self._note(known)
        return self

    def summary(self):
        """Both R², what is added, the quadrants and what followed them.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit, group (``r2``, ``quadrant`` or ``later``), and cases: the customers of a quadrant.
        """
        a, what = self.added_, OUTCOMES.get(self.outcome_, self.outcome_)
        how = "difference of R², clustered by customer"
        found = [
            rows.row(f"R² of {what} added by feelings", (a.estimate, a.low, a.high), a.n, how, "share")
            | {"group": "r2"}
        ]
        limits = a.partial, a.partial_low, a.partial_high
        found.append(
            rows.row(
                "share of the rest explained by feelings", limits, a.n, "partial R², non-central F", "share"
            )
            | {"group": "r2"}
        )
        for r in self.quadrants_.itertuples():
            share = "share of contacts, clustered by customer"
            found.append(
                rows.row(r.quadrant, (r.share, r.low, r.high), self.n_, share, "share")
                | {"group": "quadrant", "cases": r.n}
            )
        if not np.isnan(self.later_.estimate):
            unit = "points" if self.outcome_ == "has_left" else ""
            words = f"{what}: green and cold less green and warm"
            found.append(
                rows.row(words, self.later_[:3], self.later_.n, "difference, clustered by customer", unit)
                | {"group": "later"}
            )
        return rows.summary(found)

    def _outcome(self, known):
        names = [name for name in OUTCOMES if name != self.feeling_]
        wanted = [self.outcome] if self.outcome else names
        found = next(
            (name for name in wanted if is_filled(known, name) and known[name].notna().sum() >= FEWEST), None
        )
        if found is None:
            raise NotEnough("no loyalty is known that followed the contacts")
        return found

    def _quadrants(self, known, feeling, y, who):
        columns = ["quadrant", "contacts", "n", "share", "low", "high"]
        self.quadrants_, self.cold_below_ = (
            pd.DataFrame(columns=columns),
            float(np.quantile(feeling, COLD, method="lower")),
        )
        self.later_, self.later_p_ = clustered_difference([0.0, 0.0], [True, True]), np.nan
        if "is_sla_met" not in known or not known["is_sla_met"].notna().any():
            self.left_out_.append(
                "no contact says whether its service level was met, so that green and cold ones cannot be counted"
            )
            return
        green, cold, lines = known["is_sla_met"].astype(bool).to_numpy(), feeling <= self.cold_below_, []
        for name, inside in (
            ("green and warm", green & ~cold),
            ("green and cold", green & cold),
            ("red and warm", ~green & ~cold),
            ("red and cold", ~green & cold),
        ):
            n = len(np.unique(who[inside]))
            share = shown_share(inside, who, self.level)
            lines.append([name, int(inside.sum()), n, *share])
        self.quadrants_ = pd.DataFrame(lines, columns=columns)
        if min(self.quadrants_["n"].head(2)) >= SUPPRESSED:
            gap = clustered_difference(y[green], cold[green], who[green], self.level)
            self.later_ = gap
            self.later_p_ = (
                float(2 * stdtr(gap.df, -abs(gap.estimate) / gap.std_error)) if gap.std_error > 0 else np.nan
            )

    def _note(self, known):
        if self.outcome_ == "satisfaction":
            self.left_out_.append(
                "no later answer is known: feeling and satisfaction come from one answer, which makes them alike"
            )
        met = known["is_sla_met"].mean() if "is_sla_met" in known else np.nan
        if met > 0.95:
            self.left_out_.append(
                f"{share_text(float(met), 0)} of the contacts met their service level: what hardly varies explains little"
            )


def _process(known, name):
    values = numbers(known[name].astype(float), name, low=0).astype(float)
    return np.log1p(values) if name.endswith("_seconds") else values
