"""What the buy-till-you-die models share: fitting, prediction, totals and tracking, each with its interval.

A model of this family says how a customer buys while alive and when the customer dies unseen. It supplies its
likelihood, the log odds of being dead, and the purchases expected of a customer who is alive; everything else
is here.
"""

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.purchase_history import PurchaseHistory, purchase_history
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import LikelihoodModel, wald, wald_probability

_BLOCK = 16_384  # (frequency, age) pairs averaged at a time
_STEP = 1e-4  # of the central differences in the logarithms of the parameters


class BuyTillYouDie(Estimator, LikelihoodModel):
    """Base of the models; see :class:`~cxresearch.models.purchases.beta_geo.BetaGeoNBD`.

    A subclass names its parameters in ``_names`` and supplies ``_starts``, ``_likelihood``,
    ``_log_odds_dead``, ``_mean_alive``, ``_none_alive``, ``_factorial_alive`` and ``_draw_alive``.
    """

    has_cheap_odds = True  # whether the log odds of being gone take no integral
    keeps_first_buyers = False  # whether nobody can drop out before a second purchase
    _simulated = 6_000_000  # customers × draws up to which a total is simulated, not computed from moments

    def __init__(self, unit="weeks", level=0.95):
        self.unit = unit
        self.level = level

    def fit(self, rfm, weights=None):
        """Estimate the parameters by maximum likelihood.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            One row per customer: ``frequency`` (repeat purchase days), ``recency`` (first to last purchase)
            and ``age`` (first purchase to the end of observation), times in ``unit``.
        weights : array-like, optional
            How many customers each row stands for.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a column is missing, or holds impossible values; names the column and the first such rows.

        Warns
        -----
        IdentificationWarning
            If the data do not determine a parameter; ``identified_`` says which.
        """
        history = self._read(rfm, weights)
        return self._learn(self._likelihood(history), self._starts(history), history.n)

    def again(self):
        """The same model, to be fitted to other customers."""
        return type(self)(self.unit, self.level)

    def _read(self, rfm, weights):
        normal_quantile(self.level)
        history = purchase_history(rfm, self.unit, weights)
        if not history.age.max() > 0:
            raise NotEnough("column age is 0 throughout: nothing has been observed")
        return history

    def first_purchases(self, times):
        """Repeat purchases that a new customer is expected to make within each of some times, and their log-slopes."""
        nobody = np.zeros(len(times), dtype=np.int64)
        mean, gradient = self._mean_alive(nobody, np.zeros(len(times)), times, self._theta)
        start, slope = self.starts_alive()
        return start * mean, gradient + slope

    def starts_alive(self):
        """Probability of being alive right after the first purchase, and its log-slopes; 1 unless a model says otherwise."""
        return 1.0, np.zeros(len(self._theta))

    def of_living(self, history, function):
        """What `function` says of living customers, per distinct row of a history.

        Parameters
        ----------
        history : PurchaseHistory
        function : callable
            Takes arrays of stages and ages, and returns values, or values and their log-slopes. The stage is the number of events so far
            that the rate counts: repeat purchases, or phases of them where buying is regular (then unseen, and averaged over).
        """
        x, age, where = distinct_pairs(history)
        found = function(x, age)
        return tuple(part[where] for part in found) if isinstance(found, tuple) else found[where]

    def log_odds_gone(self, history, slopes=True):
        """Log odds of having dropped out, per distinct row of a :class:`PurchaseHistory`, and their derivatives in the logarithms of the
        parameters (not computed without `slopes`).
        """
        return self._log_odds_dead(history, self._theta, slopes=slopes)

    def living_purchases(self, x, age, t):
        """Purchases that living customers at a stage x and of an age are expected to make in the next t, and their log-slopes."""
        return in_blocks(self._mean_alive, x, age, t, self._theta)

    def staying(self, x, age, t):
        """Probability that living customers at a stage x and of an age are still alive after another t."""
        return in_blocks(self._stay_alive, x, age, t, self._theta)

    def scores(self, history):
        """Derivatives of the log-likelihood of a history in the logarithms of the parameters, at their estimates."""
        return self._likelihood(history)(self._theta)[1]

    def expected_purchases(self, t, interval=False):
        """Return E[X(t)], the repeat purchases of a new customer within t of the first purchase.

        Parameters
        ----------
        t : float or array-like
            Time since the first purchase, in ``unit``; zero or more.
        interval : bool
            Also return the interval from the parameters' covariance.

        Returns
        -------
        float or ndarray of the shape of ``t``; a DataFrame with columns t, expected_purchases, low, high if
        ``interval``.
        """
        times = _times(t)
        flat = times.ravel()
        mean, gradient = self.first_purchases(flat)
        if not interval:
            return mean.reshape(times.shape)[()]
        low, high = wald(mean, self._information.se(gradient), self.level)
        return pd.DataFrame({"t": flat, "expected_purchases": mean, "low": low, "high": high})

    def p_alive(self, rfm):
        """Return P(alive) of every customer at the end of observation, with its interval.

        Returns
        -------
        DataFrame, indexed as ``rfm``, with columns p_alive, p_alive_low, p_alive_high.
        """
        history = purchase_history(rfm, self.unit)
        return self._table(history, self._alive_columns(history)[0])

    def expected_alive(self, rfm):
        """Return how many of the base are still customers: Σ P(alive), with the interval of the parameters.

        Returns
        -------
        DataFrame with columns metric, estimate, low, high, n, method and one row.
        """
        history = purchase_history(rfm, self.unit)
        odds, gradient = self._log_odds_dead(history, self._theta)
        alive = expit(-odds)
        total = history.count @ alive
        slope = -(history.count * alive * expit(odds)) @ gradient
        reach = normal_quantile(self.level) * self._information.se(slope)
        low, high = max(total - reach, 0.0), min(total + reach, history.n)
        row = ["customers still active", total, low, high, int(history.n), "sum of P(alive), delta method"]
        return pd.DataFrame([row], columns=["metric", "estimate", "low", "high", "n", "method"])

    def predict(self, rfm, t):
        """Return what every customer is expected to buy in the next ``t``, and whether still alive.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            As for :meth:`fit`; need not be the customers that were fitted.
        t : float
            Length of the period to come, in ``unit``.

        Returns
        -------
        DataFrame, indexed as ``rfm``, with columns expected_purchases, expected_purchases_low,
        expected_purchases_high, p_alive, p_alive_low, p_alive_high. The intervals carry the uncertainty of
        the parameters (delta method), not the luck of a single customer; for the count a base will actually
        make see :meth:`expected_total`.
        """
        history = purchase_history(rfm, self.unit)
        alive_columns, odds, odds_gradient = self._alive_columns(history)
        mean, gradient = self._expected(history, _time(t), odds, odds_gradient)
        low, high = wald(mean, self._information.se(gradient), self.level)
        columns = {
            "expected_purchases": mean,
            "expected_purchases_low": low,
            "expected_purchases_high": high,
        }
        return self._table(history, columns | alive_columns)

    def p_active(self, rfm, t):
        """Return the probability of at least one purchase in the next ``t``, of every customer.

        P(X(t) > 0) = P(alive) · (1 − P(no purchase in t | alive)).

        Parameters
        ----------
        rfm, t
            As for :meth:`predict`.

        Returns
        -------
        DataFrame, indexed as ``rfm``, with columns p_active, p_active_low, p_active_high: intervals of the
        parameters (delta method on the log odds).
        """
        history, t = purchase_history(rfm, self.unit), _time(t)
        odds, slope = self._log_odds_dead(history, self._theta)
        some, some_slope = self.of_living(history, lambda x, age: self._some_alive(x, age, t))
        p = expit(-odds) * some
        gradient = (some_slope - expit(odds)[:, None] * slope) / np.maximum(1 - p, 1e-12)[:, None]
        with np.errstate(divide="ignore"):
            log_odds = np.log(p) - np.log1p(-p)
        low, high = wald_probability(log_odds, self._information.se(gradient), self.level)
        return self._table(history, {"p_active": p, "p_active_low": low, "p_active_high": high})

    def expected_total(self, rfm, t, draws=2000, seed=0):
        """Return the purchases of the whole base in the next ``t``: their expectation and their prediction.

        Parameters
        ----------
        rfm, t
            As for :meth:`predict`.
        draws : int
            Simulated futures for a small base. A large one (customers × draws above six million; one million
            for the Pareto/NBD) uses the exact variance of the total instead, and a log-normal distribution.
        seed : int

        Returns
        -------
        DataFrame with columns metric, estimate, low, high, n, method and two rows. The first interval is
        about the expectation: it covers the uncertainty of the parameters. The second is about the count that
        will be made: it adds the chance of who is alive, how often each buys and when each stops.
        """
        history, t = purchase_history(rfm, self.unit), _time(t)
        odds, odds_gradient = self._log_odds_dead(history, self._theta)
        mean, gradient = self._expected(history, t, odds, odds_gradient)
        total = history.count @ mean
        log_se = self._information.se((history.count * mean) @ gradient / max(total, 1e-300))
        low, high = wald(total, log_se, self.level)
        if np.isnan(log_se):
            least, most, method = np.nan, np.nan, "not identified"
        elif history.n * draws <= self._simulated:
            made = self._futures(history, t, draws, np.random.default_rng(seed))
            tail = (1 - self.level) / 2
            least, most = np.quantile(made, [tail, 1 - tail])
            least, most = min(least, total), max(most, total)  # where hardly anything is to be made
            method = f"{draws} simulated futures"
        else:
            once, square = self.moments(history, t)
            chance = history.count @ (square - once**2)
            spread = np.sqrt(log_se**2 + chance / max(total, 1e-300) ** 2)
            least, most = wald(total, spread, self.level)
            method = "exact variance, log normal"
        span = f"next {t:g} {self.unit}"
        return pd.DataFrame(
            {
                "metric": [f"expected purchases, {span}", f"purchases to be made, {span}"],
                "estimate": [total, total],
                "low": [low, least],
                "high": [high, most],
                "n": int(history.n),
                "method": ["delta method", method],
            }
        )

    def expected_cumulative(self, ages_or_rfm, periods):
        """Return the repeat purchases the whole base is expected to have made by each calendar period.

        Sums E[X(period − start)] over the customers, where a customer of age A starts at max(age) − A: what
        to draw beside the purchases actually counted.

        Parameters
        ----------
        ages_or_rfm : array-like, DataFrame or Ibis table
            Ages of the customers at the end of observation, in ``unit``, or a table with a column ``age``.
        periods : array-like
            Calendar times since the first customer's first purchase, in ``unit``.

        Returns
        -------
        DataFrame with columns period, expected, low, high.
        """
        ages = getattr(ages_or_rfm, "columns", None)
        ages = ages_or_rfm if ages is None else ages_or_rfm[["age"]]
        ages = executed(ages)
        ages, count = np.unique(_times(np.ravel(ages)), return_counts=True)
        periods = np.atleast_1d(_times(periods))
        since = np.maximum(periods[:, None] - (ages.max() - ages), 0.0).round(9)
        times, where = np.unique(since, return_inverse=True)
        mean, gradient = self.first_purchases(times)
        where = where.reshape(since.shape)
        total = mean[where] @ count
        slope = np.stack([(mean * part)[where] @ count for part in gradient.T], axis=-1)
        log_se = self._information.se(slope / np.maximum(total, 1e-300)[:, None])
        low, high = wald(total, log_se, self.level)
        return pd.DataFrame({"period": periods, "expected": total, "low": low, "high": high})

    def _alive_columns(self, history):
        odds, gradient = self._log_odds_dead(history, self._theta)
        low, high = wald_probability(-odds, self._information.se(gradient), self.level)
        return {"p_alive": expit(-odds), "p_alive_low": low, "p_alive_high": high}, odds, gradient

    def _expected(self, history, t, odds, odds_gradient):
        """Mean purchases per distinct row and the derivatives of their logarithms."""
        mean, gradient = self.of_living(history, lambda x, age: self.living_purchases(x, age, t))
        return mean * expit(-odds), gradient - expit(odds)[:, None] * odds_gradient

    def _some_alive(self, x, age, t):
        """P(at least one purchase in t | alive), and its log-slopes by central differences."""
        some = -np.expm1(in_blocks(self._none_alive, x, age, t, self._theta))
        by_parameter = []
        for step in _STEP * np.eye(len(self._theta)):
            up, down = (
                in_blocks(self._none_alive, x, age, t, theta)
                for theta in (self._theta + step, self._theta - step)
            )
            by_parameter.append((np.expm1(down) - np.expm1(up)) / (2 * _STEP))
        return some, np.stack(by_parameter, axis=1) / np.maximum(some, 1e-300)[:, None]

    def moments(self, history, t):
        """Mean and mean square of the purchases in the next `t`, per distinct row, the parameters being known."""
        odds, _ = self._log_odds_dead(history, self._theta, slopes=False)
        mean, _ = self.of_living(history, lambda x, age: self.living_purchases(x, age, t))
        factorial = self.of_living(
            history, lambda x, age: in_blocks(self._factorial_alive, x, age, t, self._theta)
        )
        alive = expit(-odds)
        return alive * mean, alive * (factorial + mean)

    def _futures(self, history, t, draws, rng):
        thetas = self._information.draw(self._theta, draws, rng)
        count = history.count.astype(np.int64)
        made = np.empty(draws)
        for i, theta in enumerate(thetas):
            odds, _ = self._log_odds_dead(history, theta, slopes=False)
            alive = np.repeat(np.arange(len(count)), rng.binomial(count, expit(-odds)))
            made[i] = self._draw_living(rng, history, alive, t, theta).sum()
        return made

    def _draw_living(self, rng, history, alive, t, theta):
        """Purchases that living customers, given by their rows, make in t: one draw each."""
        return self._draw_alive(rng, history.x[alive], history.age[alive], t, theta)

    @staticmethod
    def _table(history, columns):
        row = history.row
        return pd.DataFrame({name: values[row] for name, values in columns.items()}, index=history.index)


def distinct_pairs(history: PurchaseHistory):
    """Distinct (frequency, age) pairs and which each distinct row has; rows are sorted by both."""
    new = np.empty(len(history.x), dtype=bool)
    new[0] = True
    new[1:] = (np.diff(history.x) != 0) | (np.diff(history.age) != 0)
    return history.x[new], history.age[new], np.cumsum(new) - 1


def in_blocks(function, x, age, t, theta):
    """Evaluate a function of (frequency, age) pairs block by block, so that its nodes stay in the cache."""
    parts = [function(x[i : i + _BLOCK], age[i : i + _BLOCK], t, theta) for i in range(0, len(x), _BLOCK)]
    if isinstance(parts[0], tuple):
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))
    return np.concatenate(parts)


def _times(t):
    times = np.asarray(t, dtype=float)
    if not (np.isfinite(times) & (times >= 0)).all():
        raise ValueError("a time must be a number of at least 0")
    return times


def _time(t):
    times = _times(t)
    if times.ndim:
        raise ValueError("t must be one number: the length of the period to come")
    return float(times)
