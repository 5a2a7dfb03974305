"""Values worked out in steps: what a later step reads more than once is a column of a select by itself, never a text that is repeated.

A value in a value in a value, each of which reads the one within it five times, is written 125 times. Here a value is worked out by a
generator: it yields what it will read again, and gets it back as a column. All columns of a table take each step together.
"""

from ibis.expr.operations import Field, Literal

from cxresearch.contract.tables import LINE
from cxresearch.engines import apart

STEP = f"{LINE}_step_"


def in_steps(table, works):
    """The values of several generators, worked out side by side.

    Parameters
    ----------
    table : ibis.Table
        Whose columns the values are made of.
    works : dict
        Name → a generator that yields a value, or a tuple of values, gets the same as columns, and returns its last value.

    Returns
    -------
    ibis.Table
        `table` with a column for each value that was yielded.
    dict
        Name → last value, of the columns of that table.

    Examples
    --------
    >>> import ibis
    >>> def fourth(value):
    ...     square = yield value * value
    ...     return square * square
    >>> table, values = in_steps(ibis.memtable({"x": [1, 2, 3]}), {"y": fourth(ibis._.x)})
    >>> table.select(**values).to_pandas()["y"].tolist()
    [1, 16, 81]
    """
    values, asked = {}, {}
    step = sum(column.startswith(STEP) for column in table.columns)
    for name, work in works.items():
        _advance(name, work, None, asked, values)
    while asked:
        wanted = [(name, value) for name, found in asked.items() for value in found if not is_plain(value)]
        named = {f"{STEP}{step + i}": value for i, (_, value) in enumerate(wanted)}
        step += len(wanted)
        table = apart(table.mutate(**named))
        columns, waiting, asked = iter(named), asked, {}
        for name, found in waiting.items():
            kept = tuple(value if is_plain(value) else table[next(columns)] for value in found)
            _advance(name, works[name], kept, asked, values)
    return table, values


def worked_out(table, **works):
    """A table of the values of several generators; see :func:`in_steps`."""
    table, values = in_steps(table, works)
    return table.select(**values)


def _advance(name, work, kept, asked, values):
    """Let a generator go on to the next value that is not at hand as it is."""
    try:
        found = next(work) if kept is None else work.send(kept if kept[1:] else kept[0])
        while not isinstance(found, tuple) and is_plain(found):
            found = work.send(found)
    except StopIteration as done:
        values[name] = done.value
        return
    asked[name] = found if isinstance(found, tuple) else (found,)


def is_plain(value):
    """Whether a value is a column or a constant: writing it again costs nothing."""
    return hasattr(value, "op") and isinstance(value.op(), Field | Literal)
