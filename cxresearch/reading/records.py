"""The grammar of delimited text: bytes to records, block by block, with every fault and the line it stands on.

A record is a line of fields between delimiters; its line ends in ``\\n``, ``\\r\\n`` or ``\\r`` and in nothing else. A field
that begins with a quote runs to the next quote that is not doubled, over delimiters and line ends; blanks between a delimiter
and a quote are not part of the value. A quote anywhere else is text (``5" pipe``).
"""

import re
from array import array

import numpy as np

from cxresearch.reading.block import AFTER_QUOTE, UNCLOSED, Block
from cxresearch.reading.unpack import EOL, LONGEST

BLOCK = 4 << 20
NARROW = 1 << 16  # the block after one with quotes in unusual places, as these are read record by record
LF, CR, QUOTE = 10, 13, 34
UNQUOTED = re.compile(rb'[^\r\n"]*+')
QUOTED = re.compile(rb'( *+)"((?:[^"]++|"")*+)"( *+)')
OPENING = re.compile(rb' *+"')


class Grammar:
    """How records of one file are told apart.

    Parameters
    ----------
    delimiter : bytes
        One ASCII character.
    columns : int, optional
        How many fields a record should have.

    Examples
    --------
    >>> Grammar(b",").split(b'1, "a ""b"", c" ,,5" pipe')
    [b'1', b'a "b", c', b'', b'5" pipe']
    """

    def __init__(self, delimiter, columns=None):
        self.delimiter = delimiter
        self.columns = columns
        self._code = delimiter[0]
        code = re.escape(delimiter)
        plain = rb"[^\r\n" + code + rb"]*+"
        value = rb'(?: *+"(?:[^"]++|"")*+" *+|(?! *+")' + plain + rb")"
        self._plain = re.compile(plain)
        self._opening = re.compile(rb"(?:\A|[\r\n" + code + rb']) *"')
        self._sound = re.compile(value + rb"(?:" + code + value + rb")*+(\r\n|\n|\r)")

    def split(self, record):
        """The values of a sound record."""
        if QUOTE not in record:
            return record.split(self.delimiter)
        values, at = [], 0
        while True:
            quoted = QUOTED.match(record, at)
            match = quoted or self._plain.match(record, at)
            values.append(quoted[2].replace(b'""', b'"') if quoted else match[0])
            at = match.end() + 1
            if at > len(record):
                return values

    def blocks(self, stream, line=1):
        """The records of a stream of UTF-8 bytes, from its place on; `line` is the number of the line there."""
        rest, last, window, pending = b"", False, BLOCK, range(0)
        while rest or not last:
            if len(rest) < window and not last:
                missing = window - len(rest)
                rest += stream.read(missing)
                last = len(rest) < window
            data = rest[:window]
            final = last and len(data) == len(rest)
            if data.endswith(b"\r") and not final:  # maybe half a line end
                data = data[:-1]
            block = self.block(data, final, line, in_doubt=len(data) > LONGEST)
            rest = rest[block.used :]
            line += block.height
            if block.used:
                window = min(BLOCK, NARROW) if block.unusual else min(BLOCK, 4 * window)
            elif len(rest) > LONGEST and _line_end(rest, 0) >= len(rest) - 1:
                block.append(0, LONGEST, line)
                rest, last = _behind_the_line(stream, rest)
                line += 1
            else:
                window *= 2
            block.judge()
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

    def block(self, data, final=True, line=1, in_doubt=False):
        """As many whole records as the bytes hold; `in_doubt` they are taken one by one, quotes being out of order."""
        block = None if in_doubt else self._at_once(data, final, line)
        block = self._one_by_one(data, final, line) if block is None else block
        block.awkward |= self.columns == 1 and bool((block.starts == block.stops).any())
        return block

    def _at_once(self, data, final, line):
        """All records by whole-array operations; None where a quote stands in an unusual place."""
        codes = np.frombuffer(data, np.uint8)
        returns, quotes = b"\r" in data, b'"' in data
        quoted = quotes and self._opening.search(data)  # elsewhere a quote is text
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
        ends = _kinds(codes, stops)
        if quoted:
            lines = np.searchsorted(ends_anywhere, starts)
            count = int(np.searchsorted(ends_anywhere, used))
        else:
            lines, count = np.arange(len(starts)), len(at_ends)
        return Block(
            data, starts, stops, fields, line + lines, used, count, self.columns, quoted=quotes, ends=ends
        )

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
        """The first records, each on its own."""
        starts, stops, reasons, at, awkward = array("q"), array("q"), {}, 0, False
        while at < min(len(data), NARROW):
            sound = self._sound.match(data, at)
            if sound:
                stop, following = sound.span(1)
            elif found := self.record(data, at, final):
                stop, _, reason, spaced = found
                awkward |= spaced
                if reason:
                    reasons[len(starts)] = reason
                end = EOL.match(data, stop)
                following = end.end() if end else stop
            else:
                break
            starts.append(at)
            stops.append(stop)
            at = following
        starts, stops = np.array(starts, np.int64), np.array(stops, np.int64)
        codes = np.frombuffer(data, np.uint8)[:at]
        delimiters = np.flatnonzero(codes == self._code)
        fields = 1 + np.searchsorted(delimiters, stops) - np.searchsorted(delimiters, starts)
        quotes = np.flatnonzero(codes == QUOTE)
        for i in np.unique(np.searchsorted(starts, quotes, side="right") - 1).tolist():
            if i not in reasons:
                record = data[starts[i] : stops[i]]
                fields[i] = len(self.split(record))
                if not awkward and (b'" ' in record or b' "' in record):
                    awkward = self.record(record, 0)[3]
        places = _ends(codes, np.flatnonzero((codes == LF) | (codes == CR)), True)
        lines = line + np.searchsorted(places, starts)
        found = {
            "reasons": reasons,
            "unusual": True,
            "quoted": True,
            "awkward": awkward,
            "ends": _kinds(codes, stops),
        }
        return Block(data, starts, stops, fields, lines, at, len(places), self.columns, **found)


def _kinds(codes, stops):
    """The kinds of line end at these places."""
    stops = stops[stops < len(codes)]
    paired = _paired(codes, stops)
    kinds = {b"\r\n"} if paired.any() else set()
    return kinds | {bytes([c]) for c in np.unique(codes[stops[~paired]]).tolist()}


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
    end = EOL.search(data, at)
    return end.start() if end else len(data)


def _behind_the_line(stream, rest):
    """What follows a line that is too long, and whether the stream ends there."""
    while True:
        end = EOL.search(rest)
        if end and (end.end() < len(rest) or end[0] != b"\r"):
            return rest[end.end() :], False
        more = stream.read(BLOCK)
        if not more:
            return b"", True
        rest = rest[-1:] + more
