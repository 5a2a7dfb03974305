"""A raw column as the contract's kinds, and where it cannot be read as them."""

from functools import partial

import ibis
import ibis.expr.datatypes as dt

from cxresearch.contract.schema import KINDS

SHAPES = {  # what a text must look like; engines alone accept "infinity", "1_000" and "1" for true
    "moment": r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$",
    "date": r"^\d{4}-\d{2}-\d{2}$",
    "number": r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$",
    "flag": r"^(true|false|TRUE|FALSE|True|False)$",
}
UTC = dt.Timestamp("UTC")
LOCAL = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?$"  # a moment without an offset
SPARK = "pyspark"
STOPPING = (
    "postgres",
    "risingwave",
    "mysql",
    "singlestoredb",
    "sqlite",
    "druid",
    "exasol",
    "impala",
    "oracle",
)
MONTH_AND_DAY = r"^[^-]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
SHORT_MONTH = r"^[^-]{4}-(02-3|(04|06|09|11)-31)"
LEAP_DAY = r"^[^-]{4}-02-29"
LEAP_YEAR = r"^(([02468][048]|[13579][26])00|\d\d(0[48]|[2468][048]|[13579][26]))-"
CLOCK = r"^.{10}([T ]([01]\d|2[0-3])(:[0-5]\d){1,2}(\.\d+)?(Z|[+-](0\d|1[0-4])(:?[0-5]\d)?)?)?$"


@ibis.udf.scalar.builtin(name="timezone")
def clock_of(zone: str, moment: dt.Timestamp("UTC")) -> dt.Timestamp():
    """What a clock in a zone shows at a moment (DuckDB and PostgreSQL)."""


@ibis.udf.scalar.builtin(name="from_utc_timestamp")
def spark_clock_of(moment: dt.Timestamp("UTC"), zone: str) -> dt.Timestamp():
    """The same on Spark, whose sessions work in UTC here."""


def tried(column, kind, type_=None):
    """A text as the contract's kind, in a type of its own if one is given; null where it cannot be.

    Where the engine's own cast would stop the query instead, the text is looked at first: its shape, the calendar's
    days, and a size that any engine holds (numbers of 200 characters with an exponent of two digits).
    """
    type_ = type_ or KINDS[kind]
    if column.get_backend().name not in STOPPING:
        return column.try_cast(type_)
    fits = column.re_search(SHAPES[kind])
    if kind in ("date", "moment"):
        leap = ~column.re_search(LEAP_DAY) | column.re_search(LEAP_YEAR)
        fits &= column.re_search(MONTH_AND_DAY) & ~column.re_search(SHORT_MONTH) & leap
        fits &= column.re_search(CLOCK) & ~column.startswith("0000")
    elif kind == "number":
        fits &= ~column.re_search(r"[eE][+-]?\d{3}") & (column.length() <= 200)
    return ibis.ifelse(fits, column, ibis.null("string")).cast(type_)


def typed(column, kind, zone=None, strict=False):
    """A raw column as the contract's kind; text that is not of that kind becomes null, or stops the query if `strict`.

    A moment becomes what a clock in `zone` (UTC where there is none) shows, so that its day, week and quarter are those that people there
    call it by. Without an offset it is that already; a date alone is the start of that day.
    """
    type_ = KINDS[kind]
    if kind == "text":
        return column.cast(type_)
    if not is_kin(column.type(), kind):
        if not strict:
            return ibis.null(type_)
        return ibis.literal(f"not a {kind}: ").concat(column.cast("string")).cast(type_)
    if not column.type().is_string():
        if column.type().is_timestamp() and column.type().timezone:
            return _on_the_clock(column.cast(UTC), zone).cast(type_)
        return column.cast(type_)
    local = None
    if kind == "moment" and _is_away(zone):
        is_local = column.re_search(LOCAL)
        # an engine may drop the offset of a text that it reads without a zone
        text = ibis.ifelse(is_local, column, ibis.null("string"))
        local = text.cast(type_) if strict else tried(text, kind)
    if strict:
        # a text of another shape is made one that no engine takes; alone it might take "infinity", "1_000" or "1" for true
        refused = ibis.literal(f"not a {kind}: ").concat(column)
        column = ibis.ifelse(column.re_search(SHAPES[kind]), column, refused)
    cast = column.cast if strict else partial(tried, column, kind)
    if kind != "moment":
        return cast(type_)
    moment = _on_the_clock(cast(UTC), zone).cast(type_)
    return moment if local is None else ibis.ifelse(is_local, local, moment)


def _on_the_clock(moment, zone):
    """What a clock in a zone shows at a moment."""
    if not _is_away(zone):
        return moment
    return spark_clock_of(moment, zone) if moment.get_backend().name == SPARK else clock_of(zone, moment)


def is_kin(type_, kind):
    """Whether values of an engine's type can be read as those of the contract's kind.

    A number is no date: whether it counts seconds, counts days or writes 20260930 it does not say.

    >>> [is_kin(dt.dtype(type_), "date") for type_ in ("string", "timestamp", "int64", "time", "array<int64>")]
    [True, True, False, False, False]
    """
    if type_.is_string() or kind == "text":
        return True
    if kind in ("date", "moment"):
        return type_.is_date() or type_.is_timestamp()
    return type_.is_numeric() or type_.is_boolean()


def is_number(column):
    """Where a floating-point column holds a number: neither null nor what pandas writes for a missing value."""
    # not isnan(): DuckDB takes it to be false where a Parquet file's statistics, which leave NaN out, are finite
    return column.notnull() & ((column - column == 0) | column.isinf())


def _is_away(zone):
    return zone not in (None, "UTC")


def unreadable(column, kind):
    """Where a raw column holds something that is not of the contract's kind; None where its own type rules that out."""
    if not is_kin(column.type(), kind):
        return column.notnull()
    if not column.type().is_string():
        if kind == "text" and column.type().is_floating():
            return is_number(column)  # a key kept as floating-point numbers has lost its digits
        if kind == "flag" and not column.type().is_boolean():
            return column.notnull()
        if kind == "number" and not column.type().is_integer():
            number = column.cast("float64")  # PostgreSQL's decimals know NaN too
            # not isnan(): DuckDB takes it to be false where a Parquet file's statistics, which leave NaN out, are finite
            return number - number != 0
        return None
    if kind == "text":
        return None
    parsed = typed(column, kind)
    refused = parsed.isnull() | ~column.re_search(SHAPES[kind])
    if kind == "number":
        refused |= parsed - parsed != 0  # 1e400 is more than any number here
    return column.notnull() & refused
