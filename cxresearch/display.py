"""What a notebook shows: tables and readings, each displayed in JupyterLab and carried as data.

A page is built from the data alone; it never takes HTML from a notebook. What JupyterLab shows is text too: the HTML is kept from the
typesetting of formulas, in which a dollar sign of the data would begin a formula and ``\\href`` a live link, and holds no control
characters that hide or reorder what is written.
"""

import html
import math
import os
import re
import string

from cxresearch.currency import mark
from cxresearch.environment import RUN
from cxresearch.words import (
    SUPPRESSED,
    UNITS,
    count_text,
    is_missing,
    money,
    number_text,
    supported,
    unsigned_zero,
    value_text,
)

TABLE = "application/vnd.cxresearch.table+json"
READING = "application/vnd.cxresearch.reading+json"
FIGURE = "application/vnd.cxresearch.figure+json"
NOTE = "application/vnd.cxresearch.note+json"
PRIVATE = (
    "application/vnd.cxresearch.private."  # how formats begin that no page and no published notebook may hold
)

BASES = {
    *("customers", "respondents", "rated contacts", "base", "people", "invited", "up for it"),
    *("low answers", "high answers"),
}
# The columns of a table, or of a picture's numbers, that count people or what stands on people.
PEOPLE = BASES | {"contacts", "rated", "answered", "missing", "in the analysis", "leavers", "held out"}
QUESTIONS = (  # of the board, in the order of its first screen
    *("Is our CRM programme healthy?", "Who is leaving?", "What makes customers loyal?"),
    *("Where is the experience uneven?", "What should we fix first?"),
)
WHOLE = re.compile(r"\d+|\d{1,3}(,\d{3})+")
REFUSED_ROWS = re.compile(
    r" in \d+ rows? \(first: .*\)$", re.DOTALL
)  # as `cxresearch.inputs.reject` names them
NUMBER = re.compile(r"^[-+−]?\d")


CONTROLS = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
AS_IT_IS = "class='mathjax_ignore tex2jax_ignore'"  # for MathJax 3 and 2: nothing in here is a formula


def visible(value):
    """A value whose texts, however deep, are free of the control characters that hide or reorder what is written.

    >>> visible({"label": ["a\\u202eb", 5]})
    {'label': ['a\ufffdb', 5]}
    """
    if isinstance(value, str):
        return type(value)(CONTROLS.sub("\ufffd", value)) if CONTROLS.search(value) else value
    if isinstance(value, list | tuple):
        return [visible(part) for part in value]
    if isinstance(value, dict):
        return {visible(key): visible(part) for key, part in value.items()}
    return value


class Shown:
    """One output of a notebook, as several formats of the same content."""

    def __init__(self, bundle):
        self._bundle = {
            mime: kept if mime.startswith(PRIVATE) else visible(kept) for mime, kept in bundle.items()
        }

    @property
    def text(self):
        """The content as plain text."""
        return self._bundle["text/plain"]

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self._bundle


class Nothing(Shown):
    """What there is nothing to say of: displayed, it shows nothing."""

    def __init__(self):
        super().__init__({"text/plain": ""})

    def _ipython_display_(self):
        pass


def table(frame, caption, digits=3, formats=None):
    """Show a small table with a caption; its first column heads the rows. An empty frame shows nothing.

    Parameters
    ----------
    frame : pandas.DataFrame
    caption : str
    digits : int
        Significant digits of the floats.
    formats : dict, optional
        Column → how its numbers are written: their unit, as of :func:`cxresearch.words.value_text` (``{"budget": "money"}`` bears the mark of
        the currency), or Python's format language: ``{"share": ".1%"}``.

    Notes
    -----
    A column named in `PEOPLE` is stated to the nearest ten. Where one named in `BASES` is under 10, the numbers of the row are withheld.

    >>> import pandas as pd
    >>> calls = pd.DataFrame({"channel": ["fax", "web"], "customers": [7, 804], "mean": [7.5, 6.41]})
    >>> print(table(calls, "Calls").text)
    Calls
    channel  customers        mean
    fax      fewer than 10    withheld
    web      800              6.41
    """
    if not len(frame):
        return Nothing()
    header = [str(name) for name in frame.columns]
    formats = [(formats or {}).get(name) for name in frame.columns]
    cells = [
        [_cell(v, f, digits) for v, f in zip(row, formats, strict=True)]
        for row in frame.itertuples(index=False)
    ]
    return bundle(caption, header, [_without_handfuls(header, row) for row in cells])


def _cell(value, written, digits):
    """A value of a table as text: in its unit, in Python's format, or as a number."""
    if written is None or is_missing(value):
        return number_text(value, digits)
    return value_text(value, written, digits) if written in UNITS else unsigned_zero(f"{value:{written}}")


class _Words(string.Formatter):
    """Python's format language, without a sign before a zero."""

    def format_field(self, value, spec):
        text = super().format_field(value, spec)
        return unsigned_zero(text) if spec else text


def reading(text, cautions=None, /, **values):
    """A sentence computed from the data: the words come from the notebook, the values from the data.

    Values are put in by name with Python's format language; a text value is treated as text, whatever it holds. `cautions` say in half a
    sentence what a metric of the same notebook must not be read without: they stand beside it on the board page.

    >>> reading("{n:,} of {who} came back ({share:.1%})", n=946, who="<b>all</b>", share=.4014).text
    '946 of <b>all</b> came back (40.1%)'
    """
    sentence = _Words().vformat(text, (), values)
    page = f"<p {AS_IT_IS}><strong>Reading.</strong> {html.escape(sentence)}</p>"
    content = {"text": sentence} | ({"cautions": dict(cautions)} if cautions else {})
    return Shown({"text/plain": sentence, "text/html": page, READING: content})


