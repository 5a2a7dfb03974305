"""The forecast ledger: what a report said would happen, kept so that a later report can say what did.

A notebook hands over its forecasts with `forecast`; they travel as data inside its output. The run takes them out again (`harvest`), so
that no key of a customer is published, writes them beside the report (`write`), and reads those of earlier periods (`earlier`), which
:mod:`cxresearch.report.scoring` holds against what happened.
"""

import datetime
import json
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd

from cxresearch.display import note, take
from cxresearch.errors import DataError
from cxresearch.files import reports, text_of
from cxresearch.inputs import executed, reject, table
from cxresearch.report.results import DIGITS
from cxresearch.version import __version__

FILE = "forecasts.parquet"
NUMBERS = ["probability", "mean", "low", "high"]
KEY = ["kind", "unit_id", "due_on"]
COLUMNS = ["period", "made_on", *KEY, *NUMBERS, "version"]


def forecast(frame=None, kind=None, as_of=None, **single):
    """Hand forecasts to the ledger, to be scored once they fall due.

    Parameters
    ----------
    frame : pandas.DataFrame or Ibis table
        One row per forecast: unit_id (text, the key of what it is about), due_on, and either probability, or mean with low and high:
        the 95% prediction interval of that unit's outcome, chance included. Where there is none (an interval of the expectation alone
        is none), low and high may be left out.
    kind : str
        What is forecast; :data:`cxresearch.features.outcomes.OUTCOMES` says which kinds can be resolved.
    as_of : date, optional
        The last day that was known; a forecast falls due later.
    **single
        The columns of one forecast instead of a frame.

    Returns
    -------
    Shown
        Displayed as the last expression of a cell. One line is shown; in the run of a report the keys are carried beside it and leave with
        :func:`harvest`.

    Raises
    ------
    ValueError
        Naming the column and the first offending rows: a probability outside 0 to 1, a mean outside its interval, a unit forecast twice
        for one date, a due date that is none or not after `as_of`.

    Examples
    --------
    >>> forecast(
    ...     kind="purchases_total", unit_id="all", due_on="1998-06-30", mean=1653.4, low=1471, high=1857
    ... ).text
    '1 forecast of kind purchases_total, due 1998-06-30, kept in the ledger'
    """
    if (frame is None) == (not single):
        raise ValueError("give either a frame of forecasts or the columns of a single one")
    if not isinstance(kind, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", kind):
        raise ValueError(f"kind is {kind!r}; it is a word in small letters such as purchases")
    if frame is None:
        frame = pd.DataFrame([single])
    frame = executed(frame)
    if isinstance(frame, pd.DataFrame) and not len(frame):
        return note(f"no forecasts of kind {kind}: nothing to keep in the ledger")
    rows = _valid(frame, as_of)
    due = sorted(set(rows["due_on"]))
    when = str(due[0]) if len(due) == 1 else f"from {due[0]} to {due[-1]}"
    count = f"{len(rows):,} forecast{'s' if len(rows) > 1 else ''}"
    days = {day: i for i, day in enumerate(due)}
    content = {
        "kind": kind,
        "unit_id": rows["unit_id"].tolist(),
        "due": [str(day) for day in due],
        "due_on": rows["due_on"].map(days).tolist() if len(due) > 1 else 0,
    }
    for name in NUMBERS:
        if rows[name].notna().any():
            content[name] = [None if v != v else v for v in rows[name].tolist()]
    return note(f"{count} of kind {kind}, due {when}, kept in the ledger", forecasts=content)


def harvest(notebook):
    """Take the forecasts out of an executed notebook; it is changed in place and holds none afterwards.

    Returns
    -------
    pandas.DataFrame
        kind, unit_id, due_on, probability, mean, low, high.
    """
    frames = [_frame([], [])]
    for content in take(notebook, "forecasts"):
        due = np.array([datetime.date.fromisoformat(day) for day in content["due"]], dtype=object)
        rows = _frame(content["unit_id"], due[np.broadcast_to(content["due_on"], len(content["unit_id"]))])
        rows["kind"] = content["kind"]
        for name in NUMBERS:
            rows[name] = pd.Series(content.get(name, np.nan), rows.index, dtype=float)
        frames.append(rows)
    return pd.concat([f for f in frames if len(f)] or frames, ignore_index=True)[[*KEY, *NUMBERS]]


def write(frame, folder, period, as_of):
    """Keep harvested forecasts as ``forecasts.parquet``; the same forecasts give the same bytes.

    The file holds keys of customers: it belongs beside the report, not into anybody's mail.

    Parameters
    ----------
    frame : pandas.DataFrame
        As from :func:`harvest`, of all notebooks together.
    folder : path
    period : str
    as_of : datetime.date
        The day the forecasts were made on, the last that was known.

    Returns
    -------
    pathlib.Path or None
        None where there is nothing to keep.

    Raises
    ------
    DataError
        Where a forecast is not later than `as_of`, or made twice.
    """
    import pyarrow.parquet as parquet

    if not len(frame):
        return None
    frame = frame.sort_values(KEY, ignore_index=True)
    again = frame.duplicated(KEY)
    if again.any():
        kind, unit, due = frame.loc[again, KEY].iloc[0]
        raise DataError(f"unit {unit} is forecast twice: kind {kind}, due {due}")
    early = frame["due_on"] <= as_of
    if early.any():
        kind, unit, due = frame.loc[early, KEY].iloc[0]
        raise DataError(f"the forecast of kind {kind} for unit {unit}, due {due}, is not later than {as_of}")
    frame = frame.assign(period=str(period), made_on=as_of, version=__version__)
    path = Path(folder) / FILE
    handle = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640
    )  # as the lists: for its owner and group at most
    with open(handle, "wb") as file:
        parquet.write_table(_arrow(frame), file, compression="zstd")
    return path


