"""The values of an attribute as texts: what the parts of a firm are called."""

from cxresearch.contract.schema import UNKNOWN


def value_text(table, column):
    """The values of a column as texts without blanks around them, ``unknown`` for none.

    >>> import ibis
    >>> people = ibis.memtable({"region": ["north", " north", "", None]})
    >>> people.select(value_text(people, "region").name("region")).to_pandas()["region"].tolist()
    ['north', 'north', 'unknown', 'unknown']
    """
    values = table[column]
    text = (values if values.type().is_string() else values.cast("string")).strip()
    return text.nullif("").fill_null(UNKNOWN)
