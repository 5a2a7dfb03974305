"""The source of one table: a file or a table of a database, its columns as the mapping has them, and what it refuses."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import ibis

from cxresearch.contract.schema import CURRENCY
from cxresearch.contract.tables import LINE, TABLES, columns, number
from cxresearch.errors import DataError
from cxresearch.files import unnamed
from cxresearch.tables import databases, mapping, points
from cxresearch.tables.canonical import CHOSEN, GIVEN, mapped
from cxresearch.tables.cast import is_number, typed
from cxresearch.tables.dates import lacks_day
from cxresearch.tables.money import Money, paid

if TYPE_CHECKING:
    from cxresearch import reading

EVENT_LOGS = (".xes", ".xes.gz")
NANOSECONDS = "TIMESTAMPTZ_NS"  # a type of DuckDB that Ibis does not know


@dataclass(frozen=True)
class Source:
    """Where one table comes from.

    Attributes
    ----------
    name, label : str
        The table of the contract, and what a message calls the place: a file's or a table's name.
    raw : ibis.Table
        Its rows in the contract's names, not yet in its types.
    how : TableMap
    path : Path, optional
    layout : reading.Layout, optional
        Of a text file.
    parts : tuple of Path
        All files that hold it, where these are several.
    remarks : tuple of str, or callable
        What reading them showed that a reader should know; a callable finds it when it is asked for.
    numbers : tuple
        Columns beyond the contract that the mapping declares to be numbers.
    personal : tuple
        Columns that hold what the mapping declares to be personal.
    money : Money
        The workspace's currency and rates.
    """

    name: str
    label: str
    raw: ibis.Table
    how: mapping.TableMap
    path: Path | None = None
    layout: "reading.Layout | None" = None
    parts: tuple = ()
    remarks: object = ()
    numbers: tuple = ()
    personal: tuple = ()
    money: Money = field(default_factory=Money)

    def columns(self):
        """The columns present that have a declared type."""
        return columns(self.name, self.raw.columns) | {c: number("a number") for c in self.numbers}

    @property
    def events(self):
        """The columns present that say when a row happened, the contract's first choice first."""
        return [c for c in TABLES[self.name].where("event") if c in self.raw.columns]

    @property
    def happened(self):
        """The columns present that say when something happened: what began, was done or has ended."""
        ends = [c for c in TABLES[self.name].where("is_end") if c in self.raw.columns]
        return self.events + ends

    @cached_property
    def notes(self):
        """What the mapping makes of its values that a reader should know: half-known dates, converted amounts."""
        remarks = self.remarks() if callable(self.remarks) else self.remarks
        found, specs = [f"{self.label}: {remark}" for remark in remarks], self.columns()
        formats = {
            c: self.how.column(c).format or self.how.date_format for c, spec in specs.items() if spec.is_dated
        }
        for pattern in dict.fromkeys(p for p in formats.values() if p and lacks_day(p)):
            named = [c for c, p in formats.items() if p == pattern and self.how.column(c).sources]
            if named:
                are, count = ("are", "count") if named[1:] else ("is", "counts")
                found.append(
                    f"{self.label}: {' and '.join(named)} {are} written without a day ({pattern}) and {count} as the last one"
                )
        for column in self.how.stand_ins:
            found.append(
                f"{self.label}: {column} is the same constant in all rows, which is no amount: money is left out"
                + (", purchases are counted" if self.name == "orders" else "")
            )
        if self.money.worth and CURRENCY in specs and paid(specs):
            rates = ", ".join(
                f"1 {code} = {worth:g} {self.money.currency}" for code, worth in self.money.rates.items()
            )
            found.append(f"{self.label}: amounts are converted by the declared rates ({rates})")
        return found

    def declared(self):
        """The rows with no more than the columns that have a declared type, and what those held before they were mapped."""
        specs = self.columns()
        kept = {*specs, CHOSEN}
        return self.raw.select(c for c in self.raw.columns if c.removeprefix(GIVEN) in kept)

    def chosen(self, rows=None):
        """The rows (all, or some of `raw`) without those that the mapping sets aside."""
        rows = self.raw if rows is None else rows
        return rows.filter(rows[CHOSEN]) if CHOSEN in rows.columns else rows

    @cached_property
    def refusal(self):
        """Why its amounts cannot be added up; None where they can."""
        return self.money.refusal(self)

    @cached_property
    def ambiguous(self):
        """The columns of numbers whose points may group thousands, and in which rows; see :func:`~cxresearch.tables.points.ambiguous`."""
        return points.ambiguous(self)

    def beyond(self):
        """The columns of the file or table that the contract does not know."""
        known = self.columns()
        return [c for c in self.raw.columns if c not in known and not c.startswith((GIVEN, LINE))]

    def missing(self):
        """Required columns that are not there."""
        return TABLES[self.name].missing(self.raw.columns)

    def table(self, zone=None, rows=None):
        """The rows (all, or some rows or columns of `raw`) in the contract's types; an unreadable value stops the query that meets it."""
        rows = self.chosen(rows)
        present = set(rows.columns)
        if self.refusal and present.intersection(paid(self.columns())):
            raise DataError(f"{self.label}: {self.refusal}")
        specs = {c: spec for c, spec in self.columns().items() if c in present}
        for column, spec in specs.items():
            if spec.kind == "text" and rows[column].type().is_floating():
                if rows.filter(is_number(rows[column])).limit(1).count().execute():
                    raise DataError(
                        f"{self.label}, column {column}: kept as floating-point numbers, not as text"
                    )
                rows = rows.mutate(**{column: ibis.null("string")})  # what holds nothing has no type to lose
        types = {c: typed(rows[c], spec.kind, zone, strict=True) for c, spec in specs.items()}
        shown = [c for c in self.raw.columns if c in present and not c.startswith((GIVEN, CHOSEN))]
        return rows.select(**{c: types.get(c, rows[c]) for c in shown})

    def reread(self, scan):
        """The same once the whole file has been scanned, in the manner that is right for all of it.

        Returns
        -------
        Source
            Without the records that cannot be read as rows.
        Path or None
            Where those are, with line and reason.
        """
        from cxresearch import reading

        connection = self.raw.get_backend()
        if scan.ok:
            raw = reading.read(connection, self.layout, f"raw_{self.name}")
            return self._again(raw), None
        kept, refused = unnamed(connection), unnamed(connection)
        reading.split(self.layout, scan, kept, refused)
        raw = reading.read(connection, reading.sniff(kept, delimiter=","), f"kept_{self.name}")
        return self._again(raw), refused

    def _again(self, raw):
        return source_of(
            self.name, self.label, raw, self.how, self.money, self.path, self.layout, self.parts, self.remarks
        )

    @property
    def files(self):
        """The files that hold it; none of a database."""
        return self.parts or ((self.path,) if self.path else ())

    def fingerprint(self):
        """SHA-256 of the file or of those of several, or of all rows of a database table."""
        if self.parts:
            digest = hashlib.sha256()
            folder = self.path if self.path.is_dir() else self.path.parent  # whose folders may be a column
            for path in self.parts:
                with path.open("rb") as file:
                    name = path.relative_to(folder).as_posix()
                    digest.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
            return digest.hexdigest()
        if self.path:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        return databases.fingerprint(self.raw)


