"""What a fitted mixed model answers: effects, contrasts with honest degrees of freedom, variance shares."""

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.special import chdtri, stdtrit

from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.reml import curvature, evaluate

LARGE = 300  # levels of the dense factor beyond which a share's interval is Wald's, on the logit
STEPS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # how far from the estimate, in logits, a share's limit is sought
ENDS = (-22.0, 15.0)  # beyond these logits nothing can be factorised


class MixedModel:
    """y = Xβ + a + ε, or y = Xβ + a + b + ε, fitted by REML; made by `random_intercept` and `crossed_effects`.

    Attributes
    ----------
    coefficients : ndarray (p,)
        β̂, by generalised least squares.
    covariance : ndarray (p, p)
        Of β̂, given the variances.
    variances : tuple of float
        Of the random effects, in the order the factors were given.
    residual_variance : float
    ratios : tuple of float
        The variances over the residual's.
    effects : tuple of ndarray
        Best linear unbiased predictions of each factor's levels.
    log_likelihood : float
        Restricted.
    n : int
    """

    def __init__(self, products, rows, ratios, order=(0, 1), shift=0.0):
        best = evaluate(products, rows, ratios)
        q = products.n_second
        p = products.width - 1 - q
        self._products, self._internal, self._order = products, ratios, order[: len(ratios)]
        self.n = rows
        self.residual_variance = best.rss / (rows - p)
        self.coefficients = best.solution[q:] + shift
        self.covariance = self.residual_variance * best.inverse[q:, q:]
        self.log_likelihood = -best.deviance / 2
        weight = ratios[0] / (1 + products.group_size * ratios[0])
        many = weight * products.residual_sums(np.r_[-best.solution, 1.0])
        found = (many, best.solution[:q])[: len(ratios)]
        self.effects = tuple(found[i] for i in self._order)
        self.ratios = tuple(ratios[i] for i in self._order)
        self.variances = tuple(ratio * self.residual_variance for ratio in self.ratios)
        self._best, self._curved = best, None

    @property
    def shares(self):
        """Share of each factor's variance, and last the residual's, in their sum."""
        parts = np.array([*self.variances, self.residual_variance])
        return parts / parts.sum()

    def contrast(self, weights, level=0.95):
        """Linear combinations of β with t-limits at Satterthwaite's degrees of freedom.

        df = 2(l'Cl)²/(g'Vg), g the gradient of l'Cl in the variance parameters and V their covariance, from
        REML's observed information.

        Parameters
        ----------
        weights : array-like (p,) or (k, p)
            l.
        level : float
            Confidence level.

        Returns
        -------
        tuple
            ``Interval``, standard error, degrees of freedom; arrays where weights has two dimensions.

        References
        ----------
        Giesbrecht, F. G. & Burns, J. C. (1985). *Biometrics* 41, 477–486.

        Examples
        --------
        The mean of six batches of five has the five degrees of freedom of its batches:

        >>> from cxresearch.stats.random_effect import random_intercept
        >>> random = np.random.default_rng(1)
        >>> y = np.repeat(random.normal(0, 2, 6), 5) + random.normal(0, 1, 30)
        >>> limits, error, df = random_intercept(y, np.ones((30, 1)), np.repeat(np.arange(6), 5)).contrast([1.0])
        >>> round(float(df), 3)
        5.0
        """
        weights = np.asarray(weights, dtype=float)
        lines = np.atleast_2d(weights)
        variance = np.einsum("kp,pq,kq->k", lines, self.covariance, lines)
        information, _, slopes, _ = self._curvature()
        moves = [variance] + [
            self.residual_variance * np.einsum("kp,pq,kq->k", lines, s, lines) for s in slopes
        ]
        gradient = np.array(moves).T
        spread = np.einsum("ki,ij,kj->k", gradient, np.linalg.pinv(information), gradient)
        with np.errstate(divide="ignore", invalid="ignore"):
            df = np.where(spread > 0, 2 * variance**2 / spread, np.inf)
        df = np.clip(df, 1.0, 1e7)
        estimate, error = lines @ self.coefficients, np.sqrt(variance)
        reach = stdtrit(df, (1 + level) / 2) * error
        found = Interval(estimate, estimate - reach, estimate + reach), error, df
        if weights.ndim == 2:
            return found
        return Interval(*(float(part[0]) for part in found[0])), error[0], df[0]

    def share(self, which, level=0.95):
        """A factor's share of the variance with its profile-likelihood interval.

        Beyond 300 levels of both factors the interval is Wald's on the logit, for profiling would take minutes.

        Parameters
        ----------
        which : int
            The factor, in the order given; with one factor its share is the intraclass correlation.
        level : float
            Confidence level.

        Returns
        -------
        Interval
            A share whose likelihood-ratio against 0 stays under the χ² quantile has the low limit 0.

        Examples
        --------
        >>> from cxresearch.stats.random_effect import random_intercept
        >>> y = [1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495, 1595, 1550, 1605, 1510, 1560]
        >>> y += [1445, 1440, 1595, 1465, 1545, 1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445]
        >>> model = random_intercept(y, np.ones((30, 1)), np.repeat(np.arange(6), 5))
        >>> [round(part, 3) for part in model.share(0)]
        [0.418, 0.069, 0.819]
        """
        at = self._order[which]
        estimate = float(self.shares[which])
        if self._products.n_second > LARGE and min(self.ratios) > 0:
            return self._wald(at, estimate, level)
        beyond = self._best.deviance + chdtri(1, 1 - level)

        def excess(logit):
            return self._profiled(at, logit) - beyond

        middle = np.log(max(estimate, 1e-9) / (1 - estimate))
        low = 0.0
        if estimate > 1e-9 and self._profiled(at, -np.inf) > beyond:
            low = _crossing(excess, middle, -1, 0.0)
        high = _crossing(excess, middle, 1, 1.0)
        return Interval(estimate, min(low, estimate), max(high, estimate))

    def _wald(self, at, estimate, level):
        """The share's interval from the curvature: logit s = log λ − log(1 + λ of the other)."""
        _, profile, _, _ = self._curvature()
        slope = np.empty(2)
        slope[at], slope[1 - at] = 1.0, -self._internal[1 - at] / (1 + self._internal[1 - at])
        reach = normal_quantile(level) * np.sqrt(2 * slope @ np.linalg.pinv(profile) @ slope)
        middle = np.log(estimate / (1 - estimate))
        return Interval(estimate, _sigmoid(middle - reach), _sigmoid(middle + reach))

    def pull(self, weights, X, error, factor=None, code=None):
        """How far each row pulls at linear combinations of β: their first-order change as the row counts once more.

        With the rows of one level of a factor added up, Σ (w − 1)·pull is the change when that level is drawn w times, each
        time as a level of its own: a bootstrap over customers without refitting.

        Parameters
        ----------
        weights : ndarray (k, p)
            l, one line per combination.
        X : ndarray (n, p)
            The design of the fit.
        error : ndarray (n,)
            y − Xβ̂ − predicted effects.
        factor : int, optional
            The factor whose levels stay as they are while rows are drawn, such as the agents.
        code : ndarray of int (n,), optional
            Its level in each row, numbered as :func:`~cxresearch.stats.random_effect.coded` does.

        Returns
        -------
        ndarray (n, k)
        """
        q, inverse, products = self._products.n_second, self._best.inverse, self._products
        lines = np.atleast_2d(weights) @ inverse[q:]
        found = X @ lines[:, q:].T
        if factor is not None:
            scale = np.sqrt(self._internal[1]) if q else 0.0
            if self._order[factor] == 1:
                follows = scale * lines[:, :q].T
            else:
                shrunk = self._internal[0] / (1 + products.group_size * self._internal[0])
                sums = products.sums[:, :-1] @ lines[:, q:].T
                sums = sums + scale * (products.crosstab @ lines[:, :q].T) if q else sums
                follows = -shrunk[:, None] * sums
            found[code >= 0] += follows[code[code >= 0]]
        return found * error[:, None]

    def _profiled(self, at, logit):
        """The least deviance with the share of a factor held: over the other factor's ratio where there is one."""
        odds = np.exp(logit)
        if len(self.ratios) == 1:
            return evaluate(self._products, self.n, (odds,), slopes=False).deviance
        other = self._internal[1 - at]

        def deviance(log_ratio):
            rest = np.exp(log_ratio)
            ratios = [0.0, 0.0]
            ratios[at], ratios[1 - at] = odds * (1 + rest), rest
            return evaluate(self._products, self.n, tuple(ratios), slopes=False).deviance

        start = np.log(max(other, 1e-6))
        return minimize_scalar(
            deviance, bounds=(start - 6, start + 6), method="bounded", options={"xatol": 1e-3}
        ).fun

    def _curvature(self):
        if self._curved is None:
            free = [i for i, ratio in enumerate(self._internal) if ratio > 0]
            self._curved = (*curvature(self._products, self.n, self._internal, free), free)
        return self._curved


def _crossing(excess, middle, side, end):
    """The share at which the deviance passes the limit on one side of the estimate; `end` where it does not within reach."""
    near = middle
    for step in STEPS:
        far = float(np.clip(middle + side * step, *ENDS))
        if excess(far) > 0:
            return _sigmoid(brentq(excess, min(near, far), max(near, far), xtol=1e-6))
        near = far
    return end


def _sigmoid(x):
    return float(1 / (1 + np.exp(-x)))
