"""What a test of the time before would have found: a test that could not have seen a drift does not show that there was none."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtri
from scipy.stats import ncx2


def detectable_shift(inverse, df, power=0.8, alpha=0.05):
    r"""The common shift of all tested changes that Wald's test finds with a probability.

    With noncentrality λ such that P(χ²(df, λ) > the critical value) = power, the shift δ of every change has δ² · 1'V⁻¹1 = λ.

    Parameters
    ----------
    inverse : ndarray (df, df)
        V⁻¹, of the tested changes.
    df : int
    power, alpha : float

    Returns
    -------
    float
        Missing where no common shift can be seen, as where two cohorts are each other's only comparison.

    Examples
    --------
    One change with a standard error of 1: the known 2.80.

    >>> round(detectable_shift(np.eye(1), 1), 2)
    2.8
    """
    critical = chdtri(df, alpha)
    needed = brentq(lambda size: ncx2.sf(critical, df, size) - power, 1e-6, 1e4)
    seen = float(inverse.sum())
    return float(np.sqrt(needed / seen)) if seen > 1e-9 * float(np.trace(inverse)) else np.nan
