"""Whether columns still mean what they meant: the same labels, the same scale."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.quality.scan import BEFORE, LAST, NOW
from cxresearch.models.quality.topic import ENOUGH, OK, WARNING, Topic, compared, over, stacked
from cxresearch.words import SUPPRESSED

SHIFT = 0.10  # points of a label's share that matter
JUMP = 3  # times wider or narrower
COLUMNS = [
    "table", "column", "value", "change_of", "n", "now", "n_before", "before", "last", "change", "low", "high", "p",
    "verdict",
]  # fmt: skip


class Definitions(Topic):
    """Labels that are new, have vanished or changed their share, and numbers whose scale jumped.

    A label's share changed where it moved against before and against the last quarter in one direction by 10 points, beyond chance. A
    number is on *another scale* where its median left the earlier 5 to 95 %, or the width of these changed threefold. A change that
    already stood in the last quarter is none of this one.

    Attributes
    ----------
    values_ : pandas.DataFrame
        Per label and per number: share or median (change_of) now, before and in the last quarter; verdict (``as before``, ``new``,
        ``vanished``, ``grew``, ``shrank``, ``another scale``). For a number low and high are its 5th and 95th percentile.
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> Definitions().fit(quality.quarter_).values_["verdict"].unique().tolist()
    ['as before']
    """

    def fit(self, quarter):
        """Compare labels and numbers of all dated tables.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        Definitions
            This object.

        Raises
        ------
        NotEnough
            Where no label and no number has 30 rows this quarter and before.
        """
        values = stacked([_values(scan) for scan in quarter.dated], COLUMNS)
        if values.empty:
            raise NotEnough(f"no label or number has {ENOUGH} rows both in this quarter and before")
        self.values_ = self._confirmed(values, ["new", "vanished", "grew", "shrank"])
        self.state_ = WARNING if (self.values_["verdict"] != "as before").any() else OK
        self.left_out_ = []
        return self

    def changed(self):
        """The rows of ``values_`` that are not as before; a share of fewer than ten rows is blank."""
        changed = self.values_[self.values_["verdict"] != "as before"].copy()
        for name, base in (("now", "n"), ("before", "n_before"), ("last", "n")):
            rows = (changed[name] * changed[base]).where(changed["change_of"] == "share")
            changed[name] = changed[name].mask((rows > 0) & (rows.round() < SUPPRESSED))
        return changed


def _values(scan):
    rows = [_number(scan, column, part) for column, part in scan.numbers.groupby("column")]
    for column, part in scan.labels.groupby("column"):
        counts = part.pivot_table(index="value", columns="period", values="n", aggfunc="sum", fill_value=0)
        counts = counts.reindex(columns=[NOW, LAST, BEFORE], fill_value=0).astype(int)
        sums = counts.sum()
        if min(sums[NOW], sums[[LAST, BEFORE]].sum()) >= ENOUGH:
            rows += [_label(scan, column, value, k, sums) for value, k in counts.iterrows()]
    return pd.DataFrame([row for row in rows if row], columns=COLUMNS)


def _label(scan, column, value, k, sums):
    n, n_before = int(sums[NOW]), int(sums[LAST] + sums[BEFORE])
    k_before = int(k[LAST] + k[BEFORE])
    gap, p = compared(int(k[NOW]), n, k_before, n_before, scan.effect)
    now, before, last = over(k[NOW], n), over(k_before, n_before), over(k[LAST], sums[LAST])
    return {
        "table": scan.name, "column": column, "value": str(value), "change_of": "share", "n": n, "now": now,
        "n_before": n_before, "before": before, "last": last, "change": gap.estimate, "low": gap.low,
        "high": gap.high, "p": p, "verdict": _moved(k, k_before, now, before, last),
    }  # fmt: skip


def _moved(k, k_before, now, before, last):
    """What became of a label; `last` is missing where the last quarter has no rows."""
    if not k_before:
        return "new"
    if not k[NOW] and k[LAST]:
        return "vanished"
    steps = [now - before] if np.isnan(last) else [now - before, now - last]
    if min(steps) >= SHIFT or max(steps) <= -SHIFT:
        return "grew" if now > before else "shrank"
    return "as before"


def _number(scan, column, part):
    """A number's scale: its median against the earlier 5 to 95 %, the width of these against the earlier one."""
    by = part.set_index("period")
    earlier = [p for p in (LAST, BEFORE) if p in by.index and by.loc[p, "n"] >= ENOUGH]
    if NOW not in by.index or by.loc[NOW, "n"] < ENOUGH * scan.effect or not earlier:
        return None
    now, then = by.loc[NOW], by.loc[earlier[-1]]
    jumped = all(_jumped(now, by.loc[period]) for period in earlier)
    return {
        "table": scan.name, "column": column, "value": "", "change_of": "median", "n": int(now["n"]),
        "now": now["p50"], "n_before": int(by.loc[by.index != NOW, "n"].sum()), "before": then["p50"],
        "last": by["p50"].get(LAST, np.nan), "low": now["p5"], "high": now["p95"],
        "verdict": "another scale" if jumped else "as before",
    }  # fmt: skip


def _jumped(now, then):
    width, width_then = now["p95"] - now["p5"], then["p95"] - then["p5"]
    ratio = width / width_then if width_then > 0 else (1.0 if width == 0 else np.inf)
    return not then["p5"] <= now["p50"] <= then["p95"] or not 1 / JUMP <= ratio <= JUMP
