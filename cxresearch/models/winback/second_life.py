"""The second life: how long customers stay who came back, and what they are worth."""

import numpy as np
import pandas as pd
from scipy.special import chdtri

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.kaplan_meier import KaplanMeier
from cxresearch.models.winback.offers import counted_offers
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers who came back, of an arm whose second life stands by itself
AT_RISK = 30  # customers at risk up to which the curve is read
MARK = 6  # months after which the share still there is stated
ALL = "all"


class SecondLife(Estimator):
    r"""How long those who came back stay, by arm, and the discounted value of their second life.

    Kaplan–Meier from the return; the hazard a month is :math:`h = leavers / months`, with the exact Poisson interval. With m the
    contribution of a month lived in the second life (spend over months, of those who have left again: only their spend is complete), and δ the logarithm of 1 + the discount rate of a month:

    .. math:: V = m \sum_{t=1}^{T} \frac{S(t-1) + S(t)}{2 (1+d)^{t - 1/2}} + m \frac{S(T)}{(1+d)^T} \frac{1 - e^{-(h + \delta)(H - T)}}{h + \delta}

    S is read up to the last month T with at least 30 customers at risk; beyond it the hazard is taken as constant, up to H months after the return. The
    textbook's sum takes S(t − 1), as if each month were paid when it begins; m is counted here by months lived, so S is averaged over the month.
    The error is that of a constant hazard by the delta method, from each customer's months, leaving and spend together.

    Arms are compared by profit per customer *asked*, never by these curves: a second life is that of whoever the offer brought back.

    Parameters
    ----------
    margin : float
        Contribution per unit of spend.
    discount_rate : float
        A year.
    years : float, optional
        How far ahead of the return a second life is valued; without it to its end, most of which nobody has seen yet.
    level : float

    Attributes
    ----------
    arms_ : DataFrame
        arm, n (customers who came back), leavers, months, hazard, low, high, monthly, value, value_low, value_high, value_error,
        is_pooled (fewer than ten came back, so that the values are those of all arms).
    curves_ : dict of str → KaplanMeier
        By arm, of those with ten or more; ``"all"`` of all.
    beyond_ : float
        Share of the value that lies beyond what was observed, on average over the arms.
    left_out_ : list of str

    Examples
    --------
    >>> back = {"second_months": [2.0, 5, 9, 14, 20, 3, 7, 8, 12, 30], "left_again": [True, False] * 5, "spend": [50.0] * 10}
    >>> offers = pd.DataFrame({"offer_id": range(10), "customer_id": range(10), "arm": "gift", "returned": True} | back)
    >>> life = SecondLife().fit(offers)
    >>> life.arms_.round(3)[["hazard", "low", "high", "monthly", "value"]].values.tolist()
    [[0.045, 0.015, 0.106, 4.545, 85.126]]
    """

    def __init__(self, margin=1.0, discount_rate=0.1, years=None, level=0.95):
        self.margin = margin
        self.discount_rate = discount_rate
        self.years = years
        self.level = level

    def fit(self, offers):
        """Follow those who came back.

        Parameters
        ----------
        offers : DataFrame or Ibis table
            Of :func:`~cxresearch.features.winback.winback_offers`.

        Returns
        -------
        SecondLife
            This object.

        Raises
        ------
        NotEnough
            Where the day of return is not recorded, or fewer than ten came back.
        """
        rows, _ = counted_offers(offers)
        self.left_out_ = []
        if "second_months" not in rows or not rows["second_months"].notna().any():
            raise NotEnough("the day on which customers came back is not recorded")
        came = rows[rows["returned"] == 1]
        followed = came[came["second_months"].notna()]
        if len(followed) < len(came):
            self.left_out_.append("some returns have no day, and are not followed")
        if len(followed) < FEWEST:
            raise NotEnough("fewer than ten customers came back")
        if not followed["left_again"].astype(bool).any():
            self.left_out_.append(
                "nobody has left again yet, so the rate of leaving is taken as half a customer's"
            )
        monthly = (1 + self.discount_rate) ** (1 / 12) - 1
        self.curves_ = {ALL: _curve(followed, self.level)}
        whole = self._one(followed, self.curves_[ALL], monthly, followed)
        found = []
        for arm, own in followed.groupby("arm", sort=True):
            values, is_pooled = whole, len(own) < FEWEST
            if not is_pooled:
                self.curves_[arm] = _curve(own, self.level)
                values = self._one(own, self.curves_[arm], monthly, followed)
            found.append({"arm": arm, "n": len(own), **values, "is_pooled": is_pooled})
        seen = {entry["arm"] for entry in found}
        for arm in sorted(set(rows["arm"]) - seen):
            found.append({"arm": arm, "n": 0, **whole, "is_pooled": True})
        self.arms_ = pd.DataFrame(found).sort_values("arm", kind="stable").reset_index(drop=True)
        self.beyond_ = float(np.average(self.arms_["beyond"], weights=np.maximum(self.arms_["n"], 1)))
        pooled = self.arms_.loc[self.arms_["is_pooled"], "arm"].tolist()
        if pooled and len(self.arms_) > len(pooled):
            self.left_out_.append(
                f"fewer than ten came back of {', '.join(pooled)}: their second life is taken from all arms"
            )
        self.has_spend_ = bool(np.isfinite(self.arms_["value"]).all())
        return self

    def summary(self):
        """Months stayed, the rate of leaving again, and the value, by arm."""
        rows = []
        for arm in self.arms_[~self.arms_["is_pooled"]].itertuples():
            at = self.curves_[arm.arm].at([MARK]).iloc[0]
            if np.isfinite(at["survival"]) and at["at_risk"] >= FEWEST:
                limits = at["survival"], at["low"], at["high"]
                metric = f"{arm.arm}: still there {MARK} months after the return"
                rows.append(row(metric, limits, arm.n, "Kaplan–Meier, log–log limits", "share"))
            limits = arm.hazard, arm.low, arm.high
            rows.append(
                row(
                    f"{arm.arm}: left again, a month",
                    limits,
                    arm.n,
                    "leavers over months, exact Poisson",
                    "share",
                )
            )
            if np.isfinite(arm.value):
                limits = arm.value, arm.value_low, arm.value_high
                how = "Kaplan–Meier and constant hazard beyond, delta method"
                rows.append(row(f"{arm.arm}: value of a second life", limits, arm.n, how, "money"))
        return summary(rows)

    def values(self):
        """Value of a customer who came back and its standard error, by arm; whether it is that of all arms."""
        return self.arms_.set_index("arm")[["value", "value_error", "is_pooled"]]

    def _monthly(self, own, everybody):
        """What is earned in a month of a second life, and how each customer moves it; missing without spend.

        From those who have left again, whose spend is complete: of the arm where they are ten, else of all arms; where ten have not left
        at all, from everybody, as far as their spend is recorded.
        """
        if "spend" not in own or own["spend"].isna().any():
            return np.nan, None
        for rows in (own, everybody):
            over = rows["left_again"].astype(bool).to_numpy()
            if over.sum() >= FEWEST:
                return self._ratio(rows, over)
        return self._ratio(own, np.ones(len(own), dtype=bool))

    def _ratio(self, rows, counts):
        """Contribution over months of the rows that count, and the influence of each row on it."""
        brought = self.margin * rows["spend"].to_numpy(dtype=float) * counts
        months = rows["second_months"].to_numpy(dtype=float) * counts
        total = max(float(months.sum()), 1e-9)
        monthly = float(brought.sum()) / total
        return monthly, (brought - monthly * months) / total

    def _one(self, own, curve, d, everybody):
        months, left = own["second_months"].to_numpy(dtype=float), own["left_again"].to_numpy(dtype=float)
        total, leavers = max(float(months.sum()), 1e-9), float(left.sum())
        counted = max(leavers, 0.5)
        hazard = counted / total
        tail = (1 - self.level) / 2
        low = float(chdtri(2 * leavers, 1 - tail)) / 2 / total if leavers else 0.0
        high = float(chdtri(2 * (leavers + 1), tail)) / 2 / total
        found = {
            "leavers": int(leavers),
            "months": total,
            "hazard": hazard,
            "low": min(low, hazard),
            "high": high,
        }
        monthly, moves = self._monthly(own, everybody)
        horizon = np.inf if self.years is None else round(12 * self.years)
        each, beyond = _discounted(curve, hazard, d, horizon)
        value = monthly * each
        step = 1e-4 * hazard
        slope = (_constant(hazard + step, d, horizon) - _constant(hazard - step, d, horizon)) / (2 * step)
        slope *= each / _constant(hazard, d, horizon)
        pull = monthly * slope * (left - hazard * months) / total
        if moves is not None and len(moves) == len(own):
            pull = pull + moves * each
        error = float(np.sqrt(np.square(pull).sum() * len(own) / max(len(own) - 1, 1)))
        if moves is not None and len(moves) != len(own):
            error = float(np.hypot(error, each * np.sqrt(np.square(moves).sum())))
        if not leavers:
            error = float(np.hypot(error, monthly * slope * np.sqrt(0.5) / total))
        reach = float(normal_quantile(self.level)) * error
        found |= {"monthly": monthly, "value": value, "value_low": value - reach, "value_high": value + reach}
        return found | {"value_error": error, "beyond": beyond}


def _curve(own, level):
    return KaplanMeier(level).fit(own["second_months"].to_numpy(), own["left_again"].astype(bool).to_numpy())


def _constant(hazard, d, months):
    """Discounted months within so many, at a constant hazard."""
    rate = hazard + np.log1p(d)
    return float(-np.expm1(-rate * months) / rate)


def _discounted(curve, hazard, d, horizon):
    """Discounted months of a second life within a horizon, and the share of them that lies beyond what was observed."""
    months = np.arange(0, int(curve.last_time_) + 1)
    at = curve.at(months)
    enough = np.flatnonzero(at["at_risk"] >= AT_RISK)
    last = int(min(months[enough[-1]], horizon)) if len(enough) else 0
    survival = at["survival"].to_numpy()[: last + 1] if last else np.ones(1)
    halves = (survival[:last] + survival[1 : last + 1]) / 2
    observed = float(np.sum(halves / (1 + d) ** (np.arange(1, last + 1) - 0.5)))
    tail = float(survival[last]) * _constant(hazard, d, horizon - last) / (1 + d) ** last
    return observed + tail, tail / (observed + tail) if observed + tail else 1.0
