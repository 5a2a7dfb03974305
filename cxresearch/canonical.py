"""Values as they were given → texts in the one form that the contract reads: ISO dates, plain numbers, true and false.

A value that cannot be turned stays as it is, so that it is found and named as unreadable and never quietly lost.
"""

import re

import ibis

from cxresearch.cast import tried
from cxresearch.errors import DataError

GIVEN = "cx_given_"  # prefix of the column that keeps a mapped value as it stood in the file
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TOKENS = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "b": r"([A-Za-z]{3})",
    "d": r"(\d{1,2})",
    "H": r"(\d{1,2})",
    "M": r"(\d{1,2})",
    "S": r"(\d{1,2}(?:\.\d+)?)",
}


def date_text(value, pattern):
    """Dates written as `pattern` (``%d.%m.%Y %H:%M``) → ISO texts.

    Knows %Y %y %m %b %d %H %M %S; a year of two digits is 1969 to 2068.
    """
    order, regex = [], ""
    for token, literal in re.findall(r"%(.)|([^%])", pattern):
        if token and token not in TOKENS:
            raise DataError(f"date format {pattern!r}: %{token} is not among %{' %'.join(TOKENS)}")
        order += [token] if token else []
        regex += TOKENS[token] if token else re.escape(literal) if literal != " " else r"\s+"
    if not {"d", "m"} <= {"m" if t == "b" else t for t in order} or not {"Y", "y"} & set(order):
        raise DataError(f"date format {pattern!r}: it needs a year, a month and a day")
    regex = f"^{regex}$"
    part = {token: value.re_extract(regex, i) for i, token in enumerate(order, 1)}
    year = part.get("Y")
    if year is None:
        year = ibis.ifelse(part["y"] >= "69", "19", "20").concat(part["y"])
    month = part["m"].lpad(2, "0") if "m" in part else _month(part["b"])
    text = year.concat("-", month, "-", part["d"].lpad(2, "0"))
    if "H" in part:
        minute = part["M"].lpad(2, "0") if "M" in part else ibis.literal("00")
        second = part["S"] if "S" in part else ibis.literal("00")
        second = ibis.ifelse(second.re_search(r"^\d(\.|$)"), ibis.literal("0").concat(second), second)
        text = text.concat("T", part["H"].lpad(2, "0"), ":", minute, ":", second)
    return ibis.ifelse(value.re_search(regex), text, value)


def number_text(value, decimal=None, thousands=None):
    """Numbers with a decimal comma or grouped thousands → plain texts; groups must have three digits each."""
    decimal, group = decimal or ".", thousands
    point = re.escape(decimal)
    whole = r"\d+" if not group else rf"(?:\d+|\d{{1,3}}(?:{re.escape(group)}\d{{3}})+)"
    shape = rf"^\s*[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?\s*$"
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


def mapped(raw, name, table, specs, ambiguous_point=False):
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
    ambiguous_point : bool
        A point among digits may group thousands (fields are parted by ``;``), and nothing declares what it is.

    Returns
    -------
    ibis.Table
        Contract columns; beside a changed one ``cx_given_<name>`` with the value as it was; every other column as it is.
    """
    wanted = dict(table.columns)
    used = {source for spec in wanted.values() for source in spec.sources}
    for source in sorted(used - set(raw.columns)):
        raise DataError(
            f"{name}: no column {source}, which cxresearch.toml reads; there are {', '.join(raw.columns)}"
        )
    present = specs([*wanted, *raw.columns])
    from cxresearch.mapping import ColumnMap

    made = {}
    for target, spec in present.items():
        how = wanted.get(target) or ColumnMap(column=target)
        given = _given(raw, how)
        value = _canonical(given, how, table, spec.dtype.type, ambiguous_point)
        made[target] = value
        if value is not given:
            made[GIVEN + target] = given.cast("string")
    rest = [c for c in raw.columns if c not in made and c not in used]
    extra = rest if table.numbers == "*" else [c for c in table.numbers if c in raw.columns]
    for column in set(table.numbers) - set(raw.columns) if table.numbers != "*" else ():
        raise DataError(f"{name}: no column {column}, which cxresearch.toml lists among numbers")
    for column in rest:
        value = raw[column]
        if table.missing and value.type().is_string():
            value = ibis.ifelse(value.isin(table.missing), ibis.null("string"), value)
        made[column] = value
    return raw.select(**made), tuple(extra)


def _given(raw, how):
    if how.row_number:
        return (ibis.row_number() + 1).cast("string")
    if how.value is not None:
        return ibis.literal(how.value)
    if how.column is not None:
        return raw[how.column]
    first, *more = (raw[c].cast("string") for c in how.columns)
    for column in more:
        first = first.concat(" ", column)
    return first


def _canonical(given, how, table, type_, ambiguous_point):
    value, kind = given, type(type_).__name__
    missing = tuple(how.missing) + tuple(table.missing)
    coded = missing or how.codes or how.true or how.false
    if not value.type().is_string():
        is_code = kind == "Boolean" and not value.type().is_boolean()
        if not (coded or is_code):
            return value * how.scale if how.scale else value
        value = _plain(value)
    if missing:
        value = ibis.ifelse(value.isin(missing), ibis.null("string"), value)
    if how.codes:
        value = ibis.cases(*((value == k, ibis.literal(v)) for k, v in how.codes.items()), else_=value)
    if kind == "Boolean" and (how.true or how.false):
        value = flag_text(value, how.true, how.false)
    if kind in ("Date", "Timestamp") and (how.format or table.date_format):
        value = date_text(value, how.format or table.date_format)
    if kind == "Date" and "%H" in (how.format or table.date_format or "%H"):
        value = _without_midnight(value)
    if kind == "Float64" and (table.decimal or table.thousands):
        value = number_text(value, table.decimal, table.thousands)
    elif kind == "Float64" and ambiguous_point:
        ambiguous = value.re_search(r"^\s*[+-]?\d{1,3}(\.\d{3})+$")
        value = ibis.ifelse(ambiguous, ibis.literal("ambiguous: ").concat(value), value)
    if how.scale:
        number = tried(value, "float64") * how.scale
        value = ibis.ifelse(number.isnull(), value, number.cast("string"))
    return value


def _plain(value):
    """A typed code as text: 6.0 is the code 6."""
    if value.type().is_floating():
        whole = value == value.floor()
        return ibis.ifelse(whole, value.cast("int64").cast("string"), value.cast("string"))
    return value.cast("string")


def _without_midnight(value):
    """A date that an export wrote as a moment at midnight is that date."""
    return value.re_replace(r"^(\d{4}-\d{2}-\d{2})[T ]00:00(:00(\.0+)?)?Z?$", r"\1")


def _month(text):
    low = text.lower()
    return ibis.cases(*((low == m, ibis.literal(f"{i:02d}")) for i, m in enumerate(MONTHS, 1)), else_=text)
