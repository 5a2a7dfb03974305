"""What happened after a forecast: per kind of forecast, one row per unit, from nothing later than its due date."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

from cxresearch.features.churn_labels import left_contracts
from cxresearch.features.held_contracts import with_renewals
from cxresearch.features.leaving import leaving_of
from cxresearch.features.projects import projects
from cxresearch.features.rfm import purchase_days


@dataclass(frozen=True)
class Outcome:
    """How one kind of forecast is resolved.

    Attributes
    ----------
    resolve : callable
        ``(workspace, made_on, due_on)`` → Ibis table of unit_id, happened (a number; 0 or 1 for what is forecast by a probability) and
        base (how many customers the unit stands for), one row for every unit that was known on `made_on`. It uses nothing later
        than `due_on`, save that a contract which begins the day after renews one that ends then, and what happened on `made_on` itself counts as known.
    table : str
        The table of the contract that it reads.
    what : str
        What is counted, to follow a number: ``"purchases"``, ``"of the customers would buy again"``.
    is_total : bool
        The unit is the whole base, not one of many.
    is_state : bool
        The table says how things stand and need not change every day: it reaches as far as the workspace does. Otherwise its own
        last event says how far it reaches.
    """

    resolve: Callable
    table: str
    what: str
    is_total: bool = False
    is_state: bool = False

    def __call__(self, workspace, made_on, due_on):
        """The units known on `made_on` and what happened to each up to and including `due_on`."""
        return self.resolve(workspace, made_on, due_on)

    def span(self, workspace):
        """The first and the last day that the data speak of."""
        table = workspace.table(self.table)
        if self.is_state:
            return workspace.span()
        day = table[workspace.sources[self.table].events[0]].cast("date")
        ends = day.as_table().aggregate(first=day.min(), last=day.max()).to_pandas().iloc[0]
        return tuple(None if end is None or end != end else _date(end) for end in ends)


def purchases(workspace, made_on, due_on):
    """Days of purchase of each customer after `made_on`, up to `due_on`; customers had bought by `made_on`.

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = purchases(cx.open("data/cdnow"), "1997-09-30", "1998-06-30")
    >>> table.order_by("unit_id").limit(3).to_pandas()
      unit_id  happened  base
    0   00004         1     1
    1   00018         0     1
    2   00021         0     1
    """
    days = purchase_days(workspace.table("orders"), due_on)
    is_later = days.day > ibis.literal(made_on, "date")
    grouped = days.group_by("customer_id").aggregate(
        happened=is_later.cast("int32").sum(), known=(~is_later).cast("int32").sum()
    )
    known = grouped.filter(grouped.known > 0)
    return known.select(
        unit_id=known.customer_id, happened=known.happened, base=ibis.literal(1).cast("int64")
    )


def purchases_total(workspace, made_on, due_on):
    """The same, added up over the customers who were known on `made_on`; the unit is ``all``.

    Examples
    --------
    >>> import cxresearch as cx
    >>> purchases_total(cx.open("data/cdnow"), "1997-09-30", "1998-06-30").to_pandas()
      unit_id  happened  base
    0     all      1882  2357
    """
    each = purchases(workspace, made_on, due_on)
    total = each.aggregate(happened=each.happened.sum(), base=each.count())
    total = total.filter(total.base > 0)
    return total.select(unit_id=ibis.literal("all"), happened=total.happened, base=total.base)


def active(workspace, made_on, due_on):
    """Whether each customer who had bought by `made_on` bought at least once more by `due_on`."""
    each = purchases(workspace, made_on, due_on)
    return each.mutate(happened=(each.happened > 0).cast("int32"))


def returned(workspace, made_on, due_on):
    """Whether a customer with a single day of purchase by `made_on` bought a second time by `due_on`."""
    days = purchase_days(workspace.table("orders"), due_on)
    is_later = days.day > ibis.literal(made_on, "date")
    grouped = days.group_by("customer_id").aggregate(
        later=is_later.cast("int32").sum(), known=(~is_later).cast("int32").sum()
    )
    once = grouped.filter(grouped.known == 1)
    happened = (once.later > 0).cast("int32")
    return once.select(unit_id=once.customer_id, happened=happened, base=ibis.literal(1).cast("int64"))


def left_contract(workspace, made_on, due_on):
    """Whether a customer who held a contract at the end of `made_on` held none at the end of `due_on`.

    A contract is held at the end of a day as :func:`~cxresearch.features.held_contracts.with_renewals` says. A customer whose contract
    ended and who had taken another by `due_on`, or takes it the day after the end, has not left; nor has one whose contract ended for a
    reason that the mapping does not count as leaving.
    """
    made, due = (ibis.literal(day, "date") for day in (made_on, due_on))
    contracts = with_renewals(workspace.table("contracts"))
    known = left_contracts(contracts, made, made, due, leaving=leaving_of(workspace))
    return known.select(unit_id=known.customer_id, happened=known.has_left.cast("int32"), base=_ONE)


def kept_contract(workspace, made_on, due_on):
    """Whether a customer who held a contract at the end of `made_on` had not left by the end of `due_on`."""
    each = left_contract(workspace, made_on, due_on)
    return each.mutate(happened=1 - each.happened)


def project_fails(workspace, made_on, due_on):
    """Whether a project that was undecided on `made_on` had failed, for those decided by `due_on`.

    By the workspace's definition; see :func:`cxresearch.features.projects.projects`.
    """
    both = _undecided(workspace, made_on, due_on, "has_failed")
    both = both.filter(both.has_failed.notnull())
    return both.select(unit_id=both.project_id, happened=both.has_failed.cast("int32"), base=_ONE)


def project_finish(workspace, made_on, due_on):
    """Days from `made_on` to the delivery of each project that was open then.

    One that is still open on `due_on` counts as the days until then: a forecast should fall due later than the last day it thinks
    likely. One that was cancelled has no finish and is left out.
    """
    both = _undecided(workspace, made_on, due_on, "outcome")
    both = both.filter((both.outcome == "delivered") | both.outcome.isnull())
    end = ibis.coalesce(both.finished_on, ibis.literal(due_on, "date"))
    days = end.delta(ibis.literal(made_on, "date"), unit="day")
    return both.select(unit_id=both.project_id, happened=days.cast("int64"), base=_ONE)


def project_cost(workspace, made_on, due_on):
    """What each project that was open on `made_on` cost, for those delivered by `due_on`."""
    both = _undecided(workspace, made_on, due_on, "outcome")
    both = both.filter((both.outcome == "delivered") & both.actual_cost.notnull())
    return both.select(unit_id=both.project_id, happened=both.actual_cost, base=_ONE)


def _undecided(workspace, made_on, due_on, what):
    """The projects of which `what` was not known on `made_on`, as known on `due_on`."""
    before = projects(workspace, made_on)
    before = before.filter(before[what].isnull()).select("project_id")
    return projects(workspace, due_on).semi_join(before, "project_id")


_ONE = ibis.literal(1).cast("int64")

OUTCOMES = {
    "purchases": Outcome(purchases, "orders", "purchases per customer"),
    "purchases_total": Outcome(purchases_total, "orders", "purchases", is_total=True),
    "active": Outcome(active, "orders", "of the customers would buy again"),
    "returned": Outcome(returned, "orders", "of those who had bought once would come back"),
    "left_contract": Outcome(
        left_contract, "contracts", "of the contract customers would leave", is_state=True
    ),
    "kept_contract": Outcome(
        kept_contract, "contracts", "of the contract customers would still be customers", is_state=True
    ),
    "project_fails": Outcome(project_fails, "projects", "of the projects would fail", is_state=True),
    "project_finish": Outcome(project_finish, "projects", "days to the finish", is_state=True),
    "project_cost": Outcome(project_cost, "projects", "in cost", is_state=True),
}


def _date(value):
    return value.date() if hasattr(value, "date") else value
