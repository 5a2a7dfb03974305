"""Customer lifetime value: what the purchases to come are worth today, per customer and in total."""

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.inputs import executed, is_lazy, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.buy_till_you_die import distinct_pairs, in_blocks
from cxresearch.models.purchases.gamma_gamma import spend_columns
from cxresearch.models.purchases.purchase_history import purchase_history
from cxresearch.months import DAYS_PER_YEAR, MONTHS_PER_YEAR, WEEKS_PER_YEAR
from cxresearch.stats.likelihood import wald

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

    Notes
    -----
    Purchases are discounted from the moment they are made, continuously, not at the end of a month: a little
    less than sums by month with the money at their beginning, a little more than at their end.

    The intervals carry the uncertainty of all seven parameters (delta method on the log scale; the two models
    are fitted apart, so their parameters are taken as independent). They do not carry a wrong margin, a
    changed habit, or the luck of a single customer. Spend and frequency are taken as independent, which
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
    0  value of the base, next 52 weeks  21751.72  19640.47  24089.92
    1       per customer, next 52 weeks      9.23      8.33     10.22
    2           value of a new customer     14.66     13.16     16.32
    >>> value.predict(rfm).round(2).head(2)
       lifetime_value  lifetime_value_low  lifetime_value_high
    0           11.03               10.08                12.08
    1            2.56                2.31                 2.84
    """

    def __init__(self, purchases, spend, margin=1.0, discount_rate=0.10, horizon=52.0, level=0.95):
        self.purchases = purchases
        self.spend = spend
        self.margin = margin
        self.discount_rate = discount_rate
        self.horizon = horizon
        self.level = level

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
        history, value, by_habit, by_spend = self._values(rfm)
        buying = self.purchases._information.se(by_habit)[history.row]
        log_se = np.hypot(buying, self.spend._information.se(by_spend))
        low, high = wald(value, log_se, self.level)
        names = ("lifetime_value", "lifetime_value_low", "lifetime_value_high")
        return pd.DataFrame(dict(zip(names, (value, low, high), strict=True)), index=history.index)

    def total(self, rfm):
        """Return the value of the whole base, per customer, and of a new customer; with intervals.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            As for :meth:`predict`.

        Returns
        -------
        DataFrame with columns metric, estimate, low, high, n, method. A new customer's value is of the repeat
        purchases within the horizon of the first one, which it leaves out.
        """
        history, value, by_habit, by_spend = self._values(rfm)
        total, n = value.sum(), len(value)
        shares = value / max(total, 1e-300)
        slopes = np.bincount(history.row, shares, len(by_habit)) @ by_habit, shares @ by_spend
        low, high = self._interval(total, *slopes)
        new, *new_slopes = self._new_customer()
        new_low, new_high = self._interval(new, *new_slopes)
        span = f"next {self.horizon:g} {self.purchases.unit}"
        return pd.DataFrame(
            {
                "metric": [f"value of the base, {span}", f"per customer, {span}", "value of a new customer"],
                "estimate": [total, total / n, new],
                "low": [low, low / n, new_low],
                "high": [high, high / n, new_high],
                "n": n,
                "method": f"delta method, {self.discount_rate:.4g} a year, margin {self.margin:.4g}",
            }
        )

    def _interval(self, estimate, by_habit, by_spend):
        log_se = np.hypot(self.purchases._information.se(by_habit), self.spend._information.se(by_spend))
        return wald(estimate, log_se, self.level)

    def _values(self, rfm, gain=0.0):
        """Value per customer; its log-slopes in the habits (per distinct row) and in the spend.

        With a `gain`, as if a share exp(gain·τ) more of the customers were alive after τ than the model says.
        """
        if is_lazy(rfm):
            rfm = executed(rfm)
            rfm = rfm.set_index("customer_id") if "customer_id" in rfm.columns else rfm
        history = purchase_history(rfm, self.purchases.unit)
        spend, by_spend = self.spend._spend_of(*spend_columns(rfm)[:2])
        x, age, where = distinct_pairs(history)
        alive, slope = self._discounted(x, age, gain)
        odds, odds_slope = self.purchases._log_odds_dead(history, self.purchases._theta)
        to_come = alive[where] * expit(-odds)
        by_habit = slope[where] - expit(odds)[:, None] * odds_slope
        return history, self.margin * spend * to_come[history.row], by_habit, by_spend

    def _new_customer(self, gain=0.0):
        nobody = np.zeros(1, dtype=np.int64)
        spend, by_spend = self.spend._spend_of(nobody, np.zeros(1))
        to_come, by_habit = self._discounted(nobody, np.zeros(1), gain)
        return self.margin * spend[0] * to_come[0], by_habit[0], by_spend[0]

    def _discounted(self, x, age, gain=0.0):
        """Discounted purchases of living customers and their log-slopes: ∫ e^(−δτ) dm(τ), by parts.

        The nodes crowd towards 0, where the expectation m bends most: τ = H·v².
        """
        horizon, force = self._checked()
        force -= gain  # more who stay, or less taken off for waiting: the same integral
        model = self.purchases
        times = np.append(horizon * _NODES**2, horizon)
        weights = np.append(2 * horizon * _NODES * _WEIGHTS * force, 1.0) * np.exp(-force * times)
        value, slope = np.zeros(len(x)), np.zeros((len(x), len(model._theta)))
        for time, weight in zip(times, weights, strict=True):
            mean, gradient = in_blocks(model._mean_alive, x, age, time, model._theta)
            value += weight * mean
            slope += (weight * mean)[:, None] * gradient
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
