"""The register of projects and their status reports, as known on a date."""

from dataclasses import replace

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.errors import DataError
from cxresearch.features.as_of import as_day
from cxresearch.features.months import months_later


def projects(workspace, as_of):
    """One row per project that had been approved, or had begun, by `as_of`: what was known of it then.

    What happened later is taken out: a finish, an outcome or a final cost after `as_of` is missing, so is a benefit
    that could not have been counted yet. Columns of the contract that the table lacks are there and empty.

    Parameters
    ----------
    workspace : Workspace
        With the table ``projects``; its ``cxresearch.toml`` may say what a failure is.
    as_of : date or str
        The last day that is known.

    Returns
    -------
    ibis.Table
        The columns of the contract and the firm's own attributes (see :func:`project_attributes`) as numbers, flags and texts; ``begun_on`` (first day of work, or of approval where none is given); ``has_failed``
        by the workspace's definition, missing while it cannot be told; ``decided_on``, the day on which it could be:
        of the cancellation, of a finish that was too dear or too late, or the definition's months after the finish. Where the table has a
        column ``has_failed`` of its own, that decides, on the day of the finish.

    Notes
    -----
    Rows that are alike count once, as where each weekly report repeats the register. An outcome without a date is known at no
    date and not used, unless the table has no column ``finished_on`` at all. A finish without an outcome is a delivery
    where the table has no column ``outcome``. Where no benefit is recorded for any project, only cancellations are failures.

    Examples
    --------
    >>> import tempfile
    >>> import cxresearch as cx
    >>> from cxresearch.sample import write
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rows = write(folder, customers=1200, tables=["projects"])
    ...     table = projects(cx.open(folder), "2026-03-31").to_pandas()
    >>> table[["project_id", "outcome", "has_failed"]].head(3)
      project_id    outcome has_failed
    0    P000001  cancelled       True
    1    P000003  delivered      False
    2    P000004  delivered       None
    """
    raw = workspace.table("projects")
    given = set(raw.columns)
    wanted = TABLES["projects"].columns
    kept = [a for a in project_attributes(workspace) if not a.why]
    own = {a.column: a.of(raw) == 1 if a.kind == "flag" else a.of(raw) for a in kept}
    table = raw.select(
        **{name: raw[name] if name in given else ibis.null(spec.type) for name, spec in wanted.items()}, **own
    ).distinct()
    day = ibis.literal(as_day(as_of), "date")
    failure = workspace.mapping.project_failure
    begun = ibis.coalesce(table.started_on, table.approved_on)
    table = table.mutate(begun_on=begun)
    table = table.filter(ibis.least(table.begun_on, ibis.coalesce(table.approved_on, begun)) <= day)
    has_ended = (table.finished_on <= day).fill_null(False)
    if "outcome" in given:
        is_dated = has_ended if "finished_on" in given else table.outcome.notnull()
        outcome = ibis.cases((is_dated, table.outcome))
    else:
        outcome = ibis.cases((has_ended, ibis.literal("delivered")))
    counted_on = months_later(table.finished_on, failure.months)
    is_counted = (counted_on <= day).fill_null(False)
    table = table.mutate(
        outcome=outcome,
        counted_on=counted_on,
        finished_on=ibis.cases((has_ended, table.finished_on)),
        actual_cost=ibis.cases(
            (has_ended if "finished_on" in given else outcome.notnull(), table.actual_cost)
        ),
        benefit_realised=ibis.cases((is_counted, table.benefit_realised)),
    )
    if {"benefit_planned", "benefit_realised"} <= given:
        short = table.benefit_realised < failure.benefit_share * table.benefit_planned
        decided = table.counted_on
    else:
        short = ibis.cases((table.outcome == "delivered", ibis.literal(False)))
        decided = table.finished_on
    over = _overrun(table, failure, given)
    is_over = over.fill_null(False)
    is_cancelled = (table.outcome == "cancelled").fill_null(False)
    is_delivered = (table.outcome == "delivered").fill_null(False)
    by_rule = ibis.cases((is_cancelled, ibis.literal(True)), (is_delivered, over | short))
    told_on = ibis.cases(
        (is_cancelled | (is_delivered & is_over), table.finished_on),
        (is_delivered & (decided <= day), decided),
    )
    if "has_failed" in given:  # the firm's own judgement, known from the end on; a cancellation needs none
        own = ibis.cases(
            (table.finished_on.notnull() if "finished_on" in given else ibis.literal(True), table.has_failed)
        )
        by_rule = ibis.coalesce(own, ibis.cases((is_cancelled, ibis.literal(True))))
        told_on = ibis.cases((by_rule.notnull(), table.finished_on))
    table = table.mutate(has_failed=by_rule, decided_on=told_on)
    return table.drop("counted_on").order_by("project_id")


def project_attributes(workspace):
    """The columns of ``projects`` beyond the contract: the firm's own attributes, and why the others are none.

    A key, a date, what is about a person, and a column that differs between the rows of one project is no attribute of it.

    Parameters
    ----------
    workspace : Workspace
        With the table ``projects``.

    Returns
    -------
    list of Attribute
        Each with column, kind (number, flag or text) and why (empty for an attribute).
    """
    found = workspace.attributes("projects")
    kept = [a for a in found if not a.why]
    if not kept:
        return found
    raw = workspace.table("projects")
    spellings = {f"cx_{k}": raw[a.column].cast("string").fill_null("").nunique() for k, a in enumerate(kept)}
    most = raw.group_by("project_id").aggregate(**spellings)
    most = most.aggregate(**{name: most[name].max() for name in spellings}).to_pandas().iloc[0]
    differs = {a.column for k, a in enumerate(kept) if most[f"cx_{k}"] > 1}
    why = "it differs between the rows of one project"
    return [replace(a, why=why) if a.column in differs else a for a in found]


def columns_left_out(workspace):
    """The columns of ``projects`` that are no attributes, half a sentence each: ``serial: it is a key``."""
    return [f"{a.column}: {a.why}" for a in project_attributes(workspace) if a.why]


def failure_definition(workspace):
    """What counts as a failed project of this workspace, in a sentence.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    str
        The rule of the mapping, or the register's own judgement where ``projects`` has a column ``has_failed``.
    """
    failure = workspace.mapping.project_failure
    if "projects" not in workspace.tables:
        return failure.sentence
    given = set(workspace.table("projects").columns)
    return failure.told("has_failed" in given, {"benefit_planned", "benefit_realised"} <= given)


def _overrun(table, failure, given):
    """Whether a project cost or took more than the rules allow: missing where a number is, unless another rule tells."""
    for column, setting in failure.needs.items():
        if column not in given and "has_failed" not in given:
            raise DataError(f"projects has no column {column}, which {setting} in [project_failure] needs")
    over = ibis.literal(False)
    if failure.cost_over is not None:
        over = over | (table.actual_cost > failure.cost_over * table.baseline_cost)
    if failure.late_over is not None:
        late = table.finished_on.delta(table.planned_finish_on, unit="day")
        over = over | (late > failure.late_over)
    return over


def project_status(workspace, as_of):
    """The status reports of projects up to and including `as_of`.

    Parameters
    ----------
    workspace : Workspace
        With the table ``project_status``.
    as_of : date or str

    Returns
    -------
    ibis.Table
        As in the contract, in order of project and date.
    """
    if "project_status" not in workspace.tables:
        raise DataError(f"{workspace.source}: this needs the table project_status, which is not there")
    table = workspace.table("project_status")
    return table.filter(table.status_on <= ibis.literal(as_day(as_of), "date")).order_by(
        "project_id", "status_on"
    )
