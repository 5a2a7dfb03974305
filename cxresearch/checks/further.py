"""Columns beyond the contract that become features: a number too large for any model is found in them too."""

from cxresearch.checks.rules import LARGEST, TOO_LARGE, Rule
from cxresearch.contract.tables import TABLES
from cxresearch.tables.attributes import attributes
from cxresearch.tables.cast import is_number

DESCRIBED = ("customers", "contracts", "snapshots", "projects")  # whose further columns a model reads


def further_rules(source):
    """The rules for the further columns of a table that are read as numbers.

    Parameters
    ----------
    source : Source
        With all its columns.
    """
    raw = source.raw
    rest = [c for c in source.beyond() if TABLES[source.name].column(c) is None]
    if source.name not in DESCRIBED or not rest:
        return
    for found in attributes(source, source.chosen().select(rest)):
        if found.kind == "number" and not found.why:
            value = found.of(raw).cast("float64")
            yield Rule(found.column, TOO_LARGE, is_number(value) & (value.abs() > LARGEST))
