"""The period a report is about."""

import datetime
import re
from dataclasses import dataclass

from cxresearch.errors import ParameterError
from cxresearch.months import months_later


@dataclass(frozen=True)
class Period:
    """A quarter of the workspace's fiscal year.

    Parameters
    ----------
    year, quarter : int
        A fiscal year that does not begin in January bears the number of the calendar year in which it ends.
    starts : int
        The month in which the fiscal year begins.

    Examples
    --------
    >>> period = Period.parse("1997Q3")
    >>> period.start, period.end
    (datetime.date(1997, 7, 1), datetime.date(1997, 9, 30))
    >>> Period.parse("2026Q1", starts=4).start
    datetime.date(2025, 4, 1)
    >>> str(period.next())
    '1997Q4'
    """

    year: int
    quarter: int
    starts: int = 1

    @classmethod
    def parse(cls, text, starts=1):
        """Read a period such as ``2026Q3``; anything else is a `ParameterError`."""
        match = re.fullmatch(r"([12][0-9]{3})Q([1-4])", text)
        if not match:
            raise ParameterError(f"period {text!r}: a quarter is written like 2026Q3")
        return cls(int(match[1]), int(match[2]), starts)

    @classmethod
    def named(cls, text, starts=1, today=None):
        """A period by its name, or ``last``: the last quarter of the fiscal year that was over before `today`.

        >>> import datetime
        >>> str(Period.named("last", today=datetime.date(2026, 11, 20))), str(Period.named("2025Q4"))
        ('2026Q3', '2025Q4')
        >>> str(Period.named("last", starts=4, today=datetime.date(2026, 4, 1)))
        '2026Q4'
        """
        if text != "last":
            return cls.parse(text, starts)
        today = today or datetime.date.today()
        period = cls(today.year - 1, 1, starts)
        while period.next().end < today:
            period = period.next()
        return period

    @property
    def start(self):
        """The first day."""
        first = datetime.date(self.year - (self.starts > 1), self.starts, 1)
        return months_later(first, 3 * (self.quarter - 1))

    @property
    def end(self):
        """The last day."""
        return self.next().start - datetime.timedelta(days=1)

    def next(self):
        """The quarter after it."""
        return Period(self.year + self.quarter // 4, self.quarter % 4 + 1, self.starts)

    def until(self, last):
        """This quarter and those after it up to and including `last`."""
        found, period = [], self
        while (period.year, period.quarter) <= (last.year, last.quarter):
            found.append(period)
            period = period.next()
        return found

    def __str__(self):
        return f"{self.year}Q{self.quarter}"
