"""Whether each table has as many rows as its own past lets expect."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.quality.counts import chance, differs, predict
from cxresearch.models.quality.history import THIN, TOO_SHORT, grain, history
from cxresearch.models.quality.persisting import persisting
from cxresearch.models.quality.scan import months_back
from cxresearch.models.quality.topic import HOLD, OK, UNKNOWN, WARNING, Topic, left_out, stacked
from cxresearch.stats import rows

MATTERS = 0.10  # a volume within 10 % of what was expected is never remarked on
GONE = 0.5  # of the usual rows: with fewer they are missing, with more they are fewer
PERSISTING = {"still missing", "still fewer"}
COLUMNS = ["table", "grain", "month", "rows", "expected", "low", "high", "is_quarter", "p", "verdict"]


class RowVolumes(Topic):
    """Rows of each table by month, those of this quarter with their prediction.

    A month (a quarter, where a table has few rows) has *few* or *many* rows where they differ from the prediction and from the last
    quarter's rate, beyond chance and by 10 %. An earlier month between full ones may have *no rows*. A table has *far too few* where its rows
    of the quarter are fewer than half of the low end of their prediction interval, and fewer than in the last quarter beyond chance. A fall of
    an earlier quarter from which it has not come back is *still missing*, or *still fewer* where half of what was usual comes, for a year:
    the prediction, which learns from the quarters since, no longer shows it.

    Parameters
    ----------
    level : float
        Confidence level of prediction intervals.
    rate : float
        False discovery rate over all tables and months.

    Attributes
    ----------
    volumes_ : pandas.DataFrame
        table, grain, month (its last day), rows, expected, low, high, is_quarter, p, verdict (``as expected``, ``few``, ``many``,
        ``no rows``, ``not assessed``), oldest first. p is the larger of two, against the prediction and against the last quarter's rate.
    quarters_ : pandas.DataFrame
        The quarter as a whole by table: rows, months (earlier ones), learnt (rows in them), expected, low, high, p_last (against the last
        quarter), since (the last day of the month in which a fall began that persists), usual, usual_low, usual_high (rows of a quarter as before it, with their prediction interval), verdict (``as
        expected``, ``far too few``, ``still missing``, ``still fewer``, ``not assessed``).
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> volumes = RowVolumes().fit(quality.quarter_).quarters_.set_index("table")
    >>> volumes.loc["contracts", ["rows", "expected", "low", "high"]].astype(int).tolist()
    [282, 280, 222, 343]
    """

    def __init__(self, level=0.95, rate=0.01):
        self.level = level
        self.rate = rate

    def fit(self, quarter):
        """Predict the quarter of all dated tables from their earlier months.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        RowVolumes
            This object.

        Raises
        ------
        NotEnough
            Where no table has a date.
        """
        if not quarter.steady:
            raise NotEnough("no table has a date and a record before the end of the quarter")
        parts = [_volumes(scan, quarter.as_of, self.level, self.rate) for scan in quarter.steady]
        self.volumes_ = self._judged(stacked([frame for frame, _ in parts], COLUMNS))
        whole = pd.DataFrame([total for _, total in parts])
        fewer = (whole["rows"] < whole["low"] / 2) & (whole["p_last"] < self.rate)
        unjudged = whole["expected"].isna()
        is_gone = whole["rows"] < GONE * whole["usual"]
        whole["verdict"] = np.select(
            [fewer, whole["since"].notna() & is_gone, whole["since"].notna(), unjudged],
            ["far too few", "still missing", "still fewer", "not assessed"],
            "as expected",
        )
        self.quarters_ = whole
        self.state_ = self._state()
        self.left_out_ = left_out(whole.loc[unjudged, "table"], TOO_SHORT)
        return self

    def odd(self):
        """The rows of ``volumes_`` that are not as expected: those of this quarter first, then earlier months without rows."""
        odd = self.volumes_[self.volumes_["verdict"].isin(["few", "many"])]
        return pd.concat([odd, self.volumes_[self.volumes_["verdict"] == "no rows"]])

    def summary(self):
        """Rows of each table this quarter, and how many were expected.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        kept = []
        for t in self.quarters_.itertuples():
            kept.append(rows.row(f"{t.table}, rows", (t.rows, None, None), t.rows + t.learnt, "count"))
            if t.verdict != "not assessed":
                method = f"quasi-Poisson on {t.months} earlier months, prediction interval"
                expected = (t.expected, t.low, t.high)
                kept.append(rows.row(f"{t.table}, rows expected", expected, t.learnt, method))
        return rows.summary(kept)

    def _judged(self, volumes):
        differ = (volumes["rows"] / volumes["expected"] - 1).abs() >= MATTERS
        odd = self._beyond_chance(volumes["p"]) & differ
        volumes.loc[volumes["p"].notna(), "verdict"] = "as expected"
        is_fewer = volumes["rows"] < volumes["expected"]
        volumes.loc[odd & is_fewer, "verdict"] = "few"
        volumes.loc[odd & ~is_fewer, "verdict"] = "many"
        return volumes

    def _state(self):
        verdicts = set(self.quarters_["verdict"])
        if verdicts == {"not assessed"}:
            return UNKNOWN
        if "far too few" in verdicts:
            return HOLD
        return WARNING if len(self.odd()) or verdicts & PERSISTING else OK


