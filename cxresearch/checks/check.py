"""What is wrong with a workspace's tables, fault by fault, with the lines."""

import datetime
import html
from dataclasses import replace

import ibis
import pandas as pd

from cxresearch import reading
from cxresearch.checks import kept
from cxresearch.checks.columns import column_rules
from cxresearch.checks.exports import cut, why_not_found
from cxresearch.checks.further import further_rules
from cxresearch.checks.hints import hint
from cxresearch.checks.qualifiers import qualifier_rules
from cxresearch.checks.reasons import unseen_reasons
from cxresearch.checks.rules import readable, row_rules
from cxresearch.checks.volumes import volume_rules
from cxresearch.contract.tables import LINE, TABLES
from cxresearch.errors import DataError
from cxresearch.faults import reading as reading_of
from cxresearch.masking import masked, shortened
from cxresearch.tables.canonical import CHOSEN, GIVEN, given
from cxresearch.tables.found import hidden

FIRST = 5
LONGEST = 200  # characters of a value that is quoted
COLUMNS = ["table", "column", "rule", "rows", "examples", "severity"]


class Check:
    """The problems found in a workspace.

    Parameters
    ----------
    workspace : Workspace
    as_of : datetime.date or str, optional
        The last day that may be known: what happened later is a problem.
    until : datetime.date, optional
        The last day whose months are judged: of what happened later nothing is said. In the run of a report that is its day.

    Attributes
    ----------
    problems : pandas.DataFrame
        One row per problem: table, column, rule, rows (how many), examples (the first five as ``line: value``), severity
        (``error`` or ``warning``).
    rows : dict
        Readable rows per table.
    set_aside : dict
        Rows per table that the mapping does not choose: table → how many; only tables of which rows are set aside.
    notes : list of str
        What the mapping makes of values that a reader should know: half-known dates, converted amounts.
    refused : dict
        Rows per table that cannot be read as rows at all.
    readable : dict
        Table name → its `Source` without the rows that cannot be read as rows.
    unreadable : dict
        Text table → a file with those rows by line and reason; None where there are none.
    found : list of tuple
        The problems of rows, keys and months, apart from those of a file's structure.
    unread : list of str
        Data files of the folder that no table is read from.
    ok : bool
        Nothing is wrong.

    Notes
    -----
    A text file is read once for its structure, then once for all row rules together, once for its keys, and once for the
    lines of each rule that is broken. A warning says that data may be wrong; an error, that they are. In the run of a report the
    rules are held against the files once, and the notebooks are told what was found; see :mod:`cxresearch.checks.kept`.
    """

    def __init__(self, workspace, as_of=None, until=None):
        if isinstance(as_of, str):
            try:
                as_of = datetime.date.fromisoformat(as_of)
            except ValueError:
                raise DataError(f"as_of is {as_of!r}; a date is written like 2026-06-30") from None
        self.rows, self.refused, self.set_aside = {}, {}, {}
        self.unread, self._place = workspace.unread(), workspace.source
        self.as_of, self.until, self.zone = as_of, until or kept.until(), workspace.mapping.timezone
        self._failure, self._leaving = workspace.mapping.project_failure, workspace.mapping.churn.leaving
        self._scans, self.readable, self.unreadable = {}, {}, {}
        known = kept.found(workspace, as_of)
        structure = []
        for name, source in workspace.sources.items():
            if source.layout is not None:
                with reading_of(source.label):
                    structure += self._structure(name, source)
                    source, self.unreadable[name] = source.reread(self._scans[name])
                if self._scans[name].ok:
                    workspace.sources[name] = source
            self.readable[name] = source
        if known:
            self.rows, self.set_aside, self.found = known
        else:
            self.found = []
            for name, source in self.readable.items():
                with reading_of(source.label):
                    self.found += self._table(name, source)
        self.notes = hidden(workspace.sources.values())
        self.notes += [note for source in self.readable.values() for note in source.notes]
        self.problems = pd.DataFrame(structure + self.found, columns=COLUMNS)

    @property
    def ok(self):
        return self.problems.empty

    @property
    def errors(self):
        """The problems that are no mere warnings."""
        return self.problems[self.problems["severity"] == "error"]

    def __repr__(self):
        if self.ok:
            counted = ", ".join(f"{name} {n:,}" for name, n in self.rows.items())
            return f"<Check: no problem in {counted}>"
        return f"<Check: {len(self.problems)} problem(s); first: {self.sentence(0)}>"

    def _repr_html_(self):
        """What is printed on the command line."""
        kept = "style='white-space: pre-wrap' class='mathjax_ignore tex2jax_ignore'"
        return f"<pre {kept}>{html.escape(self.text())}</pre>"

    def sentence(self, i):
        """Problem number `i` in one line."""
        p = self.problems.loc[i]
        rows = int(p.rows)
        where = self.readable[p.table].label + (f", column {p.column}" if p.column else "")
        lines = f" (line {p.examples[0]})" if p.examples else ""
        count = f" in {rows:,} row{'s' * (rows != 1)}" if rows else ""
        return masked(f"{where}: {p.rule}{count}{lines}")

    def sentences(self):
        """All problems, a line each."""
        return [self.sentence(i) for i in self.problems.index]

    def text(self):
        """The problems as a readable table, a block each, and how many rows were read."""
        lines = []
        for p in self.problems.itertuples():
            where = self.readable[p.table].label + (f" · {p.column}" if p.column else "")
            count = f" · {p.rows:,} row{'s' * (p.rows != 1)}" if p.rows else ""
            lines.append(f"{p.severity}: {where}{count}\n    {p.rule}")
            lines += [f"    line {example}" for example in p.examples]
        rows = ", ".join(
            f"{name} {n:,}" + (f" ({self.set_aside[name]:,} set aside)" if name in self.set_aside else "")
            for name, n in self.rows.items()
        )
        lines += [f"note: {note}" for note in self.notes]
        n = len(self.problems)
        lines.append(f"{n or 'no'} problem{'s' * (n != 1)} in {rows} rows")
        if self.unread:
            what = "is no table" if len(self.unread) == 1 else "are no tables"
            lines.append(
                f"not read: {', '.join(self.unread)}: by name {what} of the contract, and no cxresearch.toml says which; "
                f"cxresearch check {self._place} --suggest drafts one"
            )
        return "\n".join(masked(line) for line in lines)

    def require(self):
        """Return self, or raise `DataError` with the first error in one line."""
        errors = self.errors
        if errors.empty:
            return self
        more = len(errors) - 1
        raise DataError(
            self.sentence(errors.index[0]) + (f"; and {more} more problem{'s' * (more > 1)}" if more else "")
        )

    def line_of(self, name, row):
        """The line of the file (or the number of the row of a database) on which row `row`, counted from 0, begins."""
        scan = self._scans.get(name)
        return scan.line_of(row) if scan else row + 1

    def _structure(self, name, source):
        scan = self._scans[name] = reading.scan(source.layout)
        self.refused[name] = scan.refused
        found = []
        for reason, n in scan.reasons.items():
            told = [f"{f.line}: {shown(f.text)}" for f in scan.faults if f.reason == reason][:FIRST]
            found.append((name, "", reason, n, told, "error"))
        end = cut(scan.rows + scan.refused, source.layout.first_line - 1)
        return found + ([(name, "", end, 0, [], "warning")] if end else [])

    def _table(self, name, source):
        whole, source = (
            source,
            replace(source, raw=source.declared()),
        )  # a query of thousands of columns takes seconds to write
        raw, schema = source.raw, TABLES[name]
        found = [(name, c, "required column is missing", 0, [], "error") for c in source.missing()]
        one_of = schema.one_of
        if one_of and not set(one_of) & set(raw.columns):
            found.append((name, " or ".join(one_of), "required column is missing", 0, [], "error"))
        if name == "projects" and "has_failed" not in raw.columns:
            lost = {c: s for c, s in self._failure.needs.items() if c not in raw.columns}
            found += [
                (name, c, f"column is missing, which {s} in [project_failure] needs", 0, [], "error")
                for c, s in lost.items()
            ]
        rules = self.rules(source)
        marked = raw.mutate(**{f"rule{i}": rule.bad for i, rule in enumerate(rules)})
        sums = {f"rule{i}": marked[f"rule{i}"].sum() for i in range(len(rules))}
        chosen = marked[CHOSEN].sum() if CHOSEN in raw.columns else marked.count()
        counts = marked.aggregate(rows=marked.count(), chosen=chosen, **sums).to_pandas().iloc[0]
        every, self.rows[name] = int(counts["rows"]), _whole(counts["chosen"])
        if every > self.rows[name]:
            self.set_aside[name] = every - self.rows[name]
        if not self.rows[name]:
            why = "the mapping chooses none of its rows" if every else "the table has no rows"
            return [*found, (name, "", why, 0, [], "error")]
        for i, rule in enumerate(rules):
            broken = counts[f"rule{i}"]
            if pd.notna(broken) and broken:
                examples = self._first(name, raw, rule.shown or rule.column, raw.mutate(bad=rule.bad))
                text = hint(rule, examples, source)
                told = [f"{line}: {'(empty)' if value is None else shown(value)}" for line, value in examples]
                found.append((name, rule.column, text, int(broken), told, rule.severity))
        found += self._further(name, whole)
        if name == "contracts":
            unseen = unseen_reasons(source, self._leaving, self.zone, self.until)
            found += [(name, "end_reason", text, 0, [], "warning") for text in unseen]
        present = source.columns()
        for column, spec in present.items():
            found += self._orphans(name, raw, column, spec.references)
        for key in schema.keys(present):
            found += self._duplicates(name, raw, key)
        found += self._repeats(name, whole)
        is_clean = all(severity != "error" for *_, severity in found)
        return found + (self._months(name, source) if is_clean else [])

    def _further(self, name, source):
        """What columns beyond the contract say of the rows' worth, and what is wrong with those that become features."""
        found = []
        for rule in (*qualifier_rules(source), *further_rules(source)):
            flagged = source.raw.mutate(bad=rule.bad & source.raw[CHOSEN] if source.how.rows else rule.bad)
            n = int(flagged.filter(flagged.bad).count().to_pandas())
            if n:
                told = [
                    f"{line}: {shown(value)}"
                    for line, value in self._first(name, source.raw, rule.column, flagged)
                ]
                found.append((name, rule.column, rule.text, n, told, rule.severity))
        return found

    def _first(self, name, raw, column, flagged):
        """Line and value, as given, of the first rows that are flagged."""
        rows = flagged.mutate(**{LINE: ibis.row_number(), "given": given(raw, column)}).filter(ibis._.bad)
        rows = rows.select(LINE, "given").order_by(LINE).limit(FIRST).to_pandas()
        return [
            (self.line_of(name, int(row)), None if pd.isna(value) else str(value))
            for row, value in rows.to_numpy()
        ]

    def _orphans(self, name, raw, column, target):
        other = self.readable[target].raw if target in self.readable else None
        if other is None or TABLES[target].key not in other.columns:
            return []
        keys = self.readable[target].chosen()[TABLES[target].key].cast("string")
        flagged = raw.mutate(bad=raw[column].notnull() & ~raw[column].cast("string").isin(keys))
        if CHOSEN in raw.columns:
            flagged = flagged.mutate(bad=flagged.bad & flagged[CHOSEN])
        n = int(flagged.filter(flagged.bad).count().to_pandas())
        if not n:
            return []
        told = [f"{line}: {shown(value)}" for line, value in self._first(name, raw, column, flagged)]
        why = why_not_found(flagged.filter(flagged.bad)[column].cast("string"), keys)
        return [(name, column, f"not found in {target}{why}", n, told, "error")]

    def _duplicates(self, name, raw, key):
        """Rows whose key, of one column or several, occurs more than once."""
        chosen = raw[CHOSEN] if CHOSEN in raw.columns else ibis.literal(True)
        keys = raw.filter([chosen, *(raw[c].notnull() for c in key)])
        repeated = keys.group_by(key).having(keys.count() > 1).aggregate(n=keys.count())
        n = repeated.n.sum().to_pandas()
        if pd.isna(n) or not n:
            return []
        lines = raw.mutate(**{LINE: ibis.row_number()}).filter(chosen).semi_join(repeated, key)
        lines = lines.order_by(LINE).limit(FIRST)
        rows = lines.select(LINE, *key).to_pandas()
        told = [
            f"{self.line_of(name, row[0])}: {', '.join(shown(v) for v in row[1:])}"
            for row in rows.itertuples(index=False)
        ]
        return [(name, ", ".join(key), "the key is not unique", int(n), told, "error")]

    def _repeats(self, name, source):
        """Rows that repeat another in every column, where the key is a mere row number and cannot tell."""
        numbered = [c for c, how in source.how.columns.items() if how.row_number]
        rest = [c for c in source.raw.columns if c.removeprefix(GIVEN) not in numbered]
        if not numbered or not rest:
            return []
        n = self.rows[name] - int(source.chosen().select(rest).distinct().count().to_pandas())
        return [(name, "", "identical to another row in every column", n, [], "warning")] if n else []

    def rules(self, source):
        """The rules of a table and what breaks them; rows that the mapping sets aside break none."""
        rules = [*row_rules(source, self.as_of, self.zone), *column_rules(source, self.zone)]
        if CHOSEN in source.raw.columns:
            rules = [replace(rule, bad=rule.bad & source.raw[CHOSEN]) for rule in rules]
        return [self._known(rule, source) for rule in rules]

    def _known(self, rule, source):
        """The rule for a report of a day: a warning of a row that is dated later is not of it, an error stops it all the same."""
        if self.until is None or rule.severity != "warning" or not source.events:
            return rule
        event = source.events[0]
        day = readable(source.raw[event], source.columns()[event].kind, self.zone).cast("date")
        is_later = (day > ibis.literal(self.until, "date")).fill_null(False)
        return replace(rule, bad=rule.bad & ~is_later)

    def _months(self, name, source):
        table = source.table(self.zone)
        if not source.events:
            return []
        event = source.events[0]
        measured = [
            c
            for c, spec in source.columns().items()
            if spec.unit in ("currency", "seconds") and table[c].type().is_numeric()
        ]
        table = table.filter(table[event].notnull())
        if self.until is not None:
            table = table.filter(table[event].cast("date") <= ibis.literal(self.until, "date"))
        by_month = table.group_by(month=table[event].truncate("M").cast("date"))
        months = by_month.aggregate(rows=table.count(), **{c: table[c].abs().median() for c in measured})
        months = months.order_by("month").to_pandas()
        return [(name, c, text, n, [], "warning") for c, text, n in volume_rules(source, table, months)]


def _whole(number):
    return 0 if pd.isna(number) else int(number)


def shown(value):
    """A value of the data as it is quoted beside its line: without personal data, and cut where it is long.

    >>> shown("ana@firm.example"), shown(7)
    ("'[withheld]'", "'7'")
    """
    return repr(shortened(str(value), LONGEST))