def earlier(out, as_of, company=None, where=None):
    """The forecasts that the reports of other periods made before a date.

    Parameters
    ----------
    out : path
        The folder that holds one folder per period.
    as_of : datetime.date
        Only forecasts made before it.
    company : str, optional
        The name of the workspace: reports whose ``results.json`` names another one are passed over.
    where : dict, optional
        The part of the firm, as ``results.json`` has it, empty for the whole: reports on another part are passed over.

    Returns
    -------
    pandas.DataFrame
        period, made_on, kind, unit_id, due_on, probability, mean, low, high, version. A forecast that two folders hold – one date
        reported under two names – is counted once, from the first folder by name.

    Raises
    ------
    DataError
        Where a ledger cannot be read.
    """
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    frames = []
    for path in reports(out, FILE):
        about = _about(path.parent)
        if company is not None and about.get("company") not in (None, company):
            continue
        if where is not None and (about.get("where") or {}) != where:
            continue
        try:
            rows = parquet.ParquetFile(path).read(COLUMNS).cast(_schema()).to_pandas()
        except (arrow.ArrowException, OSError, KeyError, ValueError) as fault:
            raise DataError(f"{path}: not a ledger of forecasts: {str(fault).splitlines()[0]}") from None
        frames.append(rows[rows["made_on"] < as_of])
    if not frames:
        return _schema().empty_table().to_pandas()
    return pd.concat(frames, ignore_index=True).drop_duplicates(["made_on", *KEY], ignore_index=True)


def _about(folder):
    """What a report says of itself; empty where it cannot be read."""
    try:
        content = json.loads(text_of(folder / "results.json"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _valid(frame, as_of):
    rows = table(frame, ["unit_id", "due_on"], "the frame of forecasts").reset_index(drop=True)
    if ("probability" in rows) == ("mean" in rows):
        raise ValueError("a forecast is either a probability or a mean, with low and high where it has them")
    if ("low" in rows) != ("high" in rows) or ("probability" in rows and "low" in rows):
        raise ValueError("low and high are the limits of a mean, and given together")
    reject(rows["unit_id"].isna(), "unit_id", "is missing")
    is_number = rows["unit_id"].map(lambda v: isinstance(v, float | np.floating))
    reject(is_number, "unit_id", "is a number with decimals; keys are text")
    made = _frame(rows["unit_id"].map(str), _days(rows["due_on"]))
    reject(made["unit_id"] == "", "unit_id", "is empty")
    if as_of is not None:
        as_of = _days(pd.Series([as_of]))[0]
        reject(made["due_on"] <= as_of, "due_on", f"is not after {as_of}")
    reject(made.duplicated(["unit_id", "due_on"]), "unit_id", "is forecast twice for one due_on")
    for name in NUMBERS:
        if name in rows:
            made[name] = _rounded(pd.to_numeric(rows[name], errors="coerce").astype(float))
    if "probability" in rows:
        reject(~made["probability"].between(0, 1), "probability", "is not within 0 and 1")
        return made
    reject(~np.isfinite(made["mean"]), "mean", "is not a finite number")
    if "low" not in rows:
        return made
    both = np.isfinite(made["low"]) & np.isfinite(made["high"])
    reject(~both & ~(rows["low"].isna() & rows["high"].isna()), "low, high", "are not both finite numbers")
    reject(both & (made["low"] > made["mean"]), "low", "is above the mean")
    reject(both & (made["mean"] > made["high"]), "high", "is below the mean")
    return made


def _days(values):
    """Whole days from dates, timestamps at midnight or ISO texts."""
    values = pd.Series(values).astype(object)
    days_of = {value: _day(value) for value in values.unique()}
    days = values.map(days_of)
    reject(days.isna(), "due_on", "is not a date like 2026-09-30")
    return days.to_numpy(dtype=object)


def _day(value):
    if isinstance(value, str):
        try:
            return datetime.date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime.datetime):  # also a pandas Timestamp; NaT equals nothing
        return value.date() if value == value and value.time() == datetime.time() else None
    return value if isinstance(value, datetime.date) else None


def _rounded(column):
    """To six significant digits, as results are kept: the same on every machine, and order is preserved."""
    finite = column.where(np.isfinite(column) & (column != 0))
    digits = DIGITS - 1 - np.floor(np.log10(finite.abs().clip(lower=1e-300)))
    scale = 10.0 ** digits.abs()
    value = np.where(digits >= 0, (finite * scale).round() / scale, (finite / scale).round() * scale)
    return column.where(finite.isna(), value)


def _frame(unit, due):
    frame = pd.DataFrame({"unit_id": np.asarray(unit, dtype=object), "due_on": due}, dtype=object)
    return frame.reindex(columns=[*KEY, *NUMBERS]).astype(dict.fromkeys(NUMBERS, float))


def _schema():
    import pyarrow as arrow

    types = {"made_on": arrow.date32(), "due_on": arrow.date32()} | dict.fromkeys(NUMBERS, arrow.float64())
    return arrow.schema([(name, types.get(name, arrow.string())) for name in COLUMNS])


def _arrow(frame):
    import pyarrow as arrow

    frame = frame.reindex(columns=COLUMNS)
    table = arrow.Table.from_pandas(frame, schema=_schema(), preserve_index=False)
    return table.replace_schema_metadata(None)
