"""Who left: labels for the customers at risk on a date, with a horizon and a gap before it."""

import datetime

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.held_contracts import is_held, with_renewals
from cxresearch.features.leaving import is_leaving, leaving_of
from cxresearch.features.purchases import purchases


def churn_labels(
    workspace, as_of, horizon_days=90, gap_days=0, of="contracts", active_days=None, observed_to=None
):
    """Whether each customer at risk on a date left within the horizon that begins after a gap.

    With the date :math:`t`, gap :math:`g` and horizon :math:`h` in days: at risk is who was a customer at the end of :math:`t` and of
    :math:`t + g`; `has_left` says whether they were none any more at the end of :math:`t + g + h`. Who left during the gap has no label,
    since nothing could have been done about it.

    Parameters
    ----------
    workspace : Workspace
    as_of : date or str
        The last day that counts for the features.
    horizon_days, gap_days : int
    of : {"contracts", "orders"}
        A customer of contracts holds one: it had begun, and its last day is later or open. Who took another contract by the end of the
        horizon has not left, nor has who renews: whose contract ends and is followed by another the next day. A customer of orders had bought by `as_of`, and has left if no order falls into the horizon (returns do
        not count).
    active_days : int, optional
        For orders: only who bought in the last so many days up to `as_of` is at risk.
    observed_to : date or str, optional
        The last day that the data speak of; by default that of the workspace, for orders that of the last order.

    Returns
    -------
    ibis.Table
        customer_id, has_left (boolean); for contracts also left_on (last day of the last one; empty for who stayed) and, where the
        table has it, end_reason. One row per customer at risk.

    Raises
    ------
    ValueError
        The horizon ends after the last day of the data, so that nobody can know yet; or a length that is none.

    Examples
    --------
    >>> import cxresearch as cx
    >>> labels = churn_labels(cx.open("data/cdnow"), "1997-09-30", 180, of="orders")
    >>> labels.aggregate(at_risk=labels.count(), left=labels.has_left.sum()).to_pandas()
       at_risk  left
    0     2357  1768
    """
    whole_days("horizon_days", horizon_days, 1)
    whole_days("gap_days", gap_days, 0)
    if active_days is not None:
        whole_days("active_days", active_days, 1)
    if of not in RULES:
        raise ValueError(f"of is {of!r}; it is one of {', '.join(RULES)}")
    if active_days is not None and of != "orders":
        raise ValueError("active_days is for orders; a contract says itself whether it runs")
    made = as_day(as_of)
    begin = made + datetime.timedelta(days=int(gap_days))
    due = begin + datetime.timedelta(days=int(horizon_days))
    observed(due, as_day(observed_to, "observed_to") if observed_to else _reach(workspace, of))
    return RULES[of](workspace, made, begin, due, active_days)


def whole_days(name, days, least):
    """Stop where a length is no whole number of days, or too few."""
    if isinstance(days, bool) or days != int(days) or days < least:
        raise ValueError(f"{name} is {days!r}; it is a whole number of days, at least {least}")


def observed(due, reach):
    """Stop where a horizon ends after the last day that the data speak of."""
    if reach is None or due > reach:
        raise ValueError(
            f"the horizon ends on {due}; the data reach to {reach or 'no day'}, so nobody can know yet who left"
        )


def left_contracts(contracts, made, begin, due, by=("customer_id",), leaving=()):
    """Of the customers who held a contract at the end of two days, whether they held none any more at the end of a third.

    Parameters
    ----------
    contracts : ibis.Table
        From :func:`~cxresearch.features.held_contracts.with_renewals`.
    made, begin, due : ibis date
        Literals, or columns of `contracts` where its rows are laid out once per date.
    by : sequence of str
        The columns of which there is one row each.
    leaving : sequence of str
        The end reasons that count as leaving; see :func:`~cxresearch.features.leaving.is_leaving`. Whose contract ended in another way
        has not left.
    """
    over = contracts.ended_on <= due
    parts = {
        "was": contracts.count(where=is_held(contracts, made)),
        "still": contracts.count(where=is_held(contracts, begin)),
        "is": contracts.count(where=is_held(contracts, due)),
        "left_on": contracts.ended_on.max(where=over),
    }
    if "end_reason" in contracts.columns:
        # the reason of the last end, and among several of that day the last in the alphabet: one text holds both
        stamped = contracts.ended_on.cast("string").concat(contracts.end_reason.fill_null(""))
        parts["end_reason"] = stamped.max(where=over).substr(10).nullif("")
    grouped = contracts.group_by(*by).aggregate(**parts)
    grouped = grouped.filter((grouped.was > 0) & (grouped.still > 0))
    has_left = grouped["is"] == 0
    if leaving and "end_reason" in parts:
        has_left &= is_leaving(grouped.end_reason, leaving)
    later = {
        c: ibis.ifelse(has_left, grouped[c], ibis.null(grouped[c].type()))
        for c in ("left_on", "end_reason")
        if c in parts
    }
    return grouped.select(*by, has_left=has_left, **later)


def _reach(workspace, of):
    """The last day that the data speak of."""
    if of == "contracts":  # a table of states: it need not change every day
        return workspace.span()[1]
    last = workspace.table("orders").ordered_at.cast("date").max().as_table().to_pandas().iloc[0, 0]
    return None if last is None or last != last else as_day(last)


def _contracts(workspace, made, begin, due, _):
    days = [ibis.literal(day, "date") for day in (made, begin, due)]
    return left_contracts(with_renewals(workspace.table("contracts")), *days, leaving=leaving_of(workspace))


def _orders(workspace, made, begin, due, active_days):
    orders = purchases(workspace.table("orders"))
    day = orders.ordered_at.cast("date")
    known = day <= ibis.literal(made, "date")
    if active_days:
        known &= day > ibis.literal(made - datetime.timedelta(days=int(active_days)), "date")
    bought = (day > ibis.literal(begin, "date")) & (day <= ibis.literal(due, "date"))
    grouped = orders.group_by("customer_id").aggregate(
        known=orders.count(where=known), bought=orders.count(where=bought)
    )
    at_risk = grouped.filter(grouped.known > 0)
    return at_risk.select("customer_id", has_left=at_risk.bought == 0)


RULES = {"contracts": _contracts, "orders": _orders}
