"""The page that explains the terms of a report, from ``docs/glossary.md``."""

import re
from functools import cache
from pathlib import Path

from cxresearch.report.pages import page
from cxresearch.report.pages.layout import slug

FILE = "glossary.html"
PACKAGE = Path(__file__).parents[2]
HEADING = re.compile(r"^(#{1,3}) (.+)$", re.MULTILINE)


def render(about):
    """The page *Glossary*, a term per heading, each with an anchor.

    Parameters
    ----------
    about : dict
        What every page says of its origin: period, as_of, source, version, fingerprint.

    Returns
    -------
    str
    """
    parts = terms()
    topics = [
        {"title": title, "terms": [p for p in parts if p["topic"] == title]} for title in _topics(parts)
    ]
    return page.render("glossary.html.j2", heading="Glossary", topics=topics, **about)


@cache
def terms():
    """The terms in the order of the document: each a dict with topic, term, anchor and text (Markdown)."""
    entries, topic = [], ""
    pieces = HEADING.split(document("glossary.md").read_text(encoding="utf-8"))[1:]
    for level, heading, text in zip(pieces[::3], pieces[1::3], pieces[2::3], strict=True):
        if level == "##":
            topic = heading
        elif level == "###":
            entries.append({"topic": topic, "term": heading, "anchor": slug(heading), "text": text.strip()})
    return entries


def _topics(parts):
    return list(dict.fromkeys(part["topic"] for part in parts))


def document(name):
    """Where a document stands: in a checkout beside the package, inside it when installed."""
    inside = PACKAGE / "_docs" / name
    return inside if inside.is_file() else PACKAGE.parent / "docs" / name
