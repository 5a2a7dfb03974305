"""``cxresearch.toml``: other people's names, codes and formats, turned into the contract's.

The file stands beside the data and describes them; nothing in it is code::

    [workspace]
    currency = "EUR"
    timezone = "Europe/Berlin"          # moments without an offset are local time there
    fiscal_year_starts = 4              # month

    [tables.orders]
    file = "Bestellungen.csv"
    encoding = "cp1252"
    delimiter = ";"
    decimal = ","
    thousands = "."
    date_format = "%d.%m.%Y"

    [tables.orders.columns]
    order_id = "Bestell-Nr"
    amount = { column = "Betrag", scale = 0.01 }
    is_return = { column = "Art", true = ["R"], false = ["K"] }
    channel = { column = "Weg", codes = { T = "phone", W = "web" }, missing = ["-"] }

    [tables.survey_responses.drivers]
    reliability = "Q7_1"                # becomes driver_reliability
"""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path

from cxresearch.contract import TABLES
from cxresearch.errors import DataError

FILE = "cxresearch.toml"


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

    @property
    def sources(self):
        """The columns of the file that it reads."""
        return (self.column,) if self.column is not None else tuple(self.columns)


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
    columns: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Mapping:
    """A whole ``cxresearch.toml``."""

    source: str | None = None
    currency: str | None = None
    timezone: str | None = None
    fiscal_year_starts: int = 1
    tables: dict = field(default_factory=dict)

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
    if not path.exists():
        return Mapping()
    try:
        return parse(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DataError(f"{FILE}: {fault}") from None


def parse(content):
    """The mapping that a parsed ``cxresearch.toml`` declares."""
    _known(content, ("workspace", "tables"), "")
    settings = dict(content.get("workspace", {}))
    _known(settings, [f.name for f in fields(Mapping) if f.name != "tables"], "[workspace]: ")
    month = settings.get("fiscal_year_starts", 1)
    if not isinstance(month, int) or not 1 <= month <= 12:
        raise DataError(f"{FILE}: [workspace]: fiscal_year_starts is {month!r}; it is a month from 1 to 12")
    _zone(settings.get("timezone"))
    _known(content.get("tables", {}), TABLES, "[tables]: ")
    tables = {name: _table(name, given) for name, given in content.get("tables", {}).items()}
    return Mapping(**settings, tables=tables)


def _table(name, given):
    place = f"[tables.{name}]: "
    given = dict(given)
    drivers = {f"driver_{k}": v for k, v in given.pop("drivers", {}).items()}
    if drivers and name != "survey_responses":
        raise DataError(f"{FILE}: {place}only survey_responses has drivers")
    columns = {k: _column(k, v, place) for k, v in (given.pop("columns", {}) | drivers).items()}
    known = TABLES[name].columns
    _known(columns, [*known, *drivers], f"[tables.{name}.columns]: ")
    _known(given, [f.name for f in fields(TableMap) if f.name not in ("name", "columns")], place)
    for key in ("missing", "numbers"):
        if isinstance(given.get(key), list):
            given[key] = tuple(str(v) for v in given[key])
    header = given.get("header")
    if header not in (None, "qualtrics", "surveymonkey") and not (isinstance(header, int) and header >= 0):
        raise DataError(
            f"{FILE}: {place}header is {header!r}; it is qualtrics, surveymonkey or a number of rows"
        )
    return TableMap(name=name, columns=columns, **given)


def _column(target, given, place):
    if isinstance(given, str):
        return ColumnMap(column=given)
    if not isinstance(given, dict):
        raise DataError(f"{FILE}: {place}{target} is a column's name or a table of settings")
    _known(given, [f.name for f in fields(ColumnMap)], f"{place}{target}: ")
    made = dict(given)
    for key in ("columns", "missing", "true", "false"):
        if key in made:
            values = made[key] if isinstance(made[key], list) else [made[key]]
            made[key] = tuple(_code(v) for v in values)
    if "codes" in made:
        made["codes"] = {str(k): _code(v) for k, v in made["codes"].items()}
    if "value" in made:
        made["value"] = _code(made["value"])
    found = ColumnMap(**made)
    if sum((found.column is not None, bool(found.columns), found.value is not None, found.row_number)) != 1:
        raise DataError(f"{FILE}: {place}{target} needs one of column, columns, value or row_number")
    return found


def _code(value):
    """A code as it would stand in a file: TOML's true, 1 and 2026-09-30 are texts there."""
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


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
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError):
        raise DataError(f"{FILE}: [workspace]: {name!r} is not a time zone such as Europe/London") from None
