"""The columns of a table beyond the contract: which of them describe a unit, and whether each is a number, a flag or a text."""

from dataclasses import dataclass

import ibis

from cxresearch.contract.personal import is_personal
from cxresearch.contract.tables import TABLES
from cxresearch.tables import points
from cxresearch.tables.canonical import GROUPED, number_text
from cxresearch.tables.cast import SHAPES, tried

MOST = 200  # columns read; a wider table has no description of its columns either
CODE = r"^\s*0\d"  # 0049 is a code: as a number it would lose its zeros
DATE = r"^\d{4}-\d{2}-\d{2}([T ].*)?$"


@dataclass(frozen=True)
class Attribute:
    """One column beyond the contract.

    Attributes
    ----------
    column, kind : str
        Kind is ``number``, ``flag`` or ``text``.
    why : str
        Why it is no feature; empty where it is one.
    decimal, thousands : str, optional
        How its numbers are written.
    """

    column: str
    kind: str = "text"
    why: str = ""
    decimal: str | None = None
    thousands: str | None = None

    def of(self, table):
        """Its values in rows of the table: a number or flag as a float, a text without the blanks around it, missing where empty."""
        column = table[self.column]
        if column.type().is_string():
            if self.kind == "text":
                return _trimmed(column)
            if self.kind == "flag":
                return ibis.cases(
                    (column.strip().lower() == "true", 1.0), (column.strip().lower() == "false", 0.0)
                )
            return tried(_plain(column, self), "number")
        if self.kind == "flag":
            return ibis.cases((column, 1.0), (~column, 0.0))
        return column.cast("float64")


def attributes(source, table):
    """The columns of a table beyond the contract.

    A column of texts in which every value is a number is one of numbers, unless leading zeros say that they are names. Keys, dates and
    personal data are no attributes.

    Parameters
    ----------
    source : Source
    table : ibis.Table
        Its rows in the contract's types.

    Returns
    -------
    list of Attribute
        In the order of the table.

    Examples
    --------
    >>> import cxresearch as cx
    >>> [(found.column, found.kind) for found in cx.open("data/cdnow").attributes("orders")]
    [('units', 'number')]
    """
    name, how = source.name, source.how
    further = [c for c in table.columns if TABLES[name].column(c) is None]
    found, texts = {}, []
    for column in further:
        type_, why = table[column].type(), ""
        if column in source.personal or is_personal(name, column):
            why = "it is about a person"
        elif column.lower() == "id" or column.lower().endswith("_id"):
            why = "it is a key"
        elif type_.is_temporal():
            why = "it holds dates"
        elif type_.is_boolean() or type_.is_numeric():
            found[column] = Attribute(column, "flag" if type_.is_boolean() else "number")
            continue
        elif not type_.is_string():
            why = f"it holds values of type {type_}"
        elif len(texts) == MOST:
            why = f"it comes after the first {MOST} further columns of texts"
        else:
            texts.append(column)
            continue
        found[column] = Attribute(column, why=why)
    for column, facts in _facts(table, texts, source).items():
        kind, why = _kind(**facts)
        found[column] = Attribute(column, kind, why, how.decimal, how.thousands)
    return [found[column] for column in further]


def _trimmed(column):
    return column.strip().nullif("")


def _plain(column, how):
    plain = _trimmed(column)
    return number_text(plain, how.decimal, how.thousands) if how.decimal or how.thousands else plain


def _facts(table, texts, source):
    """How many values of each text column are filled, and how many of these are numbers, codes, ambiguous, flags and dates."""
    if not texts:
        return {}
    how = source.how
    is_declared, is_each = how.decimal or how.thousands, not points.is_open(source)
    counts = {}
    for place, column in enumerate(texts):
        plain = _trimmed(table[column])
        tests = {
            "filled": plain.notnull(),
            "numbers": _plain(table[column], how).re_search(SHAPES["number"]),
            "codes": plain.re_search(CODE),
            "grouped": ibis.literal(False) if is_declared else plain.re_search(GROUPED),
            "decimal": ibis.literal(False) if is_each else plain.re_search(points.PLAINLY_DECIMAL),
            "flags": plain.re_search(SHAPES["flag"]),
            "dates": plain.re_search(DATE),
        }
        counts |= {
            f"{what}_{place}": table.count(where=test.fill_null(False)) for what, test in tests.items()
        }
    row = table.aggregate(**counts).to_pandas().fillna(0).iloc[0]
    return {c: {what: int(row[f"{what}_{k}"]) for what in tests} for k, c in enumerate(texts)}


def _kind(filled, numbers, codes, grouped, decimal, flags, dates):
    """The kind of a column of texts, and why it is no feature."""
    if not filled:
        return "text", "it holds no value"
    if dates == filled:
        return "text", "it holds dates"
    if flags == filled:
        return "flag", ""
    if numbers == filled and not codes and grouped and not decimal:
        return "text", points.MAY_GROUP
    return ("number" if numbers == filled and not codes else "text"), ""
