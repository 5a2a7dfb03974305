"""What events added by those held out at random: the comparison that outranks all others, and the judge of the matched one."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.events.growth import ratio_growth
from cxresearch.models.experiments.trial import Trial
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import holm

CONTROL, INVITED = "held out", "invited"
BEFORE = 6  # months whose mean is the covariate
DIFFERENCE = 0.10  # between the shares that came, from which the effect of coming is told
FEWEST = 10


class EventTrials(Estimator):
    r"""By kind, accounts invited against accounts held out by lot, all randomised events of the kind together.

    Intention to treat: log revenue after, on the lot, with mean log revenue before and the event as covariates (ANCOVA, by :class:`Trial`). Per guest: the lot is the instrument of coming,

    .. math:: \lambda = \frac{\bar y_{invited} - \bar y_{held\ out}}{\bar a_{invited} - \bar a_{held\ out}},\qquad SE(\lambda) = \frac{SE(\overline{y - \lambda a})}{\bar a_{invited} - \bar a_{held\ out}}

    told where the two shares that came differ by ten points or more.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    kinds_ : DataFrame
        kind, events, n (invited), held_out, estimate, low, high, std_error, guest, guest_low, guest_high (per guest), matched, bias, bias_low, bias_high: the matched estimate of the same events, by how much it exceeds the trial, and whether it does beyond chance and the number of kinds (`is_off`, Holm).
    influence_ : dict
        kind → Series by account.

    Raises
    ------
    NotEnough
        From ``fit``, where no kind of event held ten accounts out by lot.
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, lifts):
        """Judge the randomised events.

        Parameters
        ----------
        lifts : EventLifts
            Fitted.

        Returns
        -------
        EventTrials
            This object.
        """
        self.left_out_, found, self.influence_ = [], [], {}
        drawn = [w for w in lifts.windows_ if w.is_randomised]
        for kind in sorted({w.kind for w in drawn}):
            own = [w for w in drawn if w.kind == kind]
            try:
                found.append(self._kind(kind, own, lifts))
            except NotEnough as reason:
                self.left_out_.append(f"the trial of {kind}: {reason}")
        if not found:
            none = "no event that can be judged held ten accounts out by lot"
            raise NotEnough(self.left_out_[0] if self.left_out_ else none)
        self.kinds_ = pd.DataFrame(found)
        error = (self.kinds_["bias_high"] - self.kinds_["bias_low"]) / (2 * normal_quantile(self.level))
        p = 2 * ndtr(-(self.kinds_["bias"] / error).abs().to_numpy())
        self.kinds_["is_off"] = holm(p).p_value < 1 - self.level
        return self

    def summary(self):
        """By kind, the lift by the lot, and what the matched comparison of the same events is off by.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        found = []
        for k in self.kinds_.itertuples():
            n = k.n + k.held_out
            found.append(
                rows.row(
                    f"{k.kind}: lift by the lot",
                    np.expm1([k.estimate, k.low, k.high]),
                    n,
                    "hold-out by lot, ANCOVA",
                    "share",
                )
            )
            if np.isfinite(k.guest):
                found.append(
                    rows.row(
                        f"{k.kind}: lift per guest",
                        np.expm1([k.guest, k.guest_low, k.guest_high]),
                        n,
                        "hold-out by lot, Wald",
                        "share",
                    )
                )
            limits = k.bias, k.bias_low, k.bias_high
            found.append(
                rows.row(f"{k.kind}: matched less lot", limits, n, "same events, errors by account", "points")
            )
        return rows.summary(found)

    def _kind(self, kind, windows, lifts):
        table = pd.concat([_rows(w, lifts) for w in windows], ignore_index=True)
        counts = table["arm"].value_counts()
        if min(counts.get(CONTROL, 0), counts.get(INVITED, 0)) < FEWEST:
            raise NotEnough("fewer than ten accounts were invited or held out")
        z = float(normal_quantile(self.level))
        if lifts.logarithms_:
            found, influence, guest = _ancova(table, self.level)
        else:
            treated = (table["arm"] == INVITED).to_numpy()
            weights = np.where(treated, 1 / treated.sum(), 1 / (~treated).sum())
            grown = ratio_growth(treated, table["after"].to_numpy(), table["before"].to_numpy(), weights)
            influence, guest = grown.influence, (np.nan,) * 3
            error = float(np.sqrt(np.square(pd.Series(influence).groupby(table["account"]).sum()).sum()))
            found = (grown.estimate, grown.estimate - z * error, grown.estimate + z * error, error)
        by_account = pd.Series(influence).groupby(table["account"].to_numpy()).sum()
        self.influence_[kind] = by_account
        same = lifts.events_.set_index("event_id").loc[[w.event_id for w in windows]]
        weight = 1 / same["std_error"] ** 2
        weight = weight / weight.sum()
        matched = float((weight * same["estimate"]).sum())
        both = pd.concat([weight[e] * lifts.influence_[e] for e in weight.index] + [-by_account])
        reach = z * float(np.sqrt(np.square(both.groupby(level=0).sum()).sum()))
        bias = matched - found[0]
        return {
            "kind": kind,
            "events": len(windows),
            "n": int(counts[INVITED]),
            "held_out": int(counts[CONTROL]),
            **dict(zip(("estimate", "low", "high", "std_error"), found, strict=True)),
            **dict(zip(("guest", "guest_low", "guest_high"), guest, strict=True)),
            "matched": matched,
            "bias": bias,
            "bias_low": bias - reach,
            "bias_high": bias + reach,
        }


def _rows(window, lifts):
    """A row for each account drawn: arm, after, before, came, probability of its arm."""
    panel = lifts.panel_
    kept = window.known(panel, lifts.logarithms_, BEFORE)
    before = panel.months(window.last_before - BEFORE + 1, window.last_before)
    after = panel.months(window.first_after, window.high)
    change = np.log if lifts.logarithms_ else np.asarray
    place = np.r_[window.asked, window.out]
    own = window.rows.drop_duplicates("customer_id").set_index("customer_id").reindex(panel.accounts[place])
    chance = own["invited_probability"].to_numpy(float)
    is_invited = np.arange(place.size) < window.asked.size
    table = pd.DataFrame(
        {
            "account": panel.accounts[place],
            "event": window.event_id,
            "arm": np.where(is_invited, INVITED, CONTROL),
        }
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        table["after"] = change(after[place]).mean(axis=1)
        table["before"] = change(before[place]).mean(axis=1)
    table["came"] = own["has_attended"].fillna(False).to_numpy(float)
    table["probability"] = np.where(is_invited, chance, 1 - chance)
    return table[kept[place]]


def _ancova(table, level):
    """The lift by the lot with its limits and error, what each row adds to the error, and the lift per guest with its limits."""
    events = pd.get_dummies(table["event"], dtype=float).iloc[:, 1:].add_prefix("event ")
    x = pd.concat([table[["before"]], events], axis=1)
    is_known = table["probability"].between(1e-9, 1 - 1e-9).all()
    chance = table["probability"].to_numpy() if is_known else None
    design = np.column_stack([np.ones(len(table)), x.to_numpy(float)])
    trial = Trial(CONTROL, outcome="amount", adjust="ancova", level=level)

    def lift(y):
        return trial.fit(table["arm"], y, x, table["account"], chance).lifts_.iloc[0]

    by_lot = lift(table["after"].to_numpy())
    invited = (table["arm"] == INVITED).to_numpy(float)
    rest = _without(design, invited)
    e = _without(design, table["after"].to_numpy()) - by_lot["estimate"] * rest
    influence = rest * e / (rest @ rest)
    came = [table.loc[table["arm"] == arm, "came"].mean() for arm in (INVITED, CONTROL)]
    guest, gap = (np.nan,) * 3, came[0] - came[1]
    if gap >= DIFFERENCE:
        share = float(lift(table["came"].to_numpy())["estimate"])
        each = by_lot["estimate"] / share
        own = lift(table["after"].to_numpy() - each * table["came"].to_numpy())
        reach = (own["high"] - own["low"]) / 2 / abs(share)
        guest = each, each - reach, each + reach
    return tuple(by_lot[["estimate", "low", "high", "std_error"]].astype(float)), influence, guest


def _without(design, y):
    """What is left of a column after least squares on others."""
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
