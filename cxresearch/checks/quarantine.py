"""Part the rows that can be used from those that cannot: a clean workspace, and beside it every refused row with its reason."""

import csv
import json
import shutil
from dataclasses import replace

import duckdb
import ibis
import pandas as pd

from cxresearch.checks.further import further_rules
from cxresearch.contract.tables import LINE, TABLES
from cxresearch.faults import reading
from cxresearch.files import published, replaceable
from cxresearch.spreadsheet import cell
from cxresearch.tables.canonical import GIVEN, given
from cxresearch.tables.databases import files as files_of
from cxresearch.tables.mapping import FILE
from cxresearch.tables.money import Money

REFUSED = "refused"
COUNTS = "counts.csv"  # what was counted
WHY = f"{LINE}_why"  # columns of its own, whose names no table may use
CONTENT, USABLE, DIFFERS, RANK = (f"{LINE}_{name}" for name in ("content", "usable", "differs", "rank"))


def quarantine(workspace, check, out):
    """Write the clean tables into the folder `out` and the refused rows into ``out/refused/``.

    ``refused/orders.csv`` holds rows with line and reason as they were given, ``refused/orders.lines.csv`` lines that
    cannot be read as rows at all. They are for people: a value that a spreadsheet would run as a formula is preceded by an apostrophe. The
    clean tables and ``counts.csv`` are data, and hold every value as it is.

    The settings of the workspace (company, currency, fiscal year, which columns are personal, when a project has failed) go with the clean
    tables, in a ``cxresearch.toml``.

    A row is refused for the first rule it breaks. Of rows that are the same to the last value the first is kept; of rows
    that share a key and differ, none is. A row that refers to a refused row is refused too.

    Parameters
    ----------
    workspace : Workspace
    check : Check
        Of the same workspace.
    out : path
        Made, or replaced once everything is written; what was counted is kept in it as ``counts.csv``. A folder that holds anything but an
        earlier quarantine, or the workspace itself, is left alone. Only its owner may read what is written.

    Returns
    -------
    pandas.DataFrame
        table, rows_in, kept, refused and, where the mapping chooses rows, set_aside – with ``rows_in == kept + refused + set_aside`` for
        each.
    """
    counts, kept_keys = [], {}
    replaceable(out, workspace.files())
    with published(out, private=True) as folder:
        (folder / REFUSED).mkdir()
        for name in sorted(check.readable, key=_depth):
            with reading(check.readable[name].label):
                flagged = _flagged(name, check, kept_keys)
                set_aside = check.set_aside.get(name, 0)
                kept, refused = flagged.filter(flagged[WHY].isnull()), flagged.filter(flagged[WHY].notnull())
                source = check.readable[name]
                source = replace(source, money=Money())  # what could not be added up is refused by now
                clean = source.table(check.zone, rows=kept.order_by(LINE))
                _write_clean(clean, folder / f"{name}.csv")
                n_refused = _write_refused(name, check, refused, folder / REFUSED / f"{name}.csv")
                if check.unreadable.get(name):
                    shutil.copy(check.unreadable[name], folder / REFUSED / f"{name}.lines.csv")
                    n_refused += check.refused[name]
                n_kept = int(kept.count().to_pandas())
                key = TABLES[name].key
                if key in clean.columns:
                    kept_keys[name] = clean.select(key=clean[key])
                n_in = check.rows[name] + check.refused.get(name, 0)
                if n_in != n_kept + n_refused:
                    raise RuntimeError(f"{name}: {n_in} rows in, {n_kept} kept and {n_refused} refused")
                counts.append((name, n_in + set_aside, n_kept, n_refused, set_aside))
        personal = {name: source.personal for name, source in check.readable.items() if source.personal}
        (folder / FILE).write_text(_settings(workspace.mapping, personal), encoding="utf-8")
        if not any((folder / REFUSED).iterdir()):
            (folder / REFUSED).rmdir()
        counted = pd.DataFrame(counts, columns=["table", "rows_in", "kept", "refused", "set_aside"])
        if not counted["set_aside"].any():
            counted = counted.drop(columns="set_aside")
        counted.to_csv(folder / COUNTS, index=False)
    return counted


