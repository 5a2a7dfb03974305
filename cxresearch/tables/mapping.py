"""``cxresearch.toml``: other people's names, codes and formats, turned into the contract's.

The file stands beside the data and describes them; nothing in it is code::

    [workspace]
    company = "Northgate"               # reports of one company are compared; unless given, those on the data of one place
    currency = "EUR"
    timezone = "Europe/Berlin"          # where days begin and end; moments without an offset are local time there
    fiscal_year_starts = 4              # month

    [workspace.rates]                   # what one unit of another currency is worth in that of the workspace
    USD = 0.92

    [tables.orders]
    file = "Bestellungen.csv"
    encoding = "cp1252"
    delimiter = ";"
    decimal = ","
    thousands = "."
    date_format = "%d.%m.%Y"

    rows = { Status = ["paid"], Kunde = { except = ["GUEST"] } }  # only these rows are read; the others are counted
    personal = ["Kunde", "Lieferadresse"]  # columns that name or describe somebody: no page shows their values

    [tables.orders.columns]
    order_id = "Bestell-Nr"
    amount = { column = "Betrag", scale = 0.01 }
    is_return = { column = "Art", true = ["R"], false = ["K"] }
    channel = { column = "Weg", codes = { T = "phone", W = "web" }, missing = ["-"] }
    # as people write money: amount = { column = "Betrag", money = "€" } reads €12.00, (12.00) and 12.00-
    # an end: ended_on = { after = "Beginn", plus = "Laufzeit", unit = "months", where = { Aktiv = ["nein"] } }
    # a scale: satisfaction = { column = "Q2", range = [1, 5], missing = [99] }
    ordered_at = { columns = ["Datum", "Zeit"], format = "%d.%m.%Y %H:%M" }

A column of the contract comes from a ``column``, from several ``columns`` joined by a blank, from the ``row_number``, or is a
constant ``value``, in which ``{name}`` stands for what that column holds: ``value = "{day} {month} 2012"``. A date whose format
is declared must be written in it; a moment with a date alone is the start of that day.

``personal`` lists columns by their name in the file or in the contract. Columns of the contract that are personal, and others whose
header says so (name, e-mail, telephone, address …), need no declaration.

    [tables.survey_responses.drivers]
    reliability = "Q7_1"                # becomes driver_reliability

What counts as a failed project is declared too, before any is looked at::

    [project_failure]
    benefit_share = 0.5                 # of the planned benefit; below it a delivered project has failed
    months = 12                         # after the finish, when the benefit is counted
    cost_over = 1.3                     # a delivered project has failed, too, if it cost more than this multiple of its first budget,
    late_over = 90                      # or finished more than so many days after the planned finish

So is which ends of contracts count as leaving, and the share that leaves where the rows do not show it::

    [churn]
    leaving = ["cancelled", "lapsed"]   # end reasons; other ends compete with these
    base_rate = 0.051                   # of all customers, in a period
    customer_value = 900                # what a customer who stays is worth, where the contracts do not tell it
"""

import os
import re
import tomllib
from dataclasses import dataclass, field, fields
from difflib import SequenceMatcher
from pathlib import Path

from cxresearch.contract.tables import TABLES, columns
from cxresearch.errors import DataError
from cxresearch.files import text_of
from cxresearch.tables.canonical import date_regex
from cxresearch.tables.money import Money
from cxresearch.tables.written import COUNTED, UNITS

FILE = "cxresearch.toml"
UNKNOWN = "unknown"  # in [churn] leaving: an end without a reason
LARGEST = 4 << 20  # bytes of a mapping: room for some 200,000 codes
DEEPEST = 8  # levels of tables and lists
ALIKE, ENDS = 0.8, ("toml", "tml", "tom", "toml~", "txt", "yaml", "yml", "ini")  # when a name is a near miss
QUOTED = re.compile(  # texts and comments; one that is never closed ends with the line or the file
    r'"""(?:[^"\\]|\\.|"(?!""))*+(?:"{3,5})?'
    r"|'''(?:[^']|'(?!''))*+(?:'{3,5})?"
    r'|"(?:[^"\\\n]|\\.)*+"?'
    r"|'[^'\n]*+'?|#[^\n]*+",
    re.DOTALL,
)


@dataclass(frozen=True)
class ColumnMap:
    """Where one column of the contract comes from: a column, several joined by a blank, a constant or the row's number."""

    column: str | None = None
    columns: tuple = ()
    value: str | None = None
    row_number: bool = False
    format: str | None = None
    missing: tuple = ()
    true: tuple = ()
    false: tuple = ()
    codes: dict = field(default_factory=dict)
    scale: float | None = None
    range: tuple = ()
    money: bool | str = False
    after: str | None = None
    plus: str | None = None
    unit: str = "days"
    where: dict = field(default_factory=dict)

    @property
    def mark(self):
        """The currency's mark beside the amounts."""
        return self.money if isinstance(self.money, str) else None

    @property
    def sources(self):
        """The columns of the file that its value is made from."""
        if self.after is not None:
            return (self.after, self.plus)
        return tuple(part for is_column, part in self.parts if is_column)

    @property
    def parts(self):
        """What its value is put together from: pairs of whether it is a column, and that column or a text between."""
        if self.column is not None:
            return ((True, self.column),)
        if self.value is not None:
            texts = enumerate(re.split(r"\{([^{}]+)\}", self.value))
            return tuple((bool(i % 2), text) for i, text in texts if text or i % 2)
        return tuple(part for c in self.columns for part in ((False, " "), (True, c)))[1:]


