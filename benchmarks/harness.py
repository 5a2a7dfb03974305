"""Time ours and a peer on the same data in the same run, and say on what machine.

A peer lives in ``.venv-peers`` (``make peers``) and is run as a process of its own: it reads the data from a
temporary file and prints one line of JSON.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PEER_PYTHON = ROOT / ".venv-peers" / "bin" / "python"


def timed(function, runs, clock=time.perf_counter):
    """Call a function ``runs`` times; return the median of the seconds by a clock and the last result."""
    seconds = []
    for _ in range(runs):
        start = clock()
        result = function()
        seconds.append(clock() - start)
    return statistics.median(seconds), result


def peer(name, arrays, *arguments):
    """Run ``benchmarks/peers/<name>.py`` on arrays saved as .npz; return what it printed as JSON.

    ``None``, after a message, where the peers' environment has not been made.
    """
    if not PEER_PYTHON.exists():
        print(f"  the peer is missing: run `make peers` first ({PEER_PYTHON.relative_to(ROOT)})")
        return None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        np.savez(path, **arrays)
        script = ROOT / "benchmarks" / "peers" / f"{name}.py"
        command = [PEER_PYTHON, script, path, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the peer {name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def machine():
    """Return one line on the processor, the cores, the memory and the Python at hand."""
    model = platform.processor() or platform.machine()
    details = Path("/proc/cpuinfo")
    if details.exists():
        named = [line for line in details.read_text().splitlines() if line.startswith("model name")]
        model = named[0].split(":", 1)[1].strip() if named else model
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    memory = f", {pages / 2**30:.0f} GB" if pages else ""
    return f"{model}, {os.cpu_count()} cores{memory}, {platform.system()}, Python {platform.python_version()}"


def heading(title, packages=("numpy", "scipy", "pandas")):
    """Print what is measured, the machine and our versions."""
    print(title)
    print(f"  machine: {machine()}")
    print(f"  ours: {', '.join(f'{name} {version(name)}' for name in packages)}")


def ratio(ours, theirs):
    """Return the peer's time over ours, in words.

    >>> ratio(0.05, 10.0), ratio(0.05, 0.02)
    ('200× faster', '2.5× slower')
    """
    times, word = (theirs / ours, "faster") if theirs >= ours else (ours / theirs, "slower")
    return f"{times:,.0f}× {word}" if times >= 10 else f"{times:.1f}× {word}"
