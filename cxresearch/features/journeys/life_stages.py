"""The life cycle: each customer's stage at the end of each month, and the contact that went before."""

import datetime

import ibis

from cxresearch.errors import NotEnough
from cxresearch.features.as_of import as_day, dates
from cxresearch.features.contacts import contact_order, known_contacts
from cxresearch.features.contract_spells import contract_spells
from cxresearch.features.journeys.left_within import joined
from cxresearch.features.purchases import is_return
from cxresearch.months import month_end

STAGES = ("won", "on-boarding", "regular", "at risk", "lapsed", "won back")
WON = 30  # days since the beginning that count as won
NEW = 120  # and as on-boarding, or as won back
UNSETTLED = 60  # days in which a last contact that settled nothing puts a contract at risk


def life_stages(workspace, as_of, months=24, risk_days=180, lapse_days=365):
    """Every customer's stage at the end of each of the last months, with the stage a month later and the last contact before.

    Won, in the first 30 days of a first contract or after a first purchase; on-boarding, up to 120 days; won back, in the first 120 days of
    a later contract, or after a purchase that followed more than `lapse_days` without one. After that a customer is regular, or at risk: under contract, if the
    last contact of the last 60 days left the matter unsettled; in the shop, after more than `risk_days` without a purchase. Lapsed is who
    held a contract and holds none, or has bought nothing for more than `lapse_days`. A running contract goes before purchases, and
    those before one that has ended.

    Parameters
    ----------
    workspace : Workspace
        With contracts or orders; interactions are used where they are there.
    as_of : date or str
        The last day that counts.
    months : int
        How many month ends up to `as_of`.
    risk_days, lapse_days : int
        Days without a purchase.

    Returns
    -------
    ibis.Table
        One row per customer and month end from the first contract or purchase on, in order: customer_id, month, stage, next_stage (a month later;
        empty for the last month) and touchpoint (of the last contact in the month up to then; empty without one).

    Raises
    ------
    NotEnough
        Without contracts and without orders.

    Examples
    --------
    >>> import tempfile
    >>> import cxresearch as cx
    >>> from cxresearch.sample import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = write(folder, customers=240, months=12, tables=["customers", "contracts", "orders"])
    ...     found = life_stages(cx.open(folder), "2026-09-30", months=3).to_pandas()
    >>> sorted(set(found["stage"]) - set(STAGES)), found["month"].nunique(), found.loc[found["month"] == found["month"].max(), "next_stage"].isna().all()
    ([], 3, np.True_)
    """
    grid = dates({"month": _month_ends(as_day(as_of), months)})
    parts = []
    if "contracts" in workspace.tables:
        parts.append(_under_contract(workspace, grid, as_of))
    if "orders" in workspace.tables:
        parts.append(_in_the_shop(workspace, grid, as_of, risk_days, lapse_days))
    if not parts:
        raise NotEnough("neither contracts nor orders say when customers came and went")
    every = ibis.union(*parts) if parts[1:] else parts[0]
    best = every.group_by("customer_id", "month").aggregate(stage=every.stage.argmax(every.cx_rank))
    window = ibis.window(group_by="customer_id", order_by="month")
    found = best.mutate(next_stage=best.stage.lead().over(window))
    return _with_contact(found, workspace, as_of).order_by("customer_id", "month")


def _month_ends(last, months):
    """The ends of the last months up to a day, in order."""
    ends, day = [], last
    if month_end(day) != day:
        day = day.replace(day=1) - datetime.timedelta(days=1)
    for _ in range(months):
        ends.append(day)
        day = day.replace(day=1) - datetime.timedelta(days=1)
    return ends[::-1]


