"""A file's column in the place of one of the contract's: how well its values fit, the line for it, and what remains wrong."""

import json
from dataclasses import dataclass, field

from cxresearch.suggest.profiles import Column
from cxresearch.suggest.vocabulary import says
from cxresearch.tables.formats import MOST, has_local_clock

SURE = 0.85  # how well a name must fit to be believed against a column's values
FEW = 20  # different values: fewer are no key of customers, unless the name leaves no doubt
RATINGS = ("recommend", "satisfaction", "effort", "emotion")
STEPS = 101  # different values of a scale, at most


@dataclass
class Placed:
    """A column in its place."""

    column: Column | None
    target: str
    why: str
    settings: dict = field(default_factory=dict)
    issues: list = field(default_factory=list)
    commented: bool = False
    is_made: bool = False  # from several columns, which its settings name
    score: float = 0.0

    def line(self, match, target):
        """The line of the draft and its comment."""
        if self.column is None and not self.is_made:
            return f"{target} = {{ row_number = true }}", self.why
        name = quoted(self.column.name) if self.column else ""
        bare = target.removeprefix("driver_")
        given = "".join(f", {k} = {v}" for k, v in self.settings.items())
        if self.is_made:
            line = f"{bare} = {{ {given.removeprefix(', ')} }}"
        else:
            line = f"{bare} = {{ column = {name}{given} }}" if given else f"{bare} = {name}"
        note = self.why
        if self.commented and (match.needs(target) or self.column.name == target):
            self.issues.append("the column is missing or unreadable, until this line is completed")
        if self.issues:
            note += f"; check will say: {', '.join(self.issues)}"
        return ("# " if self.commented else "") + line, note


def numbered_rows(target):
    """The key of a table of which each row is one of what it lists, in the place of a column that there is not."""
    why = "no column tells the rows apart: each is taken for one; name the column that does, if there is one"
    return Placed(None, target, why, score=0.5)


def judge(target, spec, column, name, inside):
    """How well a column's values fit a column of the contract, from 0 to 1, and the column as it would be placed."""
    kind = spec.kind
    made = Placed(column, target, "")
    content, evidence = _content(column, made, spec, inside, name)
    if not spec.nullable and len(made.column.values) and column.filled < 1 and not spec.unique:
        made.issues.append(f"{_percent(1 - column.filled)} empty")
    if kind != "text" and column.codes and not made.commented:
        made.settings["missing"] = missing(column)
    if kind == "text" and column.dtype == "floating":
        made.issues.append("kept as floating-point numbers")
    score = name * (0.4 + 0.6 * content)
    grade = "high" if score >= 0.8 else "medium" if score >= 0.55 else "low"
    made.why = f"{_by_name(name, inside)}; {evidence}; confidence {grade}"
    return content, made


def _content(column, made, spec, inside, name):
    """How well the values alone fit, from 0 to 1, and the evidence in words."""
    kind = spec.kind
    if spec.unique:
        return _key(column, made)
    if spec.references:
        return _reference(column, made, inside, spec.references, name)
    if spec.is_dated:
        return _date(column, made, spec)
    if kind == "number":
        return _number(column, made, spec)
    return _flag(column, made) if kind == "flag" else _label(column, made, spec)


def _by_name(name, inside):
    """What the column's name contributes, in words."""
    if name >= SURE:
        return "matches by name"
    if name > 0.6:
        return "matches by part of the name"
    return "by content alone" if inside is not None or name == 0.4 else "possible match by name"


def _key(column, made):
    filled = sum(column.counts.values()) == column.rows
    if column.unique and filled:
        return (1.0 if column.coded else 0.5), "every value is different"
    if not filled:
        made.issues.append("is empty in some rows")
    if column.counts and max(column.counts.values()) > 1:
        made.issues.append("the key is not unique")
    return 0.2, f"{_percent(column.distinct / max(column.rows, 1))} of the values are different"


def _reference(column, made, inside, references, name):
    if inside is None:
        few = column.distinct < FEW and 2 * column.distinct < column.rows
        content = 0.1 if few and name < SURE else 1.0 if column.coded else 0.3
        return content, f"{column.distinct:,} different values"
    if inside < 1:
        made.issues.append(f"{_percent(1 - inside)} not found in {references}")
    return max(inside, 0.5 * column.coded), f"{_percent(inside)} of the values are found in {references}"


