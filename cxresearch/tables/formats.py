"""In which formats dates and numbers are written: those that read given values, tried as the mapping reads them."""

import datetime
import re
from functools import cache

from cxresearch.tables.canonical import HARD
from cxresearch.tables.cast import SHAPES
from cxresearch.tables.dates import MONTHS, SAME, date_regex

DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%y",
        "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%m.%d.%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d/%b/%y", "%d/%b/%Y", "%b %d, %Y",
        "%b %d %Y", "%d %B %Y", "%d. %B %Y", "%B %d, %Y", "%B %d %Y", "%Y-%b-%d", "%Y-%m-%d")  # fmt: skip
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p", "%I %p")
PATTERNS = (
    *DAYS,
    *(f"{day}{mark}{clock}" for day in DAYS for mark in (" ", "T", ", ") for clock in CLOCKS),
    *(f"{day}{mark}{clock}{zone}" for day in DAYS for mark in (" ", "T") for clock in CLOCKS for zone in ("%z", " %z")),
)  # fmt: skip
CONVENTIONS = (  # the decimal mark, and what parts thousands
    (".", None),
    (",", None),
    (",", "."),
    (".", ","),
    (",", " "),
    (",", "\u00a0"),
    (",", "\u202f"),
    (".", "'"),
    (".", " "),
    (".", "\u00a0"),
)
FEW = 200  # of the commonest values rule a format out before the others are looked at
MOST = 0.95  # the share of values that makes a column dates or numbers


def fitting(counts, tests):
    """The share of values that each test passes, for tests that pass at least half of the commonest.

    Parameters
    ----------
    counts : dict
        Value → how often it occurs.
    tests : dict
        Name → a function of a value.

    Returns
    -------
    dict
        Name → share.
    """
    few, total = list(counts)[:FEW], sum(counts.values())
    likely = [name for name, test in tests.items() if 2 * sum(map(bool, map(test, few))) >= len(few)]
    return {name: sum(n for v, n in counts.items() if tests[name](v)) / total for name in likely if total}


def date_formats(counts):
    """The formats in which (nearly) all values are dates; several, where these would be different days.

    >>> date_formats({"13/02/2026": 1, "03/04/2026": 1}), date_formats({"02/13/2026 07:40:00 AM": 1})
    (('%d/%m/%Y',), ('%m/%d/%Y %I:%M:%S %p',))
    >>> date_formats({"03/04/2026": 9}), date_formats({"5 May 2026": 1})
    (('%d/%m/%Y', '%m/%d/%Y'), ('%d %b %Y',))
    """
    return tuple(_unlike(counts, best_formats(counts)[0]))


def best_formats(counts):
    """The formats that read most of the values, and what share that is; none where it is less than `MOST`."""
    shares = fitting(counts, {pattern: _reader(pattern) for pattern in _possible(list(counts)[:FEW])})
    best = max(shares.values(), default=0.0)
    return (tuple(f for f, share in shares.items() if share == best) if best >= MOST else ()), best


def _possible(few):
    """The formats whose signs stand in at least half of some values, and that have a place for their letters; most are none of these."""
    found = []
    for (signs, needs, takes), patterns in _BY_SIGNS.items():
        fits = [signs <= set(value) and (takes if _LETTER(value) else not needs) for value in few]
        if 2 * sum(fits) >= len(few):
            found += patterns
    return sorted(found, key=_ORDER.__getitem__)


def _by_signs():
    """Formats by the signs that stand between their parts, whether letters must be in a date, and whether they may."""
    groups = {}
    for pattern in PATTERNS:
        tokens, signs = set(re.findall("%(.)", pattern)), set(re.sub("%.", "", pattern)) - {" "}
        needs = bool(tokens & {"b", "B", "p"} or "T" in signs)
        groups.setdefault((frozenset(signs), needs, needs or "z" in tokens), []).append(pattern)
    return groups


_LETTER = re.compile("[A-Za-z]").search
_ORDER = {pattern: i for i, pattern in enumerate(PATTERNS)}
_BY_SIGNS = _by_signs()


