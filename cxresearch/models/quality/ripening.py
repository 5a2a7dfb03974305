"""What of a row had come to be known by a day."""

import ibis


def known_values(table, columns, as_of):
    """The rows of a table without what was not known on a day: a value that ripens is missing before its own day.

    Parameters
    ----------
    table : ibis.Table
    columns : dict
        Name → :class:`~cxresearch.contract.schema.Column`. A value of a column with ``known_on`` is kept where the day in that column has
        come; where the table has no such column, as it is.
    as_of : datetime.date

    Examples
    --------
    >>> import datetime
    >>> from cxresearch.contract.tables import TABLES
    >>> days = [datetime.date(2026, 6, 30), datetime.date(2026, 7, 1)]
    >>> rows = ibis.memtable({"end_reason": ["moved", "price"], "ended_on": days})
    >>> known_values(rows, TABLES["contracts"].columns, days[0]).order_by("end_reason").to_pandas()["end_reason"].notna().tolist()
    [True, False]
    """
    last = ibis.literal(as_of, "date")
    ripe = {
        name: ibis.ifelse(table[column.known_on] <= last, table[name], ibis.null(column.type))
        for name, column in columns.items()
        if name in table.columns and column.known_on in table.columns
    }
    return table.mutate(**ripe) if ripe else table
