"""Gamma–Gamma: what a customer spends per purchase, and how far a few purchases tell it."""

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, polygamma

from cxresearch.errors import NotEnough
from cxresearch.inputs import numbers, reject
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.purchase_history import customer_table, read_weights
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import LikelihoodModel, wald
from cxresearch.stats.rows import row, summary

_BLOCK = 4096  # customers of the likelihood taken at a time: small enough to stay in the cache


class GammaGamma(Estimator, LikelihoodModel):
    r"""Gamma–Gamma model of spend per purchase (Colombo & Jiang 1999; Fader, Hardie & Lee 2005).

    The amounts of one customer's purchases are Gamma(p, ν); over customers, ν ~ Gamma(q, γ). A customer with
    x purchases of mean m contributes

    .. math::
        L = \frac{\Gamma(px+q)}{\Gamma(px)\Gamma(q)}\,\frac{\gamma^q\,m^{px-1}\,x^{px}}{(\gamma+mx)^{px+q}},

    and is expected to spend :math:`p(\gamma+mx)/(px+q-1)` a purchase: a weighted mean of m and of everybody's
    :math:`p\gamma/(q-1)`, the more of m the more purchases there are.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    params_ : Series
        p, q and γ (``gamma``, in units of money).
    correlation_ : float
        Pearson's correlation of frequency and mean spend among those fitted. The model assumes that the two
        are independent; a clear correlation says that it should not be used for their product.
    standard_errors_, covariance_ (of the logarithms), log_likelihood_, n_customers_, converged_, identified_

    Notes
    -----
    Only customers with a repeat purchase take part. The gamma functions depend on x alone and are evaluated
    once per distinct x; Newton's method has the analytic Hessian. The mean over customers is finite only if q
    > 1; else the mean spend is reported as missing.

    References
    ----------
    Fader, Hardie & Lee (2005), RFM and CLV: using iso-value curves for customer base analysis, Journal of
    Marketing Research 42(4), 415–430. Fader & Hardie (2013), The Gamma-Gamma model of monetary value.

    Examples
    --------
    >>> rng = np.random.default_rng(5)
    >>> frequency = rng.geometric(0.4, 800) - 1
    >>> rate = rng.gamma(4, 1 / 15, 800)
    >>> monetary = rng.gamma(6 * np.maximum(frequency, 1)) / rate / np.maximum(frequency, 1)
    >>> rfm = pd.DataFrame({"frequency": frequency, "monetary": monetary})
    >>> model = GammaGamma().fit(rfm)
    >>> model.summary().round(2)[["metric", "estimate", "low", "high", "n"]]
                                   metric  estimate    low   high    n
    0                                   p      5.41   3.56   8.22  467
    1                                   q      4.92   3.89   6.23  467
    2                               gamma     20.50  10.80  38.93  467
    3             mean spend per purchase     28.30  26.60  30.11  467
    4  correlation of spend and frequency      0.01  -0.08   0.10  467
    >>> model.expected_spend(rfm).round(2).head(3)
       expected_spend  expected_spend_low  expected_spend_high
    0           26.42               26.05                26.79
    1           41.02               39.33                42.77
    2           18.17               15.66                21.09
    """

    _names = ("p", "q", "gamma")
    _flat = "a large p or q means that spend does not vary within or between customers"

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, rfm, weights=None):
        """Estimate p, q and γ by maximum likelihood.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            One row per customer: ``frequency``, the number of repeat purchases, and ``monetary``, the mean
            spend of those purchases. Rows of frequency 0 are left out and may lack a monetary value.
        weights : array-like, optional
            How many customers each row stands for.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If a repeat customer's monetary value is missing or not positive.
        NotEnough
            If nobody has a repeat purchase.

        Warns
        -----
        IdentificationWarning
            If the data do not determine a parameter; ``identified_`` says which.
        """
        normal_quantile(self.level)
        x, monetary, index = spend_columns(rfm)
        weights = np.ones(len(x)) if weights is None else read_weights(weights, index)
        again = x > 0
        x, monetary, weights = x[again], monetary[again], weights[again]
        if not weights.sum() > 0:
            raise NotEnough("nobody has a repeat purchase")
        self.correlation_ = _correlation(x, monetary, weights)
        mean = weights @ monetary / weights.sum()
        starts = (np.array([p, q, mean * (q - 1) / p]) for p, q in ((3.0, 3.0), (1.0, 10.0), (20.0, 1.5)))
        return self._learn(self._likelihood(x, monetary, weights), starts, weights.sum())

    @staticmethod
    def _likelihood(x, monetary, weights):
        """Return the log-likelihood, gradient and Hessian as a function of the logarithms of p, q and γ."""
        total, n = x * monetary, weights.sum()
        blocks = [slice(i, i + _BLOCK) for i in range(0, len(x), _BLOCK)]
        blocks = [(total[b], np.stack([weights[b], weights[b] * x[b]])) for b in blocks]
        count = np.bincount(x, weights)
        distinct = np.flatnonzero(count)
        count = count[distinct]
        constant = -(weights @ np.log(monetary))

        def function(theta):
            p, q, gamma = np.exp(theta)
            px = p * distinct
            parts = sum(_sums(gamma, *block) for block in blocks)
            (once_log, times_log), (once_share, times_share), (once_spread, times_spread) = parts
            value = constant - count @ betaln(px, q) - p * times_log - q * once_log
            both, own = digamma(px + q), digamma(px)
            g = np.array(
                [
                    count @ (px * (both - own)) - p * times_log,
                    q * (count @ (both - digamma(q)) - once_log),
                    n * q - p * times_share - q * once_share,
                ]
            )
            curve = polygamma(1, px + q)
            h = np.zeros((3, 3))
            h[0, 0] = g[0] + count @ (px**2 * (curve - polygamma(1, px)))
            h[1, 1] = g[1] + q**2 * (count @ (curve - polygamma(1, q)))
            h[0, 1] = q * (count @ (px * curve))
            h[0, 2] = -p * times_share
            h[1, 2] = q * (n - once_share)
            h[2, 2] = -p * times_spread - q * once_spread
            return value, g, h + np.triu(h, 1).T

        return function

    def expected_spend(self, rfm):
        """Return what every customer is expected to spend per purchase, with its interval.

        Parameters
        ----------
        rfm : pandas DataFrame or Ibis table
            As for :meth:`fit`. A customer without a repeat purchase is expected to spend the mean.

        Returns
        -------
        DataFrame, indexed as ``rfm``, with columns expected_spend, expected_spend_low, expected_spend_high.
        The interval carries the uncertainty of the parameters, not the spread of single purchases.
        """
        x, monetary, index = spend_columns(rfm)
        mean, gradient = self.spend_of(x, monetary)
        low, high = wald(mean, self.standard_error(gradient), self.level)
        columns = {"expected_spend": mean, "expected_spend_low": low, "expected_spend_high": high}
        return pd.DataFrame(columns, index=index)

    def spend_of(self, x, monetary):
        """Expected spend per purchase of each row and its log-slopes; of frequency 0 that of a new customer, missing where q is at most 1."""
        p, q, gamma = np.exp(self._theta)
        total = np.where(x > 0, x * monetary, 0.0)
        weight = p * x + q - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = np.where(weight > 0, p * (gamma + total) / weight, np.nan)
            gradient = np.stack([1 - p * x / weight, -q / weight, gamma / (gamma + total)], axis=1)
        return mean, gradient

    def spend_square(self, x, monetary):
        """What two and one purchases of each row are worth squared, the parameters being known: E[(p/ν)²] and E[p/ν²].

        A customer's purchases vary around a mean p/ν of the customer's own, which is itself not known; infinite where q, or px + q, is at most
        2.
        """
        p, q, gamma = np.exp(self._theta)
        shape, rate = p * x + q, gamma + np.where(x > 0, x * monetary, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            inverse = np.where(shape > 2, rate**2 / ((shape - 1) * (shape - 2)), np.inf)
        return p**2 * inverse, p * inverse

    def summary(self):
        """Return rows for p, q, γ, the mean spend of a purchase, and the correlation of spend and frequency.

        The mean is that over customers, pγ/(q − 1), with its log-scale delta-method interval; the correlation
        has Fisher's interval, and should include 0 if the model is to be trusted.
        """
        mean, gradient = self.spend_of(np.zeros(1, dtype=int), np.zeros(1))
        low, high = wald(mean, self.standard_error(gradient), self.level)
        n, r = self.n_customers_, self.correlation_
        z = np.arctanh(r) if abs(r) < 1 else np.nan  # two customers lie on a line
        reach = normal_quantile(self.level) / np.sqrt(n - 3) if n > 3 else np.nan
        method = "does not exist: q is at most 1" if np.isnan(mean[0]) else "pγ/(q − 1), delta method"
        limits = (r, np.tanh(z - reach), np.tanh(z + reach))
        more = summary(
            [
                row("mean spend per purchase", (mean[0], low[0], high[0]), n, method, "money"),
                row("correlation of spend and frequency", limits, n, "Pearson, Fisher interval"),
            ]
        )
        return pd.concat([super().summary(), more], ignore_index=True)

    def scores(self, x, monetary, weights):
        """Derivatives of the log-likelihood of repeat customers in the logarithms of the parameters, at their estimates."""
        return self._likelihood(x, monetary, weights)(self._theta)[1]


def _sums(gamma, total, weights):
    """Sums over customers, once and per purchase: of the logarithms, of γ in γ + mx, of its spread."""
    share = gamma / (gamma + total)
    once_log, times_log = weights[0] @ np.log1p(total / gamma), weights[1] @ np.log1p(gamma / total)
    return np.array([[once_log, times_log], weights @ share, weights @ (share * (1 - share))])


def spend_columns(rfm):
    """Return frequency, mean spend (0 where nothing is repeated) and index of a table of customers."""
    rfm, x = customer_table(rfm, ("frequency", "monetary"))
    monetary, again = np.zeros(len(x)), x > 0
    repeaters = rfm["monetary"] if again.all() else rfm.loc[again, "monetary"]
    monetary[again] = numbers(repeaters, "monetary")
    reject(again & (monetary <= 0), "monetary", "is not positive for a repeat customer", rfm.index)
    return x, monetary, rfm.index


def _correlation(x, monetary, weights):
    """Pearson's correlation, missing where either does not vary."""
    both = np.cov(np.stack([x, monetary]), aweights=weights, ddof=0)
    scale = np.sqrt(both[0, 0] * both[1, 1])
    return float(both[0, 1] / scale) if scale > 0 else np.nan
