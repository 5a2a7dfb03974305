"""Regenerate a period's report: check, execute the notebooks, write the pages, publish at once."""

import datetime
import json
from pathlib import Path

import cxresearch
from cxresearch.errors import DataError, ParameterError
from cxresearch.report import page, parameters, results, verdicts
from cxresearch.report.publish import published

PACKAGE = Path(cxresearch.__file__).parent
CELL_TIMEOUT = 600  # seconds
OWN = ("data", "as_of")  # parameters that the run sets itself


class RunError(RuntimeError):
    """A notebook did not finish; nothing was published."""


def notebooks():
    """The suite's notebooks in order of their names: beside the package in a checkout, inside it when installed."""
    inside = PACKAGE / "_notebooks"
    folder = inside if inside.is_dir() else PACKAGE.parent / "notebooks"
    return sorted(folder.glob("[0-9][0-9]_*.ipynb"))


def run(workspace, as_of, out, period=None, settings=None, say=lambda line: None):
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
    say : callable, optional
        Takes a line of progress.

    Returns
    -------
    pathlib.Path
        `out`, which holds each executed notebook, its page, ``results.json`` and ``index.html``.

    Raises
    ------
    ParameterError, DataError
        Before anything runs, where a parameter or the data cannot be used.
    RunError
        Where a notebook fails; what stood in `out` stays as it was.
    """
    books = {path: _read(path) for path in notebooks()}
    values = _values(books, settings or {})
    check = workspace.check().require()
    _within(workspace, as_of)
    about = {
        "period": str(period or as_of),
        "as_of": str(as_of),
        "source": Path(workspace.source).name,
        "version": cxresearch.__version__,
        "fingerprint": workspace.fingerprint(),
    }
    done, judged = [], None
    with published(out) as folder:
        for path in books:
            say(f"{path.stem} …")
            given = {"data": str(workspace.source), "as_of": str(as_of)}
            given = {k: v for k, v in (given | values).items() if k in parameters.declared(books[path])}
            notebook = _execute(path, folder / path.name, given)
            judged = judged or verdicts.harvest(notebook)
            about["verdict"] = verdicts.line(judged)
            parts = page.blocks(notebook)
            done.append((path.stem, page.title(notebook), notebook, parts))
            text = page.render("notebook.html.j2", heading=page.title(notebook), blocks=parts, **about)
            (folder / f"{path.stem}.html").write_text(text, encoding="utf-8")
        listed = [
            {
                "page": f"{stem}.html",
                "title": heading,
                "readings": [part["text"] for part in parts if part["kind"] == "reading"],
            }
            for stem, heading, _, parts in done
        ]
        text = page.render("index.html.j2", heading="Customer research report", books=listed, **about)
        (folder / "index.html").write_text(text, encoding="utf-8")
        kept = {
            "period": about["period"],
            "as_of": about["as_of"],
            "version": about["version"],
            "input": {
                name: {"rows": check.rows[name], "sha256": print_}
                for name, print_ in about["fingerprint"].items()
            },
            "verdict": judged,
            "parameters": values,
            "results": [
                {"notebook": stem, **result} for stem, _, book, _ in done for result in results.harvest(book)
            ],
        }
        (folder / "results.json").write_text(
            json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    return Path(out)


def _read(path):
    import nbformat

    return nbformat.read(path, as_version=4)


def _values(books, settings):
    """The settings coerced by the notebooks that declare them."""
    declared = {}
    for book in books.values():
        declared |= parameters.declared(book)
    known = [name for name in declared if name not in OWN]
    for name in settings:
        if name not in known:
            raise ParameterError(f"parameter {name} is unknown; known are {', '.join(known)}")
    return {name: declared[name].coerce(text) for name, text in settings.items()}


def _within(workspace, as_of):
    first, last = workspace.span()
    if first is None or as_of < first:
        raise DataError(
            f"{workspace.source}: the data begin on {first}; nothing was known on {as_of}, the last day of the period"
        )
    if as_of > last + datetime.timedelta(days=92):
        raise DataError(
            f"{workspace.source}: the data end on {last}, more than a quarter before {as_of}, the last day of the period"
        )


def _execute(source, target, given):
    """Run one notebook through papermill and return it, free of times and paths of this machine."""
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    try:
        papermill.execute_notebook(
            source,
            target,
            parameters=given,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=CELL_TIMEOUT,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
    except papermill.PapermillExecutionError as fault:
        raise RunError(f"{source.name}, cell {fault.exec_count}: {fault.ename}: {fault.evalue}") from None
    except (DeadKernelError, TimeoutError) as fault:
        raise RunError(f"{source.name}: {str(fault).splitlines()[0]}") from None
    notebook = nbformat.read(target, as_version=4)
    for number, cell in enumerate(
        (c for c in notebook.cells if c.cell_type == "code" and c.source.strip()), 1
    ):
        if cell.execution_count is None:
            raise RunError(f"{source.name}: the kernel stopped before code cell {number}")
    notebook.metadata = {"kernelspec": notebook.metadata.kernelspec, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata.get("tags", [])}
    nbformat.write(notebook, target)
    return notebook