def parquet(connection, path):
    """A Parquet file as a query. Asked for a table, Ibis would load Arrow and NumPy only to be told its columns.

    Raises
    ------
    DataError
        Where two columns have the same name but for the case of letters: an engine would rename one of them, and nobody could say which is meant.
    """
    file = _quoted(path)
    _unlike(path, connection.raw_sql(f"SELECT name, num_children FROM parquet_schema({file})").fetchall())
    query = f"SELECT * FROM read_parquet({file}, hive_partitioning = false)"
    columns = connection.raw_sql(f"DESCRIBE {query}").fetchall()
    read = connection.compiler.type_mapper.from_string
    return connection.sql(query, schema={name: read(kind) for name, kind, *_ in columns})


def _unlike(path, schema):
    """Refuse a file of which two columns have one name."""
    seen, left = set(), 0
    for name, children in schema[1:]:  # the first is the row itself; what is within a column follows it
        if left:
            left += (children or 0) - 1
            continue
        left = children or 0
        if name.lower() in seen:
            raise DataError(f"{path.name}: two columns are called {name}; rename one of them")
        seen.add(name.lower())


def text_file(connection, path, how, name):
    """A text file as rows of text, its columns named by however many records its header takes."""
    return _rows_of_text(connection, path, how, name, how.encoding, how.delimiter)


def _rows_of_text(connection, path, how, name, encoding=None, delimiter=","):
    """The layout of a text and its rows, read as the mapping describes the table."""
    from cxresearch import reading

    rows = {"qualtrics": 3, "surveymonkey": 2}.get(how.header, 1 if how.header is None else how.header)
    names = surveymonkey_names if how.header == "surveymonkey" else None
    read = {c for m in how.columns.values() for c in (*m.sources, *m.where)}
    read |= {*how.rows, *how.numbers, *how.personal}
    layout = reading.sniff(
        path,
        encoding,
        delimiter,
        how.skip_rows,
        rows,
        names,
        lambda c: c not in read and may_repeat(c),
    )
    return layout, reading.read(connection, layout, name)


def may_repeat(name):
    """Whether a file may have several columns of a name: not where the contract knows it, for nobody could say which is meant."""
    return not any(name.lower() in (c.lower() for c in columns(table, [name.lower()])) for table in TABLES)


def event_log(connection, path, name):
    """An event log in XES as rows of text, one per event."""
    from cxresearch import reading
    from cxresearch.reading.xes import delimited

    layout = reading.sniff(delimited(path, connection), delimiter=",")
    return layout, reading.read(connection, layout, name)


