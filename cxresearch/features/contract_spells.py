"""How long customers have been under contract: one row per unbroken stretch, and cohorts of them."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.held_contracts import UNTIL, with_renewals
from cxresearch.features.leaving import is_leaving, leaving_of
from cxresearch.features.months import month_number, month_start, months_between
from cxresearch.features.start_facts import CONTRACT, customer_facts, known_attributes
from cxresearch.months import MONTHS_PER_YEAR

GRAINS = {"quarter": 3, "year": MONTHS_PER_YEAR}
NEVER = "9999-12-31"


def contract_spells(contracts, as_of, months=1, gap_days=31, records_from=None, leaving=(), further=()):
    r"""Unbroken stretches under contract, with when each was first observed, in whole periods of `months`.

    Contracts of a customer that overlap, or follow within `gap_days`, are one stretch (*spell*): who renews by a new contract has not
    left. With :math:`m(s, e)` the whole months from the first day :math:`s` to the day after the last, :math:`e`, and periods of
    :math:`k` months, a leaver left in period :math:`\lceil m/k \rceil`, and whoever is still there has completed
    :math:`\lfloor m/k \rfloor`. A period counts only if it had wholly passed by `as_of` and was observed from its beginning, for
    leavers and stayers alike: else the leavers of a running period would count and its stayers not.

    Parameters
    ----------
    contracts : ibis.Table
        The contract's ``contracts``. Where it has a column ``observed_from`` (a date), a contract is under observation from then on only:
        older ones are known because they had lasted so long (left truncation).
    as_of : date or str
        The last day that counts; an end after it is not known yet, and one on it is none if another contract begins the day after.
    months : int
        Length of a period: 1 for months, 12 for years.
    gap_days : int
        Days between two contracts up to which they are one spell.
    records_from : date or str, optional
        The day on which the records begin, where there is no ``observed_from``. Unless given: the first of the month of the earliest end
        on record, since whoever had left before is missing.
    leaving : sequence of str
        The end reasons that count as leaving, all unless given; see :func:`~cxresearch.features.leaving.is_leaving`. A spell that ended
        in another way was observed until then, without an event.
    further : sequence of Attribute
        Further columns of the contracts, known when one begins; a spell has those of its first contract, as ``contract_`` and their name.

    Returns
    -------
    ibis.Table
        customer_id, spell (1 for a customer's first), started_on, ended_on (null if running on `as_of`), contracts, term_months and
        end_reason (of the latest contract), monthly_amount (of all that run, else of the latest), entry, duration (periods), event
        (whether the customer left in period ``duration``), is_over (whether the spell ended in it, in whichever way), months_to_renewal (until the term of the contract that runs is up, counted from
        that contract's own first day; null where none of two months or more runs), age (periods from its beginning to `as_of`), is_observed (at least one period:
        entry < duration). Columns that `contracts` lacks are null.

    Examples
    --------
    >>> import cxresearch as cx, ibis
    >>> rows = {"contract_id": ["k1", "k2", "k3"], "customer_id": ["a", "a", "b"]}
    >>> rows |= {"started_on": ["2023-01-01", "2024-01-01", "2024-02-01"], "ended_on": ["2023-12-31", None, "2024-05-31"]}
    >>> table = ibis.memtable(rows, schema=dict(contract_id="str", customer_id="str", started_on="date", ended_on="date"))
    >>> spells = contract_spells(table, "2024-06-30", records_from="2023-01-01").order_by("customer_id").to_pandas()
    >>> spells[["customer_id", "contracts", "entry", "duration", "event"]]
      customer_id  contracts  entry  duration  event
    0           a          2      0        18  False
    1           b          1      0         4   True
    """
    known = _known(contracts, as_of, records_from, further)
    own = [CONTRACT + a.column for a in further]
    order = dict(group_by="customer_id", order_by=["started_on", "contract_id"])
    reach = ibis.coalesce(known.ended_on, ibis.literal(NEVER, "date"))
    rows = known.mutate(reach=reach.max().over(ibis.cumulative_window(**order)))
    rows = rows.mutate(before=rows.reach.lag().over(ibis.window(**order)))
    is_new = rows.before.isnull() | (rows.started_on.delta(rows.before, unit="day") > gap_days)
    rows = rows.mutate(is_new=is_new.cast("int32"))
    rows = rows.mutate(spell=rows.is_new.sum().over(ibis.cumulative_window(**order)))
    latest = {name: rows[name].argmax(rows.started_on) for name in ("term_months", "end_reason")}
    runs = rows.ended_on.isnull()
    spells = rows.group_by("customer_id", "spell").aggregate(
        started_on=rows.started_on.min(),
        last=rows.ended_on.max(),
        running=runs.cast("int32").sum(),
        contracts=rows.count(),
        latest_on=rows.started_on.max(),
        **latest,
        **{name: rows[name].argmin(rows.started_on) for name in own},
        amount=rows.monthly_amount.sum(where=runs),
        last_amount=rows.monthly_amount.argmax(rows.started_on),
        observed_from=rows.observed_from.min(),
    )
    day = ibis.literal(as_day(as_of), "date")
    ended = ibis.ifelse(spells.running > 0, ibis.null("date"), spells["last"])
    spells = spells.mutate(ended_on=ended, possible=months_between(spells.started_on, _next(day)) // months)
    left_in = _up(months_between(spells.started_on, _next(spells.ended_on), begun=True), months)
    is_over = (spells.ended_on.notnull() & (left_in <= spells.possible)).fill_null(False)
    spells = spells.mutate(
        entry=_up(months_between(spells.started_on, spells.observed_from, begun=True), months),
        duration=ibis.ifelse(is_over, left_in, spells.possible),
        event=is_over & is_leaving(spells.end_reason, leaving),
        is_over=is_over,
        end_reason=ibis.ifelse(spells.ended_on.isnull(), ibis.null("string"), spells.end_reason),
        monthly_amount=ibis.coalesce(spells.amount, spells.last_amount),
    )
    since = months_between(spells.latest_on, _next(day))
    has_term = spells.ended_on.isnull() & (spells.term_months > 1)
    left = ibis.ifelse(has_term, spells.term_months - since % spells.term_months, ibis.null("float64"))
    spells = spells.mutate(is_observed=spells.entry < spells.duration, months_to_renewal=left)
    return spells.select(
        "customer_id", "spell", "started_on", "ended_on", "contracts", "term_months", "monthly_amount",
        "end_reason", "entry", "duration", "event", "is_over", "is_observed", "months_to_renewal", *own, age="possible",
    )  # fmt: skip


def customer_spells(workspace, as_of):
    """The spells of :func:`contract_spells` in months, with what is known of the customer.

    Parameters
    ----------
    workspace : Workspace
        With `contracts`; the attributes come from `customers`.
    as_of : date or str
        The last day that is known.

    Returns
    -------
    ibis.Table
        As from :func:`contract_spells`, the customer's segment, region and acquisition_channel where they are there, and the further
        columns of the customer and of the spell's first contract that were known at the start (see
        :func:`~cxresearch.features.start_facts.customer_facts`); in order of customer_id and spell.
    """
    return _with_customer(_spells(workspace, as_of), workspace, as_of).order_by("customer_id", "spell")


def contract_cohorts(contracts, as_of, grain="quarter", **options):
    """How many of each cohort of contract customers were still there after so many periods.

    A cohort is the calendar quarter (or year) in which a spell began; period k is k quarters after each one's own beginning, and is given
    only where all of the cohort could be seen that long. Spells first observed after their beginning are left out: their cohort is known by
    its survivors only.

    Parameters
    ----------
    contracts, as_of, **options
        As for :func:`contract_spells`.
    grain : {"quarter", "year"}
        The length of a cohort and of a period.

    Returns
    -------
    ibis.Table
        cohort (first day), period, customers, active.
    """
    if grain not in GRAINS:
        raise ValueError(f"grain is {grain!r}; it is one of {', '.join(GRAINS)}")
    length = GRAINS[grain]
    spells = contract_spells(contracts, as_of, months=length, **options)
    spells = spells.filter(spells.entry == 0)
    start = month_number(spells.started_on) // length
    possible = months_between(spells.started_on, _next(ibis.literal(as_day(as_of), "date"))) // length
    left = ibis.ifelse(spells.event, spells.duration, 1_000_000)
    rows = spells.select(start=start, possible=possible, left=left)
    sizes = rows.group_by("start").aggregate(customers=rows.count(), last=rows.possible.min())
    grid = sizes.mutate(period=ibis.range(0, sizes["last"] + 1).unnest())
    full = grid.join(rows, "start").select(grid.start, grid.period, grid.customers, left=rows.left)
    counted = full.group_by("start", "period", "customers").aggregate(
        active=(full.left > full.period).cast("int32").sum()
    )
    cohort = month_start(counted.start * length)
    return counted.select("period", "customers", "active", cohort=cohort).order_by("cohort", "period")


def _known(contracts, as_of, records_from, further=()):
    """What was known on the day: contracts begun, ends reached, from when each was observed."""
    day = ibis.literal(as_day(as_of), "date")
    rows = with_renewals(contracts).filter(contracts.started_on <= day)
    kinds = {"term_months": "float64", "monthly_amount": "float64", "end_reason": "string"}
    given = {
        name: rows[name].cast(kind) if name in rows.columns else ibis.null(kind)
        for name, kind in kinds.items()
    }
    ended = ibis.ifelse(rows[UNTIL] <= day, rows.ended_on, ibis.null("date"))
    given |= {CONTRACT + a.column: a.of(rows) for a in further}
    if "observed_from" in rows.columns:
        seen = ibis.coalesce(rows.observed_from.cast("date"), rows.started_on)
    elif records_from is not None:
        seen = ibis.literal(records_from, "date")
    else:
        first = rows.filter(rows.ended_on <= day).ended_on.min().as_scalar()
        seen = ibis.coalesce(first.truncate("month").cast("date"), rows.started_on)
    seen = ibis.ifelse(seen > rows.started_on, seen, rows.started_on)
    return rows.select(
        "contract_id", "customer_id", "started_on", ended_on=ended, observed_from=seen, **given
    )


def _next(day):
    return day + ibis.interval(days=1)


def _up(months, length):
    return (months + length - 1) // length


def contract_terms(workspace, as_of):
    """One row per spell that was observed, in whole months, as known on a date.

    Parameters
    ----------
    workspace : Workspace
        With `contracts`; the attributes come from `customers`.
    as_of : date or str
        The last day that is known.

    Returns
    -------
    ibis.Table
        contract_id (of the spell: customer and number), customer_id, duration, entry, has_ended (in a way that counts as leaving), is_over
        (in any way), end_reason ("unknown" where an end has none;
        missing while it runs), renewal_months (the term; 0 for one of a month or none), has_term, and what :func:`customer_spells` tells
        of the customer and the first contract; see :func:`~cxresearch.features.contract_spells.contract_spells`.

    Examples
    --------
    >>> import cxresearch as cx
    >>> terms = contract_terms(cx.open("data/northgate"), "2026-09-30")
    >>> [int(terms.has_ended.sum().to_pandas()), int(terms.count().to_pandas())]
    [1357, 5000]
    """
    spells = _spells(workspace, as_of)
    spells = spells.filter(spells.is_observed)
    term = spells.term_months.fill_null(0)
    reason = ibis.ifelse(spells.is_over, spells.end_reason.fill_null("unknown"), ibis.null("string"))
    terms = spells.select(
        "customer_id",
        "duration",
        "entry",
        contract_id=spells.customer_id + "/" + spells.spell.cast("string"),
        has_ended=spells.event,
        is_over=spells.is_over,
        end_reason=reason,
        renewal_months=ibis.ifelse(term > 1, term, 0).round().cast("int64"),
        has_term=term > 1,
        **{name: spells[name] for name in spells.columns if name.startswith(CONTRACT)},
    )
    return _with_customer(terms, workspace, as_of)


def _spells(workspace, as_of):
    """The spells of a workspace's contracts with what its own columns say of them."""
    further = known_attributes(workspace, "contracts", as_of)
    return contract_spells(
        workspace.table("contracts"), as_of, leaving=leaving_of(workspace), further=further
    )


def _with_customer(rows, workspace, as_of):
    """Rows with what is known of the customer from the start."""
    if "customers" not in workspace.tables:
        return rows
    facts = customer_facts(workspace, as_of, rows.columns)
    return rows.left_join(facts, "customer_id").drop("customer_id_right")
