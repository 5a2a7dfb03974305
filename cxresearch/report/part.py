"""The part of a firm that a report is about: what it is called, and whether a report may be made of it."""

import hashlib
import re

from cxresearch.errors import DataError, ParameterError
from cxresearch.words import SUPPRESSED

LONGEST = 80  # letters of a folder's name


def chosen(workspace, where=None):
    """The part of a workspace that a report is asked for.

    Parameters
    ----------
    workspace : Workspace
        The whole firm, or a part of it already.
    where : str, dict or sequence of str, optional
        As :meth:`~cxresearch.workspace.Workspace.where` takes it; a sequence holds several attributes.

    Returns
    -------
    Workspace

    Raises
    ------
    DataError
        Where there is no such part, or it or the rest of the firm is so small that a report would give people away.
    ParameterError
        Where notebooks could not find the part again by its name.
    """
    part = workspace
    if isinstance(where, dict):
        part = part.where(**where)
    else:
        for text in [where] if isinstance(where, str) else where or ():
            part = part.where(text)
    if part.cut:
        firm = part.whole
        if firm.where(part.cut).cut != part.cut:
            raise ParameterError(
                f"{part.cut}: a value with a comma or a semicolon can only be chosen by itself"
            )
        _large_enough(firm, part)
    return part


def told(where):
    """A part in words; empty for the whole firm.

    >>> told({"region": ["north"], "segment": ["SMB", "key_account"]}), told({})
    ('region north, segment SMB or key_account', '')
    """
    return ", ".join(f"{column} {' or '.join(values)}" for column, values in sorted(where.items()))


def cut_text(where):
    """A part as a text that :meth:`~cxresearch.workspace.Workspace.where` takes.

    >>> cut_text({"segment": ["SMB", "key_account"], "region": ["north"]})
    'region=north; segment=SMB,key_account'
    """
    return "; ".join(f"{column}={','.join(values)}" for column, values in sorted(where.items()))


def folder(period, where):
    """What the folder of a report is called: its period and its part, in letters that any system takes.

    >>> folder("2026Q3", {}), folder("2026Q3", {"segment": ["SMB"], "region": ["north", "south"]})
    ('2026Q3', '2026Q3-region-north-south-segment-SMB')
    >>> folder("2026Q3", {"area": ["A/B"]}), folder("2026Q3", {"state": ["failed"]})
    ('2026Q3-area-A_B-79c8', '2026Q3-state-failed-1e6d')
    """
    if not where:
        return period
    words = "-".join("-".join([column, *values]) for column, values in sorted(where.items()))
    plain = re.sub(r"[^\w.-]+", "_", words)[:LONGEST]
    if plain == words and not plain.endswith("-failed"):
        return f"{period}-{plain}"
    mark = hashlib.sha256(cut_text(where).encode("utf-8", "surrogatepass")).hexdigest()[:4]
    return f"{period}-{plain}-{mark}"


def undivided(workspace, needs):
    """Half a sentence on a notebook whose tables the part leaves as they are; empty for any other.

    Parameters
    ----------
    workspace : Workspace
        The part.
    needs : sequence of str
        Of the notebook, as its title cell has them.
    """
    named = [place.partition(".")[0] for need in needs for place in need.split(" or ")]
    there = [name for name in dict.fromkeys(named) if name in workspace.tables]
    if not there or any(workspace.is_cut(name) for name in there):
        return ""
    columns = " and ".join(sorted(part.column for part in workspace.parts))
    return f"{columns} does not divide {' or '.join(there)}; see the report on the whole firm"


def _large_enough(firm, part):
    """Refuse a part of fewer than ten people, and one that leaves fewer than ten others; one of everybody leaves none."""
    cut = [name for name in part.tables if part.is_cut(name)]
    named = [name for name in cut if "customer_id" in part.table(name).columns]
    if not named:
        if not int(part.table(cut[0]).count().to_pandas()):
            raise DataError(f"{part.cut}: no row of {cut[0]} belongs to this part")
        return
    name = "customers" if "customers" in named else named[0]
    mine, every = (_rows_by_customer(workspace.table(name)) for workspace in (part, firm))
    both = every.left_join(mine, "customer_id")
    inside, outside = (
        both.aggregate(
            inside=both.rows_right.notnull().sum(), outside=(both.rows > both.rows_right.fill_null(0)).sum()
        )
        .to_pandas()
        .iloc[0]
    )
    if inside < SUPPRESSED:
        raise DataError(
            f"{part.cut}: fewer than {SUPPRESSED} customers belong to this part; a report on it would give them away"
        )
    if 0 < outside < SUPPRESSED:
        raise DataError(
            f"{part.cut}: all but fewer than {SUPPRESSED} customers belong to this part; beside a report on the whole firm, one on it "
            "would give the others away"
        )


def _rows_by_customer(table):
    known = table.filter(table.customer_id.notnull())
    return known.group_by("customer_id").aggregate(rows=known.count())
