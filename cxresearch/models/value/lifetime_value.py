"""Customer lifetime value: what the purchases to come are worth today, per customer and in total."""

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, is_lazy, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.gamma_gamma import spend_columns
from cxresearch.models.purchases.purchase_history import purchase_history
from cxresearch.months import DAYS_PER_YEAR, MONTHS_PER_YEAR, WEEKS_PER_YEAR
from cxresearch.stats.likelihood import wald
from cxresearch.stats.rows import row, summary

YEAR = {
    "days": DAYS_PER_YEAR,
    "weeks": WEEKS_PER_YEAR,
    "months": float(MONTHS_PER_YEAR),
    "quarters": 4.0,
    "years": 1.0,
}
"""Units of time in a year."""

_NODES, _WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(16))
_NODES = _NODES + 0.5


class LifetimeValue(Estimator):
    r"""Discounted margin of the purchases a customer will make within a horizon.

    With X(τ) the purchases to come within τ, E[M] the spend expected of each, and δ the force of interest,

    .. math::
        V = \text{margin} \cdot E[M] \cdot P(\text{alive}) \int_0^H e^{-\delta\tau}\,dE[X(\tau) \mid
        \text{alive}], \qquad \delta = \ln(1 + d).

    Parameters
    ----------
    purchases : BetaGeoNBD or ParetoNBD
        Fitted.
    spend : GammaGamma
        Fitted to the same customers.
    margin : float
        Contribution per unit of revenue, above 0.
    discount_rate : float
        Effective rate d a year: 0.10 for 10 %.
    horizon : float
        Time to come, in the purchase model's unit.
    level : float
        Of every interval.

    Attributes
    ----------
    customers_ : DataFrame
        customer_id, value, value_low, value_high of the customers fitted.
    n_ : int
        How many they are.
    headline_ : list of str
        The metric of the total, if the purchases determine who drops out.

    Notes
    -----
    Purchases are discounted from the moment they are made, continuously, not at the end of a month: a little
    less than sums by month with the money at their beginning, a little more than at their end.

    The interval of the total is one of prediction: of what the customers will pay. It carries the uncertainty of all seven parameters (delta
    method on the log scale; the two models are fitted apart, so their parameters are taken as independent) and the luck of every customer:
    who buys, how often and for how much. The intervals of single customers and of a new one are of their expected value. None carries a wrong
    margin or a changed habit. Where spend varies so much that its variance does not exist (q of at most 2), the total has no interval. Spend and frequency are taken as independent, which
    ``spend.summary()`` checks. Where the mean spend does not exist (q of at most 1), the values that need it
    are missing.

    References
    ----------
    Fader, Hardie & Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of
    Marketing Research 42(4), 415–430.

    Examples
    --------
    >>> import cxresearch as cx
    >>> orders = cx.open("data/cdnow").orders
    >>> rfm = cx.features.rfm(orders, as_of="1997-09-30").order_by("customer_id").execute()
    >>> value = LifetimeValue(cx.models.BetaGeoNBD().fit(rfm), cx.models.GammaGamma().fit(rfm), margin=0.3)
    >>> value.total(rfm).round(2)[["metric", "estimate", "low", "high"]]
                                               metric  estimate       low      high
    0                 value of buyers, next 52 weeks  21751.72  18828.52  25128.75
    1                       per buyer, next 52 weeks      9.23      7.99     10.66
    2  value of a new buyer beyond the first purchase     14.66     13.16     16.32
    >>> value.predict(rfm).round(2).head(2)
       lifetime_value  lifetime_value_low  lifetime_value_high
    0           11.03               10.08                12.08
    1            2.56                2.31                 2.84
    """

    kind = "buyer"

    def __init__(self, purchases, spend, margin=1.0, discount_rate=0.10, horizon=52.0, level=0.95):
        self.purchases = purchases
        self.spend = spend
        self.margin = margin
        self.discount_rate = discount_rate
        self.horizon = horizon
        self.level = level

    def fit(self, rfm):
        """Value the customers.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            Columns frequency, recency, age and monetary, as the two models read them, and customer_id.

        Returns
        -------
        LifetimeValue

        Raises
        ------
        NotEnough
            If the mean spend does not exist.
        """
        nobody = np.zeros(1, dtype=np.int64)
        if not np.isfinite(self.spend.spend_of(nobody, np.zeros(1))[0][0]):
            raise NotEnough(
                "the mean spend of buyers cannot be estimated: a few customers spend too much more than the rest"
            )
        valued = self.values(rfm)
        each = self._each(*valued).set_axis(["value", "value_low", "value_high"], axis=1)
        self.customers_ = each.assign(customer_id=rfm.get("customer_id", each.index))
        self._rows = self._total(*valued, self._chance(rfm, *valued[:2]))
        self.n_ = len(each)
        is_known = bool(self.purchases.identified_.all())
        self.headline_ = self._rows["metric"].tolist()[:1] if is_known else []
        return self

    def summary(self):
        """The rows of :meth:`total` for the customers fitted."""
        return self._rows

    def predict(self, rfm):
        """Return the value of every customer with its interval.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            Columns frequency, recency, age and monetary, as the two models read them.

        Returns
        -------
        DataFrame, indexed as ``rfm``, with columns lifetime_value, lifetime_value_low, lifetime_value_high;
        in the currency of ``monetary``.
        """
        return self._each(*self.values(rfm))

    def total(self, rfm):
        """Return the value of the whole base, per customer, and of a new customer; with intervals.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            As for :meth:`predict`.

        Returns
        -------
        DataFrame of rows of estimates. A new customer's value is of the repeat purchases within the horizon of the first one, which it
        leaves out.
        """
        valued = self.values(rfm)
        return self._total(*valued, self._chance(rfm, *valued[:2]))

    def values(self, rfm, gain=0.0):
        """Value per customer; its log-slopes in the habits (per distinct row) and in the spend.

        With a `gain`, as if a share exp(gain·τ) more of the customers were alive after τ than the model says: a number, or a function of x and
        age where it differs between customers.

        Returns
        -------
        tuple
            (PurchaseHistory, ndarray of values, ndarray of slopes per distinct row, ndarray of slopes per customer).
        """
        if is_lazy(rfm):
            rfm = executed(rfm)
            rfm = rfm.set_index("customer_id") if "customer_id" in rfm.columns else rfm
        history = purchase_history(rfm, self.purchases.unit)
        spend, by_spend = self.spend.spend_of(*spend_columns(rfm)[:2])
        alive, slope = self.purchases.of_living(history, lambda x, age: self._discounted(x, age, gain))
        odds, odds_slope = self.purchases.log_odds_gone(history)
        to_come = alive * expit(-odds)
        by_habit = slope - expit(odds)[:, None] * odds_slope
        return history, self.margin * spend * to_come[history.row], by_habit, by_spend

    def new_customer(self, gain=0.0):
        """Value of a new customer's repeat purchases, with its log-slopes in the habits and in the spend; `gain` as for :meth:`values`."""
        nobody = np.zeros(1, dtype=np.int64)
        spend, by_spend = self.spend.spend_of(nobody, np.zeros(1))
        to_come, by_habit = self._discounted(nobody, np.zeros(1), gain)
        start, by_start = self.purchases.starts_alive()
        return self.margin * spend[0] * start * to_come[0], by_habit[0] + by_start, by_spend[0]

    def _each(self, history, value, by_habit, by_spend):
        log_se = np.hypot(
            self.purchases.standard_error(by_habit)[history.row], self.spend.standard_error(by_spend)
        )
        low, high = wald(value, log_se, self.level)
        names = ("lifetime_value", "lifetime_value_low", "lifetime_value_high")
        return pd.DataFrame(dict(zip(names, (value, low, high), strict=True)), index=history.index)

    def _chance(self, rfm, history, value):
        """Variance of what each customer will pay, the parameters being known: how often they buy, and for how much.

        Discounting is taken to weigh every purchase of a customer alike.
        """
        x, monetary, _ = spend_columns(executed(rfm) if is_lazy(rfm) else rfm)
        horizon, _ = self._checked()
        once, square = (part[history.row] for part in self.purchases.moments(history, horizon))
        two, one = self.spend.spend_square(x, monetary)
        spend = self.spend.spend_of(x, monetary)[0]
        with np.errstate(invalid="ignore", divide="ignore"):
            weight = value / (spend * once)  # margin and discount
            variance = weight**2 * (two * square + one * once) - value**2
        return np.where(once > 0, np.maximum(variance, 0.0), 0.0)

    def _total(self, history, value, by_habit, by_spend, chance):
        total, n = value.sum(), len(value)
        shares = value / max(total, 1e-300)
        habits, spends = np.bincount(history.row, shares, len(by_habit)) @ by_habit, shares @ by_spend
        base = np.array([total, *self._interval(total, habits, spends, chance.sum())])
        new, *slopes = self.new_customer()
        years = self.horizon / YEAR[self.purchases.unit]
        span = (
            f"{years:g} years" if round(years, 9).is_integer() else f"{self.horizon:g} {self.purchases.unit}"
        )
        terms = f"{self.discount_rate:.4g} a year, margin {self.margin:.4g}"
        method, expected = (
            f"prediction interval of what is paid, {terms}",
            f"expectation, delta method, {terms}",
        )
        new_row = "value of a new buyer beyond the first purchase"
        return summary(
            [
                row(f"value of buyers, next {span}", base, n, method, "money"),
                row(f"per buyer, next {span}", base / n, n, method, "money"),
                row(new_row, (new, *self._interval(new, *slopes)), n, expected, "money"),
            ]
        )

    def _interval(self, estimate, by_habit, by_spend, chance=0.0):
        log_se = np.hypot(self.purchases.standard_error(by_habit), self.spend.standard_error(by_spend))
        log_se = np.hypot(log_se, np.sqrt(chance) / max(estimate, 1e-300))
        return wald(estimate, log_se if np.isfinite(log_se) else np.nan, self.level)

    def _discounted(self, x, age, gain=0.0):
        """Discounted purchases of living customers and their log-slopes: ∫ e^(−δτ) dm(τ), by parts.

        The nodes crowd towards 0, where the expectation m bends most: τ = H·v².
        """
        horizon, force = self._checked()
        # more who stay, or less taken off for waiting: the same integral
        force = force - (gain(x, age) if callable(gain) else np.full(len(x), gain))
        model = self.purchases
        times = np.append(horizon * _NODES**2, horizon)
        shares = np.append(2 * horizon * _NODES * _WEIGHTS, np.nan)
        value, slope = np.zeros(len(x)), 0.0
        for time, share in zip(times, shares, strict=True):
            weight = (1.0 if np.isnan(share) else share * force) * np.exp(-force * time)
            mean, gradient = model.living_purchases(x, age, time)
            value += weight * mean
            slope = slope + (weight * mean)[:, None] * gradient
        return value, slope / np.maximum(value, 1e-300)[:, None]

    def _checked(self):
        """Horizon, and the force of interest per unit of time."""
        unit = self.purchases.unit
        if unit not in YEAR:
            raise ValueError(f"unit {unit!r} of the purchase model is none of {', '.join(YEAR)}")
        for name, low in (("margin", 0), ("discount_rate", 0), ("horizon", 0)):
            numbers(getattr(self, name), name, low=low)
        if not self.margin > 0 or not self.horizon > 0:
            raise ValueError("margin and horizon must be above 0")
        return float(self.horizon), np.log1p(self.discount_rate) / YEAR[unit]
