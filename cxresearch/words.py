"""Numbers, money and units as text: the one place."""

import math

import pandas as pd


def money(content):
    """What a finding says of the money that depends on it; empty without any.

    >>> money({"at_stake": [9000, -100, 12000], "within": "12 months"})
    'At stake within 12 months: 9,000 (−100 to 12,000) – it may be nothing.'
    """
    if "at_stake" not in content:
        return ""
    ends = content["at_stake"]
    fine = max(map(abs, ends)) < 10  # else whole units: a part of one beside a thousand of them tells nothing
    told = (number_text(value) if fine else f"{value:z,.0f}" for value in ends)
    estimate, low, high = (text.replace("-", "−") for text in told)
    unsure = " – it may be nothing" if ends[1] <= 0 <= ends[2] else ""
    return f"At stake within {content['within']}: {estimate} ({low} to {high}){unsure}."


def is_missing(value):
    """Whether there is no number to write: None, no date, or a number that is not finite."""
    return value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value))


def number_text(value, digits=4):
    if is_missing(value):
        return "–"
    if isinstance(value, (pd.Timestamp,)):
        return value.date().isoformat()
    if isinstance(value, bool) or not hasattr(value, "__round__"):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    size = math.floor(math.log10(abs(value)))
    return f"{round(value, max(digits - 1 - size, 0)):,.{max(digits - 1 - size, 0)}f}"


def points_text(value, sign=False):
    """A difference of shares in percentage points; a minus is a minus, and a plus is written if asked for.

    >>> points_text(-0.0412), points_text(0.3, sign=True), points_text(None)
    ('−4.1 points', '+30.0 points', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:{'+' if sign else ''}z,.1f} points".replace("-", "−")
