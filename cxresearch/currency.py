"""Amounts of money as text: with the mark of the currency they are counted in, and in millions where they are large.

Which currency that is, a workspace says (``[money] currency`` in its ``cxresearch.toml``). A notebook counts in that of the workspace it has
opened; where several were opened that differ, amounts bear no mark at all rather than a wrong one. A report counts in that of its own.
"""

import contextlib
import math
from contextvars import ContextVar

UNIT = "money"  # of a number that is an amount
MARKS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "ILS": "₪", "KRW": "₩", "NGN": "₦", "TRY": "₺", "UAH": "₴"}  # fmt: skip
SCALES = ((1e9, " bn"), (1e6, " m"))  # from where on an amount is written in them
FULL = 1e4  # from here on no part of a unit is written
FINEST = 6  # decimals at most
LONGEST = 12  # characters of a currency's name

_opened = set()  # the currencies of the workspaces that this process has opened; None for one without
_given = ContextVar("currency")


def opened(currency):
    """Note the currency of a workspace that was opened."""
    _opened.add(currency)


def forget():
    """As if no workspace had been opened."""
    _opened.clear()


@contextlib.contextmanager
def counting_in(currency):
    """Count in a currency, whatever was opened; None for amounts that bear no mark."""
    token = _given.set(currency)
    try:
        yield
    finally:
        _given.reset(token)


def counted_in():
    """The currency that amounts are counted in; None where it is not declared, or not one."""
    one = next(iter(_opened)) if len(_opened) == 1 else None
    return _given.get(one)


def mark():
    """What is written before an amount.

    >>> for code in ("GBP", "CHF", None):
    ...     with counting_in(code):
    ...         print(repr(mark()))
    '£'
    'CHF\\xa0'
    ''
    """
    code = counted_in()
    if code is None:
        return ""
    return MARKS.get(code, code if not code[-1:].isalnum() else f"{code}\u00a0")


def amount_texts(*amounts):
    """Amounts as text, all on the scale of the largest; a dash where there is none. Without a currency they are written in full.

    >>> with counting_in("GBP"):
    ...     amount_texts(11_600_000.0), amount_texts(900_000, 400_000, 1_600_000), amount_texts(-12.5, 10, None)
    (['£11.6 m'], ['£0.9 m', '£0.4 m', '£1.6 m'], ['−£12.50', '£10.00', '–'])
    >>> with counting_in(None):
    ...     amount_texts(11_600_000), amount_texts(0.4)
    (['11,600,000'], ['0.400'])
    """
    there = [float(a) for a in amounts if a is not None and math.isfinite(a)]
    largest = max(map(abs, there), default=0.0)
    size, unit = next(((s, u) for s, u in SCALES if largest >= s and counted_in()), (1.0, ""))
    places = _places(there, size)
    return [_text(a, size, unit, places) for a in amounts]


def amount_text(amount):
    """One amount as text.

    >>> with counting_in("EUR"):
    ...     amount_text(362_000), amount_text(1_570_000), amount_text(-3)
    ('€362,000', '€1.57 m', '−€3')
    """
    return amount_texts(amount)[0]


def _places(amounts, size):
    """Decimals that show three digits of the amounts, or as many as they have; none or two where they are small."""
    if size > 1:
        told = [float(f"{a:.3g}") / size for a in amounts]
        return next((p for p in range(4) if all(math.isclose(round(a, p), a, abs_tol=1e-9) for a in told)), 3)
    largest = max(map(abs, amounts), default=0.0)
    if all(math.isclose(a, round(a), abs_tol=1e-9) for a in amounts) or largest >= FULL:
        return 0
    return 2 if largest >= 1 else min(2 - math.floor(math.log10(largest)), FINEST)


def _text(amount, size, unit, places):
    if amount is None or not math.isfinite(amount):
        return "–"
    text = f"{amount / size:z,.{places}f}"
    return f"{'−' if text.startswith('-') else ''}{mark()}{text.lstrip('-')}{unit}"
