"""Eight reports written at the same time are, to the byte, those written one after the other.

Usage: .venv/bin/python tests/soak/eight_at_once.py
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DAYS = ("03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31")


def start(place, day):
    """A report of the CDNOW log as of one day of 1997, into a folder of its own."""
    given = ["--data", "data/cdnow", "--as-of", f"1997-{day}", "--out", str(place / day)]
    words = [sys.executable, "-m", "cxresearch", "report", *given]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ended(run):
    _, fault = run.communicate()
    if run.returncode:
        sys.exit(f"a report failed: {fault}")


def tree(place, day):
    folder = place / day / f"1997-{day}"
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main():
    with tempfile.TemporaryDirectory() as folder:
        series, parallel = Path(folder, "series"), Path(folder, "parallel")
        for day in DAYS:
            ended(start(series, day))
        for run in [start(parallel, day) for day in DAYS]:
            ended(run)
        same = [tree(series, day) == tree(parallel, day) != {} for day in DAYS]
    print(
        f"{sum(same)} of {len(DAYS)} reports written at the same time equal those written one after the other"
    )
    sys.exit(not all(same))


if __name__ == "__main__":
    main()
