"""Contracts as spells: how many months each was observed, from which on, and how it ended."""

import ibis

from cxresearch.features.as_of import as_day


def contract_spells(workspace, as_of):
    r"""One row per contract, in whole months since it began, as known on a date.

    A contract is at risk in month :math:`k` if it was observed in it: months up to `entry` passed before anybody would have recorded its
    end. A spell ends with the month in which the contract did, or with the last whole month before `as_of`.

    Parameters
    ----------
    workspace : Workspace
        With `contracts`; `segment`, `region` and `acquisition_channel` come from `customers`.
    as_of : date or str
        The last day that is known.

    Returns
    -------
    ibis.Table
        contract_id, customer_id, duration, entry, has_ended, end_reason ("unknown" where an end has none; missing while it runs),
        renewal_months (the term; 0 for one of a month or none), has_term, and the customer's attributes where they are there. Contracts
        not observed for a whole month are left out.

    Notes
    -----
    Where the table has a date `observed_from`, observation begins there; otherwise with the first end that the table records, since
    contracts that ended before are not in it (delayed entry; who ignores it finds customers too loyal).

    Examples
    --------
    >>> import cxresearch as cx
    >>> spells = contract_spells(cx.open("data/northgate"), "2026-09-30")
    >>> spells.select("duration", "entry", "has_ended", "renewal_months", "segment").order_by("duration").limit(2).to_pandas()
       duration  entry  has_ended  renewal_months segment
    ...
    """
    day = as_day(as_of)
    contracts = workspace.table("contracts")
    first = contracts.ended_on.min().as_scalar()
    contracts = contracts.filter(contracts.started_on <= day)
    has_ended = (contracts.ended_on <= ibis.literal(day, "date")).fill_null(False)
    stop = ibis.ifelse(has_ended, contracts.ended_on, ibis.literal(day, "date")) + ibis.interval(days=1)
    seen = contracts.observed_from.cast("date") if _is_dated(contracts) else first
    seen = ibis.greatest(contracts.started_on, ibis.coalesce(seen, contracts.started_on))
    term = contracts.term_months.fill_null(0) if "term_months" in contracts.columns else ibis.literal(0.0)
    columns = {
        "duration": _months(contracts.started_on, stop, begun=has_ended),
        "entry": _months(contracts.started_on, seen, begun=ibis.literal(True)),
        "has_ended": has_ended,
        "end_reason": _reason(contracts, has_ended),
        "renewal_months": ibis.ifelse(term > 1, term, 0).round().cast("int64"),
        "has_term": term > 1,
    }
    spells = contracts.select("contract_id", "customer_id", **columns)
    spells = spells.filter(spells.duration > spells.entry)
    if "customers" not in workspace.tables:
        return spells
    people = workspace.table("customers")
    attributes = [c for c in ("segment", "region", "acquisition_channel") if c in people.columns]
    return spells.left_join(people.select("customer_id", *attributes), "customer_id").drop(
        "customer_id_right"
    )


def _is_dated(contracts):
    kind = contracts.schema().get("observed_from")
    return kind is not None and (kind.is_date() or kind.is_timestamp())


def _reason(contracts, has_ended):
    if "end_reason" not in contracts.columns:
        return ibis.ifelse(has_ended, "unknown", ibis.null("string"))
    return ibis.ifelse(has_ended, contracts.end_reason.fill_null("unknown"), ibis.null("string"))


def _months(start, stop, begun):
    """Months from one day to another: whole ones, and where `begun` the last begun one too."""
    whole = (
        12 * (stop.year() - start.year())
        + stop.month()
        - start.month()
        - (stop.day() < start.day()).cast("int64")
    )
    rest = (stop.day() != start.day()).cast("int64")
    return (whole + ibis.ifelse(begun, rest, 0)).cast("int64")
