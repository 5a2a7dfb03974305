"""A run of records: where each starts and stops, on which line it stands and what is wrong with it."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from cxresearch.reading.unpack import LONGEST

TOO_LONG = f"is longer than {LONGEST >> 20} MB"
UNCLOSED = "has a quote that is never closed"
AFTER_QUOTE = "has text after a closing quote"
BLANK = "is blank"


@dataclass
class Block:
    """Whole records of a file: where each starts and stops in `data`, how many fields it has, its line.

    They take the first `used` bytes and `height` lines. `sound` says which are without fault, `blanks` are the numbers of
    lines without anything in front of the first.
    """

    data: bytes
    starts: np.ndarray
    stops: np.ndarray
    fields: np.ndarray
    lines: np.ndarray
    used: int
    height: int
    columns: int
    reasons: dict = field(default_factory=dict)  # by record, all but a wrong number of fields
    unusual: bool = False  # quotes stand in unusual places
    quoted: bool = False  # there is a quote
    awkward: bool = (
        False  # there is a blank between a delimiter and a quote, or a blank line that is a record
    )
    ends: set = field(default_factory=set)  # the kinds of line end
    blanks: range = range(0)

    def __len__(self):
        return len(self.starts)

    def texts(self, which):
        """The records of these numbers as they stand."""
        places = zip(self.starts[which].tolist(), self.stops[which].tolist(), strict=True)
        return [self.data[start:stop] for start, stop in places]

    def faults(self, which):
        """What is wrong with the records of these numbers, none of them sound: line, reason, text."""
        texts, lines, fields = self.texts(which), self.lines[which].tolist(), self.fields[which].tolist()
        for i, text, line, n in zip(which.tolist(), texts, lines, fields, strict=True):
            yield line, self.reasons.get(i) or (ragged(n, self.columns) if text else BLANK), text

    @cached_property
    def sound(self):
        """Which records are without fault."""
        sound = self.fields == self.columns
        sound[list(self.reasons)] = False
        return sound

    def counts(self):
        """How many records have which fault."""
        counts = Counter(self.reasons.values())
        wrong = self.fields != self.columns
        wrong[list(self.reasons)] = False
        blank = wrong & (self.starts == self.stops)
        counts[BLANK] += int(blank.sum()) + len(self.blanks)
        for fields, number in zip(*np.unique(self.fields[wrong & ~blank], return_counts=True), strict=True):
            counts[ragged(fields, self.columns)] += int(number)
        return +counts

    def append(self, start, length, line):
        """Add the beginning of a line that is too long."""
        self.reasons[len(self)] = TOO_LONG
        self._each(lambda part, value: np.append(part, value), start, start + length, 0, line)

    def judge(self):
        """Find what is wrong within records that could be told apart."""
        if b"\0" in self.data:
            places = np.flatnonzero(np.frombuffer(self.data, np.uint8) == 0)
            holders = np.searchsorted(self.starts, places, side="right") - 1
            inside = places < (self.stops[holders] if len(self) else 0)
            for i in np.unique(holders[inside]).tolist():
                self.reasons.setdefault(i, "has a NUL byte")
        if len(self) and not self.data.isascii():
            self._judge_encoding()
        for i in np.flatnonzero(self.stops - self.starts > LONGEST).tolist():
            self.reasons.setdefault(i, TOO_LONG)

    def _judge_encoding(self):
        try:
            self.data[: self.stops[-1]].decode()
            return
        except UnicodeDecodeError as fault:
            first = int(np.searchsorted(self.starts, fault.start, side="right")) - 1
        for i, text in enumerate(self.texts(slice(first, None)), first):
            try:
                text.decode()
            except UnicodeDecodeError as fault:
                byte = fault.object[fault.start]
                self.reasons.setdefault(i, f"has byte 0x{byte:02X}, which is not UTF-8")

    def without_blanks(self, before):
        """Drop the blank lines at the end, put those at the end of the block before in front; return the dropped ones."""
        full = np.flatnonzero(self.stops > self.starts)
        count = int(full[-1]) + 1 if len(full) else 0
        dropped = self.lines[count:]
        self.reasons = {i: reason for i, reason in self.reasons.items() if i < count}
        self._each(lambda part, _: part[:count], *[None] * 4)
        if count:
            self.blanks, before = before, range(0)
        if not len(dropped):
            return before
        return range(before.start if len(before) else int(dropped[0]), int(dropped[-1]) + 1)

    def _each(self, change, *values):
        for name, value in zip(("starts", "stops", "fields", "lines"), values, strict=True):
            setattr(self, name, change(getattr(self, name), value))


def ragged(fields, columns):
    """The fault of a record with too few or too many fields."""
    return f"has {fields} field{'s' * bool(fields != 1)}, the header has {columns}"