def _settings(mapping, personal):
    """What the clean tables no longer say: the workspace's settings; moments are in the workspace's time zone by now.

    >>> from cxresearch.tables.mapping import Mapping
    >>> from cxresearch.tables.money import Money
    >>> print(_settings(Mapping(money=Money("EUR"), fiscal_year_starts=4), {"orders": ["Kunde"]}), end="")
    [workspace]
    fiscal_year_starts = 4
    <BLANKLINE>
    [money]
    currency = "EUR"
    <BLANKLINE>
    [project_failure]
    benefit_share = 0.5
    months = 12
    <BLANKLINE>
    [tables.orders]
    personal = ["Kunde"]
    """
    failure = mapping.project_failure
    texts = {name: getattr(mapping, name) for name in ("company", "timezone")}
    texts = [f"{name} = {json.dumps(text, ensure_ascii=False)}" for name, text in texts.items() if text]
    lines = ["[workspace]", *texts, f"fiscal_year_starts = {mapping.fiscal_year_starts}", ""]
    money = {key: value for key, value in vars(mapping.money).items() if value is not None and key != "rates"}
    if money:
        lines += [
            "[money]",
            *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in money.items()),
            "",
        ]
    lines += ["[project_failure]", f"benefit_share = {failure.benefit_share}", f"months = {failure.months}"]
    for name in ("cost_over", "late_over"):
        value = getattr(failure, name)
        lines += [] if value is None else [f"{name} = {value}"]
    churn = {key: value for key, value in vars(mapping.churn).items() if value not in ((), None)}
    if churn:
        lines += ["", "[churn]"]
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in churn.items()]
    lines += ["", "[survey]", "quote_comments = true"] if mapping.survey.quote_comments else []
    for table, columns in personal.items():
        lines += ["", f"[tables.{table}]", f"personal = {json.dumps(list(columns), ensure_ascii=False)}"]
    for table, how in mapping.tables.items():
        scales = {name: list(column.range) for name, column in how.columns.items() if column.range}
        lines += ["", f"[tables.{table}.columns]"] if scales else []
        lines += [f'{name} = {{ column = "{name}", range = {ends} }}' for name, ends in scales.items()]
    return "\n".join(lines) + "\n"


def _depth(name):
    """Tables that others refer to come first."""
    return (len(TABLES[name].references), name)


def _flagged(name, check, kept_keys):
    """The raw rows with their number and the first reason to refuse each, null where there is none."""
    source, schema = check.readable[name], TABLES[name]
    rules = (*check.rules(source), *further_rules(source))
    reasons = [(rule.bad, f"{rule.column}: {rule.text}") for rule in rules if rule.severity == "error"]
    table = source.chosen(source.raw.mutate(**{LINE: ibis.row_number(), WHY: _first_reason(reasons)}))
    present = source.columns()
    for column, spec in present.items():
        if spec.references in kept_keys:
            keys = kept_keys[spec.references].key
            lost = table[column].notnull() & ~table[column].cast("string").isin(keys)
            said = ibis.ifelse(
                lost, f"{column}: not found among the kept {spec.references}", ibis.null("string")
            )
            table = table.mutate(**{WHY: ibis.coalesce(table[WHY], said)})
    for key in schema.keys(present):
        table = _without_repeats(table, key, source.raw.columns)
    return table


def _first_reason(reasons):
    if not reasons:
        return ibis.null("string")
    cases = [(bad.fill_null(False), ibis.literal(text)) for bad, text in reasons]
    return ibis.cases(*cases, else_=ibis.null("string"))


def _without_repeats(table, key, columns):
    """Refuse the later of equal rows, and every row whose key another, different row has."""
    # an array, as a chain of a thousand concatenations is more than an engine can take
    content = ibis.array([table[column].cast("string").fill_null("\x1e") for column in columns]).join("\x1f")
    table = table.mutate(**{CONTENT: content, USABLE: table[WHY].isnull().cast("int32")})
    window = ibis.window(group_by=[table[c] for c in key] + [table[USABLE]])
    ordered = ibis.window(group_by=[table[c] for c in key] + [table[USABLE]], order_by=table[LINE])
    differs = table[CONTENT].min().over(window) != table[CONTENT].max().over(window)
    table = table.mutate(**{DIFFERS: differs, RANK: ibis.row_number().over(ordered)})
    reason = ibis.cases(
        (table[DIFFERS], f"{', '.join(key)}: another row has the same key"),
        (table[RANK] > 0, "repeats an earlier row"),
        else_=ibis.null("string"),
    )
    return table.mutate(**{WHY: ibis.coalesce(table[WHY], reason)}).drop(CONTENT, USABLE, DIFFERS, RANK)


def _write_clean(clean, path):
    """Write a clean table. A DuckDB file is closed in and may not write: its rows go through a connection that may."""
    backend = clean.get_backend()
    if not files_of(backend):
        clean.to_csv(path)
        return
    with duckdb.connect() as writer:
        writer.register("clean", backend.con.sql(backend.compile(clean)).to_arrow_table())
        writer.sql("FROM clean").write_csv(str(path))


def _write_refused(name, check, refused, path):
    """Write refused rows as they were given, by line, formulas made harmless; returns how many there are."""
    columns = [c for c in refused.columns if not c.startswith((GIVEN, LINE))]
    rows = refused.select(LINE, WHY, **{c: given(refused, c) for c in columns}).order_by(LINE).to_pandas()
    if rows.empty:
        return 0
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "reason", *map(cell, columns)])
        for row in rows.itertuples(index=False):
            values = ["" if pd.isna(v) else cell(v) for v in row[2:]]
            writer.writerow([check.line_of(name, row[0]), cell(row[1]), *values])
    return len(rows)