def _unlike(counts, patterns):
    """Formats without those that read every value as an earlier one does, as %B and %b do in May."""
    seen = set()
    for pattern in patterns if len(patterns) > 1 else ():
        days = tuple(map(_reader(pattern), counts))
        if days not in seen:
            seen.add(days)
            yield pattern
    if len(patterns) == 1:
        yield patterns[0]


@cache
def _reader(pattern):
    """A text as the moment that a format makes of it; None where it is none of the calendar's."""
    order, regex = date_regex(pattern)
    compiled = re.compile(regex, re.ASCII)

    def read(text):
        found = compiled.match(text)
        if not found or text.endswith("\n"):
            return None
        part = dict(zip(order, found.groups(), strict=True))
        try:
            return _moment(part)
        except ValueError:
            return None

    return read


def _moment(part):
    """The moment that the parts of a date say, and its offset."""
    names = {SAME.get(token, token): text for token, text in part.items()}
    year = int(names["Y"]) if "y" not in part else int(part["y"]) + (1900 if part["y"] >= "69" else 2000)
    month = int(part["m"]) if "m" in part else MONTHS.index(names["m"].lower()) + 1
    if not 1900 <= year <= 2100 and year != 9999:
        raise ValueError("no year of our time")
    hour = int(names.get("H", 0))
    if "p" in part:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of twelve")
        hour = hour % 12 + 12 * (part["p"].lower() == "p")
    second = float(part.get("S", 0))
    if second >= 60:
        raise ValueError("no second")
    day = datetime.datetime(year, month, int(part["d"]), hour, int(part.get("M", 0)))
    return day, second, part.get("z")


@cache
def is_iso(text):
    """Whether a text is an ISO date or moment of the calendar.

    >>> is_iso("2026-02-28"), is_iso("2026-02-28T10:15:00Z"), is_iso("2026-02-30")
    (True, True, False)
    """
    if not re.match(SHAPES["moment"], text, re.ASCII):
        return False
    try:
        datetime.date.fromisoformat(text[:10])
        datetime.time.fromisoformat(text[11:16] or "00:00")
    except ValueError:
        return False
    return True


def has_local_clock(pattern):
    """Whether a date format tells a time of day and no offset, so that the day is the one that is written.

    >>> has_local_clock("%d.%m.%Y %H:%M"), has_local_clock("%d.%m.%Y"), has_local_clock("%Y-%m-%dT%H:%M%z")
    (True, False, False)
    """
    return ("%H" in pattern or "%I" in pattern) and "%z" not in pattern


def number_formats(counts):
    """The ways to write numbers, decimal mark and mark of thousands, that fit all values as well as the best one does.

    >>> number_formats({"1.234,50": 1}), number_formats({"1.250": 1})[:2]
    (((',', '.'),), (('.', None), (',', '.')))
    """
    shares = fitting(counts, {c: numbered(*c) for c in CONVENTIONS})
    best = max(shares.values(), default=0.0)
    return tuple(c for c, share in shares.items() if share >= MOST and share == best)


@cache
def numbered(decimal, thousands):
    """A test for numbers written in one way; a group's first digit is no zero.

    A hard blank beside a number is read where a mark of thousands says that the file writes such blanks.
    """
    whole = r"\d+"
    if thousands:
        whole = rf"(?:\d{{1,3}}|[1-9]\d{{0,2}}(?:{re.escape(thousands)}\d{{3}})+|\d+)"
    point = re.escape(decimal)
    edge = rf"[\s{HARD}]*" if thousands and thousands in HARD else r"\s*"
    shape = rf"^{edge}[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?{edge}$"
    return re.compile(shape, re.ASCII).match


def value_of(text, decimal, thousands):
    """The number that a text is in one way of writing."""
    plain = text.strip().strip(HARD)
    plain = plain.replace(thousands, "") if thousands else plain
    return float(plain.replace(decimal, "."))
