"""Which kinds of event return more than they cost: the best comparison of each kind, pooled, priced, and what would settle the rest."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.pooling import Pooling
from cxresearch.models.experiments.sample_size import sample_size
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import holm

LOT, MATCHED, NONE = "hold-out by lot", "matched", "none"
PER_YEAR = 12


class Priced(NamedTuple):
    """The gain beyond the cost, the return on it, the lift that returns just the cost, and the chance that the lift exceeds it."""

    gain: np.ndarray
    return_: np.ndarray
    even: np.ndarray
    chance: np.ndarray


class EventReturns(Estimator):
    r"""The lift of each kind of event by the best comparison there is, and what it returns.

    The comparison is the lot where accounts were held out at random; else the matched one, the events of a kind pooled (:class:`Pooling`); else none. A matched one is withheld where the same comparison finds an effect before the events,
    which by Holm's method over kinds is no chance. The lifts of kinds are drawn towards their mean, since the best of several was also lucky. With :math:`M` the margin on what those invited
    would have bought in the months that count:

    .. math:: \text{return} = \frac{M (e^{\theta} - 1) - \text{cost}}{\text{cost}},\qquad P(\text{return} > 0) = \Phi\Bigl(\frac{\theta - \ln(1 + \text{cost}/M)}{s}\Bigr)

    Parameters
    ----------
    margin : float, optional
        Contribution per unit of revenue, where events do not say; without either, revenue is taken for it.
    certain : float
        Chance at which a kind is called the best.
    level : float

    Attributes
    ----------
    kinds_ : DataFrame
        kind, events (judged), n, comparison (hold-out by lot, matched, none), estimate, low, high, std_error (of the log lift: half the interval over z), matched, matched_low, matched_high, matched_n, naive, last_month, placebo, placebo_low, placebo_high,
        shrunk, shrunk_low, shrunk_high, shrunk_error, cost, margin (M), return_, return_low, return_high, p_positive, gain, gain_low, gain_high (M(e^θ − 1) − cost), even (the lift at which it returns its cost), best, best_doubled, verdict (repeat,
        stop, test, no cost known, no comparison), needed (accounts in each arm of a trial that would settle it), needed_events.
    pooled_ : dict
        kind → Pooling of its events, where there are two or more.
    across_ : Pooling or None
    margin_is_revenue_ : bool
    months_ : float
        Length of the period that the events judged span, in months.
    counted_months_ : int
        Months after an event that count.

    Raises
    ------
    NotEnough
        From ``fit``, where no kind can be judged.

    References
    ----------
    DerSimonian, R. & Laird, N. (1986). *Controlled Clinical Trials* 7, 177–188.
    """

    def __init__(self, margin=None, certain=0.8, level=0.95):
        self.margin = margin
        self.certain = certain
        self.level = level

    def fit(self, lifts, trials=None):
        """Judge and price the kinds.

        Parameters
        ----------
        lifts : EventLifts
            Fitted.
        trials : EventTrials, optional
            Fitted.

        Returns
        -------
        EventReturns
            This object.
        """
        known = lifts.events_[lifts.events_["why"] == ""]
        if not len(known):
            raise NotEnough("no event could be judged")
        self.pooled_, self.left_out_, found = {}, [], []
        by_lot = {} if trials is None else {k["kind"]: k for k in trials.kinds_.to_dict("records")}
        for kind, own in known.groupby("kind", sort=True):
            found.append(self._kind(kind, own, lifts, by_lot.get(kind)))
        table = pd.DataFrame(found)
        self._withhold(table)
        self._shrink(table)
        self._price(table)
        self.kinds_ = table
        days = (pd.to_datetime(known["held_on"]).max() - pd.to_datetime(known["held_on"]).min()).days
        self.months_ = days / 365.25 * PER_YEAR + 1
        self.counted_months_ = int(known["months"].max())
        return self

    def summary(self):
        """By kind: the lift by the comparison used, and the return on cost.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        return pd.concat([self.lifts(), self.returns()], ignore_index=True)

    def lifts(self):
        """The lift of each kind by the comparison used."""
        return rows.summary(
            rows.row(
                f"{k.kind}: lift of revenue",
                np.expm1([k.estimate, k.low, k.high]),
                k.n,
                k.comparison,
                "share",
            )
            for k in self.kinds_.itertuples()
        )

    def returns(self):
        """The return on cost of each kind, its lift drawn towards the mean of kinds."""
        known = self.kinds_.dropna(subset="return_")
        return rows.summary(
            rows.row(
                f"{k.kind}: return on cost",
                (k.return_, k.return_low, k.return_high),
                k.n,
                f"{k.comparison}, drawn towards the mean of kinds",
                "share",
            )
            for k in known.itertuples()
        )

    def next_events(self):
        """The limits between which the matched lift of a further event of each kind will lie."""
        n = self.kinds_.set_index("kind")["matched_n"]
        return rows.summary(
            rows.row(
                f"{kind}: lift of the next event",
                np.expm1([p.mean_["estimate"], *p.prediction_]),
                n[kind],
                f"random effects, prediction interval, {len(p.estimates_)} events",
                "share",
            )
            for kind, p in self.pooled_.items()
            if np.isfinite(p.prediction_).all()
        )

    def chances(self):
        """By kind: the chance that it returns its cost and more, and that it is the kind with the highest lift, with the spread found and with twice that."""
        kept = {
            "kind": "kind",
            "p_positive": "chance of a gain",
            "best": "highest lift",
            "best_doubled": "highest lift, kinds twice as far apart",
        }
        return self.kinds_.loc[self.kinds_["comparison"] != NONE, list(kept)].rename(columns=kept)

    def comparisons(self):
        """Every comparison of each kind side by side, the refused ones too: kind, comparison, estimate, low, high, is_used."""
        found = []
        for k in self.kinds_.itertuples():
            found.append((k.kind, "all others, afterwards", k.naive, np.nan, np.nan, False))
            found.append((k.kind, "the month before", k.last_month, np.nan, np.nan, False))
            found.append((k.kind, MATCHED, k.matched, k.matched_low, k.matched_high, k.comparison == MATCHED))
            if k.comparison == LOT:
                found.append((k.kind, LOT, k.estimate, k.low, k.high, True))
        return pd.DataFrame(found, columns=["kind", "comparison", "estimate", "low", "high", "is_used"])

    def _kind(self, kind, own, lifts, by_lot):
        estimate, low, high = own.iloc[0][["estimate", "low", "high"]].astype(float)
        if len(own) > 1:
            pooled = Pooling(level=self.level).fit(
                own["estimate"].to_numpy(), own["std_error"].to_numpy(), own["event_id"].tolist()
            )
            self.pooled_[kind] = pooled
            estimate, low, high = (pooled.mean_[name] for name in ("estimate", "low", "high"))
        placebos = lifts.placebos_[lifts.placebos_["kind"] == kind]
        placebo = _average(placebos["estimate"], placebos["std_error"])
        row = {"kind": kind, "events": len(own), "n": int(own["n"].sum()), "comparison": MATCHED}
        row |= {"estimate": estimate, "low": low, "high": high}
        row |= {"matched": estimate, "matched_low": low, "matched_high": high, "matched_n": row["n"]}
        row |= {name: float(np.average(own[name], weights=own["n"])) for name in ("naive", "last_month")}
        z = float(normal_quantile(self.level))
        reach = z * placebo[1]
        row |= {"placebo": placebo[0], "placebo_low": placebo[0] - reach, "placebo_high": placebo[0] + reach}
        row["placebo_p"] = 2 * float(ndtr(-abs(placebo[0] / placebo[1]))) if placebo[1] > 0 else np.nan
        if by_lot is not None:
            row |= {name: by_lot[name] for name in ("estimate", "low", "high")}
            row |= {"comparison": LOT, "n": by_lot["n"] + by_lot["held_out"]}
        row["std_error"] = (row["high"] - row["low"]) / (2 * z)  # of few events as Student's t has it
        share = own["margin_share"].fillna(1.0 if self.margin is None else self.margin)
        row["cost"] = float(own["cost"].sum(min_count=len(own)))
        row["margin"] = float((share * own["base"] * own["months"]).sum())
        row["margin_is_revenue"] = bool(own["margin_share"].isna().any() and self.margin is None)
        row["spread"] = float((own["std_error"] ** 2 * own["n"]).mean())
        row["each"] = float(own["invited"].mean())
        return row

    def _withhold(self, table):
        is_matched = (table["comparison"] == MATCHED) & table["placebo_p"].notna()
        if is_matched.any():
            p = np.ones(len(table))
            p[is_matched] = holm(table.loc[is_matched, "placebo_p"].to_numpy()).p_value
            is_off = is_matched & (p < 1 - self.level)
            table.loc[is_off, "comparison"] = NONE
            table.loc[is_off, ["estimate", "low", "high", "std_error"]] = np.nan
            self.left_out_ += [
                f"{kind}: those invited and the others had already moved apart before, so no comparison holds"
                for kind in table.loc[is_off, "kind"]
            ]
        if not (table["comparison"] != NONE).any():
            raise NotEnough(
                "no kind of event has a comparison that holds: those invited had already moved apart from the others before"
            )

    def _shrink(self, table):
        z = float(normal_quantile(self.level))
        names = ["shrunk", "shrunk_error", "best", "best_doubled"]
        table[["best", "best_doubled"]] = np.nan
        used = (table["comparison"] != NONE).to_numpy()
        self.across_ = None
        table["shrunk"], table["shrunk_error"] = table["estimate"], table["std_error"]
        if used.sum() > 1:
            own = table[used]
            self.across_ = Pooling(self.certain, self.level).fit(
                own["estimate"].to_numpy(), own["std_error"].to_numpy(), own["kind"].tolist()
            )
            drawn = self.across_.estimates_
            table.loc[used, names] = drawn[["estimate", "std_error", "best", "best_doubled"]].to_numpy()
        table["shrunk_low"] = table["shrunk"] - z * table["shrunk_error"]
        table["shrunk_high"] = table["shrunk"] + z * table["shrunk_error"]

    def _price(self, table):
        self.margin_is_revenue_ = bool(table.pop("margin_is_revenue").any())
        cost, margin = table["cost"].to_numpy(), table["margin"].to_numpy()
        for end, name in (("", "shrunk"), ("_low", "shrunk_low"), ("_high", "shrunk_high")):
            found = priced(table[name].to_numpy(), table["shrunk_error"].to_numpy(), margin, cost)
            table[f"gain{end}"] = found.gain
            table[f"return{end or '_'}"] = found.return_
            if not end:
                table["even"], table["p_positive"] = found.even, found.chance
        verdicts = [
            table["comparison"] == NONE,
            ~(table["cost"] > 0),
            table["return_low"] > 0,
            table["return_high"] < 0,
        ]
        table["verdict"] = np.select(verdicts, ["no comparison", "no cost known", "repeat", "stop"], "test")
        needed = [
            sample_size(even, s, s, level=self.level) if even > 0 else None
            for even, s in zip(table["even"], table.pop("spread"), strict=True)
        ]
        table["needed"] = pd.array(needed, dtype="Int64")
        each = table.pop("each")
        table["needed_events"] = np.ceil(2 * table["needed"].astype("Float64") / each.to_numpy()).astype(
            "Float64"
        )
        if (table["verdict"] == "no cost known").any():
            self.left_out_.append("the cost of some events is not known: their return is left out")


def priced(lift, error, margin, cost):
    """What a lift of log revenue returns on a cost.

    Parameters
    ----------
    lift, error : float or ndarray
        Of log revenue.
    margin, cost : float or ndarray
        Contribution of what would have been bought without the event, and cost.

    Returns
    -------
    Priced

    Examples
    --------
    >>> found = priced(0.0872530, 0.0196888, 10_000, 900)
    >>> round(float(found.return_), 6), round(float(found.chance), 5)
    (0.01303, 0.52178)
    """
    gain = margin * np.expm1(lift) - cost
    with np.errstate(divide="ignore", invalid="ignore"):
        back = np.where(np.asarray(cost) > 0, gain / cost, np.nan)
        even = np.where(np.asarray(margin) > 0, np.log1p(np.divide(cost, margin)), np.nan)
        return Priced(gain, back, even, ndtr((lift - even) / error))


def _average(estimates, errors):
    """The mean weighted by precision, and its error; missing where there is none."""
    if not len(estimates):
        return np.nan, np.nan
    weight = 1 / errors.to_numpy() ** 2
    return float(weight @ estimates.to_numpy() / weight.sum()), float(weight.sum() ** -0.5)
