"""Two hundred generated attacks: no traceback, no leak, no file lost or left behind.

``make fuzz`` runs them, ``python tests/fuzz/fuzz.py 50 7`` fifty of them of another seed. Each runs `check`, `check --suggest`,
`check --quarantine` and, where the check passes or parameters are attacked, `report --only 00`, in a process of its own.
"""

import contextlib
import hashlib
import io
import os
import shutil
import signal
import stat
import sys
import tempfile
import time
import traceback
from pathlib import Path

from attacks import PLANTED, attacks

CODES = {0, 1, 2}
LONGEST = 600  # characters of a line on standard error
SECONDS = 240
CANARY = "a file that nobody handed over: canary-4711\n"


def run(words, place):
    """One command in a process of its own: exit code, standard output, standard error."""
    out, err = place / "stdout", place / "stderr"
    pid = os.fork()
    if not pid:
        os.setsid()
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.chdir(place)
        tempfile.tempdir = os.environ["TMPDIR"] = str(place / "tmp")
        sys.argv = ["cxresearch", *words]
        sys.stdout, sys.stderr = (io.TextIOWrapper(io.FileIO(n, "w"), encoding="utf-8") for n in (1, 2))
        try:
            from cxresearch.cli import entry

            entry()
        except SystemExit as fault:  # of argparse
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(fault.code)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(99)
    until = time.monotonic() + SECONDS
    while not (ended := os.waitpid(pid, os.WNOHANG))[0]:
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return "timeout", "", ""
        time.sleep(0.01)
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in (out, err)]
    return os.waitstatus_to_exitcode(ended[1]), *texts


def held(folder):
    """What stands in a folder, to the byte."""
    found = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(mode) else mode
    return found


def faults(code, out, err, place, inputs, secret):
    """What is wrong with how a command ended, sentence by sentence."""
    if code not in CODES:
        yield f"exit code {code}"
    if "Traceback (most recent call last)" in out + err:
        yield "a traceback: " + err.strip()[-300:]
    if "the details are in" in err or "no log of it" in err:
        yield "a fault that nobody foresaw: " + err.strip()[-300:]
    for line in err.splitlines():
        if len(line) > LONGEST:
            yield f"a line of {len(line)} characters: {line[:100]}"
    for text in secret:
        if text in out + err:
            yield f"shows {text!r}"
    for path, before in inputs.items():
        if held(Path(path)) != before:
            yield f"changed {path}"
    if (place / "canary").read_text() != CANARY:
        yield "changed the canary"
    if "canary-4711" in out + err:
        yield "shows a file that nobody handed over"
    if os.listdir(place / "tmp"):
        yield f"left {os.listdir(place / 'tmp')}"
        shutil.rmtree(place / "tmp")
        (place / "tmp").mkdir()


def pages(folder, secret):
    """Planted texts in what was published."""
    for path in folder.rglob("*") if folder.exists() else ():
        if path.suffix in (".html", ".json", ".ipynb") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            yield from (f"{path.name} shows {one!r}" for one in [*secret, "canary-4711"] if one in text)


def attacked(attack, place):
    """Faults found by one attack, and how many commands it ran."""
    data = place / "data"
    data.mkdir()
    (place / "tmp").mkdir()
    (place / "canary").write_text(CANARY)
    attack.make(data)
    inputs, found, commands = {str(data): held(data)}, [], 0
    database = next((path for path in data.iterdir() if path.suffix in (".duckdb", ".ddb")), None)
    given = str(database or data)
    words = [["check", given], ["check", given, "--suggest"], ["check", given, "--quarantine", "q"]]
    report = ["report", "--data", given, "--only", "00", "--out", "out"]
    words += [[*report, *attack.words]] if attack.words else []
    passed = False
    while words:
        asked, commands = words.pop(0), commands + 1
        code, out, err = run(asked, place)
        command = " ".join([asked[0], *(w for w in asked if w.startswith("--"))])
        found += [f"{command}: {fault}" for fault in faults(code, out, err, place, inputs, PLANTED)]
        if asked == ["check", given]:
            passed = code == 0
        if not words and passed and asked[0] == "check":
            words = [[*report, "--as-of", "2026-12-31"]]
    return [*found, *pages(place / "out", PLANTED)], commands


def main(number=200, seed=0):
    # imported once, for all processes that are forked from here
    from cxresearch import cli, faults, suggest, workspace  # noqa: F401
    from cxresearch.checks import check, quarantine  # noqa: F401
    from cxresearch.report import parameters, run  # noqa: F401

    began, failed, commands = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as where:
        for attack in attacks(number, seed):
            place = Path(where, attack.name.partition(" ")[0])
            place.mkdir()
            found, ran = attacked(attack, place)
            commands += ran
            if found:
                failed += 1
                print(f"{attack.name} ({place.name}):", *found, sep="\n    ", flush=True)
            with contextlib.suppress(OSError):
                shutil.rmtree(place)
    seconds = time.monotonic() - began
    print(
        f"{number} attacks of seed {seed}, {commands} commands in {seconds:.0f} s: {failed or 'none'} with a traceback, a leak or a lost file"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
