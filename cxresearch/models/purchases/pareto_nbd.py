"""Pareto/NBD: customers without a contract who buy at random and may leave at any moment."""

import numpy as np
from scipy.special import exprel

from cxresearch.models.purchases.buy_till_you_die import BuyTillYouDie

_NODES, _WEIGHTS = (part / 2 for part in np.polynomial.legendre.leggauss(32))
_NODES = _NODES + 0.5
_BLOCK = 1024  # rows whose moments of death are averaged at a time
_H = 1e-5  # step of the central differences in log s and log β


class ParetoNBD(BuyTillYouDie):
    r"""Pareto / negative binomial model of repeat purchases (Schmittlein, Morrison & Colombo 1987).

    While alive a customer buys at rate λ; the customer dies at rate μ, at any moment, seen by nobody. Over
    customers, λ ~ Gamma(r, α) and μ ~ Gamma(s, β), independently. The likelihood of frequency x, recency t_x
    and age T is

    .. math::
        L = \frac{\Gamma(r+x)\,\alpha^r\beta^s}{\Gamma(r)}\left[(\alpha+T)^{-(r+x)}(\beta+T)^{-s}
            + \int_{t_x}^T s\,(\alpha+y)^{-(r+x)}(\beta+y)^{-(s+1)}\,dy\right].

    Parameters
    ----------
    unit : str
        Unit of every time, in and out: "weeks", "days" or any name. Only a label, except that weeks and days
        on whole days are packed exactly.
    level : float
        Of every interval.

    Attributes
    ----------
    params_ : Series
        r and α (``alpha``; of the purchase rate), s and β (``beta``; of the death rate), rates per ``unit``.
    standard_errors_, covariance_ (of the logarithms), log_likelihood_, n_customers_, converged_, identified_

    Notes
    -----
    The integral over the moment of death is computed as it stands, by 32-point Gauss–Legendre quadrature in
    log(min(α, β) + y), where the textbook writes a difference of two values of ₂F₁ that cancel; its first and
    second derivatives come from the same points. Other things equal, P(alive) falls with every idle day, for
    a customer without a repeat purchase too, which is what the BG/NBD cannot say.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), Counting your customers, Management Science 33(1), 1–24.
    Fader & Hardie (2005), A note on deriving the Pareto/NBD model and related expressions.

    Examples
    --------
    >>> import pandas as pd
    >>> rfm = pd.DataFrame({
    ...     "frequency": [0, 1, 2, 7, 0, 3, 1, 0, 5, 20],
    ...     "recency": [0.0, 4.0, 30.0, 29.0, 0.0, 3.0, 2.0, 0.0, 35.0, 37.0],
    ...     "age": [38.0, 38.0, 39.0, 39.0, 37.0, 36.0, 36.0, 35.0, 38.0, 37.0],
    ... })
    >>> model = ParetoNBD().fit(rfm, weights=[400, 90, 30, 10, 300, 40, 60, 200, 20, 2])
    >>> model.summary().round(3)[["metric", "estimate", "low", "high", "n"]]
      metric  estimate    low    high     n
    0      r     0.630  0.404   0.981  1152
    1  alpha     9.348  6.273  13.932  1152
    2      s     1.276  0.984   1.656  1152
    3   beta     4.259  2.525   7.182  1152
    >>> model.p_alive(rfm).round(2).loc[[0, 3, 5]]
       p_alive  p_alive_low  p_alive_high
    0     0.02         0.01          0.04
    3     0.46         0.40          0.53
    5     0.00         0.00          0.00
    """

    name = "Pareto/NBD"
    _names = ("r", "alpha", "s", "beta")
    has_cheap_odds = False
    _simulated = 1_000_000  # every future costs an integral per customer
    _flat = "a small s or large beta means that no death is visible, a large r or s that customers are alike"

    @staticmethod
    def _starts(history):
        observed = history.count @ history.age
        rate = max(history.count @ history.x / observed, 1e-3 / observed)
        span = observed / history.n
        return [
            np.array([r, r / rate, s, span * scale])
            for r, s, scale in ((0.5, 0.5, 0.5), (2.0, 1.0, 3.0), (0.3, 2.0, 0.2), (1.0, 0.05, 1.0))
        ]

    @staticmethod
    def _likelihood(history):
        """Return the log-likelihood, gradient and Hessian as a function of the logarithms of r, α, s, β."""
        x, recency, age, count = history.x, history.recency, history.age, history.count
        more = history.n - np.cumsum(np.bincount(x, count))[:-1]  # customers with more than k purchases
        k = np.arange(len(more))

        def function(theta):
            r, alpha, s, beta = np.exp(theta)
            rk = r / (r + k)
            early, gone = count @ np.log1p(recency / alpha), count @ np.log1p(recency / beta)
            value = more @ np.log(r + k) - r * early - (count * x) @ np.log(alpha + recency) - s * gone
            g = np.array([more @ rk - r * early, -(count @ x), -s * gone, 0.0])
            h = np.zeros((4, 4))
            for i in range(0, len(x), _BLOCK):
                rows = slice(i, i + _BLOCK)
                path = Deaths(theta, x[rows], recency[rows], age[rows])
                weight, c = path.share(count[rows]), count[rows]
                value += c @ path.log_total
                slopes = path.slopes()
                mean = (slopes * path.share(1.0)).sum(axis=2)
                g += mean @ c
                flat = slopes.reshape(4, -1)
                h += (flat * weight.ravel()) @ flat.T - (mean * c) @ mean.T
                late, worn = path.late, path.worn
                h[0, 1] += r * (weight * late).sum()
                h[1, 1] -= (weight * path.power * late * (1 - late)).sum()
                h[2, 2] -= weight[:, :-1].sum()
                h[2, 3] += s * (weight * worn).sum()
                h[3, 3] -= (weight * (s + path.dead) * worn * (1 - worn)).sum()
            h[1, 0], h[3, 2] = h[0, 1], h[2, 3]
            h[0, 0] += g[0] - more @ rk**2
            h[2, 2] += g[2]
            return value, g, h

        return function

    @staticmethod
    def _log_odds_dead(history, theta, slopes=True):
        parts = []
        for i in range(0, len(history.x), _BLOCK):
            rows = slice(i, i + _BLOCK)
            path = Deaths(theta, history.x[rows], history.recency[rows], history.age[rows])
            dead = path.terms[:, :-1]
            total = dead.sum(axis=1)
            seen = total > 0
            with np.errstate(divide="ignore"):
                odds = np.log(total) - path.log_alive
            slope = np.zeros((4, len(total)))
            if slopes:
                fates = path.slopes()
                share = dead / np.where(seen, total, 1.0)[:, None]
                slope = np.where(seen, (fates[:, :, :-1] * share).sum(axis=2) - fates[:, :, -1], 0.0)
            parts.append((odds, slope.T))
        return tuple(np.concatenate(part) for part in zip(*parts, strict=True))

    @staticmethod
    def _mean_alive(x, age, t, theta):
        """E[purchases in t | alive] = (r + x)/(α + T) · E[min(t, death)], death after T Pareto(s, β + T)."""
        r, alpha, s, beta = np.exp(theta)
        life = _lifetime(age, t, s, beta)
        mean = (r + x) / (alpha + age) * life
        slope = np.empty((len(x), 4))
        slope[:, 0] = r / (r + x)
        slope[:, 1] = -alpha / (alpha + age)
        up, down = np.exp(_H), np.exp(-_H)
        safe = 2 * _H * np.maximum(life, 1e-300)
        slope[:, 2] = (_lifetime(age, t, s * up, beta) - _lifetime(age, t, s * down, beta)) / safe
        slope[:, 3] = (_lifetime(age, t, s, beta * up) - _lifetime(age, t, s, beta * down)) / safe
        return mean, slope

    @staticmethod
    def _none_alive(x, age, t, theta):
        """log P(no purchase in t | alive) = log E[(1 + min(t, death)/(α + T))^−(r + x)], death as above."""
        r, alpha, s, beta = np.exp(theta)
        since, power = (beta + age)[:, None], (r + x)[:, None]
        points = t * _NODES**2  # crowded where the purchase rate bends most
        late = np.exp(-power * np.log1p(points / (alpha + age)[:, None]))
        dies = s / since * np.exp(-(s + 1) * np.log1p(points / since))
        dead = (late * dies) @ (2 * t * _NODES * _WEIGHTS)
        whole = np.exp(-(r + x) * np.log1p(t / (alpha + age)) - s * np.log1p(t / (beta + age)))
        return np.log(dead + whole)

    @staticmethod
    def _stay_alive(x, age, t, theta):
        """P(alive after t | alive) = ((β + T)/(β + T + t))^s."""
        _, _, s, beta = np.exp(theta)
        return np.exp(-s * np.log1p(t / (beta + age)))

    @staticmethod
    def _factorial_alive(x, age, t, theta):
        """E[X(X − 1) | alive] = (r + x)(r + x + 1)/(α + T)² · E[min(t, death)²]."""
        r, alpha, s, beta = np.exp(theta)
        since = beta + age
        points = t * _NODES
        survival = np.exp(-s * np.log1p(points / since[:, None]))
        square = 2 * t * (points * survival) @ _WEIGHTS
        return (r + x) * (r + x + 1) / (alpha + age) ** 2 * square

    @staticmethod
    def _draw_alive(rng, x, age, t, theta):
        r, alpha, s, beta = np.exp(theta)
        rate, death_rate = rng.gamma(r + x) / (alpha + age), rng.gamma(s, size=len(x)) / (beta + age)
        life = rng.exponential(size=len(x)) / np.maximum(death_rate, 1e-300)
        return rng.poisson(rate * np.minimum(life, t))


