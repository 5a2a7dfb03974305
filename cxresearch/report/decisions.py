"""The ledger of decisions: what was decided, what it was to do, and by when; a file beside the data, ``decisions.csv``."""

import datetime
import math
from dataclasses import dataclass, fields
from pathlib import Path

from cxresearch.errors import DataError, ParameterError
from cxresearch.report import beside
from cxresearch.tables.mapping import LEDGER as FILE

REQUIRED = ("id", "decided_on", "what", "due_on")
LARGEST = 1 << 20  # bytes


@dataclass(frozen=True)
class Decision:
    """One line of the ledger.

    Attributes
    ----------
    id : str
    decided_on : datetime.date
    what : str
    due_on : datetime.date
        From when on its effect is looked at.
    owner : str
        Who sees to it.
    metric : str
        The id of a number of the reports, or its name on the board page; empty where no number tells of it.
    expected : float or None
        By how much the number was to change.
    touches : str
        Whom it touches, as in ``department=Billing``; the others are what it is held against.
    """

    id: str
    decided_on: datetime.date
    what: str
    due_on: datetime.date
    owner: str = ""
    metric: str = ""
    expected: float | None = None
    touches: str = ""


COLUMNS = [field.name for field in fields(Decision)]


def read(source):
    """The decisions beside the data of a workspace, by the day they were taken; none where there is no ledger.

    Parameters
    ----------
    source : path
        The folder of a workspace; any other source has no ledger.

    Raises
    ------
    DataError
        Where the file is no such ledger, with the line.
    """
    path = Path(source, FILE)
    if "://" in str(source) or not Path(source).is_dir() or not path.exists():
        return []
    _, rows = beside.read(path, LARGEST)
    found = [_decision(row, f"{FILE}, line {line}") for line, row in enumerate(rows, 2)]
    ids = [decision.id for decision in found]
    for line, name in enumerate(ids, 2):
        if ids.index(name) != line - 2:
            raise DataError(f"{FILE}, line {line}: the id {name!r} occurs twice")
    return sorted(found, key=lambda decision: (decision.decided_on, decision.id))


def add(source, **given):
    """Append a decision to the ledger beside the data.

    Parameters
    ----------
    source : path
        The folder of a workspace.
    **given
        The fields of a `Decision` as text; an ``id`` is made where there is none.

    Returns
    -------
    Decision

    Raises
    ------
    ParameterError
        Where the source is no folder, or a field is not what it must be.
    DataError
        Where the ledger that is there cannot be read.
    """
    if "://" in str(source) or not Path(source).is_dir():
        raise ParameterError(
            f"{source}: decisions are kept in a folder; name the one that holds the data or its cxresearch.toml"
        )
    kept = read(source)
    row = {name: str(value) for name, value in given.items() if value not in (None, "")}
    ids = {decision.id for decision in kept}
    row.setdefault("id", next(f"D{n}" for n in range(1, len(ids) + 2) if f"D{n}" not in ids))
    try:
        decision = _decision(row, "decision")
    except DataError as fault:
        raise ParameterError(str(fault)) from None
    if decision.id in ids:
        raise ParameterError(f"decision: the id {decision.id!r} is taken")
    rows = []
    for one in [*kept, decision]:
        expected = "" if one.expected is None else f"{one.expected:g}"
        rows.append({name: getattr(one, name) for name in COLUMNS} | {"expected": expected})
    beside.write(Path(source, FILE), COLUMNS, rows)
    return decision


def _decision(row, place):
    unknown = sorted(set(row) - set(COLUMNS))
    if unknown:
        raise DataError(f"{place}: {unknown[0]!r} is no column; there are {', '.join(COLUMNS)}")
    row = {name: " ".join(value.split()) for name, value in row.items()}
    for name in REQUIRED:
        if not row.get(name):
            raise DataError(f"{place}: {name} is empty")
    for name in ("decided_on", "due_on"):
        try:
            row[name] = datetime.date.fromisoformat(row[name])
        except ValueError:
            raise DataError(f"{place}: {name} is {row[name]!r}; write a date as 2026-09-30") from None
    if row["due_on"] <= row["decided_on"]:
        raise DataError(f"{place}: due_on is {row['due_on']}, not after decided_on, {row['decided_on']}")
    try:
        row["expected"] = float(row["expected"]) if row.get("expected") else None
    except ValueError:
        row["expected"] = math.nan
    if row["expected"] is not None and not math.isfinite(row["expected"]):
        raise DataError(f"{place}: expected is no number; write the change as 0.5 or -0.02")
    if row["expected"] is not None and not row.get("metric"):
        raise DataError(f"{place}: metric is empty, of which the change is expected")
    if row.get("touches") and "=" not in row["touches"]:
        raise DataError(f"{place}: touches is {row['touches']!r}; write whom as in department=Billing")
    return Decision(**row)
