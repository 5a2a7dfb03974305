"""What an offer earns per customer asked, beyond what those earn who return by themselves."""

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.trial import Trial
from cxresearch.models.winback.offers import is_filled, mean_by_arm, probability_of, several
from cxresearch.stats.dunnett import dunnett_p, dunnett_quantile
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers who came back


class OfferProfit(Estimator):
    r"""Profit of an offer per customer asked, with those who would have returned anyway subtracted.

    .. math:: profit_a = r_a V_a - r_0 V_0 - cost_a

    r are rates of return, V the values of customers who returned, 0 the control. The variance is that of the difference between the arms
    of what each customer brought (:math:`V_a` if returned, less the cost), and :math:`r_a^2 var(V_a) + r_0^2 var(V_0)` for the values,
    which are estimated; where both are those of all arms, :math:`(r_a - r_0)^2 var(V)`. Intervals hold for all arms at once (Dunnett).

    Parameters
    ----------
    margin : float
        Contribution per unit of spend, where the value is the spend so far.
    offer_cost : float
        Of an offer, where the table does not say; the control costs nothing.
    worth : float, optional
        Value of a customer who returned, where neither a second life nor spend tells.
    level : float

    Attributes
    ----------
    profits_ : DataFrame
        arm, n, rate, control_rate, value, control_value, cost, naive (rate × value − cost: what is not subtracted flatters), estimate, low, high, std_error,
        p_adjusted, verdict ("pays", "loses", "unclear").
    best_ : str or None
        The arm with the highest lower limit, where that is above 0.
    basis_ : {"second life", "spend so far", "worth declared"}
    cost_is_assumed_ : bool
    comparison_ : str
        As of :class:`~cxresearch.models.winback.regain.Regain`.
    years_ : float or None
        How far ahead of the return a second life is valued.
    values_ : dict of str → float
        By arm.
    left_out_ : list of str

    Examples
    --------
    >>> from cxresearch.models.winback.regain import Regain
    >>> offers = pd.DataFrame({"offer_id": range(400), "customer_id": range(400), "arm": ["control", "gift"] * 200})
    >>> offers["returned"] = [k % 10 in (1, 3) or k % 20 == 0 for k in range(400)]
    >>> offers["cost"] = [0.0, 3.0] * 200
    >>> found = OfferProfit(worth=80.0).fit(Regain().fit(offers))
    >>> found.profits_.round(1)[["naive", "estimate", "low", "high"]].values.tolist()
    [[29.0, 21.0, 14.6, 27.4]]
    """

    def __init__(self, margin=1.0, offer_cost=10.0, worth=None, level=0.95):
        self.margin = margin
        self.offer_cost = offer_cost
        self.worth = worth
        self.level = level

    def fit(self, regain, life=None):
        """Work out the profit of each offer.

        Parameters
        ----------
        regain : Regain
            Fitted.
        life : SecondLife, optional
            Fitted on the same offers.

        Returns
        -------
        OfferProfit
            This object.

        Raises
        ------
        NotEnough
            Where nothing is compared with a control, or nothing says what a return is worth.
        """
        if regain.comparison_ == "none":
            raise NotEnough(f"{regain.refused_}; so what an offer earns cannot be told")
        self.left_out_, rows, control = [], regain.rows_, regain.control
        self.comparison_, self.years_ = regain.comparison_, None if life is None else life.years
        names = [control, *regain.lifts_["arm"]]
        rows = rows[rows["arm"].isin(names)].reset_index(drop=True)
        self.control_, self.rows_ = control, rows
        if rows["returned"].sum() < FEWEST:
            raise NotEnough("fewer than ten customers came back, so what an offer earns cannot be told")
        cost = self._costs(rows)
        brought, value, error, pooled = self._values(rows, names, life)
        self.values_, self.errors_ = value.to_dict(), error.to_dict()
        trial = Trial(control, "amount", correction="none", level=self.level)
        known = (
            None
            if regain.covariates() is None
            else regain.covariates().loc[regain.rows_["arm"].isin(names)].reset_index(drop=True)
        )
        trial.fit(rows["arm"], brought - cost, known, several(rows), probability_of(rows))
        rates = regain.arms_.set_index("arm")["estimate"]
        own = np.diag(trial.covariance_)
        extra = (rates * error).pow(2) + self._nobody(rows, value)
        shared = np.array([pooled[arm] and pooled[control] for arm in names[1:]])
        self.is_shared_ = dict(zip(names[1:], shared, strict=True))
        gap = trial.lifts_["estimate"].to_numpy()
        variance = trial.lifts_["std_error"].to_numpy() ** 2
        variance = variance + np.where(
            shared,
            [((rates[arm] - rates[control]) * error[arm]) ** 2 for arm in names[1:]],
            [extra[arm] + extra[control] for arm in names[1:]],
        )
        std_error = np.sqrt(variance)
        alone = np.maximum(variance - own[0] - extra[control], 1e-12)
        c = dunnett_quantile(alone, own[0] + extra[control], self.level)
        z = np.divide(gap, std_error, out=np.zeros_like(gap), where=std_error > 0)
        p = dunnett_p(z, alone, own[0] + extra[control])
        mean_cost, mean_brought = mean_by_arm(rows, cost), mean_by_arm(rows, brought)
        self.profits_ = pd.DataFrame(
            {
                "arm": names[1:],
                "n": trial.lifts_["n"].to_numpy(),
                "asked": [int((rows["arm"] == arm).sum()) for arm in names[1:]],
                "rate": [rates[arm] for arm in names[1:]],
                "control_rate": rates[control],
                "value": [value[arm] for arm in names[1:]],
                "control_value": value[control],
                "cost": [mean_cost[arm] for arm in names[1:]],
                "naive": [mean_brought[arm] - mean_cost[arm] for arm in names[1:]],
                "natural": mean_brought[control],
                "estimate": gap,
                "low": gap - c * std_error,
                "high": gap + c * std_error,
                "std_error": std_error,
                "p_adjusted": p,
            }
        )
        pays, loses = self.profits_["low"] > 0, self.profits_["high"] < 0
        self.profits_["verdict"] = np.where(pays, "pays", np.where(loses, "loses", "unclear"))
        top = self.profits_.loc[self.profits_["low"].idxmax()]
        self.best_ = str(top["arm"]) if top["low"] > 0 else None
        self._c = c
        self.headline_ = [f"profit per customer asked: {self.best_}"] if self.best_ else []
        return self

    def summary(self):
        """Profit per customer asked by offer."""
        how = f"{self.basis_}, natural returns subtracted, all offers at once (Dunnett)"
        return summary(
            row(f"profit per customer asked: {p.arm}", (p.estimate, p.low, p.high), p.n, how, "money")
            for p in self.profits_.itertuples()
        )

    def needed(self, arm, power=0.8):
        """Customers per arm of a trial that would settle whether an offer pays, if its profit is what it seems.

        All errors shrink with the root of the customers asked: those of the values too, since more come back.

        Returns
        -------
        int or None
            None where the estimate is 0.
        """
        found = self.profits_.set_index("arm").loc[arm]
        if not found["estimate"] or not found["std_error"]:
            return None
        own = min(int(found["asked"]), int(found["n"] - found["asked"]))
        return int(np.ceil(own * ((self._c + ndtri(power)) * found["std_error"] / found["estimate"]) ** 2))

    def _costs(self, rows):
        """What each offer cost; that of the control is what is recorded of it."""
        is_control = rows["arm"] == self.control_
        self.cost_is_assumed_ = not is_filled(rows[~is_control], "cost")
        if not self.cost_is_assumed_:
            return rows["cost"].astype(float).fillna(0.0).to_numpy()
        self.left_out_.append("what the offers cost is not recorded for all, so one cost is assumed for each")
        recorded = rows["cost"].astype(float) if "cost" in rows else pd.Series(np.nan, index=rows.index)
        return recorded.fillna(
            pd.Series(np.where(is_control, 0.0, self.offer_cost), index=rows.index)
        ).to_numpy()

    def _nobody(self, rows, value):
        """The variance of what arms bring of which nobody came back: that of one return more among two customers more, not 0."""
        by = rows.groupby("arm")["returned"].agg(["sum", "size"])
        rate = 1 / (by["size"] + 2)
        return (value**2 * rate * (1 - rate) / by["size"]).where(by["sum"] == 0, 0.0).reindex(value.index)

    def _values(self, rows, names, life):
        """What each customer brought, and by arm the value of a return, its error and whether it is that of all arms."""
        returned = rows["returned"].to_numpy(dtype=float)
        if life is not None and life.has_spend_:
            self.basis_ = "second life"
            found = life.values().reindex(names)
            return (
                returned * rows["arm"].map(found["value"]).to_numpy(),
                found["value"],
                found["value_error"],
                found["is_pooled"].astype(bool),
            )
        none = pd.Series(0.0, index=names)
        is_own = pd.Series(False, index=names)
        if is_filled(rows, "spend"):
            self.basis_ = "spend so far"
            brought = self.margin * rows["spend"].to_numpy(dtype=float)
            by = (
                pd.DataFrame({"arm": rows["arm"], "spend": brought, "returned": returned})
                .groupby("arm")
                .sum()
            )
            return brought, (by["spend"] / by["returned"].clip(lower=1)).reindex(names), none, is_own
        if self.worth:
            self.basis_ = "worth declared"
            return returned * self.worth, pd.Series(float(self.worth), index=names), none, is_own
        raise NotEnough("neither spend nor a value of customers says what a return is worth")
