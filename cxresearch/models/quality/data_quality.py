"""May this quarter be published? What is wrong, late, lost, redefined or missing in the data of its three months."""

import datetime

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from cxresearch.models.estimator import Estimator
from cxresearch.models.quality.content import COMPLETENESS, DEFINITIONS, ENOUGH, completeness, definitions
from cxresearch.models.quality.people import MISSING, missing, response
from cxresearch.models.quality.scan import months_back, scan
from cxresearch.models.quality.scorecard import APART, HOLD, SILENT, WARNING, scorecard
from cxresearch.models.quality.volume import VOLUMES, late, volumes

FEWEST = 10  # invited, under which a wave is not judged: so few could be told apart
MATTERS = 0.10  # a volume within 10 % of what was expected is never remarked on
PUBLISH, WARN, STOP = "publish", "publish with a warning", "hold"


class DataQuality(Estimator):
    """Compare a quarter's data with those of earlier quarters, and say whether a report on them may go out.

    The quarter is the three months that end on a date. The rules are the same for every quarter and firm; they were tuned on
    null data, where they should stay silent:

    **hold** when

    - an error of the workspace's check remains (unreadable, duplicate or orphaned rows, a missing column, an empty table);
    - a table that fed the last report (30 rows or more in the quarter before) has its last record more than 31 days before
      the date, and more than twice as long before it as at any earlier quarter's end;
    - a table's rows of the quarter are fewer than half of the low end of their 95 % prediction interval, and fewer
      than in the last quarter beyond chance.

    **warning** when

    - the check warns;
    - the last seven days of a table hold less than half of what such days hold, beyond chance;
    - a month (a quarter, where a table is thin or lives by waves) has more or fewer rows than predicted, beyond chance and by
      10 %; or an earlier month between full ones has none;
    - an optional column is filled less often than before and than in the last quarter, beyond chance and by 5 points;
    - a label is new, has vanished, or changed its share against before and against the last quarter, beyond chance, by 10
      points; or the median of a number left the earlier 5 to 95 %, or the width of these changed threefold;
    - strata of the latest wave answered at rates that differ beyond chance and by 10 points, or the wave's rate fell so;
    - a group with 5 % of the customers is less than half as well represented in a table as in the four quarters before,
      beyond chance;
    - nothing could be compared with earlier quarters.

    Many looks are corrected: *beyond chance* means significant after Benjamini and Hochberg's procedure over all tests of the
    topic, at 1 %. Rows of one customer, project or other unit resemble each other, so counts of rows are divided by rows per
    unit. A change that already stood in the last quarter is not told again. Columns that can be filled in only later (the end of a
    contract, the outcome of a project) are not compared. Rows after the date are left out, and are no fault.

    Parameters
    ----------
    level : float
        Confidence level of prediction intervals.
    rate : float
        False discovery rate of each topic.

    Attributes
    ----------
    verdict_ : str
        ``publish``, ``publish with a warning`` or ``hold``.
    reasons_ : list of str
        The findings behind it; empty where it may be published.
    scorecard_ : pandas.DataFrame
        topic, finding, state (``ok``, ``warning``, ``hold``, ``not assessed``).
    faults_ : pandas.DataFrame
        The check's problems: table, column, rule, rows, examples, severity.
    late_ : pandas.DataFrame
        table, last_record, days_before, last_week, usual_week, low, high, p, longest_before, fed, verdict.
    volumes_, quarters_ : pandas.DataFrame
        Rows by month (or quarter) and table with the prediction for this quarter's; and this quarter as a whole.
    completeness_ : pandas.DataFrame
        Per optional column: share filled now, before and in the last quarter, change with Newcombe's interval, verdict.
    definitions_ : pandas.DataFrame
        Per label value and per number: share or median now and before, verdict. For a number low and high are its 5th and 95th
        percentile.
    response_ : pandas.DataFrame
        The latest wave by stratum: invited, answered, rate with Wilson's interval.
    wave_ : dict
        The wave as a whole, with its R-indicator r; empty where there is none.
    missing_ : pandas.DataFrame
        Per table and group of customers: share among those with a record, against the share of all; ``ratio`` with interval.

    References
    ----------
    Benjamini, Y. & Hochberg, Y. (1995). Controlling the false discovery rate. *JRSS B* 57, 289–300. Newcombe, R. G. (1998).
    *Statistics in Medicine* 17, 873–890.

    Examples
    --------
    >>> import cxresearch as cx
    >>> quality = DataQuality().fit(cx.open("data/cdnow"), datetime.date(1997, 9, 30))
    >>> quality.verdict_
    'publish'
    >>> quality.late_.set_index("table").loc["orders", ["days_before", "last_week"]].tolist()
    [0, 64]
    """

    enough = ENOUGH

    def __init__(self, level=0.95, rate=0.01):
        self.level = level
        self.rate = rate

    def fit(self, workspace, as_of, check=None):
        """Read the workspace as it was known on a date, and judge the quarter that ends then.

        Parameters
        ----------
        workspace : Workspace
        as_of : datetime.date
            The quarter's last day.
        check : Check, optional
            Of the same workspace, if it was made already.

        Returns
        -------
        DataQuality
            This object.

        Raises
        ------
        ValueError
            Where `as_of` is no date.
        """
        if not isinstance(as_of, datetime.date) or isinstance(as_of, datetime.datetime):
            raise ValueError(f"as_of is {as_of!r}, not a date")
        check = workspace.check() if check is None else check
        self.as_of_, self.start_ = as_of, months_back(as_of, 3) + datetime.timedelta(days=1)
        self.rows_ = dict(check.rows)
        self.faults_ = check.problems[check.problems["rule"] != f"later than {check.as_of}"]
        zone, sources = check.zone, check.readable
        scans = {name: scan(source, zone, as_of) for name, source in sources.items()}
        self.later_ = {name: found.later for name, found in scans.items()}
        dated = [found for found in scans.values() if found.event and len(found.days)]
        self._count(dated)
        self.completeness_ = self._kept([completeness(s, as_of) for s in dated], COMPLETENESS, "fell")
        labels = ("new", "vanished", "grew", "shrank")
        self.definitions_ = self._kept([definitions(s) for s in dated], DEFINITIONS, *labels)
        self._answers(sources, zone)
        groups = missing(sources, zone, scans, as_of)
        self.missing_ = self._kept([groups], MISSING, "rarer than before", otherwise="rare")
        self.is_compared_ = bool(self.late_["p"].notna().any() or self.quarters_["expected"].notna().any())
        self.scorecard_ = scorecard(self)
        states = self.scorecard_["state"]
        self.verdict_ = STOP if (states == HOLD).any() else WARN if (states == WARNING).any() else PUBLISH
        worst = HOLD if self.verdict_ == STOP else WARNING
        self.reasons_ = self.scorecard_.loc[states == worst, "finding"].tolist()
        return self

    def summary(self):
        """Rows of each table and how many were expected, the response and its evenness.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        rows = []
        for t in self.quarters_.itertuples():
            rows.append((f"{t.table}, rows", t.rows, None, None, t.rows + t.learnt, "count", ""))
            if t.expected == t.expected:
                method = f"quasi-Poisson on {t.months} earlier months, prediction interval"
                rows.append((f"{t.table}, rows expected", t.expected, t.low, t.high, t.learnt, method, ""))
        w = self.wave_
        if w:
            name = f"response to wave {w['wave']}"
            rows.append((name, w["rate"], w["low"], w["high"], w["invited"], "Wilson score", "share"))
            if w["r"] == w["r"]:
                method = "1 − 2·standard deviation of strata's rates, parametric bootstrap"
                rows.append(
                    (
                        f"R-indicator of wave {w['wave']}",
                        w["r"],
                        w["r_low"],
                        w["r_high"],
                        w["invited"],
                        method,
                        "",
                    )
                )
        return pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method", "unit"])

    def _count(self, dated):
        parts = [volumes(s, self.as_of_, self.level) for s in dated]
        found = _together([frame for frame, _ in parts], VOLUMES)
        odd = self._beyond_chance(found["p"]) & ((found["rows"] / found["expected"] - 1).abs() >= MATTERS)
        found.loc[found["p"].notna(), "verdict"] = "as expected"
        found.loc[odd, "verdict"] = np.where(
            found.loc[odd, "rows"] < found.loc[odd, "expected"], "few", "many"
        )
        self.volumes_ = found
        columns = ["table", "rows", "months", "learnt", "expected", "low", "high", "p_last"]
        whole = pd.DataFrame([total for _, total in parts], columns=columns)
        fewer = (whole["rows"] < whole["low"] / 2) & (whole["p_last"] < self.rate)
        whole["verdict"] = np.where(fewer, "far too few", "")
        self.quarters_ = whole
        columns = ["table", "last_record", "days_before", "last_week", "usual_week", "low", "high", "p",
                   "longest_before", "fed"]  # fmt: skip
        weeks = pd.DataFrame([late(s, self.as_of_, self.level) for s in dated], columns=columns)
        short = self._beyond_chance(weeks["p"]) & (weeks["last_week"] < weeks["usual_week"] / 2)
        silent = weeks["days_before"] > np.maximum(2 * weeks["longest_before"].fillna(0), SILENT)
        weeks["verdict"] = np.where(weeks["p"].isna(), "not assessed", np.where(short, "late", "as usual"))
        weeks.loc[silent & weeks["fed"].astype(bool), "verdict"] = "silent"
        self.late_ = weeks

    def _answers(self, sources, zone):
        self.response_, self.wave_, self.no_wave_ = pd.DataFrame(), {}, "no table of survey invitations"
        source = sources.get("survey_invitations")
        if source is None:
            return
        if not {"wave", "invited_at", "has_responded"} <= set(source.raw.columns):
            self.no_wave_ = "the survey invitations lack a column"
            return
        found, wave = response(source, zone, self.as_of_)
        if not wave or wave["last"] < self.start_:
            self.no_wave_ = "nobody was invited to a survey this quarter"
            return
        if wave["invited"] < FEWEST:
            self.no_wave_ = "fewer than ten were invited to the latest wave"
            return
        solid = found[found["invited"] >= ENOUGH]["rate"]
        apart = wave["p"] < self.rate and len(solid) > 1 and solid.max() - solid.min() >= APART
        drop = min(wave["before"], wave["previous"]) - wave["rate"]
        fell = wave["fall_p"] < self.rate and drop >= APART
        self.response_, self.wave_ = (
            found,
            wave | {"verdict": "strata apart" if apart else "fell" if fell else ""},
        )

    def _beyond_chance(self, p):
        """Which p-values are discoveries, by Benjamini and Hochberg."""
        known = p.notna()
        found = pd.Series(False, index=p.index)
        if known.any():
            found[known] = false_discovery_control(p[known].to_numpy(dtype=float)) < self.rate
        return found

    def _kept(self, parts, columns, *verdicts, otherwise="as before"):
        """The parts as one table, in which a verdict that chance could have made is taken back."""
        frame = _together(parts, columns)
        doubtful = frame["verdict"].isin(verdicts) & ~self._beyond_chance(frame["p"].astype(float))
        frame.loc[doubtful, "verdict"] = otherwise
        return frame


def _together(parts, columns):
    parts = [part for part in parts if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
