"""An estimate with its limits, and the normal quantile behind most of them."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri


class Interval(NamedTuple):
    """An estimate and its confidence limits."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def normal_quantile(level):
    """Return z such that a standard normal lies within ±z with probability ``level``.

    Examples
    --------
    >>> round(float(normal_quantile(0.95)), 6)
    1.959964
    """
    if not 0 < level < 1:
        raise ValueError(f"level is {level}, not between 0 and 1")
    return ndtri((1 + level) / 2)
