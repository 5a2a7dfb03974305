r"""What has changed since an earlier report; a change is flagged only when it exceeds noise.

With estimates :math:`a` (now) and :math:`b` (before) and their intervals, the change is :math:`d = a - b` with the interval

.. math:: d - \sqrt{(a - l_a)^2 + (u_b - b)^2},\quad d + \sqrt{(u_a - a)^2 + (b - l_b)^2},

which is Newcombe's for proportions with Wilson's intervals, and the usual one where intervals are symmetric. It supposes independent
samples; where the same customers stand behind both numbers it is wider than need be. Several headline numbers are compared at once, so
that a change is announced only if it survives Benjamini and Hochberg's correction at 5 %.

References
----------
Zou, G. Y. & Donner, A. (2008). Construction of confidence limits about effect measures: a general approach. *Statistics in Medicine* 27,
1693–1702.
"""

import math
from dataclasses import dataclass

from cxresearch.proposal import p_value
from cxresearch.words import change_text, interval_text, supported


@dataclass
class Change:
    """One number now and before.

    Attributes
    ----------
    metric, unit : str
    before, estimate, low, high : float or None
        The earlier number, the change and its interval; None where there is nothing to compare with.
    p : float or None
        Two-sided, from the interval's side towards zero.
    is_real : bool
        Whether the change survives the correction for the number of comparisons.
    """

    metric: str
    unit: str
    before: float | None = None
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    is_real: bool = False

    @property
    def reading(self):
        """How the number has moved since, in three words at most; empty where that cannot be told, as of a count."""
        if self.low is None:
            return ""
        return f"{self._way} since" if self.is_real else "no clear change"

    def sentence(self, period):
        """The change in words, empty where it does not exceed noise."""
        if not self.is_real:
            return ""
        size = change_text(abs(self.estimate), self.unit)[1:]
        return f"{self.metric[:1].upper()}{self.metric[1:]}: {self._way} by {size} since {period} ({self._interval()})."

    @property
    def _way(self):
        return "up" if self.estimate > 0 else "down"

    def _interval(self):
        _, low, high = supported(self.estimate, self.low, self.high)
        return interval_text(low, high, self.unit, digits=3, text=change_text)


def changes(now, *earlier):
    """The change of each result since earlier reports, flagged where it survives the correction for all comparisons made.

    Parameters
    ----------
    now : list of dict
        Results as a report keeps them: id, metric, unit, estimate, low, high.
    *earlier : list of dict
        Those of earlier reports. Results of one id and unit are compared.

    Returns
    -------
    list of list of Change
        For each earlier report one per result of `now`, in its order.

    Examples
    --------
    >>> row = {"id": "07/Stay/retention", "metric": "retention", "unit": "share"}
    >>> now, *before = ([row | {"estimate": e, "low": e - 0.03, "high": e + 0.03}] for e in (0.70, 0.69, 0.60))
    >>> [one[0].reading for one in changes(now, *before)]
    ['no clear change', 'up since']
    """
    from cxresearch.stats.multiplicity import benjamini_hochberg

    columns = []
    for before in earlier:
        was = {(row["id"], row["unit"]): row for row in before}
        columns.append([_change(row, was.get((row["id"], row["unit"]))) for row in now])
    tested = [change for column in columns for change in column if change.p is not None]
    if tested:
        rejected = benjamini_hochberg([change.p for change in tested]).rejected
        for change, is_real in zip(tested, rejected, strict=True):
            change.is_real = bool(is_real) and not change.low <= 0 <= change.high
    return columns


def _change(row, was):
    change = Change(row["metric"], row["unit"])
    if was is None or row["estimate"] is None or was["estimate"] is None:
        return change
    a, b = row["estimate"], was["estimate"]
    if math.isclose(a, b, rel_tol=1e-12):  # what is left of a difference of equal numbers is nothing
        a = b
    change.before, change.estimate = b, a - b
    if None in (row["low"], row["high"], was["low"], was["high"]):
        return change
    down = math.hypot(a - row["low"], was["high"] - b)
    up = math.hypot(row["high"] - a, b - was["low"])
    change.low, change.high = a - b - down, a - b + up
    change.p = p_value(change.estimate, change.low, change.high)
    return change
