"""Which delimiter separates the fields of a text file: the one its header shows; where that leaves a choice, the user is asked."""

import re

from cxresearch.errors import DataError
from cxresearch.reading.records import Grammar
from cxresearch.reading.unpack import named

DELIMITERS = (",", ";", "\t", "|")
UNUSUAL = (" ", ":", "^", "~", "\x01", "\x1e", "\x1f")  # proposed to the user, never taken unasked
COMPARED = 200  # records whose fields are counted where the header alone does not tell
VALUE_IN_QUOTES = re.compile(rb'(?<![^,;\t|\r\n ])"(?:[^"]++|"")*+"')
FIRST_LINE = re.compile(rb'(?:(?<![^,;\t|\r\n ])"(?:[^"]++|"")*+"|[^\r\n])*+')
LINE = re.compile(rb"([^\r\n]*+)(\r\n|\n|\r|\Z)")


def delimiter_of(path, head, top, whole):
    """The delimiter the header shows, or `DataError` with what to declare.

    Parameters
    ----------
    path : Path
        For messages.
    head : bytes
        The first megabyte of the file, as UTF-8.
    top : int
        Where the header begins.
    whole : bool
        Whether `head` is the whole file.

    Examples
    --------
    >>> from pathlib import Path
    >>> delimiter_of(Path("orders.csv"), b"order_id;amount\\n1;2,50\\n", 0, True)
    ';'
    """
    header = VALUE_IN_QUOTES.sub(b"", FIRST_LINE.match(head, top)[0])
    candidates = [d for d in DELIMITERS if d.encode() in header]
    if len(candidates) > 1:
        candidates = [d for d in candidates if _widths(head, top, d, whole)[1] == 1] or candidates
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        choice = " or ".join(_toml(d) for d in candidates)
        raise DataError(
            f"{named(path)}: its header can be split by {choice}; declare one as delimiter in cxresearch.toml"
        )
    for d in (*DELIMITERS, *UNUSUAL):
        least, kinds, records = _widths(head, top, d, whole)
        below = _widths(head, LINE.match(head, FIRST_LINE.match(head, top).end()).end(), d, whole)[0]
        split_below = d in DELIMITERS and below > 1
        if records > 1 and (split_below or (least > 1 and kinds == 1)):
            raise DataError(
                f"{named(path)}: its header is not split by , ; | or tab, but {_toml(d)} may be what splits it; "
                f'declare delimiter = {_toml(d)}, or "," if it is one column, in cxresearch.toml'
            )
    return ","


def _widths(head, at, delimiter, whole):
    """Of the first records under a delimiter: the fewest fields, how many different numbers of fields, how many records."""
    separator = delimiter.encode()
    grammar, widths = Grammar(separator), []
    while at < len(head) and len(widths) < COMPARED and (record := grammar.record(head, at, whole)):
        stop, fields, reason, _ = record
        if stop > at:
            fields = len(head[at:stop].split()) if delimiter == " " else fields
            widths.append(0 if reason else fields)
        at = LINE.match(head, stop).end()
    return min(widths, default=0), len(set(widths)), len(widths)


def _toml(delimiter):
    return (
        '"'
        + {"\t": "\\t"}.get(delimiter, delimiter if delimiter.isprintable() else f"\\u{ord(delimiter):04x}")
        + '"'
    )
