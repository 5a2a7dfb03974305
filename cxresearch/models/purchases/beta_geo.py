"""BG/NBD: how often customers without a contract will buy again, and which of them are still customers."""

import numpy as np

from cxresearch.models.purchases.buy_till_you_die import BuyTillYouDie
from cxresearch.stats.quadrature import beta_quadrature, nodes_for

_BLOCK = 4096  # rows of the likelihood taken at a time
_H = 1e-4  # step of the central differences in log a and log b


class BetaGeoNBD(BuyTillYouDie):
    r"""Beta-geometric / negative binomial model of repeat purchases (Fader, Hardie & Lee 2005).

    While alive a customer buys at rate λ; after every repeat purchase the customer drops out with probability
    p. Over customers, λ ~ Gamma(r, α) and p ~ Beta(a, b), independently. The likelihood of frequency x,
    recency t_x and age T is

    .. math::
        L = \frac{\Gamma(r+x)\,\alpha^r}{\Gamma(r)} \frac{B(a, b+x)}{B(a, b)}
            \left[(\alpha+T)^{-(r+x)} + \delta_{x>0}\frac{a}{b+x-1}(\alpha+t_x)^{-(r+x)}\right].

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
        r and α (shape and rate, per ``unit``, of λ), a and b (of p).
    standard_errors_ : Series
        On the natural scale; NaN for a parameter that is not identified.
    covariance_ : DataFrame
        Of the logarithms of the parameters.
    log_likelihood_ : float
        Without constants of the data, as in the paper.
    n_customers_, converged_, identified_

    Notes
    -----
    The fit is Newton's method on the distinct rows with the analytic Hessian: x is a whole number, so every
    ratio of gamma functions is a sum of logarithms over 0 … x − 1, shared by all customers. Expectations
    integrate over p by Gauss–Jacobi quadrature instead of calling ₂F₁, so nothing happens at a = 1.

    P(alive) of a customer without a repeat purchase is 1 by construction: dropout follows only a repeat
    purchase. The model assumes that nothing but these two habits changes: no season, no campaign, no price.

    References
    ----------
    Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24(2), 275–284.

    Examples
    --------
    >>> import pandas as pd
    >>> rfm = pd.DataFrame({
    ...     "frequency": [0, 1, 2, 7, 0, 3, 1, 0, 5, 20],
    ...     "recency": [0.0, 4.0, 30.0, 29.0, 0.0, 3.0, 2.0, 0.0, 35.0, 37.0],
    ...     "age": [38.0, 38.0, 39.0, 39.0, 37.0, 36.0, 36.0, 35.0, 38.0, 37.0],
    ... })
    >>> model = BetaGeoNBD().fit(rfm, weights=[400, 90, 30, 10, 300, 40, 60, 200, 20, 2])
    >>> model.summary().round(3)[["metric", "estimate", "low", "high", "n"]]
      metric  estimate    low   high     n
    0      r     0.071  0.060  0.082  1152
    1  alpha     1.057  0.770  1.452  1152
    2      a     0.865  0.512  1.460  1152
    3      b     0.750  0.387  1.453  1152
    >>> ahead = model.predict(rfm, t=39).round(2)
    >>> ahead.loc[[0, 3, 5], ["expected_purchases", "p_alive", "p_alive_low", "p_alive_high"]]
       expected_purchases  p_alive  p_alive_low  p_alive_high
    0                0.06     1.00         1.00          1.00
    3                2.59     0.51         0.39          0.62
    5                0.01     0.00         0.00          0.01
    """

    name = "BG/NBD"
    keeps_first_buyers = True
    _names = ("r", "alpha", "a", "b")
    _flat = "a near 0 means no dropout is visible, a large r or b that customers are alike"

    @staticmethod
    def _starts(history):
        observed = history.count @ history.age
        rate = max(history.count @ history.x / observed, 1e-3 / observed)
        return [
            np.array([r, r / rate, a, b])
            for r, a, b in ((0.5, 1.0, 3.0), (2.0, 0.5, 1.0), (0.2, 3.0, 30.0), (1.0, 0.02, 0.5))
        ]

    @staticmethod
    def _likelihood(history):
        """Return the log-likelihood, gradient and Hessian as a function of the logarithms of r, α, a, b."""
        x, age, count = history.x, history.age, history.count
        ages, at = np.unique(age, return_inverse=True)
        age_count, age_bought = np.bincount(at, count), np.bincount(at, count * x)
        bought = np.bincount(x, count)
        more = history.n - np.cumsum(bought)[:-1]  # customers with more than k purchases, k = 0 …
        k = np.arange(len(more))
        again = x > 0
        x, age, recency, count = x[again], age[again], history.recency[again], count[again]
        blocks = [slice(i, i + _BLOCK) for i in range(0, len(x), _BLOCK)]
        blocks = [(x[b], age[b], recency[b], count[b]) for b in blocks]  # small enough to stay in the cache

        def function(theta):
            r, alpha, a, b = np.exp(theta)
            rk, bk, abk = r / (r + k), b / (b + k), 1 / (a + b + k)
            log_growth, share = np.log1p(ages / alpha), ages / (alpha + ages)
            value = more @ np.log((r + k) * (b + k) * abk) - age_bought @ np.log(alpha + ages)
            value -= r * (age_count @ log_growth)
            g = np.empty(4)
            g[0] = more @ rk - r * (age_count @ log_growth)
            g[1] = r * (age_count @ share) - age_bought @ (1 - share)
            g[2] = -a * (more @ abk)
            g[3] = more @ bk - b * (more @ abk)
            h = np.diag([g[0] - more @ rk**2, 0.0, g[2], g[3] - more @ bk**2])
            h[0, 1] = h[1, 0] = r * (age_count @ share)
            h[1, 1] = -((r * age_count + age_bought) @ (share * (1 - share)))
            h[2:, 2:] += np.outer([a, b], [a, b]) * (more @ abk**2)
            for block in blocks:
                more_value, more_g, more_h = _dropped_out(theta, *block)
                value, g, h = value + more_value, g + more_g, h + more_h
            return value, g, h

        return function

    @staticmethod
    def _log_odds_dead(history, theta, slopes=True):
        r, alpha, _, b = np.exp(theta)
        x, age, recency = history.x, history.age, history.recency
        late, early = 1 / (alpha + age), 1 / (alpha + recency)
        log_ratio = np.log1p((age - recency) * early)
        again = x > 0
        rest = 1 / np.where(again, b + (x - 1), 1.0)
        z = np.where(again, theta[2] + np.log(rest) + (r + x) * log_ratio, -np.inf)
        gradient = np.empty((len(x), 4))
        gradient[:, 0] = r * log_ratio
        gradient[:, 1] = alpha * (r + x) * (late - early)
        gradient[:, 2] = 1.0
        gradient[:, 3] = -b * rest
        gradient[~again] = 0.0
        return z, gradient

    @staticmethod
    def _mean_alive(x, age, t, theta):
        """E[purchases in t | alive] = E[(1 − (1 + pu)^−(r+x))/p], p ~ Beta(a, b + x), u = t/(α + T)."""
        r, alpha, a, b = np.exp(theta)
        u = t / (alpha + age)
        nodes = nodes_for(r + x, u, b + x)
        power, reach = (r + x)[:, None], u[:, None]
        p, w = _average(x, a, b, nodes)
        grown = np.log1p(p * reach)
        kept = np.exp(-power * grown)
        mean = (w * -np.expm1(-power * grown) / p).sum(axis=1)
        slope = np.empty((len(x), 4))
        slope[:, 0] = r * (w * grown * kept / p).sum(axis=1)
        slope[:, 1] = -alpha / (alpha + age) * u * (w * power * kept / (1 + p * reach)).sum(axis=1)
        for column, step_a, step_b in ((2, _H, 0), (3, 0, _H)):
            sides = []
            for sign in (1, -1):
                p, w = _average(x, a * np.exp(sign * step_a), b * np.exp(sign * step_b), nodes)
                sides.append((w * -np.expm1(-power * np.log1p(p * reach)) / p).sum(axis=1))
            slope[:, column] = (sides[0] - sides[1]) / (2 * _H)
        return mean, slope / np.maximum(mean, 1e-300)[:, None]

    @staticmethod
    def _none_alive(x, age, t, theta):
        """log P(no purchase in t | alive) = −(r + x) log(1 + t/(α + T)): without a purchase nobody leaves."""
        r, alpha, _, _ = np.exp(theta)
        return -(r + x) * np.log1p(t / (alpha + age))

    @staticmethod
    def _stay_alive(x, age, t, theta):
        """P(alive after t | alive) = E[(1 + pu)^−(r + x)]: dropout comes at rate λp."""
        r, alpha, a, b = np.exp(theta)
        u = t / (alpha + age)
        p, w = _average(x, a, b, nodes_for(r + x, u, b + x))
        return (w * np.exp(-(r + x)[:, None] * np.log1p(p * u[:, None]))).sum(axis=1)

    @staticmethod
    def _factorial_alive(x, age, t, theta):
        """E[X(X − 1) | alive] = E[2(1 − p)/p² · (1 − (1 + pu)^−R − pRu(1 + pu)^−(R+1))], R = r + x."""
        r, alpha, a, b = np.exp(theta)
        reach = (t / (alpha + age))[:, None]
        power = (r + x)[:, None]
        p, w = _average(x, a, b, nodes_for(r + x, t / (alpha + age), b + x))
        spread = p * reach
        grown = np.log1p(spread)
        exact = -np.expm1(-power * grown) - power * spread * np.exp(-(power + 1) * grown)
        near = power * (power + 1) * spread**2 / 2
        return (w * 2 * (1 - p) * np.where(power * spread < 1e-5, near, exact) / p**2).sum(axis=1)

    @staticmethod
    def _draw_alive(rng, x, age, t, theta):
        r, alpha, a, b = np.exp(theta)
        bought = rng.poisson(rng.gamma(r + x) * t / (alpha + age))
        dropout = np.clip(rng.beta(a, b + x), 1e-12, 1.0)
        return np.minimum(bought, rng.geometric(dropout))


