"""Ibis without the dialects of databases that nobody has opened.

Opening any database, Ibis imports the SQL compilers of all twenty that it speaks to: a seventh of a second at the start and at the end of
each process, a quarter of all the time that opening a folder takes. Here its package of compilers is put in place unfilled, and a
compiler is imported when it is asked for. Where Ibis has filled it already, or is built otherwise than expected, nothing is done.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

PACKAGE = "ibis.backends.sql.compilers"


def only_when_asked_for():
    """Put the package of compilers in place unfilled, unless it is there."""
    spec = find_spec(PACKAGE) if PACKAGE not in sys.modules else None
    if spec is None or spec.submodule_search_locations is None:
        return
    package = module_from_spec(spec)

    def asked_for(name):
        """A compiler's module by its name; for anything else, the whole package as Ibis fills it."""
        if find_spec(f"{PACKAGE}.{name}"):
            return import_module(f"{PACKAGE}.{name}")
        del package.__getattr__
        spec.loader.exec_module(package)
        return getattr(package, name)

    package.__getattr__ = asked_for
    sys.modules[PACKAGE] = package
    setattr(import_module(PACKAGE.rpartition(".")[0]), PACKAGE.rpartition(".")[2], package)
