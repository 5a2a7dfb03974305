"""Months in Ibis expressions: counted, shifted, and turned back into dates."""

import ibis

from cxresearch.months import MONTHS_PER_YEAR


def month_number(day):
    """The number of a day's month, counted from the year 0.

    Parameters
    ----------
    day : ibis date
    """
    return day.year() * MONTHS_PER_YEAR + day.month() - 1


def month_start(number):
    """The first day of the month with a number; the inverse of :func:`month_number`.

    >>> month_start(month_number(ibis.date("2026-09-30")) + 4).to_pyarrow().as_py()
    datetime.date(2027, 1, 1)
    """
    return ibis.date(number // MONTHS_PER_YEAR, number % MONTHS_PER_YEAR + 1, ibis.literal(1))


def months_between(first, last, begun=False):
    """Whole months from one date column to another: a month is over on the day of the same number.

    Parameters
    ----------
    first, last : ibis date
    begun : bool
        Count the month that has begun too.

    Examples
    --------
    >>> ends = ibis.date("2026-01-31"), ibis.date("2026-03-15")
    >>> [months_between(*ends, begun=begun).to_pyarrow().as_py() for begun in (False, True)]
    [1, 2]
    """
    # a cast of a boolean is not for every engine
    months = month_number(last) - month_number(first) - ibis.ifelse(last.day() < first.day(), 1, 0)
    return months + ibis.ifelse(last.day() != first.day(), 1, 0) if begun else months


def months_later(day, months):
    """The day so many months later, or earlier where `months` is negative; the 31st becomes the last day of a shorter month.

    Parameters
    ----------
    day : ibis date
    months : int

    Examples
    --------
    >>> [months_later(ibis.date("2026-08-31"), months).to_pyarrow().as_py() for months in (1, -6)]
    [datetime.date(2026, 9, 30), datetime.date(2026, 2, 28)]
    """
    step = ibis.interval(months=abs(int(months)))
    return (day + step if months >= 0 else day - step).cast("date")
