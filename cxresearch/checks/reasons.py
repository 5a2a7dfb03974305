"""End reasons that the mapping counts as leaving and that no contract ended with: misspelt, or not yet seen."""

import ibis

from cxresearch.checks.rules import readable
from cxresearch.contract.schema import UNKNOWN
from cxresearch.tables.mapping import FILE


def unseen_reasons(source, leaving, zone, until=None):
    """Those of `leaving` with which no contract ended, by a day if there is one.

    Parameters
    ----------
    source : Source
        Of ``contracts``.
    leaving : sequence of str
    zone : str or None
    until : datetime.date, optional

    Returns
    -------
    list of str
        A sentence each.
    """
    present = source.columns()
    if not leaving or not {"ended_on", "end_reason"} <= set(present):
        return []
    rows = source.chosen()
    ended = readable(rows.ended_on, present["ended_on"].kind, zone)
    there = ended.notnull() if until is None else ended <= ibis.literal(until, "date")
    reason = rows.end_reason.cast("string").nullif("").fill_null(UNKNOWN)
    seen = rows.filter(there).select(reason=reason).distinct()
    found = set(seen.filter(seen.reason.isin(list(leaving))).to_pandas()["reason"])
    return [
        f"[churn] leaving in {FILE} lists {name}, with which no contract ended: is it spelt like that?"
        for name in leaving
        if name not in found
    ]
