"""What teams kept, month by month, and since when their pay depends on it: counted by contracts, as known on a date."""

import ibis

from cxresearch.errors import DataError
from cxresearch.features.as_of import as_day
from cxresearch.features.held_contracts import UNTIL, with_renewals
from cxresearch.features.leaving import is_leaving, leaving_of
from cxresearch.features.months import month_number, month_start

LEFT = ("left", "churned", "cancelled", "canceled", "terminated", "lost", "ended")


def team_months(workspace, as_of, unless=LEFT):
    """How many contracts each team had due in each month, how many it kept, and how many it reported as kept.

    A contract belongs to the team at its signing, whoever looks after it now: a customer who is handed over cannot spoil or improve a team's result. It is due in every month on whose
    first day it is held and that was over by `as_of`, and kept unless it was left in it: the *frozen* outcome, from the dates alone. An end that the mapping does not count as leaving (such as a death) takes the
    contract out of the month. A contract that another one of the customer follows the day after was renewed. The *reported* outcome also counts as kept those that the team calls something other than left.

    Contracts are counted by team, first and last month before they are spread over months: their number does not matter to the size of the answer.

    Parameters
    ----------
    workspace : Workspace
        With `contracts` that have a team_id; optionally status_reported and observed_from.
    as_of : date or str
        The last day that is known.
    unless : sequence of str
        What a team writes of a customer who left; see :func:`reported_ends`.

    Returns
    -------
    ibis.Table
        team_id, month_on (its first day), due, kept, reported (kept, by the team; missing without status_reported), in order of team and month.

    Raises
    ------
    DataError
        Without a column team_id.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> rows = {"contract_id": ["1", "2"], "customer_id": ["a", "b"], "team_id": ["T1", "T1"], "started_on": ["2026-01-01"] * 2, "ended_on": [None, "2026-02-28"]}
    >>> kinds = dict(contract_id="str", customer_id="str", team_id="str", started_on="date", ended_on="date")
    >>> ws = SimpleNamespace(table=lambda name: ibis.memtable(rows, schema=kinds), tables=["contracts"], mapping=SimpleNamespace(churn=SimpleNamespace(leaving=())))
    >>> team_months(ws, "2026-03-31").to_pandas()[["team_id", "due", "kept"]].to_numpy().tolist()
    [['T1', 2, 1], ['T1', 1, 1]]
    """
    rows = _contracts(workspace, as_of, unless)
    last_month = month_number(_after(as_of)) - 1
    gone = month_number(rows.gone_on)
    opens = month_number(rows.seen_from)
    opens = opens + ibis.ifelse(rows.seen_from.day() > 1, 1, 0)
    # a contract taken out by an end that is none of leaving is not due in its last month; one that was renewed is due, and kept
    last = ibis.ifelse(rows.gone_on.isnull(), last_month, gone - ibis.ifelse(rows.is_out, 1, 0))
    rows = rows.mutate(opens=opens, closes=ibis.least(last, last_month))
    rows = rows.filter(rows.opens <= rows.closes)
    ends = (rows.is_left & (month_number(rows.gone_on) <= last_month)).fill_null(False)
    rows = rows.mutate(left=ends, told=ends & rows.is_told)
    groups = rows.group_by("team_id", "opens", "closes", "left", "told").aggregate(n=rows.count())
    spread = groups.mutate(month=ibis.range(groups.opens, groups.closes + 1).unnest())
    is_last = spread.month == spread.closes
    counted = spread.group_by("team_id", "month").aggregate(
        due=spread.n.sum().cast("int64"),
        lost=ibis.ifelse(is_last & spread.left, spread.n, 0).sum().cast("int64"),
        told=ibis.ifelse(is_last & spread.told, spread.n, 0).sum().cast("int64"),
    )
    has_status = "status_reported" in workspace.table("contracts").columns
    reported = counted.due - counted.told if has_status else ibis.null("int64")
    return counted.select(
        "team_id",
        "due",
        month_on=month_start(counted.month),
        kept=counted.due - counted.lost,
        reported=reported,
    ).order_by("team_id", "month_on")


def pay_plans(workspace, as_of):
    """When each team's pay was first tied to retention, of the plans that had started by a day.

    Parameters
    ----------
    workspace : Workspace
        With `pay_plans`.
    as_of : date or str

    Returns
    -------
    ibis.Table
        team_id, started_on, announced_on (missing where none is given), in order of team.
    """
    plans = workspace.table("pay_plans")
    known = plans.filter(plans.is_tied & (plans.started_on <= ibis.literal(as_day(as_of), "date")))
    told = known.announced_on if "announced_on" in known.columns else ibis.null("date")
    known = known.mutate(told=told)
    first = known.group_by("team_id").aggregate(
        announced_on=known.told.argmin(known.started_on), started_on=known.started_on.min()
    )
    return first.select("team_id", "started_on", "announced_on").order_by("team_id")


