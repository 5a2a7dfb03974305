"""Lists of customers to act on: files beside the report, never on a page."""

import csv
import io
import os
import re

import pandas as pd

from cxresearch.display import note, take
from cxresearch.environment import RUN
from cxresearch.errors import DataError
from cxresearch.inputs import executed, reject, table
from cxresearch.spreadsheet import cell
from cxresearch.words import count_text

CONFIDENTIAL = "confidential: internal use only"
RESERVED = {"con", "prn", "aux", "nul"}  # names that Windows keeps for itself


def act_on(frame, name, why):
    """Keep a list of customers to act on as ``lists/<name>.csv`` beside the report.

    Parameters
    ----------
    frame : pandas.DataFrame or Ibis table
        One row per customer, in the order to act: customer_id and whatever helps to act.
    name : str
        What the list is called: small letters, digits and underscores.
    why : str
        What the customers have in common; shown on the page.

    Returns
    -------
    Shown
        How many customers and why; never who.

    Raises
    ------
    ValueError
        Where `name` is not plain, customer_id is missing or occurs twice, or the frame has a column confidential already.

    Notes
    -----
    The file is UTF-8 with a byte order mark, as spreadsheets want it, can be read by its owner and group, and says in a column of its own that it is
    confidential. A text that a spreadsheet would run as a formula is preceded by an apostrophe; numbers stay numbers. Only the run
    of a report writes it: in JupyterLab nothing is kept.
    """
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) or name in RESERVED:
        raise ValueError(f"name is {name!r}; a list is called by small letters, digits and underscores")
    frame = executed(frame)
    if "confidential" in getattr(frame, "columns", ()):
        raise ValueError("column confidential is written by the list itself")
    if not isinstance(frame, pd.DataFrame) or len(frame):
        frame = table(frame, ["customer_id"], "the list").reset_index(drop=True)
        reject(frame["customer_id"].isna(), "customer_id", "is missing")
        reject(frame["customer_id"].duplicated(), "customer_id", "occurs twice")
    text = f"List {name}: {count_text(len(frame), 'customer')}. {why}"
    if not os.environ.get(RUN):
        return note(f"{text} Nothing is written here; a report saves the list as lists/{name}.csv.")
    content = {"name": name, "csv": _spreadsheet(frame)}
    return note(f"{text} Saved with this report as lists/{name}.csv – {CONFIDENTIAL}.", list=content)


def harvest(notebook):
    """Take the lists out of an executed notebook; it is changed in place and names nobody afterwards.

    Returns
    -------
    dict
        Name → the file's text.

    Raises
    ------
    DataError
        Where two lists have one name.
    """
    texts = {}
    for content in take(notebook, "list"):
        _once(texts, content["name"])
        texts[content["name"]] = content["csv"]
    return texts


def write(harvested, folder):
    """Write harvested lists to ``lists/`` in a folder, for its owner and group to read.

    Parameters
    ----------
    harvested : iterable of dict
        As from :func:`harvest`, one per notebook.
    folder : pathlib.Path
    """
    together = {}
    for lists in harvested:
        for name, text in lists.items():
            _once(together, name)
            together[name] = text
    if together:
        (folder / "lists").mkdir(mode=0o750)
        (folder / "lists" / ".gitignore").write_text("*\n")  # who they name is for nobody's history
    for name, text in together.items():
        path = folder / "lists" / f"{name}.csv"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
            file.write(text.encode("utf-8-sig"))


def _once(texts, name):
    if name in texts:
        raise DataError(f"the list {name} is made twice in one report; give each its own name")


def _spreadsheet(frame):
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*map(cell, map(str, frame.columns)), "confidential"])
    for row in frame.astype(object).itertuples(index=False, name=None):
        writer.writerow([*map(cell, row), CONFIDENTIAL])
    return text.getvalue()
