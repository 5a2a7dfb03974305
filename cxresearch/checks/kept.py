"""A check that is made once for a report: what it found, kept for the notebooks that ask about the very same files.

The run of a report checks its workspace and `keep`s what was found in a file that only this user can read; :data:`~cxresearch.environment.CHECKED` in
the environment of a kernel names it. There :class:`cxresearch.checks.check.Check` asks `found` first. What is kept counts only as long as the files, their description and
the date asked about are the same to the byte; else, and in a notebook that is opened by itself, the check is made.
"""

import datetime
import hashlib
import json
import os
from pathlib import Path

from cxresearch.environment import CHECKED
from cxresearch.version import __version__


def key(workspace, as_of=None):
    """A hash of all that a check depends on; None for a database, whose rows may change between two looks.

    Parameters
    ----------
    workspace : Workspace
    as_of : datetime.date, optional
        As the check has it.

    Returns
    -------
    str or None

    Examples
    --------
    >>> import cxresearch as cx
    >>> ws = cx.open("data/cdnow")
    >>> key(ws) == key(cx.open("data/cdnow")), key(ws) == key(ws, "1997-09-30")
    (True, False)
    """
    if any(source.path is None for source in workspace.sources.values()):
        return None
    files = {name: [source.path.name, source.fingerprint()] for name, source in workspace.sources.items()}
    parts = [__version__, repr(workspace.mapping), files, str(as_of)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def keep(check, known, path):
    """Write what a check found.

    Parameters
    ----------
    check : Check
    known : str or None
        The `key` of its workspace, taken before the check began: of files that changed meanwhile nobody will find anything.
    path : path

    Returns
    -------
    dict
        What a kernel's environment needs for `found` and `until` to find it; empty where there is neither a key nor a day.
    """
    if known is None and check.until is None:
        return {}
    content = {"key": known, "until": check.until and str(check.until)}
    if known is not None:
        content |= {"rows": check.rows, "set_aside": check.set_aside, "problems": check.found}
    Path(path).write_text(json.dumps(content), encoding="utf-8")
    return {CHECKED: str(path)}


def found(workspace, as_of=None):
    """What was found in tables like these: rows per table, those set aside and the problems; None where that is not known."""
    kept = _kept()
    if kept is None or kept["key"] is None or kept["key"] != key(workspace, as_of):
        return None
    return kept["rows"], kept["set_aside"], [tuple(problem) for problem in kept["problems"]]


def until():
    """The day of the report that this notebook is run for; None outside the run of a report."""
    kept = _kept()
    return datetime.date.fromisoformat(kept["until"]) if kept and kept["until"] else None


def _kept():
    path = os.environ.get(CHECKED)
    if not path:
        return None
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
