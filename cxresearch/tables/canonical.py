"""Values as they were given → texts in the one form that the contract reads: ISO dates, plain numbers, true and false.

A value that cannot be turned stays as it is, so that it is found and named as unreadable and never quietly lost.
"""

import re

import ibis
from ibis.expr.operations import Field

from cxresearch.contract.schema import NEVER
from cxresearch.contract.tables import LINE, number
from cxresearch.engines import apart
from cxresearch.errors import DataError
from cxresearch.tables import codes
from cxresearch.tables.cast import SHAPES, tried
from cxresearch.tables.dates import date_text
from cxresearch.tables.steps import in_steps, is_plain
from cxresearch.tables.written import end_text, money_text

CHOSEN = f"{LINE}_chosen"  # where the mapping chooses rows: whether each is among them
GIVEN = "cx_given_"  # prefix of the column that keeps a mapped value as it stood in the file
FAR_AHEAD = r"^(2[2-9]|[3-9]\d)\d\d-\d\d-\d\d"  # an ISO date from the year 2200 on
GROUPED = r"^\s*[+-]?[1-9]\d{0,2}(\.\d{3})+\s*$"  # 1.234: a thousand, or one and a bit
HARD = "\u00a0\u202f"  # blanks that do not break a line, as exports write them beside and within numbers


def given(rows, column):
    """The value of a column as it stood in the file."""
    return rows[GIVEN + column] if GIVEN + column in rows.columns else rows[column].cast("string")


def number_text(value, decimal=None, thousands=None):
    """Numbers with a decimal comma or grouped thousands → plain texts; groups must have three digits each."""
    decimal, group = decimal or ".", thousands
    point = re.escape(decimal)
    whole = r"\d+" if not group else rf"(?:\d+|\d{{1,3}}(?:{re.escape(group)}\d{{3}})+)"
    shape = rf"^\s*[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?\s*$"
    value = value.re_replace(rf"^[{HARD}]+|[{HARD}]+$", "") if group and group in HARD else value
    plain = value.strip()
    if group:
        plain = plain.replace(group, "")
    if decimal != ".":
        plain = plain.replace(decimal, ".")
    # what merely looks plain, such as 1.234 where the comma is the decimal, must not pass as it is
    refused = ibis.literal("not a number: ").concat(value)
    return ibis.ifelse(value.re_search(shape), plain, refused)


def flag_text(value, true, false):
    """Declared codes → true and false."""
    return ibis.cases(
        (value.isin(true), ibis.literal("true")), (value.isin(false), ibis.literal("false")), else_=value
    )


def mapped(raw, name, table, specs, ambiguous_point=False, money=None):
    """A raw table in the contract's names, its texts canonical.

    Parameters
    ----------
    raw : ibis.Table
        As it stands in the file or the database.
    name : str
        For messages: the file's or the table's name.
    table : TableMap
    specs : callable
        Names present → the contract's column declarations.
    money : Money, optional
        Converts amounts of other currencies.
    ambiguous_point : bool
        A point among digits may group thousands (fields are parted by ``;``), and nothing declares what it is.

    Returns
    -------
    ibis.Table
        Contract columns; beside a changed one ``cx_given_<name>`` with the value as it was; every other column as it is.
    """
    used = {source for how in table.columns.values() for source in how.sources}
    asked = used | {column for how in table.columns.values() for column in how.where}
    for column in sorted(asked - set(raw.columns)):
        raise DataError(
            f"{name}: no column {column}, which cxresearch.toml reads; there are {', '.join(raw.columns)}"
        )
    found = specs([*table.columns, *raw.columns])
    rest = [c for c in raw.columns if c not in found and c not in used]
    wanted = _looked_up(raw, table, found, rest)
    if wanted:
        raw = codes.looked_up(raw, wanted)
    works = {}
    for target, spec in found.items():
        meant = codes.meaning(raw, target) if target in wanted else None
        works[target] = _contract_column(raw, table.column(target), spec, table, ambiguous_point, meant)
    extra_numbers = _extra_numbers(name, raw, table, rest)
    # engines ignore the case of letters: Amount beside a mapped amount would be the same column
    targets = {c: f"{c} (as given)" if c.lower() in {t.lower() for t in found} else c for c in rest}
    numbers = [target for c, target in targets.items() if c in extra_numbers]
    for column, target in targets.items():
        if column in extra_numbers:
            how, meant = table.column(column), codes.meaning(raw, column) if column in wanted else None
            works[target] = _contract_column(raw, how, number("a number"), table, ambiguous_point, meant)
    staged, made = in_steps(raw, works)
    columns = {}
    for target in found:
        columns |= _beside(target, *made[target])
    for column, target in targets.items():
        value = raw[column]
        if target in made:
            columns |= _beside(target, *made[target])
        elif column in wanted:
            columns[target] = codes.meaning(raw, column)
        elif table.missing and value.type().is_string():
            columns[target] = _without_missing(value, table.missing)
        else:
            columns[target] = value
    given = dict(columns)
    staged, paid = in_steps(staged, money.converted(columns, found) if money else {})
    for target, value in paid.items():
        columns[target] = value
        columns.setdefault(GIVEN + target, given[target].cast("string"))
    if table.rows:
        columns[CHOSEN] = ibis.and_(
            *(_is_chosen(name, raw, given, column, choice) for column, choice in table.rows.items())
        )
    if list(columns) == list(raw.columns) and all(_stands(columns[name], raw, name) for name in columns):
        return raw, tuple(numbers)  # as it stands: a query of thousands of columns takes seconds to write
    is_changed = any(not is_plain(value) for value in columns.values())
    mapped = staged.select(**columns)
    return apart(mapped) if is_changed else mapped, tuple(numbers)


