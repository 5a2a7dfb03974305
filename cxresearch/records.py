"""The grammar of delimited text: bytes to records, block by block, with every fault and the line it stands on.

A record is a line of fields between delimiters; its line ends in ``\\n``, ``\\r\\n`` or ``\\r`` and in nothing else. A field
that begins with a quote runs to the next quote that is not doubled, over delimiters and line ends; blanks between a delimiter
and a quote are not part of the value. A quote anywhere else is text (``5" pipe``).
"""

import re
from dataclasses import dataclass, field

import numpy as np

from cxresearch.unpack import EOL, LONGEST

BLOCK = 4 << 20
LF, CR, QUOTE = 10, 13, 34
UNQUOTED = re.compile(rb'[^\r\n"]*+')
QUOTED = re.compile(rb'( *+)"((?:[^"]++|"")*+)"( *+)')
OPENING = re.compile(rb' *+"')
TOO_LONG = f"is longer than {LONGEST >> 20} MB"
UNCLOSED = "has a quote that is never closed"
AFTER_QUOTE = "has text after a closing quote"
BLANK = "is blank"


@dataclass
class Block:
    """Whole records of a file: where each starts and stops in `data`, how many fields it has, its line.

    They take the first `used` bytes and `height` lines. `reasons` says by record what is wrong with it; `blanks` are lines
    without anything in front of the first.
    """

    data: bytes
    starts: np.ndarray
    stops: np.ndarray
    fields: np.ndarray
    lines: np.ndarray
    used: int
    height: int
    reasons: dict = field(default_factory=dict)
    quoted: bool = False  # there is a quote
    spaced: bool = False  # there is a blank between a delimiter and a quote
    ends: set = field(default_factory=set)  # the kinds of line end
    blanks: range = range(0)

    def __len__(self):
        return len(self.starts)

    def bytes_of(self, i):
        """Record number `i` as it stands."""
        return self.data[self.starts[i] : self.stops[i]]

    def append(self, start, length, line):
        """Add the beginning of a line that is too long."""
        self.reasons[len(self)] = TOO_LONG
        self._each(lambda part, value: np.append(part, value), start, start + length, 0, line)

    def without_blanks(self, before):
        """Drop the blank lines at the end, put those at the end of the block before in front; return the dropped ones."""
        full = np.flatnonzero(self.stops > self.starts)
        kept = int(full[-1]) + 1 if len(full) else 0
        dropped = self.lines[kept:]
        for i in range(kept, len(self)):
            self.reasons.pop(i, None)
        self._each(lambda part, _: part[:kept], *[None] * 4)
        if kept:
            self.blanks, before = before, range(0)
        if not len(dropped):
            return before
        return range(before.start if len(before) else int(dropped[0]), int(dropped[-1]) + 1)

    def _each(self, change, *values):
        for name, value in zip(("starts", "stops", "fields", "lines"), values, strict=True):
            setattr(self, name, change(getattr(self, name), value))


