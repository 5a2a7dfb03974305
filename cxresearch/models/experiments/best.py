r"""Which of several normal quantities is the largest: the chance of each, by quadrature.

.. math:: P_k = \int dN(\mu) \int \varphi\Bigl(\frac{x - m_k}{s_k}\Bigr) \frac{1}{s_k} \prod_{j \ne k} \Phi\Bigl(\frac{x - m_j}{s_j}\Bigr) dx,\qquad m_k = a_k + b_k \mu

Given :math:`\mu`, which they share, the quantities are independent. Gauss–Hermite points for :math:`\mu`, the trapezoid rule for x: no draws, so the same input gives the same
chance, to six digits.
"""

import numpy as np
from scipy.special import log_ndtr

NODES = 32  # for the mean that all share
STEP = 6  # points in the smallest standard deviation
REACH = 8.5  # standard deviations
POINTS = 4_000  # at most; a much smaller deviation is taken for one of their distance
SAME = 1e-9  # a spread, of the error of the mean, that is none


def chance_of_best(middle, spread, share=None, mean=0.0, error=0.0):
    """The chance that each is the largest; where all are one and the same, alike for all.

    Parameters
    ----------
    middle, spread : array-like of float (K,)
        a and s.
    share : array-like of float (K,), optional
        b, how much of each moves with the shared mean.
    mean, error : float
        Of the shared mean.

    Returns
    -------
    ndarray (K,)
        They add up to 1.

    Examples
    --------
    >>> chance_of_best([0.016, 0.054, 0.014, 0.102], [0.023, 0.026, 0.028, 0.022]).round(6)
    array([0.002161, 0.078138, 0.004988, 0.914714])
    """
    a, s = np.asarray(middle, dtype=float), np.asarray(spread, dtype=float)
    b = np.zeros(len(a)) if share is None else np.asarray(share, dtype=float)
    if not s.max() > SAME * max(error, 1e-300):
        return np.full(len(a), 1 / len(a))
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES if error > 0 and b.any() else 1)
    found = np.zeros(len(a))
    for node, weight in zip(nodes, weights / weights.sum(), strict=True):
        found += weight * _given(a + b * (mean + error * node), s)
    return found / found.sum()


def _given(m, s):
    """The chances where the quantities are independent."""
    low, high = (
        (m - REACH * s).max(),
        (m + REACH * s).max(),
    )  # below the first, one of them is never the largest
    s = np.maximum(s, STEP * (high - low) / POINTS)
    low = min(low, (m - REACH * s).max())
    x = np.arange(low, high, s.min() / STEP)[:, None]
    z = (x - m) / s
    below = log_ndtr(z)
    density = np.exp(below.sum(axis=1, keepdims=True) - below - 0.5 * z**2) / s
    return density.sum(axis=0) / density.sum()
