"""The plan of a run: a unit for each notebook, with what it is given and what it depends on; refuses what cannot be run."""

import difflib
import json
import re

from cxresearch.errors import DataError, NotEnough, ParameterError
from cxresearch.files import text_of
from cxresearch.kernels.sections import heading, needs
from cxresearch.report import cache, parameters
from cxresearch.report.needs import lacking
from cxresearch.report.part import undivided

OWN = ("data", "as_of")  # parameters that the run sets itself, in every notebook
CUTS = ("where", "by")  # and in those that have them: the part of the firm, and what it is divided by
BY = "by_part"  # the notebook that compares the parts of the firm


class Unit:
    """One notebook of a run: what it depends on, and what became of it.

    Attributes
    ----------
    stem, title : str
    key : str
        The hash of all it depends on.
    is_asked : bool
        Whether it is to be executed where anything it depends on has changed.
    notebook : nbformat.NotebookNode or None
        Executed.
    left_out, error : str
        Why it was not executed, or where and why it failed; empty otherwise.
    is_whole : bool
        Whether it is about the whole firm, whatever part the report is about: it takes no ``where``.
    """

    def __init__(self, path, book, by=""):
        self.path, self.book, self.by = path, book, by
        self.stem = f"by_{re.sub(r'[^a-zA-Z0-9_]+', '_', by)}" if by else path.stem
        title = heading(book.cells[0])[1]
        self.title = f"{title}: {by}" if by else title
        self.given, self.key, self.is_asked = {}, "", True
        self.is_whole = "where" not in parameters.declared(book)
        self.notebook, self.left_out, self.error = None, "", ""

    def prepare(self, workspace, as_of, values, fingerprints, only):
        """Settle its parameters and its key, or why it is left out."""
        wanted = needs(self.book.cells[0])
        self.left_out = lacking(workspace)(wanted) or (
            undivided(workspace, wanted) if workspace.parts else ""
        )
        self.is_asked = not only or bool(self.by) or self.stem.startswith(tuple(only))
        given = {"data": str(workspace.source), "as_of": str(as_of)} | values
        given |= {"where": workspace.cut, "by": self.by}
        self.given = {name: v for name, v in given.items() if name in parameters.declared(self.book)}
        self.key = cache.key(self.book, self.given, [fingerprints, repr(workspace.mapping)])


def suite(paths, only):
    """The suite's notebooks by path; refuses one that would not take what a run gives it, and a beginning of a name that none has."""
    from cxresearch.kernels import nbfiles

    try:
        books = {path: nbfiles.read(path) for path in paths}
    except ValueError as fault:
        raise DataError(str(fault)) from None
    for start in only:
        if not any(path.stem.startswith(start) for path in books):
            names = ", ".join(path.stem for path in books)
            raise ParameterError(f"no notebook's name begins with {start}; there are {names}")
    for path, book in books.items():
        try:
            given = parameters.declared(book)
        except ValueError as fault:
            raise DataError(f"{path.name}: {' '.join(str(fault).split())}") from None
        if heading(book.cells[0])[0] != 1:
            raise DataError(f"{path.name}: its first cell is no title, a line that begins with “# ”")
        lost = [name for name in OWN if name not in given]
        if lost:
            raise DataError(
                f"{path.name}: {' and '.join(lost)} not declared in a cell tagged “parameters”; it would run on data of its own choice"
            )
    return books


def comparison(workspace, by, folder):
    """The notebook of a folder that compares the parts of some attributes, by its path; refuses an attribute that makes no parts."""
    from cxresearch.features.parts import parts
    from cxresearch.kernels import nbfiles

    for at, column in enumerate(by):
        if column in list(by)[:at]:
            raise ParameterError(f"--by {column}: given twice")
        try:
            parts(workspace, column)
        except NotEnough as why:
            raise ParameterError(f"--by {column}: {why}") from None
    path = folder / f"{BY}.ipynb"
    return {path: nbfiles.read(path)}


def coerced(books, settings, source):
    """The settings coerced by every notebook that declares them."""
    declared = {}
    for path, book in books.items():
        for name, parameter in parameters.declared(book).items():
            if parameters.is_secret(name):
                raise ParameterError(
                    f"{path.name}: its parameter {name} looks like a secret; no report may keep one"
                )
            declared.setdefault(name, []).append(parameter)
    known = [name for name in declared if name not in OWN + CUTS]
    for name in settings:
        if name in CUTS:
            raise ParameterError(f"--set {name}: the command has --{name} for this")
        if name not in known:
            near = difflib.get_close_matches(name, known, 3, 0.6)
            hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
            raise ParameterError(f"parameter {name} is unknown; {hint}")
    values = {}
    for name, text in settings.items():
        for parameter in declared[name]:
            values[name] = parameter.coerce(text)
    for name, value in values.items():
        if isinstance(value, str):
            parameters.inside(source, name, value)
    return values


def keep_others(plan, store, out):
    """Settle what becomes of notebooks that were not asked for: kept where the report that stands has them, left out where it has not."""
    try:
        stands = json.loads(text_of(out / "manifest.json"))
        made = {stem for stem, unit in stands.items() if unit["state"] == "done"}
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError):
        made = set()
    for unit in plan:
        if unit.is_asked or unit.left_out:
            continue
        if unit.stem not in made:
            unit.left_out = "it was not asked for"
        elif not store.find(unit.stem, unit.key):
            raise ParameterError(
                f"{out}: its page {unit.stem} was made from other data, settings or code than there are now, so that it cannot be kept beside a new one; "
                "run without --only, or name another --out"
            )
