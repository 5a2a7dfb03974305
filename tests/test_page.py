"""The page: nothing live from the data, readable by everyone."""

import base64

import html5lib
import nbformat
import pandas as pd
import pytest

from cxresearch import display
from cxresearch.charts import Figure
from cxresearch.report import page

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(1)</script>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    '" onload="alert(1)',
    "{{ 7 * 7 }}",
]
ABOUT = {
    "period": "1997Q3",
    "as_of": "1997-09-30",
    "source": "cdnow",
    "version": "0",
    "fingerprint": {"orders": "abc"},
}


def output(shown):
    return nbformat.v4.new_output("display_data", data=dict(shown._repr_mimebundle_()))


def picture(text):
    figure = Figure(1)
    figure.panel().plot([1, 2])
    return figure.say(text, text, pd.DataFrame({text: [text]}))


def made(text):
    """A page in which `text` stands wherever data can stand."""
    cell = nbformat.v4.new_code_cell("secret_code()")
    cell.outputs = [
        output(display.table(pd.DataFrame({text: [text], "other": [text]}), text)),
        output(display.reading("{x}", x=text)),
        output(picture(text)),
        nbformat.v4.new_output("execute_result", data={"text/plain": text, "text/html": f"<b>{text}</b>"}),
        nbformat.v4.new_output("stream", name="stdout", text=text),
        nbformat.v4.new_output("stream", name="stderr", text="noise"),
    ]
    cells = [
        nbformat.v4.new_markdown_cell(f"# Title\n\n{text}"),
        cell,
        nbformat.v4.new_markdown_cell("## Limits\n\nNone."),
    ]
    book = nbformat.v4.new_notebook(cells=cells)
    about = ABOUT | {"period": text, "source": text, "fingerprint": {text: text}}
    return page.render("notebook.html.j2", heading=text, blocks=page.blocks(book), **about)


def nodes(text):
    return list(html5lib.parse(text, namespaceHTMLElements=False).iter())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_yields_no_live_node(text):
    plain, hostile = nodes(made("word")), nodes(made(text))
    skip = {"a", "p", "em", "br"}  # what Markdown may make of a link that is refused
    assert [n.tag for n in hostile if n.tag not in skip] == [n.tag for n in plain if n.tag not in skip]
    for node in hostile:
        assert node.tag not in ("script", "iframe", "object", "embed", "link", "base", "form")
        for name, value in node.attrib.items():
            assert not name.startswith("on")
            if name in ("src", "href"):
                assert value.startswith("data:image/png;base64,") or value in ("index.html", "#harmful-link")
    assert "49" not in made("{{ 7 * 7 }}").replace("base64", "")[:3000].split("</style>")[1][:600]


def test_characters_that_reorder_text_are_shown_as_replaced():
    assert "\u202e" not in made("abc\u202edef")
    assert "abc\ufffddef" in made("abc\u202edef")


def test_the_page_has_no_code_and_no_noise():
    text = made("word")
    assert "secret_code" not in text
    assert "noise" not in text


def test_a_reader_with_a_screen_reader_finds_the_way():
    found = nodes(made("What it shows"))
    assert [n.tag for n in found if n.tag in ("h1", "h2", "h3")] == ["h1", "h2"]
    assert next(n for n in found if n.tag == "html").attrib["lang"] == "en"
    image = next(n for n in found if n.tag == "img")
    assert image.attrib["alt"] == "What it shows"
    assert base64.b64decode(image.attrib["src"].split(",")[1]).startswith(b"\x89PNG")
    assert all(n.attrib.get("scope") in ("row", "col") for n in found if n.tag == "th")
    assert all(any(c.tag == "caption" for c in n) for n in found if n.tag == "table")


def test_html5_without_parse_errors():
    parser = html5lib.HTMLParser(strict=True)
    assert parser.parse(made("word")) is not None


def test_a_picture_must_say_what_it_shows():
    with pytest.raises(ValueError, match="alt text"):
        Figure(1)._repr_mimebundle_()


def test_a_notebook_must_have_a_title():
    with pytest.raises(ValueError, match="title"):
        page.title(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("no heading")]))
