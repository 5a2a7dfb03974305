"""Numbers, money and units as text: the one place."""

import math
import re

import pandas as pd

from cxresearch.currency import UNIT, amount_text, amount_texts

SUPPRESSED = 10  # a base under it is withheld
MISSING = "–"
UNITS = frozenset({"share", "points", UNIT})  # that a number may have; any other is written as it is
MONEY = "money"  # at stake, where a finding does not say which
FINEST = 6  # decimals at most: beyond them is the dust of rounding
ZERO = re.compile(r"^[-−+](?=0(?:[.,]0*)?(?:%| points)?$)")


def number_text(value, digits=4):
    """A number to so many significant digits; a whole number, a date or a text is written in full, a missing value as a dash.

    What is left of a difference of equal numbers is nothing: no more than six decimals are written, and no minus before a zero.

    >>> number_text(1234567), number_text(-0.0123456), number_text(12.5, digits=2), number_text(None)
    ('1,234,567', '−0.01235', '12', '–')
    >>> number_text(-8.527e-14), number_text(0.1 + 0.2 - 0.3), number_text(3 - 2.9999999999999)
    ('0', '0', '0')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if isinstance(value, bool) or not hasattr(value, "__round__"):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return _minus(f"{int(value):,}")
    places = min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), FINEST)
    if not round(value, FINEST):
        return "0"
    return _minus(f"{round(value, places):z,.{places}f}")


def share_text(value, decimals=1):
    """A share in per cent.

    >>> share_text(0.8113), share_text(0.8113, 0), share_text(-0.00001), share_text(float("nan"))
    ('81.1%', '81%', '0.0%', '–')
    """
    return MISSING if is_missing(value) else _minus(f"{value:z.{decimals}%}")


def points_text(value, sign=False):
    """A difference of shares in percentage points; a plus is written if asked for.

    >>> points_text(-0.0412), points_text(0.3, sign=True), points_text(None)
    ('−4.1 points', '+30.0 points', '–')
    """
    if is_missing(value):
        return MISSING
    return _minus(f"{100 * value:{'+' if sign else ''}z,.1f} points")


def value_text(value, unit="", digits=4):
    """A value in its unit: ``"share"`` in per cent, ``"points"`` in percentage points, ``"money"`` as an amount, anything else as a number.

    >>> value_text(0.1234, "share"), value_text(0.1234, "points"), value_text(1234.5)
    ('12.3%', '12.3 points', '1,234')
    """
    if unit == "points":
        return points_text(value)
    if unit == UNIT:
        return amount_text(value)
    return share_text(value) if unit == "share" else number_text(value, digits)


def change_text(value, unit="", digits=3):
    """A change in the unit of what changed, with its sign; a change of a share is told in percentage points.

    >>> change_text(0.031, "share"), change_text(-1200), change_text(0), change_text(-8.527e-14)
    ('+3.1 points', '−1,200', '0', '0')
    """
    if is_missing(value):
        return MISSING
    text = value_text(abs(value), "points" if unit == "share" else unit, digits)
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return unsigned_zero(sign + text)


def unsigned_zero(text):
    """A number as text, without a sign before a zero.

    >>> unsigned_zero("-0.00"), unsigned_zero("+0.0%"), unsigned_zero("-0.01")
    ('0.00', '0.0%', '-0.01')
    """
    return ZERO.sub("", text)


def interval_text(low, high, unit="", digits=4, text=value_text):
    """An interval from its ends; the word "points" is written once, and a dash where both ends are missing.

    >>> interval_text(0.796, 0.825, "share"), interval_text(-0.01, 0.03, "points"), interval_text(None, None)
    ('79.6% to 82.5%', '−1.0 to 3.0 points', '–')
    >>> interval_text(-0.01, 0.03, "share", text=change_text)
    '−1.0 to +3.0 points'
    """
    if is_missing(low) and is_missing(high):
        return MISSING
    if unit == UNIT and text is value_text:
        return " to ".join(amount_texts(low, high))
    return f"{text(low, unit, digits).removesuffix(' points')} to {text(high, unit, digits)}"


def estimate_text(estimate, low, high, unit=""):
    """An estimate with its interval in brackets, to the digits that the interval supports.

    >>> estimate_text(0.811, 0.796, 0.825, "share"), estimate_text(561801, 401234, 729876)
    ('81.1% (79.6% to 82.5%)', '560,000 (400,000 to 730,000)')
    """
    if any(map(is_missing, (estimate, low, high))):
        return f"{value_text(estimate, unit)} ({interval_text(low, high, unit)})"
    return "{} ({})".format(*estimate_texts(*supported(estimate, low, high), unit))


def count_text(n, thing="", things=None):
    """How many people, or whatever stands on people: to the nearest ten; a number that a report must not name is only bounded.

    >>> count_text(1234), count_text(7, "customer"), count_text(0, "customer"), count_text(12, "company", "companies")
    ('1,230', 'fewer than 10 customers', '0 customers', '10 companies')
    """
    number = f"fewer than {SUPPRESSED}" if 0 < n < SUPPRESSED else f"{nearest_ten(n):,}"
    return " ".join(filter(None, [number, thing and (things or f"{thing}s")]))


def is_of_few(share, n):
    """Whether a share of people counts fewer than ten of them, or all but fewer than ten: then no page states it.

    >>> [is_of_few(share, 100) for share in (0.0, 0.06, 0.3, 0.96, 1.0)]
    [False, True, False, True, False]
    """
    cases = round(share * n)
    return 0 < cases < SUPPRESSED or 0 < n - cases < SUPPRESSED


def nearest_ten(n):
    """A number of people as a report states it: to the nearest ten, a five upwards, so that no two differ by a handful.

    >>> [nearest_ten(n) for n in (0, 10, 14, 15, 804)]
    [0, 10, 10, 20, 800]
    """
    return (int(n) + 5) // 10 * 10


def supported(estimate, low, high):
    """An estimate and its interval to the digits that the interval supports: two of its width, on its narrower side.

    More digits say nothing, and from six of them sums and single values could be worked out. A number without a width keeps six.

    >>> supported(0.25634, 0.22713, 0.28821), supported(1653.42, 1471.3, 1857.1), supported(0.5, 0.5, 0.5)
    ((0.256, 0.227, 0.288), (1650.0, 1470.0, 1860.0), (0.5, 0.5, 0.5))
    """
    values, before = (estimate, low, high), None
    while values != before:  # a width that is rounded up to a power of ten takes one digit more away
        before, places = values, _places(*values)
        if places is None:
            return tuple(float(f"{value:.6g}") for value in values)
        values = tuple(round(value, places) + 0.0 for value in values)
    return values


def estimate_texts(estimate, low, high, unit=""):
    """An estimate and its interval as the cells of a table, with as many decimals as the interval supports.

    >>> estimate_texts(0.256, 0.2, 0.288, "share"), estimate_texts(6.5, 6.35, 6.65), estimate_texts(None, None, None)
    (('25.6%', '20.0% to 28.8%'), ('6.50', '6.35 to 6.65'), ('–', '–'))
    """
    if unit == UNIT:
        told = amount_texts(estimate, low, high)
        return told[0], MISSING if is_missing(low) and is_missing(high) else f"{told[1]} to {told[2]}"
    whole = unit or any(map(is_missing, (estimate, low, high)))
    places = None if whole else _places(estimate, low, high)
    if places is None:
        return value_text(estimate, unit), interval_text(low, high, unit)
    told = [_minus(f"{value:z,.{max(places, 0)}f}") for value in (estimate, low, high)]
    return told[0], f"{told[1]} to {told[2]}"


def _places(estimate, low, high):
    """Decimals of the second digit of an interval's width; None where it has none."""
    sides = [side for side in (estimate - low, high - estimate) if side > 0]
    if not sides or not math.isfinite(sum(sides)):
        return None
    width = max(2 * min(sides), sum(sides) / 50)
    return 1 - math.floor(math.log10(width))


def money(content):
    """What a finding says of the money that depends on it; empty without any.

    >>> from cxresearch.currency import counting_in
    >>> with counting_in("GBP"):
    ...     money({"at_stake": [9000, -100, 12000], "within": "12 months"})
    'At stake within 12 months: £9,000 (−£100 to £12,000); the interval includes zero.'
    """
    if "at_stake" not in content:
        return ""
    ends = supported(*content["at_stake"])
    if max(map(abs, ends)) >= 10:  # whole units: a part of one beside a thousand of them says nothing
        ends = tuple(round(end) for end in ends)
    estimate, low, high = amount_texts(*ends)
    unsure = "; the interval includes zero" if ends[1] <= 0 <= ends[2] else ""
    of = content.get("of", MONEY)
    what = "" if of == MONEY else f"{of} of "
    return f"At stake within {content['within']}: {what}{estimate} ({low} to {high}){unsure}."


def is_missing(value):
    """Whether there is no number to write: None, no date, or a number that is not finite."""
    return value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value))


def _minus(text):
    return text.replace("-", "−")
