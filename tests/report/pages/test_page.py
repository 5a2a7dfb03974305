"""The page: nothing live from the data, readable by everyone."""

import base64
import datetime
import re

import html5lib
import nbformat
import pandas as pd
import pytest

from cxresearch import display
from cxresearch.charts import Figure
from cxresearch.report.decided import Outcome
from cxresearch.report.decisions import Decision
from cxresearch.report.pages import board, page
from cxresearch.report.verdicts import line
from cxresearch.tables.definitions import Target

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


def test_the_currency_stands_under_the_title_of_every_page():
    told = page.render("notebook.html.j2", heading="x", blocks=[], **ABOUT, currency="EUR")
    assert "data as of 1997-09-30 · money in EUR · " in told
    assert "money in" not in page.render("notebook.html.j2", heading="x", blocks=[], **ABOUT, currency=None)


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


def board_of(text, folder):
    """A board page in which `text` stands wherever data can stand."""
    shows = [display.finding(text, "{x}", x=text, at_stake=(i, i - 1, i + 1)) for i in (5, 9)]
    row = {
        "id": f"07/{text}",
        "notebook": "07",
        "metric": text,
        "unit": "",
        "estimate": 1.0,
        "low": 0.0,
        "high": 2.0,
        "n": 50,
    }
    row |= {"method": text, "flag": "", "headline": True}
    cell = nbformat.v4.new_code_cell("", outputs=[output(shown) for shown in shows])
    parts = page.blocks(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T"), cell]))
    books = [{"page": "07.html", "title": text, "parts": parts}]
    about = ABOUT | {"period": text, "source": text, "fingerprint": {text: text}}
    verdict = {"kind": "hold", "text": text, "reasons": [text, text]}
    was = row | {"estimate": 9.0, "low": 8.0, "high": 10.0}
    before = [{"period": text, "as_of": day, "results": [was]} for day in ("2025-09-30", "2026-06-30")]
    decision = Decision("1", datetime.date(2026, 1, 1), text, datetime.date(2026, 2, 1), text)
    now = board.Now([row], before, [text], [Outcome(decision, text, text)], text)
    missing = [(text, text, True)]
    board.write(folder, books, missing, True, about | {"verdict": verdict}, now, {text: Target(1.5)})
    return (folder / "index.html").read_text()


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
                assert value.startswith("data:image/png;base64,") or value in (
                    *("index.html", "glossary.html", "methods.html"),
                    "#harmful-link",
                )
    assert "49" not in made("{{ 7 * 7 }}").split("</style>")[1][:600]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_yields_no_live_node_on_the_board_page(text, tmp_path):
    plain, hostile = nodes(board_of("word", tmp_path)), nodes(board_of(text, tmp_path))
    assert [n.tag for n in hostile] == [n.tag for n in plain]
    for node in hostile:
        assert not any(name.startswith("on") for name in node.attrib)
        for name in ("src", "href"):
            target = node.attrib.get(name, "")
            assert target.split(",")[0] in (
                *("", "data:image/png;base64", "07.html", "glossary.html", "forecasts.html", "methods.html"),
                *("results.json", "results.parquet"),
            )


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


def test_html5_without_parse_errors(tmp_path):
    for text in (made("word"), board_of("word", tmp_path)):
        assert html5lib.HTMLParser(strict=True).parse(text) is not None


def test_a_picture_stands_above_its_numbers():
    found = nodes(made("word"))
    after = found[[n.tag for n in found].index("figcaption") + 1]
    assert (after.tag, after.attrib["class"], next(iter(after)).tag) == (
        "details",
        "numbers",
        "summary",
    )
    assert any(n.tag == "table" for n in after.iter())
    style = next(n for n in found if n.tag == "style").text
    assert "  details::details-content { content-visibility: visible" in style.partition("@media print")[2]


def test_a_browser_is_told_to_load_and_run_nothing(tmp_path):
    for text in (made("word"), board_of("word", tmp_path)):
        policy = next(n for n in nodes(text) if "http-equiv" in n.attrib).attrib["content"]
        assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
        assert "http:" not in text and "https:" not in text and "@import" not in text


def luminance(colour):
    def linear(part):
        return part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4

    full = colour if len(colour) == 7 else "#" + "".join(2 * sign for sign in colour[1:])
    red, green, blue = (linear(int(full[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_stands_out_from_its_ground():
    """WCAG 2.2, 1.4.3: a contrast of 4.5 at least, for every colour of text on every ground of the style sheet."""
    style = (page.TEMPLATES / "style.css").read_text()
    named = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", style))
    texts = {
        named.get(c.removeprefix("var(--").rstrip(")"), c)
        for c in re.findall(r"[{;\s]color: ([^;]+);", style)
    }
    grounds = {
        named.get(c.removeprefix("var(--").rstrip(")"), c) for c in re.findall(r"background: ([^;]+);", style)
    }
    assert len(texts) >= 4 and len(grounds) == 2
    for text in texts:
        for ground in grounds:
            light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground)


def test_a_picture_must_say_what_it_shows():
    with pytest.raises(ValueError, match="alt text"):
        Figure(1)._repr_mimebundle_()


def test_a_notebook_must_have_a_title():
    with pytest.raises(ValueError, match="title"):
        page.title(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("no heading")]))


@pytest.mark.parametrize(("columns", "many"), [(7, 0), (8, 1), (13, 1)])
def test_a_table_of_many_columns_is_set_smaller_so_that_none_is_cut_off(columns, many):
    shown = display.table(pd.DataFrame([range(columns)], columns=[f"c{i}" for i in range(columns)]), "Wide")
    cell = nbformat.v4.new_code_cell("", outputs=[output(shown)])
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# T"), cell])
    text = page.render("notebook.html.j2", heading="T", blocks=page.blocks(book), **ABOUT)
    assert sum(n.tag == "table" and n.get("class") == "many" for n in nodes(text)) == many


def test_seven_findings_are_one_line_and_a_list_beneath_it():
    reasons = [f"finding {k}" for k in range(7)]
    verdict = line({"verdict": "publish with a warning", "reasons": reasons})
    text = page.render("frame.html.j2", **ABOUT | {"heading": "T", "verdict": verdict})
    assert '<p class="verdict warning">Fit to publish, with a warning: 7 findings</p>' in text
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    assert [item.text for item in tree.iter("li")] == reasons
    alone = line({"verdict": "hold", "reasons": reasons[:1]})
    text = page.render("frame.html.j2", **ABOUT | {"heading": "T", "verdict": alone})
    assert '<p class="verdict hold">Hold: finding 0</p>' in text and "<li>" not in text


@pytest.mark.parametrize("code", [None, "GBP", "CHF", "EUR"])
def test_amounts_are_set_as_figures(code):
    from cxresearch.currency import amount_text, counting_in

    with counting_in(code):
        texts = [amount_text(a) for a in (11_600_000, 464_000, -12.5, 2.1e9)]
    assert all(page.NUMBER_LIKE.fullmatch(one) for one in [*texts, f"{texts[0]} to {texts[1]}", "–", "3.2%"])
    assert not page.NUMBER_LIKE.fullmatch("P000115")
