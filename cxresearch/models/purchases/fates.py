"""What may have become of a (M)BG/CNBD-k customer since the last purchase: gone, or in one of k unseen phases of the running gap."""

import numpy as np
from scipy.special import expit


class Fates:
    r"""Likelihoods of both fates, relative to the terms that they share, with their derivatives in the logarithms of r, α, a, b.

    With R = r + kx, gone is :math:`\frac{a}{b+x-1+\iota}\left(\frac{\alpha+T}{\alpha+t_x}\right)^R` (never for a BG customer without a
    repeat purchase), and alive :math:`S = \sum_{j<k} w_j`, :math:`w_j = \frac{\Gamma(R+j)}{\Gamma(R)\,j!}\left(\frac{T-t_x}{\alpha+T}\right)^j`.

    Parameters
    ----------
    theta : ndarray
        Logarithms of r, α, a, b.
    x, recency, age : ndarray of shape (m,)
    k, first : int
        Phases of a gap; 1 if the first purchase may be the last, else 0.
    slopes : bool
        Whether derivatives will be asked for.

    Attributes
    ----------
    gone, alive : ndarray of shape (m,)
        Logarithms of the two.
    phases : ndarray of shape (m, k)
        Probability of j phases having passed, given that the customer is alive.
    phase_slopes : ndarray of shape (m, k, 2)
        Derivatives of their logarithms, in those of r and α.
    """

    def __init__(self, theta, x, recency, age, k, first, slopes=True):
        r, self.alpha, _, self.b = np.exp(theta)
        self.power = power = r + k * x
        self.late, self.early = 1 / (self.alpha + age), 1 / (self.alpha + recency)
        self.log_ratio = np.log1p((age - recency) * self.early)
        self.may = x + first > 0
        self.rest = 1 / np.where(self.may, self.b + (x - 1 + first), 1.0)
        with np.errstate(divide="ignore"):
            self.gone = np.where(self.may, theta[2] + np.log(self.rest) + power * self.log_ratio, -np.inf)
        share, j = (age - recency) * self.late, np.arange(k)
        terms, self.sums, self.squares = (np.zeros((len(x), k)) for _ in range(3))
        terms[:, 0] = 1.0
        for i in range(1, k):
            at = power + (i - 1)
            terms[:, i] = terms[:, i - 1] * at / i * share
            self.sums[:, i] = self.sums[:, i - 1] + 1 / at
            self.squares[:, i] = self.squares[:, i - 1] + 1 / at**2
        total = terms.sum(axis=1)
        self.alive, self.phases = np.log(total), terms / total[:, None]
        self.r = r
        if slopes:
            by_alpha = -self.alpha * self.late[:, None] * j
            self._terms = np.stack([r * self.sums, by_alpha], axis=2)
            self._mean = (self.phases[:, :, None] * self._terms).sum(axis=1)

    @property
    def phase_slopes(self):
        return self._terms - self._mean[:, None, :]

    def log_odds_gone(self):
        """Log odds of having dropped out and, with slopes, their derivatives."""
        z = self.gone - self.alive
        if not hasattr(self, "_mean"):
            return z, np.zeros((len(z), 4))
        slopes = self._gone_slopes()
        slopes[:2] -= self._mean.T
        slopes[:, ~self.may] = 0.0
        return z, slopes.T

    def either(self, count):
        """Value, gradient and Hessian of Σ log(gone + alive), each row counted so often."""
        z = np.where(self.may, self.gone - self.alive, -np.inf)
        s = count * expit(z)
        with np.errstate(over="ignore"):
            value = count @ (self.alive + np.logaddexp(0.0, z))
        gone, alive = self._gone_slopes(), np.zeros((4, len(z)))
        alive[:2] = self._mean.T
        apart = gone - alive
        mixed = s * expit(-z)
        h = (apart * mixed) @ apart.T
        r, alpha = self.r, self.alpha
        h[0, 0] += s @ gone[0]
        cross = r * alpha * (s @ (self.late - self.early))
        h[0, 1] += cross
        h[1, 0] += cross
        h[1, 1] += s @ (gone[1] + alpha**2 * self.power * (self.early**2 - self.late**2))
        h[3, 3] += s @ (gone[3] + gone[3] ** 2)
        h[:2, :2] += self._alive_curvature(count - s)
        return value, gone @ s + alive @ (count - s), h

    def _gone_slopes(self):
        slopes = np.empty((4, len(self.gone)))
        slopes[0] = self.r * self.log_ratio
        slopes[1] = self.alpha * self.power * (self.late - self.early)
        slopes[2] = 1.0
        slopes[3] = -self.b * self.rest
        return slopes

    def _alive_curvature(self, weight):
        """Σ of the Hessians of log S in log r and log α: the mean curvature of the terms, and the covariance of their slopes."""
        share = self.phases * weight[:, None]
        by_r, by_alpha = self._terms[:, :, 0], self._terms[:, :, 1]
        h = np.empty((2, 2))
        h[0, 0] = (share * (by_r - self.r**2 * self.squares + by_r**2)).sum()
        h[1, 1] = (share * (by_alpha * (1 - self.alpha * self.late[:, None]) + by_alpha**2)).sum()
        h[0, 1] = h[1, 0] = (share * by_r * by_alpha).sum()
        return h - (self._mean * weight[:, None]).T @ self._mean
