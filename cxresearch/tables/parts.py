"""A table in several files, such as one a year: read as one, and looked at for what is in more than one of them."""

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.errors import DataError
from cxresearch.tables.sources import source_of


def several(name, paths, how, money, read):
    """The source of a table that several files hold.

    Parameters
    ----------
    name : str
    paths : list of Path
    how : TableMap
    money : Money
    read : callable
        Path, mapping and name of a view → layout, rows, remarks and parts.

    Returns
    -------
    Source
        Without a layout: lines are counted over all files.

    Raises
    ------
    DataError
        Where none of their columns is in all files, or one column has two types.
    """
    found = [read(path, how, f"raw_{name}_{i}") for i, path in enumerate(paths)]
    tables = [table for _, table, *_ in found]
    columns = {}
    for path, table in zip(paths, tables, strict=True):
        for column, kind in table.schema().items():
            if columns.setdefault(column, kind) != kind:
                raise DataError(f"{path.name}: column {column} is of another type than in {paths[0].name}")
    whole = ibis.union(*(_widened(table, columns) for table in tables))
    label = " and ".join(path.name for path in paths)

    def remarks():
        yield _said(paths, tables)
        yield from (remark for _, _, told, _ in found for remark in told)
        yield from _lacking(paths, tables, columns)
        yield from _overlap(name, paths, tables, how, columns)

    return source_of(name, label, whole, how, money, paths[0], None, paths, remarks)


def _widened(table, columns):
    """A file's rows with the columns of all files; those that it does not have are empty."""
    return table.select(
        **{c: table[c] if c in table.columns else ibis.null(kind) for c, kind in columns.items()}
    )


def _said(paths, tables):
    counts = [int(table.count().to_pandas()) for table in tables]
    return "one table in " + ", ".join(f"{p.name} ({n:,} rows)" for p, n in zip(paths, counts, strict=True))


def _lacking(paths, tables, columns):
    """The columns that some files do not have."""
    for path, table in zip(paths, tables, strict=True):
        if missing := [c for c in columns if c not in table.columns]:
            yield f"{path.name} has no column {', '.join(missing)}: it is empty in its rows"


def _overlap(name, paths, tables, how, columns):
    """Keys that are in more than one file; whole rows, where the files hold no key."""
    key = how.column(TABLES[name].key).column if TABLES[name].key else None
    kept = [key] if key in columns else list(columns)
    what = "keys are" if key in columns else "rows are, in every column,"
    for i in range(len(paths)):
        for j in range(i + 1, len(paths)):
            if all(c in table.columns for table in (tables[i], tables[j]) for c in kept):
                both = tables[i].select(kept).intersect(tables[j].select(kept))
                if n := int(both.count().to_pandas()):
                    yield f"{n:,} {what} in {paths[i].name} and in {paths[j].name}: the files overlap"
