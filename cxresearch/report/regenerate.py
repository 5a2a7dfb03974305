"""Regenerate a period's report: check, execute what changed, write the pages, publish at once."""

import contextlib
import datetime
import difflib
import json
import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

from cxresearch.checks import kept as checks
from cxresearch.currency import counting_in
from cxresearch.environment import PERSONAL
from cxresearch.errors import DataError, NotEnough, ParameterError
from cxresearch.files import discard, published, replaceable, text_of
from cxresearch.kernels.pool import KernelPool, NotebookError
from cxresearch.kernels.sections import heading, needs
from cxresearch.masking import shapes
from cxresearch.report import across, cache, decisions, parameters
from cxresearch.report.lock import locked
from cxresearch.report.needs import lacking
from cxresearch.report.pages import pdf as pdfs
from cxresearch.report.pages import slides as decks
from cxresearch.report.part import chosen, undivided
from cxresearch.report.state import State
from cxresearch.version import __version__

CELL_TIMEOUT = 600  # seconds
CELL_FILE = re.compile(
    r"\S*[/\\]ipykernel_\d+[/\\]\d+\.py"
)  # where a kernel says that a cell's source stands
LIBRARY = re.compile(  # and where on this machine a module does
    rf"\S*[/\\](?:site-packages|dist-packages|python3\.\d+)[/\\]|{re.escape(str(cache.PACKAGE.parent))}[/\\]"
)
STALE = 92  # days after the last record in which a report is still about these data
OWN = ("data", "as_of")  # parameters that the run sets itself, in every notebook
CUTS = ("where", "by")  # and in those that have them: the part of the firm, and what it is divided by
BY = "by_part"  # the notebook that compares the parts of the firm


class RunError(RuntimeError):
    """A notebook did not finish; the report that stood before still stands."""


