"""People counted by quarter: who was invited and answered, who is a customer, who left a record in a table."""

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.errors import NotEnough
from cxresearch.models.quality.scan import by_quarter, months_back, readable

GROUPS = TABLES["customers"].where("group")
INVITED = ["wave", "invited_at", "has_responded"]


def invited(sources, zone, as_of):
    """Invitations up to a date by wave and stratum.

    Returns
    -------
    pandas.DataFrame
        wave, stratum, invited, answered, last (moment of the last invitation).

    Raises
    ------
    NotEnough
        Where there is no table of invitations, or it lacks a column.
    """
    table = readable(_source(sources, "survey_invitations", INVITED), zone)
    stratum = table.stratum.fill_null("unknown") if "stratum" in table.columns else ibis.literal("all")
    table = table.mutate(stratum=stratum, yes=table.has_responded.fill_null(False).cast("int32"))
    table = table.filter(table.invited_at.cast("date") <= ibis.literal(as_of, "date"))
    grouped = table.group_by(["wave", "stratum"])
    return grouped.aggregate(
        invited=table.count(), answered=table.yes.sum(), last=table.invited_at.max()
    ).to_pandas()


def customers(sources, zone, as_of):
    """Customers acquired up to a date by every combination of their groups.

    Returns
    -------
    pandas.DataFrame
        Those of `GROUPS` that are there, and n.

    Raises
    ------
    NotEnough
        Where there are no customers, or nothing to group them by.
    """
    table = _grouped(sources, zone)
    acquired = table.filter(table.acquired_at.cast("date") <= ibis.literal(as_of, "date"))
    base = acquired.group_by(_groups(table)).aggregate(n=ibis._.count()).to_pandas()
    if base.empty:
        raise NotEnough(f"no customer was acquired by {as_of}")
    return base


def active(sources, zone, scans, as_of):
    """Customers with a record, this quarter and in the four before, by table and every combination of their groups.

    Customers, not rows, are counted, once a quarter.

    Returns
    -------
    dict
        Table name → pandas.DataFrame with cx_period (quarters ago), the groups and n.
    """
    table = _grouped(sources, zone)
    groups = _groups(table)
    grouped = table.select("customer_id", *groups)
    counts = {}
    for name, source in sources.items():
        event = scans[name].event
        if name == "customers" or event is None or "customer_id" not in source.raw.columns:
            continue
        records = readable(source, zone, ("customer_id", event))
        since = ibis.literal(months_back(as_of, 15), "date")
        records = records.mutate(cx_day=records[event].cast("date")).filter(ibis._.cx_day > since)
        records = by_quarter(records, as_of, tuple(range(4))).select("customer_id", "cx_period").distinct()
        joined = records.inner_join(grouped, "customer_id")
        counts[name] = joined.group_by(["cx_period", *groups]).aggregate(n=ibis._.count()).to_pandas()
    return counts


def _grouped(sources, zone):
    """The customers with their groups, as an Ibis table."""
    source = _source(sources, "customers", ["customer_id", "acquired_at"])
    table = readable(source, zone, ("customer_id", "acquired_at", *GROUPS))
    if not _groups(table):
        raise NotEnough("customers have no segment, region or acquisition channel")
    return table


def _groups(table):
    return [group for group in GROUPS if group in table.columns]


def _source(sources, name, columns):
    """The source of a table that has these columns."""
    if name not in sources:
        raise NotEnough(f"there is no table {name}")
    lacking = [column for column in columns if column not in sources[name].raw.columns]
    if lacking:
        raise NotEnough(f"{name} has no column {lacking[0]}")
    return sources[name]
