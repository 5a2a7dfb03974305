"""What the questions asked of a quarter's data share: their states, and when a difference is more than chance."""

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

from cxresearch.models.estimator import Estimator
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.proportions import newcombe

OK, WARNING, HOLD, UNKNOWN = "ok", "warning", "hold", "not assessed"
ENOUGH = 30  # rows on either side of a comparison


class Topic(Estimator):
    """One question asked of a quarter's data; ``fit`` takes a :class:`~cxresearch.models.quality.quarter.QuarterData`.

    Parameters
    ----------
    rate : float
        False discovery rate over all tests of the topic.

    Attributes
    ----------
    state_ : str
        ``ok``, ``warning``, ``hold`` or ``not assessed``.
    """

    def __init__(self, rate=0.01):
        self.rate = rate

    def _beyond_chance(self, p):
        """Which p-values of a Series are discoveries, by Benjamini and Hochberg; missing ones are none."""
        tested = p.notna()
        discoveries = pd.Series(False, index=p.index)
        if tested.any():
            discoveries[tested] = benjamini_hochberg(p[tested].to_numpy(dtype=float)).p_value < self.rate
        return discoveries

    def _confirmed(self, frame, verdicts, otherwise="as before"):
        """A table in which each of the verdicts that chance could have made is replaced."""
        doubtful = frame["verdict"].isin(verdicts) & ~self._beyond_chance(frame["p"].astype(float))
        return frame.assign(verdict=frame["verdict"].mask(doubtful, otherwise))


def compared(k, n, k_before, n_before, effect=1.0):
    """Change of a share, its Newcombe interval and Fisher's exact p-value, on counts divided by the design effect."""
    gap = newcombe(k / effect, n / effect, k_before / effect, n_before / effect)
    yes, no = (round(v / effect) for v in (k, n - k))
    yes_before, no_before = (round(v / effect) for v in (k_before, n_before - k_before))
    return gap, float(fisher_exact([[yes, no], [yes_before, no_before]]).pvalue)


def left_out(tables, why):
    """Which tables could not be judged, and why, as a list of one text; empty where there are none."""
    return [f"{', '.join(dict.fromkeys(tables))} ({why})"] if len(tables) else []


def over(k, n):
    """A share, missing where there is nothing to take it of."""
    return float(k / n) if n else np.nan


def stacked(parts, columns):
    """Tables on top of each other; one without rows, with these columns, where none has any."""
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
