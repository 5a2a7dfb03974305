"""The date a feature is built for, and the windows that end on it."""

import datetime
from dataclasses import dataclass

import ibis


@dataclass(frozen=True)
class AsOf:
    """The end of a day: what had happened by then is known, what came later is not.

    Parameters
    ----------
    day : date
        The last day that counts, in UTC.
    windows : tuple of int
        Lengths in days, ascending; a window of 30 days is `day` and the 29 days before it.

    Examples
    --------
    >>> at = AsOf.of("2026-06-30", (90, 30))
    >>> at.windows, at.longest, at.end
    ((30, 90), 90, datetime.datetime(2026, 7, 1, 0, 0))
    >>> at.begin(30)
    datetime.datetime(2026, 6, 1, 0, 0)
    """

    day: datetime.date
    windows: tuple = ()

    @classmethod
    def of(cls, as_of, windows=()):
        """Read a date (a text, a date or a moment) and lengths in days; anything else is a `ValueError`."""
        wrong = [w for w in windows if isinstance(w, bool) or w != int(w) or w < 1]
        if wrong:
            raise ValueError(f"windows: {wrong[0]!r} is no number of days; a window has one day or more")
        if len(set(windows)) < len(windows):
            raise ValueError(f"windows: {windows!r} names a length twice")
        return cls(as_day(as_of), tuple(sorted(int(w) for w in windows)))

    @property
    def end(self):
        """The first moment that is not known any more."""
        return datetime.datetime.combine(self.day, datetime.time()) + datetime.timedelta(days=1)

    @property
    def longest(self):
        """The longest window, in days."""
        return self.windows[-1]

    def begin(self, days):
        """The first moment of the window of so many days."""
        return self.end - datetime.timedelta(days=days)

    def is_within(self, moment, days, before=0):
        """Whether a known moment lies in the window of so many days that ends `before` days earlier."""
        inside = moment >= ibis.literal(self.begin(days + before), "timestamp")
        return inside & (moment < ibis.literal(self.begin(before), "timestamp")) if before else inside

    def known(self, table, moment):
        """The rows of a table whose moment had come."""
        return table.filter(table[moment] < ibis.literal(self.end, "timestamp"))

    def days_since(self, day):
        """Whole days from a date (or a moment's date) to `day`."""
        return ibis.literal(self.day, "date").delta(day.cast("date"), unit="day").cast("int64")


def months_between(first, last, begun=False):
    """Whole months from one date column to another: a month is over on the day of the same number.

    Parameters
    ----------
    first, last : ibis date
    begun : bool
        Count the month that has begun too.
    """
    months = 12 * (last.year() - first.year()) + last.month() - first.month()
    months = months - (last.day() < first.day()).cast("int64")
    return months + (last.day() != first.day()).cast("int64") if begun else months


def as_day(value, name="as_of"):
    """A date from a date, a moment or an ISO text.

    >>> as_day("2026-06-30")
    datetime.date(2026, 6, 30)
    """
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            raise ValueError(f"{name} is {value!r}; a date is written like 2026-06-30") from None
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    raise ValueError(f"{name} is {value!r}; it is a date")
