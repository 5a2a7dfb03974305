"""Sentences put together to a reading, and estimates with their interval as text."""

from cxresearch.currency import amount_text, amount_texts
from cxresearch.display import Nothing, reading
from cxresearch.masking import masked
from cxresearch.words import (
    SUPPRESSED,
    estimate_texts,
    is_missing,
    nearest_ten,
    points_text,
    share_text,
    supported,
)

MISSING = "not estimated"
SHOWN = 3  # findings named one by one


def say(*sentences):
    """A reading of the sentences that are not empty; nothing where all are.

    >>> say("Half are back.", "", "Few return.").text
    'Half are back. Few return.'
    """
    words = " ".join(filter(None, sentences))
    return reading("{words}", words=words) if words else Nothing()


def share(limits):
    """A share with its interval.

    >>> share((0.811, 0.796, 0.825)), share((0.5, None, None)), share((None, None, None))
    ('81.1% (79.6% to 82.5%)', '50.0%', 'not estimated')
    """
    return _limits(limits, share_text)


def count(limits, digits=0):
    """A number with its interval, to the digits that the interval supports and so many decimals at most.

    >>> count((5306.6, 5093, 5530)), count((7.75, 7.05, 8.53), 1)
    ('5,310 (5,090 to 5,530)', '7.8 (7.0 to 8.5)')
    """
    return _limits(_supported(limits), f"{{:z,.{digits}f}}".format)


def points(limits):
    """A difference of shares with its interval.

    >>> points((0.027, -0.041, 0.095))
    '+2.7 points (−4.1 to +9.5)'
    """
    return _limits(limits, lambda value: points_text(value, sign=True), " points")


def money(limits):
    """An amount with its interval, to the digits that the interval supports.

    >>> from cxresearch.currency import counting_in
    >>> for code in ("GBP", None):
    ...     with counting_in(code):
    ...         money((27528549.2, 27098374, 27965553)), money((12.4, None, None))
    ('£27.5 m (£27.1 m to £28.0 m)', '£12.40')
    ('27,530,000 (27,100,000 to 27,970,000)', '12.40')
    """
    estimate, low, high = limits
    if not known(estimate):
        return MISSING
    if not known(low) or not known(high):
        return amount_text(float(f"{estimate:.6g}"))
    estimate, low, high = amount_texts(*supported(estimate, low, high))
    return f"{estimate} ({low} to {high})"


def signed(limits):
    """A difference with its interval and its sign, to the digits that the interval supports.

    >>> signed((0.457, 0.424, 0.49)), signed((-0.548, -0.749, -0.347))
    ('+0.457 (+0.424 to +0.490)', '−0.55 (−0.75 to −0.35)')
    """
    estimate, interval = estimate_texts(*_supported(limits))
    return f"{_plus(estimate)} ({' to '.join(map(_plus, interval.split(' to ')))})"


def _plus(text):
    return text if text.startswith("−") or not text.strip("0.,") else f"+{text}"


def sentence(text):
    """Half a sentence as a sentence.

    >>> sentence("no contact names an agent"), sentence("")
    ('No contact names an agent.', '')
    """
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def as_words(name):
    """A name of the data as words.

    >>> as_words("face_to_face")
    'face to face'
    """
    return masked(str(name)).replace("_", " ")  # first: half an address is none that can be found


def p_value(p):
    """A p-value.

    >>> p_value(0.00001), p_value(0.8624)
    ('p below 0.001', 'p 0.862')
    """
    return "p below 0.001" if p < 0.001 else f"p {p:.3f}"


def first_names(names, most=6):
    """A list of names, the first few of many.

    >>> first_names(["a", "b"]), first_names("abcdefghi")
    ('a and b', 'a, b, c, d, e, f and 3 more')
    """
    names = list(names)
    if len(names) > most + 1:
        names = [*names[:most], f"{len(names) - most:,} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def known(value):
    """Whether a value is there.

    >>> known(0.0), known(None), known(float("nan"))
    (True, False, False)
    """
    return not is_missing(value)


def difference(low, high):
    """A verdict on a difference, from its interval."""
    return "a clear rise" if low > 0 else "a clear fall" if high < 0 else "no clear difference"


def read(topic):
    """How many rows of how many tables were read, and how many were set aside by the mapping's choice of rows."""
    text = f"{topic.tables_['rows'].sum():,} rows of {counted(len(topic.tables_), 'table')}"
    if "set_aside" not in topic.tables_:
        return text
    return f"{text} ({topic.tables_['set_aside'].sum():,} rows set aside by the choice of rows in cxresearch.toml)"


def few(findings, between="; "):
    """The first findings one by one, and how many more there are.

    >>> few(["a", "b", "c", "d"], ", ")
    'a, b, c, and 1 more'
    """
    more = len(findings) - SHOWN
    return between.join(findings[:SHOWN]) + (f"{between}and {more} more" if more > 0 else "")


def counted(n, what):
    """A number with its noun.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{n:,.0f} {what}{'' if n == 1 else 's'}"


def people_text(limits):
    """A number of people at the beginning of a sentence, with its interval, to the nearest ten.

    >>> people_text((112.4, 88.1, 131.9)), people_text((4.2, 1.0, 9.0)), people_text((112.4, float("nan"), float("nan")))
    ('About 110 (90 to 130)', 'Fewer than 10', 'About 110')
    """
    estimate, low, high = limits
    if estimate < SUPPRESSED:
        return f"Fewer than {SUPPRESSED}"
    interval = f" ({nearest_ten(low):,} to {nearest_ten(high):,})" if known(low) and known(high) else ""
    return f"About {nearest_ten(estimate):,}{interval}"


def _supported(limits):
    return supported(*limits) if all(map(known, limits)) else limits


def _limits(limits, text, unit=""):
    estimate, low, high = limits
    if not known(estimate):
        return MISSING
    if not known(low) or not known(high):
        return text(estimate)
    return f"{text(estimate)} ({text(low).removesuffix(unit)} to {text(high).removesuffix(unit)})"


def are(n):
    """The verb for so many."""
    return "is" if n == 1 else "are"


def above(share):
    """A relative difference in words.

    >>> above(0.225), above(-0.01)
    ('22.5% above', '1.0% below')
    """
    return f"{abs(share):.1%} {'above' if share >= 0 else 'below'}"
