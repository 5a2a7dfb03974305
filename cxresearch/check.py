"""What is wrong with a workspace's tables, fault by fault, with the lines."""

import ibis
import pandas as pd

from cxresearch.contract import LINE, TABLES, columns
from cxresearch.errors import DataError
from cxresearch.workspace import typed, unreadable

READABLE = {
    "String": "text",
    "Float64": "a number",
    "Boolean": "true or false",
    "Timestamp": "a date like 2026-09-30 or a moment like 2026-09-30T17:05:00Z",
    "Date": "a date like 2026-09-30",
}
FIRST = 5


class Check:
    """The problems found in a set of raw tables.

    Parameters
    ----------
    tables : dict
        Table name → (file name, raw Ibis table).

    Attributes
    ----------
    problems : pandas.DataFrame
        One row per problem: table, column, rule, rows (how many), examples (the first five as ``line: value``).
    rows : dict
        Rows per table.
    ok : bool
        Nothing is wrong.

    Notes
    -----
    Each table is scanned once for all row rules together, once more for its keys, and once more for the lines of a rule
    that is broken. Line 1 is the header; a quoted line break inside a value moves the count.
    """

    def __init__(self, tables):
        self.rows = {}
        self._files = {name: file for name, (file, _) in tables.items()}
        found = []
        for name, (_, raw) in tables.items():
            found += self._table(name, raw, tables)
        self.problems = pd.DataFrame(found, columns=["table", "column", "rule", "rows", "examples"])

    @property
    def ok(self):
        return self.problems.empty

    def __repr__(self):
        if self.ok:
            counted = ", ".join(f"{name} {n:,}" for name, n in self.rows.items())
            return f"<Check: no problem in {counted}>"
        return f"<Check: {len(self.problems)} problem(s); first: {self.sentence(0)}>"

    def sentence(self, i):
        """Problem number `i` in one line."""
        p = self.problems.iloc[i]
        rows = int(p.rows)
        where = f"{self._files[p.table]}" + (f", column {p.column}" if p.column else "")
        lines = f" (line {p.examples[0]})" if p.examples else ""
        count = f" in {rows:,} row{'s' * (rows != 1)}" if rows else ""
        return f"{where}: {p.rule}{count}{lines}"

    def require(self):
        """Return self, or raise `DataError` with the first problem in one line."""
        if self.ok:
            return self
        more = len(self.problems) - 1
        raise DataError(self.sentence(0) + (f"; and {more} more problem{'s' * (more > 1)}" if more else ""))

    def _table(self, name, raw, tables):
        schema = TABLES[name]
        present = columns(name, raw.columns)
        found = [
            (name, c, "required column is missing", 0, [])
            for c, spec in schema.columns.items()
            if spec.required and not spec.regex and c not in raw.columns
        ]
        one_of = schema.metadata["one_of"]
        if one_of and not set(one_of) & set(raw.columns):
            found.append((name, " or ".join(one_of), "required column is missing", 0, []))
        rules = [(c, text, bad) for c, spec in present.items() for text, bad in _row_rules(raw, c, spec)]
        sums = {f"rule{i}": bad.sum() for i, (_, _, bad) in enumerate(rules)}
        counts = raw.aggregate(rows=raw.count(), **sums).to_pandas().iloc[0]
        self.rows[name] = int(counts["rows"])
        if not self.rows[name]:
            return [(name, "", "the table has no rows", 0, [])]
        for i, (column, text, bad) in enumerate(rules):
            if counts[f"rule{i}"]:
                found.append((name, column, text, int(counts[f"rule{i}"]), _first(raw, column, bad)))
        for c, spec in present.items():
            target = (spec.metadata or {}).get("references")
            if target in tables:
                found += _orphans(name, c, raw, target, tables[target][1])
        keys = [[c] for c, spec in present.items() if spec.unique] + (
            [schema.unique] if schema.unique else []
        )
        for key in keys:
            if set(key) <= set(present):
                found += _duplicates(name, key, raw)
        return found


def _row_rules(raw, column, spec):
    """The rules a single row can break, each as a text and a boolean expression."""
    value = raw[column]
    type_ = spec.dtype.type
    yield f"not {READABLE[type(type_).__name__]}", unreadable(value, type_)
    if not spec.nullable:
        yield "is empty", value.isnull()
    parsed = typed(value, type_)
    for check in spec.checks:
        limit = check.statistics
        if check.name == "isin":
            yield f"not one of {', '.join(limit['allowed_values'])}", ~parsed.isin(limit["allowed_values"])
        elif check.name == "greater_than_or_equal_to":
            yield f"below {limit['min_value']}", parsed < limit["min_value"]
        else:
            yield f"above {limit['max_value']}", parsed > limit["max_value"]
    after = (spec.metadata or {}).get("after")
    if after in raw.columns:
        yield f"before {after}", parsed < typed(raw[after], type_)


def _first(raw, column, bad):
    """The first rows where `bad` holds, as ``line: value``."""
    lines = raw.mutate(**{LINE: ibis.row_number() + 2}).filter(bad).select(LINE, column)
    rows = lines.order_by(LINE).limit(FIRST).to_pandas()
    return [f"{line}: {'(empty)' if pd.isna(value) else repr(value)}" for line, value in rows.to_numpy()]


def _duplicates(name, key, raw):
    """Rows whose key, of one column or several, occurs more than once."""
    keys = raw.filter([raw[c].notnull() for c in key])
    repeated = keys.group_by(key).having(keys.count() > 1).aggregate(n=keys.count())
    extra = repeated.n.sum().to_pandas()
    if not extra or pd.isna(extra):
        return []
    lines = raw.mutate(**{LINE: ibis.row_number() + 2}).semi_join(repeated, key).order_by(LINE).limit(FIRST)
    rows = lines.select(LINE, *key).to_pandas()
    examples = [f"{row[0]}: {', '.join(map(repr, row[1:]))}" for row in rows.itertuples(index=False)]
    return [(name, ", ".join(key), "the key is not unique", int(extra), examples)]


def _orphans(name, column, raw, target, other):
    if column not in other.columns:
        return []
    bad = raw[column].notnull() & ~raw[column].isin(other[column])
    n = int(raw.filter(bad).count().to_pandas())
    return [(name, column, f"not found in {target}", n, _first(raw, column, bad))] if n else []
