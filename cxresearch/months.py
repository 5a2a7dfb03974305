"""Months as people count them, and the lengths of a month and a year where time is continuous."""

import calendar
import datetime
import re

MONTHS_PER_YEAR = 12
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
WEEKS_PER_YEAR = DAYS_PER_YEAR / 7


def month_number(day):
    """The number of a day's month, counted from the year 0, so that months can be added and subtracted.

    >>> month_number(datetime.date(2026, 9, 30)) - month_number(datetime.date(2025, 12, 31))
    9
    """
    return MONTHS_PER_YEAR * day.year + day.month - 1


def month_start(number):
    """The first day of the month with a number.

    >>> month_start(month_number(datetime.date(2026, 9, 30)) + 4)
    datetime.date(2027, 1, 1)
    """
    return datetime.date(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1, 1)


def month_end(day):
    """The last day of a day's month.

    >>> month_end(datetime.date(2026, 2, 3))
    datetime.date(2026, 2, 28)
    """
    return datetime.date(day.year, day.month, calendar.monthrange(day.year, day.month)[1])


def months_later(day, months):
    """The day so many months later, or earlier where `months` is negative; the last day of a month stays the last.

    >>> months_later(datetime.date(2026, 6, 30), -4), months_later(datetime.date(2026, 1, 30), 1)
    (datetime.date(2026, 2, 28), datetime.date(2026, 2, 28))
    >>> months_later(datetime.date(2026, 5, 15), -3)
    datetime.date(2026, 2, 15)
    """
    last = month_end(month_start(month_number(day) + months))
    is_last = (day + datetime.timedelta(days=1)).day == 1
    return last if is_last else last.replace(day=min(day.day, last.day))


def wave_end(wave, starts=1):
    """The last day of a wave named like ``2026``, ``2026Q3``, ``2026-07`` or ``2026-07-15``; None of any other.

    Parameters
    ----------
    wave : str
    starts : int
        The month in which the fiscal year begins; a fiscal year bears the number of the calendar year in which it ends.

    Examples
    --------
    >>> wave_end("2026Q3"), wave_end("2026-02"), wave_end("spring")
    (datetime.date(2026, 9, 30), datetime.date(2026, 2, 28), None)
    >>> wave_end("2026Q1", starts=4)
    datetime.date(2025, 6, 30)
    """
    match = re.fullmatch(r"([12]\d{3})(?:[ -]?Q([1-4])|-(\d{2})(?:-(\d{2}))?)?", wave.strip())
    if not match:
        return None
    year, quarter, month, day = (int(part) if part else None for part in match.groups())
    if month is None:
        ends = 12 * (year - (starts > 1)) + starts - 2 + 3 * (quarter or 4)
        year, month = ends // 12, ends % 12 + 1
    if not 1 <= month <= 12:
        return None
    days = calendar.monthrange(year, month)[1]
    return datetime.date(year, month, day or days) if (day or days) <= days else None


def in_natural_order(labels):
    """Labels of waves in the order that they say themselves; None where they say none.

    They say it where all are named after periods, or where they differ in numbers alone: in one, or in several of which one is
    a year, which comes first. Single letters count as numbers, and English names of months as those of their months.

    >>> in_natural_order(["Wave 10", "Wave 9"]), in_natural_order(["Q1 2026", "Q4 2025"])
    (['Wave 9', 'Wave 10'], ['Q4 2025', 'Q1 2026'])
    >>> in_natural_order(["Oct 2025", "September 2025"]), in_natural_order(["spring", "autumn"])
    (['September 2025', 'Oct 2025'], None)
    """
    labels = list(labels)
    if len(labels) < 2:
        return labels
    periods = {label: wave_end(label) for label in labels}
    if all(periods.values()) and len(set(periods.values())) == len(labels):
        return sorted(labels, key=periods.get)
    parts = {
        label: [_number_in(part) for part in re.findall(r"\d+|[^\W\d_]+|[\W_]+", label.strip())]
        for label in labels
    }
    if len({len(part) for part in parts.values()}) > 1:
        return None
    columns = list(zip(*parts.values(), strict=True))
    vary = [i for i, column in enumerate(columns) if len(set(column)) > 1]
    if not vary or not all(isinstance(part, int) for i in vary for part in columns[i]):
        return None
    years = [i for i in vary if all(1900 <= part <= 2100 for part in columns[i])]
    if len(vary) > 1 and not years:
        return None
    order = years[:1] + [i for i in vary if i not in years[:1]]
    keys = {label: [part[i] for i in order] for label, part in parts.items()}
    return sorted(labels, key=keys.get)


def _number_in(part):
    """A part of a label as the number it is or stands for; else the part in small letters."""
    low = part.lower()
    if part.isdecimal():
        return int(part)
    names = [name.lower() for name in calendar.month_name]
    if len(low) >= 3 and any(name.startswith(low) for name in names):
        return next(i for i, name in enumerate(names) if name.startswith(low))
    return ord(low) - ord("a") + 1 if len(low) == 1 and "a" <= low <= "z" else low
