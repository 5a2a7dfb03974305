"""Customer-experience and CRM research: evidence with its uncertainty.

>>> import cxresearch as cx
>>> ws = cx.open("data/cdnow")
>>> ws.tables
['customers', 'orders']
"""

from importlib import import_module

from cxresearch.version import __version__ as __version__

__all__ = [
    "DataError",
    "NotEnough",
    "charts",
    "explain",
    "features",
    "models",
    "open",
    "readings",
    "report",
    "results",
    "stats",
]

_ROOMS = {"charts", "features", "models", "readings", "report", "stats"}


def open(source, described_by=None):
    """Open a workspace; see :func:`cxresearch.workspace.open`."""
    from cxresearch.workspace import open as open_workspace

    return open_workspace(source, described_by)


def results(folder="reports"):
    """Every number of every report in a folder; see :func:`cxresearch.report.tidy.results`."""
    from cxresearch.report.tidy import results as all_results

    return all_results(folder)


def explain(result):
    """The formula, the assumptions and the source of a result; see :func:`cxresearch.explanation.explain`."""
    return import_module("cxresearch.explanation").explain(result)


def __getattr__(name):
    if name in _ROOMS:
        return import_module(f"cxresearch.{name}")
    if name in ("DataError", "NotEnough"):
        return getattr(import_module("cxresearch.errors"), name)
    raise AttributeError(f"module 'cxresearch' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
