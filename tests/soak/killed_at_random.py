"""Kill a report with SIGKILL at random moments, run it again, and hold it against an undisturbed one.

Usage: .venv/bin/python tests/soak/killed_at_random.py [TIMES] [SEED]

After every kill the report's folder must be the old report or the new one, whole, or not there; after the next run it must be the
report of an undisturbed run to the byte, with nothing left beside it and no process left behind. Every second run starts where an
older report stands.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PERIOD = "1997Q3"


def command(out, *further):
    given = ["report", "--data", "data/cdnow", "--period", PERIOD, "--out", str(out), *further]
    return [sys.executable, "-m", "cxresearch", *given]


def tree(folder):
    """Every file of a report with its bytes; None where there is no report."""
    if not folder.exists():
        return None
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def differing(one, other):
    """The names of the files that two reports do not share."""
    return sorted(
        name for name in {*(one or {}), *(other or {})} if (one or {}).get(name) != (other or {}).get(name)
    )


def left_behind(mark):
    """Processes that still carry the mark of a run in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


def finished(out, *further):
    """A run that nobody disturbs: its report and its seconds."""
    began = time.perf_counter()
    done = subprocess.run(command(out, *further), cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"an undisturbed run failed: {done.stderr}")
    return tree(out / PERIOD), time.perf_counter() - began


def half_written(folder):
    """What shows that a report is not whole: pages without an end, results that cannot be read, a page its overview does not name."""
    if not folder.exists():
        return ""
    pages = sorted(folder.glob("*.html"))
    names = {page.name for page in pages}
    try:
        kept = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        linked = set(
            re.findall(r'href="([\w-]+\.html)"', (folder / "index.html").read_text(encoding="utf-8"))
        )
    except (OSError, ValueError) as fault:
        return str(fault)
    cut = [page.name for page in pages if not page.read_text(encoding="utf-8").rstrip().endswith("</html>")]
    missing = [f"{row['notebook']}.html" for row in kept["results"] if f"{row['notebook']}.html" not in names]
    return ", ".join([*cut, *(linked - names), *missing])


def killed(out, after, mark):
    """Start a run and kill it; returns whether it was still running then."""
    env = os.environ | {"CXRESEARCH_SOAK": mark}
    run = subprocess.Popen(
        command(out), cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        run.wait(after)
        return False
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
        run.wait()
        return True


def main(times=50, seed=1):
    times, draw, failures = int(times), random.Random(int(seed)), 0
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        new, seconds = finished(place / "undisturbed")
        old, _ = finished(place / "older", "--set", "horizon_weeks=26")
        print(f"an undisturbed run takes {seconds:.1f} s and writes {len(new)} files", flush=True)
        for i in range(times):
            out, mark, has_old, latest = place / f"run{i}", f"soak-{os.getpid()}-{i}", i % 2 == 1, seconds
            while True:  # until the run was still there to be killed
                shutil.rmtree(out, ignore_errors=True)
                if has_old:
                    shutil.copytree(place / "older", out)
                moment = draw.uniform(0, latest)
                if killed(out, moment, mark):
                    break
                latest = moment
            broken, seen = half_written(out / PERIOD), tree(out / PERIOD)
            gone = any(not left_behind(mark) or time.sleep(0.1) for _ in range(100))
            again, _ = finished(out)
            beside = sorted(p.name for p in out.iterdir() if p.name not in (PERIOD, ".cxresearch"))
            problems = [
                word
                for word, holds in {
                    f"half-written: {broken}": not broken,
                    "neither the old report stood nor the new one": seen
                    in ((old, new) if has_old else (None, new)),
                    "processes were left": gone,
                    f"the next run gave another report: {differing(again, new)}": again == new,
                    f"beside it was left {beside}": all(name.endswith(".lock") for name in beside),
                }.items()
                if not holds
            ]
            state = "; ".join(problems) or "the same report"
            print(
                f"{i + 1:>3}  killed after {moment:5.2f} s{', an old report stood' if has_old else ''}: {state}",
                flush=True,
            )
            failures += bool(problems)
            shutil.rmtree(out)
    print(f"{times - failures} of {times} killed runs reached the report of an undisturbed run")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main(*sys.argv[1:])