class Deaths:
    """What may have become of customers after the last purchase: dead at one of 32 moments, or alive at T.

    The parameters are common to all, or columns of one value per customer. ``terms`` of shape (m, 33) are their likelihoods, relative to the one of dying right after the last
    purchase; the last column is being alive.
    """

    def __init__(self, theta, x, recency, age):
        self.r, self.alpha, self.s, self.beta = r, alpha, s, beta = np.exp(theta)
        self.power = power = np.reshape(r + x, (-1, 1))
        start, near = recency[:, None], np.minimum(alpha, beta)
        span = np.log1p((age[:, None] - start) / (near + start))
        fall = (near + start) * (power / (alpha + start) + (s + 1) / (beta + start)) - 1
        span = np.minimum(span, 40 / np.maximum(fall, 1.0))  # beyond, less than e⁻⁴⁰ is left
        growth = span * _NODES
        after = np.concatenate([(near + start) * np.expm1(growth), age[:, None] - start], axis=1)
        self.buying = np.log1p(after / (alpha + start))
        self.living = np.log1p(after / (beta + start))
        moment = start + after
        self.late, self.worn = moment / (alpha + moment), moment / (beta + moment)
        self.terms = np.exp(-power * self.buying - s * self.living)
        self.log_alive = -power[:, 0] * self.buying[:, -1] - np.ravel(s) * self.living[:, -1]
        measure = (near + moment[:, :-1]) / (beta + moment[:, :-1])
        self.terms[:, :-1] *= s * span * _WEIGHTS * measure
        self.total = self.terms.sum(axis=1)
        self.log_total = np.log(self.total)
        self.dead = np.ones(33)
        self.dead[-1] = 0.0

    def share(self, count):
        """Posterior weight of each fate, times a count."""
        return self.terms * (count / self.total)[:, None]

    def slopes(self):
        """Derivatives of the logarithms of the terms in those of r, α, s, β, up to a constant of each row."""
        return np.stack(
            [
                -self.r * self.buying,
                self.power * self.late,
                self.dead - self.s * self.living,
                (self.s + self.dead) * self.worn - self.dead,
            ]
        )


def _lifetime(age, t, s, beta):
    """E[min(t, death)] = (β + T)·(1 − ((β + T)/(β + T + t))^(s−1))/(s − 1), and its limit at s = 1."""
    growth = np.log1p(t / (beta + age))
    return (beta + age) * growth * exprel((1 - s) * growth)
