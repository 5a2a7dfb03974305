"""Shifted beta-geometric: how long customers under contract stay, and what they are still worth."""

import numpy as np
import pandas as pd
from scipy.special import digamma

from cxresearch.inputs import aligned, numbers, reject, row_labels
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.likelihood import LikelihoodModel, wald, wald_probability
from cxresearch.stats.quadrature import beta_quadrature
from cxresearch.stats.rows import row, summary

_H = 1e-5


class ShiftedBetaGeometric(Estimator, LikelihoodModel):
    r"""Shifted beta-geometric model of contract renewal (Fader & Hardie 2007).

    At the end of each period a customer leaves with a probability θ that never changes; over customers,
    θ ~ Beta(α, β). Then

    .. math::
        P(T=1) = \frac{\alpha}{\alpha+\beta}, \qquad r_t = \frac{\beta+t-1}{\alpha+\beta+t-1}, \qquad
        S(t) = \prod_{i=1}^{t} r_i .

    Retention rises with t although nobody becomes more loyal: those who leave easily have left.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    params_ : Series
        α (``alpha``) and β (``beta``).
    at_risk_, left_ : ndarray
        Customers up for their t-th renewal, and those who left at it; t = 1, 2, …
    standard_errors_, covariance_ (of the logarithms), log_likelihood_, n_customers_, converged_, identified_

    Notes
    -----
    The likelihood is a product over renewals: at the t-th, each customer up for it stays with probability
    r_t. A customer observed only from a later period on enters the product there, so that late entry does not
    flatter the survival; one still a customer leaves it without an end.

    References
    ----------
    Fader & Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76–90.
    Fader & Hardie (2010), Customer-base valuation in a contractual setting, Marketing Science 29(1), 85–93.

    Examples
    --------
    >>> model = ShiftedBetaGeometric().fit([1000, 869, 743, 653, 593, 551, 517, 491])
    >>> model.summary().round(3)[["metric", "estimate", "low", "high", "n"]]
      metric  estimate    low   high     n
    0  alpha     0.668  0.493  0.906  1000
    1   beta     3.806  2.540  5.704  1000
    >>> model.survival([1, 12]).round(3)
        t  survival    low   high
    0   1     0.851  0.831  0.868
    1  12     0.378  0.341  0.417
    >>> model.del_(0.10).round(3)[["metric", "estimate", "low", "high"]]
                             metric  estimate    low   high
    0  discounted expected lifetime     5.922  5.643  6.215
    """

    _names = ("alpha", "beta")
    _flat = "both large means that customers do not differ, both small that each stays or leaves for certain"

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, survivors=None, *, duration=None, event=None, entry=None):
        """Estimate α and β by maximum likelihood, from a cohort's counts or from single customers.

        Parameters
        ----------
        survivors : array-like of int, optional
            Customers n₀, n₁, …, n_T of one cohort still there after 0, 1, …, T periods.
        duration : array-like of int, optional
            Instead: periods a customer has been one. With an event at 3, the customer stayed twice and left
            at the third renewal; without, the customer stayed three times. One who was up for no renewal yet
            adds nothing.
        event : array-like of bool, optional
            Whether the customer left at ``duration``; everyone did, unless given.
        entry : array-like of int, optional
            Periods the customer had been one when observation began (left truncation); 0 unless given.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If both forms or neither are given, the counts rise, a number is not whole, or an entry is not
            before its duration; names the column and the first such rows.

        Warns
        -----
        IdentificationWarning
            If the data do not determine a parameter; ``identified_`` says which.
        """
        normal_quantile(self.level)
        if (survivors is None) == (duration is None):
            raise ValueError("give either survivors, or duration with event and entry")
        if survivors is not None:
            self.at_risk_, self.left_, n = _from_counts(survivors)
        else:
            self.at_risk_, self.left_, n = _from_customers(duration, event, entry)
        share = np.clip(self.left_.sum() / self.at_risk_.sum(), 1e-3, 1 - 1e-3)
        starts = (np.array([share, 1 - share]) * size for size in (3.0, 0.3, 30.0))
        return self._learn(self._likelihood(self.at_risk_, self.left_), starts, n)

    @staticmethod
    def _likelihood(at_risk, left):
        """Return the log-likelihood, gradient and Hessian as a function of the logarithms of α and β."""
        stayed, before = at_risk - left, np.arange(len(at_risk))
        gone = left.sum()

        def function(theta):
            alpha, beta = np.exp(theta)
            own, both = beta / (beta + before), 1 / (alpha + beta + before)
            value = gone * theta[0] + stayed @ np.log((beta + before) * both) + left @ np.log(both)
            all_both, all_square = at_risk @ both, at_risk @ both**2
            g = np.array([gone - alpha * all_both, stayed @ own - beta * all_both])
            h = np.outer([alpha, beta], [alpha, beta]) * all_square
            h[0, 0] -= alpha * all_both
            h[1, 1] += g[1] - stayed @ own**2
            return value, g, h

        return function

    def survival(self, t):
        """Return the share of customers still there after t periods, with intervals formed on the log odds.

        Parameters
        ----------
        t : int or array-like of int
            Periods, 0 or more; may lie beyond the data.

        Returns
        -------
        DataFrame with columns t, survival, low, high.
        """
        t = _periods(t, "t", 0)
        alpha, beta = np.exp(self._theta)
        stay = np.cumsum(np.log1p(-alpha / (alpha + beta + np.arange(t.max(initial=1)))))
        log_survival = np.concatenate([[0.0], stay])[t]
        both = digamma(alpha + beta + t) - digamma(alpha + beta)
        slope = np.stack([-alpha * both, beta * (digamma(beta + t) - digamma(beta) - both)], axis=1)
        gone = -np.expm1(log_survival)
        known = gone > 0
        odds = np.where(known, log_survival - np.log(np.where(known, gone, 1.0)), np.inf)
        se = self.standard_error(slope / np.where(known, gone, 1.0)[:, None])
        low, high = wald_probability(odds, se, self.level)
        return pd.DataFrame({"t": t, "survival": np.exp(log_survival), "low": low, "high": high})

    def retention(self, t):
        """Return r_t, the share of the customers up for their t-th renewal who stay.

        Parameters
        ----------
        t : int or array-like of int
            Which renewal, 1 or more; may lie beyond the data.

        Returns
        -------
        DataFrame with columns t, retention, low, high.
        """
        t = _periods(t, "t", 1)
        beta = np.exp(self._theta[1])
        odds = np.log(beta + t - 1) - self._theta[0]
        slope = np.stack([np.full(len(t), -1.0), beta / (beta + t - 1)], axis=1)
        low, high = wald_probability(odds, self.standard_error(slope), self.level)
        return pd.DataFrame({"t": t, "retention": 1 / (1 + np.exp(-odds)), "low": low, "high": high})

    def del_(self, discount):
        """Return the discounted expected lifetime of a new customer, in periods.

        DEL = Σ S(t)/(1 + d)^t over t = 0, 1, … = ₂F₁(1, β; α + β; 1/(1 + d)); times the margin of a period
        paid in advance, it is the customer's value.

        Parameters
        ----------
        discount : float
            Discount rate d per period, above 0: 0.10 for 10 %.

        Returns
        -------
        DataFrame of one row: metric, estimate, low, high, n, method.
        """
        return self._lifetime("discounted expected lifetime", discount, 0)

    def derl(self, n, discount):
        """Return the discounted expected residual lifetime just before the n-th renewal.

        DERL = (β + n − 1)/(α + β + n − 1) · ₂F₁(1, β + n; α + β + n; 1/(1 + d)): what is to come of a
        customer in the n-th period, whose payment for that period is in.

        Parameters
        ----------
        n : int or array-like of int
            Periods begun, 1 or more.
        discount : float
            Discount rate d per period, above 0.

        Returns
        -------
        DataFrame with a row per n: metric, estimate, low, high, n, method.
        """
        begun = _periods(n, "n", 1)
        rows = [self._lifetime(f"discounted residual lifetime, period {k}", discount, k) for k in begun]
        return pd.concat(rows, ignore_index=True)

    def _lifetime(self, metric, discount, begun):
        """One row for DEL (no period begun) or DERL, with the delta-method interval on the log scale."""
        discount = float(discount)
        if not (np.isfinite(discount) and discount > 0):
            raise ValueError(f"discount must be a rate above 0 per period, not {discount:g}")
        value = _discounted(self._theta, discount, begun)
        ahead, behind = (
            np.array([_discounted(self._theta + step, discount, begun) for step in sign * _H * np.eye(2)])
            for sign in (1, -1)
        )
        slope = (ahead - behind) / (2 * _H * value)
        low, high = wald(value, self.standard_error(slope), self.level)
        method = f"delta method, {discount:.4g} a period"
        return summary([row(metric, (value, low, high), self.n_customers_, method)])


