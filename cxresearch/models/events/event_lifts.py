"""What each event added to the revenue of those it invited, against accounts that it did not ask."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.events.account_panel import AccountPanel
from cxresearch.models.events.growth import FEWEST, matched_growth, placebo_growth
from cxresearch.models.events.windows import TOO_SHORT, WAITING, Window, known_windows
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile

METHOD = "entropy weights, difference in differences against the whole time before"


class EventLifts(Estimator):
    """The growth of log revenue of accounts that an event invited, beyond that of accounts that it did not ask.

    Baseline: all months before the invitation, `longest` at most. After: the months that follow the one in which the event was held. The comparison is weighted to equal the
    invited in segment, tenure, and in how much both were under the effect of other events (:func:`~cxresearch.models.events.growth.matched_growth`). Those held out by lot are
    no part of it: they judge it. Invited counts, whether or not the account came: who comes chooses to.

    Parameters
    ----------
    fewest, longest : int
        Months of revenue before an event: least, and most.
    after : int
        Months after it in which its effect counts, where the event does not say.
    level : float
        Confidence level.

    Attributes
    ----------
    events_ : DataFrame
        One row per event: event_id, kind, held_on, is_randomised, n (accounts invited and known all the time), compared, invited, held_out (in the table), estimate, low, high, std_error, naive (difference of log
        revenue after), last_month (growth against the month before the invitation), base (monthly revenue of those invited), attends (share), cost, margin_share, months (after), why (half a sentence where it is not judged).
    placebos_ : DataFrame
        event_id, kind, estimate, std_error: spans before the event, in which it can have had no effect.
    path_ : DataFrame
        event_id, kind, month (from the event: −1 the last before the invitation, 1 the first after), estimate, low, high.
    influence_ : dict
        event_id → Series by account.
    windows_ : list of Window
        The events judged.
    logarithms_ : bool
    panel_ : AccountPanel

    Raises
    ------
    NotEnough
        From ``fit``, where no event can be judged: the sentence says why the most of them cannot.
    """

    def __init__(self, fewest=12, longest=24, after=6, level=0.95):
        self.fewest = fewest
        self.longest = longest
        self.after = after
        self.level = level

    def fit(self, events, guests, revenue, traits=None, everybody=None):
        """Judge every event.

        Parameters
        ----------
        events, guests, revenue, traits : DataFrame
            Of :func:`~cxresearch.features.events_held`, :func:`~cxresearch.features.event_guests`, :func:`~cxresearch.features.account_months` and
            :func:`~cxresearch.features.account_traits`.
        everybody : DataFrame, optional
            The guests of the whole firm, where `guests` are those of a part of it: the part then bears its share of the cost of each event.

        Returns
        -------
        EventLifts
            This object.
        """
        events = table(events, ["event_id", "held_on", "month", "kind", "cost"], "events", may_be_empty=True)
        guests = table(guests, ["event_id", "customer_id", "is_invited"], "guests", may_be_empty=True)
        revenue, traits, everybody = map(executed, (revenue, traits, everybody))
        if not len(events):
            raise NotEnough("no event had been held")
        if not len(guests):
            raise NotEnough("nobody is on record as invited to an event")
        self.panel_ = AccountPanel.of(revenue)
        self.logarithms_ = self.panel_.buys_monthly
        self._traits = (
            None if traits is None else traits.set_index("customer_id").reindex(self.panel_.accounts)
        )
        windows = known_windows(events, guests, self.panel_, self.after, self.fewest, self.longest, everybody)
        self._under = _under(windows, self.panel_)
        found, self.windows_, self.influence_, paths, placebos = [], [], {}, [], []
        for window in windows:
            row = {name: getattr(window, name) for name in Window.SHOWN} | dict.fromkeys(JUDGED, np.nan)
            if not window.why:
                try:
                    row |= self._judged(window, paths, placebos)
                    self.windows_.append(window)
                except NotEnough as reason:
                    row["why"] = str(reason)
            found.append(row)
        self.events_ = pd.DataFrame(found)
        self.path_ = pd.concat(paths, ignore_index=True) if paths else pd.DataFrame(columns=PATH)
        self.placebos_ = pd.DataFrame(placebos, columns=["event_id", "kind", "estimate", "std_error"])
        self.left_out_ = self._said()
        if not self.windows_:
            raise NotEnough(self.events_["why"].value_counts().index[0])
        return self

    def summary(self):
        """The lift of each event that could be judged.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        known = self.events_[self.events_["why"] == ""]
        return rows.summary(
            rows.row(
                f"{e.kind}, {e.held_on:%Y-%m-%d} ({e.event_id})",
                np.expm1([e.estimate, e.low, e.high]),
                e.n,
                METHOD,
                "share",
            )
            for e in known.itertuples()
        )

    def counts(self):
        """By kind: events held and judged, accounts invited and held out, the share of those invited that came, and cost."""
        parts = self.events_.assign(
            judged=self.events_["why"] == "", came=self.events_["attends"] * self.events_["invited"]
        )
        found = parts.groupby("kind").agg(
            events=("event_id", "size"), judged=("judged", "sum"), invited=("invited", "sum"), held_out=("held_out", "sum"),
            came=("came", lambda v: v.sum(min_count=len(v))), cost=("cost", lambda v: v.sum(min_count=len(v))),
        )  # fmt: skip
        found["came"] = found["came"] / found["invited"].where(found["invited"] > 0)
        return found.rename(columns={"held_out": "held out", "came": "share that came"}).reset_index()

    def course(self):
        """The events of each kind together, month by month: kind, month, estimate, low, high (means weighted by precision)."""
        known = self.path_
        if not len(known):
            return known.drop(columns="event_id")
        z = float(normal_quantile(self.level))
        error = np.maximum((known["high"] - known["low"]) / (2 * z), 1e-12)
        parts = known.assign(weight=1 / error**2, pull=known["estimate"] / error**2)
        found = parts.groupby(["kind", "month"], sort=True)[["weight", "pull"]].sum().reset_index()
        found["estimate"] = found["pull"] / found["weight"]
        reach = z * found["weight"] ** -0.5
        found["low"], found["high"] = found["estimate"] - reach, found["estimate"] + reach
        return found[["kind", "month", "estimate", "low", "high"]]

    def _judged(self, window, paths, placebos):
        kept, treated, before, after = window.compared(self.panel_, self.logarithms_)
        if treated.sum() < FEWEST:
            raise NotEnough("fewer than ten accounts that it invited were there before and after")
        x = self._covariates(window, kept)
        found, path = matched_growth(treated, after, before, x, self.logarithms_, self.level)
        reach = float(normal_quantile(self.level)) * found.std_error
        month = np.r_[np.arange(-before.shape[1], 0), np.arange(1, after.shape[1] + 1)]
        frame = pd.DataFrame(path, columns=["estimate", "low", "high"]).assign(month=month)
        paths.append(frame.assign(event_id=window.event_id, kind=window.kind)[PATH])
        placebo = placebo_growth(treated, before, x, self.logarithms_)
        if placebo:
            placebos.append((window.event_id, window.kind, placebo.estimate, placebo.std_error))
        self.influence_[window.event_id] = pd.Series(found.influence, self.panel_.accounts[kept])
        level = np.log(after).mean(axis=1) if self.logarithms_ else after.mean(axis=1)
        last = np.log(before[:, -1]) if self.logarithms_ else before[:, -1]
        return {
            "n": int(treated.sum()),
            "compared": int((~treated).sum()),
            "estimate": found.estimate,
            "low": found.estimate - reach,
            "high": found.estimate + reach,
            "std_error": found.std_error,
            "naive": _gap(level, treated, self.logarithms_),
            "last_month": _gap(level, treated, self.logarithms_) - _gap(last, treated, self.logarithms_),
        }

    def _covariates(self, window, kept):
        """Segment, tenure, and the share of the months before and after that lie under the effect of other events."""
        parts = []
        if self._traits is not None:
            traits = self._traits[kept]
            segment = traits["segment"].fillna("")
            if 1 < segment.nunique() <= 8:
                parts += [(segment == name).to_numpy(float) for name in sorted(segment.unique())[1:]]
            since = traits["since"].fillna(window.month).to_numpy(float)
            parts.append(np.log1p(np.maximum(window.month - since, 0)))
        own = window.effect(self.panel_)
        under = (self._under - own)[kept]
        low, high = window.columns(self.panel_)
        parts += [under[:, low].mean(axis=1), under[:, high].mean(axis=1)]
        parts = [part for part in parts if np.ptp(part) > 0]
        return np.column_stack(parts) if parts else np.empty((int(kept.sum()), 0))

    def _said(self):
        why = self.events_["why"]
        told = []
        for text in (WAITING, TOO_SHORT):
            n = int((why == text).sum())
            told += [f"{n:,} event{'' if n == 1 else 's'} not judged: {text}"] if n else []
        others = why[(why != "") & ~why.isin([WAITING, TOO_SHORT])]
        told += [
            f"{n:,} event{'' if n == 1 else 's'} not judged: {text}"
            for text, n in others.value_counts().items()
        ]
        if not self.logarithms_:
            told.append(
                "not every account buys every month, so the sums of the groups are compared, months without revenue included"
            )
        return told


JUDGED = ("n", "compared", "estimate", "low", "high", "std_error", "naive", "last_month")
PATH = ["event_id", "kind", "month", "estimate", "low", "high"]


def _gap(values, treated, logarithms):
    means = values[treated].mean(), values[~treated].mean()
    if logarithms:
        return float(means[0] - means[1])
    return float(np.log(means[0] / means[1])) if min(means) > 0 else np.nan


def _under(windows, panel):
    """How many events each account was under the effect of, by month."""
    total = np.zeros(panel.revenue.shape)
    for window in windows:
        total += window.effect(panel)
    return total