def _beside(target, value, given):
    """A column by its name and, if it was changed, its values as they were given."""
    return {target: value} | ({} if given is None else {GIVEN + target: given})


def _is_chosen(name, raw, columns, column, choice):
    """Whether each row is among those that the mapping chooses by the values of a column; an empty text is no value."""
    value = raw[column] if column in raw.columns else columns.get(column)
    if value is None:
        raise DataError(
            f"{name}: no column {column}, by which cxresearch.toml chooses rows; there are {', '.join(raw.columns)}"
        )
    return _is_among(value, choice)


def _is_among(value, choice):
    found = _plain(value).isin(choice.values).fill_null("" in choice.values)
    return ~found if choice.is_except else found


def _stands(value, raw, name):
    """Whether a value is the column of that name of the table, unchanged."""
    column = value.op()
    return isinstance(column, Field) and column.name == name and column.rel is raw.op()


def _looked_up(raw, table, found, rest):
    """The columns with more codes than a chain of cases should have: name → text and meanings."""
    if raw.get_backend().name != "duckdb":
        return {}
    wanted = {}
    for target, spec in found.items():
        how = table.column(target)
        meanings = how.codes | dict.fromkeys([*how.missing, *table.missing])
        if how.sources and len(meanings) > codes.MANY:
            given = _given(raw, how, spec)
            wanted[target] = (given if given.type().is_string() else _plain(given), meanings)
    if len(table.missing) > codes.MANY:
        extra = rest if table.numbers == "*" else table.numbers
        for column in rest:
            if raw[column].type().is_string() or column in extra:
                meanings = dict.fromkeys([*table.column(column).missing, *table.missing])
                wanted[column] = (_plain(raw[column]), meanings)
    return wanted


def _contract_column(raw, how, spec, table, ambiguous_point, meant=None):
    """One column of the contract and, if it was changed, its values as they were given, in steps."""
    given = _given(raw, how, spec)
    if how.after is not None:
        value = yield from _end(raw, how, table)
    else:
        value = yield from _canonical(given, how, table, spec.kind, ambiguous_point, meant)
    if how.empty is not None:
        value = _plain(value).fill_null(how.empty)
    for column, choice in how.where.items():
        value = ibis.ifelse(_is_among(raw[column], choice), value, ibis.null(value.type()))
    if spec.open_ended:
        value = _without_open_end((yield value))
    return value, None if value is given else given.cast("string")


def _extra_numbers(name, raw, table, rest):
    """The columns outside the contract that the mapping reads as numbers."""
    if table.numbers == "*":
        return rest
    for column in table.numbers:
        if column not in rest:
            why = "the contract or the mapping has it already" if column in raw.columns else "there is none"
            raise DataError(f"{name}: no column {column} to read as a number, as cxresearch.toml says: {why}")
    return table.numbers


def _given(raw, how, spec):
    """A column's values as they are given: one column, several put together, a constant or the rows' numbers."""
    if how.row_number:
        return (ibis.row_number() + 1).cast("string")
    if how.column is not None:
        return raw[how.column]
    if how.after is not None:
        return raw[how.after].cast("string").concat(" + ", raw[how.plus].cast("string"))
    sources = [raw[c].cast("string") for c in how.sources]
    texts = [raw[part].cast("string") if is_column else ibis.literal(part) for is_column, part in how.parts]
    if not sources or spec.is_key:  # half a key is none
        return texts[0].concat(*texts[1:]) if texts[1:] else texts[0]
    # half a date stays as it is and is found to be unreadable; half a text is a text
    filled = [text.fill_null("") for text in texts]
    whole = filled[0].concat(*filled[1:]) if filled[1:] else filled[0]
    whole = whole.strip() if spec.kind == "text" else whole
    return ibis.ifelse(ibis.or_(*(s.notnull() for s in sources)), whole, ibis.null("string"))