def notebooks():
    """The suite's notebooks in order of their names: beside the package in a checkout, inside it when installed."""
    inside = cache.PACKAGE / "_notebooks"
    folder = inside if inside.is_dir() else cache.PACKAGE.parent / "notebooks"
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def run(
    workspace,
    as_of,
    out,
    period=None,
    settings=None,
    only=(),
    where=None,
    by=(),
    jobs=1,
    force=False,
    pdf=False,
    slides=False,
    say=lambda line: None,
    pool=None,
):
    """Write the report of one date into the folder `out`.

    Parameters
    ----------
    workspace : Workspace
    as_of : datetime.date
        The last day that is known; every feature is as of it.
    out : path
        The folder to make, or to replace once the new report is whole.
    period : str, optional
        What the report calls itself; by default the date.
    settings : dict of str, optional
        Parameters of the notebooks by name, as text.
    only : sequence of str, optional
        Beginnings of names, such as ``"07"``: other notebooks are not executed. Their pages in the report that stands in `out` are kept.
    where : str, dict or sequence of str, optional
        The part of the firm that the report is about, as :meth:`~cxresearch.workspace.Workspace.where` takes it: ``{"segment": "SMB"}``.
    by : sequence of str, optional
        Attributes whose values are compared on a page each, such as ``["region"]``: ``by_region.html``.
    jobs : int
        How many notebooks run at a time. With several, those that took longest when they last ran are begun first.
    force : bool
        Execute every notebook, although nothing it depends on has changed.
    pdf : bool
        Set every page as a tagged PDF beside it; needs the extra ``pdf``.
    slides : bool
        Set the board page as slides, ``board.pptx``; needs the extra ``slides``.
    say : callable, optional
        Takes a line of progress per notebook.
    pool : KernelPool, optional
        Where notebooks run, `jobs` at a time; by default one that ends with the run.

    Returns
    -------
    pathlib.Path
        `out`, which holds each executed notebook and its page, ``results.json``, ``manifest.json`` and ``index.html``; with forecasts
        ``forecasts.parquet``, and ``forecasts.html`` where earlier ones have fallen due; with customers to act on ``lists/``.

    Raises
    ------
    ParameterError, DataError
        Before anything runs, where a parameter or the data cannot be used, there is no such part or attribute, `out` holds anything but a report, or with `only` a page that is to
        be kept was made from other data, settings or code: one report is of one state.
    RunError
        Where a notebook fails. What stood in `out` stays as it was, ``<out>-failed/index.html`` says where and why, and a further run
        does not repeat the notebooks that did finish.

    Notes
    -----
    An executed notebook is kept in ``.cxresearch/`` beside the reports under a hash of all it depends on, and serves again as
    long as that is the same. A run that is killed loses only what it was computing.
    """
    out = Path(out).resolve() if Path(out).is_symlink() else Path(out)
    setter = pdfs.writer() if pdf else None
    slide_setter = decks.writer() if slides else None
    _openable(workspace.source)
    for folder in (out, _aside(out)):
        replaceable(folder, workspace.files())
    workspace = chosen(workspace, where)
    books = _books([start for start in only if not (by and BY.startswith(start))])
    compared = _compared(workspace, by)
    values = _values(books | compared, settings or {}, workspace.source)
    taken = decisions.read(workspace.source)
    with contextlib.ExitStack() as stack:
        state = stack.enter_context(State(workspace))
        store = cache.Units(out.parent / cache.KEPT / out.name)
        plan = [Unit(path, book) for path, book in books.items()]
        plan += [Unit(path, book, column) for column in by for path, book in compared.items()]
        for unit in plan:
            unit.prepare(workspace, as_of, values, state.fingerprint, only)
        _keep(plan, store, out)
        is_done = not force and all(unit.left_out or store.has(unit.stem, unit.key) for unit in plan)
        pool = pool or stack.enter_context(KernelPool(jobs=jobs, say=say, early=False))
        if not is_done:
            pool.start()  # what notebooks import is imported while the data are checked
        check = _checked(workspace, as_of, pool, state)
        _within(workspace, as_of)
        from cxresearch.report.pages.writing import write  # takes its time, in which the other imports go on

        if not is_done:
            import_module("cxresearch.charts.board")  # likewise: the board will want its picture
        about = _about(workspace, period or as_of, as_of, state.fingerprint) | {"out": out.name}
        with locked(out):
            _execute(plan, store, workspace, pool, force, say)
            try:
                state.require()
            except DataError:
                for unit in plan:
                    store.forget(unit.stem, unit.key)
                raise
            failed = [unit.error for unit in plan if unit.error]
            with published(_aside(out) if failed else out) as folder, counting_in(about["currency"]):
                stated = write(
                    folder, plan, about, check, values, workspace, out.parent, taken, setter, slide_setter
                )
            if failed:
                raise RunError("; ".join(failed))
            across.keep(out, stated)
            store.keep_only({unit.stem: unit.key for unit in plan if unit.notebook is not None})
            discard(_aside(out))
    return out


def _aside(out):
    """Where a report goes of which a notebook failed."""
    return out.with_name(f"{out.name}-failed")


def _books(only):
    """The suite's notebooks by path; refuses one that would not take what a run gives it, and a beginning of a name that none has."""
    from cxresearch.kernels import nbfiles

    try:
        books = {path: nbfiles.read(path) for path in notebooks()}
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


def _compared(workspace, by):
    """The notebook that compares parts, by its path; none unless an attribute is given. Refuses one that makes no parts."""
    if not by:
        return {}
    from cxresearch.features.parts import parts
    from cxresearch.kernels import nbfiles

    for at, column in enumerate(by):
        if column in list(by)[:at]:
            raise ParameterError(f"--by {column}: given twice")
        try:
            parts(workspace, column)
        except NotEnough as why:
            raise ParameterError(f"--by {column}: {why}") from None
    path = notebooks()[0].with_name(f"{BY}.ipynb")
    return {path: nbfiles.read(path)}


def _checked(workspace, as_of, pool, state):
    """The check of a workspace, made once and handed to the notebooks of a pool, as is the state that they are to see."""
    known = checks.key(workspace)
    check = workspace.check(until=as_of).require()
    pool.variables = state.variables | checks.keep(check, known, Path(pool.folder, "checked.json"))
    return check


def _about(workspace, period, as_of, fingerprint):
    """What every page says of its origin."""
    return {
        "period": str(period),
        "where": {part.column: list(part.values) for part in workspace.parts},
        "as_of": str(as_of),
        "source": Path(workspace.source).name,
        "company": workspace.company,
        "version": __version__,
        "currency": workspace.mapping.currency,
        "fingerprint": fingerprint,
    }


def _keep(plan, store, out):
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


