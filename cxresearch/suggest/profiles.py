"""What the values of a file's columns look like, from a sample of its rows: shapes and shares, never the values themselves."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cxresearch.tables.cast import SHAPES
from cxresearch.tables.formats import (
    CONVENTIONS,
    MOST,
    best_formats,
    date_formats,
    is_iso,
    number_formats,
    numbered,
    value_of,
)
from cxresearch.tables.written import BLANK

SAMPLE = 20_000
MISSING = (
    "-",
    "--",
    "?",
    "NA",
    "N/A",
    "n/a",
    "NULL",
    "null",
    "None",
    "NaN",
    "nan",
    "k.A.",
    "k. A.",
    "n.v.",
    "nd",
    "s/o",
    "#N/A",
    "#NULL!",
)


@dataclass
class Column:
    """One column's sample: its different values with their counts, kept to itself."""

    name: str
    counts: dict = field(repr=False)
    rows: int
    dtype: str = "string"
    label: str = ""  # what a survey asked, where the file says so

    @cached_property
    def codes(self):
        """Those of the usual codes for a missing value that occur among values of another kind; blanks alone are one."""
        blanks = [v for v in self.counts if v and not v.strip()]
        codes = (*(code for code in MISSING if code in self.counts), *blanks)
        return codes if codes and self.distinct > len(codes) else ()

    @cached_property
    def values(self):
        """The values that are neither empty nor such a code."""
        return {v: n for v, n in self.counts.items() if v not in self.codes}

    @property
    def distinct(self):
        return len(self.counts)

    @cached_property
    def filled(self):
        """The share of rows with a value."""
        return sum(self.values.values()) / self.rows if self.rows else 0.0

    @cached_property
    def unique(self):
        """No value occurs twice."""
        return bool(self.values) and max(self.values.values()) == 1

    def share(self, fits):
        """The share of values for which a test holds."""
        total = sum(self.values.values())
        return sum(n for v, n in self.values.items() if fits(v)) / total if total else 0.0

    @cached_property
    def iso(self):
        """The share that are ISO dates or moments."""
        return self.share(is_iso)

    @cached_property
    def formats(self):
        """The date formats that fit (nearly) all values, the ISO one as ``""``."""
        return ("",) if self.iso >= MOST else self.declarable

    @cached_property
    def declarable(self):
        """The formats of the mapping in which (nearly) all values are dates; ISO dates have one too."""
        if self.share(re.compile(r"\d").search) < MOST:
            return ()
        return date_formats(self.values)

    @cached_property
    def dates(self):
        """The share of values that are dates in the format that fits best."""
        if "" in self.formats or not self.formats:
            return self.iso
        return best_formats(self.values)[1]

    @property
    def clock(self):
        """Some dates have a time of day other than midnight."""
        return self.share(re.compile(r"\d,?[ T](?!00:00(:00(\.0+)?)?Z?$)\d{1,2}:\d\d").search) > 0

    @property
    def local(self):
        """Some moments have a clock and no offset from UTC."""
        return (
            self.share(re.compile(r"\d,?[ T]\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp]\.?[Mm]\.?)?$").search) > 0
        )

    @cached_property
    def conventions(self):
        """The ways to write numbers that fit all values as well as the best one does."""
        return number_formats(self.values)

    @cached_property
    def numbers(self):
        """The share of values that are numbers in the way of writing that fits best."""
        return max(self.share(numbered(*c)) for c in self.conventions or CONVENTIONS)

    @cached_property
    def money(self):
        """The mark that amounts bear, such as €; True where they are written as people do, in brackets or with a sign behind; None elsewhere."""
        if not self.values or self.share(lambda v: re.search(r"\d", v)) < MOST or self.conventions:
            return None
        marks = {m[0] for v in self.values if (m := re.search(r"[^\d\s.,'()+\-\u00a0\u202f\u2212]+", v))}
        if len(marks) > 1:
            return None
        mark = marks.pop() if marks else True
        return mark if self._without(mark).conventions else None

    @cached_property
    def amounts(self):
        """The same column with its amounts as plain numbers, where it has a mark."""
        return self._without(self.money) if self.money else self

    def _without(self, mark):
        counts = {}
        for value, n in self.values.items():
            plain = _plain_amount(value, mark)
            counts[plain] = counts.get(plain, 0) + n
        return Column(self.name, counts, self.rows, self.dtype, self.label)

    @cached_property
    def parted(self):
        """Some numbers hold a point or comma, so that the way of writing matters."""
        return self.share(re.compile(r"[.,]").search) > 0

    def range(self, decimal=".", thousands=None):
        """The least and the greatest number."""
        values = [value_of(v, decimal, thousands) for v in self.values if numbered(decimal, thousands)(v)]
        return (min(values), max(values)) if values else (None, None)

    @cached_property
    def score(self):
        """The whole numbers from 0 to 10, three or more of them, that are all there is; None where there is more."""
        if 3 <= len(self.values) <= 11 and all(re.fullmatch(r"\d|10", v) for v in self.values):
            return min(map(int, self.values)), max(map(int, self.values))
        return None

    @property
    def flag(self):
        """There are two values."""
        return len(self.values) == 2

    @cached_property
    def boolean(self):
        """The share of values that are true or false."""
        return self.share(re.compile(SHAPES["flag"]).search)

    @cached_property
    def coded(self):
        """The values look like keys: short, without blanks, no dates, no decimals."""
        key = re.compile(r"^[\w./#@+-]{1,40}$").search
        dated = bool(self.formats) and set(self.formats) != {"%Y%m%d"}
        decimal = self.parted and bool(self.conventions)
        return bool(self.values) and not dated and not decimal and self.share(key) >= MOST

    @property
    def shape(self):
        """In a few words, without a value."""
        if not self.values:
            return "empty"
        if self.formats:
            return "dates"
        if self.flag:
            return "two values"
        if self.score:
            return "whole numbers {} to {}".format(*self.score)
        if self.conventions:
            return "numbers"
        mean = sum(len(v) * n for v, n in self.values.items()) / sum(self.values.values())
        if mean > 25 and len(self.values) > 20:
            return "free text"
        return f"text, {len(self.values):,} different"


