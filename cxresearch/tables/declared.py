"""A parsed ``cxresearch.toml`` → a `Mapping`; a setting that does not exist, or a value that it cannot have, is refused with its place."""

import math
import re
from dataclasses import fields

from cxresearch.contract.schema import UNKNOWN
from cxresearch.contract.tables import TABLES, columns
from cxresearch.currency import LONGEST
from cxresearch.errors import DataError
from cxresearch.tables.dates import date_regex
from cxresearch.tables.definitions import Churn, ProjectFailure, Survey, Target
from cxresearch.tables.mapping import FILE, Choice, ColumnMap, Mapping, TableMap
from cxresearch.tables.money import Money
from cxresearch.tables.written import COUNTED, UNITS

SECTIONS = ("tables", "project_failure", "churn", "targets", "money", "survey")  # beside [workspace]
MOVED = {("workspace", "currency"): "currency", ("workspace", "rates"): "rates", ("churn", "customer_value"): "customer_worth"}  # fmt: skip
MONEY = {"margin": 1.0, "customer_worth": 1e15, "offer": 1e9, "contact": 1e9}  # at most
FREE = ("offer", "contact")  # may cost nothing


def parse(content):
    """The mapping that a parsed ``cxresearch.toml`` declares."""
    _known(content, ("workspace", *SECTIONS), "")
    content = {name: _section(content, name, "") for name in content}
    money = _money_section(content)
    settings, given = (content.get(key, {}) for key in ("workspace", "tables"))
    place = "[workspace]: "
    _known(
        settings,
        [f.name for f in fields(Mapping) if f.name not in SECTIONS],
        place,
    )
    _texts(settings, ("source", "company", "timezone"), place)
    month = settings.get("fiscal_year_starts", 1)
    if not _whole(month) or not 1 <= month <= 12:
        raise DataError(f"{FILE}: {place}fiscal_year_starts is {month!r}; it is a month from 1 to 12")
    _zone(settings.get("timezone"))
    _known(given, TABLES, "[tables]: ")
    return Mapping(
        **settings,
        tables={name: _table(name, _section(given, name, "[tables]: ")) for name in given},
        project_failure=_project_failure(content.get("project_failure", {})),
        churn=_churn(content.get("churn", {})),
        targets={name: _target(name, to) for name, to in content.get("targets", {}).items()},
        money=money,
        survey=_survey(content.get("survey", {})),
    )


def _money_section(content):
    """What is declared of money, in its own section or where it stood in earlier versions, from which it is taken out."""
    given, place = dict(content.get("money", {})), "[money]: "
    for (section, old), new in MOVED.items():
        if old in content.get(section, {}):
            if new in given:
                raise DataError(
                    f"{FILE}: [{section}]: {old} is declared as {new} under [money] already; remove it here"
                )
            given[new], place = content[section].pop(old), f"[{section}]: "
            _money_value(new, given, place, old)
    place = "[money]: "
    _known(given, [f.name for f in fields(Money)], place)
    for key in given:
        _money_value(key, given, place, key)
    rates = {code: float(worth) for code, worth in given.get("rates", {}).items()}
    if rates and "currency" not in given:
        raise DataError(f"{FILE}: {place}rates: declare currency too, in which they are counted")
    return Money(**given | {"rates": rates})


def _money_value(key, given, place, name):
    """Refuse what no currency, rate, margin or cost can be; the place and the name are those in the file."""
    value = given[key]
    if key == "currency":
        _texts({name: value}, (name,), place)
        if len(value) > LONGEST:
            raise DataError(f"{FILE}: {place}{name} is {value[:LONGEST]!r}…; it is a code such as GBP")
    elif key == "rates":
        for code, worth in _section({name: value}, name, place).items():
            _scale(worth, f"{place}{name}: {code}", "worth")
    elif key in MONEY:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not (0 < value <= MONEY[key] or (value == 0 and key in FREE)):
            what = "a share above 0, at most 1" if key == "margin" else "an amount above 0"
            raise DataError(f"{FILE}: {place}{name} is {value!r}; it is {what}")
        given[key] = float(value)


def _survey(given):
    place = "[survey]: "
    _known(given, [f.name for f in fields(Survey)], place)
    if not isinstance(given.get("quote_comments", False), bool):
        raise DataError(f"{FILE}: {place}quote_comments is {given['quote_comments']!r}; it is true or false")
    return Survey(**given)


def _target(name, given):
    """A number is reached from below; a table says which side, ``{ at_most = 0.03 }``."""
    sides = given if isinstance(given, dict) else {"at_least": given}
    value = next(iter(sides.values()), None)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if len(sides) != 1 or not set(sides) <= {"at_least", "at_most"} or not is_number:
        raise DataError(f"{FILE}: [targets]: {name!r} is a number, {{ at_least = … }} or {{ at_most = … }}")
    return Target(float(value), "at_most" in sides)


