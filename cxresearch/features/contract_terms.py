"""Spells under contract with the term that runs and the customer's attributes: what a hazard of leaving is fitted to."""

import ibis

from cxresearch.features.contract_spells import contract_spells

ATTRIBUTES = ("segment", "region", "acquisition_channel")


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
        contract_id (of the spell: customer and number), customer_id, duration, entry, has_ended, end_reason ("unknown" where an end has none;
        missing while it runs), renewal_months (the term; 0 for one of a month or none), has_term, and the customer's segment, region and
        acquisition_channel where they are there; see :func:`~cxresearch.features.contract_spells.contract_spells`.

    Examples
    --------
    >>> import cxresearch as cx
    >>> terms = contract_terms(cx.open("data/northgate"), "2026-09-30")
    >>> [int(terms.has_ended.sum().to_pandas()), int(terms.count().to_pandas())]
    [1357, 5000]
    """
    spells = contract_spells(workspace.table("contracts"), as_of)
    spells = spells.filter(spells.is_observed)
    term = spells.term_months.fill_null(0)
    reason = ibis.ifelse(spells.event, spells.end_reason.fill_null("unknown"), ibis.null("string"))
    terms = spells.select(
        "customer_id",
        "duration",
        "entry",
        contract_id=spells.customer_id + "/" + spells.spell.cast("string"),
        has_ended=spells.event,
        end_reason=reason,
        renewal_months=ibis.ifelse(term > 1, term, 0).round().cast("int64"),
        has_term=term > 1,
    )
    if "customers" not in workspace.tables:
        return terms
    people = workspace.table("customers")
    kept = people.select("customer_id", *[c for c in ATTRIBUTES if c in people.columns])
    return terms.left_join(kept, "customer_id").drop("customer_id_right")
