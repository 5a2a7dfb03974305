"""Which terms of a churn hazard may be announced as going with leaving: those that outlast a correction for having looked at all."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.models.estimator import Estimator
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.rare_levels import OTHER, pool_rare_levels
from cxresearch.stats.rows import COLUMNS
from cxresearch.stats.told_apart import told_apart


class ChurnDrivers(Estimator):
    """Hazard ratios, corrected for their number, announced only where the risk they make up was told from chance on later rows.

    Each term's Wald test is adjusted by Benjamini and Hochberg. A term is announced if its adjusted p-value is at most `alpha` and the
    hazard as a whole ranked leavers above stayers in a period it had not seen (the interval of that AUC lies above .5): a reason for what
    cannot be foretold is no reason.

    An announced term is an association: customers with that plan leave more often, not because of it.

    Parameters
    ----------
    alpha : float
        False discovery rate.

    Attributes
    ----------
    table_ : DataFrame
        metric, estimate, low, high, n, method, unit (as from the hazard's summary), p_value (adjusted), is_announced.
    announced_ : list of str
        The metrics announced, those with the smallest p-values first.

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). *Journal of the Royal Statistical Society B* 57, 289–300.

    Examples
    --------
    >>> from cxresearch.models import ChurnHazard
    >>> months, left, paid = [1, 2, 3, 4] * 100, [1, 1, 0, 0] * 100, [1, 1, 1, 0] * 60 + [0, 1, 0, 0] * 40
    >>> hazard = ChurnHazard(baseline="constant").fit(months, left, pd.DataFrame({"paid": paid}))
    >>> ChurnDrivers().fit(hazard, is_better_than_chance=True).announced_
    ['odds ratio, paid']
    >>> ChurnDrivers().fit(hazard, is_better_than_chance=False).announced_
    []
    """

    def __init__(self, alpha=0.05):
        self.alpha = alpha

    def fit(self, hazard, is_better_than_chance):
        """Decide which terms to announce.

        Parameters
        ----------
        hazard : ChurnHazard
            Fitted.
        is_better_than_chance : bool
            Whether it ranked better than chance on rows it had not seen.

        Returns
        -------
        ChurnDrivers
            This object.
        """
        z = (hazard.params_ / hazard.std_error_).drop("intercept").to_numpy()
        table = hazard.summary()
        found = benjamini_hochberg(2 * ndtr(-np.abs(z)), self.alpha) if len(z) else None
        p = found.p_value if len(z) else np.empty(0)
        announced = (found.rejected if len(z) else np.empty(0, dtype=bool)) & bool(is_better_than_chance)
        self.table_ = table.assign(p_value=p, is_announced=announced)
        self.announced_ = self.table_[announced].sort_values("p_value", kind="stable")["metric"].tolist()
        return self

    def summary(self):
        """The hazard's own summary: metric, estimate, low, high, n, method, unit."""
        return self.table_[COLUMNS]


def hazard_columns(frame, event, fewest=10):
    """The columns that a hazard can be fitted to: enough leavers on both sides of each contrast.

    Parameters
    ----------
    frame : DataFrame
        Flags and texts.
    event : array-like of 0/1
    fewest : int
        Leavers that a level needs. Levels with fewer are one level together, ``(other)``, or, where that has too few as well, join the
        most frequent one.

    Returns
    -------
    tuple
        (DataFrame of the columns kept, list with a sentence on each of those left out).

    Examples
    --------
    >>> frame = pd.DataFrame({"plan": ["basic", "gold"] * 50, "region": ["north"] * 100})
    >>> kept, out = hazard_columns(frame, [1] * 60 + [0] * 40)
    >>> list(kept), out
    (['plan'], ['region is left out: one value only'])
    """
    event, kept, out = np.asarray(event).astype(int), {}, []
    for name in frame.columns:
        values = frame[name].astype(object).where(frame[name].notna(), "unknown")
        is_flag = frame[name].dtype == bool
        values = values.astype(str)
        values = pool_rare_levels(values, event, fewest, other=OTHER).apply(values)
        if values.nunique() < 2:
            is_constant = frame[name].nunique(dropna=False) < 2
            why = "one value only" if is_constant else f"fewer than {fewest} leavers on one side"
            out.append(f"{name} is left out: {why}")
        elif is_flag:
            kept[name] = frame[name].astype(int)
        else:
            first = values.mode()[0]
            kept[name] = pd.Categorical(values, [first, *sorted(set(values) - {first})])
    X, tied = told_apart(pd.DataFrame(kept, index=frame.index))
    return X, [*out, *tied]