def _churn(given):
    place = "[churn]: "
    _known(given, [f.name for f in fields(Churn)], place)
    made = _lists(given, ("leaving",), place)
    if "leaving" in made and not all(made["leaving"]):
        raise DataError(f"{FILE}: {place}leaving names an empty reason; an end without one is {UNKNOWN}")
    rate = given.get("base_rate")
    if rate is not None:
        if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < 1:
            raise DataError(f"{FILE}: {place}base_rate is {rate!r}; it is a share between 0 and 1")
        made["base_rate"] = float(rate)
    return Churn(**made)


def _project_failure(given):
    place = "[project_failure]: "
    _known(given, [f.name for f in fields(ProjectFailure)], place)
    share, months = given.get("benefit_share", 0.5), given.get("months", 12)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise DataError(f"{FILE}: {place}benefit_share is {share!r}; it is a share above 0, at most 1")
    if not _whole(months) or not 0 <= months <= 120:
        raise DataError(f"{FILE}: {place}months is {months!r}; it is a whole number from 0 to 120")
    over, late = given.get("cost_over"), given.get("late_over")
    is_number = isinstance(over, int | float) and not isinstance(over, bool)
    if over is not None and not (is_number and 1 <= over <= 1000):
        raise DataError(
            f"{FILE}: {place}cost_over is {over!r}; it is a multiple of the first budget, at least 1"
        )
    if late is not None and not (_whole(late) and 0 <= late <= 36500):
        raise DataError(f"{FILE}: {place}late_over is {late!r}; it is a whole number of days, at least 0")
    return ProjectFailure(float(share), months, None if over is None else float(over), late)


def _table(name, given):
    place = f"[tables.{name}]: "
    drivers = {f"driver_{k}": v for k, v in _section(given, "drivers", place).items()}
    if drivers and name != "survey_responses":
        raise DataError(f"{FILE}: {place}only survey_responses has drivers")
    wanted = _section(given, "columns", place) | drivers
    specs = columns(name, wanted)
    _known(wanted, [*specs, *TABLES[name].columns], f"[tables.{name}.columns]: ")
    made = {k: v for k, v in given.items() if k not in ("columns", "drivers")}
    _known(made, [f.name for f in fields(TableMap) if f.name not in ("name", "columns")], place)
    if isinstance(made.get("file"), list):
        made |= _lists(made, ("file",), place)
        if not all(made["file"]) or len(set(made["file"])) < len(made["file"]) or not made["file"]:
            raise DataError(f"{FILE}: {place}file names each of several files once")
    else:
        _texts(made, ("file",), place)
    _texts(made, ("sheet", "table", "encoding", "delimiter", "decimal", "thousands", "date_format"), place)
    _numerals(made.get("decimal"), made.get("thousands"), place)
    _date_format(made.get("date_format"), place)
    if made.get("numbers") != "*":
        made |= _lists(made, ("numbers",), place)
        if made.get("numbers") == ("*",):
            made["numbers"] = "*"
    made |= _lists(made, ("missing", "personal"), place)
    made["rows"] = _choices(given, "rows", place)
    for key in {"numbers", "personal"} & {k for k in made if made[k] != "*"}:
        made[key] = tuple(name.strip() or name for name in made[key])
    header = made.get("header")
    if header not in (None, "qualtrics", "surveymonkey") and not (_whole(header) and header >= 0):
        raise DataError(
            f"{FILE}: {place}header is {header!r}; it is qualtrics, surveymonkey or a number of rows"
        )
    maps = {k: _column(v, specs[k].type, f"{place}{k}") for k, v in wanted.items()}
    for key in maps:
        if specs[key].is_key and maps[key].empty is not None:
            raise DataError(f"{FILE}: {place}{key}: empty would make one key of all rows without one")
    return TableMap(name=name, columns=maps, **made)


def _column(given, type_, place):
    """One entry of ``[tables.….columns]``, whose settings must suit the column's type."""
    if isinstance(given, str):
        return ColumnMap(column=given.strip() or given)
    if not isinstance(given, dict):
        raise DataError(f"{FILE}: {place} is a column's name or a table of settings")
    _known(given, [f.name for f in fields(ColumnMap)], f"{place}: ")
    _texts(given, ("column", "format", "after", "plus", "unit", "empty"), f"{place}: ")
    _suits(given, type_, place)
    made = dict(given) | _lists(given, ("columns", "missing", "true", "false"), f"{place}: ")
    _date_format(made.get("format"), f"{place}: ")
    if "codes" in made:
        made["codes"] = {k: _code(v) for k, v in _section(made, "codes", f"{place}: ").items()}
    if "value" in made:
        made["value"] = _code(made["value"])
        if not made["value"]:
            raise DataError(f"{FILE}: {place}: value is empty; leave the column out")
    _scale(made.get("scale", 1), place, "scale")
    if "range" in made:
        made["range"] = _range(made["range"], place)
    if "row_number" in made and made["row_number"] is not True:
        raise DataError(f"{FILE}: {place}: row_number is {made['row_number']!r}; it is true or left out")
    if "where" in made:
        made["where"] = _choices(made, "where", f"{place}: ")
    _money(made.get("money", True), place)
    _duration(made, place)
    if "column" in made:
        made["column"] = made["column"].strip() or made["column"]
    if "columns" in made:
        made["columns"] = tuple(name.strip() or name for name in made["columns"])
    column = ColumnMap(**made)
    ways = (column.column, column.columns or None, column.value, column.row_number or None, column.after)
    if sum(way is not None for way in ways) != 1:
        raise DataError(
            f"{FILE}: {place} needs one of column, columns, value or row_number; an end, after and plus"
        )
    if both := {*column.true} & {*column.false} or {*column.true, *column.false} & {*column.missing}:
        raise DataError(f"{FILE}: {place}: {sorted(both)[0]!r} has two meanings")
    return column


