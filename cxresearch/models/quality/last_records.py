"""Whether the last records of a quarter have arrived."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.quality.counts import chance, predict
from cxresearch.models.quality.history import TOO_SHORT, grain, history
from cxresearch.models.quality.scan import months_back
from cxresearch.models.quality.topic import HOLD, OK, UNKNOWN, WARNING, Topic, left_out

SILENT = 31  # days without a record that hold a table that fed the last report
FEEDS = 30  # rows of a quarter without which a table only indicates


class LastRecords(Topic):
    """When each table's last record is, and whether its last seven days are as full as such days usually are.

    The last seven days are compared with the seven days that end on the same day of earlier months (of earlier quarters, where a table
    has few rows), so that month-end reports and survey waves are compared with their like. A table is *late* where they hold less than half
    of what was expected, beyond chance; it is *silent* where it fed the last report (30 rows or more in the quarter before) and its last
    record is more than 31 days before the date, and more than twice as long before it as at any earlier quarter's end.

    Parameters
    ----------
    level : float
        Confidence level of prediction intervals.
    rate : float
        False discovery rate over all tables.

    Attributes
    ----------
    tables_ : pandas.DataFrame
        table, last_record, days_before, last_week, usual_week, low, high, p, longest_before (days of silence at an earlier quarter's
        end), fed, verdict (``as usual``, ``late``, ``silent``, ``not assessed``).
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/cdnow"), datetime.date(1997, 9, 30))
    >>> late = LastRecords().fit(quality.quarter_)
    >>> late.tables_.set_index("table").loc["orders", ["days_before", "last_week"]].tolist()
    [0, 64]
    """

    def __init__(self, level=0.95, rate=0.01):
        self.level = level
        self.rate = rate

    def fit(self, quarter):
        """Look at the last seven days of all dated tables.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        LastRecords
            This object.

        Raises
        ------
        NotEnough
            Where no table has a date.
        """
        if not quarter.steady:
            raise NotEnough("no table has a date and a record before the end of the quarter")
        tables = pd.DataFrame([_last_days(scan, quarter.as_of, self.level) for scan in quarter.steady])
        short = self._beyond_chance(tables["p"]) & (tables["last_week"] < tables["usual_week"] / 2)
        silent = tables["days_before"] > np.maximum(2 * tables["longest_before"].fillna(0), SILENT)
        unjudged = tables["p"].isna()
        tables["verdict"] = np.where(unjudged, "not assessed", np.where(short, "late", "as usual"))
        tables.loc[silent & tables["fed"], "verdict"] = "silent"
        self.tables_ = tables
        self.state_ = self._state()
        self.left_out_ = left_out(tables.loc[unjudged, "table"], TOO_SHORT)
        return self

    def _state(self):
        verdicts = set(self.tables_["verdict"])
        if "silent" in verdicts:
            return HOLD
        if "late" in verdicts:
            return WARNING
        return UNKNOWN if self.tables_["p"].isna().all() else OK


def _last_days(scan, as_of, level):
    rows, days = history(scan, as_of), scan.days.set_index("day")["rows"]
    silences = [_silence(days, as_of, months) for months in range(3, len(rows), 3)]
    row = {
        "table": scan.name,
        "last_record": scan.last,
        "days_before": (pd.Timestamp(as_of) - scan.last).days,
        "last_week": int(_week(days, as_of, 0)),
        **dict.fromkeys(("usual_week", "low", "high", "p"), np.nan),
        "longest_before": max(silences, default=np.nan),
        "fed": bool(rows[(rows.index >= 3) & (rows.index < 6)].sum() >= FEEDS),
    }
    unit = grain(rows)
    if unit is None:
        return row
    step = 3 if unit == "quarter" else 1
    usual = [_week(days, as_of, months) for months in range(step, len(rows), step)][::-1]
    predicted = predict(usual, 1, 12 // step, level).iloc[0]
    row |= {"usual_week": predicted["expected"], "low": predicted["low"], "high": predicted["high"]}
    return row | {"p": chance(row["last_week"], predicted)[0]}


def _week(days, as_of, months):
    """Rows in the seven days that end so many months before."""
    end = pd.Timestamp(months_back(as_of, months))
    return float(days[(days.index > end - pd.Timedelta(days=7)) & (days.index <= end)].sum())


def _silence(days, as_of, months):
    """Days from the last record to the day so many months before."""
    end = pd.Timestamp(months_back(as_of, months))
    return (end - days.index[days.index <= end].max()).days
