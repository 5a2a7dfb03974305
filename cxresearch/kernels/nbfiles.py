"""Notebooks as files: nbformat, without the second it takes to import.

nbformat imports jsonschema, which imports rfc3987_syntax, which builds a grammar of internationalised addresses. No notebook is
held against it. So jsonschema is given a function that imports it when it is called, should anybody else's schema ask for one.
"""

import json
import os
import re
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["nbformat", "read", "write"]

SYNTAX = "rfc3987_syntax"
CONFLICT = re.compile(r"^(<<<<<<<|=======|>>>>>>>)( |$)", re.M)  # what git leaves where two versions meet


def is_valid_syntax(term, value):
    """What the module of that name says, imported now."""
    from rfc3987_syntax import is_valid_syntax

    return is_valid_syntax(term, value)


if SYNTAX not in sys.modules and "jsonschema" not in sys.modules:
    sys.modules[SYNTAX] = ModuleType(SYNTAX)
    sys.modules[SYNTAX].is_valid_syntax = is_valid_syntax
    try:
        import nbformat
    finally:
        del sys.modules[SYNTAX]
else:
    import nbformat


def read(path):
    """The notebook in a file.

    Parameters
    ----------
    path : path

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    ValueError
        In one line that names the file and, where it is known, the line: one that is empty, cut, holds the marks of a merge or begins with a
        byte order mark, is no notebook, or one of a version that cannot be read.
    """
    name = Path(path).name
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{name}: is not UTF-8") from None
    if text.startswith("\ufeff"):
        raise ValueError(f"{name}: begins with a byte order mark; save it as UTF-8 without one")
    if not text.strip():
        raise ValueError(f"{name}: is empty")
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError(f"{name}: is no notebook: it is nested too deeply") from None
    except ValueError as fault:
        mark = CONFLICT.search(text)
        if mark:
            line = text.count("\n", 0, mark.start()) + 1
            raise ValueError(
                f"{name}, line {line}: holds the marks of an unfinished merge ({mark[1]})"
            ) from None
        is_cut = fault.pos >= len(text.rstrip()) or "Unterminated" in fault.msg
        why = "it ends too early, as one that was cut does" if is_cut else fault.msg
        raise ValueError(f"{name}, line {fault.lineno}: is no notebook: {why}") from None
    if not _is_notebook(content):
        raise ValueError(f"{name}: is no notebook: there are no cells of a kind that Jupyter has")
    try:
        return nbformat.reads(text, as_version=4)
    except Exception as fault:  # whatever nbformat stumbles over: a version to come, a conversion that fails
        said = (str(fault) or type(fault).__name__).splitlines()[0]
        raise ValueError(f"{name}: cannot be read as a notebook: {said}") from None


def _is_notebook(content):
    """Whether JSON has the form of a notebook, so far as what runs it relies on: cells with a kind, a source and metadata.

    One of an older version, whose cells lie elsewhere, is left to nbformat to convert.
    """
    if not isinstance(content, dict) or not isinstance(content.get("nbformat"), int):
        return False
    if content["nbformat"] < 4:
        return True
    cells = content.get("cells")
    return (
        isinstance(cells, list)
        and bool(cells)
        and all(
            isinstance(cell, dict)
            and cell.get("cell_type") in ("code", "markdown", "raw")
            and isinstance(cell.get("source"), str | list)
            and isinstance(cell.get("metadata"), dict)
            for cell in cells
        )
    )


def write(notebook, path):
    """Write a notebook so that a reader finds the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    nbformat.write(notebook, unfinished)
    os.replace(unfinished, path)
