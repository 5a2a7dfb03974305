"""Marketing events as known on a date: those held, whom they invited, and what accounts bought in each month."""

import datetime

import ibis

from cxresearch import months
from cxresearch.errors import DataError
from cxresearch.features.as_of import as_day
from cxresearch.features.months import month_number
from cxresearch.features.purchases import net_amount

OPTIONAL = {
    "kind": "string",
    "cost": "float64",
    "attendance": "float64",
    "is_randomised": "boolean",
    "outcome_months": "float64",
    "margin_share": "float64",
}
OF_GUESTS = {"has_attended": "boolean", "invited_probability": "float64", "cost": "float64"}


def events_held(events, as_of):
    """The events held by a day.

    Parameters
    ----------
    events : ibis.Table
        The contract's ``events``.
    as_of : date or str

    Returns
    -------
    ibis.Table
        event_id, held_on, kind, cost, attendance, is_randomised, outcome_months, margin_share (missing where the table lacks them), month (number of the month held); in order of date.

    Examples
    --------
    >>> table = ibis.memtable({"event_id": ["1", "2"], "held_on": ["2026-09-30", "2026-10-01"]}).cast({"held_on": "date"})
    >>> events_held(table, "2026-09-30").to_pandas()["event_id"].tolist()
    ['1']
    """
    known = events.filter(events.held_on <= ibis.literal(as_day(as_of), "date"))
    known = known.mutate(month=month_number(known.held_on).cast("int64"))
    return _with(known, ["event_id", "held_on"], OPTIONAL, ["month"]).order_by("held_on", "event_id")


def event_guests(invitations, as_of):
    """Who had been invited to which event, or held out, by a day.

    Parameters
    ----------
    invitations : ibis.Table
        The contract's ``event_invitations``.
    as_of : date or str

    Returns
    -------
    ibis.Table
        event_id, customer_id, is_invited, has_attended, invited_probability, cost, invited_month (number of the month in which the invitation went out).
    """
    known = invitations.filter(invitations.invited_on <= ibis.literal(as_day(as_of), "date"))
    known = known.mutate(invited_month=month_number(known.invited_on).cast("int64"))
    kept = ["event_id", "customer_id", "is_invited"]
    return _with(known, kept, OF_GUESTS, ["invited_month"]).order_by("event_id", "customer_id")


def account_months(workspace, as_of):
    """What each account bought in the months that were over by a day.

    Parameters
    ----------
    workspace : Workspace
        With the table ``account_revenue``, or else with ``orders`` that have an amount: returns are then deducted.
    as_of : date or str

    Returns
    -------
    ibis.Table
        customer_id, month (its number), revenue; one row per account and month with a row or an order in it, in this order.

    Raises
    ------
    DataError
        Where the workspace has neither.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> table = ibis.memtable({"customer_id": ["a"] * 2, "month_on": ["2026-08-31", "2026-09-01"], "revenue": [9.0, 8.0]})
    >>> ws = SimpleNamespace(tables=["account_revenue"], table=lambda name: table.cast({"month_on": "date"}))
    >>> account_months(ws, "2026-09-29").to_pandas()["revenue"].tolist()
    [9.0]
    """
    if "account_revenue" in workspace.tables:
        raw = workspace.table("account_revenue")
        rows = raw.select("customer_id", "revenue", month=month_number(raw.month_on).cast("int64"))
    elif "orders" in workspace.tables and "amount" in workspace.table("orders").columns:
        raw = workspace.table("orders")
        day = raw.ordered_at.date()
        rows = raw.select("customer_id", revenue=net_amount(raw), month=month_number(day).cast("int64"))
    else:
        raise DataError("this needs the table account_revenue, or a column amount in orders")
    over = months.month_number(as_day(as_of) + datetime.timedelta(days=1))  # the first month that is not over
    found = rows.filter(rows.month < over, rows.customer_id.notnull(), rows.revenue.notnull())
    found = found.group_by("customer_id", "month").aggregate(revenue=found.revenue.sum().cast("float64"))
    return found.order_by("customer_id", "month")


def _with(table, kept, optional, further):
    """The columns kept, the optional ones (missing where there are none), and further ones."""
    present = {
        name: table[name].cast(kind) if name in table.columns else ibis.null(kind)
        for name, kind in optional.items()
    }
    return table.select(*kept, **present, **{name: table[name] for name in further})


def account_traits(workspace, as_of):
    """What is known of accounts beside what they buy.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str

    Returns
    -------
    ibis.Table or None
        customer_id, segment (missing without one), since (number of the month in which the customer was won); None without the table ``customers``.
    """
    if "customers" not in workspace.tables:
        return None
    raw = workspace.table("customers")
    raw = raw.mutate(since=month_number(raw.acquired_at.date()).cast("int64"))
    raw = raw.filter(raw.acquired_at.date() <= ibis.literal(as_day(as_of), "date"))
    return _with(raw, ["customer_id"], {"segment": "string"}, ["since"]).order_by("customer_id")
