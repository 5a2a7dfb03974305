"""What the payments to come of today's contract customers are worth."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.likelihood import wald
from cxresearch.stats.rows import row, summary


class ContractValue(Estimator):
    r"""Discounted margin of the monthly amounts that running contracts will pay within a horizon.

    With :math:`S_i(m)` the probability that contract i is still there m months from now, and :math:`a_i` paid at the beginning of each
    month while it lasts,

    .. math:: V_i = \text{margin} \cdot a_i \sum_{m=0}^{M-1} S_i(m)\,(1 + d)^{-m/12}.

    Parameters
    ----------
    outlook : ContractOutlook
        Fitted.
    months : int
        Horizon M.
    margin : float
        Contribution per unit of revenue.
    discount_rate : float
        Effective rate d a year.

    Attributes
    ----------
    customers_ : pandas.DataFrame
        customer_id, value, value_low, value_high of the contracts that have an amount, indexed as `spells`.
    n_ : int
        Contracts valued.
    headline_ : list of str
        The metric of the total.

    Notes
    -----
    The interval of the total is one of prediction: of what the contracts will pay. It carries the uncertainty of the coefficients (delta method
    on the log scale) and the luck of when each contract ends; those of single customers are of their expected value. Neither carries a wrong
    margin or an amount that changes.
    """

    kind = "contract"

    def __init__(self, outlook, months=36, margin=1.0, discount_rate=0.10):
        self.outlook = outlook
        self.months = months
        self.margin = margin
        self.discount_rate = discount_rate

    def fit(self, spells, X=None):
        """Value the running contracts.

        Parameters
        ----------
        spells : pandas.DataFrame
            As the outlook was fitted to, with customer_id and monthly_amount.
        X : pandas.DataFrame, optional
            As for the outlook.

        Returns
        -------
        ContractValue

        Raises
        ------
        NotEnough
            If no running contract has a monthly amount.
        """
        spells = table(spells, ["customer_id", "monthly_amount"], "spells")
        outlook = self.outlook
        place, worth, slope, variance = outlook.discounted(
            spells, self.months, np.log1p(self.discount_rate), X
        )
        each = spells["monthly_amount"].to_numpy(float)[place] * self.margin
        value, chance = worth * each, variance * each**2
        has_amount = np.isfinite(value)
        if not has_amount.any():
            raise NotEnough("no running contract has a monthly amount")
        place, value, slope, chance = (part[has_amount] for part in (place, value, slope, chance))
        low, high = wald(value, outlook.standard_error(slope), outlook.level)
        who = spells["customer_id"].iloc[place]
        self.customers_ = pd.DataFrame(
            {"customer_id": who, "value": value, "value_low": low, "value_high": high}
        )
        self.n_, total = len(value), value.sum()
        unsure = outlook.standard_error(value @ slope)
        log_se = np.hypot(unsure, np.sqrt(chance.sum())) / max(total, 1e-300)
        self._total = np.array([total, *wald(total, log_se, outlook.level)])
        self.headline_ = [self._metric()]
        return self

    def summary(self):
        """The value of all contracts, and per contract."""
        method = (
            f"prediction interval of what is paid, {self.discount_rate:.4g} a year, margin {self.margin:.4g}"
        )
        each = f"per contract, next {self.months} months"
        return summary(
            [
                row(self._metric(), self._total, self.n_, method, "money"),
                row(each, self._total / self.n_, self.n_, method, "money"),
            ]
        )

    def _metric(self):
        return f"value of running contracts, next {self.months} months"
