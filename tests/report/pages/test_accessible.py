"""What axe-core would find, as far as the text of a page shows it; `make accessibility` asks axe-core itself, in Chromium."""

import itertools
from collections import Counter

import html5lib
import nbformat
import pytest
from paths import ROOT

from cxresearch.report.pages import forecasts, glossary, layout, methods, navigation, page
from tests.report.pages.test_layout import book, code, md, recorded, rendered
from tests.report.pages.test_page import ABOUT, board_of, made, picture

BOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def faults(text):
    """Yield a line per fault of a page."""
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    found = list(tree.iter())
    tags = Counter(node.tag for node in found)
    ids = Counter(node.attrib["id"] for node in found if "id" in node.attrib)
    yield from (f"id {name} occurs {count} times" for name, count in ids.items() if count > 1)
    yield from (f"{tags[tag]} {tag}" for tag in ("main", "h1", "title") if tags[tag] != 1)
    yield from (tag for tag in ("script", "iframe", "object", "form", "link") if tags[tag])
    if not next(node for node in found if node.tag == "html").attrib.get("lang"):
        yield "no language"
    levels = [int(node.tag[1]) for node in found if node.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    yield from (f"h{a} is followed by h{b}" for a, b in itertools.pairwise([0, *levels]) if b > a + 1)
    named = [node.attrib.get("aria-label") for node in found if node.tag == "nav"]
    yield from ("two landmarks of one name",) if len(set(named)) < len(named) or None in named else ()
    for node in found:
        words = " ".join("".join(node.itertext()).split())
        if node.tag == "img" and not node.attrib.get("alt", "").strip():
            yield "a picture without alt text"
        if node.tag == "svg" and not (node.attrib.get("role") == "img" and node.attrib.get("aria-label")):
            yield "a drawing without a name"
        if node.tag == "table":
            heads = [one for one in node.iter() if one.tag == "th"]
            if not heads or any(one.attrib.get("scope") not in ("row", "col") for one in heads):
                yield "a table without headers"
            if not any(one.tag == "caption" and "".join(one.itertext()).strip() for one in node):
                yield "a table without a caption"
            yield from ("an empty header" for one in heads if not "".join(one.itertext()).strip())
        if node.tag == "details" and next(iter(node)).tag != "summary":
            yield "a fold without a summary"
        if node.tag in ("a", "summary", "h1", "h2", "h3", "h4") and not words:
            yield f"an empty {node.tag}"
        if int(node.attrib.get("tabindex", 0)) > 0 or (
            node.tag == "a" and node.attrib.get("tabindex") == "-1"
        ):
            yield "an order of its own"
        if "tabindex" in node.attrib and not (
            node.attrib.get("role") and node.attrib.get("aria-label", "").strip()
        ):
            yield "a stop without a name"
        target = node.attrib.get("href", "")
        if target.startswith("#") and target[1:] not in ids and target != "#harmful-link":
            yield f"a link to nowhere: {target}"
        if node.attrib.get("name") == "viewport" and (
            "user-scalable=no" in node.attrib["content"] or "maximum-scale" in node.attrib["content"]
        ):
            yield "no zoom"


def with_everything():
    parts = page.blocks(
        book(
            md("## A\nWhy."),
            code(recorded(40), picture("What is drawn")),
            md("### B", "appendix"),
            code(recorded()),
        )
    )
    return rendered(parts)


@pytest.mark.parametrize(
    "name", ["page", "appendix", "any notebook", "board", "glossary", "methods", "forecasts"]
)
def test_pages_are_for_everyone(name, tmp_path):
    texts = {
        "page": lambda: with_everything()[0],
        "appendix": lambda: with_everything()[1],
        "any notebook": lambda: made("word"),
        "board": lambda: board_of("word", tmp_path),
        "glossary": lambda: glossary.render(ABOUT),
        "methods": lambda: methods.render(ABOUT),
        "forecasts": lambda: page.render(
            "forecasts.html.j2", heading=forecasts.HEADING, blocks=[], unresolved=["orders: not yet"], **ABOUT
        ),
    }
    assert list(faults(texts[name]())) == []


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)
def test_the_pages_of_the_suite_are_for_everyone(path):
    """From their stored outputs: both pages of each notebook, with all links between them."""
    stored = nbformat.read(path, as_version=4)
    stays, moved = layout.split(page.blocks(stored), f"{path.stem}.html")
    one = {"page": f"{path.stem}.html", "title": page.title(stored), "parts": stays, "appendix": moved}
    stand = navigation.around([one])
    anchors = {}
    for at, parts in ((one["page"], stays), (layout.appendix_of(one["page"]), moved)):
        if parts:
            text = page.render(
                "notebook.html.j2", heading=one["title"], blocks=parts, around=stand[at], **ABOUT
            )
            assert list(faults(text)) == []
            anchors[at] = {part["anchor"] for part in parts if part["kind"] == "heading"}
    for part in [*stays, *moved]:
        places = [link["href"] for link in part["links"]] if part["kind"] == "links" else []
        for target in [*places, layout.place(one["page"], part)]:
            at, _, anchor = target.partition("#")
            assert not anchor or anchor in anchors[at], target


def test_the_test_sees_what_is_wrong():
    wrong = (
        "<title>t</title><main><h1>a</h1><h3>b</h3><img src=x><table><tr><td>1</td></tr></table><a href='#no'>x</a>"
        "<div tabindex=0>y</div><nav></nav></main><script></script>"
    )
    assert {*faults(wrong)} == {
        *(
            "script",
            "no language",
            "h1 is followed by h3",
            "a picture without alt text",
            "a table without headers",
        ),
        *(
            "a table without a caption",
            "a link to nowhere: #no",
            "a stop without a name",
            "two landmarks of one name",
        ),
    }