@dataclass(frozen=True)
class Choice:
    """The rows that are read, by the values of one column: those among `values`, or all but those."""

    values: tuple
    is_except: bool = False


@dataclass(frozen=True)
class TableMap:
    """How one table of the contract is found and read."""

    name: str
    file: str | None = None
    table: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    skip_rows: int = 0
    header: str | int | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_format: str | None = None
    missing: tuple = ()
    numbers: tuple | str = ()
    personal: tuple = ()
    rows: dict = field(default_factory=dict)
    columns: dict = field(default_factory=dict)

    def column(self, name):
        """Where a column of the contract comes from: the column of that name where the file says nothing of it."""
        return self.columns.get(name) or ColumnMap(column=name)


@dataclass(frozen=True)
class ProjectFailure:
    """When a project has failed: it was cancelled, its benefit fell short once it had time to show, or it cost or took too much.

    Where the register has a column ``has_failed``, the firm's own judgement decides, and no rule.

    >>> print(ProjectFailure().sentence)
    A project has failed if it was cancelled, or if 12 months after its finish it realised less than 50% of the planned benefit.
    >>> print(ProjectFailure(cost_over=1.3, late_over=90).told(has_own=False, has_benefit=False))
    A project has failed if it was cancelled, if it cost more than 1.3 times its first budget, or if it finished more than 90 days late.
    """

    benefit_share: float = 0.5
    months: int = 12
    cost_over: float | None = None
    late_over: int | None = None

    @property
    def sentence(self):
        """The definition in words, as it stands before any data are read."""
        return self.told()

    def told(self, has_own=False, has_benefit=True):
        """The definition in words as it applies to a register: with a column ``has_failed`` or not, with benefits or not."""
        if has_own:
            return "A project has failed if the register says so (has_failed), or if it was cancelled and the register does not say."
        rules = ["it was cancelled"]
        if self.cost_over is not None:
            rules.append(f"it cost more than {self.cost_over:g} times its first budget")
        if self.late_over is not None:
            rules.append(f"it finished more than {self.late_over:g} days late")
        if has_benefit:
            rules.append(
                f"{self.months} months after its finish it realised less than {self.benefit_share:.0%} of the planned benefit"
            )
        return f"A project has failed if {', or if '.join(rules) if len(rules) < 3 else ', if '.join(rules[:-1]) + ', or if ' + rules[-1]}."

    @property
    def needs(self):
        """Column of ``projects`` → the setting that needs it."""
        cost = (
            dict.fromkeys(("baseline_cost", "actual_cost"), "cost_over") if self.cost_over is not None else {}
        )
        late = (
            dict.fromkeys(("planned_finish_on", "finished_on"), "late_over")
            if self.late_over is not None
            else {}
        )
        return cost | late


@dataclass(frozen=True)
class Churn:
    """Which ends of a contract count as leaving, and what the share of leavers is where the data do not show it.

    Attributes
    ----------
    leaving : tuple of str
        The end reasons that count; ``unknown`` stands for an end without one. Every end counts where there are none.
    base_rate : float, optional
        The share that leaves, of all customers: where the rows were drawn so that leavers are more, or fewer.
    customer_value : float, optional
        What a customer who stays is worth.

    Examples
    --------
    >>> print(Churn(("cancelled", "lapsed")).sentence)
    A contract that ended counts as leaving if its reason is cancelled or lapsed; other ends compete with leaving and do not count.
    """

    leaving: tuple = ()
    base_rate: float | None = None
    customer_value: float | None = None

    @property
    def sentence(self):
        """Which ends count, in words, as a report prints it."""
        if not self.leaving:
            return (
                "Every end of a contract counts as leaving, whatever its reason. If some are not the customer's choice (a death, a product "
                "that ended), list those that count in cxresearch.toml: [churn] leaving."
            )
        names = ["no reason given" if name == UNKNOWN else name for name in self.leaving]
        listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
        return f"A contract that ended counts as leaving if its reason is {listed}; other ends compete with leaving and do not count."


@dataclass(frozen=True)
class Mapping:
    """A whole ``cxresearch.toml``."""

    source: str | None = None
    company: str | None = None
    currency: str | None = None
    rates: dict = field(default_factory=dict)
    timezone: str | None = None
    fiscal_year_starts: int = 1
    tables: dict = field(default_factory=dict)
    project_failure: ProjectFailure = field(default_factory=ProjectFailure)
    churn: Churn = field(default_factory=Churn)

    @property
    def money(self):
        """The currency, and what other currencies are worth in it."""
        return Money(self.currency, self.rates)

    def table(self, name):
        """How a table is read; as it stands where the file says nothing of it."""
        return self.tables.get(name) or TableMap(name)


