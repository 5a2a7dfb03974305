"""What is forecast of open projects, as the ledger of forecasts takes it."""

import numpy as np
import pandas as pd

from cxresearch.models.projects.earned_schedule import month_date, month_number

_YEARS = 5  # beyond which no finish is forecast
_REPORTS = 3  # from which on a forecast has an interval
KINDS = ("project_fails", "project_finish", "project_cost")


def no_forecasts():
    """An empty frame of forecasts for each kind."""
    return {kind: pd.DataFrame(columns=["unit_id", "due_on"]) for kind in KINDS}


def finish_and_cost(standing, as_of):
    """Finish and cost of open projects.

    A finish falls due a quarter of the time to its last likely day after that day, so that one which comes later still counts as a
    miss. Below three reports there is no interval; beyond five years no forecast.

    Parameters
    ----------
    standing : DataFrame
        ``EarnedValue.status_`` of open projects.
    as_of : Timestamp

    Returns
    -------
    dict
        ``project_finish`` and ``project_cost`` → DataFrame with unit_id, due_on, mean, low, high.
    """
    rows = standing[standing["finish_on"] > as_of]
    has_interval = (rows["n"] >= _REPORTS) & rows["finish_high"].notna()
    last = rows["finish_high"].where(has_interval, rows["finish_on"] + pd.Timedelta(days=365))
    last = last[last < as_of + pd.DateOffset(years=_YEARS)]
    rows, has_interval = rows.loc[last.index], has_interval[last.index]
    wait = np.ceil((last - as_of).dt.days.clip(lower=30) / 4)
    due = (last + pd.to_timedelta(wait, unit="D")).dt.date
    days = {end: (rows[f"finish_{end}"] - as_of).dt.days for end in ("on", "low", "high")}
    unit = {"unit_id": rows["project_id"].astype(str), "due_on": due}
    finish = {
        "mean": days["on"],
        "low": days["low"].where(has_interval),
        "high": days["high"].where(has_interval),
    }
    cost = {"mean": rows["eac"]} | {end: rows[f"eac_{end}"].where(has_interval) for end in ("low", "high")}
    return {
        "project_finish": pd.DataFrame(unit | finish),
        "project_cost": pd.DataFrame(unit | cost).dropna(subset=["mean"]),
    }


def failures(finish, probability, months):
    """Failure of open projects, due once their benefit will have been counted.

    Parameters
    ----------
    finish : DataFrame
        ``project_finish`` of :func:`finish_and_cost`.
    probability : Series
        By project_id.
    months : int
        After the finish, when the benefit is counted.
    """
    due = month_date(month_number(pd.to_datetime(finish["due_on"])) + months + 1)
    by_unit = probability.set_axis(probability.index.astype(str)).reindex(finish["unit_id"])
    frame = finish[["unit_id"]].assign(due_on=due.date, probability=by_unit.to_numpy())
    return frame.dropna(subset=["probability"])
