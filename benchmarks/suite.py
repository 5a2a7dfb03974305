"""A quarter's report of eight notebooks, beside plain papermill and beside the cells alone in one warm process.

Usage: .venv/bin/python benchmarks/suite.py [NOTEBOOKS]

The notebooks are the suite's own on the sample company, taken again from the first until there are eight; the second time without the
cells that hand over forecasts and lists, which one report makes once.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
# For all alike, and before anything reads it: two kernels of two threads on two cores wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import nbformat  # noqa: E402
from nbformat.v4 import new_code_cell, new_notebook  # noqa: E402

from benchmarks.harness import heading, ratio  # noqa: E402

DATA, VALUES = ROOT / "data" / "northgate", {"as_of": "2026-09-30"}
ONCE = ("report.forecast(", "report.act_on(")
REPORT = (
    "import sys, pathlib; from cxresearch.cli import entry; from cxresearch.report import regenerate as running\n"
    "folder = pathlib.Path(sys.argv.pop(1))\n"
    "running.notebooks = lambda: sorted(folder.glob('*.ipynb'))\n"
    "entry()"
)


def books(number, folder):
    """Write the notebooks, numbered."""
    own = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    for i in range(number):
        book = nbformat.read(own[i % len(own)], as_version=4)
        if i >= len(own):
            book.cells = [cell for cell in book.cells if not any(word in cell.source for word in ONCE)]
        nbformat.write(book, folder / f"{i:02}_{own[i % len(own)].stem[3:]}.ipynb")


def ours(folder, jobs):
    """The whole command in a process of its own: start, check, imports, notebooks, pages."""
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        words = ["report", "--data", DATA, "--period", "2026Q3", "--out", out, "--jobs", str(jobs)]
        done = subprocess.run(
            [sys.executable, "-c", REPORT, folder, *words], cwd=ROOT, capture_output=True, text=True
        )
        if done.returncode:
            sys.exit(done.stderr)
        return time.perf_counter() - began


def plain(folder):
    """One fresh kernel each, as papermill does it, in one process; what the kernels print on standard error is left out."""
    import papermill

    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    began, values = time.perf_counter(), VALUES | {"data": str(DATA)}
    with tempfile.TemporaryDirectory() as out:
        for path in sorted(folder.glob("*.ipynb")):
            papermill.execute_notebook(
                str(path), f"{out}/{path.name}", values, progress_bar=False, cwd=str(ROOT), language="python"
            )
    seconds = time.perf_counter() - began
    os.dup2(kept, 2)
    return seconds


def warm(folder):
    """The cells of all notebooks, one after the other, in one kernel that has run them before; and its first imports."""
    from cxresearch.kernels.pool import PRELOAD, KernelPool

    look = "import time; time.perf_counter()"
    names = [name for name in PRELOAD if not name.endswith("*")]
    imports = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    cells, values = [], VALUES | {"data": str(DATA)}
    for path in sorted(folder.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                cells.append(new_code_cell(cell.source))
                if "parameters" in cell.metadata.get("tags", []):
                    cells.append(new_code_cell("\n".join(f"{name} = {v!r}" for name, v in values.items())))
    looks = [new_code_cell(look) for _ in range(4)]
    order = [
        looks[0],
        new_code_cell(imports),
        looks[1],
        *cells,
        looks[2],
        *[c.copy() for c in cells],
        looks[3],
    ]
    for i, cell in enumerate(order):
        cell["id"] = f"c{i}"
    with KernelPool(fork=False) as pool:
        done = pool.execute(new_notebook(cells=order), cwd=ROOT).notebook
    seen = [float(cell.outputs[0].data["text/plain"]) for cell in done.cells if cell.source == look]
    return seen[1] - seen[0], seen[3] - seen[2]


def main(number=8):
    number = int(number)
    if not (DATA / "truth.json").exists():
        sys.exit("the sample company is missing: run `make sample` first")
    heading(f"A report of {number} notebooks", ("papermill", "nbclient", "ipykernel", "duckdb", "pandas"))
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        books(number, folder)
        imports, cells = warm(folder)
        two, one = ours(folder, 2), ours(folder, 1)
        theirs = plain(folder)
    for name, seconds in {
        "importing, once": imports,
        "(b) the cells alone, in one warm process": cells,
        "ours, 2 notebooks at a time": two,
        "ours, 1 notebook at a time": one,
        "(a) papermill, a fresh kernel each": theirs,
    }.items():
        print(f"  {name:<42} {seconds:7.2f} s")
    budget = 1.3 * cells + imports
    print(f"  1.3 × (b) and one import: {budget:.2f} s; ours needs {two:.2f} s and {one:.2f} s")
    print(f"  → 2 at a time {ratio(two, theirs)}, 1 at a time {ratio(one, theirs)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
