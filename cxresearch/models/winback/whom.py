"""Whom it pays to ask back: everybody, those whom the offer moves, or nobody."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.policy import Policy
from cxresearch.models.experiments.uplift import Uplift
from cxresearch.models.winback.offers import known_before, probability_of, several


class WhomToAsk(Estimator):
    """Whether it pays to choose among lapsed customers, and the list of those to ask.

    The offer is the one whose profit is certain (:class:`~cxresearch.models.winback.profit.OfferProfit`). What it earns per customer is scored from
    what was known at the offer, by models of other customers, and three rules are valued on the customers that did not make the scores: to ask
    all, those with a positive score, or nobody. Nobody is asked unless an interval lies above 0, and customers are told apart only where
    the Qini coefficient of the scores lies above 0 and choosing earns more than asking all.

    Parameters
    ----------
    budget : float
        What may be spent on offers; 0 for no limit.
    folds, seed : int
        Of the cross-fitting.
    level : float

    Attributes
    ----------
    arm_ : str
        The offer judged: the best, or, where none pays for certain, the one with the highest estimate.
    uplift_ : Uplift or None
        None where too little is known to tell customers apart.
    policy_ : Policy or None
    verdict_ : {"chosen", "all", "nobody"}
    why_ : str
        Why customers cannot be told apart, in half a sentence; empty where they were judged.
    cost_ : float
        Of the offer to one customer.
    askable_, listed_ : int
        After :meth:`ask`: how many lapsed customers are like those who were asked before, and how many of them are listed.
    left_out_ : list of str
    """

    def __init__(self, budget=0.0, folds=5, seed=20260930, level=0.95):
        self.budget = budget
        self.folds = folds
        self.seed = seed
        self.level = level

    def fit(self, profit):
        """Judge whom it pays to ask.

        Parameters
        ----------
        profit : OfferProfit
            Fitted.

        Returns
        -------
        WhomToAsk
            This object.
        """
        if not np.isfinite(self.budget) or self.budget < 0:
            raise ValueError(f"budget is {self.budget}, not an amount of 0 or more")
        table = profit.profits_
        self.left_out_, self.why_ = [], ""
        self.arm_ = profit.best_ or str(table.loc[table["estimate"].idxmax(), "arm"])
        self.each_ = table.set_index("arm").loc[self.arm_]
        self.cost_ = float(self.each_["cost"])
        rows = profit.rows_
        rows = rows[rows["arm"].isin([self.arm_, profit.control_])].reset_index(drop=True)
        self._range = _range(rows)
        self.uplift_ = self.policy_ = None
        pays = profit.best_ is not None
        try:
            self._judge(rows, profit)
        except NotEnough as why:
            self.why_ = str(why)
        if (
            self.policy_ is not None
            and self.policy_.verdict_ == "chosen"
            and self.uplift_.verdict_ == "ranks"
        ):
            self.verdict_ = "chosen"
        else:
            self.verdict_ = "all" if pays else "nobody"
        return self

    def summary(self):
        """The Qini coefficient of the scores and what the rules earn per customer; no rows where customers cannot be told apart."""
        if self.uplift_ is None:
            return pd.DataFrame()
        found = pd.concat([self.uplift_.summary().head(1), self.policy_.summary()], ignore_index=True)
        return found.assign(metric=[f"{self.arm_}: {metric}" for metric in found["metric"]])

    def ask(self, lapsed):
        """The customers to ask now, the most profitable first, as far as the budget goes.

        Customers who left longer ago, or more recently, than any who were asked before are left out: nothing is known of them.

        Parameters
        ----------
        lapsed : DataFrame or Ibis table
            Of :func:`~cxresearch.features.winback.lapsed_customers`.

        Returns
        -------
        DataFrame
            customer_id, offer, expected_profit, cost, months_lapsed; no rows where the verdict is nobody.
        """
        lapsed = lapsed.execute() if hasattr(lapsed, "execute") else lapsed
        lapsed = lapsed.drop_duplicates("customer_id")
        if self._range and "months_lapsed" in lapsed:
            lapsed = lapsed[lapsed["months_lapsed"].between(*self._range)]
        lapsed = lapsed.reset_index(drop=True)
        self.askable_, self.listed_ = len(lapsed), 0
        columns = ["customer_id", "offer", "expected_profit", "cost", "months_lapsed"]
        if self.verdict_ == "nobody" or not len(lapsed):
            return pd.DataFrame(columns=columns)
        if self.verdict_ == "chosen":
            expected = self.uplift_.predict(lapsed) - self.cost_
        else:
            expected = np.full(len(lapsed), float(self.each_["estimate"]))
        months = lapsed.get("months_lapsed", np.nan)
        found = lapsed[["customer_id"]].assign(
            offer=self.arm_,
            expected_profit=np.round(expected, 2),
            cost=round(self.cost_, 2),
            months_lapsed=months,
        )
        found = found[found["expected_profit"] > 0]
        found = found.sort_values(
            ["expected_profit", "months_lapsed", "customer_id"], ascending=[False, True, True], kind="stable"
        )
        if self.budget and self.cost_ > 0:
            found = found.head(int(self.budget / self.cost_ + 1e-9))
        self.listed_ = len(found)
        return found.reset_index(drop=True)

    def _judge(self, rows, profit):
        treated = (rows["arm"] == self.arm_).astype(int).to_numpy()
        known = known_before(rows)
        worth = profit.values_[self.arm_], profit.values_[profit.control_]
        chance = probability_of(rows)
        if chance is not None and (chance.groupby(treated).agg(np.ptp) > 1e-9).any():
            raise NotEnough("the chance of an offer differs between customers, so rules are not valued")
        customer = several(rows)
        if profit.basis_ == "spend so far":
            y = profit.margin * rows["spend"].to_numpy(dtype=float)
            worth = (1.0, 1.0)
        else:
            y = rows["returned"].to_numpy(dtype=float)
        uplift = Uplift(self.folds, self.seed, self.level)
        uplift.fit(known, y, treated, cluster=customer, worth=worth)
        policy = Policy(1.0, self.cost_, level=self.level)
        uncertain = self._uncertain(rows, treated, profit)
        policy.fit(uplift.score_, uplift.outcome_, treated, cluster=customer, uncertain=uncertain)
        self.uplift_, self.policy_ = uplift, policy
        self.left_out_ += uplift.left_out_

    def _uncertain(self, rows, treated, profit):
        """How the profit of each row moves with the values of a return, which are estimates."""
        returned, e = rows["returned"].to_numpy(dtype=float), treated.mean()
        on, off = returned * treated / e, -returned * (1 - treated) / (1 - e)
        errors = profit.errors_[self.arm_], profit.errors_[profit.control_]
        if profit.is_shared_[self.arm_]:
            return [(on + off, errors[0])]
        return [(on, errors[0]), (off, errors[1])]


def _range(rows):
    """The months since leaving between which customers were asked; None where they are not recorded."""
    if "months_lapsed" not in rows or not rows["months_lapsed"].notna().any():
        return None
    return float(rows["months_lapsed"].min()), float(rows["months_lapsed"].max())
