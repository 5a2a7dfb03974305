r"""A part against the rest: how often parts made by lot would differ as much.

If :math:`u` of :math:`N` units with values :math:`e_c`, :math:`\sum e_c = 0`, are drawn without replacement, their sum :math:`T` has

.. math:: E\,T = 0,\qquad \operatorname{Var} T = \frac{u(N-u)}{N(N-1)} \sum e_c^2,\qquad
   E\,T^3 = \frac{u(N-u)(N-2u)}{N(N-1)(N-2)} \sum e_c^3,

and a Pearson curve of type III with these moments gives the tails, which matters where few spend much. Of yes and no the law is known:
hypergeometric. Nothing is assumed of how values are distributed within parts.

References
----------
Mielke, P. W. & Berry, K. J. (2007). *Permutation Methods*, 2nd ed., 2.3. Springer. Fisher, R. A. (1935). The logic of inductive inference.
*JRSS* 98, 39–82.
"""

import numpy as np
from scipy.stats import hypergeom, pearson3

LEAST_SKEW = 1e-6


def shuffled(total, units, squares, cubes, every):
    """Two-sided p-values of the sums of parts.

    Parameters
    ----------
    total : array-like
        The sum of each part's values, as deviations from what they are in the whole.
    units : array-like of int
        The size of each part.
    squares, cubes : float
        The sums of the squares and cubes of all deviations.
    every : int
        How many units there are.

    Returns
    -------
    numpy.ndarray
        1 where nothing varies.

    Examples
    --------
    >>> shuffled([6.0, -6.0], [20, 30], 50.0, 0.0, 50).round(3)
    array([0.086, 0.086])
    """
    total, units = np.asarray(total, float), np.asarray(units, float)
    variance = units * (every - units) / (every * (every - 1)) * squares
    third = units * (every - units) * (every - 2 * units) / (every * (every - 1) * max(every - 2, 1)) * cubes
    p = np.ones(len(total))
    varies = variance > 0
    sd = np.sqrt(variance[varies])
    skew = third[varies] / sd**3
    skew = np.where(np.abs(skew) < LEAST_SKEW, 0.0, skew)
    z = total[varies] / sd
    p[varies] = 2 * np.minimum(pearson3.sf(z, skew), pearson3.cdf(z, skew))
    return np.minimum(p, 1)


def shuffled_shares(count, units):
    """Two-sided p-values of the counts of parts, exact (twice the smaller tail).

    Parameters
    ----------
    count, units : array-like of int
        How many, of how many, in each part.

    Examples
    --------
    >>> shuffled_shares([10, 30], [100, 100]).round(5)
    array([0.00065, 0.00065])
    """
    count, units = np.asarray(count).round().astype(int), np.asarray(units).astype(int)
    every, cases = units.sum(), count.sum()
    p = 2 * np.minimum(
        hypergeom.sf(count - 1, every, cases, units), hypergeom.cdf(count, every, cases, units)
    )
    return np.minimum(p, 1)
