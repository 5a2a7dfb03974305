"""Rows of a file that are none of its table: blank ones, totals and notes below it."""

import re
from dataclasses import replace

import ibis

from cxresearch.suggest.placed import listed, quoted
from cxresearch.suggest.profiles import profile
from cxresearch.suggest.settings import noted

TOTAL = re.compile(
    r"\s*((grand|sub)?[ -]?(totals?|sum)|summe|gesamtsumme|gesamt|zwischensumme|somme|suma)\s*:?\s*",
    re.IGNORECASE,
)
MOST = 0.1  # of the rows; more are no blanks and footers


def without_footer(file):
    """The same file without its blank rows, totals and notes, which are few and leave its fullest column empty.

    Parameters
    ----------
    file : File

    Returns
    -------
    File
        ``left_out`` says by which values of which column; empty where there are no such rows.
    """
    column = _fullest(file)
    if column is None:
        return file
    blank = column.rows - sum(n for value, n in column.counts.items() if value.strip())
    totals = [value for value in column.counts if TOTAL.fullmatch(value)]
    few = blank + sum(column.counts[value] for value in totals)
    if (
        not few
        or few > max(MOST * column.rows, 3)
        or (blank and not totals and not _is_bare(file, column.name))
    ):
        return file
    unwanted = tuple([""] * bool(blank) + totals)
    value = file.raw[column.name].cast("string").fill_null("")
    labels = {c.name: c.label for c in file.columns}
    kept = profile(file.path, file.raw.filter(value.notin(unwanted)), file.settings, labels)
    return replace(kept, others=file.others, left_out={column.name: unwanted})


def _fullest(file):
    """The first column that more rows have filled than any other, where that is nearly all of them."""
    filled = [c for c in file.columns if c.rows > 3 and c.filled >= 1 - MOST]
    return max(filled, key=lambda c: c.filled, default=None)


def _is_bare(file, name):
    """Whether rows without a value in a column have hardly another one: at most one, as a note has."""
    raw = file.raw
    bare = raw.filter(raw[name].isnull() | (raw[name].cast("string").strip() == ""))
    counts = sum((ibis.ifelse(bare[c].isnull(), 0, 1) for c in raw.columns), ibis.literal(0))
    return int(bare.aggregate(most=counts.max()).most.fill_null(0).to_pandas().iloc[0]) <= 1


def row_lines(left_out):
    """The line that leaves such rows out."""
    if not left_out:
        return []
    ((column, values),) = left_out.items()
    line = f"rows = {{ {quoted(column)} = {{ except = {listed(values)} }} }}"
    return [noted(line, "blank rows, totals and notes are none of the table; check counts them")]