def _end(raw, how, table):
    """The end of something, from its beginning and its duration."""
    missing = (*how.missing, *table.missing)
    pattern = how.format or table.date_format
    start, duration = yield tuple(_plain(raw[c]) for c in (how.after, how.plus))
    start, duration = (_without_missing(value, missing) for value in (start, duration))
    if pattern and not raw[how.after].type().is_temporal():
        start = _day((yield from date_text(start, pattern)))
    return (yield from end_text(_without_midnight(start), duration, how.unit))


def _canonical(given, how, table, kind, ambiguous_point, meant=None):
    """Given values in the contract's form, in steps; the same expression where nothing is to be done.

    `meant` is the same with its codes replaced, where they were looked up already.
    """
    if not how.sources:
        return given  # a constant and a row's number are in the contract's form
    missing = (*how.missing, *table.missing)
    is_text = given.type().is_string()
    # a number such as 20260930 is a date where a format says so
    is_dated = kind in ("date", "moment") and (is_text or given.type().is_numeric())
    pattern = (how.format or table.date_format) if is_dated else None
    if not is_text and not (missing or how.codes or how.true or how.false or pattern):
        return _typed(given, how, kind)
    value = meant
    if meant is None:
        value = given if is_text else _plain(given)
        if missing or how.codes:
            value = yield from _recoded(value, how, missing)
    if kind == "flag" and (how.true or how.false):
        value = flag_text((yield value), how.true, how.false)
    if pattern:
        value = yield from date_text(value, pattern)
    if kind == "date":
        value = _without_midnight(value)
        value = _day(value) if pattern else value
    if kind == "number" and is_text:
        value = money_text(value, how.mark) if how.money else value
        if table.decimal or table.thousands or ambiguous_point:
            value = _number_as_written((yield value), table)
    if how.scale:
        value = yield value
        scaled = _scaled(tried(value, "number"), how.scale)
        value = ibis.ifelse(value.re_search(SHAPES["number"]), scaled.cast("string"), value)
    return value


def _typed(given, how, kind):
    """A column that is no text and needs no translation; a number that stands for yes or no becomes its code."""
    if kind == "flag" and not given.type().is_boolean():
        return _plain(given)
    return _scaled(given, how.scale) if how.scale else given


def _recoded(value, how, missing):
    """Texts without the codes for a missing value, other codes translated, in steps."""
    value = _without_missing((yield value), missing)
    if how.codes:
        value = yield value
        value = ibis.cases(*((value == k, ibis.literal(v)) for k, v in how.codes.items()), else_=value)
    return value


def _without_missing(value, missing):
    """Texts without the codes for a missing value; blanks around either do not tell them apart."""
    wanted = list(dict.fromkeys(code.strip() for code in missing))
    return ibis.ifelse(value.strip().isin(wanted), ibis.null("string"), value) if wanted else value


def _number_as_written(value, table):
    """Number texts as the table declares them; without a declaration, one whose point may group thousands is marked as ambiguous."""
    if table.decimal or table.thousands:
        return number_text(value, table.decimal, table.thousands)
    ambiguous = value.re_search(GROUPED)
    return ibis.ifelse(ambiguous, ibis.literal("ambiguous: ").concat(value), value)


def _scaled(number, scale):
    """A number times `scale`; 1999 pence are divided by 100, as 1999 · 0.01 is not 19.99."""
    parts = round(1 / scale)
    return number / float(parts) if parts and 1 / parts == scale else number * float(scale)


def _plain(value):
    """A typed code as text: 6.0 is the code 6."""
    text = value.cast("string")
    return text.re_replace(r"\.0$", "") if value.type().is_floating() else text


def _without_midnight(value):
    """A date that an export wrote as a moment at midnight is that date."""
    return value.re_replace(r"^(\d{4}-\d{2}-\d{2})[T ]00:00(:00(\.0+)?)?Z?$", r"\1")


def _day(value):
    """The day of a moment whose format the mapping declares for a date: that of the clock it was written by."""
    return value.re_replace(r"^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?$", r"\1")


def _without_open_end(value):
    """The end of something, none where it lies so far ahead that it stands for none."""
    type_ = value.type()
    if type_.is_date() or type_.is_timestamp():
        return ibis.ifelse(value < ibis.literal(NEVER, "date").cast(type_), value, ibis.null(type_))
    if not type_.is_string():
        return value
    return ibis.ifelse(value.re_search(FAR_AHEAD), ibis.null("string"), value)
