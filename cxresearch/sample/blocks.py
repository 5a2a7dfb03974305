"""Window, blocks of customers, and random streams: what makes the company the same bytes every time.

The company is made block by block, so that millions of customers need no more memory than one block. A block
of one table draws from its own stream, the child of the seed at (hash of the table's name, block number): a
new table, or one more column in another table, changes no draw of this one.
"""

import zlib
from dataclasses import dataclass

import numpy as np

from cxresearch.months import DAYS_PER_MONTH

BLOCK = 120_000  # customers; the default company is one block
DEFAULT_CUSTOMERS = 12_000
DEFAULT_MONTHS = 36
DAY = 86_400  # seconds
MONTH = DAYS_PER_MONTH * DAY  # mean length, for the shop's continuous time


@dataclass(frozen=True)
class Window:
    """The observed calendar months, counted 0 … months − 1; earlier months are negative.

    Examples
    --------
    >>> window = Window("2026-09-30", 36)
    >>> str(window.first_day(0)), str(window.last_day(35)), int(window.calendar_month(3))
    ('2023-10-01', '2026-09-30', 1)
    """

    end: str
    months: int

    def first_day(self, month):
        """First day of the month(s), datetime64[D]."""
        return (self._first + np.asarray(month, "m8[M]")).astype("M8[D]")

    def last_day(self, month):
        """Last day of the month(s), datetime64[D]."""
        return self.first_day(np.asarray(month) + 1) - np.timedelta64(1, "D")

    def calendar_month(self, month):
        """1 for January … 12 for December."""
        return (self._first + np.asarray(month, "m8[M]")).astype(int) % 12 + 1

    @property
    def closes(self):
        """The first second after the window, in seconds since 1970 UTC."""
        return int(self.first_day(self.months).astype(int)) * DAY

    def months_since(self, month):
        """Mean-length months from the first second of a calendar month, as in 2026-04, to the window's end."""
        return (self.closes - int(np.datetime64(month, "s").astype(int))) / MONTH

    @property
    def _first(self):
        return np.datetime64(self.end, "M") - (self.months - 1)

    def quarter(self, month):
        """The calendar quarter of a month, as in 2026Q3."""
        day = str(self.first_day(month))
        return f"{day[:4]}Q{(int(day[5:7]) + 2) // 3}"


@dataclass(frozen=True)
class Block:
    """One block of customers and its share of every other table.

    ``contract`` and ``shop`` are ranges of customer numbers within their kind; ``of(total)`` is the block's
    range in a table of ``total`` rows, so that the blocks of a table add up to it exactly.
    """

    seed: int
    number: int
    window: Window
    low: int
    high: int
    customers: int
    contract_share: float

    def rng(self, table):
        """The generator of one table in this block."""
        key = (zlib.crc32(table.encode()), self.number)
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence(self.seed, spawn_key=key)))

    def of(self, total):
        """The block's range in ``total`` rows."""
        return range(round(total * self.low / self.customers), round(total * self.high / self.customers))

    def scaled(self, count, monthly=False):
        """The block's range in a table that has ``count`` rows at the default size (and 36 months)."""
        time = self.window.months / DEFAULT_MONTHS if monthly else 1.0
        return self.of(max(1, round(count * self.customers / DEFAULT_CUSTOMERS * time)))

    @property
    def contract(self):
        return self.of(round(self.customers * self.contract_share))

    @property
    def shop(self):
        return range(self.low - self.contract.start, self.high - self.contract.stop)


def blocks(seed, window, customers, contract_share, size=BLOCK):
    """Yield the blocks of a company.

    Examples
    --------
    >>> [block.high - block.low for block in blocks(1, Window("2026-09-30", 36), 300_000, 5 / 12)]
    [100000, 100000, 100000]
    """
    count = -(-customers // size)
    edges = [round(customers * k / count) for k in range(count + 1)]
    for number in range(count):
        yield Block(seed, number, window, edges[number], edges[number + 1], customers, contract_share)


def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


def pick(rng, shares, size):
    """Draw codes 0, 1, … with the given shares (a mapping or a sequence that sums to 1)."""
    shares = list(shares.values()) if isinstance(shares, dict) else list(shares)
    return np.searchsorted(np.cumsum(shares)[:-1], rng.random(size), side="right").astype(np.int8)


def pick_rows(rng, shares, rows):
    """Draw a code for each row number, with the shares of that row of a matrix."""
    cumulative = np.cumsum(np.asarray(shares, float), axis=1)[:, :-1]
    return (rng.random(rows.size)[:, None] >= cumulative[rows]).sum(axis=1).astype(np.int8)


def rounded(x, low, high):
    """Round to whole numbers and cut to a rating scale."""
    return np.clip(np.rint(x), low, high).astype(np.int32)
