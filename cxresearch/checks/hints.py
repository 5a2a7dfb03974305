"""What may be declared for values that cannot be read, tried on the values before it is said; nothing is guessed."""

import json
import re

import ibis

from cxresearch.checks.rules import READABLE
from cxresearch.tables.canonical import HARD, given
from cxresearch.tables.formats import (
    best_formats,
    date_formats,
    has_local_clock,
    number_formats,
)
from cxresearch.tables.mapping import FILE

MOST_VALUES = 20_000  # different values of a column on which a format is tried
SLASHED = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}\b"
GROUPED = r"[+-]?\d{1,3}([.,])\d{3}(\1\d{3})*"
CODES = (
    "outside the declared range",
    "apart from all others",
    "years before the others",
)  # what may be a code


def hint(rule, examples, source):
    """The message for unreadable dates and numbers, with the format in which the mapping could read them.

    Parameters
    ----------
    rule : Rule
    examples : list of tuple
        Line and value of the first rows that break it.
    source : Source

    Returns
    -------
    str
    """
    if rule.text == READABLE["number"]:
        shown = examples[0][1] if examples else ""
        return f"{rule.text}{_number_hint(_values(rule, source), shown or '')}"
    if rule.text.startswith(CODES) and examples:
        codes = json.dumps(list(dict.fromkeys(value for _, value in examples)), ensure_ascii=False)
        return f"{rule.text}; if it stands for no value, declare missing = {codes} in {FILE}"
    if rule.text.startswith("not a date"):
        return _date_hint(rule, source)
    return rule.text


def _values(rule, source):
    """The different values of a column as they were given, and how often each occurs; without codes for a missing one."""
    raw = source.raw
    held = raw.filter(raw[rule.column].notnull()).select(v=given(raw, rule.column))
    counts = held.group_by("v").aggregate(n=ibis._.count()).order_by(ibis.desc("n"), "v")
    frame = counts.limit(MOST_VALUES).to_pandas().dropna()
    return dict(zip(frame["v"].astype(str), frame["n"], strict=True))


def _number_hint(values, shown):
    if re.fullmatch(GROUPED, shown):
        ways = number_formats(values)
        if len({decimal for decimal, _ in ways}) == 1:
            return f"; {_convention(*_least(ways))}"
        grouped, plain = re.sub("[.,]", "", shown), shown.replace(",", ".")
        may = f"{grouped} or {plain}" if plain.count(".") == 1 else grouped
        return f": {shown} may be {may}; declare decimal and thousands in {FILE}"
    ways = number_formats(values)
    if ways and (".", None) not in ways:
        return f"; {_convention(*_least(ways))}"
    if (shown and shown[0] in HARD) or shown[-1:] in HARD:
        return "; a blank that does not break a line (U+00A0) stands beside it"
    return ""


def _least(ways):
    """The way of writing numbers that says least: without a mark of thousands where none is needed."""
    return min(ways, key=lambda way: way[1] is not None)


def _convention(decimal, thousands):
    said = f'declare decimal = "{decimal}"' if decimal != "." else "declare"
    if thousands:
        mark = f"\\u{ord(thousands):04X}" if thousands in HARD else thousands
        said += f'{" and" if decimal != "." else ""} thousands = "{mark}"'
    return f"{said} in {FILE}"


def _date_hint(rule, source):
    values = _values(rule, source)
    fits = date_formats(values) if values else ()
    share = best_formats(values)[1] if fits else 0
    if len(fits) > 1:
        if rule.text not in READABLE.values():
            return rule.text
        return f"{rule.text}; day and month cannot be told apart in any row: declare date_format in {FILE}"
    if not fits:
        return _mixed(rule, source) or rule.text
    if fits[0] in rule.text:
        return rule.text
    if rule.text == READABLE["date"] and not has_local_clock(fits[0]) and "%z" in fits[0]:
        return f"{rule.text}; these are moments with an offset, whose day depends on the time zone: export the day"
    return f"{rule.text}; {_declared(rule, source, fits[0], share)}"


def _declared(rule, source, pattern, share):
    """The words to declare a format: for the table where it has no other date, else for the column."""
    dated = [c for c, spec in source.columns().items() if spec.is_dated]
    key, where = ("date_format", "") if len(dated) == 1 else ("format", f" for {rule.column}")
    is_day = rule.text == READABLE["date"] and has_local_clock(pattern)
    looks = "they look like moments, whose day is taken by" if is_day else "it looks like"
    rest = "" if share == 1 else " (it reads all but a few of them)"
    return f'{looks} {key} = "{pattern}"{rest}, to be declared{where} in {FILE}'


def _mixed(rule, source):
    """The message where some rows can only be day/month and others only month/day; None where that is not so."""
    column = given(source.raw, rule.column)
    parts = column.re_search(SLASHED)
    first, second = (column.re_extract(SLASHED, i).try_cast("int64") for i in (1, 2))
    counts = source.raw.aggregate(
        day_first=(parts & (first > 12)).sum(), month_first=(parts & (second > 12)).sum()
    ).to_pandas()
    day_first, month_first = (int(counts[c].fillna(0)[0]) for c in ("day_first", "month_first"))
    if day_first and month_first:
        return f"mixes day/month ({day_first:,} rows can only be that) and month/day ({month_first:,} rows)"
    return None
