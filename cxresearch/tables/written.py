"""Ways of writing that a format of letters cannot say: money with its mark, days and seconds that are counted, an end as a start and a duration."""

import datetime
import re

import ibis

from cxresearch.tables.cast import LEAP_YEAR, tried

BLANK = "[\\s\u00a0\u202f]*"
EXCEL, UNIX, UNIX_MS = COUNTED = ("excel", "unix", "unix_ms")
BEGINS = {EXCEL: "1899-12-30", UNIX: "1970-01-01", UNIX_MS: "1970-01-01"}
DAY = {EXCEL: 1, UNIX: 86_400, UNIX_MS: 86_400_000}  # how many of the unit make a day
RANGE = {
    EXCEL: (61, 73_050),
    UNIX: (-2.2e9, 7.25e9),
    UNIX_MS: (-2.2e12, 7.25e12),
}  # 1900 to 2199; Excel has a 29 February 1900
UNITS = {"days": 1, "weeks": 7, "months": 1, "quarters": 3, "years": 12}
LONGEST = 100_000  # of a duration, in any unit


def money_text(value, mark=None):
    """Money as people write it → a number with its sign in front: ``€12.00``, ``(12.00)``, ``12,00-``, ``-5 €``.

    Parameters
    ----------
    value : ibis.StringValue
    mark : str, optional
        The currency's mark; with any other the text stays one and no number.

    Examples
    --------
    >>> import ibis
    >>> given = ibis.memtable({"x": ["€12.00", "(€ 12.00)", "12,00 €-", "- 5 €", "$5"]})
    >>> given.select(money_text(given.x, "€").name("x")).to_pandas()["x"].tolist()
    ['12.00', '-12.00', '-12,00', '-5', '$5']
    """
    text = value.replace("\u2212", "-").re_replace(rf"^{BLANK}\((.*)\){BLANK}$", r"-\1")
    text = text.re_replace(rf"^([^-]*\d[^-\d]*)-{BLANK}$", r"-\1")
    sign = f"(?:{re.escape(mark)})?" if mark else ""
    text = text.re_replace(rf"^{BLANK}([+-]?){BLANK}{sign}{BLANK}([+-]?){BLANK}", r"\1\2")
    return text.re_replace(rf"{BLANK}{sign}{BLANK}$", "")


def counted_text(value, unit):
    """Days of Excel, or seconds or milliseconds since 1970, → ISO texts, in steps; what is no such number becomes a text that says it.

    Examples
    --------
    >>> import ibis
    >>> from cxresearch.tables.steps import worked_out
    >>> given = ibis.memtable({"x": ["46027", "46027.75", "x"], "s": ["1767619800", "0", "1e99"]})
    >>> worked_out(given, x=counted_text(given.x, "excel")).to_pandas()["x"].tolist()
    ['2026-01-05', '2026-01-05 18:00:00', 'not excel: x']
    >>> worked_out(given, s=counted_text(given.s, "unix")).to_pandas()["s"].tolist()
    ['2026-01-05 13:30:00Z', '1970-01-01 00:00:00Z', 'not unix: 1e99']
    """
    low, high = RANGE[unit]
    value = yield value
    number = yield tried(value, "number")
    number = yield ibis.ifelse(number.between(low, high), number, ibis.null("float64"))
    days = (number / DAY[unit]).floor().cast("int64")
    seconds = ((number - days * DAY[unit]) * (86_400 / DAY[unit])).round().cast("int64")
    days, seconds = yield days, seconds
    day, seconds = yield (
        _iso(ibis.date(BEGINS[unit]) + (days + seconds // 86_400).as_interval("D")),
        seconds % 86_400,
    )
    hours = (
        f.cast("int64").cast("string").lpad(2, "0")
        for f in (seconds // 3600, seconds // 60 % 60, seconds % 60)
    )
    clock = ibis.literal(" ").concat(next(hours), ":", next(hours), ":", next(hours))
    # a day of Excel without a fraction is a day
    text = ibis.ifelse(seconds == 0, day, day.concat(clock)) if unit == EXCEL else day.concat(clock, "Z")
    return ibis.ifelse(number.isnull() & value.notnull(), ibis.literal(f"not {unit}: ").concat(value), text)


def end_text(start, duration, unit):
    """The last of so many units that begin with a day, as ISO text, in steps; a month ends on the day before the same number.

    Parameters
    ----------
    start : ibis.StringValue
        ISO dates.
    duration : ibis.StringValue
        Whole numbers.
    unit : str
        One of `UNITS`.

    Returns
    -------
    ibis.StringValue
        Null where either is; a text that is no date where either cannot be read.

    Examples
    --------
    >>> import ibis
    >>> from cxresearch.tables.steps import worked_out
    >>> given = ibis.memtable({"from": ["2026-01-05", "2026-01-31", "2024-02-29", "x"], "n": ["1", "1", "4", "1"]})
    >>> worked_out(given, x=end_text(given["from"], given.n, "quarters")).to_pandas()["x"].tolist()
    ['2026-04-04', '2026-04-30', '2025-02-28', 'not a start and a duration: x + 1 quarters']
    """
    start, duration = yield start, duration
    day, number = yield tried(start, "date"), tried(duration, "number")
    is_whole = (number == number.floor()) & number.between(0, LONGEST)
    steps = yield ibis.ifelse(is_whole, number, ibis.null("float64")).cast("int64") * UNITS[unit]
    in_days = unit in ("days", "weeks")
    far = day.year() + steps // (365 if in_days else 12) >= datetime.MAXYEAR
    steps = yield ibis.ifelse(far, ibis.null("int64"), steps)
    if in_days:
        end = day + (steps - 1).as_interval("D")
    else:
        end = yield from _before_same_day(day, steps)
    said = ibis.literal("not a start and a duration: ").concat(start, " + ", duration, f" {unit}")
    text = ibis.ifelse(day.isnull() | steps.isnull(), said, _iso(end))
    return ibis.ifelse(start.isnull() | duration.isnull(), ibis.null("string"), text)


def _before_same_day(day, months):
    """The day before the same number so many months later; where that month is shorter, its last day."""
    number = yield day.year() * 12 + day.month() - 1 + months
    first, following = (ibis.date(n // 12, n % 12 + 1, ibis.literal(1)) for n in (number, number + 1))
    first, last = yield first, following - ibis.interval(days=1)
    before = first + (day.day() - 2).cast("int64").as_interval("D")
    return ibis.ifelse(day.day() > last.day(), last, before)


def _iso(day):
    """A day as text; to some engines a date and an interval are a moment."""
    return day.cast("string").substr(0, 10)


def last_day_text(value):
    """The last day of a year ``2026`` or a month ``2026-02``.

    Examples
    --------
    >>> import ibis
    >>> given = ibis.memtable({"x": ["2026", "2024-02", "2026-02", "2026-11"]})
    >>> given.select(last_day_text(given.x).name("x")).to_pandas()["x"].tolist()
    ['2026-12-31', '2024-02-29', '2026-02-28', '2026-11-30']
    """
    month = value.substr(5, 2)
    february = ibis.ifelse(value.re_search(LEAP_YEAR), "29", "28")
    days = ibis.cases((month == "02", february), (month.isin(["04", "06", "09", "11"]), "30"), else_="31")
    return ibis.ifelse(value.length() == 4, value.concat("-12-31"), value.concat("-", days))