def _volumes(scan, as_of, level, rate):
    """Rows of a table by month or quarter, and its quarter as a whole."""
    by_month = history(scan, as_of)
    unit = grain(by_month)
    per = 3 if unit == "quarter" else 1
    frame = _periods(scan.name, by_month, as_of, per, unit)
    total = {
        "table": scan.name,
        "rows": int(by_month[by_month.index < 3].sum()),
        "months": max(len(by_month) - 3, 0),
        "learnt": int(by_month[by_month.index > 2].sum()),
        **dict.fromkeys(("expected", "low", "high", "p_last", "usual", "usual_low", "usual_high"), np.nan),
        "since": pd.NaT,
    }
    if unit is None:
        frame.loc[frame["is_quarter"], "verdict"] = "not assessed"
        return frame, total
    before = frame.loc[~frame["is_quarter"], "rows"].to_numpy()
    lost = _lost(before) if unit == "month" else []
    frame.loc[lost, "verdict"] = "no rows"
    predicted = predict(before, int(frame["is_quarter"].sum()), 12 // per, level, lost)
    last = float(before[-3 // per :].sum())
    whole = predicted.iloc[-1][["expected", "low", "high"]].to_dict()
    fall = persisting(by_month, [len(before) + 2 - i for i in lost], level, rate, MATTERS)
    if fall:
        usual = dict(zip(("usual", "usual_low", "usual_high"), fall[1:], strict=True))
        whole |= {"since": pd.Timestamp(months_back(as_of, fall[0]))} | usual
    return _predicted(frame, predicted, last, 3 // per), total | whole | {
        "p_last": differs(total["rows"], last, 1)
    }


def _periods(name, by_month, as_of, per, unit):
    """Rows by month or quarter, oldest first, nothing predicted yet; the months that make no whole quarter are left out."""
    by_period = by_month.groupby(by_month.index // per).sum()[: len(by_month) // per]
    ago = np.asarray(by_period.index[::-1], dtype=int)
    months = [pd.Timestamp(months_back(as_of, int(per * a))) for a in ago]
    frame = pd.DataFrame(
        {"table": name, "grain": unit or "month", "month": months, "rows": by_period.to_numpy()[::-1]}
    )
    frame = frame.assign(
        expected=np.nan, low=np.nan, high=np.nan, is_quarter=ago < 3 // per, p=np.nan, verdict=""
    )
    return frame[COLUMNS]


def _lost(before):
    """Positions of the months without rows between two that are not thin."""
    inner = range(1, len(before) - 1)
    return [i for i in inner if before[i] == 0 and min(before[i - 1], before[i + 1]) >= THIN]


def _predicted(frame, predicted, last, periods):
    """The periods with the prediction for those of this quarter, and the p-values of their rows."""
    now = frame["is_quarter"]
    limits = ["expected", "low", "high"]
    frame.loc[now, limits] = predicted[limits].to_numpy()[: now.sum()]
    frame.loc[now, "p"] = [
        max(min(1.0, 2 * min(chance(seen, row))), differs(seen, last, periods))
        for seen, row in zip(frame.loc[now, "rows"], predicted.to_dict("records"), strict=False)
    ]
    return frame