def finding(label, text, /, at_stake=None, within="12 months", of="money", **values):
    """A reading that belongs on the board page, with the money that depends on it.

    Parameters
    ----------
    label : str
        What it is about, in a few words.
    text : str
        As of :func:`reading`.
    at_stake : tuple of three floats, optional
        Money that depends on it: estimate, low and high of its 95% interval. The board page orders its findings by it.
    within : str
        The time after the report's date in which the money would come or go.
    of : str
        What the money is: profit, revenue, contribution, cost … Only findings of one kind of money within one time share a picture.
    **values
        As of :func:`reading`.

    Raises
    ------
    ValueError
        Where `at_stake` is not an estimate within its own interval.

    Examples
    --------
    >>> from cxresearch.currency import counting_in
    >>> with counting_in("EUR"):
    ...     print(finding("Renewals", "{n} are up for renewal.", n=120, at_stake=(9000, 6500, 12000)).text)
    120 are up for renewal. At stake within 12 months: €9,000 (€6,500 to €12,000).
    >>> with counting_in(None):
    ...     print(finding("Renewals", "{n} are up.", n=120, at_stake=(9000, 6500, 12000), of="revenue").text)
    120 are up. At stake within 12 months: revenue of 9,000 (6,500 to 12,000).
    """
    shown = reading(text, **values)
    content = {"text": shown.text, "label": str(label)}
    if at_stake is not None:
        estimate, low, high = (float(value) for value in at_stake)
        if not (math.isfinite(low) and math.isfinite(high) and low <= estimate <= high):
            raise ValueError(
                f"at_stake is {estimate:g} ({low:g} to {high:g}), no estimate within its interval"
            )
        estimate, low, high = supported(estimate, low, high)
        content |= {"at_stake": [estimate, low, high], "within": str(within), "of": str(of)}
    sentence = " ".join(filter(None, [shown.text, money(content)]))
    page = f"<p {AS_IT_IS}><strong>Finding.</strong> {html.escape(sentence)}</p>"
    return Shown({"text/plain": sentence, "text/html": page, READING: content})


def answer(question, text, /, clause="", **values):
    """The answer to a question of the board: the page opens with it, and the first screen of the report holds it.

    Parameters
    ----------
    question : str
    text : str
        As of :func:`reading`.
    clause : str
        The same in a few words, from which the board makes the sentence on top; empty where nothing stands out.
    **values
        As of :func:`reading`.

    Examples
    --------
    >>> print(answer("Who is leaving?", "About {n} customers.", n=110).text)
    Who is leaving? About 110 customers.
    """
    shown = reading(text, **values)
    page = f"<p {AS_IT_IS}><strong>{html.escape(question)}</strong> {html.escape(shown.text)}</p>"
    content = {"text": shown.text, "question": str(question)} | ({"clause": str(clause)} if clause else {})
    return Shown({"text/plain": f"{question} {shown.text}", "text/html": page, READING: content})


def note(text, **handed_over):
    """A line on what was done, in small print.

    Parameters
    ----------
    text : str
    **handed_over
        Further content by name, for the run of a report to take out again (`take`) before anything is published. It is carried in a run
        only: a notebook that is saved in JupyterLab holds none of it.
    """
    page = f"<p {AS_IT_IS}><small>{html.escape(text)}</small></p>"
    carried = (
        {f"{PRIVATE}{name}+json": kept for name, kept in handed_over.items()} if os.environ.get(RUN) else {}
    )
    return Shown({"text/plain": text, "text/html": page, NOTE: {"text": text}, **carried})


def not_assessed(why):
    """The line in place of a question that cannot be answered.

    Parameters
    ----------
    why : str
        Half a sentence, as of :class:`~cxresearch.errors.NotEnough`; the rows that a refusal names stay out.
    """
    why = REFUSED_ROWS.sub("", why)
    text = f"Not assessed: {why}."
    return Shown(
        {
            "text/plain": text,
            "text/html": f"<p {AS_IT_IS}><small>{html.escape(text)}</small></p>",
            NOTE: {"text": text, "left_out": why},
        }
    )


def _without_handfuls(header, row):
    """The cells of a row with its numbers of people to the nearest ten; its numbers withheld where it rests on a handful."""
    counts = {
        at: int(cell.replace(",", ""))
        for at, cell in enumerate(row)
        if header[at] in PEOPLE and WHOLE.fullmatch(cell)
    }
    is_small = any(0 < count < SUPPRESSED for at, count in counts.items() if header[at] in BASES)
    return [
        count_text(counts[at])
        if at in counts
        else "withheld"
        if is_small and at and NUMBER.search(cell.replace(mark(), "", 1))
        else cell
        for at, cell in enumerate(row)
    ]


def take(notebook, name):
    """Take what the notes of an executed notebook hand over under a name; it is changed in place and holds none of it afterwards.

    Yields
    ------
    object
        The content, in order of the cells.
    """
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            content = output.get("data", {}).pop(f"{PRIVATE}{name}+json", None)
            if content is not None:
                yield content


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
    page = f"<table {AS_IT_IS}><caption>{html.escape(caption)}</caption><tr>{heads}</tr>{rows}</table>"
    content = {"caption": caption, "header": header, "rows": cells, **extra}
    return Shown({"text/plain": f"{caption}\n{plain}", "text/html": page, TABLE: content})
