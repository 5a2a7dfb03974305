"""Cases of customer processes, and the variants that they follow, as known on a date."""

import datetime

import ibis

from cxresearch.contract.variants import PLACE, STEP, WIDTH
from cxresearch.features.as_of import as_day

QUIET = 30  # days without a step after which a case is taken for closed
OPTIONAL = (
    "started_at",
    "sequence",
    "customer_id",
    "channel",
    "complexity",
    "cost",
    "is_resolved",
    "is_open_case",
)


def process_cases(steps, as_of):
    """One row per case of a process: what had happened to it by the end of the last day.

    Parameters
    ----------
    steps : ibis.Table
        The contract's ``process_steps``.
    as_of : date or str
        The last day that counts; later steps are not known.

    Returns
    -------
    ibis.Table
        In order of process and case:

        - process, case_id, customer_id, channel, complexity, is_resolved: of the case; of several values one, of complexities the mean;
        - variant: its activities in order of time, then of ``sequence``, then of their keys; :func:`~cxresearch.contract.variants.activities` reads it;
        - steps, cost: how many steps, and what they cost together;
        - began_at, ended_at, hours: its first and latest moment, and the hours between;
        - is_flagged_open: whether a step says that it is open;
        - is_quiet: nothing has happened for 30 days, so that it is taken for closed.

    Examples
    --------
    >>> log = ibis.memtable({"step_id": ["1", "2", "3"], "case_id": ["a", "a", "b"], "process": ["order"] * 3,
    ...     "activity": ["ship", "enter", "enter"], "finished_at": ["2026-09-02 12:00:00", "2026-09-01 12:00:00", "2026-10-01 00:00:00"]})
    >>> found = process_cases(log.cast({"finished_at": "timestamp"}), "2026-09-30").to_pandas()
    >>> from cxresearch.contract.variants import activities
    >>> [(case.case_id, activities(case.variant), case.hours, case.is_quiet) for case in found.itertuples()]
    [('a', ['enter', 'ship'], 24.0, False)]
    """
    kinds = {"started_at": "timestamp", "sequence": "float64", "complexity": "float64", "cost": "float64"}
    kinds |= {"is_resolved": "boolean", "is_open_case": "boolean"}
    given = {c: steps[c] for c in OPTIONAL if c in steps.columns}
    absent = {c: ibis.null(kinds.get(c, "string")) for c in OPTIONAL if c not in given}
    day = as_day(as_of)
    end = datetime.datetime.combine(day, datetime.time()) + datetime.timedelta(days=1)
    known = steps.select("step_id", "case_id", "process", "activity", "finished_at", **given, **absent)
    known = known.filter(known.finished_at < ibis.literal(end, "timestamp"))
    of_case = ibis.window(
        group_by=["process", "case_id"], order_by=["finished_at", known.sequence.fill_null(0.0), "step_id"]
    )
    known = known.mutate(cx_place=ibis.row_number().over(of_case).cast("string").lpad(WIDTH, "0"))
    begun = ibis.coalesce(known.started_at, known.finished_at)
    begun = ibis.ifelse(begun < known.finished_at, begun, known.finished_at)

    cases = known.group_by("process", "case_id").aggregate(
        customer_id=known.customer_id.min(),
        channel=known.channel.min(),
        complexity=known.complexity.mean(),
        is_resolved=_flag(known.is_resolved),
        cx_variant=(known.cx_place + PLACE + known.activity).collect(),
        steps=known.count(),
        cost=known.cost.sum(),
        began_at=begun.min(),
        ended_at=known.finished_at.max(),
        is_flagged_open=_flag(known.is_open_case).fill_null(False),
    )
    seconds = cases.ended_at.epoch_seconds().cast("float64") - cases.began_at.epoch_seconds().cast("float64")
    since = ibis.literal(day, "date").delta(cases.ended_at.cast("date"), unit="day")
    return (
        cases.mutate(
            variant=cases.cx_variant.sort().join(STEP), hours=seconds / 3600, is_quiet=since >= QUIET
        )
        .drop("cx_variant")
        .order_by("process", "case_id")
    )


def process_variants(steps, as_of):
    """How many cases follow each variant: counted where the data are, so that a million cases cost what their variants cost.

    Parameters
    ----------
    steps, as_of
        As of :func:`process_cases`.

    Returns
    -------
    ibis.Table
        process, variant, is_flagged_open, is_quiet, cases; in this order.

    Examples
    --------
    >>> log = ibis.memtable({"step_id": ["1", "2", "3"], "case_id": ["a", "b", "c"], "process": ["order"] * 3,
    ...     "activity": ["enter"] * 3, "finished_at": ["2026-08-01 12:00:00", "2026-08-02 12:00:00", "2026-09-29 12:00:00"]})
    >>> process_variants(log.cast({"finished_at": "timestamp"}), "2026-09-30").to_pandas()[["is_quiet", "cases"]].values.tolist()
    [[False, 1], [True, 2]]
    """
    cases = process_cases(steps, as_of)
    keys = ["process", "variant", "is_flagged_open", "is_quiet"]
    return cases.group_by(keys).aggregate(cases=cases.count()).order_by(keys)


def _flag(column):
    """Whether it holds of any row; unknown where no row says."""
    return ibis.cases((column, 1), (~column, 0)).max() == 1
