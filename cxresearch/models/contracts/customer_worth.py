"""What a customer who stays is worth: as declared, or as the contracts tell it; never assumed."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.models.contracts.contract_value import ContractValue
from cxresearch.models.contracts.outlook import ContractOutlook
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary

KNOWN_AT_THE_START = ["segment", "acquisition_channel"]
UNDECLARED = "declare customer_worth under [money] in cxresearch.toml"


class CustomerWorth(Estimator):
    """The value to come of each of today's contract customers, unless one value for all is declared.

    The estimate is that of :class:`~cxresearch.models.contracts.contract_value.ContractValue`: the discounted margin of the monthly amounts
    that a customer is expected to pay while the contract lasts. It differs between customers, as their amounts and their terms do.

    Parameters
    ----------
    declared : float, optional
        The value that the firm declares; it comes first. None or 0 for none.
    months : int
        Horizon of the estimate.
    margin : float
        Contribution per unit of revenue.
    discount_rate : float
        Effective rate a year.

    Attributes
    ----------
    value_, low_, high_ : float or None
        Mean value per customer with its 95% interval; a declared one has no interval, an unknown one is None.
    customers_ : pandas.Series or None
        The value of each customer by customer_id, where it comes from the contracts.
    source_ : str
        "declared", "contracts" or "unknown".
    n_ : int
        Customers behind the estimate.
    left_out_ : list of str
        Why the value is unknown, and what to declare.

    Examples
    --------
    >>> CustomerWorth(900).fit().value_
    900.0
    >>> CustomerWorth().fit().left_out_
    ['What a customer is worth is not known (there are no contracts): declare customer_worth under [money] in cxresearch.toml']
    """

    def __init__(self, declared=None, months=36, margin=1.0, discount_rate=0.10):
        self.declared = declared
        self.months = months
        self.margin = margin
        self.discount_rate = discount_rate

    def fit(self, spells=None):
        """Settle the value.

        Parameters
        ----------
        spells : pandas.DataFrame, optional
            As from :func:`cxresearch.features.customer_spells`; None where there are no contracts.

        Returns
        -------
        CustomerWorth
        """
        self.value_ = self.low_ = self.high_ = self.customers_ = None
        self.source_, self.n_, self.left_out_ = "unknown", 0, []
        if self.declared:
            self.value_, self.source_ = float(self.declared), "declared"
            return self
        try:
            if spells is None or not len(spells):
                raise NotEnough("there are no contracts")
            if spells["monthly_amount"].isna().all():
                raise NotEnough("no contract has a monthly amount")
            X = spells.filter(KNOWN_AT_THE_START)
            outlook = ContractOutlook().fit(spells, X)
            value = ContractValue(outlook, self.months, self.margin, self.discount_rate).fit(spells, X)
            if not value.summary().iloc[1]["estimate"] > 0:
                raise NotEnough("the monthly amounts of the contracts are 0")
        except NotEnough as why:
            self.left_out_ = [f"What a customer is worth is not known ({why}): {UNDECLARED}"]
            return self
        each = value.summary().iloc[1]
        self._method = each["method"]
        self.value_, self.low_, self.high_ = (float(each[end]) for end in ("estimate", "low", "high"))
        self.source_, self.n_ = "contracts", value.n_
        self.customers_ = value.customers_.groupby("customer_id")["value"].sum()
        return self

    def of(self, customer_id):
        """The value of each customer; missing where it is not known.

        Parameters
        ----------
        customer_id : array-like
            In any order.

        Returns
        -------
        numpy.ndarray
        """
        ids = np.asarray(customer_id)
        if self.source_ == "contracts":
            return self.customers_.reindex(ids).to_numpy(dtype=float)
        return np.full(len(ids), np.nan if self.value_ is None else self.value_)

    def summary(self):
        """The estimate as a row; none where the value is declared or unknown."""
        if self.source_ != "contracts":
            return summary([])
        metric = f"value of a customer who stays, next {self.months} months"
        return summary([row(metric, (self.value_, self.low_, self.high_), self.n_, self._method, "money")])
