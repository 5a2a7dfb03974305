"""Customers who had left and were, or were not, asked back; and those who have left and could be asked now."""

import datetime

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.errors import DataError
from cxresearch.features.as_of import as_day
from cxresearch.features.contract_spells import contract_spells
from cxresearch.features.leaving import leaving_of
from cxresearch.months import DAYS_PER_MONTH

ATTRIBUTES = TABLES["customers"].where("group")
CONTROL = "control"
OPEN, EARLY, BACK, AGAIN, NEVER = (  # why an offer does not count
    "the window in which a return counts is not over",
    "the customer had not left when the offer was made",
    "the customer was back before the offer was made",
    "the customer had been asked shortly before",
    "the customer had left for a reason that no offer changes",
)
OPTIONAL = {  # columns of the contract that may be absent
    **{"spend": "float64", "cost": "float64", "arm_probability": "float64", "lapse_reason": "string"},
    **{"lapsed_on": "date", "returned_on": "date", "left_again_on": "date"},
}


def winback_offers(workspace, as_of, within=90, never=(), known=()):
    """The offers made by a day, with what was known at the offer and what came of it.

    A return counts if it came within so many days of the offer; where the day of the return is not recorded, `has_returned` counts as it is.
    An offer counts once its window is over, if the customer had left and was not back, and if the last offer to the same customer is at
    least a window ago: its effect would mix with that of the earlier one. Offers that do not count are kept, and say why.

    Parameters
    ----------
    workspace : Workspace
        With ``winback_offers``; the attributes come from ``customers``.
    as_of : date or str
        The last day that counts: a return or a second end after it has not happened.
    within : int
        Days after the offer in which a return counts.
    never : sequence of str
        Lapse reasons that no offer changes: died, moved away.
    known : sequence of str
        Further columns of ``winback_offers`` that were known when the offer was made. A column that was filled in afterwards would
        explain the return by itself, so none is taken unasked.

    Returns
    -------
    ibis.Table
        offer_id, customer_id, offered_on, arm, left_out (empty where the offer counts), returned, spend (0 for who did not return), cost,
        arm_probability, returned_on, second_months and left_again (of who returned: how long the second life has lasted, and whether it
        is over), and as known at the offer lapse_reason, months_lapsed, months_customer, segment, region, acquisition_channel and
        `known`. In order of offered_on, offer_id.

    Raises
    ------
    DataError
        Where a column of `known` is not there, or holds keys, dates or what names a person.

    Examples
    --------
    >>> import cxresearch as cx
    >>> offers = winback_offers(cx.open("data/northgate"), "2026-09-30").to_pandas()
    >>> counted = offers[offers["left_out"] == ""]
    >>> counted.groupby("arm")["returned"].mean().round(2).to_dict()
    {'bundle': 0.17, 'control': 0.07, 'price': 0.13, 'upgrade': 0.13}
    """
    as_of = as_day(as_of)
    raw = workspace.table("winback_offers")
    further = _further(workspace, known)
    rows = raw.filter(raw.offered_on <= ibis.literal(as_of, "date"))
    rows = rows.select(
        "offer_id",
        "customer_id",
        "arm",
        "has_returned",
        offered_on=rows.offered_on.cast("date"),
        **{name: _column(rows, name, kind) for name, kind in OPTIONAL.items()},
        **{attribute.column: attribute.of(rows) for attribute in further},
    )
    rows = _by_then(rows, as_of)
    rows = rows.mutate(left_out=_left_out(rows, as_of, within, never))
    rows = _with_customers(rows, workspace)
    came = ibis.ifelse(
        rows.returned_on.isnull(), rows.has_returned, _days(rows.offered_on, rows.returned_on) <= within
    )
    came = came.fill_null(False)
    until = ibis.coalesce(rows.left_again_on, ibis.literal(as_of, "date"))
    months = _days(rows.returned_on, until) / DAYS_PER_MONTH
    return rows.select(
        "offer_id",
        "customer_id",
        "offered_on",
        "arm",
        "left_out",
        returned=came,
        spend=ibis.ifelse(came, rows.spend, 0.0) if "spend" in raw.columns else rows.spend,
        cost=rows.cost,
        arm_probability=rows.arm_probability,
        returned_on=ibis.ifelse(came, rows.returned_on, ibis.null("date")),
        second_months=ibis.ifelse(came, months, ibis.null("float64")),
        left_again=ibis.ifelse(
            came & rows.returned_on.notnull(), rows.left_again_on.notnull(), ibis.null("boolean")
        ),
        lapse_reason=rows.lapse_reason,
        months_lapsed=_days(rows.lapsed_on, rows.offered_on) / DAYS_PER_MONTH,
        months_customer=rows.months_customer,
        **{name: rows[name] for name in (*ATTRIBUTES, *known) if name in rows.columns},
    ).order_by("offered_on", "offer_id")


