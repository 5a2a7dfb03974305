"""Contacts of a period with every column that the contract knows, and what their customers said of the firm as a whole."""

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.features.answered import known_answers
from cxresearch.features.as_of import as_day
from cxresearch.features.months import months_later


def contacts(interactions, as_of, months=12):
    """The contacts of the last months, one row each.

    Parameters
    ----------
    interactions : ibis.Table
        The contract's ``interactions``.
    as_of : date or str
        The last day that counts.
    months : int
        How many months up to `as_of` count.

    Returns
    -------
    ibis.Table
        All columns of the contract, empty where the workspace lacks one, and staff_id never among them.

    Examples
    --------
    >>> calls = ibis.memtable({"interaction_id": ["a", "b"], "customer_id": ["1", "2"], "touchpoint": ["invoice"] * 2,
    ...     "channel": ["phone"] * 2, "started_at": ["2026-09-30 08:00:00", "2025-09-30 08:00:00"]})
    >>> found = contacts(calls.cast({"started_at": "timestamp"}), "2026-09-30")
    >>> found.to_pandas()[["interaction_id", "touchpoint", "satisfaction"]]
      interaction_id touchpoint  satisfaction
    0              a    invoice           NaN
    """
    known = known_contacts(interactions, as_of)
    return known.filter(in_months(known, as_of, months)).order_by("interaction_id")


def known_contacts(interactions, as_of):
    """All contacts up to the end of a day, with every column of the contract, empty where the workspace lacks one."""
    kept = interactions.filter(interactions.started_at.date() <= ibis.literal(as_day(as_of), "date"))
    return kept.select(
        **{
            name: kept[name] if name in kept.columns else ibis.null(spec.type)
            for name, spec in TABLES["interactions"].columns.items()
        }
    )


def in_months(contacts, as_of, months, moment="started_at"):
    """Whether a moment lies in the last months up to a day; always where `months` is None."""
    if months is None:
        return ibis.literal(True)
    return contacts[moment].date() > months_later(ibis.literal(as_day(as_of), "date"), -months)


def contact_order(contacts):
    """The order of contacts: by moment, then by sequence, then by key, of which 9 comes before 10.

    Contacts of one moment would otherwise come in another order on another engine, and make other journeys.
    """
    key = contacts.interaction_id
    return [contacts.started_at, contacts.sequence, key.length(), key]


def loyalty_scores(survey_responses, as_of, months=12, workspace=None):
    """What each customer answered about the firm as a whole in the last months: the mean, where there were several.

    Parameters
    ----------
    survey_responses : ibis.Table
        The contract's ``survey_responses``; recommend is used, or else satisfaction.
    as_of : date or str
        The last day that counts.
    months : int
        How many months up to `as_of` count.
    workspace : Workspace, optional
        Dates answers without a moment of their own; see :func:`~cxresearch.features.answered.answered`.

    Returns
    -------
    ibis.Table
        customer_id, score. Empty where answers name no customer, nothing dates them, or they have neither question.

    Examples
    --------
    >>> answers = ibis.memtable({"customer_id": ["1", "1"], "responded_at": ["2026-09-01", "2026-06-01"], "recommend": [9, 6]})
    >>> loyalty_scores(answers.cast({"responded_at": "timestamp"}), "2026-09-30").to_pandas()
      customer_id  score
    0           1    7.5
    """
    present = survey_responses.columns
    outcome = next((name for name in ("recommend", "satisfaction") if name in present), None)
    if outcome is None or "customer_id" not in present:
        return ibis.memtable(
            {"customer_id": [], "score": []}, schema={"customer_id": "string", "score": "float64"}
        )
    known = known_answers(survey_responses, as_of, workspace)
    first = months_later(ibis.literal(as_day(as_of), "date"), -months)
    known = known.filter(
        known.responded_at.date() > first, known.customer_id.notnull(), known[outcome].notnull()
    )
    return known.group_by("customer_id").aggregate(score=known[outcome].cast("float64").mean())
