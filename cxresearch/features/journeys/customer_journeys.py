"""Journeys one by one: where each went, what it was about, and what its customer did afterwards."""

import ibis

from cxresearch.engines import apart
from cxresearch.features.after_response import spend_after
from cxresearch.features.contacts import in_months
from cxresearch.features.journeys.left_within import joined, left_within
from cxresearch.features.journeys.steps import EXIT, journey_steps

AHEAD = 365  # days before a journey whose contacts count as prior ones
COLUMNS = (
    "journey", "who", "customer_id", "began_at", "ended_at", "contacts", "job", "channel", "department", "complexity", "satisfaction",
    "prior_contacts", "segment", "has_left", "spend_change",
)  # fmt: skip


def customer_journeys(workspace, as_of, months=12, silence=30, within=3):
    """Journeys that ended in the last months, each with its mix of jobs and with what its customer did afterwards.

    Parameters
    ----------
    workspace : Workspace
        With a table of interactions; contracts, orders and customers are used where they are there.
    as_of : date or str
        The last day that counts.
    months : int, optional
        How many months up to `as_of` count; all if None. The last contact decides.
    silence : float
        Days without contact that end a journey; see :func:`~cxresearch.features.journeys.steps.journey_steps`.
    within : int
        Months after the last contact in which leaving counts.

    Returns
    -------
    ibis.Table
        One row per ended journey, in order of its key:

        - journey, who, customer_id, began_at, ended_at, contacts;
        - job, channel and department of its first contact, complexity and satisfaction (means), segment (of the customer);
        - prior_contacts: of the same customer in the 365 days before it began;
        - has_left: the customer held a contract at the end of the last contact's day and left within the months; empty where none was held,
          or where the months are not over yet;
        - spend_change: spent in the 182 days after less the 182 days before, of customers who had bought; empty where not followed so long.

    Examples
    --------
    >>> import tempfile
    >>> import cxresearch as cx
    >>> from cxresearch.sample import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = write(folder, customers=240, months=12, tables=["customers", "contracts", "interactions"])
    ...     found = customer_journeys(cx.open(folder), "2026-09-30", within=1).to_pandas()
    >>> bool(found["has_left"].isna().any()), bool((found["contacts"] >= 1).all())
    (True, True)
    """
    interactions = workspace.table("interactions")
    steps = apart(journey_steps(interactions, as_of, months=None, silence=silence))
    is_first = steps.position == 1
    ends = (steps.goes_to == EXIT).fill_null(False).cast("int32")
    found = steps.group_by("journey").aggregate(
        who=steps.who.min(),
        customer_id=steps.customer_id.min(),
        began_at=steps.started_at.min(),
        ended_at=steps.started_at.max(),
        contacts=steps.count().cast("int64"),
        **{name: steps[name].min(where=is_first) for name in ("job", "channel", "department")},
        complexity=steps.complexity.mean(),
        satisfaction=steps.satisfaction.mean(),
        cx_ended=ends.max(),
    )
    found = found.filter(found.cx_ended == 1).drop("cx_ended")
    found = apart(found.filter(in_months(found, as_of, months, "ended_at")))
    # Each is made from the journeys themselves, not from what was joined before: a database plans four short joins, not one nested in another.
    others = (
        _prior(found, steps),
        left_within(found, "journey", "ended_at", workspace, as_of, within),
        _spend(found, workspace, as_of),
    )
    for other in others:
        found = joined(found, apart(other), "journey")
    found = _with_segment(found, workspace)
    found = found.mutate(prior_contacts=found.prior_contacts.fill_null(0))
    return found.select(*COLUMNS).order_by("journey")


def _prior(found, steps):
    """How many contacts the customer had in the year before."""
    earlier = steps.select("who", cx_at=steps.started_at)
    both = found.select("journey", "who", "began_at").inner_join(earlier, "who")
    ago = both.began_at.cast("date").delta(both.cx_at.cast("date"), unit="day")
    both = both.filter(both.cx_at < both.began_at, ago <= AHEAD)
    return both.group_by("journey").aggregate(prior_contacts=both.count().cast("int64"))


def _with_segment(found, workspace):
    if "customers" not in workspace.tables or "segment" not in workspace.table("customers").columns:
        return found.mutate(segment=ibis.null("string"))
    customers = workspace.table("customers").select("customer_id", "segment")
    return joined(found, customers, "customer_id")


def _spend(found, workspace, as_of):
    """What was spent after the journey less what was before."""
    orders = workspace.table("orders") if "orders" in workspace.tables else None
    if orders is None or "amount" not in orders.columns:
        return found.select("journey", spend_change=ibis.null("float64"))
    asked = found.select("journey", "customer_id", responded_at=found.ended_at)
    spent = spend_after(asked, orders, as_of)
    return spent.select("journey", spend_change=spent.spend_after - spent.spend_before)
