"""Executes what a plan has waiting, and frees it of what belongs to this machine and this moment."""

import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cxresearch.environment import PERSONAL
from cxresearch.kernels.pool import NotebookError
from cxresearch.masking import shapes
from cxresearch.report import cache
from cxresearch.report.needs import lacking
from cxresearch.report.progress import event

CELL_FILE = re.compile(
    r"\S*[/\\]ipykernel_\d+[/\\]\d+\.py"
)  # where a kernel says that a cell's source stands
LIBRARY = re.compile(  # and where on this machine a module does
    rf"\S*[/\\](?:site-packages|dist-packages|python3\.\d+)[/\\]|{re.escape(str(cache.PACKAGE.parent))}[/\\]"
)


def execute(plan, store, workspace, pool, timeout, force, say):
    """Find or execute the notebooks that are not left out."""
    waiting = []
    for unit in plan:
        if unit.left_out:
            line = f"{unit.stem:<24} left out: {unit.left_out}"
            say(event("left_out", line, notebook=unit.stem, reason=str(unit.left_out)))
            continue
        unit.notebook = None if force and unit.is_asked else store.find(unit.stem, unit.key)
        if unit.notebook is not None:
            kind = "unchanged" if unit.is_asked else "kept"
            say(event(kind, f"{unit.stem:<24} {kind}", notebook=unit.stem))
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

    def one(unit):
        began = time.perf_counter()
        try:
            done = pool.execute(
                unit.path, parameters=unit.given, timeout=timeout, lacking=absent, line=in_place
            )
        except NotebookError as fault:
            unit.error = shapes(hidden.mask(visible(" ".join(str(fault).split())))[0])[0]
            took = time.perf_counter() - began
            line = f"{unit.stem:<24} failed after {took:.1f} s: {fault.ename}"
            say(event("failed", line, notebook=unit.stem, seconds=round(took, 1), error=str(fault.ename)))
            return
        scrub(done.notebook, hidden)
        unit.notebook = _plain(done.notebook)
        store.store(unit.stem, unit.key, unit.notebook)
        seconds[unit.stem] = done.seconds - done.ready  # the first wait for the imports
        took = time.perf_counter() - began
        line = f"{unit.stem:<24} done in {took:.1f} s"
        say(event("done", line, notebook=unit.stem, seconds=round(took, 1)))

    if pool.jobs > 1:  # the end of a report is not to wait for a long notebook that was begun last
        lasted = store.seconds()
        waiting = sorted(reversed(waiting), key=lambda unit: -lasted.get(unit.stem, math.inf))
    seconds = {}
    with ThreadPoolExecutor(pool.jobs) as callers:
        try:
            for _ in callers.map(one, waiting):
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