def _under_contract(workspace, grid, as_of):
    """Stages by contract: rank 2 while one runs, 0 once it has ended."""
    spells = contract_spells(workspace.table("contracts"), as_of, records_from=as_of)
    spells = spells.select("customer_id", "spell", "started_on", "ended_on")
    both = spells.cross_join(grid)
    both = both.filter(both.started_on <= both.month)
    runs = both.ended_on.isnull() | (both.ended_on > both.month)
    both = both.mutate(cx_runs=runs, cx_days=both.month.delta(both.started_on, unit="day"))
    last = both.group_by("customer_id", "month").aggregate(
        cx_spell=both.spell.max(), cx_runs=both.cx_runs.cast("int32").max(), cx_days=both.cx_days.min()
    )
    last = _unsettled(last, workspace, as_of)
    young = ibis.ifelse(last.cx_days < WON, "won", "on-boarding")
    stage = ibis.cases(
        (last.cx_runs == 0, "lapsed"),
        ((last.cx_spell > 1) & (last.cx_days < NEW), "won back"),
        (last.cx_days < NEW, young),
        (last.cx_unsettled, "at risk"),
        else_="regular",
    )
    return last.select("customer_id", "month", stage=stage, cx_rank=last.cx_runs.cast("int64") * 2)


def _unsettled(found, workspace, as_of):
    """Whether the last contact in the days before each month end left the matter unsettled."""
    interactions = workspace.table("interactions") if "interactions" in workspace.tables else None
    if interactions is None or not {"is_resolved", "customer_id"} <= set(interactions.columns):
        return found.mutate(cx_unsettled=ibis.literal(False))
    last = _last_contact(found, interactions, as_of, UNSETTLED)
    both = joined(found, last.select("customer_id", "month", "is_resolved"), "customer_id", "month")
    return both.mutate(cx_unsettled=(~both.is_resolved).fill_null(False)).drop("is_resolved")


def _in_the_shop(workspace, grid, as_of, risk_days, lapse_days):
    """Stages by purchase: rank 1."""
    orders = workspace.table("orders")
    day = orders.ordered_at.cast("date")
    bought = orders.filter(
        day <= ibis.literal(as_day(as_of), "date"), ~is_return(orders), orders.customer_id.notnull()
    )
    bought = bought.select("customer_id", day=bought.ordered_at.cast("date")).distinct()
    window = ibis.window(group_by="customer_id", order_by="day")
    pause = bought.day.delta(bought.day.lag().over(window), unit="day")
    bought = bought.mutate(cx_returned=ibis.ifelse(pause > lapse_days, bought.day, ibis.null("date")))
    both = bought.cross_join(grid)
    both = both.filter(both.day <= both.month)
    found = both.group_by("customer_id", "month").aggregate(
        first=both.day.min(), last=both.day.max(), returned=both.cx_returned.max()
    )
    since = {name: found.month.delta(found[name], unit="day") for name in ("first", "last", "returned")}
    stage = ibis.cases(
        (since["last"] > lapse_days, "lapsed"),
        ((since["returned"] < NEW).fill_null(False), "won back"),
        (since["first"] < WON, "won"),
        (since["first"] < NEW, "on-boarding"),
        (since["last"] > risk_days, "at risk"),
        else_="regular",
    )
    return found.select("customer_id", "month", stage=stage, cx_rank=ibis.literal(1).cast("int64"))


def _with_contact(found, workspace, as_of):
    """The touchpoint of the last contact in the month up to each month end."""
    interactions = workspace.table("interactions") if "interactions" in workspace.tables else None
    if interactions is None or "customer_id" not in interactions.columns:
        return found.mutate(touchpoint=ibis.null("string"))
    last = _last_contact(found, interactions, as_of, 30)
    return joined(found, last.select("customer_id", "month", "touchpoint"), "customer_id", "month")


def _last_contact(found, interactions, as_of, days):
    """The last contact of each customer in so many days up to each month end."""
    known = known_contacts(interactions, as_of)
    both = found.select("customer_id", "month").inner_join(
        known.filter(known.customer_id.notnull()), "customer_id"
    )
    ago = both.month.delta(both.started_at.cast("date"), unit="day")
    both = both.filter(ago >= 0, ago < days)
    order = [key.desc() for key in contact_order(both)]
    place = ibis.row_number().over(ibis.window(group_by=["customer_id", "month"], order_by=order))
    both = both.mutate(cx_place=place)
    return both.filter(both.cx_place == 0)
