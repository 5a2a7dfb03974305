"""The period a report is about."""

import datetime
import re
from dataclasses import dataclass

from cxresearch.errors import ParameterError


@dataclass(frozen=True)
class Period:
    """A calendar quarter.

    Examples
    --------
    >>> period = Period.parse("1997Q3")
    >>> period.start, period.end
    (datetime.date(1997, 7, 1), datetime.date(1997, 9, 30))
    >>> str(period)
    '1997Q3'
    """

    year: int
    quarter: int

    @classmethod
    def parse(cls, text):
        """Read a period such as ``2026Q3``; anything else is a `ParameterError`."""
        match = re.fullmatch(r"([12]\d{3})Q([1-4])", text)
        if not match:
            raise ParameterError(f"period {text!r}: a quarter is written like 2026Q3")
        return cls(int(match[1]), int(match[2]))

    @property
    def start(self):
        """The first day."""
        return datetime.date(self.year, 3 * self.quarter - 2, 1)

    @property
    def end(self):
        """The last day."""
        month = 3 * self.quarter + 1
        after = datetime.date(self.year + (month > 12), (month - 1) % 12 + 1, 1)
        return after - datetime.timedelta(days=1)

    def __str__(self):
        return f"{self.year}Q{self.quarter}"
