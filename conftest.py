"""What the notebooks need before they are compared: the sample company, which is generated and not kept in git."""

import atexit
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two workers with two threads each wait for one another
NORTHGATE = Path(__file__).parent / "data" / "northgate"


STATUS = []  # of the run, once it is over


def pytest_configure(config):
    """Write data/northgate where it is missing or of another version; once, before any worker starts."""
    atexit.register(_leave)
    if not hasattr(config, "workerinput") and not is_current(NORTHGATE):
        from cxresearch.files import published
        from cxresearch.sample import write

        with published(NORTHGATE) as folder:
            write(folder)


def pytest_sessionfinish(exitstatus):
    """Keep the status with which the process ends."""
    STATUS[:] = [int(exitstatus)]


def _leave():
    """End without tearing the interpreter down, at which DuckDB would print the handles that are still open."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if STATUS:
        os._exit(STATUS[0])


def is_current(folder):
    """Whether a folder holds the sample that this version writes by default."""
    from cxresearch import __version__
    from cxresearch.sample import END, SEED
    from cxresearch.sample.parameters import Truth

    try:
        truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    wanted = {
        "version": __version__,
        "seed": SEED,
        "end": END,
        "null": False,
        "customers": 12_000,
        "months": 36,
    }
    planted = json.loads(json.dumps(Truth().as_dict()))
    return {name: truth.get(name) for name in wanted} == wanted and truth.get("parameters") == planted
