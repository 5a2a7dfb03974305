"""Dates and moments in a declared format → ISO texts."""

import re

import ibis

from cxresearch.errors import DataError
from cxresearch.tables.cast import tried
from cxresearch.tables.written import COUNTED, counted_text, last_day_text

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TOKENS = {
    "Y": r"(\d{4})",
    "y": r"(\d{2})",
    "m": r"(\d{1,2})",
    "b": r"([A-Za-z]{3})",
    "B": r"([A-Za-z]{3})[a-z]*",
    "d": r"(\d{1,2})",
    "H": r"(\d{1,2})",
    "I": r"(\d{1,2})",
    "M": r"(\d{1,2})",
    "S": r"(\d{1,2}(?:\.\d+)?)",
    "p": r"([AaPp])\.?[Mm]\.?",
    "z": r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})",
}
SAME = {"y": "Y", "b": "m", "B": "m", "I": "H"}  # tokens that say the same thing


def date_regex(pattern):
    """The letters of a date format in their order, and the regular expression of dates written in it.

    >>> date_regex("%d.%m.%Y")
    (['d', 'm', 'Y'], '^(\\\\d{1,2})\\\\.(\\\\d{1,2})\\\\.(\\\\d{4})$')
    """
    pieces = re.findall(r"%(.?)|([^%])", pattern, flags=re.DOTALL)
    order, regex = [], ""
    for i, (token, literal) in enumerate(pieces):
        if literal:
            regex += r"\s+" if literal == " " else re.escape(literal)
            continue
        if token not in TOKENS:
            raise DataError(f"date format {pattern!r}: %{token} is not among %{' %'.join(TOKENS)}")
        beside = any(0 <= j < len(pieces) and pieces[j][0] in TOKENS for j in (i - 1, i + 1))
        regex += TOKENS[token].replace("{1,2}", "{2}") if beside and token != "p" else TOKENS[token]
        order.append(token)
    parts = [SAME.get(token, token) for token in order]
    if "Y" not in parts or ("d" in parts and "m" not in parts) or ("d" not in parts and "H" in parts):
        raise DataError(
            f"date format {pattern!r}: it needs a year, a month and a day, or a year alone or with a month"
        )
    if len(parts) != len(set(parts)):
        raise DataError(f"date format {pattern!r}: it gives the same part twice")
    if ("I" in order) != ("p" in order) or ("H" not in parts and {"M", "S", "z"} & set(parts)):
        raise DataError(f"date format {pattern!r}: a time needs %H, or %I with %p")
    return order, f"^{regex}$"


def lacks_day(pattern):
    """Whether a date format gives a year alone or with a month.

    >>> lacks_day("%Y"), lacks_day("%m/%Y"), lacks_day("%d.%m.%Y"), lacks_day("excel")
    (True, True, False, False)
    """
    return pattern not in COUNTED and "d" not in date_regex(pattern)[0]


def date_text(value, pattern):
    """Dates written as `pattern` (``%d.%m.%Y %H:%M``) → ISO texts, in steps; what is not written so becomes a text that says it.

    Knows %Y %y %m %b %B %d %H %I %p %M %S %z; a year of two digits is 1969 to 2068, months are English. A year alone, or with a month, is
    its last day. ``excel`` are days as Excel counts them, ``unix`` and ``unix_ms`` seconds and milliseconds since 1970 in UTC.
    """
    if pattern in COUNTED:
        return (yield from counted_text(value, pattern))
    order, regex = date_regex(pattern)
    value = yield value
    if set(order) <= set("YmdHMSz"):
        text = _moved(value, regex, order)
    else:
        text = yield from _extracted(value, regex, order)
    text = last_day_text((yield text)) if "d" not in order else text
    if "z" in order:
        text = text.re_replace(r"(UTC|GMT)$", "Z")
    # an ISO date under another declared format must not pass as it is: its day and month may be the other way round
    refused = ibis.literal(f"not {pattern}: ").concat(value)
    return ibis.ifelse(value.re_search(regex), text, refused)


def _moved(value, regex, order):
    """Digits in the order of ISO, by one replacement; then a zero before each that stands alone."""
    at = {token: rf"\{i}" for i, token in enumerate(order, 1)}
    text = "-".join(at[token] for token in "Ymd" if token in at)
    if "H" in at:
        text += f" {at['H']}:{at.get('M', '00')}:{at.get('S', '00')}{at.get('z', '')}"
    return value.re_replace(regex, text).re_replace(r"([- :])(\d)\b", r"\10\2")


def _extracted(value, regex, order):
    """Dates with a named month, a year of two digits or a clock of two halves: each part for itself."""
    parts = yield tuple(value.re_extract(regex, i) for i in range(1, len(order) + 1))
    part = dict(zip(order, parts, strict=True))
    year = part.get("Y")
    if year is None:
        year = ibis.ifelse(part["y"] >= "69", "19", "20").concat(part["y"])
    text = year
    if {"m", "b", "B"} & set(part):
        named = (yield (part["b"] if "b" in part else part["B"]).lower()) if "m" not in part else None
        month = part["m"].lpad(2, "0") if named is None else _month(named)
        text = text.concat("-", month)
    text = text.concat("-", part["d"].lpad(2, "0")) if "d" in part else text
    if {"H", "I"} & set(part):
        hour = part["H"].lpad(2, "0") if "H" in part else _hour((yield tried(part["I"], "number")), part["p"])
        minute = part["M"].lpad(2, "0") if "M" in part else ibis.literal("00")
        second = part["S"] if "S" in part else ibis.literal("00")
        second = ibis.ifelse(second.re_search(r"^\d(\.|$)"), ibis.literal("0").concat(second), second)
        text = text.concat("T", hour, ":", minute, ":", second)
        if "z" in part:
            text = text.concat(part["z"])
    return text


def _month(low):
    """The number of a month by the first letters of its name; the text itself where there is none."""
    return ibis.cases(*((low == m, ibis.literal(f"{i:02d}")) for i, m in enumerate(MONTHS, 1)), else_=low)


def _hour(number, half):
    """The hour of a clock with two halves as one of 24; "99", which is none, where it is not from 1 to 12."""
    whole = number.cast("int64") % 12 + ibis.ifelse(half.lower() == "p", 12, 0)
    return ibis.ifelse(number.between(1, 12), whole.cast("string").lpad(2, "0"), ibis.literal("99"))
