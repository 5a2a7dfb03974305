"""The currency that a folder's files tell: a column that names one, or its mark beside the amounts."""

import re

from cxresearch.currency import MARKS

NAMED = re.compile(
    r"(.*[ _])?(currency|curr|ccy|w(ä|ae)hrung|devise|moneda|valuta)([ _]code)?", re.IGNORECASE
)
CODE = re.compile(r"[A-Z]{3}")
SEVERAL = "$"  # the mark of more than one currency


def currency_line(found):
    """The line of ``[money]`` that declares the currency; commented out where the files do not tell one.

    Parameters
    ----------
    found : list of Match

    Returns
    -------
    tuple of str
        The line, and why.
    """
    columns = {c.name: c for match in found for c in _columns(match)}.values()
    named = {value for c in columns if NAMED.fullmatch(c.name) for value in c.values}
    if len(named) == 1 and CODE.fullmatch(next(iter(named))):
        return f'currency = "{named.pop()}"', "the only one in the files"
    if len(named) > 1:
        return (
            '# currency = "EUR"',
            "rows are in several: say in which to count, and the worth of each other in [money.rates]",
        )
    codes = {mark: code for code, mark in MARKS.items()}
    marks = {mark for c in columns for mark in codes if c.share(_beside(mark).fullmatch) > 0.5}
    if len(marks) == 1 and marks != {SEVERAL}:
        mark = marks.pop()
        return f'currency = "{codes[mark]}"', f"amounts bear the mark {mark}"
    return '# currency = "EUR"', "$ may be USD, CAD, AUD …: yours to say" if marks else "yours to say"


def _columns(match):
    placed = [part.column for part in match.placed.values() if part.column]
    return [*placed, *match.others]


def _beside(mark):
    return re.compile(rf"\s*-?\s*(?:{re.escape(mark)}\s*[\d.,' -]+|[\d.,' -]+\s*{re.escape(mark)})\s*")
