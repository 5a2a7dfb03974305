"""What a known export is, said as data: the headers that tell it, and where each column of the contract comes from."""

import re
from dataclasses import dataclass, field
from functools import cache

ZONE = r"\((?:UTC|GMT[^()]*|\w+/[\w/+-]+)\)\s*$"  # behind a header


@dataclass(frozen=True)
class From:
    """Where a column of the contract comes from in a known export.

    Attributes
    ----------
    columns : tuple of str
        Headers that hold it; of those that the file has, the first counts.
    codes : dict
        Pattern → meaning of the values that match it; None where they mean that there is no value.
    true, false : str
        Patterns of the values of a flag.
    value : str
        A constant in place of a column; with `among`, only in rows where the first of `columns` has such a value.
    among : str
    where : tuple of str
        A header and a pattern: only rows with such a value there have one here.
    is_utc : bool
        Moments without an offset are UTC, whatever the workspace's time zone.
    empty : str
        What stands for no value, where the contract asks for one.
    """

    columns: tuple = ()
    codes: dict = field(default_factory=dict)
    true: str = ""
    false: str = ""
    value: str = ""
    among: str = ""
    where: tuple = ()
    is_utc: bool = False
    empty: str = ""


def of(*columns, **how):
    """A column of the contract from the first of these headers that a file has."""
    return From(columns, **how)


NUMBERED = From(value="#")  # the rows are numbered
QUARTER_END = From(value="@")  # the last day of the last full quarter before the file was written


@dataclass(frozen=True)
class Export:
    """An export of a known program.

    Attributes
    ----------
    name : str
        Of the program and what it exports.
    source : str
        Where its columns are documented.
    table : str
        Of the contract.
    headers : tuple
        What a file must have to be one: a header, or a tuple of headers of which one will do.
    columns : dict
        Column of the contract → `From`.
    rows : dict
        Header → patterns, the first of which that any value matches chooses the rows.
    without : dict
        Header → pattern of the values whose rows are left out; an empty one is that of no value.
    missing : tuple of str
        Codes for no value, in any column.
    personal : tuple of str
        Headers of columns about people, beyond those that say so themselves.
    is_survey : bool
        The other headers are questions.
    notes : tuple of str
        What a reader of the draft should know.
    """

    name: str
    source: str
    table: str
    headers: tuple
    columns: dict
    rows: dict = field(default_factory=dict)
    without: dict = field(default_factory=dict)
    missing: tuple = ()
    personal: tuple = ()
    is_survey: bool = False
    notes: tuple = ()


@cache
def plain(header):
    """A header without what exports vary: capitals, signs and a time zone in brackets.

    >>> plain("Created (UTC)"), plain("created_at"), plain("Conversation started at (Europe/Rome)"), plain("% Complete")
    ('created', 'createdat', 'conversationstartedat', 'complete')
    """
    return re.sub(r"[\W_]+", "", re.sub(ZONE, "", header).lower())


def first(headers, names):
    """The first of some headers that a file has, as the file writes it; None where it has none."""
    held = {}
    for name in names:
        held.setdefault(plain(name), name)
    return next((held[plain(h)] for h in headers if plain(h) in held), None)


def alike(pattern, values):
    """Those of some values that a pattern matches as a whole, whatever their capitals; in their order."""
    fits = re.compile(pattern, re.IGNORECASE).fullmatch
    return [value for value in values if fits(value.strip())]
