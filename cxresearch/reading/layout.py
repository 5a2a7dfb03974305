"""What a delimited text file is, by its first megabyte: encoding, delimiter, header, where the data begin."""

import io
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from cxresearch.errors import DataError
from cxresearch.files import unnamed
from cxresearch.reading.delimiter import DELIMITERS, LINE, VALUE_IN_QUOTES, delimiter_of
from cxresearch.reading.records import Grammar
from cxresearch.reading.scan import clean
from cxresearch.reading.titles import refuse_titles
from cxresearch.reading.unpack import EOL, encoding_of, named, opened, shown, unpacked, utf8

HEAD = 1 << 20
EMPTY_LINES = re.compile(rb"(?: *+(?:\r\n|\n|\r))*+")
TOKEN = re.compile(rb'"(?:[^"\r\n]++|"")*+"(?![^ \t\r\n])|[^ \t\r\n]+')


@dataclass(eq=False)
class Layout:
    """How a table's file is to be read, as :func:`sniff` found it.

    Attributes
    ----------
    path : Path
        The file.
    encoding, delimiter, quote : str
        Of the file itself.
    header : list of str
        The names of the columns, blanks around them dropped; one without a name is "column 3".
    first_line : int
        The line on which the data begin.
    first_byte : int
        The byte of `utf8_path` at which they begin.
    mark : int
        The length of the byte order mark.
    skip : int or None
        Lines above the data; None where that is the header alone.
    quoted : bool
        There is a quote among the data. As far as the first megabyte shows, until :func:`cxresearch.reading.scan.scan` has seen the whole file;
        likewise `ends` and `awkward`.
    ends : set of bytes
        The kinds of line end.
    awkward : bool
        DuckDB would read its data amiss: a blank between a delimiter and a quote, or a blank line in a table of one
        column.
    quoted_above : bool
        There is a quote above the data that is not that of a header of one line.
    """

    path: Path
    encoding: str
    delimiter: str
    header: list
    first_line: int
    first_byte: int
    mark: int = 0
    skip: int | None = None
    quoted: bool = False
    awkward: bool = False
    quoted_above: bool = False
    ends: set = field(default_factory=set)
    quote: str = '"'

    @cached_property
    def utf8_path(self):
        """The file itself where it is UTF-8, else a copy that is: made when first asked for."""
        if not _copied(self.path, self.encoding, self.delimiter):
            return self.path
        squeeze = partial(_tabbed, self.path) if self.delimiter == " " else None
        return unpacked(self.path, self.encoding, self.mark, self, squeeze)

    @cached_property
    def clean_path(self):
        """A copy as plain comma CSV, every value the same. A fault in the file raises `DataError`."""
        copy = unnamed(self)
        clean(self, copy)
        return copy

    @cached_property
    def body_path(self):
        """A copy of the data under a plain header of one line; made when first asked for."""
        copy = unnamed(self)
        with self.utf8_path.open("rb") as source, copy.open("wb") as target:
            source.seek(self.first_byte)
            names = self.separator.join(f"c{i}" for i in range(len(self.header)))
            target.write(names.encode() + next(iter(self.ends), b"\n"))
            shutil.copyfileobj(source, target)
        return copy

    @property
    def separator(self):
        """What stands between the values in `utf8_path`."""
        return "\t" if self.delimiter == " " else self.delimiter


