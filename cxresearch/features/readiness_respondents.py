"""Answers to the readiness assessment, one row per respondent, as known on a date."""

import ibis

from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.features.as_of import as_day

OPTIONAL = {
    "respondent_id": "string",
    "respondent_role": "string",
    "year": "float64",
    "is_benchmark": "boolean",
    "source": "string",
}


def readiness_respondents(answers, as_of):
    """What each respondent answered at the latest assessment of their organisation.

    Parameters
    ----------
    answers : ibis.Table
        The contract's ``readiness_answers``.
    as_of : date or str
        The last day that counts.

    Returns
    -------
    ibis.Table
        organisation_id, assessed_on, respondent_id, respondent_role, year, is_benchmark (false where it is not said), source, and a column for each
        of the twelve items, empty where it was not answered; in order of organisation and respondent.

    Examples
    --------
    >>> table = ibis.memtable({"organisation_id": ["us"] * 3, "assessed_on": ["2025-09-01", "2026-09-01", "2026-09-01"],
    ...     "item": ["people_1", "people_1", "people_2"], "score": [1.0, 3.0, 2.0]})
    >>> found = readiness_respondents(table.cast({"assessed_on": "date"}), "2026-09-30").to_pandas()
    >>> found[["people_1", "people_2", "people_3"]].values.tolist()
    [[3.0, 2.0, nan]]
    """
    given = {c: answers[c] for c in OPTIONAL if c in answers.columns}
    absent = {c: ibis.null(kind) for c, kind in OPTIONAL.items() if c not in given}
    known = answers.select("organisation_id", "assessed_on", "item", "score", **given, **absent)
    known = known.filter(known.assessed_on <= ibis.literal(as_day(as_of), "date"))
    latest = known.assessed_on.max().over(ibis.window(group_by="organisation_id"))
    known = known.mutate(cx_latest=latest).filter(ibis._.assessed_on == ibis._.cx_latest)
    known = known.mutate(
        is_benchmark=known.is_benchmark.fill_null(False), cx_who=known.respondent_id.fill_null("")
    )
    items = {item: known.score.mean(where=known.item == item) for item in READINESS_ITEMS}
    found = known.group_by("organisation_id", "assessed_on", "cx_who").aggregate(
        respondent_id=known.respondent_id.min(),
        respondent_role=known.respondent_role.min(),
        year=known.year.max(),
        is_benchmark=ibis.ifelse(known.is_benchmark, 1, 0).max() == 1,
        source=known.source.min(),
        **items,
    )
    return found.order_by("organisation_id", "cx_who").drop("cx_who")
