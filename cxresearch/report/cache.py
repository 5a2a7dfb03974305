"""Executed notebooks kept by what they were made from, so that nothing is computed twice.

A unit is one executed notebook. Its key is a hash of everything that could change it: its own source, the package's, the
versions of what it computes with, its parameters, the fingerprints of the tables it reads and how they are described. A unit is stored whole in one
rename, so that a run killed at any moment leaves either all of it or nothing.
"""

import hashlib
import json
import os
import shutil
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cxresearch.files import text_of

PACKAGE = Path(__file__).parents[1]
COMPUTES = (
    "numpy",
    "scipy",
    "pandas",
    "statsmodels",
    "scikit-learn",
    "duckdb",
    "ibis-framework",
    "matplotlib",
)
KEPT = ".cxresearch"  # the folder beside the reports in which the units of all periods are kept
NOTEBOOK = "notebook.ipynb"
SUM = "notebook.sha256"  # of the notebook beside it: one that was damaged does not serve again
SECONDS = "seconds.json"


class Units:
    """The executed notebooks of one period.

    Parameters
    ----------
    folder : path
        Where they are kept, beside the reports.
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    def find(self, stem, key):
        """The executed notebook of that key; None where there is none, or where it is damaged."""
        from cxresearch.kernels.nbfiles import nbformat

        path = self._path(stem, key)
        try:
            text, known = text_of(path), text_of(path.with_name(SUM))
        except (OSError, ValueError):
            return None
        return nbformat.reads(text, as_version=4) if known == _sum(text) else None

    def has(self, stem, key):
        """Whether one is kept, be it damaged."""
        return self._path(stem, key).is_file()

    def store(self, stem, key, notebook):
        """Keep an executed notebook; from here on `find` returns it."""
        from cxresearch.kernels.nbfiles import nbformat

        target = self.folder / f"{stem}-{key[:24]}"
        unfinished = self.folder / f".{target.name}.{os.getpid()}"
        _cleared(unfinished)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # a kept notebook still carries its forecasts and lists
        unfinished.mkdir()
        text = nbformat.writes(notebook)
        (unfinished / NOTEBOOK).write_text(text, encoding="utf-8", newline="\n")
        (unfinished / SUM).write_text(_sum(text), encoding="utf-8")
        _cleared(target)
        unfinished.rename(target)

    def forget(self, stem, key):
        """Keep it no longer."""
        shutil.rmtree(self._path(stem, key).parent, ignore_errors=True)

    def _path(self, stem, key):
        return self.folder / f"{stem}-{key[:24]}" / NOTEBOOK

    def seconds(self):
        """How long each notebook took when it was last executed for any period: a dict by stem, empty where nothing is known."""
        try:
            kept = json.loads(text_of(self.folder.parent / SECONDS))
        except (OSError, ValueError, RecursionError):
            return {}
        known = kept.items() if isinstance(kept, dict) else ()
        return {stem: took for stem, took in known if isinstance(took, int | float)}

    def took(self, seconds):
        """Keep how long notebooks took, a dict by stem; those of other notebooks stay."""
        path = self.folder.parent / SECONDS
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        unfinished.write_text(json.dumps(self.seconds() | seconds), encoding="utf-8")
        os.replace(unfinished, path)

    def keep_only(self, keys):
        """Forget every unit but those of `keys`, a dict of stem → key."""
        wanted = {f"{stem}-{key[:24]}" for stem, key in keys.items()}
        for path in self.folder.glob("*") if self.folder.exists() else ():
            if path.name not in wanted:
                _cleared(path)
        for path in self.folder.glob(".*"):
            _cleared(path)


def _sum(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _cleared(place):
    """Remove a folder, or whatever stands in its place."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        place.unlink()
    shutil.rmtree(place, ignore_errors=True)


def key(notebook, parameters, fingerprints):
    """The hash of everything that an executed notebook depends on."""
    cells = [[cell.cell_type, cell.source, _says(cell.metadata)] for cell in notebook.cells]
    parts = [cells, package(), parameters, fingerprints]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _says(metadata):
    """What of a cell's metadata changes a run: its tags, and what its section needs."""
    return {name: metadata[name] for name in ("tags", "cxresearch") if name in metadata}


@cache
def package():
    """The hash of the package's code and of the versions of what it computes with."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    for name in COMPUTES:
        try:
            digest.update(f"{name} {version(name)}\n".encode())
        except PackageNotFoundError:
            digest.update(f"{name} is not here\n".encode())
    return digest.hexdigest()
