"""Where the data are: the tables of one firm, opened lazily as Ibis tables of the contract's types."""

import copy
import datetime
import hashlib
import html
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis

from cxresearch.contract.tables import TABLES
from cxresearch.contract.values import value_text
from cxresearch.errors import DataError
from cxresearch.faults import reading
from cxresearch.files import made_here


def open(source, described_by=None):
    """Open a workspace; nothing is read beyond headers until something asks for rows.

    From then on amounts of money are written in its currency, if it declares one and no workspace opened beside it counts in another.

    Parameters
    ----------
    source : path, URL or Ibis connection
        A folder with a file per table (``orders.csv``, ``customers.parquet``), a DuckDB file, a database URL such as
        ``postgres://host/crm``, or a connected Ibis backend (Spark, BigQuery, Snowflake …).
    described_by : path, optional
        The folder of the ``cxresearch.toml`` that describes a database. A folder of files holds its own.

    Returns
    -------
    Workspace

    Raises
    ------
    DataError
        Where there is no such place, no table in it, or a file or description that cannot be used.

    Examples
    --------
    >>> ws = open("data/cdnow")
    >>> ws.tables
    ['customers', 'orders']
    >>> ws.frame("orders").head(2)[["customer_id", "ordered_at", "amount"]]
      customer_id ordered_at  amount
    0       00004 1997-01-01   29.33
    1       00021 1997-01-01   63.34
    """
    from cxresearch import currency
    from cxresearch.tables import found

    workspace = Workspace(*found.find(source, described_by))
    currency.opened(workspace.mapping.currency)
    return workspace


def _listed(source):
    """The columns of a table as HTML, those of the contract first."""
    known, beyond = list(source.columns()), source.beyond()
    known = [html.escape(c) for c in known if c not in beyond]
    return ", ".join([*known, *(f"<i>{html.escape(c)}</i>" for c in beyond)])


