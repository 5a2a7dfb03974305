"""The clock of a project: its months since the start, and the plan that they are held against."""

import numpy as np
import pandas as pd

from cxresearch.inputs import reject, table
from cxresearch.models.projects.earned_schedule import month_number


def project_clock(months, plan):
    """Months since the start at each report, the start, and the planned duration.

    A project whose start is not known, or not before its first report, began one reporting interval before it.

    Parameters
    ----------
    months : ndarray
        Of the reports, since 1970.
    plan : tuple of float
        Start and planned finish, as from :func:`planned_months`; missing where they are not known.

    Examples
    --------
    >>> at, start, duration = project_clock(np.array([661.0, 662.0]), (np.nan, 672.0))
    >>> at.tolist(), float(start), float(duration)
    ([1.0, 2.0], 660.0, 12.0)
    """
    start, finish = plan
    if not start < months[0]:
        start = months[0] - (np.median(np.diff(months)) if len(months) > 1 else 1.0)
    return months - start, start, finish - start


def whole_plan(part, at, start, duration):
    """A plan that the reports follow to its end: time, share planned, duration; None where they do not."""
    planned = np.maximum.accumulate(np.nan_to_num(part["planned_value"] / part["budget_at_completion"]))
    full = np.flatnonzero(planned >= 1 - 1e-9)
    if not len(full):
        return None
    end = full[0] + 1
    return at[:end], planned[:end], at[full[0]] if not np.isfinite(duration) else max(duration, at[full[0]])


def planned_months(projects):
    """Start and planned finish of each project, as months since 1970."""
    if projects is None:
        return {}
    frame = table(projects, ["project_id"], "projects")
    reject(frame["project_id"].duplicated(), "project_id", "occurs twice", frame["project_id"])
    missing = pd.Series(pd.NaT, frame.index)
    start = pd.to_datetime(frame.get("started_on", missing))
    start = start.fillna(pd.to_datetime(frame.get("begun_on", missing)))
    finish = pd.to_datetime(frame.get("planned_finish_on", missing))
    before = month_number(start - pd.Timedelta(days=1))
    after = month_number(finish)
    return {
        name: (s, f if f > s else np.nan)
        for name, s, f in zip(frame["project_id"], before, after, strict=True)
    }
