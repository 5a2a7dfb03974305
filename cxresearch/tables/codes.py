"""Thousands of declared codes of a column: looked up in a table beside it, where a chain of cases would take minutes."""

import hashlib
import json

import ibis

from cxresearch.contract.tables import LINE

MANY = 100  # up to so many a chain of cases is quicker; only DuckDB gets a table
ROW = f"{LINE}_row"


def looked_up(raw, wanted):
    """A table with what the codes of some of its columns mean, its rows in their order.

    Parameters
    ----------
    raw : ibis.Table
        Of a DuckDB connection.
    wanted : dict
        Name → pair of a text value of `raw` and the meanings of its codes, a dict; None where a code stands for a missing value.

    Returns
    -------
    ibis.Table
        `raw` with the column of :func:`meaning` for each name.
    """
    rows = raw.mutate(
        **{ROW: ibis.row_number()}, **{_name(name, "key"): value for name, (value, _) in wanted.items()}
    )
    for name, (_, meanings) in wanted.items():
        codes = _table(raw.get_backend(), meanings)
        codes = codes.select(**{_name(name, "code"): codes.code, _name(name, "means"): codes.means})
        rows = rows.left_join(codes, rows[_name(name, "key")] == codes[_name(name, "code")])
    return rows.order_by(ROW)  # a join may change the order, by which lines are counted


def meaning(rows, name):
    """The value of a column of :func:`looked_up`, its codes replaced."""
    key, code, means = (rows[_name(name, part)] for part in ("key", "code", "means"))
    return ibis.ifelse(code.notnull(), means, key)


def _name(name, part):
    return f"{LINE}_{part}_{name}"


def _table(connection, meanings):
    """A table of codes and what they mean, for this connection alone."""
    digest = hashlib.sha256(json.dumps(meanings, sort_keys=True).encode("utf-8", "surrogatepass")).hexdigest()
    name = f"cx_codes_{digest[:16]}"
    connection.con.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} (code VARCHAR, means VARCHAR)")
    if not connection.con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]:
        given = [list(meanings), list(meanings.values())]
        connection.con.execute(
            f"INSERT INTO {name} SELECT unnest(CAST(? AS VARCHAR[])), unnest(CAST(? AS VARCHAR[]))", given
        )
    return connection.table(name, database="temp.main")