def _dropped_out(theta, x, age, recency, count):
    """Value, gradient and Hessian of Σ log(1 + odds of having dropped out at the last purchase), x > 0."""
    r, alpha, _, b = np.exp(theta)
    late, early = 1 / (alpha + age), 1 / (alpha + recency)
    log_ratio = np.log1p((age - recency) * early)
    power, rest = r + x, 1 / (b + (x - 1))
    z = theta[2] + np.log(rest) + power * log_ratio
    small = np.exp(-np.abs(z))
    value = count @ (np.maximum(z, 0) + np.log1p(small))
    s = np.where(z > 0, 1.0, small) / (1 + small)
    ws = count * s
    slopes = np.empty((4, len(x)))
    slopes[0] = r * log_ratio
    slopes[1] = alpha * power * (late - early)
    slopes[2] = 1.0
    slopes[3] = -b * rest
    h = (slopes * (ws * (1 - s))) @ slopes.T
    h[0, 0] += ws @ slopes[0]
    mixed = r * alpha * (ws @ (late - early))
    h[0, 1] += mixed
    h[1, 0] += mixed
    h[1, 1] += ws @ (slopes[1] + alpha**2 * power * (early**2 - late**2))
    h[3, 3] += ws @ (slopes[3] + slopes[3] ** 2)
    return value, slopes @ ws, h


def _average(x, a, b, nodes):
    """Quadrature over p ~ Beta(a, b + x), one rule per distinct x."""
    distinct, row = np.unique(x, return_inverse=True)
    points, weights = beta_quadrature(a, b + distinct, nodes)
    return points[row], weights[row]