def reported_ends(workspace, as_of, unless=LEFT):
    """How teams report the contracts that were left, by team and month.

    Parameters
    ----------
    workspace : Workspace
        With `contracts` that have team_id and status_reported.
    as_of : date or str
    unless : sequence of str
        What a team writes of a customer who left, in any case of letters; a missing status is one too.

    Returns
    -------
    ibis.Table
        team_id, month_on, left (contracts that were left, by their dates), relabelled (of these, reported as something else).
    """
    rows = _contracts(workspace, as_of, unless)
    rows = rows.filter(rows.is_left)
    rows = rows.mutate(month_on=month_start(month_number(rows.gone_on)))
    counted = rows.group_by("team_id", "month_on").aggregate(
        left=rows.count(), relabelled=ibis.ifelse(rows.is_told, 0, 1).sum().cast("int64")
    )
    return counted.order_by("team_id", "month_on")


def words_for_leaving(text=""):
    """What a team writes of a customer who left: the usual words, or those of a list parted by commas.

    >>> words_for_leaving("Kunde weg, storniert"), "churned" in words_for_leaving()
    (('kunde weg', 'storniert'), True)
    """
    return tuple(word.strip().lower() for word in text.split(",") if word.strip()) or LEFT


def ends_by_day(workspace, as_of):
    """How many contracts of each team were left on each day.

    Parameters
    ----------
    workspace : Workspace
        With `contracts` that have a team_id.
    as_of : date or str

    Returns
    -------
    ibis.Table
        team_id, ended_on, left.
    """
    rows = _contracts(workspace, as_of)
    rows = rows.filter(rows.is_left)
    counted = rows.group_by("team_id", ended_on=rows.gone_on).aggregate(left=rows.count())
    return counted.order_by("team_id", "ended_on")


def signed_amounts(workspace, as_of):
    """What contracts cost that teams signed, by team and month, at equal term and segment.

    Parameters
    ----------
    workspace : Workspace
        With `contracts` that have team_id and monthly_amount; optionally term_months, and `customers` with a segment.
    as_of : date or str

    Returns
    -------
    ibis.Table
        team_id, month_on, signed, log_amount: the mean of the natural logarithm of positive monthly amounts, less that of all contracts of the same term and segment.
    """
    rows = _contracts(workspace, as_of)
    rows = rows.filter(rows.monthly_amount > 0)
    kind = {"term": rows.term_months.fill_null(0)}
    if "customers" in workspace.tables and "segment" in workspace.table("customers").columns:
        people = workspace.table("customers").select("customer_id", "segment")
        rows = rows.left_join(people, "customer_id")
        kind = {"term": rows.term_months.fill_null(0), "segment": rows.segment.fill_null("")}
    rows = rows.select("team_id", "started_on", log_amount=rows.monthly_amount.log(), **kind)
    usual = rows.log_amount.mean().over(ibis.window(group_by=list(kind)))
    rows = rows.mutate(month_on=month_start(month_number(rows.started_on)), off=rows.log_amount - usual)
    counted = rows.group_by("team_id", "month_on").aggregate(signed=rows.count(), log_amount=rows.off.mean())
    return counted.order_by("team_id", "month_on")


def _contracts(workspace, as_of, unless=LEFT):
    """Contracts with a team as known on a day: from when seen, when gone, and whether that was leaving and is called so."""
    contracts = workspace.table("contracts")
    if "team_id" not in contracts.columns:
        raise DataError("contracts has no column team_id: which team signed a contract is not known")
    day = ibis.literal(as_day(as_of), "date")
    rows = with_renewals(contracts)
    rows = rows.filter(rows.team_id.notnull() & (rows.started_on <= day))
    gone_on = ibis.ifelse(rows.ended_on <= day, rows.ended_on, ibis.null("date"))
    is_renewed = (rows[UNTIL] > rows.ended_on).fill_null(False)
    reason = rows.end_reason if "end_reason" in rows.columns else ibis.null("string")
    counts = is_leaving(reason, leaving_of(workspace))
    status = rows.status_reported if "status_reported" in rows.columns else ibis.null("string")
    amount = rows.monthly_amount.cast("float64") if "monthly_amount" in rows.columns else ibis.null("float64")
    if "observed_from" in rows.columns:
        seen = ibis.coalesce(rows.observed_from.cast("date"), rows.started_on)
    else:  # whoever had left before the first end on record is missing: the time before shows survivors only
        first = contracts.filter(contracts.ended_on <= day).ended_on.min().as_scalar()
        seen = ibis.coalesce(first.truncate("month").cast("date"), rows.started_on)
    term = rows.term_months.cast("float64") if "term_months" in rows.columns else ibis.null("float64")
    has_gone = gone_on.notnull()
    return rows.select(
        "team_id",
        "customer_id",
        "started_on",
        gone_on=gone_on,
        seen_from=ibis.ifelse(seen > rows.started_on, seen, rows.started_on),
        is_left=has_gone & ~is_renewed & counts,
        is_out=has_gone & ~is_renewed & ~counts,
        is_told=status.lower().strip().isin(list(unless)) | status.isnull(),
        monthly_amount=amount,
        term_months=term,
    )


def _after(as_of):
    return ibis.literal(as_day(as_of), "date") + ibis.interval(days=1)
