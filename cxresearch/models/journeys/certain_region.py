"""Where the effect of one thing that depends on another is certain: the region of Johnson and Neyman."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit


class CertainRegion(NamedTuple):
    """Where effect(c) = b₁ + b₃c changes its sign, and up to where its sign is certain."""

    turning: float
    low: float
    high: float
    std_error: float
    kind: str


def certain_region(b1, b3, v11, v33, v13, level=0.95, df=np.inf):
    """The moderator's value at which an effect is zero, with Fieller's limits; outside them the sign of the effect is certain.

    The effect b₁ + b₃c has the variance v₁₁ + 2c·v₁₃ + c²v₃₃. It is certain where its square exceeds z² times that: outside the roots of ::

        (b₃² − z²v₃₃)c² + 2(b₁b₃ − z²v₁₃)c + (b₁² − z²v₁₁) = 0

    These are Fieller's limits of the turning point −b₁/b₃ at the same time. Two roots enclose it if the first term is positive and the
    discriminant is (``kind`` "two"). If the slope itself is not certain (first term not positive), the effect has no turning point that can be
    bounded: it is certain between the roots ("inside"), or nowhere ("none").

    Parameters
    ----------
    b1, b3 : float
        The effect at c = 0, and by how much it changes per unit of c.
    v11, v33, v13 : float
        Their variances and covariance.
    level : float
        Confidence level.
    df : float
        Degrees of freedom of the variances: z is Student's quantile where they are few.

    Returns
    -------
    CertainRegion
        ``turning, low, high`` (the roots, in order; missing if there are none), ``std_error`` by the delta method and ``kind``.

    References
    ----------
    Johnson, P. O. & Neyman, J. (1936). *Statistical Research Memoirs* 1, 57–93. Fieller, E. C. (1954). *JRSS B* 16, 175–185. Bauer, D. J. &
    Curran, P. J. (2005). *Multivariate Behavioral Research* 40, 373–400.

    Examples
    --------
    >>> found = certain_region(0.30, -0.80, 0.0016, 0.0025, -0.0004)
    >>> [round(part, 7) for part in found[:4]], found.kind
    ([0.375, 0.2779016, 0.4786491, 0.0507993], 'two')
    """
    tail = (1 + level) / 2
    z2 = float(stdtrit(df, tail) if np.isfinite(df) else ndtri(tail)) ** 2
    first, second, third = b3**2 - z2 * v33, b1 * b3 - z2 * v13, b1**2 - z2 * v11
    turning = -b1 / b3 if b3 else np.nan
    error = np.sqrt(max(v11 + 2 * turning * v13 + turning**2 * v33, 0.0)) / abs(b3) if b3 else np.nan
    discriminant = second**2 - first * third
    if first == 0 or discriminant < 0:
        return CertainRegion(turning, np.nan, np.nan, float(error), "none")
    roots = sorted((-second + sign * np.sqrt(discriminant)) / first for sign in (-1, 1))
    return CertainRegion(float(turning), *map(float, roots), float(error), "two" if first > 0 else "inside")
