"""Lines above the header that are none of the table: a title, a date of export, a note to Excel."""

import re

from cxresearch.errors import DataError
from cxresearch.reading.records import Grammar
from cxresearch.reading.unpack import EOL, named


class TitleAbove(DataError):
    """A file whose header is not its first line; `settings` are those of the mapping that skip what is above it."""

    def __init__(self, message, settings):
        super().__init__(message)
        self.settings = settings


SEEN = 20  # records from the top
SEP = re.compile(rb'"?sep=(.)"?[ \t]*(?=\r|\n|\Z)', re.IGNORECASE)
VALUE = re.compile(
    rb"\s*[-+(]?\d[\d.,:/ \-]*[%)]?\s*|\s*"
)  # what a header does not hold: numbers, dates, blanks


def refuse_titles(path, head, top, delimiters, whole):
    """Stop where the first line is none of the table, and name what to declare.

    Parameters
    ----------
    path : Path
        For messages.
    head : bytes
        The first megabyte of the file, as UTF-8.
    top : int
        Where the first line begins that is not empty.
    delimiters : iterable of str
        Those that may separate the fields.
    whole : bool
        Whether `head` is the whole file.

    Raises
    ------
    TitleAbove

    Examples
    --------
    >>> from pathlib import Path
    >>> head = b"Orders of June\\n\\norder_id,customer_id,amount\\n1,a,5\\n2,a,5\\n"
    >>> refuse_titles(Path("orders.csv"), head, 0, ",;", True)
    Traceback (most recent call last):
    cxresearch.reading.titles.TitleAbove: orders.csv: its header seems to be on line 3, below a title; declare skip_rows = 2 in cxresearch.toml
    """
    mark = SEP.match(head, top)
    if mark:
        shown = mark[1].decode().replace("\t", "\\t")
        raise TitleAbove(
            f"{named(path)}: its first line, sep={shown}, is a note to Excel; declare skip_rows = 1 and "
            f'delimiter = "{shown}" in cxresearch.toml',
            {"skip_rows": 1, "delimiter": mark[1].decode()},
        )
    for delimiter in delimiters:
        at = _header(head, top, delimiter, whole)
        if at and not _split_by_another(head, top, at, delimiter, delimiters, whole):
            line = 1 + len(EOL.findall(head, 0, at))
            raise TitleAbove(
                f"{named(path)}: its header seems to be on line {line}, below a title; declare skip_rows = {line - 1} in cxresearch.toml",
                {"skip_rows": line - 1},
            )


def _header(head, top, delimiter, whole):
    """Where the header begins below a title: the first record as wide as all that follow, of names alone; None where the first one may be it."""
    grammar, at, records = Grammar(delimiter.encode()), top, []
    while at < len(head) and len(records) < SEEN and (record := grammar.record(head, at, whole)):
        stop, _, reason, _ = record
        if reason:
            return None
        records.append((at, grammar.split(head[at:stop])))
        at = stop + len(EOL.match(head, stop)[0]) if EOL.match(head, stop) else len(head)
    if not records:
        return None
    width = len(records[-1][1])
    wide = len(records)
    while wide and len(records[wide - 1][1]) == width:
        wide -= 1
    for i in range(wide, len(records) - 1):
        at, fields = records[i]
        if _filled(fields) == width:
            above = [_filled(before) for _, before in records[:i]]
            is_header = width > 2 and not any(VALUE.fullmatch(field) for field in fields)
            return at if i and is_header and 2 * max(above) <= width else None
    return None


def _split_by_another(head, top, at, delimiter, delimiters, whole):
    """Whether another delimiter splits the first line into as many fields as this one does the header: decimal commas part no columns."""
    width = len(_fields(head, at, delimiter, whole))
    return any(len(_fields(head, top, other, whole)) >= width for other in delimiters if other != delimiter)


def _fields(head, at, delimiter, whole):
    grammar = Grammar(delimiter.encode())
    record = grammar.record(head, at, whole)
    return grammar.split(head[at : record[0]]) if record and not record[2] else []


def _filled(fields):
    return sum(bool(field.strip()) for field in fields)
