"""What a feature is: a name, a unit, a meaning, and the expression that computes it from the rows of one table."""

from collections.abc import Callable
from dataclasses import dataclass

import ibis

UNKNOWN_BY_THEN = "nothing of the kind by then"
NONE_IS_ZERO = "never missing: none is 0"


@dataclass(frozen=True)
class Feature:
    """One column of a feature table.

    Attributes
    ----------
    name, unit, meaning : str
    value : callable
        Rows of a table, of one customer each time → the value, an aggregate.
    needs : tuple of str
        The optional columns without which the feature is left out.
    missing : str
        What a missing value says.
    dtype : str
    fill : number, optional
        What stands where a customer has no row at all.
    """

    name: str
    unit: str
    meaning: str
    value: Callable[[ibis.Table], ibis.Value]
    needs: tuple = ()
    missing: str = UNKNOWN_BY_THEN
    dtype: str = "float64"
    fill: float | None = None

    def lacks(self, present):
        """The first column that it needs and that is not there, or None."""
        return next((column for column in self.needs if column not in present), None)

    def filled(self, value):
        """The value in its type, with what stands for no row."""
        value = value.cast(self.dtype)
        return value if self.fill is None else value.fill_null(ibis.literal(self.fill, self.dtype))


def count(name, unit, meaning, value, needs=()):
    """A feature that counts rows: never missing."""
    return Feature(name, unit, meaning, value, needs, NONE_IS_ZERO, "int64", 0)


def total(name, unit, meaning, value, needs=()):
    """A feature that adds up an amount: never missing."""
    return Feature(name, unit, meaning, value, needs, NONE_IS_ZERO, "float64", 0.0)


def per_customer(rows, features, keys=("customer_id",)):
    """One row per customer (or customer and date): the keys, and those features that the rows have the columns for."""
    rows = rows.filter(rows.customer_id.notnull())
    present = {f.name: f.value(rows) for f in features if f.lacks(rows.columns) is None}
    return rows.group_by(*keys).aggregate(**present)
