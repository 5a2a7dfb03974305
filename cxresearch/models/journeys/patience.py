"""How long customers are ready to wait, which is not how long those waited who hung up."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.journeys.shown_share import WITHHELD, shown_share
from cxresearch.models.journeys.time_between import clustered_survival
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.stats import rows
from cxresearch.stats.clustered import clustered_median, clusters_of
from cxresearch.stats.interval import Interval
from cxresearch.words import SUPPRESSED

FEWEST = 30  # contacts given up


class Patience(Estimator):
    """Patience and the wait that is offered, each from what the other did not cut off.

    Patience is the time to giving up, censored by being served; the wait offered is the time to being served, censored by giving up (both
    by Kaplan and Meier, over the contacts that waited at all). The mean wait of those who gave up is neither: the patient ones among them had been served. The share given up is of
    all contacts and of those that waited. All intervals are clustered by customer; those of the two medians are read off the curves' own.

    Parameters
    ----------
    times : sequence of float
        Seconds at which the share still waiting is given.
    level : float
        Confidence level.

    Attributes
    ----------
    patience_, offered_ : Interval
        Medians in seconds with their limits; missing where the curve does not fall that far, or hardly anybody gave up.
    curve_ : DataFrame
        Empty where hardly anybody gave up; time, at_risk, survival, std_error, low, high: the share of customers who would still wait.
    given_up_, given_up_of_queued_ : Interval
        Share of all contacts, and of those that waited; missing where fewer than ten customers are on one side.
    wait_ : Interval
        Median wait of those that waited, in seconds.
    n_, queued_, lost_ : int
        Contacts, those that waited, those given up.
    left_out_ : list of str

    References
    ----------
    Brown, L. et al. (2005). Statistical analysis of a telephone call center: a queueing-science perspective. *JASA* 100, 36–50.

    Examples
    --------
    >>> calls = pd.DataFrame({"wait_seconds": range(1, 201), "is_resolved": [True, True, False, True] * 50})
    >>> calls["handle_seconds"] = calls["is_resolved"] * 60
    >>> found = Patience(times=[60]).fit(calls)
    >>> found.patience_.estimate, found.offered_.estimate, round(found.given_up_.estimate, 2)
    (187.0, 121.0, 0.25)
    """

    def __init__(self, times=(60, 120, 300), level=0.95):
        self.times = times
        self.level = level

    def fit(self, contacts):
        """Estimate both curves.

        Parameters
        ----------
        contacts : pandas.DataFrame or Ibis table
            wait_seconds and is_resolved; handle_seconds, where it is there, tells those given up from those served without success: an unsettled contact
            with any time of handling was served. customer_id clusters.

        Returns
        -------
        Patience
            This object.

        Raises
        ------
        NotEnough
            Where contacts record no waiting, or fewer than ten customers had to wait.
        ValueError
            For a missing column.
        """
        known = table(contacts, ["wait_seconds", "is_resolved"], "contacts", may_be_empty=True)
        known = known[known["wait_seconds"].notna() & known["is_resolved"].notna()].reset_index(drop=True)
        if not len(known):
            raise NotEnough("no contact has both a waiting time and whether it was settled")
        self.left_out_ = []
        lost = ~known["is_resolved"].astype(bool)
        if "handle_seconds" in known and known["handle_seconds"].notna().any():
            lost &= ~(known["handle_seconds"] > 0)
        else:
            self.left_out_.append(
                "no contact has a handling time, so that every unsettled one counts as given up"
            )
        wait, lost = known["wait_seconds"].to_numpy(dtype=float), lost.to_numpy()
        who = clusters_of(known.get("customer_id"), len(known))
        waited = wait > 0
        self.n_, self.queued_, self.lost_ = len(known), int(waited.sum()), int((lost & waited).sum())
        if not self.queued_:
            raise NotEnough("no contact had to wait")
        if len(np.unique(who[waited])) < SUPPRESSED:
            raise NotEnough(f"fewer than {SUPPRESSED} customers had to wait")
        self.given_up_ = shown_share(lost, who, self.level)
        self.given_up_of_queued_ = shown_share(lost[waited], who[waited], self.level)
        self.wait_ = clustered_median(wait[waited], who[waited], self.level)
        if self.lost_ < FEWEST:
            self.left_out_.append(
                f"fewer than {FEWEST} contacts were given up while waiting, so how long customers would wait is not known"
            )
            self.curve_ = pd.DataFrame(columns=["time", "at_risk", "survival", "std_error", "low", "high"])
            self.patience_ = self.offered_ = WITHHELD
            return self
        self.curve_ = clustered_survival(
            wait[waited], lost[waited], who[waited], self._grid(wait[waited]), self.level
        )
        self.patience_ = _median(wait[waited], lost[waited], who[waited], self.level)
        self.offered_ = _median(wait[waited], ~lost[waited], who[waited], self.level)
        return self

    def summary(self):
        """Medians, the share still waiting, and the share given up.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how, share = "Kaplan–Meier, clustered by customer", "share of contacts, clustered by customer"
        found = [
            rows.row("seconds of patience (median)", self.patience_, self.queued_, how),
            rows.row("seconds of wait offered (median)", self.offered_, self.queued_, how),
            rows.row("seconds waited (median)", self.wait_, self.queued_, "median, clustered by customer"),
            rows.row("given up, of all contacts", self.given_up_, self.n_, share, "share"),
            rows.row(
                "given up, of those that waited", self.given_up_of_queued_, self.queued_, share, "share"
            ),
        ]
        for at in self.curve_[self.curve_["time"].isin(list(self.times))].itertuples():
            words = f"would still wait after {at.time:g} seconds"
            found.append(rows.row(words, (at.survival, at.low, at.high), self.queued_, how, "share"))
        return rows.summary(found)

    def _grid(self, wait):
        """The times asked for, and a hundred over what was waited."""
        even = np.linspace(0, np.quantile(wait, 0.99), 101)[1:]
        return np.unique(np.concatenate([np.asarray(self.times, dtype=float), even]))


def _median(wait, event, who, level):
    """When half would have gone, and the moments at which the curve's limits reach a half."""
    curve = KaplanMeier(level).fit(wait, event)
    middle = curve.quantile(0.5).estimate
    at = curve.survival_["time"].to_numpy(dtype=float)
    at = at if len(at) <= 400 else np.quantile(at, np.linspace(0, 1, 400), method="nearest")
    limits = clustered_survival(wait, event, who, np.unique(at), level)
    ends = [limits.loc[limits[name] <= 0.5, "time"] for name in ("low", "high")]
    return Interval(float(middle), *(float(times.iloc[0]) if len(times) else np.nan for times in ends))
