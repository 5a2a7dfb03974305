"""The page a manager reads, made from an executed notebook.

Nothing but text, tables and pictures comes through: prose is Markdown with raw HTML switched off, tables and readings are taken as data and
escaped by the template, pictures are embedded. Code stays in the notebook.
"""

import re
from functools import cache
from pathlib import Path

import jinja2
import mistune

from cxresearch.currency import MARKS
from cxresearch.display import FIGURE, NOTE, READING, TABLE, visible
from cxresearch.kernels.sections import LEFT_OUT, heading
from cxresearch.report.pages.layout import APPENDIX, Place, appendix_of, figures_first
from cxresearch.report.pages.tables import laid_out
from cxresearch.words import money

TEMPLATES = Path(__file__).parent / "template"
_NUMBER = rf"[-+−]?(?:[{''.join(MARKS.values())}]|[A-Z]{{3}}\s)?[\d,.]+(?:\s(?:m|bn))?%?"  # an amount bears its mark and its scale
NUMBER_LIKE = re.compile(rf"(–|\d{{4}}-\d\d-\d\d|{_NUMBER}( to {_NUMBER})?( points)?)?")


def title(notebook):
    """The notebook's title: the first heading of its first cell."""
    for line in notebook.cells[0].source.splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    raise ValueError("the first cell of a notebook is its title, a line that begins with '# '")


def blocks(notebook):
    """The parts of a page in order: each a dict with ``kind`` and its content, ``section``, the anchor of the heading that it stands under, and
    ``appendix`` where the heading cell of that section, or of one around it, is tagged so: the level of that heading.

    The title is left to the page, and the answer to its question comes first; of a section that was left out its heading stays, without those of the sections within it, and the line that says why. Outputs that are neither a table, a reading nor a picture are shown as plain text. Prose tagged
    ``only-with-results`` is left out where nothing is shown under it. Figures stand before tables; see :func:`~cxresearch.report.pages.layout.figures_first`.
    """
    parts, outer = [], 0  # the level of the section left out that the cells before belong to
    alone = None  # where the parts of a cell begin that are left out unless something follows
    place = Place()
    for i, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        is_left_out = LEFT_OUT in tags
        outer = outer if is_left_out else 0
        made = []
        if cell.cell_type == "markdown" and i == 0:
            made = [{"kind": "prose", "source": cell.source.partition("\n")[2]}]
        elif cell.cell_type == "markdown":
            parts, alone = parts[:alone], None
            level, text = heading(cell)
            is_within = is_left_out and (
                level < 2 or 0 < outer < level
            )  # of a section whose heading has said it
            if level and not is_within:
                made = [place.heading(level, text, APPENDIX in tags)]
            rest = cell.source.lstrip().partition("\n")[2] if level else cell.source
            if is_left_out:
                outer = outer if is_within else level
            elif rest.strip():
                made.append({"kind": "prose", "source": rest})
            alone = len(parts) if "only-with-results" in tags else None
        shown = [part for output in cell.get("outputs", []) for part in output_parts(output)]
        alone = None if shown else alone
        parts += [part | place.marks for part in [*made, *shown]]
    parts = parts[:alone]
    opening = [part for part in parts if "question" in part]
    rest = [part for part in parts[1:] if "question" not in part]
    return parts[:1] + opening + figures_first(rest)


def left_out(notebook):
    """Heading and reason of each section that could not be assessed."""
    title = ""
    for cell in notebook.cells:
        title = heading(cell)[1] or title
        for output in cell.get("outputs", []):
            why = output.get("data", {}).get(NOTE, {}).get("left_out")
            if why:
                yield title, why


def output_parts(output):
    """One output of a notebook as parts of a page: at most one, and none for what goes to stderr."""
    data = output.get("data", {})
    if TABLE in data:
        return [{"kind": "table", **data[TABLE]}]
    if READING in data:
        return [{"kind": "reading", **data[READING]}]
    if NOTE in data:
        return [{"kind": "note", **data[NOTE]}]
    if FIGURE in data:
        return [{"kind": "figure", "png": data["image/png"].replace("\n", ""), **data[FIGURE]}]
    text = data.get("text/plain") or output.get("text", "")
    return [{"kind": "text", "text": text}] if text and output.get("name") != "stderr" else []


def render(template, **context):
    """Fill one of the templates; every value is escaped. A style sheet of the template's own name follows that of all pages."""
    sheets = [TEMPLATES / "style.css", TEMPLATES / template.replace(".html.j2", ".css")]
    style = jinja2.filters.Markup("".join(sheet.read_text() for sheet in sheets if sheet.is_file()))
    return _environment().get_template(template).render(style=style, **context)


@cache
def _environment():
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: visible(value) if isinstance(value, str) else value,
    )
    environment.filters["markdown"] = _markdown
    environment.filters["money"] = money
    environment.filters["appendix_of"] = appendix_of
    environment.filters["inline"] = _inline
    environment.filters["laid_out"] = laid_out
    environment.tests["number_like"] = lambda cell: NUMBER_LIKE.fullmatch(cell) is not None
    return environment


@cache
def _prose():
    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


def _markdown(source):
    return jinja2.filters.Markup(_prose()(visible(source)))


def _inline(source):
    """The text of a heading: Markdown within a line."""
    made = _prose()(visible(" ".join(source.split())))
    return jinja2.filters.Markup(made.strip().removeprefix("<p>").removesuffix("</p>"))