def _discounted(theta, discount, begun):
    """DEL = E[1/(1 − δ(1 − θ))], δ = 1/(1 + d); or DERL, from the θ of those who came so far."""
    alpha, beta = np.exp(theta)
    nodes = int(np.clip(16 / np.log1p(2 * np.sqrt(discount)) + 16, 32, 600))
    leave, weight = beta_quadrature(alpha, beta + begun, nodes)
    periods = (weight * (1 + discount) / (discount + leave)).sum()
    return periods * ((beta + begun - 1) / (alpha + beta + begun - 1) if begun else 1.0)


def _from_counts(survivors):
    counts = numbers(survivors, "survivors", low=0)
    if counts.ndim != 1 or len(counts) < 2 or counts[0] <= 0:
        raise ValueError("survivors must be a row of at least two counts, the first above 0")
    reject(counts != np.floor(counts), "survivors", "is not a whole number", row_labels(survivors))
    rises = np.concatenate([[False], np.diff(counts) > 0])
    reject(rises, "survivors", "rises", row_labels(survivors))
    counts = counts.astype(float)
    return counts[:-1], -np.diff(counts), counts[0]


def _from_customers(duration, event, entry):
    labels = row_labels(duration)
    aligned(duration=duration, event=event, entry=entry)
    duration = _whole(duration, "duration", 0, labels)
    left = np.ones(len(duration)) if event is None else numbers(event, "event", low=0, high=1).astype(float)
    reject((left != 0) & (left != 1), "event", "is neither 0 nor 1", labels)
    entry = np.zeros_like(duration) if entry is None else _whole(entry, "entry", 0, labels)
    reject(entry > duration, "entry", "is after duration", labels)
    reject((entry == duration) & (left == 1), "event", "happens before the first renewal observed", labels)
    periods = duration.max() + 1
    arrived, ended = np.bincount(entry, minlength=periods), np.bincount(duration, minlength=periods)
    at_risk = np.cumsum(arrived - ended)[:-1].astype(float)
    if not at_risk.sum() > 0:
        raise ValueError("duration shows nobody up for a renewal: nothing has been observed")
    return at_risk, np.bincount(duration, left, periods)[1:], np.count_nonzero(entry < duration)


def _whole(values, name, low, labels):
    values = numbers(values, name, low=low)
    if values.ndim != 1 or not len(values):
        raise ValueError(f"{name} has no rows")
    reject(values != np.floor(values), name, "is not a whole number of periods", labels)
    return values.astype(np.int64)


def _periods(t, name, low):
    return _whole(np.atleast_1d(t), name, low, None)