class Grammar:
    """How records of one file are told apart.

    Parameters
    ----------
    delimiter : bytes
        One ASCII character.
    columns : int, optional
        How many fields a record should have; without it none is ragged.

    Examples
    --------
    >>> Grammar(b",").split(b'1, "a ""b"", c" ,,5" pipe')
    [b'1', b'a "b", c', b'', b'5" pipe']
    """

    def __init__(self, delimiter, columns=None):
        self.delimiter = delimiter
        self.columns = columns
        self._code = delimiter[0]
        self._plain = re.compile(rb"[^\r\n" + re.escape(delimiter) + rb"]*+")

    def split(self, record):
        """The values of a sound record."""
        if QUOTE not in record:
            return record.split(self.delimiter)
        values, at = [], 0
        while True:
            quoted = QUOTED.match(record, at)
            found = quoted or self._plain.match(record, at)
            values.append(quoted[2].replace(b'""', b'"') if quoted else found[0])
            at = found.end() + 1
            if at > len(record):
                return values

    def blocks(self, stream, line=1):
        """The records of a stream of UTF-8 bytes, from its place on; `line` is the number of the line there."""
        rest, final, pending = b"", False, range(0)
        while not final:
            want = max(BLOCK, len(rest))
            more = stream.read(want)
            final = len(more) < want
            if more.endswith(b"\r") and not final:
                more += (after := stream.read(1))
                final = not after
            data = rest + more
            block = self._at_once(data, final, line) if len(rest) <= LONGEST else None
            block = block or self._one_by_one(data, final, line)
            line += block.height
            rest = data[block.used :]
            if len(rest) > LONGEST and _line_end(rest, 0) >= len(rest) - 1:
                block.append(block.used, LONGEST, line)
                rest, final = _behind_the_line(stream, rest)
                line += 1
            self._judge(block)
            if self.columns != 1:
                pending = block.without_blanks(pending)
            yield block

    def record(self, data, start, final=True):
        """The record at a place: where it stops, its fields, what is wrong with it, a blank before a quote; None if cut off."""
        size = len(data)
        stop = UNQUOTED.match(data, start).end()
        if stop == size or data[stop] != QUOTE:
            return (
                None
                if stop == size and not final
                else (stop, data.count(self.delimiter, start, stop) + 1, None, False)
            )
        fields, at, spaced = 1, start, False
        while True:
            quoted = QUOTED.match(data, at)
            if quoted:
                spaced |= bool(quoted[1] or quoted[3])
                at = quoted.end()
            elif OPENING.match(data, at):
                stop = _line_end(data, at)
                unsure = not final and (size - start <= LONGEST or stop == size)
                return None if unsure else (stop, fields, UNCLOSED, spaced)
            else:
                at = self._plain.match(data, at).end()
            if at == size:
                return (at, fields, None, spaced) if final else None
            if data[at] in (LF, CR):
                return at, fields, None, spaced
            if data[at] != self._code:
                stop = _line_end(data, at)
                return None if stop == size and not final else (stop, fields, AFTER_QUOTE, spaced)
            fields += 1
            at += 1

    def _at_once(self, data, final, line):
        """All records by whole-array operations; None where a quote stands in an unusual place."""
        codes = np.frombuffer(data, np.uint8)
        returns, quoted = b"\r" in data, b'"' in data
        marks = (codes == self._code) | (codes == LF)
        if returns:
            marks |= codes == CR
        if quoted:
            marks |= codes == QUOTE
        places = np.flatnonzero(marks)
        kinds = codes[places]
        if quoted:
            is_quote = kinds == QUOTE
            inside = np.cumsum(is_quote, dtype=np.uint8) & 1 == 1
            if not self._usual(codes, places[is_quote], final):
                return None
            ends_anywhere = _ends(codes, places[~is_quote & (kinds != self._code)], returns)
            outside = ~is_quote & ~inside
            places, kinds = places[outside], kinds[outside]
        if returns:
            kept = (kinds != LF) | (places == 0) | (codes[places - 1] != CR)
            places, kinds = places[kept], kinds[kept]
        at_ends = np.flatnonzero(kinds != self._code)
        stops = places[at_ends]
        widths = 1 + _paired(codes, stops)
        starts = np.concatenate([[0], stops + widths])
        fields = np.diff(at_ends, prepend=-1)
        used = int(starts[-1])
        if final and used < len(data):
            stops = np.append(stops, len(data))
            fields = np.append(fields, len(places) - (at_ends[-1] if len(at_ends) else -1))
            used = len(data)
        else:
            starts = starts[:-1]
        ends = {b"\r\n"} if (widths == 2).any() else set()
        ends |= {bytes([c]) for c in (LF, CR) if ((kinds[at_ends] == c) & (widths == 1)).any()}
        if quoted:
            lines = np.searchsorted(ends_anywhere, starts)
            count = int(np.searchsorted(ends_anywhere, used))
        else:
            lines, count = np.arange(len(starts)), len(at_ends)
        return Block(data, starts, stops, fields, line + lines, used, count, quoted=quoted, ends=ends)

    def _usual(self, codes, quotes, final):
        """Whether every quote opens at the start of a field, closes at its end or is doubled between the two."""
        if final and len(quotes) % 2:
            return False
        around = np.zeros(256, bool)
        around[[self._code, LF, CR, QUOTE]] = True
        opening, closing = quotes[0::2], quotes[1::2]
        opening = opening[opening > 0]
        closing = closing[closing < len(codes) - 1]
        return bool(around[codes[opening - 1]].all() and around[codes[closing + 1]].all())

    def _one_by_one(self, data, final, line):
        """The same, record by record."""
        rows, reasons, at, size, first, spaced, ends = [], {}, 0, len(data), line, False, set()
        while at < size and (record := self.record(data, at, final)):
            stop, fields, reason, blank = record
            if reason:
                reasons[len(rows)] = reason
            rows.append((at, stop, fields, line))
            spaced |= blank
            end = data[stop : stop + 2]
            end = end if end == b"\r\n" else end[:1]
            ends.add(end)
            line += len(EOL.findall(data, at, stop)) + bool(end) if QUOTE in data[at:stop] else bool(end)
            at = stop + len(end)
        starts, stops, fields, lines = np.array(rows, np.int64).reshape(-1, 4).T
        ends.discard(b"")
        return Block(data, starts, stops, fields, lines, at, line - first, reasons, True, spaced, ends)

    def _judge(self, block):
        """Add what is wrong with records that could be told apart."""
        reasons = block.reasons
        if b"\0" in block.data:
            nul = np.flatnonzero(np.frombuffer(block.data, np.uint8) == 0)
            for i in _holders(block, nul):
                reasons.setdefault(i, "has a NUL byte")
        if len(block) and not block.data.isascii():
            self._judge_encoding(block)
        for i in np.flatnonzero(block.stops - block.starts > LONGEST).tolist():
            reasons.setdefault(i, TOO_LONG)
        if self.columns is None:
            return
        wanted = f"the header has {self.columns}"
        for i in np.flatnonzero(block.fields != self.columns).tolist():
            fields = int(block.fields[i])
            if block.starts[i] == block.stops[i]:
                reasons.setdefault(i, BLANK)
            else:
                reasons.setdefault(i, f"has {fields} field{'s' * (fields > 1)}, {wanted}")

    def _judge_encoding(self, block):
        """Mark records with bytes that are not UTF-8."""
        try:
            block.data[: block.stops[-1]].decode()
            return
        except UnicodeDecodeError as fault:
            first = int(np.searchsorted(block.starts, fault.start, side="right")) - 1
        for i in range(first, len(block)):
            try:
                block.bytes_of(i).decode()
            except UnicodeDecodeError as fault:
                byte = fault.object[fault.start]
                block.reasons.setdefault(i, f"has byte 0x{byte:02X}, which is not UTF-8")


def _paired(codes, places):
    """Where a return is followed by a newline."""
    following = np.minimum(places + 1, len(codes) - 1)
    return (codes[places] == CR) & (codes[following] == LF)


def _ends(codes, places, returns):
    """The line ends among newlines and returns, the newline of a pair left out."""
    if not returns:
        return places
    return places[(codes[places] != LF) | (places == 0) | (codes[places - 1] != CR)]


def _line_end(data, at):
    found = EOL.search(data, at)
    return found.start() if found else len(data)


def _holders(block, places):
    """The records that hold the bytes at these places."""
    records = np.searchsorted(block.starts, places, side="right") - 1
    inside = (records >= 0) & (places < block.stops[records]) if len(block) else np.zeros(len(places), bool)
    return np.unique(records[inside]).tolist()


def _behind_the_line(stream, rest):
    """What follows a line that is too long, and whether the stream ends there."""
    while True:
        found = EOL.search(rest)
        if found and (found.end() < len(rest) or found[0] != b"\r"):
            return rest[found.end() :], False
        more = stream.read(BLOCK)
        if not more:
            return b"", True
        rest = rest[-1:] + more
