"""The dates a feature is built for, and the windows that end on them."""

import datetime
from dataclasses import dataclass

import ibis

DAY, AGE = "cx_as_of", "cx_days_ago"  # the columns that AsOf.known adds


@dataclass(frozen=True)
class AsOf:
    """The end of a day: what had happened by then is known, what came later is not.

    Of several days each is taken for itself: what is known is laid out once per day, and `keys` tell the days apart.

    Parameters
    ----------
    days : tuple of date
        The last day that counts, in the workspace's time zone; or several, ascending.
    windows : tuple of int
        Lengths in days, ascending; a window of 30 days is the day and the 29 days before it.
    is_list : bool
        The days are a list, even if of one.

    Examples
    --------
    >>> at = AsOf.of("2026-06-30", (90, 30))
    >>> at.windows, at.longest, at.last, at.keys
    ((30, 90), 90, datetime.date(2026, 6, 30), ['customer_id'])
    >>> AsOf.of(["2026-06-30", "2026-03-31"]).keys
    ['customer_id', 'cx_as_of']
    """

    days: tuple
    windows: tuple = ()
    is_list: bool = False

    @classmethod
    def of(cls, as_of, windows=()):
        """Read a date (a text, a date or a moment) or a list of dates, and lengths in days; anything else is a `ValueError`."""
        wrong = [w for w in windows if isinstance(w, bool) or w != int(w) or w < 1]
        if wrong:
            raise ValueError(f"windows: {wrong[0]!r} is no number of days; a window has one day or more")
        if len(set(windows)) < len(windows):
            raise ValueError(f"windows: {windows!r} names a length twice")
        is_list = isinstance(as_of, list | tuple)
        days = sorted({as_day(day) for day in (as_of if is_list else [as_of])})
        if not days:
            raise ValueError("as_of is an empty list; name at least one date")
        return cls(tuple(days), tuple(sorted(int(w) for w in windows)), is_list)

    @property
    def last(self):
        """The day, or the last of several."""
        return self.days[-1]

    @property
    def longest(self):
        """The longest window, in days."""
        return self.windows[-1]

    @property
    def keys(self):
        """The columns of which a feature table has one row each."""
        return ["customer_id", DAY] if self.is_list else ["customer_id"]

    def known(self, table, moment):
        """The rows of a table whose moment (or date) had come, and how many days ago; of several days the rows of each."""
        come = table[moment]
        if come.type().is_date():
            rows = table.filter(come <= ibis.literal(self.last, "date"))
        else:
            end = datetime.datetime.combine(self.last, datetime.time()) + datetime.timedelta(days=1)
            rows = table.filter(come < ibis.literal(end, "timestamp"))
        if not self.is_list:
            return rows.mutate(**{AGE: self.days_since(rows, rows[moment])})
        rows = rows.cross_join(dates({DAY: self.days}))
        rows = rows.mutate(**{AGE: self.days_since(rows, rows[moment])})
        return rows.filter(rows[AGE] >= 0)

    def is_within(self, known, days, before=0):
        """Whether known rows lie in the window of so many days that ends `before` days earlier."""
        inside = known[AGE] < days + before
        return inside & (known[AGE] >= before) if before else inside

    def day(self, known, later=0):
        """The day that known rows are known on, or the day so many days later."""
        if self.is_list:
            return known[DAY] + ibis.interval(days=later) if later else known[DAY]
        return ibis.literal(self.last + datetime.timedelta(days=later), "date")

    def days_since(self, known, day):
        """Whole days from a date (or a moment's date) of known rows to the day that they are known on."""
        return self.day(known).delta(day.cast("date"), unit="day").cast("int64")


def dates(columns):
    """A table of dates, written into the query itself, so that nothing has to be stored in a database.

    Parameters
    ----------
    columns : dict
        Name → dates.

    Examples
    --------
    >>> dates({"day": [as_day("2026-06-30")], "due": [as_day("2026-09-30")]}).columns
    ('day', 'due')
    """
    first, *rest = columns
    lines = [
        {name: ibis.literal(day, "date") for name, day in zip(columns, line, strict=True)}
        for line in zip(*columns.values(), strict=True)
    ]
    rows = [
        line[first].name(first).as_table().mutate(**{name: line[name] for name in rest}) for line in lines
    ]
    return ibis.union(*rows) if rows[1:] else rows[0]


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
