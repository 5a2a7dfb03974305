"""What can be wrong with a row, a key, or a table's months: each rule as a text and what breaks it."""

from dataclasses import dataclass

import ibis

from cxresearch.contract.schema import KINDS
from cxresearch.tables.canonical import GIVEN
from cxresearch.tables.cast import typed, unreadable
from cxresearch.tables.mapping import FILE

READABLE = {
    "number": "not a number",
    "flag": f"not true or false; declare true = [...] and false = [...] in {FILE}",
    "moment": "not a date like 2026-09-30 or a moment like 2026-09-30T17:05:00Z",
    "date": "not a date like 2026-09-30",
    "text": "kept as floating-point numbers, which lose the digits of a key; export it as text",
}
LARGEST = 1e15  # beyond it a sum of floating-point numbers loses the cents, and a model its footing
JUMP = 10  # a month with this many times fewer or more rows than the months around it
UNIT = 30  # a month whose median is this many times another's
ENOUGH = 50  # rows that a usual month must have for a jump to mean something


@dataclass(frozen=True)
class Rule:
    """A rule of one table: `bad` is true where a row breaks it."""

    column: str
    text: str
    bad: ibis.expr.types.BooleanValue
    severity: str = "error"


def row_rules(source, as_of, zone):
    """The rules a single row can break, in the order in which they are reported."""
    raw = source.raw
    for column, spec in source.columns().items():
        value, kind = raw[column], spec.kind
        wrong = unreadable(value, kind)
        if wrong is not None:
            yield Rule(column, _unreadable_text(source.how, column, spec), wrong)
        if not spec.nullable:
            is_empty = value.isnull()
            if value.type().is_string() and source.layout is None:  # in a text file nothing is null already
                is_empty |= value == ""
            yield Rule(column, "is empty", is_empty)
        parsed = _readable(value, kind, zone)
        yield from _value_rules(column, spec, parsed)
        if spec.after in raw.columns:
            yield Rule(column, f"before {spec.after}", parsed < _readable(raw[spec.after], kind, zone))
        if spec.is_dated and not spec.planned:
            yield from _date_rules(column, parsed.cast("date"), as_of)


def _value_rules(column, spec, values):
    """The values that a column may take."""
    if spec.among:
        yield Rule(column, f"not one of {', '.join(spec.among)}", values.notnull() & ~values.isin(spec.among))
    if spec.low is not None:
        yield Rule(column, f"below {spec.low}", values < spec.low)
    if spec.high is not None:
        yield Rule(column, f"above {spec.high}", values > spec.high)
    if spec.kind == "number":
        yield Rule(column, "above 1e15 in size, too large to be added up", values.abs() > LARGEST)


def _date_rules(column, days, as_of):
    """A date that is no plan lies neither in the future nor before 1900."""
    if as_of is not None:
        yield Rule(column, f"later than {as_of}", days > ibis.literal(as_of, "date"))
    yield Rule(column, "earlier than 1900", days < ibis.date("1900-01-01"))


def _unreadable_text(how, column, spec):
    """The message for a value that is not of its type; it names the date format that the mapping declares, if any."""
    pattern = how.column(column).format or how.date_format
    if pattern and spec.is_dated:
        return f"not a date in the declared format {pattern}"
    return READABLE[spec.kind]


def _readable(value, kind, zone):
    """A column in its type, null where it cannot be read."""
    wrong = unreadable(value, kind)
    parsed = typed(value, kind, zone)
    return parsed if wrong is None else ibis.ifelse(wrong, ibis.null(KINDS[kind]), parsed)


def volume_rules(source, table, months):
    """Months that cannot be: hardly any rows between full ones, or amounts in another unit.

    Parameters
    ----------
    source : Source
    table : ibis.Table
        In the contract's types.
    months : pandas.DataFrame
        month, rows, and the median of every money or seconds column.

    Yields
    ------
    tuple
        column, text, number of rows in the month.
    """
    inner = months.iloc[1:-1]  # the first and the last month are seldom whole
    usual = inner["rows"].median()
    if len(inner) >= 4 and usual >= ENOUGH:
        for row in inner.itertuples():
            if row.rows * JUMP < usual:
                yield (
                    "",
                    f"only {row.rows:,} rows in {row.month:%Y-%m}, usually {usual:,.0f}: is something missing?",
                    int(row.rows),
                )
            if row.rows > usual * JUMP:
                yield (
                    "",
                    f"{row.rows:,} rows in {row.month:%Y-%m}, usually {usual:,.0f}: was something loaded twice?",
                    int(row.rows),
                )
    for column in months.columns[2:]:
        known = months[(months["rows"] >= ENOUGH) & (months[column] > 0)]
        if len(known) >= 4:
            middle = known[column].median()
            for row in known.itertuples():
                ratio = getattr(row, column) / middle
                if ratio > UNIT or ratio * UNIT < 1:
                    yield (
                        column,
                        f"the median of {row.month:%Y-%m} is {ratio:.3g} times the usual one: another unit?",
                        int(row.rows),
                    )


def given(raw, column):
    """The value of a column as it stood in the file."""
    return raw[GIVEN + column] if GIVEN + column in raw.columns else raw[column].cast("string")
