"""Delimited text to rows of text: a DuckDB view on a table's file that opens at no cost and changes no value."""

import re

import ibis
from ibis.expr.operations import DatabaseTable

from cxresearch.reading.layout import Layout, sniff
from cxresearch.reading.scan import Fault, Scan, scan, split
from cxresearch.reading.unpack import LONGEST

__all__ = ["Fault", "Layout", "Scan", "read", "scan", "sniff", "split"]

LINE = LONGEST + 4096  # what DuckDB must hold of a record and the ends around it; its buffers are twice that


def read(connection, layout, name):
    """A table's rows as text: a DuckDB view that opens at no cost, however long the file.

    Every value comes as it stands in the file: ``007``, ``1E10``, ``NA`` and blanks at either end. An empty value is null.
    A second call for the same name replaces the view, so that what was built on it reads in the new manner.

    Parameters
    ----------
    connection : ibis.backends.duckdb.Backend
    layout : Layout
    name : str
        Of the view.

    Returns
    -------
    ibis.expr.types.Table
        All columns text, named as in the header.

    Raises
    ------
    DataError
        Where the file must be copied to be read, being compressed, in another encoding than UTF-8 or uneven in its line
        ends, and that copy meets a fault.

    Notes
    -----
    DuckDB reads strictly: a ragged row or a stray quote stops the query that meets it. It reads in parallel only a file
    without quotes, as its parallel reader can mistake a quoted line end or delimiter for a real one; until :func:`scan`
    has seen the whole file, what its first megabyte shows decides.

    Examples
    --------
    >>> import ibis
    >>> orders = read(ibis.duckdb.connect(), sniff("data/cdnow/orders.csv"), "orders")
    >>> orders.customer_id.min().to_pandas()
    '00004'
    """
    even = len(layout.ends) <= 1 and not layout.awkward
    path, skip = (layout.utf8_path, layout.skip) if even else (layout.clean_path, None)
    if even and (layout.quoted_above or (skip is not None and layout.quoted)):
        # DuckDB skips lines without minding quotes, and tells the line ends by what it takes to be the first of them
        path, skip = layout.body_path, None
    path = path.absolute()
    connection.__dict__.setdefault("cx_layouts", []).append(layout)  # a copy lives as long as what reads it
    options = {
        "columns": "{" + ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(layout.header))) + "}",
        "delim": _literal(layout.separator if even else ","),
        "quote": "'\"'",
        "escape": "'\"'",
        "header": "true" if skip is None else "false",
        "skip": str(skip or 0),
        "parallel": "false" if layout.quoted or not even else "true",
        "max_line_size": str(LINE),
        "buffer_size": str(2 * LINE),
        "auto_detect": "false",
        "strict_mode": "true",
        "compression": "'none'",
        "hive_partitioning": "false",
    }
    given = ", ".join(f"{option} = {value}" for option, value in options.items())
    columns = ", ".join(f"c{i} AS {_identifier(column)}" for i, column in enumerate(layout.header))
    file = _literal(re.sub(r"([*?\[])", r"[\1]", str(path)))  # a name is no pattern
    view = (
        f"CREATE OR REPLACE TEMP VIEW {_identifier(name)} AS SELECT {columns} FROM read_csv({file}, {given})"
    )
    connection.raw_sql(view)
    # all its columns are known to be text: to ask for them takes a second where there are thousands
    schema = ibis.schema(dict.fromkeys(layout.header, "string"))
    return DatabaseTable(name, schema=schema, source=connection).to_expr()


def _literal(text):
    return "'" + text.replace("'", "''") + "'"


def _identifier(text):
    return '"' + text.replace('"', '""') + '"'
