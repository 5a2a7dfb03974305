"""How often intervals hold over simulated companies, in one table for the scripts that count it."""

import numpy as np
import pandas as pd
from scipy.stats import binom

RATE, SURE = 0.95, 0.001  # of intervals that hold; p-value of too few


def held(pairs):
    """A row per name: the share that holds, the mean error, how many there are, and the chance of as few at 95 %.

    Parameters
    ----------
    pairs : dict of list
        Name → a pair for each interval: whether it holds the truth, and its estimate less the truth.

    Examples
    --------
    >>> held({"rework": [(True, 0.1), (False, 0.3)]}).round(2).to_dict("records")
    [{'holds': 0.5, 'bias': 0.2, 'n': 2, 'p': 0.1}]
    """
    table = pd.DataFrame(
        {
            "holds": np.mean([holds for holds, _ in own]),
            "bias": np.mean([off for _, off in own]),
            "n": len(own),
            "p": binom.cdf(sum(holds for holds, _ in own), len(own), RATE),
        }
        for own in pairs.values()
    )
    return table.set_axis(list(pairs), axis=0)