def _suits(given, type_, place):
    """Refuse a setting that has no meaning for the column's type."""
    for key, suits in (
        ("true", type_.is_boolean()),
        ("false", type_.is_boolean()),
        ("scale", type_.is_floating()),
        ("range", type_.is_floating()),
        ("money", type_.is_floating()),
        ("empty", type_.is_string()),
        ("after", type_.is_date() or type_.is_timestamp()),
        ("format", type_.is_date() or type_.is_timestamp()),
    ):
        if key in given and not suits:
            raise DataError(f"{FILE}: {place}: {key} has no meaning for a column of type {type_}")


def _scale(scale, place, what):
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 1e-30 <= abs(scale) <= 1e30:
        raise DataError(f"{FILE}: {place}: {what} is {scale!r}; it is a number other than 0, at most 1e30")


def _range(ends, place):
    """The lowest and the highest value of a scale."""
    is_pair = isinstance(ends, list) and len(ends) == 2
    is_numbers = is_pair and all(isinstance(end, int | float) and not isinstance(end, bool) for end in ends)
    if not is_numbers or not ends[0] < ends[1]:
        raise DataError(
            f"{FILE}: {place}: range is {ends!r}; it is the lowest and the highest value, such as [1, 5]"
        )
    return tuple(float(end) for end in ends)


def _money(mark, place):
    """Money is written with a mark, or with none."""
    if mark is not True and not (
        isinstance(mark, str) and mark.strip() and not re.search(r"[\d.,()+-]", mark)
    ):
        raise DataError(f"{FILE}: {place}: money is {mark!r}; it is true, or the currency's mark such as €")


def _duration(made, place):
    """An end is a start, a duration and its unit."""
    if "after" not in made and not {"plus", "unit"} & set(made):
        return
    if not {"after", "plus"} <= set(made):
        raise DataError(
            f"{FILE}: {place}: an end needs both after, a column with a date, and plus, one with a duration"
        )
    if made.get("unit", "days") not in UNITS:
        raise DataError(f"{FILE}: {place}: unit is {made['unit']!r}; it is one of {', '.join(UNITS)}")


def _choices(given, name, place):
    """Choices of rows by the values of columns."""
    found = {}
    for column, wanted in _section(given, name, place).items():
        where, key = f"{place}{name}: ", column
        if isinstance(wanted, dict):
            _known(wanted, ("except",), f"{where}{column}: ")
            key, where = "except", f"{where}{column}: "
        else:
            wanted = {column: wanted}
        values = _lists(wanted, (key,), where).get(key)
        if not values:
            raise DataError(f"{FILE}: {where}{key} names no value")
        found[column] = Choice(values, key == "except" and key != column)
    return found


def _code(value):
    """A code as it would stand in a file: TOML's true, 1 and 2026-09-30 are texts there."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _section(given, key, place):
    section = given.get(key, {})
    if not isinstance(section, dict):
        raise DataError(f"{FILE}: {place}{key} is {section!r}; it is a table of settings")
    return dict(section)


def _texts(given, keys, place):
    for key in keys:
        if key in given and not (isinstance(given[key], str) and given[key]):
            raise DataError(f"{FILE}: {place}{key} is {given[key]!r}; it is a text")


def _lists(given, keys, place):
    """The settings that are lists, as texts; a single value is a list of one."""
    lists = {
        key: given[key] if isinstance(given[key], list) else [given[key]] for key in keys if key in given
    }
    for key, values in lists.items():
        if any(isinstance(v, list | dict) for v in values):
            raise DataError(f"{FILE}: {place}{key} is {given[key]!r}; it is a list of values")
    return {key: tuple(_code(v) for v in values) for key, values in lists.items()}


def _numerals(decimal, thousands, place):
    for key, mark in (("decimal", decimal), ("thousands", thousands)):
        if mark is not None and (len(mark) != 1 or mark.isalnum() or mark in "+-"):
            raise DataError(f"{FILE}: {place}{key} is {mark!r}; it is one mark such as , or .")
    if thousands is not None and thousands == (decimal or "."):
        raise DataError(
            f"{FILE}: {place}thousands and decimal are both {thousands!r}; declare the two of them"
        )


def _date_format(pattern, place):
    if pattern is not None and pattern not in COUNTED:
        try:
            date_regex(pattern)
        except DataError as fault:
            raise DataError(f"{FILE}: {place}{fault}") from None


def _whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def _known(given, names, place):
    for key in given:
        if key not in names:
            raise DataError(f"{FILE}: {place}{key} is unknown; known are {', '.join(names)}")


def _zone(name):
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DataError(f"{FILE}: [workspace]: {name!r} is not a time zone such as Europe/London") from None
