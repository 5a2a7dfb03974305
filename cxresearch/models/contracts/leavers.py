"""The one guard of what is learnt from customers who left: below so many of them nothing is."""

import numpy as np

from cxresearch.errors import NotEnough

FEWEST = 10


def require_leavers(event, observed=True):
    """Refuse fewer than ten customers who left while under observation.

    >>> require_leavers([1, 0, 1])
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: fewer than ten contract customers have left
    """
    if np.count_nonzero(np.asarray(event, dtype=bool) & observed) < FEWEST:
        raise NotEnough(_few(event))


def _few(event):
    """Half a sentence: too few left, or too few of those who did were under observation for a whole month before."""
    if np.count_nonzero(event) < FEWEST:
        return "fewer than ten contract customers have left"
    return "fewer than ten of the contract customers who left had been observed for a whole month"
