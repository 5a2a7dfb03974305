"""A raw column in the contract's types, and where it cannot be read as them."""

import ibis
import ibis.expr.datatypes as dt

SHAPES = {  # what a text must look like; engines alone accept "infinity", "1_000" and "1" for true
    "Timestamp": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$",
    "Date": r"^\d{4}-\d{2}-\d{2}$",
    "Float64": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$",
    "Boolean": r"^(true|false|TRUE|FALSE|True|False)$",
}
LOCAL = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$"


@ibis.udf.scalar.builtin(name="timezone")
def at_zone(zone: str, local: dt.Timestamp()) -> dt.Timestamp("UTC"):
    """Local time of a zone as a moment (DuckDB and PostgreSQL)."""


def typed(column, type_, zone=None, strict=False):
    """A raw column in the contract's type; text that is not of that type becomes null, or stops the query if `strict`.

    A moment without an offset is local time of `zone`, UTC where there is none; a date alone is the start of that day in
    UTC, so that it stays that date.
    """
    if type_.is_string():
        return column.cast("string")
    if not column.type().is_string():
        if not (type_.is_timestamp() and column.type().is_timestamp()):
            return column.cast(type_)
        if column.type().timezone:
            return column.cast("timestamp('UTC')").cast("timestamp")
        return at_zone(zone, column).cast("timestamp") if _is_away(zone) else column.cast(type_)
    local = None
    if type_.is_timestamp() and _is_away(zone):
        is_local = column.re_search(LOCAL)
        text = ibis.ifelse(
            is_local, column, ibis.null("string")
        )  # an engine may not read an offset as local time
        local = at_zone(zone, text.cast("timestamp") if strict else text.try_cast("timestamp"))
    if strict:
        # a text of another shape is made one that no engine takes; alone it might take "infinity", "1_000" or "1" for true
        kind = type(type_).__name__
        refused = ibis.literal(f"not a {kind.lower()}: ").concat(column)
        column = ibis.ifelse(column.re_search(SHAPES[kind]), column, refused)
    cast = column.cast if strict else column.try_cast
    if not type_.is_timestamp():
        return cast(type_)
    moment = cast("timestamp('UTC')")
    return (moment if local is None else ibis.ifelse(is_local, local, moment)).cast("timestamp")


def _is_away(zone):
    return zone not in (None, "UTC")


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
