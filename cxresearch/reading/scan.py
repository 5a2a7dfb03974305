"""The structural check: one pass over a table's file that counts its records and names every fault and its line."""

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cxresearch.errors import DataError
from cxresearch.masking import masked
from cxresearch.reading.block import BLANK
from cxresearch.reading.records import Grammar
from cxresearch.reading.unpack import EOL, named, shown
from cxresearch.spreadsheet import cell

KEPT = 1000  # faults told in full
FIELDS = re.compile(r'([,;\t|"])')  # what may part a field from the next; personal data are masked in each
SPECIAL = re.compile(
    rb'["\r\n]|(?:\A|,) | (?:,|\Z)'
)  # what makes a row of CSV need quotes, beside a comma in a value


class Fault(NamedTuple):
    """A record that cannot be read: its first line and its last, what is wrong, how it begins."""

    line: int
    reason: str
    text: str
    last: int


@dataclass
class Scan:
    """What a structural check found.

    Attributes
    ----------
    rows : int
        Records without a structural fault: what DuckDB counts once :func:`split` has set the others aside.
    refused : int
        Records with one. A blank line between records is one of them where the table has several columns; those at the
        end of the file are nothing. In a table of one column a blank line is a row with an empty value.
    faults : list of Fault
        The first 1,000.
    reasons : collections.Counter
        How often each reason was met, over all faults.
    """

    file: str
    first_line: int
    rows: int = 0
    refused: int = 0
    faults: list = field(default_factory=list)
    reasons: Counter = field(default_factory=Counter)
    _rows_at: array = field(default_factory=lambda: array("q", [0]), repr=False)
    _offsets: array = field(default_factory=lambda: array("q", [0]), repr=False)

    @property
    def ok(self):
        """There is no fault."""
        return not self.refused

    @property
    def records(self):
        """All records, the refused ones among them."""
        return self.rows + self.refused

    def line_of(self, row):
        """The line of the file on which a row begins.

        Parameters
        ----------
        row : int or array of int
            Rows without fault, counted from 0 as ``ibis.row_number()`` does.

        Returns
        -------
        int or numpy.ndarray
        """
        row = np.asarray(row)
        at = np.searchsorted(np.frombuffer(self._rows_at, np.int64), row, side="right") - 1
        line = row + self.first_line + np.frombuffer(self._offsets, np.int64)[at]
        return line if row.ndim else int(line)

    def sentence(self, i=0):
        """Fault number `i` in one line."""
        return f"{self.file}, line {self.faults[i].line}: {self.faults[i].reason}"

    def require(self):
        """Return self, or raise `DataError` with the first fault in one line."""
        if self.ok:
            return self
        more = self.refused - 1
        raise DataError(self.sentence() + (f"; and {more:,} more fault{'s' * (more > 1)}" if more else ""))

    def _add(self, block):
        """Count a block."""
        counts = block.counts()
        self.reasons += counts
        self.refused += counts.total()
        for line in block.blanks[: KEPT - len(self.faults)]:
            self.faults.append(Fault(line, BLANK, "", line))
        for line, reason, record in block.faults(np.flatnonzero(~block.sound)[: KEPT - len(self.faults)]):
            fields = FIELDS.split(record[:400].decode("utf-8", "backslashreplace"))
            text = shown("".join(map(masked, fields)))
            self.faults.append(Fault(line, reason, text, line + len(EOL.findall(record))))
        lines = block.lines[block.sound]
        offsets = lines - np.arange(self.rows, self.rows + len(lines)) - self.first_line
        changed = np.flatnonzero(np.diff(offsets, prepend=self._offsets[-1]))
        self._rows_at.frombytes((changed + self.rows).astype(np.int64).tobytes())
        self._offsets.frombytes(offsets[changed].astype(np.int64).tobytes())
        self.rows += len(lines)


