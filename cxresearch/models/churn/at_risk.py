"""Who of today's customers is likely to leave, and whom it pays to contact."""

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator


class CustomersAtRisk(Estimator):
    r"""The customers of today whose risk of leaving is above the break-even of a contact.

    With break-even risk :math:`p^*` (see :class:`~cxresearch.models.value.retention_profit.RetentionProfit`) those with
    :math:`\hat p > p^*` are listed, each with the profit to expect from a contact. Where nobody knows what a customer is worth, there is no
    break-even risk: the tenth at highest risk is listed, and nothing is told of money.

    Parameters
    ----------
    reasons : int
        How many reasons to give each customer.

    Attributes
    ----------
    contacts_ : DataFrame
        customer_id, due_on, probability, expected_profit (where it is known), reason_1 …; highest probability first.
    listed_ : str
        Who is listed, in a few words.
    n_ : int
        Customers whose outcome is open.
    expected_ : float
        How many of them are expected to leave, the sum of their probabilities.
    due_on_ : list of date
        When the period ends that the probabilities are for; empty where the rows do not say.
    break_even_ : float or None
    top_risk_ : float
        Mean probability of the tenth at highest risk.
    worth_needed_ : float
        What a customer of that tenth must be worth for a contact to break even.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from cxresearch.models import ChurnForecast, RetentionProfit
    >>> random = np.random.default_rng(4)
    >>> rows = pd.DataFrame({"customer_id": np.tile(np.arange(900), 4), "as_of": np.repeat([1, 2, 3, 4], 900), "due_on": 5})
    >>> rows["visits"] = random.poisson(3, 3600).astype(float)
    >>> rows["has_left"] = pd.array(random.random(3600) < 0.4 * np.exp(-rows["visits"] / 2), dtype="boolean")
    >>> forecast = ChurnForecast().fit(rows.assign(has_left=rows["has_left"].mask(rows["as_of"] == 4)))
    >>> profit = RetentionProfit(draws=0).fit(forecast.judged_["has_left"], forecast.judged_["probability"])
    >>> found = CustomersAtRisk().fit(forecast, profit)
    >>> found.n_, bool((found.contacts_["probability"] > found.break_even_).all())
    (900, True)
    """

    def __init__(self, reasons=3):
        self.reasons = reasons

    def fit(self, forecast, profit):
        """List the customers.

        Parameters
        ----------
        forecast : ChurnForecast
            Fitted.
        profit : RetentionProfit
            What a contact costs and may earn; it need not be fitted.

        Returns
        -------
        CustomersAtRisk
            This object.

        Raises
        ------
        NotEnough
            Where nobody's outcome is open.
        """
        today = forecast.today_
        if not len(today):
            raise NotEnough("every outcome in these data is known, so there is nobody left to contact")
        self.n_, self.expected_ = len(today), float(today["probability"].sum())
        self.due_on_ = sorted(set(today["due_on"].dropna()))
        self.break_even_ = profit.break_even()
        self.top_risk_ = float(today["probability"].head(max(len(today) // 10, 1)).mean())
        self.worth_needed_ = float(profit.worth_needed(self.top_risk_))
        self._forecasts = today[["customer_id", "due_on", "probability"]]
        if self.break_even_ is None:
            self.listed_ = "in the tenth at highest risk"
            contacts = self._forecasts.head(max(len(today) // 10, 1))
        else:
            self.listed_ = "above the break-even risk"
            pays = self._forecasts[today["probability"] > self.break_even_]
            contacts = pays.assign(expected_profit=profit.expected(pays["probability"]))
        contacts = contacts.join(forecast.reasons(self.reasons))
        self.contacts_ = contacts.round({"probability": 4, "expected_profit": 2})
        return self

    def forecasts(self, gap_days=0):
        """The probabilities as forecasts for the ledger.

        Parameters
        ----------
        gap_days : int
            Days between the forecast and its period. The ledger counts who leaves from the next day on, so that a forecast with a gap
            cannot be scored and is not kept; nor is one whose period has no known end.

        Returns
        -------
        DataFrame
            unit_id, due_on, probability.
        """
        kept = self._forecasts.rename(columns={"customer_id": "unit_id"}).dropna(subset="due_on")
        return kept.head(0) if gap_days else kept