def load(folder):
    """The mapping of a folder; an empty one where there is no ``cxresearch.toml``.

    Raises
    ------
    DataError
        Where the file is not TOML, names a table or a setting that does not exist, or maps to a column that the
        contract does not have.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        _near_miss(folder)
        return Mapping()
    try:
        if path.stat().st_size > LARGEST:
            raise DataError(f"{FILE}: is larger than {LARGEST >> 20} MB")
        text = text_of(path).removeprefix("\ufeff")
        _shallow(text)
        content = tomllib.loads(text)
    except DataError:
        raise
    except ValueError as fault:  # not TOML, not UTF-8, or a number of thousands of digits
        raise DataError(f"{FILE}: {fault}") from None
    except RecursionError:
        raise DataError(f"{FILE}: is nested too deeply") from None
    return parse(content)


def _near_miss(folder):
    """Refuse what was meant to be the mapping and is not read as one: a broken link, a folder, a misspelt name."""
    for name in sorted(os.listdir(folder)):
        if name == FILE:
            what = "a folder" if Path(folder, name).is_dir() else "no file, or a link that leads nowhere"
            raise DataError(f"{FILE}: is {what}")
        stem, dot, end = name.lower().rpartition(".")
        if dot and SequenceMatcher(None, f"{stem}.{end}", FILE).ratio() > ALIKE and end in ENDS:
            raise DataError(f"{name}: call it {FILE} if it describes the tables, else rename it")


def _shallow(text):
    """Refuse what is nested more deeply than any mapping, before it is parsed: that takes memory by the square of the depth."""
    plain = QUOTED.sub("s", text)
    dots = max(part.count(".") for part in re.split(r"[=,{}\[\]\n]", re.sub(r"[ \t]", "", plain)))
    depth = deepest = 0
    for bracket in re.findall(r"[\[\]{}]", plain):
        depth = max(0, depth + (1 if bracket in "[{" else -1))
        deepest = max(deepest, depth)
    if max(dots, deepest) > DEEPEST:
        raise DataError(f"{FILE}: is nested too deeply")


def parse(content):
    """The mapping that a parsed ``cxresearch.toml`` declares."""
    _known(content, ("workspace", "tables", "project_failure", "churn"), "")
    settings, given = (_section(content, key, "") for key in ("workspace", "tables"))
    place = "[workspace]: "
    _known(
        settings,
        [f.name for f in fields(Mapping) if f.name not in ("tables", "project_failure", "churn")],
        place,
    )
    _texts(settings, ("source", "company", "currency", "timezone"), place)
    month = settings.get("fiscal_year_starts", 1)
    if not _whole(month) or not 1 <= month <= 12:
        raise DataError(f"{FILE}: {place}fiscal_year_starts is {month!r}; it is a month from 1 to 12")
    _zone(settings.get("timezone"))
    rates = _section(settings, "rates", place)
    for currency, worth in rates.items():
        _scale(worth, f"{place}rates: {currency}", "worth")
    if rates and "currency" not in settings:
        raise DataError(f"{FILE}: {place}rates: declare currency too, in which they are counted")
    settings["rates"] = {currency: float(worth) for currency, worth in rates.items()}
    _known(given, TABLES, "[tables]: ")
    return Mapping(
        **settings,
        tables={name: _table(name, _section(given, name, "[tables]: ")) for name in given},
        project_failure=_project_failure(_section(content, "project_failure", "")),
        churn=_churn(_section(content, "churn", "")),
    )


def _churn(given):
    place = "[churn]: "
    _known(given, [f.name for f in fields(Churn)], place)
    made = _lists(given, ("leaving",), place)
    if "leaving" in made and not all(made["leaving"]):
        raise DataError(f"{FILE}: {place}leaving names an empty reason; an end without one is {UNKNOWN}")
    for key, most in (("base_rate", 1), ("customer_value", 1e15)):
        value = given.get(key)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < most:
                what = "a share between 0 and 1" if most == 1 else "an amount above 0"
                raise DataError(f"{FILE}: {place}{key} is {value!r}; it is {what}")
            made[key] = float(value)
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
    _texts(made, ("file", "table", "encoding", "delimiter", "decimal", "thousands", "date_format"), place)
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
    return TableMap(name=name, columns=maps, **made)


def _column(given, type_, place):
    """One entry of ``[tables.….columns]``, whose settings must suit the column's type."""
    if isinstance(given, str):
        return ColumnMap(column=given.strip() or given)
    if not isinstance(given, dict):
        raise DataError(f"{FILE}: {place} is a column's name or a table of settings")
    _known(given, [f.name for f in fields(ColumnMap)], f"{place}: ")
    _texts(given, ("column", "format", "after", "plus", "unit"), f"{place}: ")
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
