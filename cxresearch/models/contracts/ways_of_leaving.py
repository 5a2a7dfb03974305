"""Why customers leave: the ways compete, and each page that shows them counts, names and orders them alike."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.aalen_johansen import AalenJohansen
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import COLUMNS

UNKNOWN, OTHER = "unknown", "other"
MARKS = (12, 24, 36)  # months
FEWEST = 10  # leavers
MOST = 100  # ways told apart


class WaysOfLeaving(Estimator):
    """Share of customers that has left in each way, with the other ways neither ignored nor counted as still there.

    Aalen–Johansen from the first month that enough customers were seen in; see
    :class:`~cxresearch.models.survival.aalen_johansen.AalenJohansen`.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    curves_ : AalenJohansen
    month_ : int
        The month up to which shares are stated: the latest of 12, 24 and 36 that was reached.
    n_ : int
        Customers observed.
    left_out_ : list of str
        What a reader should know about thin or empty risk sets, a sentence each.

    Examples
    --------
    >>> spells = pd.DataFrame({"duration": range(1, 14), "entry": 0, "event": [True] * 4 + [False] * 9, "end_reason": ["price", None, "moved", "price"] + [None] * 9})
    >>> spells = pd.concat([spells] * 10, ignore_index=True)
    >>> WaysOfLeaving().fit(spells["duration"], spells["event"], spells["end_reason"], spells["entry"]).summary()[["metric", "estimate", "unit"]].round(3)
                               metric  estimate   unit
    0    left within 12 months: price     0.154  share
    1    left within 12 months: moved     0.077  share
    2  left within 12 months: unknown     0.077  share
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, duration, event, reason, entry=None):
        """Count the ways.

        Parameters
        ----------
        duration : array-like
            Months from the beginning to leaving, or to the last month seen.
        event : array-like of bool or 0/1
            Whether the customer left.
        reason : array-like
            In which way; a leaver without one counts as "unknown", and that of whoever is still there is not read. Ways that fewer than 10
            took are one way, "other", which takes in the next rarest until 10 took it; so are the rarest where there are more than 100.
        entry : array-like, optional
            Months already gone when the customer was first observed.

        Returns
        -------
        WaysOfLeaving
            This object.

        Raises
        ------
        NotEnough
            If fewer than 10 customers left, or no leaver has a reason.
        ValueError
            For bad columns.
        """
        normal_quantile(self.level)
        aligned(duration=duration, event=event, reason=reason, entry=entry)
        left = flags(event, "event").astype(bool)
        if left.sum() < FEWEST:
            raise NotEnough(f"fewer than {FEWEST} customers have left")
        reason = pd.Series(np.asarray(reason, dtype=object))
        reason = reason.where(reason.notna(), UNKNOWN).where(left, None)
        if set(reason[left]) == {UNKNOWN}:
            raise NotEnough("no contract that ended has a reason (column end_reason)")
        reason = _without_rare(reason)
        self.curves_ = AalenJohansen(self.level, start="auto").fit(duration, reason.to_numpy(), left, entry)
        last = self.curves_.last_time_
        self.month_ = max((month for month in MARKS if month <= last), default=int(last))
        self.n_, self.left_out_ = len(left), self.curves_.left_out_
        return self

    def summary(self):
        """The share that has left in each way by ``month_``, the commonest first.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        at = self.curves_.at([self.month_]).rename(columns={"incidence": "estimate"})
        at = at.sort_values(["estimate", "cause"], ascending=[False, True], ignore_index=True)
        metric = f"left within {self.month_} months: " + at["cause"]
        method = "Aalen–Johansen, log–log limits"
        return at.assign(metric=metric, n=self.n_, method=method, unit="share")[COLUMNS]


def _without_rare(reason):
    counts = reason.dropna().value_counts().sort_values(kind="stable")
    rare = list(counts.index[: max((counts < FEWEST).sum(), len(counts) + 1 - MOST)])
    while rare and counts[rare].sum() < FEWEST and len(rare) < len(counts):
        rare.append(counts.index[len(rare)])
    return reason.mask(reason.isin(rare), OTHER)
