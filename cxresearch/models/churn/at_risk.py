"""Who of today's customers is likely to leave, and whom it pays to contact."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats import rows
from cxresearch.stats.interval import Interval, normal_quantile


class CustomersAtRisk(Estimator):
    r"""The customers of today for whom a contact pays, judged by each one's risk and worth.

    Listed are those from whom a contact is expected to earn something (see :class:`~cxresearch.models.value.contact_profit.ContactProfit`),
    most first: their probability of leaving is above their own break-even risk. Where nobody knows what any customer is worth, there is no
    break-even risk: the tenth at highest risk is listed, and nothing is told of money.

    Parameters
    ----------
    reasons : int
        How many reasons to give each customer.

    Attributes
    ----------
    contacts_ : DataFrame
        customer_id, due_on, probability, and where it is known value, break_even and expected_profit; reason_1 …; highest expected profit
        first, or highest probability.
    listed_ : str
        Who is listed, in a few words.
    n_, unknown_ : int
        Customers whose outcome is open; those of them whose value is not known, where others' is.
    expected_ : Interval
        How many of them will leave: the sum :math:`S` of their probabilities, and a 95 % prediction interval :math:`S ± 1.96 \sqrt{V + (V s)^2}`
        with :math:`V = \sum p (1 - p)`, chance, and :math:`s`, the standard error of the calibration in the large on the rows set aside: all
        probabilities may be off together. Without the latter its limits are missing.
    due_on_ : list of date
        When the period ends that the probabilities are for; empty where the rows do not say.
    is_priced_ : bool
        Whether what customers are worth is known.
    top_risk_, top_break_even_ : float
        Of the tenth at highest risk: the mean probability, and the median of their break-even risks (missing where it is not known).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from cxresearch.models import ChurnForecast, ContactProfit, CustomerWorth
    >>> random = np.random.default_rng(4)
    >>> rows = pd.DataFrame({"customer_id": np.tile(np.arange(900), 4), "as_of": np.repeat([1, 2, 3, 4], 900), "due_on": 5})
    >>> rows["visits"] = random.poisson(3, 3600).astype(float)
    >>> rows["has_left"] = pd.array(random.random(3600) < 0.4 * np.exp(-rows["visits"] / 2), dtype="boolean")
    >>> forecast = ChurnForecast().fit(rows.assign(has_left=rows["has_left"].mask(rows["as_of"] == 4)))
    >>> found = CustomersAtRisk().fit(forecast, CustomerWorth(200).fit(), ContactProfit())
    >>> found.n_, bool((found.contacts_["probability"] > found.contacts_["break_even"]).all())
    (900, True)
    """

    def __init__(self, reasons=3):
        self.reasons = reasons

    def fit(self, forecast, worth, profit):
        """List the customers.

        Parameters
        ----------
        forecast : ChurnForecast
            Fitted.
        worth : CustomerWorth
            Fitted.
        profit : ContactProfit
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
        self.n_, self.expected_ = len(today), _expected(today["probability"], forecast.scores_.in_the_large_)
        self.due_on_ = sorted(set(today["due_on"].dropna()))
        self._forecasts = today[["customer_id", "due_on", "probability"]]
        value, top = worth.of(today["customer_id"]), max(len(today) // 10, 1)
        self.is_priced_ = bool(np.isfinite(value).any())
        self.unknown_ = int((~np.isfinite(value)).sum()) if self.is_priced_ else 0
        even = profit.break_even(value)
        self.top_risk_ = float(today["probability"].head(top).mean())
        known = even[:top][np.isfinite(even[:top])]
        self.top_break_even_ = float(np.median(known)) if len(known) else np.nan
        if self.is_priced_:
            self.listed_ = "for whom a contact pays"
            earned = profit.expected(today["probability"], value)
            contacts = self._forecasts.assign(value=value, break_even=even, expected_profit=earned)
            contacts = contacts[contacts["expected_profit"] > 0]
            contacts = contacts.sort_values("expected_profit", ascending=False, kind="stable")
        else:
            self.listed_ = "in the tenth at highest risk"
            contacts = self._forecasts.head(top)
        contacts = contacts.join(forecast.reasons(self.reasons)).reset_index(drop=True)
        self.contacts_ = contacts.round({"probability": 4, "break_even": 4, "value": 2, "expected_profit": 2})
        return self

    def summary(self):
        """How many will leave, as a row of results."""
        method = "sum of probabilities, prediction interval by chance and calibration"
        return rows.summary(
            [rows.row("customers to leave in the next period", self.expected_, self.n_, method)]
        )

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


def _expected(probabilities, in_the_large):
    p = np.asarray(probabilities, dtype=float)
    total, chance = p.sum(), (p * (1 - p)).sum()
    z = float(normal_quantile(0.95))
    off = (in_the_large.high - in_the_large.low) / 2 / z
    half = z * np.sqrt(chance + (chance * off) ** 2)
    return Interval(float(total), float(max(total - half, 0)), float(min(total + half, len(p))))