def scan(layout):
    """Check the structure of a whole table: ragged rows, stray quotes, NUL bytes, bytes that are not UTF-8.

    Whether the file has quotes and even line ends is then known for all of it, and noted in the layout: call
    :func:`cxresearch.reading.read` after it to have the table read in the manner that is right and fastest.

    Parameters
    ----------
    layout : cxresearch.reading.layout.Layout

    Returns
    -------
    Scan

    Raises
    ------
    DataError
        Where the file cannot be unpacked or is not in the encoding it is said to be in.

    Notes
    -----
    One pass in blocks of 4 MB; memory grows only with the number of values that hold line ends. A record ends where its
    line ends. A record with text behind a closing quote ends with the line of that text; a quote that is closed neither
    within 16 MB nor at the end of the file costs only the line on which it opens.

    Examples
    --------
    >>> from cxresearch.reading.layout import sniff
    >>> found = scan(sniff("data/cdnow/orders.csv"))
    >>> found.rows, found.refused, found.line_of(0)
    (6919, 0, 2)
    """
    result = Scan(named(layout.path), layout.first_line)
    quoted, ends, awkward = False, set(layout.ends), layout.awkward
    for block in _blocks(layout):
        result._add(block)
        quoted |= block.quoted
        awkward |= block.awkward
        ends |= block.ends
    layout.quoted, layout.ends, layout.awkward = quoted, ends, awkward
    return result


def split(layout, scan, kept_path, refused_path):
    """Write the records without fault to one file and the others, with line and reason, to another.

    Parameters
    ----------
    layout : cxresearch.reading.layout.Layout
    scan : Scan
        Of that layout; if the file has changed since, nothing of the result should be used.
    kept_path, refused_path : path
        CSV files in UTF-8, comma and ``\\n``; the second has the columns line, reason and text.

    Returns
    -------
    tuple of int
        How many records were kept and how many refused.

    Raises
    ------
    DataError
        Where the numbers are not those of the scan.
    """
    with open(kept_path, "wb") as kept, open(refused_path, "wb") as refused:
        refused.write(b"line,reason,text\n")
        again = _write(layout, kept, refused)
    if (again.rows, again.refused) != (scan.rows, scan.refused):
        raise DataError(f"{named(layout.path)}: has changed since it was checked")
    return again.rows, again.refused


def clean(layout, path):
    """Write a table without faults to a plain comma CSV, the same values; a fault raises `DataError`."""
    with open(path, "wb") as target:
        _write(layout, target).require()


def _blocks(layout):
    grammar = Grammar(layout.separator.encode(), len(layout.header))
    with layout.utf8_path.open("rb") as stream:
        stream.seek(layout.first_byte)
        yield from grammar.blocks(stream, layout.first_line)


def _write(layout, kept, refused=None):
    result = Scan(named(layout.path), layout.first_line)
    grammar = Grammar(layout.separator.encode())
    kept.write(_row([name.encode() for name in layout.header]))
    for block in _blocks(layout):
        result._add(block)
        if refused is None and result.refused:
            break
        if refused is not None:
            refused.writelines(_refused(block))
        sound = block.sound
        if block.quoted or layout.separator != "," or len(layout.header) == 1:
            kept.writelines(_row(grammar.split(text)) for text in block.texts(sound))
        else:
            kept.writelines(_verbatim(block, sound))
    return result


def _refused(block):
    """The faulty records of a block with line and reason."""
    for line in block.blanks:
        yield _row([b"%d" % line, BLANK.encode(), b""])
    for line, reason, text in block.faults(np.flatnonzero(~block.sound)):
        if not text.isascii():
            text = text.decode("utf-8", "backslashreplace").encode()
        text = cell(text.replace(b"\0", b"\\x00").decode())  # for people, who open it in a spreadsheet
        yield _row([b"%d" % line, reason.encode(), text.encode()])


def _verbatim(block, sound):
    """The sound records of a block without quotes, run by run."""
    turns = np.flatnonzero(np.diff(sound.astype(np.int8), prepend=0, append=0))
    for first, behind in zip(turns[0::2].tolist(), turns[1::2].tolist(), strict=True):
        text = block.data[block.starts[first] : block.stops[behind - 1]]
        yield (text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text) + b"\n"


def _row(values):
    """One line of CSV."""
    row = b",".join(values)
    if row and row.count(b",") == len(values) - 1 and not SPECIAL.search(row):
        return row + b"\n"
    return (
        b",".join(b'"' + v.replace(b'"', b'""') + b'"' if _special(v) else v for v in values) + b"\n"
        if row
        else b'""\n'
    )


def _special(value):
    return b"," in value or SPECIAL.search(value)