def sniff(path, encoding=None, delimiter=None, skip_rows=0, header_rows=1, names=None, may_repeat=None):
    """What a delimited text file is, by its first megabyte; nothing is guessed that the file does not say.

    Parameters
    ----------
    path : path
        A text file, or one in ``.gz`` or ``.zip``.
    encoding : str, optional
        Used where the file has no byte order mark; UTF-8 unless given.
    delimiter : str, optional
        One ASCII character; a blank stands for any run of blanks and tabs. Unless given it is the one of ``, ; tab |``
        that the header holds outside quotes; where it holds several, the one that gives every record as many fields.
    skip_rows : int
        Lines in front of the header.
    header_rows : int
        Records the header takes. The names are those of the first; with 0 they are "column 1" and on.
    names : callable, optional
        The columns' names from the header's records, a list of texts each; without it those of the first.
    may_repeat : callable, optional
        Whether several columns may have a name, which then get a number each: "Labels (1)" and "Labels (2)".

    Returns
    -------
    Layout

    Raises
    ------
    DataError
        Where the file is empty or no text, has a byte that is not in its encoding, a NUL byte, no header or a faulty one,
        two columns of the same name (in any case of letters), or a delimiter that cannot be told.

    Examples
    --------
    >>> layout = sniff("data/cdnow/orders.csv")
    >>> layout.encoding, layout.delimiter, layout.first_line
    ('utf-8', ',', 2)
    >>> layout.header[:3]
    ['order_id', 'customer_id', 'ordered_at']
    """
    path = Path(path)
    _check_options(path, delimiter, skip_rows, header_rows)
    head, whole, encoding, mark = _head(path, encoding)
    if delimiter == " ":
        head = _tabbed(path, head if whole else head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1])
    top = _top(path, head, skip_rows)
    if not skip_rows and header_rows:
        refuse_titles(path, head, top, [delimiter] if delimiter and delimiter != " " else DELIMITERS, whole)
    if delimiter is None:
        delimiter = delimiter_of(path, head, top, whole)
    layout = Layout(path, encoding, delimiter, [], 1, 0, mark)
    records, below = _header_records(layout, head, top, whole, max(header_rows, 1))
    if header_rows:
        layout.header, begins = _header(path, records, names, may_repeat), below
    else:
        layout.header, begins = [f"column {i + 1}" for i in range(len(records[0]))], top
    _place(layout, head[:begins], is_plain=not top and header_rows == 1)
    _describe(layout, head[begins:])
    return layout


def _header_records(layout, head, top, whole, count):
    """The records of the header, a list of fields each, and where they end."""
    grammar = Grammar(layout.separator.encode())
    at, records = top, []
    for _ in range(count):
        line = 1 + len(EOL.findall(head, 0, at))
        if whole and at >= len(head):
            raise DataError(f"{named(layout.path)}, line {line}: the header ends too early")
        record = grammar.record(head, at, whole)
        if record is None:
            raise DataError(
                f"{named(layout.path)}, line {line}: the header does not end within {HEAD >> 20} MB"
            )
        stop, _, reason, spaced = record
        if reason:
            raise DataError(f"{named(layout.path)}, line {line}: the header {reason}")
        records.append(grammar.split(head[at:stop]))
        layout.awkward |= spaced
        at = LINE.match(head, stop).end()
    return records, at


def _header(path, records, names, may_repeat):
    """The columns' names from the records of the header."""
    texts = [[value.decode() for value in record] for record in records]
    if not names:
        return _names(path, texts[0], may_repeat)
    if len({len(record) for record in records}) > 1:
        widths = " and ".join(str(len(record)) for record in records)
        raise DataError(f"{named(path)}: the records of its header have {widths} fields")
    return _names(path, names(*texts), may_repeat)


def _place(layout, above, is_plain):
    """Say where the data begin, from the bytes above them; plain is a file whose first line is its header and the only thing above them."""
    layout.first_line = 1 + len(EOL.findall(above))
    is_copied = _copied(layout.path, layout.encoding, layout.delimiter)
    layout.first_byte = len(above) + (0 if is_copied else layout.mark)
    layout.ends = set(EOL.findall(VALUE_IN_QUOTES.sub(b"", above)))
    if not is_plain:
        layout.skip = layout.first_line - 1
    layout.quoted_above = b'"' in above and (layout.first_line != 2 or layout.skip is not None)


def _describe(layout, data):
    """Say what the data hold as far as the first megabyte shows: quotes, line ends, and what DuckDB would misread."""
    for block in Grammar(layout.separator.encode(), len(layout.header)).blocks(io.BytesIO(data)):
        layout.quoted |= block.quoted
        layout.awkward |= block.awkward
        layout.ends |= block.ends


