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
    """Half a sentence on what is not there: the column of a table that is, or else the tables.

    >>> _absent(["contracts.term_months"], ["contracts"]), _absent(["contracts", "orders.amount"], [])
    ('contracts has no column term_months', 'there is no table contracts or orders')
    """
    halves = [place.split(".") for place in places]
    if all(table in tables for table, *_ in halves):
        return " and ".join(f"{table} has no column {column}" for table, column in halves)
    return f"there is no table {' or '.join(dict.fromkeys(table for table, *_ in halves))}"
