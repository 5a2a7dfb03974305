"""The dates between which a project's finish will be recorded, from its forecast in months."""

import numpy as np
import pandas as pd

from cxresearch.models.projects.earned_schedule import month_date

ENDS = {"finish_on": "ieac_t", "finish_low": "ieac_low", "finish_high": "ieac_high"}


def is_recorded_at_reports(reports, projects):
    """Whether finishes carry the date of a status report, or the day on which the work ended.

    Parameters
    ----------
    reports : DataFrame
        project_id, status_on.
    projects : DataFrame or None
        project_id, finished_on, outcome.

    Returns
    -------
    bool or None
        Whether at least half of the delivered projects with reports finished on the date of one of them; None without such a project.

    Examples
    --------
    >>> reports = pd.DataFrame({"project_id": ["A", "B"], "status_on": pd.to_datetime(["2026-03-31", "2026-03-31"])})
    >>> ended = pd.DataFrame({"project_id": ["A", "B"], "finished_on": pd.to_datetime(["2026-03-31", "2026-03-31"]), "outcome": "delivered"})
    >>> is_recorded_at_reports(reports, ended), is_recorded_at_reports(reports, ended.assign(finished_on=pd.Timestamp("2026-03-12")))
    (True, False)
    """
    if projects is None or not {"outcome", "finished_on"} <= set(projects):
        return None
    ended = projects[(projects["outcome"] == "delivered") & projects["finished_on"].notna()]
    ended = ended[ended["project_id"].isin(reports["project_id"])]
    if not len(ended):
        return None
    when = pd.to_datetime(ended["finished_on"]).astype("datetime64[s]")
    days = pd.MultiIndex.from_arrays([ended["project_id"], when])
    known = pd.MultiIndex.from_arrays(
        [reports["project_id"], pd.to_datetime(reports["status_on"]).astype("datetime64[s]")]
    )
    return bool(days.isin(known).mean() >= 0.5)


def finish_dates(rows, at_reports):
    """When each forecast finish will be recorded: on the day itself, or at the next report.

    Parameters
    ----------
    rows : DataFrame
        start (month), at and step (months since the start, and from report to report), ieac_t, ieac_low, ieac_high.
    at_reports : bool or None
        As from :func:`is_recorded_at_reports`. The latest date is a report in any case, for plan and progress are known at reports and not
        between them; the earliest is one where finishes are recorded so, the forecast unless they are recorded by the day.

    Returns
    -------
    dict
        finish_on, finish_low, finish_high → dates. Limits that are reports hold at least as much as the limits in months: all that happens
        between two reports has one date.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": [672.0], "at": 3.0, "step": 1.0, "ieac_t": 8.4, "ieac_low": 7.5, "ieac_high": 9.5})
    >>> [f"{date[0]:%Y-%m-%d}" for date in finish_dates(rows, True).values()]
    ['2026-09-30', '2026-08-31', '2026-10-31']
    >>> [f"{date[0]:%Y-%m-%d}" for date in finish_dates(rows, False).values()]
    ['2026-09-12', '2026-08-16', '2026-10-31']
    """
    dates = {}
    for name, column in ENDS.items():
        months = rows[column].to_numpy(float)
        if at_reports or name == "finish_high" or (at_reports is None and name == "finish_on"):
            at, step = rows["at"].to_numpy(float), rows["step"].to_numpy(float)
            months = at + np.ceil((months - at) / step - 1e-6) * step
        dates[name] = month_date(rows["start"].to_numpy(float) + months)
    return dates


def steps_between(at):
    """Months from report to report as of each report: the mean of the last twelve.

    Examples
    --------
    >>> steps_between(np.array([1.0, 2.0, 5.0])).tolist()
    [1.0, 1.0, 1.6666666666666667]
    """
    at = np.r_[0.0, np.asarray(at, float)]
    first = np.maximum(np.arange(len(at)) - 12, 0)
    return (at - at[first])[1:] / (np.arange(len(at)) - first)[1:]
