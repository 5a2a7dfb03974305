"""A raw column in the contract's types, and where it cannot be read as them."""

import ibis
import ibis.expr.datatypes as dt

SHAPES = {  # what a text must look like; engines alone accept "infinity", "1_000" and "1" for true
    "Timestamp": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$",
    "Date": r"^\d{4}-\d{2}-\d{2}$",
    "Float64": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$",
    "Boolean": r"^(true|false|TRUE|FALSE|True|False)$",
}
OFFSET = r"(Z|[+-]\d{2}(:?\d{2})?)$"


@ibis.udf.scalar.builtin(name="timezone")
def at_zone(zone: str, local: dt.Timestamp()) -> dt.Timestamp("UTC"):
    """Local time of a zone as a moment (DuckDB and PostgreSQL)."""


def typed(column, type_, zone=None, strict=False):
    """A raw column in the contract's type; text that is not of that type becomes null, or stops the query if `strict`.

    A moment without an offset is local time of `zone`, UTC where there is none.
    """
    if type_.is_string():
        return column.cast("string")
    if not column.type().is_string():
        if type_.is_timestamp() and column.type().is_timestamp() and column.type().timezone:
            return column.cast("timestamp('UTC')").cast("timestamp")
        return column.cast(type_)
    cast = column.cast if strict else column.try_cast
    if not type_.is_timestamp():
        return cast(type_)
    moment = cast("timestamp('UTC')")
    if zone and zone != "UTC":
        local = column.cast("timestamp") if strict else column.try_cast("timestamp")
        has_offset = column.re_search(r"\d" + OFFSET) & column.re_search("[T ]")
        moment = ibis.ifelse(has_offset, moment, at_zone(zone, local))
    return moment.cast("timestamp")


def unreadable(column, type_):
    """Where a raw column holds something that is not of the contract's type; None where its own type rules that out."""
    kind = type(type_).__name__
    if not column.type().is_string():
        if kind == "String" and column.type().is_floating():
            return column.notnull()  # a key kept as floating-point numbers has lost its digits
        if kind == "Boolean" and not column.type().is_boolean():
            return column.notnull()
        if kind == "Float64" and column.type().is_floating():
            return column.isnan() | column.isinf()
        return None
    if kind == "String":
        return None
    parsed = typed(column, type_)
    return column.notnull() & (parsed.isnull() | ~column.re_search(SHAPES[kind]))