def lapsed_customers(workspace, as_of, within=90, never=()):
    """Who has left by a day, is not back, and has not been asked back: whom an offer could be made to.

    They are contract customers whose last contract has ended in a way that counts as leaving, and customers of the control who have not
    returned.

    Parameters
    ----------
    workspace : Workspace
        With ``winback_offers``; ``contracts`` and ``customers`` are used where they are there.
    as_of : date or str
    within : int
    never : sequence of str
        As for :func:`winback_offers`.

    Returns
    -------
    ibis.Table
        customer_id, lapsed_on, lapse_reason, months_lapsed, months_customer, segment, region, acquisition_channel, in order of
        customer_id; months are counted to `as_of`.
    """
    as_of = as_day(as_of)
    day = ibis.literal(as_of, "date")
    raw = workspace.table("winback_offers")
    rows = raw.filter(raw.offered_on <= day)
    rows = rows.select(
        "customer_id",
        "arm",
        "has_returned",
        offered_on=rows.offered_on.cast("date"),
        **{name: _column(rows, name, kind) for name, kind in OPTIONAL.items()},
    )
    rows = _by_then(rows, as_of)
    closed = rows.offered_on <= ibis.literal(as_of - datetime.timedelta(days=within), "date")
    came = rows.returned_on.notnull() | (rows.has_returned.fill_null(False) & closed)  # else not known yet
    is_asked = (rows.arm != CONTROL) | came
    asked = rows.filter(is_asked).select("customer_id").distinct()
    held = rows.filter((rows.arm == CONTROL) & rows.lapsed_on.notnull())
    found = held.group_by("customer_id").aggregate(
        lapsed_on=held.lapsed_on.max(), lapse_reason=held.lapse_reason.max()
    )
    if "contracts" in workspace.tables:
        gone = _gone(workspace, as_of)
        found = ibis.union(gone, found.anti_join(gone, "customer_id").select(gone.columns))
    found = found.anti_join(asked, "customer_id").mutate(offered_on=day)
    found = _with_customers(found, workspace)
    if never:
        found = found.filter(~found.lapse_reason.isin(list(never)).fill_null(False))
    return found.select(
        "customer_id",
        "lapsed_on",
        "lapse_reason",
        months_lapsed=_days(found.lapsed_on, day) / DAYS_PER_MONTH,
        months_customer=found.months_customer,
        **{name: found[name] for name in ATTRIBUTES if name in found.columns},
    ).order_by("customer_id")


def _further(workspace, known):
    """The columns that are said to be known at the offer, as numbers, flags or texts."""
    if not known:
        return []
    found = {attribute.column: attribute for attribute in workspace.attributes("winback_offers")}
    for name in known:
        if name not in found:
            raise DataError(
                f"winback_offers has no further column {name}, which is said to be known at the offer"
            )
        if found[name].why:
            raise DataError(f"winback_offers, column {name}: {found[name].why}, so it describes no customer")
    return [found[name] for name in known]


def _column(rows, name, kind):
    return rows[name].cast(kind) if name in rows.columns else ibis.null(kind)


def _by_then(rows, as_of):
    """What had happened by a day: later returns and ends have not."""
    day = ibis.literal(as_of, "date")
    back = rows.returned_on.isnull() | (rows.returned_on <= day)
    rows = rows.mutate(
        has_returned=rows.has_returned & back,
        returned_on=ibis.ifelse(back, rows.returned_on, ibis.null("date")),
    )
    left = ibis.ifelse(rows.left_again_on <= day, rows.left_again_on, ibis.null("date"))
    return rows.mutate(left_again_on=ibis.ifelse(rows.returned_on.isnull(), ibis.null("date"), left))


def _left_out(rows, as_of, within, never):
    """Why an offer does not count; empty where it does."""
    window = ibis.window(group_by="customer_id", order_by=["offered_on", "offer_id"])
    before = rows.offered_on.lag().over(window)
    closed = ibis.literal(as_of - datetime.timedelta(days=within), "date")
    cases = [
        (rows.offered_on > closed, OPEN),
        (rows.lapsed_on > rows.offered_on, EARLY),
        (rows.returned_on < rows.offered_on, BACK),
        (before.notnull() & (_days(before, rows.offered_on) < within), AGAIN),
    ]
    if never:
        cases.append((rows.lapse_reason.isin(list(never)), NEVER))
    return ibis.cases(*[(is_so.fill_null(False), why) for is_so, why in cases], else_="")


def _with_customers(rows, workspace):
    """What is known of the customers: the attributes, and how long they had been customers when they left."""
    if "customers" not in workspace.tables:
        return rows.mutate(months_customer=ibis.null("float64"))
    people = workspace.table("customers")
    kept = [name for name in ATTRIBUTES if name in people.columns and name not in rows.columns]
    own = people.select("customer_id", *kept, won=people.acquired_at.cast("date"))
    both = rows.left_join(own, "customer_id").drop("customer_id_right")
    until = ibis.coalesce(both.lapsed_on, both.offered_on)
    months = _days(both.won, until) / DAYS_PER_MONTH
    return both.mutate(months_customer=ibis.ifelse(months >= 0, months, ibis.null("float64"))).drop("won")


def _gone(workspace, as_of):
    """Contract customers none of whose contracts runs, and when and why the last one ended."""
    spells = contract_spells(workspace.table("contracts"), as_of, leaving=leaving_of(workspace))
    by = ibis.window(group_by="customer_id", order_by=spells.spell.desc())
    last = spells.mutate(cx_place=ibis.row_number().over(by))
    last = last.filter((last.cx_place == 0) & last.event)
    return last.select(
        "customer_id", lapsed_on=last.ended_on.cast("date"), lapse_reason=last.end_reason.cast("string")
    )


def _days(first, last):
    return last.delta(first, unit="day").cast("float64")
