"""Notebooks run in this process without pictures, sentences or pages: what they record, quickly enough for simulations."""

import ast
import copy
import os
from functools import cache
from pathlib import Path

import nbformat

import cxresearch as cx
from cxresearch.display import TABLE
from cxresearch.errors import NotEnough
from cxresearch.kernels.sections import Sections, heading
from cxresearch.report import results, series
from cxresearch.report.needs import lacking

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SHOWN = {"charts", "readings"}  # what a cell that only shows something calls


def recorded(folder, as_of, only=(), settings=None):
    """Every estimate that the pages of a folder's report would hold, as in its ``results.json``.

    Parameters
    ----------
    folder : path
    as_of : datetime.date
    only : sequence of str
        Beginnings of names of notebooks; all by default.
    settings : dict, optional
        Parameters by name.

    Returns
    -------
    list of dict
    """
    rows, ws = [], cx.open(folder)
    before = os.getcwd()
    os.chdir(NOTEBOOKS)
    try:
        for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
            if not only or path.stem.startswith(tuple(only)):
                given = {"data": str(folder), "as_of": str(as_of)} | (settings or {})
                rows += [{"notebook": path.stem} | row for row in _rows(path, given, ws)]
    finally:
        os.chdir(before)
    return series.identified(rows, as_of)


def _rows(path, given, ws):
    book, names = copy.deepcopy(_book(path)), {"display": lambda *shown: None}
    sections = Sections(book.cells, lacking(ws))
    title, kept = "", {}
    shown_too = cx.report.record

    def record(frame, caption, headline=(), of="people"):
        shown = shown_too(frame, caption, headline, of)
        data = getattr(shown, "_bundle", {})
        kept.setdefault(title, []).extend(data.get(TABLE, {}).get("results", []))
        return shown

    cx.report.record = record
    try:
        for index, cell in enumerate(book.cells):
            sections.begin(index)
            title = heading(cell)[1] or title
            if index in sections.left_out or cell.cell_type != "code" or _only_shows(cell.source):
                continue
            try:
                exec(compile(cell.source, f"{path.name}, cell {index}", "exec"), names)
            except NotEnough as fault:
                sections.leave_out(index, str(fault))
                kept.pop(title, None)
            if "parameters" in cell.metadata.get("tags", []):
                names |= {name: value for name, value in given.items() if name in names}
    finally:
        cx.report.record = shown_too
    return [
        {"section": section} | {name: row[name] for name in results.KEPT if name in row}
        for section, found in kept.items()
        for row in found
    ]


@cache
def _book(path):
    return nbformat.read(path, as_version=4)


@cache
def _only_shows(source):
    """Whether a cell is one call of a chart, a reading or a list, assigned to nothing."""
    body = ast.parse(source).body
    return len(body) == 1 and isinstance(body[0], ast.Expr) and any(f"cx.{room}." in source for room in SHOWN)