def _copied(path, encoding, delimiter):
    """Whether DuckDB needs a copy of the file: it is compressed, otherwise encoded or separated by runs of blanks."""
    return encoding != "utf-8" or delimiter == " " or path.suffix.lower() in (".gz", ".zip")


def _check_options(path, delimiter, skip_rows, header_rows):
    try:
        str(path).encode()
    except UnicodeEncodeError as fault:
        raise DataError(f"{named(path)}: its name is not UTF-8; rename it") from fault
    if delimiter is not None and (
        not isinstance(delimiter, str)
        or len(delimiter) != 1
        or not delimiter.isascii()
        or delimiter in '\0\r\n"'
    ):
        raise DataError(f"{named(path)}: delimiter = {shown(repr(delimiter))} is not one ASCII character")
    for option, value in (("skip_rows", skip_rows), ("header_rows", header_rows)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise DataError(f"{named(path)}: {option} = {shown(repr(value))} is not a number from 0")


def _head(path, declared):
    """The first megabyte as UTF-8 without mark, whether that is all, the encoding and the length of the mark."""
    with opened(path) as stream:
        data = stream.read(HEAD)
        whole = not stream.read(1)
    encoding, mark = encoding_of(data, path, declared)
    head = utf8(data[mark:], path, encoding, final=whole)
    at = head.find(b"\0")
    if at >= 0:
        line = 1 + len(EOL.findall(head, 0, at))
        remedy = (
            '; if it is UTF-16, declare encoding = "utf-16-le" in cxresearch.toml'
            if encoding == "utf-8"
            else ""
        )
        raise DataError(f"{named(path)}, line {line}: a NUL byte{remedy}")
    if not head.strip():
        raise DataError(
            f"{named(path)}: " + ("is empty" if whole else f"has {HEAD >> 20} MB of blanks and no header")
        )
    return head, whole, encoding, mark


def _top(path, head, skip_rows):
    """Where the header starts: behind the lines to skip and any empty ones."""
    at = 0
    for _ in range(skip_rows):
        if at >= len(head):
            break
        at = LINE.match(head, at).end()
    at = EMPTY_LINES.match(head, at).end()
    if at >= len(head):
        raise DataError(
            f"{named(path)}: has no header" + (f" behind {skip_rows} skipped lines" if skip_rows else "")
        )
    return at


def _names(path, values, may_repeat=None):
    """The columns' names, each one once."""
    names = [value.strip() or f"column {i + 1}" for i, value in enumerate(values)]
    repeated = {name for name, n in Counter(names).items() if n > 1 and may_repeat and may_repeat(name)}
    number = Counter()
    for i, name in enumerate(names):
        if name in repeated:
            number[name] += 1
            names[i] = f"{name} ({number[name]})"
    seen = {}
    for i, name in enumerate(names):
        first = seen.setdefault(name.translate(LOWER), i)
        if first == i:
            continue
        if names[first] == name:
            raise DataError(f'{named(path)}: columns {first + 1} and {i + 1} are both called "{shown(name)}"')
        raise DataError(
            f'{named(path)}: columns {first + 1} "{shown(names[first])}" and {i + 1} "{shown(name)}" '
            "differ only in the case of letters"
        )
    return names


LOWER = {code: code + 32 for code in range(65, 91)}  # the letters whose case DuckDB ignores in names


def _tabbed(path, text, line=1):
    """Lines of values between runs of blanks, with single tabs instead."""
    lines = []
    for at, match in enumerate(LINE.finditer(text)):
        values = TOKEN.findall(match[1])
        if any(
            v[:1] == b'"' and (len(v) < 2 or v[-1:] != b'"' or b'"' in v[1:-1].replace(b'""', b""))
            for v in values
        ):
            raise DataError(
                f"{named(path)}, line {line + at}: between blanks a quoted value must end on its own line"
            )
        lines.append(b"\t".join(values) + match[2])
    return b"".join(lines)
