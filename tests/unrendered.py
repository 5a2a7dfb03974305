"""Notebooks run in this process without pictures, sentences or pages: what they record, quickly enough for simulations."""

import ast
import copy
import os
from functools import cache, partial
from pathlib import Path

import nbformat

import cxresearch as cx
from cxresearch.display import READING, TABLE
from cxresearch.errors import NotEnough
from cxresearch.kernels.sections import Sections, heading
from cxresearch.proposal import PROPOSAL
from cxresearch.report import proposals, results, series
from cxresearch.report.needs import lacking

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SHOWN = frozenset({"charts", "readings", "report.table"})  # what a cell that only shows something calls


def recorded(folder, as_of, only=(), settings=None, watch=None):
    """Every estimate that the pages of a folder's report would hold, as in its ``results.json``.

    Parameters
    ----------
    folder : path
    as_of : datetime.date
    only : sequence of str
        Beginnings of names of notebooks; all by default.
    settings : dict, optional
        Parameters by name.
    watch : callable, optional
        Called with the names that each notebook has assigned by its end.

    Returns
    -------
    list of dict
    """
    return series.identified(_of_all(partial(_rows, watch=watch), folder, as_of, only, settings), as_of)


def read(folder, as_of, only=(), settings=None):
    """Every reading of the pages of a folder's report.

    Takes the same parameters as :func:`recorded` and returns a list of dict: notebook, section, text.
    """
    return _of_all(_readings, folder, as_of, only, settings)


def proposed(folder, as_of, only=(), settings=None):
    """Every decision that the pages of a folder's report propose, judged together as the board does.

    Takes the same parameters as :func:`recorded` and returns a list of dict, as from :func:`cxresearch.report.proposals.judged`.
    """
    return proposals.judged(_of_all(_proposals, folder, as_of, only, settings))


def _of_all(rows_of, folder, as_of, only, settings):
    rows, ws = [], cx.open(folder)
    ws.check = cache(ws.check)  # every notebook asks for it
    before, opened = os.getcwd(), cx.open
    os.chdir(NOTEBOOKS)
    cx.open = lambda *place: ws
    try:
        for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb")):
            if not only or path.stem.startswith(tuple(only)):
                given = {"data": str(folder), "as_of": str(as_of)} | (settings or {})
                rows += [{"notebook": path.stem} | row for row in rows_of(path, given, ws)]
    finally:
        os.chdir(before)
        cx.open = opened
    return rows


def _rows(path, given, ws, watch=None):
    kept, shown_too = {}, cx.report.record

    def record(frame, caption, headline=(), of="people"):
        shown = shown_too(frame, caption, headline, of)
        data = getattr(shown, "_bundle", {})
        kept.setdefault(at["title"], []).extend(data.get(TABLE, {}).get("results", []))
        return shown

    at, cx.report.record = {}, record
    try:
        names = _run(path, given, ws, SHOWN, at, kept)
    finally:
        cx.report.record = shown_too
    if watch:
        watch(names)
    return [
        {"section": section} | {name: row[name] for name in results.KEPT if name in row}
        for section, found in kept.items()
        for row in found
    ]


def _readings(path, given, ws):
    kept, at = {}, {}

    def show(*shown):
        texts = [one.text for one in shown if READING in getattr(one, "_bundle", {})]
        kept.setdefault(at["title"], []).extend(texts)

    _run(path, given, ws, SHOWN - {"readings"}, at, kept, show)
    return [{"section": section, "text": text} for section, texts in kept.items() for text in texts]


def _proposals(path, given, ws):
    kept, at = {}, {}

    def show(*shown):
        found = [one._bundle[PROPOSAL] for one in shown if PROPOSAL in getattr(one, "_bundle", {})]
        kept.setdefault(at["title"], []).extend(found)

    _run(path, given, ws, SHOWN - {"readings"}, at, kept, show)
    return [one | {"id": f"{path.stem}/{one['id']}"} for found in kept.values() for one in found]


def _run(path, given, ws, passed_over, at, kept, show=lambda *shown: None):
    """Run the cells of a notebook in the section ``at["title"]``; what a cell shows goes to `show`, what is `kept` of a section left out goes. Returns the names assigned."""
    book, names = copy.deepcopy(_book(path)), {"display": show}
    sections, at["title"] = Sections(book.cells, lacking(ws)), ""
    for index, cell in enumerate(book.cells):
        sections.begin(index)
        at["title"] = heading(cell)[1] or at["title"]
        if index in sections.left_out or cell.cell_type != "code" or _only_shows(cell.source, passed_over):
            continue
        try:
            for part, mode in _parts(cell.source):
                value = eval(compile(part, f"{path.name}, cell {index}", mode), names)
                if mode == "eval":
                    show(value)
        except NotEnough as fault:
            sections.leave_out(index, str(fault))
            kept.pop(at["title"], None)
        if "parameters" in cell.metadata.get("tags", []):
            names |= {name: value for name, value in given.items() if name in names}
    return names


@cache
def _parts(source):
    """A cell's statements, and its last expression, which a notebook shows, apart: (code, mode of compile)."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    parts = [(ast.Module(body, []), "exec")] if body else []
    return parts + ([(ast.Expression(last.value), "eval")] if last else [])


@cache
def _book(path):
    return nbformat.read(path, as_version=4)


@cache
def _only_shows(source, rooms):
    """Whether a cell is one call of a chart or a reading, of those that are passed over, assigned to nothing."""
    body = ast.parse(source).body
    return len(body) == 1 and isinstance(body[0], ast.Expr) and any(f"cx.{room}" in source for room in rooms)
