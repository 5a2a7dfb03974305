"""Build the wheel, install it into an empty environment, and use every command from another folder: `make wheel`.

python tests/wheel/installed.py [folder]     (default: a temporary one; needs the network and some minutes, fewer where uv is there)
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMANDS = (  # each from a folder that is not the project's; what must be there afterwards
    (["--version"], None),
    (["sample", "north", "--customers", "600", "--months", "18"], "north/truth.json"),
    (["check", "north"], None),
    (["check", "shop", "--suggest", "--write"], "shop/cxresearch.toml"),
    (
        ["report", "--data", "north", "--period", "2026Q3", "--only", "00", "--only", "07"],
        "reports/2026Q3/07_retention.html",
    ),
    (["lab", "--copy-only", "--folder", "mine", "--data", "north"], "mine/07_retention.ipynb"),
    (["readiness", "north", "--page", "questions.html"], "questions.html"),
    (["decide", "north", "--what", "Simpler bills", "--due", "2027-03-31"], "north/decisions.csv"),
)


def main(folder):
    folder = Path(folder)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")], ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    began = time.perf_counter()
    run([sys.executable, "-m", "venv", "--clear", str(folder / "venv")], folder)
    python, uv = str(folder / "venv/bin/python"), shutil.which("uv")
    pip = (
        [uv, "pip", "install", "--python", python]
        if uv
        else [python, "-m", "pip", "install", "--disable-pip-version-check"]
    )
    said = run([*pip, "-q", str(wheel)], folder)
    size = sum(p.stat().st_size for p in (folder / "venv").rglob("*") if p.is_file() and not p.is_symlink())
    print(
        f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB; installed in {time.perf_counter() - began:.0f} s, {size / 1e9:.2f} GB"
    )
    assert len(said.splitlines()) < 5, f"the install prints {said}"
    work = folder / "work"
    (work / "shop").mkdir(parents=True)
    shutil.copy(ROOT / "tests/exports/shopify_orders_export_1.csv", work / "shop")
    for words, wanted in COMMANDS:
        began = time.perf_counter()
        run(
            [str(folder / "venv/bin/cxresearch"), *words],
            work,
            allowed=(0, 1) if words[0] == "check" else (0,),
        )
        assert wanted is None or (work / wanted).exists(), (words, wanted)
        print(f"cxresearch {' '.join(words)}: {time.perf_counter() - began:.1f} s", flush=True)


def run(words, where, allowed=(0,)):
    told = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(words, cwd=where, env=told, capture_output=True, text=True)
    if done.returncode not in allowed:
        raise SystemExit(
            f"{' '.join(map(str, words))} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        )
    return done.stdout + done.stderr


if __name__ == "__main__":
    if sys.argv[1:]:
        main(sys.argv[1])
    else:
        with tempfile.TemporaryDirectory() as made:
            main(made)
