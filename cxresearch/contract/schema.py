"""The words in which the contract is written: tables, columns, checks.

They hold what a declaration says and nothing else, so that reading it costs no import; :meth:`Table.pandera` gives the same declaration
as a pandera schema, which validates an Ibis table by itself.
"""

from dataclasses import dataclass, field

import ibis.expr.datatypes as dt

TYPES = {
    "text": dt.String(),
    "number": dt.Float64(),
    "flag": dt.Boolean(),
    "moment": dt.Timestamp(),
    "day": dt.Date(),
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    kind : {"text", "number", "flag", "moment", "day"}
    description : str
    required : bool
        The table cannot be used without it.
    nullable : bool
        A value may be missing.
    unique, regex : bool
        It is a key by itself; its name is a pattern.
    among : tuple of str or None
        The values it may have.
    low, high : float or None
        Its bounds.
    metadata : dict
        What else is known of it: references, unit, event, after, planned.
    """

    kind: str
    description: str
    required: bool = True
    nullable: bool = False
    unique: bool = False
    regex: bool = False
    among: tuple | None = None
    low: float | None = None
    high: float | None = None
    metadata: dict = field(default_factory=dict)

    @property
    def type(self):
        """The Ibis type."""
        return TYPES[self.kind]


@dataclass(frozen=True)
class Table:
    """A table of the contract: its columns by name, its key of several columns if it has one, of which columns one must be there."""

    description: str
    columns: dict
    unique: list | None = None
    one_of: tuple = ()

    def pandera(self):
        """The table as a pandera schema for Ibis."""
        import datetime

        import pandera.ibis as pa

        kinds = {
            "text": str,
            "number": float,
            "flag": bool,
            "moment": datetime.datetime,
            "day": datetime.date,
        }

        def column(spec):
            checks = [pa.Check.isin(spec.among)] if spec.among else []
            checks += [pa.Check.ge(spec.low)] if spec.low is not None else []
            checks += [pa.Check.le(spec.high)] if spec.high is not None else []
            how = {
                name: getattr(spec, name)
                for name in ("required", "nullable", "unique", "regex", "description")
            }
            return pa.Column(kinds[spec.kind], checks, metadata=spec.metadata, **how)

        columns = {name: column(spec) for name, spec in self.columns.items()}
        return pa.DataFrameSchema(columns, unique=self.unique, description=self.description)

    def validate(self, table, **options):
        """Validate an Ibis table with pandera; see :meth:`pandera.api.ibis.container.DataFrameSchema.validate`."""
        return self.pandera().validate(table, **options)
