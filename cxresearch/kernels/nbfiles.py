"""Notebooks as files: nbformat, without the second it takes to import.

nbformat imports jsonschema, which imports rfc3987_syntax, which builds a grammar of internationalised addresses. No notebook is
held against it. So jsonschema is given a function that imports it when it is called, should anybody else's schema ask for one.
"""

import os
import sys
from types import ModuleType

__all__ = ["nbformat", "write"]

SYNTAX = "rfc3987_syntax"


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


def write(notebook, path):
    """Write a notebook so that a reader finds the old file or the whole new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    nbformat.write(notebook, unfinished)
    os.replace(unfinished, path)
