"""What is on record about processes beside their cases: changes made to them and what they cost, as known on a date."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number, month_start


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


def process_costs(costs, as_of):
    """Volume and cost of processes in the months that were over by a day.

    Parameters
    ----------
    costs : ibis.Table
        The contract's ``process_costs``.
    as_of : date or str

    Returns
    -------
    ibis.Table
        process, month (its first day), volume, cost; one row per process and month.

    Examples
    --------
    >>> table = ibis.memtable({"process": ["order"] * 2, "month_on": ["2026-08-31", "2026-09-01"], "volume": [9.0, 8.0], "cost": [80.0, 75.0]})
    >>> process_costs(table.cast({"month_on": "date"}), "2026-09-29").to_pandas()["volume"].tolist()
    [9.0]
    """
    month = month_start(month_number(costs.month_on))
    over = month + ibis.interval(months=1) - ibis.interval(days=1)
    table = costs.mutate(month=month).filter(over.cast("date") <= ibis.literal(as_day(as_of), "date"))
    found = table.group_by("process", "month").aggregate(volume=table.volume.sum(), cost=table.cost.sum())
    return found.order_by("process", "month")
