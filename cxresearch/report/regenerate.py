"""Regenerate a period's report: check, execute what changed, write the pages, publish at once."""

import contextlib
import datetime
from importlib import import_module
from pathlib import Path

from cxresearch.checks import kept as checks
from cxresearch.currency import counting_in
from cxresearch.errors import DataError, ParameterError
from cxresearch.files import discard, published, replaceable
from cxresearch.kernels.pool import KernelPool
from cxresearch.report import across, cache, decisions
from cxresearch.report.execute import execute
from cxresearch.report.lock import locked
from cxresearch.report.pages import pdf as pdfs
from cxresearch.report.pages import slides as decks
from cxresearch.report.part import chosen
from cxresearch.report.plan import BY, Unit, coerced, comparison, keep_others, suite
from cxresearch.report.state import State
from cxresearch.version import __version__

CELL_TIMEOUT = 600  # seconds
STALE = 92  # days after the last record in which a report is still about these data


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
    paths = notebooks()
    books = suite(paths, [start for start in only if not (by and BY.startswith(start))])
    compared = comparison(workspace, by, paths[0].parent) if by else {}
    values = coerced(books | compared, settings or {}, workspace.source)
    taken = decisions.read(workspace.source)
    with contextlib.ExitStack() as stack:
        state = stack.enter_context(State(workspace))
        store = cache.Units(out.parent / cache.KEPT / out.name)
        plan = [Unit(path, book) for path, book in books.items()]
        plan += [Unit(path, book, column) for column in by for path, book in compared.items()]
        for unit in plan:
            unit.prepare(workspace, as_of, values, state.fingerprint, only)
        keep_others(plan, store, out)
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
            execute(plan, store, workspace, pool, CELL_TIMEOUT, force, say)
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
