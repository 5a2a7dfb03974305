"""What a notebook, or a section of it, needs of the tables, as its heading cell says."""

import re

NEED = re.compile(r"[a-z_]+(\.[a-z_]+)?( or [a-z_]+(\.[a-z_]+)?)*")


def lacking(workspace):
    """A function that says what of some needs is not there.

    Parameters
    ----------
    workspace : Workspace

    Returns
    -------
    callable
        Takes needs: texts such as ``"contracts"``, ``"contracts.term_months"`` or ``"contracts or orders.amount"``. Returns half a sentence
        about the first that is not met, empty where all are.

    Raises
    ------
    ValueError
        From the function, for a need that is not written so.
    """
    columns = {}

    def has(place):
        table, _, column = place.partition(".")
        if table not in workspace.tables:
            return False
        if column and table not in columns:
            columns[table] = set(workspace.table(table).columns)
        return not column or column in columns[table]

    def said(needs):
        for need in needs:
            if not NEED.fullmatch(need):
                raise ValueError(f"need {need!r}: write table, table.column, or several joined by ' or '")
            places = need.split(" or ")
            if not any(map(has, places)):
                return _absent(places, workspace.tables)
        return ""

    return said


def _absent(places, tables):
    """Half a sentence on what is not there: tables, and columns of those that are.

    >>> _absent(["contracts.term_months"], ["contracts"]), _absent(["contracts", "orders.amount"], [])
    ('contracts has no column term_months', 'there is no table contracts or orders')
    >>> _absent(["calls.effort", "calls.agent_id", "calls.job"], ["calls"]), _absent(["costs", "steps.cost"], ["steps"])
    ('calls has no column effort, agent_id or job', 'there is no table costs and steps has no column cost')
    """
    halves = [place.split(".") for place in places]
    lacking = dict.fromkeys(table for table, *_ in halves if table not in tables)
    said = [f"there is no table {_or(lacking)}"] if lacking else []
    for table in dict.fromkeys(table for table, *_ in halves if table in tables):
        said.append(
            f"{table} has no column {_or(column for name, *rest in halves if name == table for column in rest)}"
        )
    return " and ".join(said)


def _or(names):
    """
    >>> _or("abc"), _or("ab"), _or("a")
    ('a, b or c', 'a or b', 'a')
    """
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
