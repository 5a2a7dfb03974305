"""What is on record about processes beside their cases: changes made to them and what they cost, as known on a date."""

import datetime

import ibis

from cxresearch import months
from cxresearch.errors import DataError
from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number, month_start
from cxresearch.features.process_cases import process_cases


def process_changes(changes, as_of):
    """The changes that had begun by a day.

    Parameters
    ----------
    changes : ibis.Table
        The contract's ``process_changes``.
    as_of : date or str

    Returns
    -------
    ibis.Table
        As in the contract, in order of process and beginning.

    Examples
    --------
    >>> table = ibis.memtable({"change_id": ["1", "2"], "process": ["order"] * 2, "started_on": ["2026-01-01", "2026-10-01"]})
    >>> process_changes(table.cast({"started_on": "date"}), "2026-09-30").to_pandas()["change_id"].tolist()
    ['1']
    """
    known = changes.filter(changes.started_on <= ibis.literal(as_day(as_of), "date"))
    return known.order_by("process", "started_on", "change_id")


def process_costs(workspace, as_of):
    """Volume and cost of processes in the months that were over by a day.

    Parameters
    ----------
    workspace : Workspace
        With the table ``process_costs``, or else with ``process_steps`` that have a cost.
    as_of : date or str

    Returns
    -------
    ibis.Table
        process, month (its first day), volume, cost; one row per process and month, in this order. Of steps: cases by the month in which they began, and what their steps cost.

    Raises
    ------
    DataError
        Where the workspace has neither.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> table = ibis.memtable({"process": ["order"] * 2, "month_on": ["2026-08-31", "2026-09-01"], "volume": [9.0, 8.0], "cost": [80.0, 75.0]})
    >>> ws = SimpleNamespace(tables=["process_costs"], table=lambda name: table.cast({"month_on": "date"}))
    >>> process_costs(ws, "2026-09-29").to_pandas()["volume"].tolist()
    [9.0]
    """
    if "process_costs" in workspace.tables:
        raw = workspace.table("process_costs")
        rows = raw.select("process", "volume", "cost", cx_month=month_number(raw.month_on))
    elif "process_steps" in workspace.tables and "cost" in workspace.table("process_steps").columns:
        cases = process_cases(workspace.table("process_steps"), as_of)
        day = cases.began_at.cast("date")
        rows = cases.select("process", "cost", volume=ibis.literal(1.0), cx_month=month_number(day))
    else:
        raise DataError("this needs the table process_costs, or a column cost in process_steps")
    found = rows.group_by("process", "cx_month").aggregate(volume=rows.volume.sum(), cost=rows.cost.sum())
    last = as_day(as_of)
    over = months.month_number(last + datetime.timedelta(days=1))  # the first month that is not over
    found = found.filter(found.cx_month < over)
    return found.select(
        "process", month=month_start(found.cx_month), volume=found.volume, cost=found.cost
    ).order_by("process", "month")
