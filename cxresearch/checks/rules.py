"""What can be wrong with a row: each rule as a text and what breaks it."""

from dataclasses import dataclass

import ibis

from cxresearch.contract.schema import CURRENCY, KINDS, NEVER
from cxresearch.contract.tables import TABLES
from cxresearch.tables.cast import typed, unreadable
from cxresearch.tables.mapping import FILE
from cxresearch.tables.money import paid, without_rate

READABLE = {
    "number": "not a number",
    "flag": f"not true or false; declare true = [...] and false = [...] in {FILE}",
    "moment": "not a date like 2026-09-30 or a moment like 2026-09-30T17:05:00Z",
    "date": "not a date like 2026-09-30",
    "text": "kept as floating-point numbers, which lose the digits of a key; export it as text",
}
LARGEST = 1e15  # beyond it a sum of floating-point numbers loses the cents, and a model its footing
TOO_LARGE = "above 1e15 in size, too large to be added up"
TOTAL = r"^\s*(grand|sub)?[ -]?(totals?|sum|summe|gesamtsumme|gesamt|zwischensumme|somme|suma)\s*:?\s*$"


@dataclass(frozen=True)
class Rule:
    """A rule of one table: `bad` is true where a row breaks it; `shown` is the column whose value is quoted, where it is another."""

    column: str
    text: str
    bad: ibis.expr.types.BooleanValue
    severity: str = "error"
    shown: str | None = None


def row_rules(source, as_of, zone):
    """The rules a single row can break, in the order in which they are reported."""
    raw, parsed = source.raw, {}
    money = paid(source.columns()) if source.money.worth and CURRENCY in raw.columns else []
    if source.refusal:
        yield Rule(CURRENCY, source.refusal, _is_foreign(source))
    for column, spec in source.columns().items():
        value, kind = raw[column], spec.kind
        wrong = unreadable(value, kind)
        if column in money and value.type().is_string():
            lacking = without_rate(value)
            yield Rule(CURRENCY, f"no rate for it; declare one in [money.rates] of {FILE}", lacking)
            wrong &= ~lacking
        if wrong is not None:
            yield Rule(column, _unreadable_text(source.how, column, spec), wrong)
        if not spec.nullable:
            yield Rule(column, "is empty", _is_empty(source, column))
        parsed[column] = readable(value, kind, zone)
        yield from _value_rules(column, spec, parsed[column])
        if spec.after in raw.columns:
            yield Rule(column, f"before {spec.after}", parsed[column] < readable(raw[spec.after], kind, zone))
        if spec.is_dated:
            yield from _date_rules(column, parsed[column].cast("date"), None if spec.planned else as_of)
        if spec.is_key:
            text = value.cast("string").lower()
            yield Rule(
                column, "reads like a row of totals, which would be counted twice", text.re_search(TOTAL)
            )
    yield from _one_of(source)


def _is_empty(source, column):
    value = source.raw[column]
    is_empty = value.isnull()
    if value.type().is_string() and source.layout is None:  # in a text file nothing is null already
        is_empty |= value == ""
    return is_empty


def _is_foreign(source):
    """Rows in another currency than the workspace's; where that is not declared, all in any."""
    currency = source.raw[CURRENCY].cast("string")
    own = source.money.currency
    return currency.notnull() & (currency != own) if own else currency.notnull()


def _one_of(source):
    """Of some columns each row must fill one, not only the table."""
    table, present = TABLES[source.name], source.columns()
    there = [column for column in table.one_of if column in present]
    if there:
        shown = table.key if table.key in present else there[0]
        name = " or ".join(table.one_of)
        bad = ibis.and_(*(_is_empty(source, column) for column in there))
        yield Rule(name, "none of them is given" if there[1:] else f"{there[0]} is empty", bad, shown=shown)


def _value_rules(column, spec, values):
    """The values that a column may take."""
    if spec.among:
        yield Rule(column, f"not one of {', '.join(spec.among)}", values.notnull() & ~values.isin(spec.among))
    if spec.low is not None:
        yield Rule(column, f"below {spec.low}", values < spec.low)
    if spec.high is not None:
        yield Rule(column, f"above {spec.high}", values > spec.high)
    if spec.kind == "number":
        yield Rule(column, TOO_LARGE, values.abs() > LARGEST)


def _date_rules(column, days, as_of):
    """A date lies neither before 1900 nor after 2199 nor, unless it is a plan, in the future."""
    if as_of is not None:
        yield Rule(column, f"later than {as_of}", days > ibis.literal(as_of, "date"))
    else:
        text = f"later than {NEVER.year - 1}; declare a day that stands for none as missing in {FILE}"
        yield Rule(column, text, days >= ibis.literal(NEVER, "date"))
    yield Rule(column, "earlier than 1900", days < ibis.date("1900-01-01"))


def _unreadable_text(how, column, spec):
    """The message for a value that is not of its type; it names the date format that the mapping declares, if any."""
    pattern = how.column(column).format or how.date_format
    if pattern and spec.is_dated:
        return f"not a date in the declared format {pattern}"
    return READABLE[spec.kind]


def readable(value, kind, zone):
    """A column in its type, null where it cannot be read."""
    wrong = unreadable(value, kind)
    parsed = typed(value, kind, zone)
    return parsed if wrong is None else ibis.ifelse(wrong, ibis.null(KINDS[kind]), parsed)
