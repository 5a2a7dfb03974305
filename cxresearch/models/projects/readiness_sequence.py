"""Sequence: did people and processes come first, or technology?"""

import numpy as np
import pandas as pd
from scipy import stats

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.recorded import need_recorded
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.rows import row, shares, summary

READY = ["people_ready", "process_ready", "technology_ready"]


class ReadinessSequence(Estimator):
    r"""Month by month, whether technology was ahead of people and processes, and what that was associated with.

    A report is *technology first* where technology > min(people, process); a project, where most of its reports in the first half of its planned time are.
    The association is the difference of failure rates between technology-first and other decided projects, with Newcombe's limits: not an
    effect, for sponsor, strategy, size and the readiness itself differ between the two, and later scores may follow the fate of the project.

    Lead and lag: the correlation, within projects, of the month's change of min(people, process) with the change of
    technology `lag` months later. Above 0 at positive lags, people and processes lead; at negative ones technology does. With sums
    :math:`S_{xy}, S_{xx}, S_{yy}` over :math:`G` projects the correlation is :math:`r = S_{xy} / \sqrt{S_{xx} S_{yy}}`, a project adds
    :math:`u_g = xy_g / \sqrt{S_{xx} S_{yy}} - r (xx_g / S_{xx} + yy_g / S_{yy}) / 2`, and the limits are
    :math:`r \pm t_{G-1} \sqrt{G / (G - 1) \sum u_g^2}`, for all lags together (Bonferroni): with one interval at a time, seven lags of nothing
    showed something in every third company.

    Parameters
    ----------
    lags : int
        Months in either direction.
    level : float

    Attributes
    ----------
    months_ : DataFrame
        project_id, status_on, month (of its life), ahead (technology − min(people, process)), is_technology_first.
    by_month_ : DataFrame
        month, projects, share of technology-first reports, low, high.
    projects_ : DataFrame
        project_id, is_technology_first.
    lags_ : DataFrame
        lag, estimate, low, high (for all lags together), n (projects); empty with fewer than ten projects of five reports.
    left_out_ : list of str

    Examples
    --------
    >>> months = pd.DataFrame({"project_id": ["A", "A", "B"], "status_on": pd.to_datetime(["2026-01-31", "2026-02-28", "2026-01-31"]),
    ...     "at": [1.0, 2, 1], "planned_duration": 6.0, "people_ready": [1.0, 2, 3], "process_ready": [2.0, 2, 3], "technology_ready": [2.5, 2.5, 2]})
    >>> ReadinessSequence().fit(months).projects_
      project_id  is_technology_first
    0          A                 True
    1          B                False
    """

    def __init__(self, lags=3, level=0.95):
        self.lags = lags
        self.level = level

    def fit(self, months):
        """Compute who led.

        Parameters
        ----------
        months : DataFrame
            ``EarnedValue.months_`` with people_ready, process_ready and technology_ready.

        Returns
        -------
        ReadinessSequence
            This object.

        Raises
        ------
        NotEnough
            If a readiness column is absent, or no report has all three.
        """
        need_recorded(months, READY, "project_status")
        rows = table(months, ["project_id", "status_on", "at", "planned_duration", *READY], "months")
        rows = rows.dropna(subset=READY).sort_values(["project_id", "status_on"], ignore_index=True)
        rows = rows.astype(dict.fromkeys(READY, float))
        if not len(rows):
            raise NotEnough("no status report scores people, process and technology readiness together")
        least = rows[["people_ready", "process_ready"]].min(axis=1)
        rows = rows.assign(
            ahead=rows["technology_ready"] - least, least=least, month=np.ceil(rows["at"] - 1e-9).astype(int)
        )
        rows["is_technology_first"] = rows["ahead"] > 1e-9
        self.months_ = rows[["project_id", "status_on", "month", "ahead", "is_technology_first"]]
        by = rows.groupby("month")["is_technology_first"].agg(["size", "sum"])
        ahead = wilson(by["sum"].to_numpy(), by["size"].to_numpy(), self.level)
        self.by_month_ = pd.DataFrame(
            {
                "month": by.index,
                "projects": by["size"].to_numpy(),
                "share": ahead.estimate,
                "low": ahead.low,
                "high": ahead.high,
            }
        )
        half = rows["planned_duration"].fillna(np.inf) / 2
        early = rows[
            (rows["at"] <= half) | (rows["month"] == rows.groupby("project_id")["month"].transform("min"))
        ]
        first = early.groupby("project_id")["is_technology_first"].mean() > 0.5
        self.projects_ = first.rename("is_technology_first").reset_index()
        self.lags_ = self._lead(rows)
        self.left_out_ = (
            []
            if len(self.lags_)
            else ["Fewer than ten projects have five reports, so leads and lags are not estimated"]
        )
        return self

    def _lead(self, rows):
        moved = rows.assign(
            soft=rows.groupby("project_id")["least"].diff(),
            hard=rows.groupby("project_id")["technology_ready"].diff(),
        )
        long = moved.groupby("project_id")["soft"].count()
        long = long[long >= 4].index
        moved = moved[moved["project_id"].isin(long)]
        columns = ["lag", "estimate", "low", "high", "n"]
        if len(long) < 10:
            return pd.DataFrame(columns=columns)
        correlations, code = [], pd.Series(range(len(long)), long)
        for lag in range(-self.lags, self.lags + 1):
            pair = pd.DataFrame(
                {
                    "who": moved["project_id"].map(code),
                    "x": moved["soft"],
                    "y": moved.groupby("project_id")["hard"].shift(-lag),
                }
            ).dropna()
            centred = pair[["x", "y"]] - pair.groupby("who")[["x", "y"]].transform("mean")
            sums = pd.DataFrame(
                {"xy": centred["x"] * centred["y"], "xx": centred["x"] ** 2, "yy": centred["y"] ** 2}
            )
            sums = sums.groupby(pair["who"]).sum().reindex(range(len(long)), fill_value=0.0).to_numpy()
            limits = _limits(sums, 1 - (1 - self.level) / (2 * self.lags + 1))
            correlations.append([lag, *limits, len(long)])
        return pd.DataFrame(correlations, columns=columns)

    def association(self, projects):
        """Failure of technology-first projects against the others.

        Parameters
        ----------
        projects : DataFrame
            project_id, has_failed.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit; empty while either group has no decided project.
        """
        both = table(projects, ["project_id", "has_failed"], "projects").merge(
            self.projects_, on="project_id"
        )
        both = both[both["has_failed"].notna()]
        failed, first = both["has_failed"].astype(bool), both["is_technology_first"]
        x, n = (failed & first).sum(), first.sum()
        x0, n0 = (failed & ~first).sum(), (~first).sum()
        if not n or not n0:
            return summary([])
        groups = shares(
            ["failed, technology first", "failed, people and processes first"], [x, x0], [n, n0], self.level
        )
        gap = row(
            "difference in failure rate", newcombe(x, n, x0, n0, self.level), n + n0, "Newcombe", "points"
        )
        return pd.concat([groups, summary([gap])], ignore_index=True)

    def summary(self):
        """Share of reports with technology ahead in the first, sixth and twelfth month, and of projects.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        some = self.by_month_[self.by_month_["month"].isin([1, 6, 12])]
        rows = [
            row(
                f"technology ahead in month {m.month}",
                (m.share, m.low, m.high),
                m.projects,
                "Wilson score",
                "share",
            )
            for m in some.itertuples()
        ]
        first = self.projects_["is_technology_first"]
        limits = wilson(first.sum(), len(first), self.level)
        rows.append(row("projects with technology first", limits, len(first), "Wilson score", "share"))
        return summary(rows)


def _limits(sums, level):
    """A correlation with its limits from the sums of xy, xx and yy of each project; 0 without limits where nothing moves."""
    xy, xx, yy = sums.sum(axis=0)
    if xx <= 0 or yy <= 0:
        return 0.0, np.nan, np.nan
    scale, n = np.sqrt(xx * yy), len(sums)
    r = xy / scale
    adds = sums[:, 0] / scale - r * (sums[:, 1] / xx + sums[:, 2] / yy) / 2
    half = stats.t.ppf((1 + level) / 2, n - 1) * np.sqrt(n / (n - 1) * (adds**2).sum())
    return r, max(r - half, -1.0), min(r + half, 1.0)