def _execute(plan, store, workspace, pool, force, say):
    """Find or execute the notebooks that are not left out."""
    waiting = []
    for unit in plan:
        if unit.left_out:
            say(f"{unit.stem:<24} left out: {unit.left_out}")
            continue
        unit.notebook = None if force and unit.is_asked else store.find(unit.stem, unit.key)
        if unit.notebook is not None:
            say(f"{unit.stem:<24} {'unchanged' if unit.is_asked else 'kept'}")
        else:
            waiting.append(unit)
    if not waiting:
        return
    from cxresearch.display import not_assessed, visible
    from cxresearch.report.disclosure import scrub
    from cxresearch.report.personal import sensitive

    hidden, absent = sensitive(workspace.whole), lacking(workspace)
    names = Path(pool.folder, "personal.json")
    names.write_text(hidden.to_json(), encoding="utf-8")
    pool.variables |= {PERSONAL: str(names)}

    def in_place(why):
        return not_assessed(why)._repr_mimebundle_()

    def execute(unit):
        began = time.perf_counter()
        try:
            done = pool.execute(
                unit.path, parameters=unit.given, timeout=CELL_TIMEOUT, lacking=absent, line=in_place
            )
        except NotebookError as fault:
            unit.error = shapes(hidden.mask(visible(" ".join(str(fault).split())))[0])[0]
            say(f"{unit.stem:<24} failed after {time.perf_counter() - began:.1f} s: {fault.ename}")
            return
        scrub(done.notebook, hidden)
        unit.notebook = _plain(done.notebook)
        store.store(unit.stem, unit.key, unit.notebook)
        seconds[unit.stem] = done.seconds - done.ready  # the first wait for the imports
        say(f"{unit.stem:<24} done in {time.perf_counter() - began:.1f} s")

    if pool.jobs > 1:  # the end of a report is not to wait for a long notebook that was begun last
        took = store.seconds()
        waiting = sorted(reversed(waiting), key=lambda unit: -took.get(unit.stem, math.inf))
    seconds = {}
    with ThreadPoolExecutor(pool.jobs) as callers:
        try:
            for _ in callers.map(execute, waiting):
                pass
        except BaseException:
            callers.shutdown(wait=False, cancel_futures=True)
            pool.close()  # whatever interrupts the run ends the kernels, and only then are the callers waited for
            raise
    if seconds:
        store.took(seconds)


def _plain(notebook):
    """An executed notebook free of times and paths of this machine."""
    kernel = {name: kept for name, kept in notebook.metadata.items() if name == "kernelspec" and kept}
    notebook.metadata = kernel | {"language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata.get("tags", [])}
        if "injected-parameters" in cell.metadata["tags"]:
            cell["id"] = "injected-parameters"  # papermill draws one at random
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)
    return notebook


def _joined(outputs):
    """Outputs in which what a stream said in several pieces, as chance has it, is one; a warning's place is the cell or a module, not a path."""
    found = []
    for output in outputs:
        last = found[-1] if found else None
        if (
            output.output_type == "stream"
            and last
            and (last.output_type, last.name) == ("stream", output.name)
        ):
            last.text += output.text
        else:
            found.append(output)
    for output in found:
        if output.output_type == "stream":
            output.text = LIBRARY.sub("", CELL_FILE.sub("this cell", output.text))
    return found


def _values(books, settings, source):
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


def _openable(source):
    """Refuse a workspace that a notebook cannot open by its name, or whose name would publish a password."""
    if "://" in source and "***" in source:
        raise ParameterError(
            f"{source}: a report would show the password; keep it in PGPASSWORD or a .pgpass file"
        )
    if "://" not in source and not Path(source).exists():
        raise ParameterError(
            f"{source}: notebooks cannot open a connection by name; give a folder, a file or a URL"
        )


def _within(workspace, as_of):
    """Refuse a day that the data do not reach; data without any date are taken as they stand."""
    first, last = workspace.span()
    if first is None:
        return
    if as_of < first:
        raise DataError(
            f"{workspace.source}: the data begin on {first}; nothing was known on {as_of}, the last day of the period"
        )
    if as_of > last + datetime.timedelta(days=STALE):
        raise DataError(
            f"{workspace.source}: the data end on {last}, more than a quarter before {as_of}, the last day of the period"
        )
