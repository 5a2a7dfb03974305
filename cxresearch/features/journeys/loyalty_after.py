"""Contacts with the loyalty that followed: what the customer answered next about the firm, and whether it left."""

import ibis

from cxresearch.features.answered import known_answers
from cxresearch.features.contacts import contacts
from cxresearch.features.journeys.left_within import joined, left_within

WITHIN = 365  # days after a contact in which an answer counts


def loyalty_after(workspace, as_of, months=12, within=3):
    """The contacts of the last months, each with the loyalty that its customer showed afterwards.

    Parameters
    ----------
    workspace : Workspace
        With a table of interactions; survey_responses and contracts are used where they are there.
    as_of : date or str
        The last day that counts.
    months : int
        How many months up to `as_of` count.
    within : int
        Months after a contact in which leaving counts.

    Returns
    -------
    ibis.Table
        All columns of :func:`~cxresearch.features.contacts.contacts`, in the order of their keys, and

        - recommend_after: the customer's first answer after the contact's day and within 365 days to the question of recommending, or where there is none in the table of
          satisfaction; the mean of several on one day; empty where there is none;
        - has_left: the customer held a contract at the end of the contact's day and left within the months; empty where none was held, or
          where the months are not over yet.

    Examples
    --------
    >>> import tempfile
    >>> import cxresearch as cx
    >>> from cxresearch.sample import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = write(folder, customers=240, months=12, tables=["customers", "contracts", "interactions", "survey_responses"])
    ...     found = loyalty_after(cx.open(folder), "2026-09-30").to_pandas()
    >>> bool(found["recommend_after"].between(0, 10).any()), "has_left" in found
    (True, True)
    """
    found = contacts(workspace.table("interactions"), as_of, months)
    found = _with_answer(found, workspace, as_of)
    left = left_within(found, "interaction_id", "started_at", workspace, as_of, within)
    return joined(found, left, "interaction_id").order_by("interaction_id")


def _with_answer(found, workspace, as_of):
    answers = workspace.table("survey_responses") if "survey_responses" in workspace.tables else None
    present = () if answers is None else answers.columns
    outcome = next((name for name in ("recommend", "satisfaction") if name in present), None)
    if outcome is None or "customer_id" not in present:
        return found.mutate(recommend_after=ibis.null("float64"))
    known = known_answers(answers, as_of, workspace)
    known = known.filter(known.customer_id.notnull(), known[outcome].notnull())
    known = known.group_by("customer_id", cx_day=known.responded_at.cast("date")).aggregate(
        cx_score=known[outcome].cast("float64").mean()
    )
    both = found.select("interaction_id", "customer_id", "started_at").inner_join(known, "customer_id")
    both = both.mutate(cx_later=both.cx_day.delta(both.started_at.cast("date"), unit="day"))
    both = both.filter(both.cx_later > 0, both.cx_later <= WITHIN)
    first = both.group_by("interaction_id").aggregate(recommend_after=both.cx_score.argmin(both.cx_later))
    return joined(found, first, "interaction_id")
