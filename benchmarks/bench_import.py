"""Starting up: what `import cxresearch` and `cxresearch --help` cost, beside importing what a notebook uses.

Usage: .venv/bin/python benchmarks/bench_import.py
"""

import importlib.util
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import machine

RUNS = 7
HEAVY = "import pandas, sklearn.ensemble, statsmodels.api, matplotlib.figure"


def seconds(*command):
    """Median wall time of a command."""
    taken = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def compiled(name):
    """Share of a package's modules whose bytecode is stored."""
    files = list(Path(importlib.util.find_spec(name).origin).parent.rglob("*.py"))
    return sum(Path(importlib.util.cache_from_source(file)).exists() for file in files) / len(files)


print(f"Starting up, median of {RUNS} runs\n  machine: {machine()}")
for name, command in {
    "python -c ''": ["-c", ""],
    "import cxresearch": ["-c", "import cxresearch"],
    "cxresearch --help": ["-m", "cxresearch", "--help"],
    "what a notebook imports": ["-c", HEAVY],
}.items():
    print(f"  {name:26s} {seconds(*command):.3f} s")
for package in ("pandas", "sklearn", "statsmodels", "matplotlib", "cxresearch"):
    print(f"  bytecode stored: {package:12s} {compiled(package):.0%} of its modules")