def json_lines(connection, path, name):
    """A file of JSON lines as rows of text, one per object."""
    from cxresearch import reading
    from cxresearch.reading.jsonlines import delimited

    layout = reading.sniff(delimited(path, connection), delimiter=",", may_repeat=may_repeat)
    return layout, reading.read(connection, layout, name)


def sheet_of(connection, path, how, name):
    """A sheet of a workbook as rows of text, and what a reader should know of it."""
    from cxresearch.reading.titles import TitleAbove
    from cxresearch.reading.workbook import delimited, sheets

    shown = [sheet for sheet, is_shown in sheets(path).items() if is_shown]
    if how.sheet is None and len(shown) != 1:
        raise DataError(
            f"{path.name}: has {len(shown)} sheets; declare which one: sheet = … ({', '.join(shown)})"
        )
    sheet = how.sheet or shown[0]
    copy, remarks = delimited(path, sheet, connection)
    try:
        layout, rows = _rows_of_text(connection, copy, how, name)
    except DataError as fault:  # which knows the copy alone
        said = str(fault).replace(copy.name, f"{path.name}, sheet {sheet}", 1)
        raise (
            TitleAbove(said, fault.settings) if isinstance(fault, TitleAbove) else DataError(said)
        ) from None
    return layout, rows, remarks


def parquet_folder(connection, path):
    """A folder of Parquet files as one table, and its files; folders such as ``year=2026`` are columns."""
    files = sorted(f for f in path.rglob("*.parquet") if f.is_file() and not f.name.startswith((".", "_")))
    if not files:
        raise DataError(
            f"{path.name}: this folder holds no Parquet files; put the rows of a table into one file"
        )
    for file in files:
        _unlike(
            file,
            connection.raw_sql(f"SELECT name, num_children FROM parquet_schema({_quoted(file)})").fetchall(),
        )
    listed = ", ".join(_quoted(file) for file in files)
    query = f"SELECT * FROM read_parquet([{listed}], hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
    columns = connection.raw_sql(f"DESCRIBE {query}").fetchall()
    read = connection.compiler.type_mapper.from_string
    return connection.sql(query, schema={name: read(kind) for name, kind, *_ in columns}), files


def _quoted(path):
    """The path of a file as a text of SQL; a name is no pattern."""
    return "'" + re.sub(r"([*?\[])", r"[\1]", str(path.absolute())).replace("'", "''") + "'"


def surveymonkey_names(questions, options):
    """The columns of a SurveyMonkey export from its two header records: the question, then the option within it.

    >>> surveymonkey_names(["Respondent ID", "How was it?", ""], ["", "Staff", "Price"])
    ['Respondent ID', 'How was it?: Staff', 'How was it?: Price']
    """
    names, question = [], ""
    for asked, option in zip(questions, options, strict=True):
        question = asked.strip() or question
        plain = option.strip() in ("", "Response", "Open-Ended Response")
        names.append(question if plain else f"{question}: {option.strip()}")
    return names


def source_of(name, label, raw, how, money, path=None, layout=None, parts=(), remarks=()):
    """The source of a table, its file or table of a database as the mapping reads it; refuses columns that bear names of the check's own."""
    point = layout is not None and layout.delimiter == ";" and not how.decimal and not how.thousands
    for column in raw.columns:
        if column == LINE or column.startswith((GIVEN, f"{LINE}_")):
            raise DataError(
                f"{label}: a column is called {column}; rename it, for the check calls its own so"
            )
    taken = {c.lower() for c in raw.columns}
    blanks = {c.strip(): c for c in raw.columns if c != c.strip() and c.strip().lower() not in {"", *taken}}
    if blanks:
        raw = raw.rename(blanks)
    unknown = [c for c, kind in raw.schema().items() if kind.is_unknown() and NANOSECONDS in str(kind)]
    if unknown:
        raw = raw.mutate(**{c: raw[c].cast("timestamp('UTC')") for c in unknown})
    replaced = {c: f"{c} (as given)" for c in how.stand_ins if c in raw.columns}
    if replaced:
        raw = raw.rename({new: old for old, new in replaced.items()})
    table, numbers = mapped(
        raw, label, how.without_stand_ins, lambda present: columns(name, present), point, money
    )
    personal = _personal(table.columns, label, how)
    if path and any(c.startswith(GIVEN) for c in table.columns):
        # a view, so that the engine works a mapped value out once and not at each of its uses
        view = f"mapped_{raw.get_name() if layout else name}"
        table = raw.get_backend().create_view(view, table, overwrite=True)
    return Source(name, label, table, how, path, layout, tuple(parts), remarks, numbers, personal, money)


def _personal(present, label, how):
    """The columns that hold what a mapping declares to be personal, by their name in the file or in the contract."""
    found = set()
    for column in how.personal:
        wanted = {column, f"{column} (as given)"} | {
            to for to, c in how.columns.items() if column in c.sources
        }
        if wanted.isdisjoint(present):
            raise DataError(
                f"{label}: no column {column}, which {mapping.FILE} declares personal; there are {', '.join(present)}"
            )
        found |= wanted.intersection(present)
    return tuple(sorted(found))
