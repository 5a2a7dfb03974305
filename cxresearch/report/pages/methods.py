"""The page that says when a method changed and what that did to the numbers, from ``docs/methods_changes.md``."""

from cxresearch.report.pages.glossary import document
from cxresearch.report.pages.page import render as fill

FILE = "methods.html"
DOCUMENT = "methods_changes.md"


def render(about):
    """The page *Changes of methods*.

    Parameters
    ----------
    about : dict
        What every page says of its origin: period, as_of, source, version, fingerprint.

    Returns
    -------
    str
    """
    title, _, text = document(DOCUMENT).read_text(encoding="utf-8").partition("\n")
    return fill("methods.html.j2", heading=title.removeprefix("# "), text=text, **about)
