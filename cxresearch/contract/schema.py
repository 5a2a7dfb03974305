"""The words in which the contract is written: a table and its columns, and what is known of each.

They hold what a declaration says and nothing else, so that reading it costs no import; :meth:`Table.pandera` gives the same declaration
as a pandera schema, which validates an Ibis table by itself.
"""

import datetime
import re
from dataclasses import dataclass

import ibis.expr.datatypes as dt

NEVER = datetime.date(2200, 1, 1)  # from this day on, the end of something is none

UNKNOWN = "unknown"  # among the end reasons that count as leaving: an end without one
CURRENCY = "currency"  # the column that says in which one a row's amounts are

KINDS = {
    "text": dt.String(),
    "number": dt.Float64(),
    "flag": dt.Boolean(),
    "moment": dt.Timestamp(),
    "date": dt.Date(),
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    kind : {"text", "number", "flag", "moment", "date"}
        Its type, in the one vocabulary that the codebook, the check and the mapping use.
    description : str
    required : bool
        The table cannot be used without it.
    nullable : bool
        A value may be missing.
    unique : bool
        It is the table's key.
    regex : bool
        Its name is a pattern.
    among : tuple of str or None
        The values it may have.
    low, high : float or None
        Its bounds.
    scale : bool
        It holds answers on a scale, on which a value apart from all others is a code.
    unit : str or None
    references : str or None
        The table whose key it holds.
    event : bool
        It says when the row happened.
    after : str or None
        The column that it may not precede.
    planned : bool
        It may lie in the future, up to 2199.
    open_ended : bool
        It says when something ended. Systems that cannot leave a day empty write one such as 9999-12-31: a day from 2200 on is none.
    ripens : bool
        It is filled in as time goes by: a young row cannot have it yet.
    known_on : str or None
        The column with the day from which a value that ripens is known.
    group : bool
        Customers are compared by it.
    fresh : bool
        Its values are new each time by their nature, so that a change says nothing.
    others : bool
        It marks the rows of other organisations, which say nothing of the firm's own quarter.
    personal : bool
        It names or describes a person: its values are shown nowhere.
    free_text : bool
        It holds what somebody wrote in their own words.
    """

    kind: str
    description: str
    required: bool = False
    nullable: bool = True
    unique: bool = False
    regex: bool = False
    among: tuple | None = None
    low: float | None = None
    high: float | None = None
    scale: bool = False
    unit: str | None = None
    references: str | None = None
    event: bool = False
    after: str | None = None
    planned: bool = False
    open_ended: bool = False
    ripens: bool = False
    known_on: str | None = None
    group: bool = False
    fresh: bool = False
    others: bool = False
    personal: bool = False
    free_text: bool = False

    @property
    def type(self):
        """The Ibis type."""
        return KINDS[self.kind]

    @property
    def is_dated(self):
        """Whether it holds dates or moments."""
        return self.kind in ("date", "moment")

    @property
    def is_end(self):
        """Whether it holds the day on which something ended: from that day on it is known."""
        return self.is_dated and self.ripens

    @property
    def is_key(self):
        """Whether it holds the table's own key or that of another."""
        return self.unique or self.references is not None


@dataclass(frozen=True)
class Table:
    """A table of the contract: its columns by name, its key of several columns if it has one, of which columns one must be there.

    A table of acts holds what the firm does when it chooses to: a quarter without a row is a decision, not a gap in the data.
    """

    description: str
    columns: dict
    unique: list | None = None
    one_of: tuple = ()
    acts: bool = False

    @property
    def key(self):
        """The column that is the table's key by itself; None where it has none."""
        return next((name for name, column in self.columns.items() if column.unique), None)

    @property
    def references(self):
        """The tables whose keys it holds."""
        return {column.references for column in self.columns.values()} - {None}

    def keys(self, present):
        """The keys of which every column is present: lists of columns that no two rows may share."""
        every = ([self.key] if self.key else None, self.unique)
        return [list(key) for key in every if key and set(key) <= set(present)]

    def column(self, name):
        """The declaration of a column, found by its name or by a pattern; None where there is none."""
        if name in self.columns:
            return self.columns[name]
        return next((c for way, c in self.columns.items() if c.regex and re.fullmatch(way, name)), None)

    def missing(self, present):
        """The required columns that are not present."""
        return [name for name, column in self.columns.items() if column.required and name not in present]

    def where(self, fact):
        """The names of the columns of which a fact holds.

        >>> from cxresearch.contract.tables import TABLES
        >>> TABLES["customers"].where("group"), TABLES["contracts"].where("ripens")
        (['segment', 'region', 'acquisition_channel'], ['ended_on', 'end_reason', 'status_reported'])
        """
        return [name for name, column in self.columns.items() if getattr(column, fact)]

    def pandera(self):
        """The table as a pandera schema for Ibis."""
        import pandera.ibis as pa

        kinds = {
            "text": str,
            "number": float,
            "flag": bool,
            "moment": datetime.datetime,
            "date": datetime.date,
        }

        def column(spec):
            checks = [pa.Check.isin(spec.among)] if spec.among else []
            checks += [pa.Check.ge(spec.low)] if spec.low is not None else []
            checks += [pa.Check.le(spec.high)] if spec.high is not None else []
            how = ("required", "nullable", "unique", "regex", "description")
            return pa.Column(kinds[spec.kind], checks, **{name: getattr(spec, name) for name in how})

        columns = {name: column(spec) for name, spec in self.columns.items()}
        return pa.DataFrameSchema(columns, unique=self.unique, description=self.description)

    def validate(self, table, **options):
        """Validate an Ibis table with pandera; see :meth:`pandera.api.ibis.container.DataFrameSchema.validate`."""
        return self.pandera().validate(table, **options)
