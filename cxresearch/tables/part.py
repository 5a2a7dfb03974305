"""A part of a firm: the rows of every table that belong to some customers, departments or kinds of project."""

from dataclasses import dataclass

from cxresearch.contract.personal import is_free_text, is_personal
from cxresearch.contract.tables import TABLES
from cxresearch.contract.values import value_text
from cxresearch.errors import DataError

WHOLE = {
    "customers": "customer_id",
    "projects": "project_id",
}  # whose attributes choose rows of other tables too
LISTED = 12  # values that a message names


@dataclass(frozen=True)
class Part:
    """The rows whose column has one of some values.

    Attributes
    ----------
    column : str
        As it was named, be it ``projects.kind``.
    values : tuple of str
        ``unknown`` stands for none.
    owner : str or None
        ``customers`` or ``projects`` where it is their attribute: rows of other tables follow by key. None where every table with such a
        column is cut by it, and the others are whole.
    """

    column: str
    values: tuple
    owner: str | None = None

    def __str__(self):
        return f"{self.column}={','.join(self.values)}"

    @property
    def name(self):
        """The column without its table."""
        return self.column.rpartition(".")[2]

    def divides(self, name, columns):
        """Whether a table with these columns holds the rows of the part only."""
        return self.name in columns if not self.owner or name == self.owner else WHOLE[self.owner] in columns

    def of(self, name, table, whole):
        """The rows of a table that belong to the part.

        Parameters
        ----------
        name : str
        table : ibis.Table
        whole : callable
            Takes the name of a table; returns all of it.
        """
        if not self.divides(name, table.columns):
            return table
        if self.owner and name != self.owner:
            key = WHOLE[self.owner]
            members = self._chosen(whole(self.owner))
            return table.filter(table[key].isin(members[key]))
        return self._chosen(table)

    def _chosen(self, table):
        return table.filter(value_text(table, self.name).isin(self.values))


def part(text, columns, values):
    """The part that a text such as ``segment=SMB``, or ``segment=SMB,key_account``, names.

    Parameters
    ----------
    text : str
        A column and its values, separated by commas unless one of the values is the whole text.
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
    if not equals or not column or not value.strip(", "):
        raise DataError(f"{text!r} names no part; write a column and a value, as in segment=SMB")
    owner, tables = owner_of(column, columns)
    found = {v for name in tables for v in values(name, column.rpartition(".")[2])}
    wanted = [value] if value in found else [v.strip() for v in value.split(",") if v.strip()]
    for one in wanted:
        if one not in found:
            named = ", ".join(sorted(found)[:LISTED]) + (" …" if len(found) > LISTED else "")
            place = f"{tables[0]}.{column.rpartition('.')[2]}"
            raise DataError(f"{place} has no value {one!r}; it has {named}")
    return Part(column, tuple(sorted(set(wanted))), owner)


def owner_of(column, columns):
    """Whose attribute a column is, ``customers``, ``projects`` or nobody's, and the tables that hold its values.

    Where customers and projects have a column of one name, it is that of customers; ``projects.kind`` names the other.

    Raises
    ------
    DataError
        As of :func:`part`.
    """
    table, dot, name = column.partition(".")
    if dot and table in WHOLE:
        columns, column = {table: columns.get(table, [])}, name
    tables = [name for name, there in columns.items() if column in there]
    # an attribute of customers may have its name elsewhere too
    tables = [name for name in WHOLE if name in tables] or tables
    if not tables:
        offered = sorted({c for name in WHOLE for c in columns.get(name, ()) if _divides(name, c)})
        raise DataError(
            f"no table has a column {column!r} to divide by; customers and projects have {', '.join(offered) or 'none'}"
        )
    owner = tables[0] if tables[0] in WHOLE else None
    tables = [owner] if owner else tables
    for name in tables:
        if not _divides(name, column):
            raise DataError(
                f"{name}.{column} is a key, a date, a number, an outcome or about people: it divides no firm"
            )
    return owner, tables


def pieces(text):
    """The attributes of a text such as ``region=north; segment=SMB``, each by itself.

    >>> pieces("region=north; segment=SMB,key_account"), pieces("name=a;b")
    (['region=north', 'segment=SMB,key_account'], ['name=a;b'])
    """
    found = [piece.strip() for piece in text.split(";") if piece.strip()]
    return found if all("=" in piece for piece in found) else [text]


def _divides(name, column):
    """Whether a column may divide a firm: no key, date, number, free text or later outcome, and nothing about people."""
    declared = TABLES[name].column(column)
    if is_personal(name, column) or is_free_text(name, column) or column.endswith("_id"):
        return False
    if declared is None:
        return True
    return declared.kind in ("text", "flag") and not (declared.is_key or declared.ripens)
