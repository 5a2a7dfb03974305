"""A part of a firm: the rows of every table that belong to some customers, departments or kinds of project."""

from dataclasses import dataclass

from cxresearch.contract.personal import is_free_text, is_personal
from cxresearch.contract.schema import UNKNOWN
from cxresearch.contract.tables import TABLES
from cxresearch.errors import DataError

WHOLE = {
    "customers": "customer_id",
    "projects": "project_id",
}  # whose attributes choose rows of other tables too
LISTED = 12  # values that a message names


@dataclass(frozen=True)
class Part:
    """The rows whose column has a value.

    Attributes
    ----------
    column, value : str
        ``unknown`` stands for none.
    owner : str or None
        ``customers`` or ``projects`` where it is their attribute: rows of other tables follow by key. None where every table with such a
        column is cut by it, and the others are whole.
    """

    column: str
    value: str
    owner: str | None = None

    def __str__(self):
        return f"{self.column}={self.value}"

    def of(self, name, table, whole):
        """The rows of a table that belong to the part.

        Parameters
        ----------
        name : str
        table : ibis.Table
        whole : callable
            Takes the name of a table; returns all of it.
        """
        if self.owner and name != self.owner:
            key = WHOLE[self.owner]
            if key not in table.columns:
                return table
            members = self._chosen(whole(self.owner))
            return table.filter(table[key].isin(members[key]))
        return self._chosen(table) if self.column in table.columns else table

    def _chosen(self, table):
        column = table[self.column]
        text = (column if column.type().is_string() else column.cast("string")).strip()
        is_none = text.isnull() | (text == "")
        return table.filter(is_none if self.value == UNKNOWN else text == self.value)


def part(text, columns, values):
    """The part that a text such as ``segment=SMB`` names.

    Parameters
    ----------
    text : str
    columns : dict of list
        The columns of each table.
    values : callable
        Takes a table's name and a column; returns its values as texts.

    Returns
    -------
    Part

    Raises
    ------
    DataError
        Where the text is none, no table has such a column, the column is a key, a date or about people, or has no such value.
    """
    column, equals, value = (piece.strip() for piece in text.partition("="))
    if not equals or not column or not value:
        raise DataError(f"{text!r} names no part; write a column and a value, as in segment=SMB")
    tables = [name for name, there in columns.items() if column in there]
    tables = [
        name for name in WHOLE if name in tables
    ] or tables  # an attribute of customers may have its name elsewhere too
    if not tables:
        offered = sorted({c for name in WHOLE for c in columns.get(name, ()) if _divides(name, c)})
        raise DataError(
            f"no table has a column {column!r} to divide by; customers and projects have {', '.join(offered) or 'none'}"
        )
    for name in tables:
        if not _divides(name, column):
            raise DataError(
                f"{name}.{column} is a key, a date, a number, an outcome or about people: it divides no firm"
            )
    owner = next((name for name in WHOLE if name in tables), None)
    found = {v for name in ([owner] if owner else tables) for v in values(name, column)}
    if value not in found:
        named = ", ".join(sorted(found)[:LISTED]) + (" …" if len(found) > LISTED else "")
        raise DataError(f"{(owner or tables[0])}.{column} has no value {value!r}; it has {named}")
    return Part(column, value, owner)


def _divides(name, column):
    """Whether a column may divide a firm: no key, date, number, free text or later outcome, and nothing about people."""
    declared = TABLES[name].column(column)
    if is_personal(name, column) or is_free_text(name, column) or column.endswith("_id"):
        return False
    if declared is None:
        return True
    return declared.kind in ("text", "flag") and not (declared.is_key or declared.ripens)
