"""Rules of status reports across their columns and along time: what earned value cannot be."""

import ibis

from cxresearch.checks.rules import Rule, readable

HUNDRED = 100.0
FACTOR = 10  # a budget that many times above what any work is worth: the work is in per cent
ROUNDING = 1.005


def status_rules(source, zone):
    """The rules of ``project_status``; none for other tables.

    Work is worth no more than its budget, and cost so far does not fall. Planned and earned value are amounts: where none is above 100 and budgets
    are ten times that, they are shares.
    """
    if source.name != "project_status":
        return
    raw, specs = source.raw, source.columns()
    values = {c: readable(raw[c], specs[c].kind, zone) for c in specs if specs[c].kind in ("number", "date")}
    budget = values.get("budget_at_completion")
    worth = [c for c in ("planned_value", "earned_value") if c in values]
    shares = _shares(source, worth, values)
    for column in worth:
        if column in shares:
            said = "no value is above 100, while costs are: a percentage? It is an amount of money, a share of the budget"
            yield Rule(column, said, values[column].notnull())
        elif budget is not None:
            said = "above budget_at_completion, which is the worth of all the work"
            yield Rule(column, said, values[column] > budget * ROUNDING, "warning")
    if {"actual_cost", "status_on", "project_id"} <= set(specs):
        before = ibis.window(
            group_by=raw.project_id.cast("string"), order_by=values["status_on"], preceding=(None, 1)
        )
        said = "below that of an earlier report of the project; it is the cost so far"
        highest = values["actual_cost"].max().over(before)
        yield Rule("actual_cost", said, values["actual_cost"] * ROUNDING < highest, "warning")


def _shares(source, worth, values):
    """The columns of planned and earned value that hold shares of the budget and no money."""
    money = [c for c in ("budget_at_completion", "actual_cost") if c in values]
    if not worth or not money:
        return []
    rows = source.chosen(source.raw.mutate(**{f"cx_{c}": values[c] for c in [*worth, *money]}))
    ends = rows.aggregate(
        **{c: rows[f"cx_{c}"].max() for c in worth}, **{c: rows[f"cx_{c}"].median() for c in money}
    )
    ends = ends.to_pandas().iloc[0]
    is_money = any(ends[c] >= FACTOR * HUNDRED for c in money)
    return [c for c in worth if 0 < ends[c] <= HUNDRED and is_money]