@dataclass
class File:
    """A file's sample: how it was read, and its columns."""

    path: Path
    columns: list
    rows: int
    settings: dict = field(default_factory=dict)
    raw: object = None
    whole: bool = True
    others: list = field(default_factory=list)  # files that hold more of the same table
    left_out: dict = field(
        default_factory=dict
    )  # column → the values whose rows are none of the table: blank ones, totals

    @property
    def name(self):
        return self.path.name

    @property
    def sheet(self):
        """The sheet of a workbook that it is; None where it is a file."""
        return self.settings.get("sheet", (None,))[0]

    @property
    def stem(self):
        """What its name says of what it holds."""
        return self.sheet or self.name.split(".")[0]

    @property
    def key(self):
        """What tells it from other files and sheets."""
        return self.path, self.sheet

    def column(self, name):
        return next(c for c in self.columns if c.name == name)


def _plain_amount(value, mark):
    """An amount as a number with its sign in front, as :func:`cxresearch.tables.written.money_text` makes it.

    >>> _plain_amount("$1,200.50", "$"), _plain_amount("(12,00 €)", "€"), _plain_amount("12.00-", True)
    ('1,200.50', '-12,00', '-12.00')
    """
    sign = f"(?:{re.escape(mark)})?" if isinstance(mark, str) else ""
    text = re.sub(rf"^{BLANK}\((.*)\){BLANK}$", r"-\1", value.replace("\u2212", "-"))
    text = re.sub(rf"^([^-]*\d[^-\d]*)-{BLANK}$", r"-\1", text)
    text = re.sub(rf"^{BLANK}([+-]?){BLANK}{sign}{BLANK}([+-]?){BLANK}", r"\1\2", text)
    return re.sub(rf"{BLANK}{sign}{BLANK}$", "", text)


def profile(path, raw, settings, labels=None):
    """The profile of a raw table, of its first `SAMPLE` rows; a date whose day and month these leave open is looked up further.

    `labels` is what a survey asked, by column.
    """
    frame = raw.select(**{c: raw[c].cast("string") for c in raw.columns}).limit(SAMPLE).to_pandas()
    columns = []
    for name, type_ in raw.schema().items():
        counts = frame[name].dropna().value_counts().to_dict()
        dtype = "floating" if type_.is_floating() else str(type_)
        column = Column(name, counts, len(frame), dtype, (labels or {}).get(name, ""))
        if len(column.formats) > 1 and len(frame) == SAMPLE:
            more = raw.select(v=raw[name].cast("string")).distinct().limit(10 * SAMPLE).v.to_pandas().dropna()
            column = Column(name, dict.fromkeys(more, 1) | counts, len(frame), dtype, column.label)
        columns.append(column)
    return File(path, columns, len(frame), settings, raw, len(frame) < SAMPLE)
