"""Maximum likelihood for a handful of positive parameters: Newton, its safeguards and the covariance.

Every model here has two to four positive parameters and an analytic Hessian, so Newton's method in the
logarithms of the parameters needs about ten evaluations. Logarithms keep the parameters positive, make the
fit indifferent to the unit of time, and make the Wald interval respect the bound at zero.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.stats.interval import normal_quantile

FLAT = 5.0
"""A log-scale standard error above this (an interval from 1/18,000 to 18,000 times) identifies nothing."""

_REACH = 40.0  # how far, in logarithms, a parameter may run from its start
_LONGEST = 4.0  # longest step in one logarithm


class IdentificationWarning(UserWarning):
    """The data do not determine a parameter: its estimate is arbitrary, its interval unbounded."""


@dataclass(frozen=True)
class Optimum:
    """Where :func:`maximise` stopped."""

    theta: np.ndarray
    value: float
    gradient: np.ndarray
    hessian: np.ndarray
    evaluations: int
    converged: bool


def maximise(function, start, tolerance=1e-9, limit=200):
    """Maximise a smooth function by Newton's method with positive-definite correction and backtracking.

    Parameters
    ----------
    function : callable
        Takes a vector; returns value, gradient and Hessian there.
    start : array-like
        Where to begin, in logarithms of the parameters.
    tolerance : float
        Stop when a full Newton step promises less than this gain in the function (log-likelihood units).
    limit : int
        Largest number of evaluations.

    Returns
    -------
    Optimum
        ``converged`` is False if the limit was reached or a step could not be improved upon.

    Notes
    -----
    The step is ``Q |Λ|⁻¹ Qᵀ g`` where ``-H = Q Λ Qᵀ``: uphill whatever the curvature (Nocedal & Wright 2006,
    §3.4). It is cut to four logarithms, then halved until the gain is at least 1e-4 of what it promises.

    Examples
    --------
    >>> best = maximise(lambda v: (-(v @ v), -2 * v, -2 * np.eye(2)), [1.0, 2.0])
    >>> best.converged, best.theta
    (True, array([0., 0.]))
    """
    origin = theta = np.array(start, dtype=float)
    value, gradient, hessian = function(theta)
    evaluations = 1
    while evaluations < limit:
        curvature, axes = np.linalg.eigh(-hessian)
        along = axes.T @ gradient
        floor = max(1e-10 * np.abs(curvature).max(), 1e-12)
        step = axes @ (along / np.maximum(np.abs(curvature), floor))
        promise = gradient @ step / 2
        if promise < tolerance:
            return Optimum(theta, value, gradient, hessian, evaluations, True)
        scale = min(1.0, _LONGEST / np.abs(step).max())
        while True:
            trial = np.clip(theta + scale * step, origin - _REACH, origin + _REACH)
            answer = function(trial)
            evaluations += 1
            gain = answer[0] - value
            if gain >= 1e-4 * scale * promise:
                break
            scale /= 2
            if scale < 1e-10 or evaluations >= limit:
                # rounding hides the rest: done, if nothing is left to gain where the data say anything
                known = curvature > FLAT**-2
                left = (along[known] ** 2 / curvature[known]).sum() / 2
                done = left < 1e-9 * (1 + abs(value))
                return Optimum(theta, value, gradient, hessian, evaluations, bool(done))
        theta = trial
        value, gradient, hessian = answer
    return Optimum(theta, value, gradient, hessian, evaluations, False)


@dataclass(frozen=True)
class Information:
    """What the curvature at the maximum says about the logarithms of the parameters.

    Attributes
    ----------
    covariance : ndarray of shape (p, p)
        Inverse of the observed information along the directions it determines; zero along the others.
    identified : ndarray of bool, shape (p,)
        False for a parameter that takes part in a direction that is not determined.
    flat : ndarray of shape (p, k)
        The directions that are not determined, each as long as its standard error; none of them as a rule.
    """

    covariance: np.ndarray
    identified: np.ndarray
    flat: np.ndarray

    @classmethod
    def at(cls, hessian):
        """Invert a Hessian of the log-likelihood, setting aside the directions it leaves flat.

        A direction along which the standard error would exceed :data:`FLAT` carries no information.

        >>> Information.at(-np.diag([4.0, 0.0])).identified
        array([ True, False])
        """
        curvature, axes = np.linalg.eigh(-(hessian + hessian.T) / 2)
        known = curvature > FLAT**-2
        inverse = np.where(known, 1 / np.where(known, curvature, 1.0), 0.0)
        unknown = (axes[:, ~known] ** 2).sum(axis=1)
        reach = 1 / np.sqrt(np.maximum(curvature[~known], _REACH**-2))
        return cls((axes * inverse) @ axes.T, unknown < 1e-3, axes[:, ~known] * reach)

    def se(self, gradient):
        """Return the standard error of each row's estimate by the delta method, ``√(g Σ gᵀ)``.

        An estimate that a flat direction moves by more than :data:`FLAT` has no standard error: NaN. One that
        hardly moves along it, as most predictions do, keeps its own.

        Parameters
        ----------
        gradient : ndarray of shape (..., p)
            Derivatives of the logarithms (or log odds) of the estimates in the logarithms of the parameters.

        Examples
        --------
        >>> known = Information.at(-np.diag([4.0, 0.0]))
        >>> known.se(np.array([[1.0, 0.0], [1.0, 1.0]]))
        array([0.5, nan])
        """
        variance = np.maximum(((gradient @ self.covariance) * gradient).sum(axis=-1), 0.0)
        if not self.flat.size:
            return np.sqrt(variance)
        se = np.sqrt(variance + ((gradient @ self.flat) ** 2).sum(axis=-1))
        return np.where(se > FLAT, np.nan, se)

    def draw(self, theta, draws, rng):
        """Draw logarithms of the parameters from their normal approximation, flat directions held still."""
        variance, axes = np.linalg.eigh(self.covariance)
        root = axes * np.sqrt(np.maximum(variance, 0.0))
        return theta + rng.standard_normal((draws, len(theta))) @ root.T


def wald(estimate, log_se, level=0.95):
    """Return the Wald interval on the log scale: ``estimate · exp(∓z · log_se)``.

    >>> low, high = wald(2.0, 0.1)
    >>> round(float(low), 4), round(float(high), 4)
    (1.644, 2.433)
    """
    reach = np.exp(normal_quantile(level) * np.asarray(log_se))
    return estimate / reach, estimate * reach


def wald_probability(log_odds, se, level=0.95):
    """Return the Wald interval of a probability, formed on its log odds.

    >>> low, high = wald_probability(0.0, 0.5)
    >>> round(float(low), 4), round(float(high), 4)
    (0.2729, 0.7271)
    """
    reach = normal_quantile(level) * np.asarray(se)
    return expit(log_odds - reach), expit(log_odds + reach)


def parameter_rows(params, cov, identified, n, level=0.95):
    """Return the summary rows of positive parameters; one that is not identified is blank.

    >>> parameter_rows(pd.Series({"r": 2.0}), np.array([[0.01]]), pd.Series({"r": True}), 50).round(3)
      metric  estimate   low   high   n                        method unit
    0      r       2.0  1.644  2.433  50  maximum likelihood, log Wald
    """
    low, high = wald(params.to_numpy(), np.sqrt(np.diag(cov)), level)
    is_identified = identified.to_numpy()
    return pd.DataFrame(
        {
            "metric": params.index,
            "estimate": np.where(is_identified, params.to_numpy(), np.nan),
            "low": np.where(is_identified, low, np.nan),
            "high": np.where(is_identified, high, np.nan),
            "n": n,
            "method": np.where(is_identified, "maximum likelihood, log Wald", "not identified"),
            "unit": "",
        }
    )


class LikelihoodModel:
    """A model with positive parameters learnt by maximum likelihood.

    A subclass names its parameters in ``_names``, says in ``_flat`` what a flat likelihood means, and calls
    :meth:`_learn` at the end of its ``fit``.
    """

    _names = ()
    _flat = ""

    def _learn(self, function, starts, n):
        """Maximise from each start until the parameters are identified, and set what was learnt."""
        best = None
        for start in starts:
            found = maximise(function, np.log(start))
            known = found.converged and Information.at(found.hessian).identified.all()
            again = best is not None and best.converged and abs(found.value - best.value) < 1e-4
            if best is None or found.value > best.value:
                best = found
            if known or again:  # an inner maximum, or the same one twice: no better to be found
                break
        self._theta, self._information = best.theta, Information.at(best.hessian)
        names, cov = list(self._names), self._information.covariance
        self.params_ = pd.Series(np.exp(best.theta), index=names, name="estimate")
        self.covariance_ = pd.DataFrame(cov, names, names)
        self.identified_ = pd.Series(self._information.identified, index=names, name="identified")
        log_se = np.sqrt(np.diag(cov))
        self.standard_errors_ = (self.params_ * log_se).where(self.identified_).rename("standard_error")
        self.log_likelihood_ = float(best.value)
        self.n_customers_ = int(n) if float(n).is_integer() else float(n)
        self.converged_ = best.converged
        self._warn(type(self).__name__)
        return self

    def _warn(self, name):
        if not self.converged_:
            warnings.warn(f"{name}: the fit did not converge", RuntimeWarning, stacklevel=4)
        if not self.identified_.all():
            lost = ", ".join(f"{k} = {v:.3g}" for k, v in self.params_[~self.identified_].items())
            message = f"{name}: these data do not identify {lost}; the likelihood is flat there"
            warnings.warn(f"{message} ({self._flat})", IdentificationWarning, stacklevel=4)

    def standard_error(self, slopes):
        """Standard error of estimates by the delta method: from the derivatives of their logarithms, or log odds, in the logarithms of
        the parameters. Missing where a direction that is not identified moves the estimate; see :meth:`Information.se`.
        """
        return self._information.se(slopes)

    def summary(self):
        """Return one row per parameter: metric, estimate, low, high, n, method, unit.

        The intervals are Wald intervals on the log scale. The row of a parameter that the data do not identify is blank.
        """
        cov = self.covariance_.to_numpy()
        return parameter_rows(self.params_, cov, self.identified_, self.n_customers_, self.level)
