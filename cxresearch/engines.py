"""What engines do to the text that Ibis writes, wherever tables are put together."""

EVERY = 2**63 - 1  # rows
MERGING = ("postgres",)  # engines that write a select within a select as one, unless it has a limit


def apart(table):
    """A table that the engine does not write into the select that reads it.

    >>> import ibis
    >>> calls = ibis.memtable({"x": [1, 2]})
    >>> apart(calls) is calls
    True
    """
    return table.limit(EVERY) if table.get_backend().name in MERGING else table
