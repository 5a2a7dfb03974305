"""Several arms against one control: the quantile that holds for all of them at once."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def dunnett_quantile(variances, control_variance, level=0.95):
    r"""Return c such that all differences from one control lie within ±c standard errors with probability `level`.

    The differences are correlated because they share the control. With :math:`\lambda_i^2 = v_0 / (v_0 + v_i)`:

    .. math:: P(\max_i |Z_i| \le c) = \int \varphi(u) \prod_i \left[\Phi\left(\frac{\lambda_i u + c}{\sqrt{1 - \lambda_i^2}}\right)
              - \Phi\left(\frac{\lambda_i u - c}{\sqrt{1 - \lambda_i^2}}\right)\right] du

    by Gauss–Hermite quadrature; the estimates are taken as normal.

    Parameters
    ----------
    variances : array-like (k,)
        Of the estimates of the arms.
    control_variance : float
        Of that of the control.
    level : float

    Returns
    -------
    float

    References
    ----------
    Dunnett, C. W. (1955). A multiple comparison procedure for comparing several treatments with a control. *JASA* 50, 1096–1121.

    Examples
    --------
    Dunnett's table (1964), two-sided 5 %, infinitely many degrees of freedom, for 1, 2, 3 and 5 arms:

    >>> [round(dunnett_quantile([1.0] * k, 1.0), 2) for k in (1, 2, 3, 5)]
    [1.96, 2.21, 2.35, 2.51]
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, not between 0 and 1")
    shared = _shared(variances, control_variance)
    return float(brentq(lambda c: _inside(c, shared) - level, 0.0, 12.0))


def dunnett_p(z, variances, control_variance):
    """p-values adjusted for all arms at once: how likely the largest of the differences is as far from 0 as each.

    Parameters
    ----------
    z : array-like (k,)
        Differences in standard errors.
    variances, control_variance : array-like (k,), float
        As for :func:`dunnett_quantile`.

    Returns
    -------
    numpy.ndarray (k,)

    Examples
    --------
    >>> dunnett_p([2.212, 0.3], [1.0, 1.0], 1.0).round(3)
    array([0.05 , 0.936])
    """
    shared = _shared(variances, control_variance)
    return np.array([min(max(1.0 - _inside(abs(value), shared), 0.0), 1.0) for value in z])


def _shared(variances, control_variance):
    """The square root of the share of each difference's variance that is the control's."""
    v = np.asarray(variances, dtype=float)
    total = v + control_variance
    return np.sqrt(np.divide(control_variance, total, out=np.zeros_like(v), where=total > 0))


def _inside(c, shared):
    """The probability that all differences lie within ±c standard errors."""
    if (shared > 0.999).any():  # the arms' own variances are next to nothing: one normal decides
        return float(1 - 2 * ndtr(-c))
    rest = np.sqrt(1 - shared**2)[:, None]
    moved = shared[:, None] * _NODES
    return float(_WEIGHTS @ np.prod(ndtr((moved + c) / rest) - ndtr((moved - c) / rest), axis=0))


def normal_p(z):
    """Two-sided p-value of a standard normal.

    >>> round(float(normal_p(1.959964)), 3)
    0.05
    """
    return 2 * ndtr(-np.abs(z))
