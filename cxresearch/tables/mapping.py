"""``cxresearch.toml``: other people's names, codes and formats, turned into the contract's.

The file stands beside the data and describes them; nothing in it is code::

    [workspace]
    company = "Northgate"               # reports of one company are compared; unless given, those on the data of one place
    timezone = "Europe/Berlin"          # where days begin and end; moments without an offset are local time there
    fiscal_year_starts = 4              # month

    [money]
    currency = "EUR"                    # of all amounts
    margin = 0.4                        # contribution per unit of revenue; without it, values are of revenue
    customer_worth = 900                # what a customer who stays is worth, where the contracts do not tell it
    offer = 10                          # cost of a retention offer
    contact = 1                         # cost of contacting one customer

    [money.rates]                       # what one unit of another currency is worth in that of the workspace
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

Survey comments are quoted nowhere unless the firm allows it::

    [survey]
    quote_comments = true               # the board may show a few, masked, by a rule
"""

import re
from dataclasses import dataclass, field, replace

from cxresearch.contract.tables import is_amount
from cxresearch.tables.definitions import Churn, ProjectFailure, Survey
from cxresearch.tables.money import Money

FILE = "cxresearch.toml"
LEDGER = "decisions.csv"  # what was decided: beside the data, and no table


def stands_for_none(value):
    """Whether a constant amount stands in for one that is not known.

    >>> stands_for_none("1"), stands_for_none("0.00"), stands_for_none("29.90"), stands_for_none("x")
    (True, True, False, False)
    """
    try:
        return float(value) in (0, 1)
    except ValueError:
        return False


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
    empty: str | None = None
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
    file: str | tuple | None = None
    sheet: str | None = None
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

    @property
    def files(self):
        """The names of the files that hold it; several where it is in parts."""
        return (self.file,) if isinstance(self.file, str) else self.file or ()

    @property
    def stand_ins(self):
        """The amounts that are one constant for all rows, and so none: any of an order, 0 or 1 of a contract (all may pay one price)."""
        if self.name not in ("orders", "contracts"):
            return ()
        constants = {
            c: how.value for c, how in self.columns.items() if how.value is not None and not how.sources
        }
        amounts = [c for c in constants if is_amount(self.name, c)]
        return tuple(c for c in amounts if self.name == "orders" or stands_for_none(constants[c]))

    @property
    def without_stand_ins(self):
        """The same, its stand-ins for amounts no columns of the contract."""
        return replace(self, columns={c: how for c, how in self.columns.items() if c not in self.stand_ins})

    def column(self, name):
        """Where a column of the contract comes from: the column of that name where the file says nothing of it."""
        return self.columns.get(name) or ColumnMap(column=name)


@dataclass(frozen=True)
class Mapping:
    """A whole ``cxresearch.toml``."""

    source: str | None = None
    company: str | None = None
    timezone: str | None = None
    fiscal_year_starts: int = 1
    tables: dict = field(default_factory=dict)
    project_failure: ProjectFailure = field(default_factory=ProjectFailure)
    churn: Churn = field(default_factory=Churn)
    targets: dict = field(default_factory=dict)
    money: Money = field(default_factory=Money)
    survey: Survey = field(default_factory=Survey)

    @property
    def currency(self):
        """The currency of all amounts; None where it is not declared."""
        return self.money.currency

    def table(self, name):
        """How a table is read; as it stands where the file says nothing of it."""
        return self.tables.get(name) or TableMap(name)
