"""The page a manager reads, made from an executed notebook.

Nothing but text, tables and pictures comes through: prose is Markdown with raw HTML switched off, tables and readings are taken as data and
escaped by the template, pictures are embedded. Code stays in the notebook.
"""

import re
from functools import cache
from pathlib import Path

import jinja2
import mistune

from cxresearch.display import FIGURE, NOTE, READING, TABLE, visible
from cxresearch.kernels.sections import LEFT_OUT, heading
from cxresearch.words import money

TEMPLATES = Path(__file__).parent / "template"
NUMBER_LIKE = re.compile(r"(–|\d{4}-\d\d-\d\d|[-+−]?[\d,.]+%?( to [-+−]?[\d,.]+%?)?( points)?)?")


def title(notebook):
    """The notebook's title: the first heading of its first cell."""
    for line in notebook.cells[0].source.splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    raise ValueError("the first cell of a notebook is its title, a line that begins with '# '")


def blocks(notebook):
    """The parts of a page in order: each a dict with ``kind`` and its content.

    The title is left to the page, and the answer to its question comes first; of a section that was left out its heading stays, without those of the sections within it, and the line that says why. Outputs that are neither a table, a reading nor a picture are shown as plain text. Prose tagged
    ``only-with-results`` is left out where nothing is shown under it.
    """
    parts, outer = [], 0  # the level of the section left out that the cells before belong to
    for i, cell in enumerate(notebook.cells):
        is_left_out = LEFT_OUT in cell.metadata.get("tags", [])
        outer = outer if is_left_out else 0
        if cell.cell_type == "markdown" and is_left_out:
            level, text = heading(cell)
            if level > 1 and not 0 < outer < level:
                outer = level
                parts.append({"kind": "prose", "source": f"{'#' * level} {text}"})
        elif cell.cell_type == "markdown":
            source = cell.source.split("\n", 1)[1] if i == 0 and "\n" in cell.source else cell.source
            if parts and parts[-1].get("alone"):
                parts.pop()
            is_alone = "only-with-results" in cell.metadata.get("tags", [])
            parts.append({"kind": "prose", "source": source if i or "\n" in cell.source else ""})
            parts[-1] |= {"alone": True} if is_alone else {}
        for output in cell.get("outputs", []):
            parts += output_parts(output)
    parts = parts[:-1] if parts and parts[-1].get("alone") else parts
    opening = [part for part in parts if "question" in part]
    return parts[:1] + opening + [part for part in parts[1:] if "question" not in part]


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
    """Fill one of the templates; every value is escaped."""
    style = jinja2.filters.Markup((TEMPLATES / "style.css").read_text())
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
    environment.tests["number_like"] = lambda cell: NUMBER_LIKE.fullmatch(cell) is not None
    return environment


@cache
def _prose():
    return mistune.create_markdown(escape=True, plugins=["table", "strikethrough"])


def _markdown(source):
    return jinja2.filters.Markup(_prose()(visible(source)))
