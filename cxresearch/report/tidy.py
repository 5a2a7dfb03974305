"""Every number of every report as one frame, and as a file that other tools read."""

import json
from pathlib import Path

import pandas as pd

from cxresearch import files
from cxresearch.errors import DataError
from cxresearch.report.part import cut_text

FILE = "results.parquet"
COLUMNS = {
    **dict.fromkeys(("company", "period", "cut", "as_of", "id", "notebook", "section", "metric"), "str"),
    **dict.fromkeys(("estimate", "low", "high"), "float64"),
    "n": "Int64",
    **dict.fromkeys(("unit", "method", "flag", "of", "currency"), "str"),
    "headline": "bool",
}
ABSENT = {"of": "people", "headline": False, "flag": "", "unit": "", "currency": ""}


def frame(content):
    """The numbers of one report.

    Parameters
    ----------
    content : dict
        Of its ``results.json``.

    Returns
    -------
    pandas.DataFrame
        One row per number with `COLUMNS`; `as_of` is a date.
    """
    about = {name: content.get(name) for name in ("company", "period", "as_of", "currency")}
    whole = {page["notebook"] for page in content.get("pages", []) if page.get("is_whole")}
    cuts = {True: "", False: cut_text(content.get("where") or {})}
    found = [about | {"cut": cuts[row["notebook"] in whole]} | row for row in content["results"]]
    rows = pd.DataFrame(found, columns=list(COLUMNS))
    for name, value in ABSENT.items():
        rows[name] = rows[name].where(rows[name].notna(), value)
    return rows.astype(COLUMNS).assign(as_of=pd.to_datetime(rows["as_of"]))


def results(folder="reports"):
    """Every number of every report in a folder, the earliest report first.

    Parameters
    ----------
    folder : path
        Where the reports of all periods are, each in a folder of its own.

    Returns
    -------
    pandas.DataFrame
        company, period, cut (the part of the firm, such as ``segment=SMB``; empty for all of it), as_of, id (by which a number is found again in every period), notebook, section, metric, estimate, low, high, n,
        unit, method, flag, of (what the base counts), currency, headline. The same columns are in each report's ``results.parquet``.

    Raises
    ------
    DataError
        Where the folder is absent, or a report in it cannot be read.

    Examples
    --------
    >>> import cxresearch as cx
    >>> every = cx.results("reports/example")
    >>> every.loc[every["headline"], ["period", "metric", "estimate"]].head(1).to_string(index=False, header=False)
    '1997Q3 shop sales, last 3 months 27000.0'
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder")
    frames = []
    for path in files.reports(folder, "results.json"):
        try:
            frames.append(frame(json.loads(files.text_of(path))))
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise DataError(f"{path}: this is no results of a report") from None
    if not frames:
        raise DataError(f"{folder}: there is no report in it")
    every = pd.concat(frames, ignore_index=True)
    every = every.drop_duplicates()  # the report on a part repeats the page on the quality of all data
    return every.sort_values(["as_of", "company"], kind="stable", ignore_index=True)
