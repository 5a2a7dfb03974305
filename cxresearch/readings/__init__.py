"""What a page says, computed from the data: one file per notebook, one function per reading.

A reading takes fitted models or frames, never a table of the workspace, and returns what `display.reading` or `display.finding` does. For an
empty frame it shows nothing.
"""

from cxresearch.index import offered

__getattr__, __all__ = offered(__name__, __path__[0], apart=("sentences",))


def __dir__():
    return __all__
