"""What a package offers, read from its own files: no list beside them that a new function could be missing from."""

import re
from importlib import import_module
from pathlib import Path

PUBLIC = re.compile(r"^(?:def|class) ([A-Za-z]\w*)", re.MULTILINE)


def offered(package, folder, apart=()):
    """The ``__getattr__`` and the names of a package whose modules' public functions and classes are its own.

    Parameters
    ----------
    package : str
        Its full name.
    folder : path-like
        Where its modules are. None is imported before a name of it is asked for.
    apart : sequence of str
        Modules that only serve the others.

    Returns
    -------
    tuple of (callable, list of str)

    Raises
    ------
    ImportError
        Where two modules offer one name.

    Examples
    --------
    >>> import cxresearch.charts
    >>> of, names = offered("cxresearch.charts", cxresearch.charts.__path__[0])
    >>> "cohort_map" in names, of("cohort_map").__module__
    (True, 'cxresearch.charts.retention')
    """
    place = {}
    for path in sorted(Path(folder).glob("[a-z]*.py")):
        if path.stem not in apart:
            for name in PUBLIC.findall(path.read_text(encoding="utf-8")):
                if place.setdefault(name, path.stem) != path.stem:
                    raise ImportError(f"{package}: {name} is in {place[name]}.py and in {path.name}")

    def of(name):
        if name not in place:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{place[name]}"), name)

    return of, sorted(place)
