"""``python -m cxresearch`` is the command ``cxresearch``."""

from cxresearch.cli import entry

entry()
