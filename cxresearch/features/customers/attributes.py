"""Columns of customers and contracts beyond the contract: those known at the start describe a customer, later facts do not."""

from dataclasses import replace

import ibis

FEWEST, ONLY, MIXED = 10, 0.95, 0.8  # rows; shares that have ended of those with a value, of those without
PURE, COVERED = 0.98, 0.95  # a level all of whose rows ended, or none; share of the rows in such levels
GROWS, ENOUGH = 0.4, 30  # rank correlation of a number with the time under contract, and the rows that takes
LOOKED_AT = 100_000  # rows that decide


def described(workspace, name, as_of):
    """The further columns of customers or contracts, those that were filled in later among the ones left out, by what had ended on a day.

    The tables hold the present value of a column without a date. One that is filled, or empty, only where the contracts have ended, whose
    values tell which have, or a number that goes with how long they lasted (a count of renewals, a sum paid so far), is no fact of the
    start.

    Parameters
    ----------
    workspace : Workspace
    name : {"customers", "contracts"}
    as_of : datetime.date
        The day; what ended after it changes nothing.

    Returns
    -------
    list of Attribute
    """
    found = workspace.attributes(name)
    kept = [a for a in found if not a.why]
    if not kept or "contracts" not in workspace.tables:
        return found
    frame = _with_ends(workspace, name, kept, as_of)
    why = {a.column: _later(frame[a.column], a.kind, frame["cx_ended"], frame["cx_days"]) for a in kept}
    return [replace(a, why=a.why or why[a.column]) for a in found]


def _with_ends(workspace, name, kept, as_of):
    """The columns, with whether each contract (or all of a customer's) has ended, and how many days it lasted."""
    contracts = workspace.table("contracts")
    day = ibis.literal(as_of, "date")
    by = "contract_id" if name == "contracts" else "customer_id"
    known = contracts.filter(contracts.started_on <= day)
    runs = ibis.ifelse(known.ended_on.isnull() | (known.ended_on > day), 1, 0)
    until = ibis.ifelse(runs == 1, day, known.ended_on)
    ends = known.group_by(by).aggregate(runs=runs.max(), first=known.started_on.min(), until=until.max())
    ends = ends.select(
        by, cx_ended=ends.runs == 0, cx_days=ends.until.delta(ends["first"], unit="day").cast("float64")
    )
    table = workspace.table(name)
    rows = table.select(by, **{a.column: a.of(table) for a in kept})
    return rows.inner_join(ends, by).order_by(by).limit(LOOKED_AT).to_pandas()


def _later(values, kind, ended, days):
    """Why a column was filled in later; empty where nothing says so."""
    filled, ended = values.notna().to_numpy(), ended.astype(bool).to_numpy()
    for there, word in ((filled, "filled"), (~filled, "empty")):
        is_some = there.sum() >= FEWEST and not there.all()
        if is_some and ended[there].mean() >= ONLY and ended[~there].mean() <= MIXED:
            return f"it is {word} only where the contract has ended, so it was filled in afterwards"
    if kind == "number" and values.nunique() > 2:
        known = values.notna()
        if known.sum() >= ENOUGH and abs(values[known].rank().corr(days[known].rank())) >= GROWS:
            return "it goes with how long the contract lasted, so it was not known at the start"
        return ""
    by = values.astype(object).where(values.notna(), None)
    shares = _shares(by, ended)
    counted = shares[shares["size"] >= FEWEST]
    pure = counted[(counted["mean"] >= PURE) | (counted["mean"] <= 1 - PURE)]
    is_told = pure["size"].sum() >= COVERED * len(values) and (pure["mean"] > 0.5).nunique() == 2
    return "its values say whether the contract has ended" if is_told else ""


def _shares(values, ended):
    import pandas as pd

    return pd.Series(ended.astype(float)).groupby(values.to_numpy(), dropna=False).agg(["mean", "size"])
