"""Customer-experience and CRM research: evidence with its uncertainty.

>>> import cxresearch as cx
>>> ws = cx.open("data/cdnow")
>>> ws.tables
['customers', 'orders']
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["DataError", "charts", "features", "models", "open", "report", "stats"]

_ROOMS = {"charts", "features", "models", "report", "stats"}


def open(source, described_by=None):
    """Open a workspace; see :func:`cxresearch.workspace.open`."""
    from cxresearch.workspace import open as open_workspace

    return open_workspace(source, described_by)


def __getattr__(name):
    if name in _ROOMS:
        return import_module(f"cxresearch.{name}")
    if name == "DataError":
        from cxresearch.errors import DataError

        return DataError
    raise AttributeError(f"module 'cxresearch' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
