"""The course of a process by month: cycle time, fitness, rework, volume and cost of the cases that began in it."""

import numpy as np
import pandas as pd

from cxresearch.months import MONTHS_PER_YEAR
from cxresearch.words import SUPPRESSED

OPEN = 0.05  # share of open cases from which a month is left out: its slow cases are not known yet
LOGARITHMS = ("cycle_time", "cost")  # measured as logarithms: their changes are relative


def monthly(cases, costs=None):
    """One row per process and month.

    Parameters
    ----------
    cases : pandas.DataFrame
        Of :meth:`Conformance.cases`.
    costs : pandas.DataFrame, optional
        Of :func:`~cxresearch.features.process_costs`; the costs of the steps count where it is left out.

    Returns
    -------
    pandas.DataFrame
        process, month (its number, counted from the year 0), n, is_whole (ten cases or more, and hardly any still open), cycle_time (mean logarithm of hours), fitness, rework, cost (logarithm of the
        mean cost of a case).

    Examples
    --------
    >>> cases = pd.DataFrame({"process": "order", "began_at": pd.to_datetime(["2026-01-05"] * 12), "hours": np.e, "fitness": 1.0,
    ...     "repeats": [0, 0, 0, 0, 0, 1] * 2, "is_open": False, "cost": 10.0})
    >>> monthly(cases)[["n", "is_whole", "cycle_time", "rework"]].round(3).values.tolist()
    [[12, True, 1.0, 0.167]]
    """
    began = pd.to_datetime(cases["began_at"])
    hours = cases["hours"].to_numpy(float)
    frame = pd.DataFrame(
        {
            "process": cases["process"].to_numpy(),
            "month": (began.dt.year * MONTHS_PER_YEAR + began.dt.month - 1).to_numpy(),
            "is_open": cases["is_open"].to_numpy(bool),
            "fitness": cases["fitness"].to_numpy(float),
            "rework": (cases["repeats"] > 0).to_numpy(float),
            "cost": cases["cost"].to_numpy(float) if "cost" in cases else np.nan,
        }
    )
    frame["cycle_time"] = np.log(hours, out=np.full(len(hours), np.nan), where=hours > 0)
    every = frame.groupby(["process", "month"], sort=True)
    found = every.agg(n=("is_open", "size"), open=("is_open", "mean"))
    closed = frame[~frame["is_open"]].groupby(["process", "month"])
    found = found.join(closed[["cycle_time", "fitness", "rework", "cost"]].mean()).reset_index()
    if costs is not None and len(costs):
        day = pd.to_datetime(costs["month"])
        known = costs[["process"]].assign(month=day.dt.year * MONTHS_PER_YEAR + day.dt.month - 1)
        known["cost"] = (costs["cost"] / costs["volume"].where(costs["volume"] > 0)).to_numpy(float)
        found = found.drop(columns="cost").merge(known, on=["process", "month"], how="left")
    cost = found["cost"].to_numpy(float)
    found["cost"] = np.log(cost, out=np.full(len(cost), np.nan), where=cost > 0)
    return found.assign(is_whole=(found["open"] <= OPEN) & (found["n"] >= SUPPRESSED)).drop(columns="open")
