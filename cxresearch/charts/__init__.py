"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.index import offered

__getattr__, __all__ = offered(__name__, __path__[0], apart=("board",))


def __dir__():
    return __all__
