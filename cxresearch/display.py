"""What a notebook shows: tables and readings, each displayed in JupyterLab and carried as data.

A page is built from the data alone; it never takes HTML from a notebook.
"""

import html
import math
import string

import pandas as pd

TABLE = "application/vnd.cxresearch.table+json"
READING = "application/vnd.cxresearch.reading+json"
FIGURE = "application/vnd.cxresearch.figure+json"
NOTE = "application/vnd.cxresearch.note+json"


class Shown:
    """One output of a notebook, as several formats of the same content."""

    def __init__(self, bundle):
        self._bundle = bundle

    @property
    def text(self):
        """The content as plain text."""
        return self._bundle["text/plain"]

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self._bundle


def table(frame, caption, digits=3):
    """Show a small table with a caption; its first column heads the rows.

    Parameters
    ----------
    frame : pandas.DataFrame
    caption : str
    digits : int
        Significant digits of the floats.
    """
    cells = [[number_text(v, digits) for v in row] for row in frame.itertuples(index=False)]
    return bundle(caption, [str(c) for c in frame.columns], cells)


def reading(text, /, **values):
    """A sentence computed from the data: the words come from the notebook, the values from the data.

    Values are put in by name with Python's format language; a text value is treated as text, whatever it holds.

    >>> reading("{n:,} of {who} came back ({share:.1%})", n=946, who="<b>all</b>", share=.4014).text
    '946 of <b>all</b> came back (40.1%)'
    """
    said = string.Formatter().vformat(text, (), values)
    page = f"<p><strong>Reading.</strong> {html.escape(said)}</p>"
    return Shown({"text/plain": said, "text/html": page, READING: {"text": said}})


def note(text, **carried):
    """A line on what was done, in small print; further formats of the output may be carried with it."""
    page = f"<p><small>{html.escape(text)}</small></p>"
    return Shown({"text/plain": text, "text/html": page, NOTE: {"text": text}, **carried})


def number_text(value, digits=4):
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, (pd.Timestamp,)):
        return value.date().isoformat()
    if isinstance(value, bool) or not hasattr(value, "__round__"):
        return str(value)
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    size = math.floor(math.log10(abs(value)))
    return f"{round(value, max(digits - 1 - size, 0)):,.{max(digits - 1 - size, 0)}f}"


def bundle(caption, header, cells, **extra):
    rows = "".join(
        f"<tr><th scope='row'>{html.escape(row[0])}</th>"
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in cells
    )
    heads = "".join(f"<th scope='col'>{html.escape(name)}</th>" for name in header)
    widths = [max(len(line[i]) for line in [header, *cells]) for i in range(len(header))]
    plain = "\n".join(
        "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in [header, *cells]
    )
    page = f"<table><caption>{html.escape(caption)}</caption><tr>{heads}</tr>{rows}</table>"
    content = {"caption": caption, "header": header, "rows": cells, **extra}
    return Shown({"text/plain": f"{caption}\n{plain}", "text/html": page, TABLE: content})
