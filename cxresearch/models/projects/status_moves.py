"""How status reports change from one to the next, and how accurate their finish dates were."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, reject, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.recorded import need_recorded
from cxresearch.months import DAYS_PER_MONTH
from cxresearch.stats.clustered import clustered_share
from cxresearch.stats.proportions import wilson
from cxresearch.stats.resampling import bootstrap
from cxresearch.stats.rows import row, summary


class StatusMoves(Estimator):
    """From one report of a project to the next: the colour, the finish date, the budget.

    Pairs of a report and the one `months` later (within a tenth, or 16 days). A finish has slipped if it moved by more than `slip_days`, the budget has grown if it
    rose by more than `growth`, or from nothing to something; from nothing to nothing says nothing.

    Parameters
    ----------
    months : float, optional
        12, 3 or 1, whichever suits the usual time between reports, unless given.
    slip_days : float
    growth : float
    level : float

    Attributes
    ----------
    reports_ : DataFrame
        The reports that were paired: project_id, status_on, colour, finish, budget.
    months_ : float
        How far apart the paired reports are.
    pairs_ : DataFrame
        project_id, status_on, next_on, colour, next_colour, slip_days, growth; what is unknown is missing.
    colours_ : DataFrame
        colour, next_colour, estimate (share of the colour's reports), low, high, n.
    left_out_ : list of str

    Examples
    --------
    >>> reports = pd.DataFrame({"project_id": list("AABB"), "status_on": ["2024-03-31", "2025-03-31"] * 2,
    ...     "reported_rag": ["Green", "Red", "Green", "Green"], "forecast_finish_on": ["2026-01-01", "2026-06-01", "2026-01-01", "2026-01-01"],
    ...     "budget_at_completion": [100, 105, 50, 60]})
    >>> StatusMoves(months=12).fit(reports).summary()[["metric", "estimate", "n"]]
                            metric  estimate  n
    0  finish slipped over 30 days       0.5  2
    1         budget grew over 10%       0.5  2
    2           green stayed green       0.5  2
    """

    def __init__(self, months=None, slip_days=30, growth=0.1, level=0.95):
        self.months = months
        self.slip_days = slip_days
        self.growth = growth
        self.level = level

    def fit(self, project_status):
        """Pair the reports.

        Parameters
        ----------
        project_status : DataFrame or Ibis table
            project_id, status_on; reported_rag, forecast_finish_on, budget_at_completion where they are there.

        Returns
        -------
        StatusMoves
            This object.

        Raises
        ------
        NotEnough
            If no two reports of a project can be paired, or none of the three is recorded in both of a pair.
        """
        need_recorded(project_status := executed(project_status), [], "project_status")
        rows = table(project_status, ["project_id", "status_on"], "project_status").copy()
        rows["status_on"] = pd.to_datetime(rows["status_on"]).astype("datetime64[s]")
        reject(
            rows.duplicated(["project_id", "status_on"]),
            "status_on",
            "occurs twice for one project",
            rows["project_id"],
        )
        nothing = pd.Series(None, rows.index, dtype=object)
        rows = pd.DataFrame(
            {
                "project_id": rows["project_id"],
                "status_on": rows["status_on"],
                "colour": rows.get("reported_rag", nothing).astype(object).map(_colour, na_action="ignore"),
                "finish": pd.to_datetime(rows.get("forecast_finish_on", nothing)),
                "budget": pd.to_numeric(rows.get("budget_at_completion", nothing)),
            }
        ).sort_values(["project_id", "status_on"], ignore_index=True)
        self.reports_ = rows
        usual = rows.groupby("project_id")["status_on"].diff().dt.days.median()
        self.months_ = self.months or (12 if usual > 180 else 3 if usual > 60 else 1)
        gap = self.months_ * DAYS_PER_MONTH
        wanted = (rows["status_on"] + pd.Timedelta(days=round(gap))).astype("datetime64[s]")
        later = rows.rename(
            columns={c: f"next_{c}" for c in ("colour", "finish", "budget")} | {"status_on": "next_on"}
        )
        near = pd.Timedelta(days=min(16.0, max(gap / 10, 3.0)))
        pairs = pd.merge_asof(
            rows.assign(wanted=wanted).sort_values("wanted", kind="stable"),
            later.sort_values("next_on", kind="stable"),
            left_on="wanted", right_on="next_on", by="project_id", direction="nearest", tolerance=near,
        )  # fmt: skip
        pairs = pairs[pairs["next_on"].notna() & (pairs["next_on"] > pairs["status_on"])]
        pairs["slip_days"] = (pairs["next_finish"] - pairs["finish"]).dt.days
        old, new = (
            pairs["budget"].where(pairs["budget"] >= 0),
            pairs["next_budget"].where(pairs["next_budget"] >= 0),
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            pairs["growth"] = new.to_numpy(float) / old.to_numpy(float) - 1
        kept = ["project_id", "status_on", "next_on", "colour", "next_colour", "slip_days", "growth"]
        self.pairs_ = pairs[kept].sort_values(["project_id", "status_on"], ignore_index=True)
        if not len(pairs):
            often = rows["project_id"].duplicated().any()
            apart = (
                f"about {self.months_} month{'s' if self.months_ > 1 else ''} apart"
                if often
                else "to compare"
            )
            raise NotEnough(f"no project has two status reports {apart}")
        moved = self.pairs_.dropna(subset=["colour", "next_colour"])
        recorded = {"reported_rag": len(moved), **self.pairs_[["slip_days", "growth"]].count()}
        if not any(recorded.values()):
            raise NotEnough("status reports hold no colour, no forecast finish and no budget to compare")
        names = {"reported_rag": "Colours", "slip_days": "Forecast finish dates", "growth": "Budgets"}
        self.left_out_ = [f"{names[c]} are not reported" for c, n in recorded.items() if not n]
        moves = []
        for (colour, then), _ in moved.groupby(["colour", "next_colour"]):
            of = moved[moved["colour"] == colour]
            share = clustered_share(of["next_colour"] == then, of["project_id"], self.level)
            moves.append([colour, then, *share, len(of)])
        self.colours_ = pd.DataFrame(moves, columns=["colour", "next_colour", "estimate", "low", "high", "n"])
        return self

    def summary(self):
        """Shares of pairs that slipped, grew, or stayed green.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit; only what is recorded. Pairs of one project are alike: the limits are those of what
            they are worth together (:func:`~cxresearch.stats.clustered.clustered_share`).
        """
        slip, growth = self.pairs_["slip_days"].dropna(), self.pairs_["growth"].dropna()
        green = self.pairs_.loc[self.pairs_["colour"] == "green", "next_colour"].dropna()
        rows = []
        for name, happened in (
            (f"finish slipped over {self.slip_days:g} days", slip > self.slip_days),
            (f"budget grew over {self.growth:.0%}", growth > self.growth),
            ("green stayed green", green == "green"),
        ):
            if len(happened):
                share = clustered_share(happened, self.pairs_.loc[happened.index, "project_id"], self.level)
                rows.append(row(name, share, len(happened), "Wilson score, clustered by project", "share"))
        return summary(rows)


class FinishForecasts(Estimator):
    """How accurate the finish dates in status reports were.

    With d the days from a report to the finish and f those that it forecast: error = d − f in days, positive where the finish came later; relative error = (d − f)/(days from the first report to
    the finish). The estimating quality factor of a project (DeMarco) is its reporting span divided by the mean absolute error over its reports.

    Parameters
    ----------
    level : float
    draws, seed : int
        Of the bootstrap over projects.

    Attributes
    ----------
    reports_ : DataFrame
        project_id, status_on, share (of the time from the first report to the finish that had passed), error_days.
    by_stage_ : DataFrame
        stage (quarters of that time), estimate (mean error in days), low, high, n (projects), reports.
    projects_ : DataFrame
        project_id, reports, mean_error_days, mean_absolute_days, eqf.
    left_out_ : list of str

    References
    ----------
    DeMarco, T. (1982). *Controlling Software Projects*. Little, T. (2006). Schedule estimation and uncertainty surrounding the cone of uncertainty. *IEEE Software* 23(3),
    48–54.

    Examples
    --------
    >>> status = pd.DataFrame({"project_id": "A", "status_on": ["2026-01-01", "2026-02-01"], "forecast_finish_on": ["2026-03-01", "2026-04-01"]})
    >>> done = pd.DataFrame({"project_id": ["A"], "finished_on": ["2026-04-01"]})
    >>> FinishForecasts().fit(status, done).projects_.round(1)
      project_id  reports  mean_error_days  mean_absolute_days  eqf
    0          A        2             15.5                15.5  5.8
    """

    def __init__(self, level=0.95, draws=1000, seed=0):
        self.level = level
        self.draws = draws
        self.seed = seed

    def fit(self, project_status, projects):
        """Score every report that was made before the finish.

        Parameters
        ----------
        project_status : DataFrame or Ibis table
            project_id, status_on, forecast_finish_on.
        projects : DataFrame or Ibis table
            project_id, finished_on, one row per project; where there is an outcome only the delivered count.

        Returns
        -------
        FinishForecasts
            This object.

        Raises
        ------
        NotEnough
            If no report of a finished project forecasts its finish.
        """
        project_status, projects = executed(project_status), executed(projects)
        need_recorded(project_status, ["forecast_finish_on"], "project_status")
        need_recorded(projects, ["finished_on"], "projects")
        known = table(projects, ["project_id", "finished_on"], "projects")
        reject(known["project_id"].duplicated(), "project_id", "occurs twice", known["project_id"])
        if "outcome" in known and known["outcome"].notna().any():
            known = known[known["outcome"] == "delivered"]
        rows = table(project_status, ["project_id", "status_on", "forecast_finish_on"], "project_status")
        rows = rows[["project_id", "status_on", "forecast_finish_on"]].merge(
            known[["project_id", "finished_on"]], on="project_id"
        )
        rows[["status_on", "forecast_finish_on", "finished_on"]] = rows[
            ["status_on", "forecast_finish_on", "finished_on"]
        ].apply(pd.to_datetime)
        rows = (
            rows.dropna()
            .query("status_on < finished_on")
            .sort_values(["project_id", "status_on"], ignore_index=True)
        )
        if not len(rows):
            raise NotEnough("no status report of a finished project forecasts its finish")
        first = rows.groupby("project_id")["status_on"].transform("min")
        span = (rows["finished_on"] - first).dt.days
        rows["error_days"] = (rows["finished_on"] - rows["forecast_finish_on"]).dt.days
        rows["share"] = (rows["status_on"] - first).dt.days / span
        by = rows.groupby("project_id")
        error = (
            by["error_days"]
            .agg(["size", "mean", lambda e: e.abs().mean()])
            .set_axis(["reports", "mean_error_days", "mean_absolute_days"], axis=1)
        )
        with np.errstate(divide="ignore"):
            error["eqf"] = span.groupby(rows["project_id"]).first() / error["mean_absolute_days"]
        self.projects_ = error.reset_index()
        self.reports_ = rows[["project_id", "status_on", "share", "error_days"]]
        stages = []
        for k, stage in enumerate(("first quarter", "second quarter", "third quarter", "last quarter")):
            part = rows[(rows["share"] >= k / 4) & (rows["share"] < (k + 1) / 4)]
            one = part.groupby("project_id")["error_days"].mean().to_numpy()
            if len(one) > 1:
                boot = bootstrap(
                    lambda w, e=one: w @ e / w.sum(axis=1),
                    len(one),
                    self.draws,
                    self.seed,
                    self.level,
                    "expanded",
                )
                stages.append([stage, boot.estimate, boot.low, boot.high, len(one), len(part)])
        self.by_stage_ = pd.DataFrame(stages, columns=["stage", "estimate", "low", "high", "n", "reports"])
        self.left_out_ = []
        return self

    def summary(self):
        """Mean error by stage, share of projects that finished later than forecast on average, and the median quality factor.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        method = f"bootstrap over projects, {self.draws:,} resamples, expanded percentiles"
        rows = [
            row(f"days later than forecast, {s.stage}", (s.estimate, s.low, s.high), s.n, method)
            for s in self.by_stage_.itertuples()
        ]
        late = (self.projects_["mean_error_days"] > 0).to_numpy()
        share = wilson(late.sum(), len(late), self.level)
        rows.append(row("projects later than forecast", share, len(late), "Wilson score", "share"))
        eqf = self.projects_["eqf"].to_numpy()
        if len(eqf) > 1 and np.isfinite(eqf).all():
            boot = bootstrap(
                lambda i: np.median(eqf[i]),
                len(eqf),
                self.draws,
                self.seed,
                self.level,
                "expanded",
                by="rows",
            )
            rows.append(row("estimating quality factor, median", boot, len(eqf), method))
        return summary(rows)


def _colour(text):
    """The colour a report says, in small letters, whatever it uses between two.

    >>> _colour("Amber / Red")
    'amber/red'
    """
    return "/".join(part.strip() for part in str(text).casefold().replace("-", "/").split("/"))