class Workspace:
    """The tables of one firm, as Ibis tables in the contract's types.

    ``ws.orders`` is an Ibis table, ``ws.frame("orders")`` the same as pandas, ``ws.check()`` what is wrong with the data.
    A value that cannot be read as its type stops the query that meets it; it is never quietly nothing.

    Attributes
    ----------
    source : str
        What was opened; a password in a URL is masked.
    mapping : Mapping
        What ``cxresearch.toml`` says: currency, time zone, first month of the fiscal year, tables.
    sources : dict
        Table name → `Source`.
    parts : tuple of Part
        What of the firm its tables hold, an attribute each; empty where they hold all of it. See :meth:`where`.
    """

    def __init__(self, source, sources, mapping):
        self.source = source
        self.sources = dict(sorted(sources.items()))
        self.mapping = mapping
        self.parts = ()
        if not sources:
            wanted = ", ".join(f"{name}.csv" for name in list(TABLES)[:3])
            raise DataError(
                f"{source}: no table of the contract here; a workspace holds at least one, such as {wanted}, "
                f"or a cxresearch.toml that says where they are (cxresearch check DIR --suggest drafts one)"
            )

    def __repr__(self):
        return f"<Workspace {self.source}: {', '.join(self.tables)}>"

    def _repr_html_(self):
        """The tables and their columns; those that the contract does not know in italics. No row is read."""
        rows = "".join(
            f"<tr><th style='text-align: left'>{name}</th><td style='text-align: left'>{_listed(source)}</td></tr>"
            for name, source in self.sources.items()
        )
        return f"<p>Workspace {html.escape(self.source)}</p><table class='mathjax_ignore tex2jax_ignore'>{rows}</table>"

    @property
    def tables(self):
        """The contract tables present, sorted."""
        return list(self.sources)

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name not in TABLES:
            close = get_close_matches(name, self.tables, 1)
            said = f"did you mean {close[0]}?" if close else f"the tables here: {', '.join(self.tables)}"
            raise AttributeError(f"a workspace has no {name}; {said}")
        return self.table(name)

    def __dir__(self):
        return [*super().__dir__(), *self.tables]

    def table(self, name):
        """One table as an Ibis expression, its columns in the contract's types."""
        if name not in self.sources:
            close = [] if name in TABLES else get_close_matches(name, self.tables, 1)
            if close:
                raise DataError(f"{self.source}: there is no table {name}; did you mean {close[0]}?")
            raise DataError(f"{self.source}: this needs the table {name}, which is not there")
        from cxresearch.tables import points

        if self.parts:
            return self.parts[-1].of(name, self._whole.table(name), self._whole.table)
        source = self.sources[name]
        for column in source.missing():
            raise DataError(f"{source.label}: no column {column}")
        with reading(source.label):
            for column in source.ambiguous:
                raise DataError(f"{source.label}, column {column}: {points.MAY_GROUP}")
            return source.table(self.mapping.timezone)

    def where(self, part=None, **attributes):
        """A part of the firm as a workspace of its own: the rows of every table that belong to it.

        An attribute of customers or of projects chooses them and, by key, the rows of all other tables; staff ratings and other rows that
        have no such key stay. Any other column, such as a department, cuts every table that has it.

        Parameters
        ----------
        part : str, optional
            As ``"segment=SMB"``, ``"segment=SMB,key_account"`` or, for several attributes at once, ``"region=north; segment=SMB"``;
            ``unknown`` stands for none. Nothing is cut where it is empty.
        **attributes
            The same as keywords: a value, or a list of values.

        Returns
        -------
        Workspace

        Raises
        ------
        DataError
            Where no table has the column, it divides no firm, has no such value, or is named twice.

        Examples
        --------
        >>> ws = open("data/northgate")
        >>> ws.where(segment="SMB").customers.count().execute() < ws.customers.count().execute()
        True
        >>> ws.where(segment=["SMB", "key_account"], region="north").cut
        'region=north; segment=SMB,key_account'
        """
        from cxresearch.tables.part import part as named
        from cxresearch.tables.part import pieces

        wanted = pieces(part or "")
        for column, values in attributes.items():
            wanted.append(f"{column}={values if isinstance(values, str) else ','.join(map(str, values))}")
        cut = self
        for text in wanted:
            column = text.partition("=")[0].strip()
            if column in {known.column for known in cut.parts}:
                raise DataError(f"{text!r} names no part: {column} is named twice")
            chosen = named(text, self._columns(), self._values)
            whole, cut = cut, copy.copy(cut)
            cut._whole, cut.parts = whole, (*whole.parts, chosen)
        return cut

    @property
    def cut(self):
        """What of the firm the tables hold, as a text that :meth:`where` takes; empty for all of it."""
        return "; ".join(sorted(map(str, self.parts)))

    @property
    def whole(self):
        """The workspace of the whole firm."""
        return self._whole.whole if self.parts else self

    def is_cut(self, name):
        """Whether a table holds the rows of a part only."""
        columns = self.table(name).columns
        return any(part.divides(name, columns) for part in self.parts)

    def divided_by(self, column):
        """Whose attribute a column is, ``customers``, ``projects`` or nobody's, and the tables that hold its values.

        Raises
        ------
        DataError
            Where no table has the column, or it divides no firm.
        """
        from cxresearch.tables.part import owner_of

        return owner_of(column, self._columns())

    def _columns(self):
        return {name: list(self.table(name).columns) for name in self.tables}

    def _values(self, name, column):
        """The values of a column as texts, ``unknown`` for none."""
        with reading(self.sources[name].label):
            texts = value_text(self.table(name), column)
            return set(texts.name("value").as_table().distinct().to_pandas()["value"])

    def frame(self, name):
        """One table as a pandas DataFrame."""
        table = self.table(name)
        with reading(self.sources[name].label):
            return table.to_pandas()

    def attributes(self, name):
        """The columns of a table beyond the contract: each a number, a flag or a text, or why it describes nothing.

        Returns
        -------
        list of :class:`~cxresearch.tables.attributes.Attribute`
        """
        from cxresearch.tables.attributes import attributes

        with reading(self.sources[name].label):
            return attributes(self.sources[name], self.table(name))

    def check(self, as_of=None, until=None):
        """What is wrong with the data; see :class:`cxresearch.checks.check.Check`."""
        from cxresearch.checks.check import Check

        return Check(self, as_of, until)

    def span(self):
        """The first and the last day on which anything happened, over all tables: began, was done or has ended.

        An end may be known before it comes; one that lies ahead of today has not happened.
        """
        found, today = [], self.today()
        for source in self.sources.values():
            if source.happened:
                table = source.table(self.mapping.timezone, rows=source.declared())
                ends = {}
                for i, c in enumerate(source.happened):
                    day = table[c].cast("date")
                    come = None if c in source.events else day <= ibis.literal(today, "date")
                    ends |= {f"min{i}": day.min(where=come), f"max{i}": day.max(where=come)}
                with reading(source.label):
                    days = table.aggregate(**ends).to_pandas().iloc[0]
                found += [day.date() for day in days if day == day and day]
        return (min(found), max(found)) if found else (None, None)

    def today(self):
        """The day that it is in the workspace's time zone, UTC unless it names another."""
        return datetime.datetime.now(ZoneInfo(self.mapping.timezone or "UTC")).date()

    @property
    def company(self):
        """Whose data these are, for telling reports of the same company from others: what the mapping says, else where the data are."""
        place = self.source if "://" in self.source else str(Path(self.source).resolve())
        return self.mapping.company or hashlib.sha256(place.encode()).hexdigest()[:16]

    @property
    def connection(self):
        """The connection to the database that holds the tables; None where files do."""
        sources = list(self.sources.values())
        return None if sources[0].path else sources[0].raw.get_backend()

    def files(self):
        """The files that this workspace reads, its description included; none of a database that is a server."""
        paths = [path for source in self.sources.values() for path in source.files]
        from cxresearch.tables import databases, mapping

        paths += databases.files(self.connection) if self.connection else []
        return [*paths, Path(self.source, mapping.FILE)] if Path(self.source).is_dir() else paths

    def unread(self):
        """The names of the data files in its folder that no table is read from; none of a database."""
        from cxresearch.tables.found import FILES, WORKBOOKS
        from cxresearch.tables.mapping import LEDGER

        if self.connection is not None or not Path(self.source).is_dir():
            return []
        read = {path.name for source in self.sources.values() for path in source.files}
        read |= {LEDGER} | made_here(self.source)
        there = (path for path in Path(self.source).iterdir() if path.is_file())
        ends = (*FILES, *WORKBOOKS)
        return sorted(p.name for p in there if p.name.lower().endswith(ends) and p.name not in read)

    def fingerprint(self):
        """What a report says it was made from: per table the SHA-256 of its file, or of a summary of its columns."""
        prints = {}
        for name, source in self.sources.items():
            with reading(source.label):
                prints[name] = source.fingerprint()
        return prints
