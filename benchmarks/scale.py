"""The whole report of the sample company at several sizes: seconds, memory of all processes together, and how both grow.

The command is run as a user runs it, on two kernels, and timed by the clock. Then each notebook's cells are run in a process of its own, for the
seconds of the processor and the peak of each section. An exponent of 1 says that ten times the company takes ten times as long; it is of the step from the size before.

Usage: .venv/bin/python benchmarks/scale.py [--customers 12000 100000 1000000] [--kept FOLDER] [--only 06 …] [--no-report]
       (companies are written to FOLDER and found there again)
"""

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")

from benchmarks.harness import heading  # noqa: E402

SIZES, AS_OF, PERIOD = (12_000, 100_000, 1_000_000), "2026-09-30", "2026Q3"
DONE = re.compile(r"^(\S+) +done in ([0-9.]+) s$", re.MULTILINE)
EVERY = 0.25  # seconds between two looks at the memory
SLOW = 1.0  # seconds from which a section is printed


def company(customers, kept):
    """The folder of the sample company of a size, written where it is not there."""
    folder = Path(kept) / f"northgate{customers}"
    if not (folder / "truth.json").exists():
        command = [sys.executable, "-m", "cxresearch", "sample", folder, "--customers", str(customers)]
        subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return folder


def family(first):
    """A process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text()
        except OSError:
            continue
        parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, more = {first}, True
    while more:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
    return found


def memory(first):
    """GiB that a process and its descendants hold together; a page that several share is counted once."""
    total = 0
    for pid in family(first):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return total / 2**20


def report(folder):
    """Seconds of the command, peak of all its processes in GiB, and the seconds of each notebook."""
    with tempfile.TemporaryDirectory() as out:
        words = ["report", "--data", folder, "--period", PERIOD, "--out", Path(out) / "report", "--jobs", "2"]
        began, peak = time.perf_counter(), [0.0]
        command = subprocess.Popen(
            [sys.executable, "-m", "cxresearch", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        ended = threading.Event()

        def watch():
            while not ended.wait(EVERY):
                peak[0] = max(peak[0], memory(command.pid))

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        said = command.communicate()[0]
        ended.set()
        watcher.join()
        if command.returncode:
            sys.exit(said)
        return time.perf_counter() - began, peak[0], {name: float(took) for name, took in DONE.findall(said)}


def sections(notebook, folder):
    """Seconds of each section of a notebook by title, and the peak of the process in GiB; run in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--inside", notebook, folder], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"{notebook}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def inside(notebook, folder):
    """Print the seconds of a notebook's sections as JSON."""
    import resource
    from importlib import import_module

    import matplotlib

    from cxresearch.kernels.pool import PRELOAD
    from tests import unrendered

    for name in (name for name in PRELOAD if not name.endswith("*")):
        import_module(name)
    matplotlib.use("agg")

    took, at, run = {}, {}, unrendered._parts

    def parts(source):
        now = time.process_time()
        if at:
            took[at["title"]] = took.get(at["title"], 0.0) + now - at["began"]
        at.update(title=titles["title"], began=now)
        return run(source)

    unrendered._parts, titles = parts, {}
    unrendered.SHOWN = frozenset()

    def rows_of(path, given, ws):
        unrendered._run(path, given, ws, frozenset(), titles, {})
        return []

    unrendered._of_all(rows_of, folder, AS_OF, [notebook], None)
    parts("")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"sections": took, "peak": peak}))


def exponent(small, large, ratio):
    """By which power of the size a cost grew; blank where it was too short to say."""
    return f"{math.log(large / small) / math.log(ratio):5.2f}" if small and small > 0.2 else "     "


def told(name, costs, sizes, unit="s"):
    """One line of the table: the cost at each size and how it grew."""
    line = f"  {name:<58}"
    for at, cost in enumerate(costs):
        grew = (
            exponent(costs[at - 1], cost, sizes[at] / sizes[at - 1])
            if at and cost and costs[at - 1]
            else "     "
        )
        line += f" {cost:9.1f} {unit:<3} {grew}" if cost is not None else " " * 19
    print(line, flush=True)


def main(sizes, kept, only, with_report):
    heading("the whole report by size", ("numpy", "pandas", "duckdb", "scikit-learn", "statsmodels"))
    folders = [company(size, kept) for size in sizes]
    print(f"  {'customers':<58}" + "".join(f" {size:13,}      " for size in sizes))
    if with_report:
        whole = [report(folder) for folder in folders]
        told("the command", [seconds for seconds, _, _ in whole], sizes)
        told("peak of all processes", [peak for _, peak, _ in whole], sizes, "GiB")
        for name in sorted({name for _, _, took in whole for name in took}):
            told(name, [took.get(name) for _, _, took in whole], sizes)
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        if only and not path.stem.startswith(tuple(only)):
            continue
        found = [sections(path.stem, folder) for folder in folders]
        told(f"{path.stem}, cells", [sum(one["sections"].values()) for one in found], sizes)
        told("  peak of its process", [one["peak"] for one in found], sizes, "GiB")
        for title in found[-1]["sections"]:
            costs = [one["sections"].get(title) for one in found]
            if max(cost or 0 for cost in costs) >= SLOW:
                told(f"  {title}"[:58], costs, sizes)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(*sys.argv[2:])
        sys.exit()
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--customers", nargs="+", type=int, default=list(SIZES))
    words.add_argument("--kept")
    words.add_argument("--only", nargs="+", default=[])
    words.add_argument("--no-report", action="store_true")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        main(given.customers, given.kept or aside, given.only, not given.no_report)