def _date(column, made, spec):
    kind, formats = spec.kind, column.formats
    if not column.values:
        return (0.6 if spec.nullable else 0.2), "empty"
    is_moment = kind == "date" and column.clock
    if is_moment and column.declarable:
        formats = column.declarable
    if not formats:
        made.issues.append(f"not a date ({_percent(1 - column.iso)})")
        return column.iso / 2, f"{_percent(column.iso)} look like dates"
    if column.dates < 1:
        made.issues.append(f"not a date ({_percent(1 - column.dates)})")
    if is_moment and not (column.declarable and all(map(has_local_clock, formats))):
        made.issues.append("not a date: some tell a time of day")
    if formats == ("",):
        return column.dates, f"{_percent(column.dates)} look like ISO dates"
    made.settings["format"] = quoted(formats[0])
    if len(formats) > 1:
        made.commented = True
        others = " or ".join(formats[1:])
        return column.dates, f"day and month cannot be told apart: choose this or {others}"
    what = "are moments, whose day is taken:" if is_moment else "look like dates"
    return column.dates, f"{_percent(column.dates)} {what} {formats[0]}"


def _number(column, made, spec):
    if not column.values:
        return 0.6, "empty"
    if spec.unit == "currency" and column.money:
        made.settings["money"] = "true" if column.money is True else quoted(column.money)
        column = column.amounts
    share = column.numbers
    if made.target in RATINGS and share < MOST and 2 <= len(column.values) <= 11 and not column.formats:
        made.commented = True
        made.settings["codes"] = "{}"
        return 0.6, f"{len(column.values)} texts; which number each of them stands for is yours to say"
    if share < 1:
        made.issues.append(f"not a number ({_percent(1 - share)})")
    if column.formats and not column.conventions:
        return 0.0, "dates"
    if share < MOST:
        return share / 2, f"{_percent(share)} look like numbers"
    low, high = column.range(*(column.conventions[0] if column.conventions else (".", None)))
    if low is not None and low == high and low in (0, 1) and spec.unit == "currency" and column.rows >= FEW:
        made.issues.append(f"is {low:g} in all rows")
        return 0.2, "one number in all rows, which is no amount"
    least, most = spec.low, spec.high
    if (least is not None and low is not None and low < least) or (
        most is not None and high is not None and high > most
    ):
        made.issues.append("some are out of bounds")
        return 0.4, "numbers, some out of bounds"
    if made.target in RATINGS and len(column.values) > STEPS:
        return 0.3, f"{len(column.values):,} different numbers, too many for a scale"
    if made.target == "recommend" and high is not None and high <= most / 2:
        return 0.3, f"numbers up to {high:g}, no likelihood from {least:g} to {most:g}"
    if made.target == "monthly_amount":
        return _price_of_a_month(column, made, share)
    return share, f"{_percent(share)} look like numbers"


def _price_of_a_month(column, made, share):
    """An amount whose name says month is one; a year's is divided; of any other it is not known what it is the price of."""
    if says("year", column.name):
        made.settings["scale"] = repr(1 / 12)
        return share, "the price of a year, divided by twelve"
    if not says("month", column.name):
        made.commented = True
        return (
            share,
            f"{_percent(share)} look like numbers; is it the price of a month? A year's takes scale = {1 / 12!r}",
        )
    return share, f"{_percent(share)} look like numbers"


def _flag(column, made):
    if column.boolean >= MOST:
        if column.boolean < 1:
            made.issues.append("not true or false")
        return 1.0, "true and false"
    made.commented = True
    made.settings |= {"true": "[]", "false": "[]"}
    if column.flag:
        return 0.9, "two values; which one means true is yours to say"
    return 0.2, f"{len(column.values):,} different values; which mean true and which false is yours to say"


def _label(column, made, spec):
    if spec.among:
        if set(column.counts) <= set(spec.among):
            return 1.0, f"only {', '.join(spec.among)}"
        made.commented = True
        made.settings["codes"] = "{}"
        return (
            0.5,
            f"{column.distinct:,} different values; which mean {', '.join(spec.among)} is yours to say",
        )
    if column.shape == "free text" and not (spec.free_text or spec.fresh):
        return 0.2, column.shape
    return (0.5 if column.formats or (column.conventions and column.parted) else 0.9), column.shape


def missing(column):
    """The list of a column's codes for a missing value, as TOML."""
    return listed(column.codes)


def _percent(share):
    """A share that says 0% and 100% only where it is.

    >>> _percent(0.99999), _percent(1.0), _percent(0.001)
    ('over 99%', '100%', 'under 1%')
    """
    if 0.99 < share < 1:
        return "over 99%"
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def listed(values):
    """Texts as a list in TOML."""
    return "[" + ", ".join(map(quoted, values)) + "]"


def quoted(text):
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007F")
