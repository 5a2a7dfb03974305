"""A page and its appendix: figures before tables, methods and long tables folded, links both ways, nothing lost."""

import itertools
import json

import html5lib
import nbformat
import pandas as pd
import pytest
from paths import ROOT

from cxresearch import display
from cxresearch.report import results
from cxresearch.report.pages import layout, navigation, page
from cxresearch.report.pages.tables import LONG, SLACK, laid_out
from tests.report.pages.test_page import ABOUT, output, picture
from tests.report.test_report import go, results_of  # noqa: F401

BOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def md(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def code(*shown):
    return nbformat.v4.new_code_cell("", outputs=[output(one) for one in shown])


def book(*cells):
    return nbformat.v4.new_notebook(cells=[md("# Title"), *cells])


def recorded(n=3, method="Wilson score", base=400, name="rate"):
    rows = pd.DataFrame(
        {"metric": [f"{name} {i}" for i in range(n)], "estimate": 0.5, "low": 0.4, "high": 0.6}
    )
    return results.record(rows.assign(n=base, method=method, unit="share"), "Rates")


def nodes(text):
    return list(html5lib.parse(text, namespaceHTMLElements=False).iter())


def rendered(parts, name="07.html"):
    stays, moved = layout.split(parts, name)
    books = [{"page": name, "title": "Title", "parts": stays, "appendix": moved, "question": ""}]
    stand = navigation.around(books)
    return [
        page.render("notebook.html.j2", heading="Title", blocks=these, around=stand[at], **ABOUT)
        for at, these in ((name, stays), (layout.appendix_of(name), moved))
        if these
    ]


def kinds(parts):
    return [part["kind"] for part in parts]


def test_a_figure_stands_before_the_tables_beside_it_but_not_before_a_reading():
    said = display.reading("It is so.")
    parts = page.blocks(
        book(md("## A"), code(recorded()), code(picture("p")), code(said), code(picture("q")))
    )
    assert kinds(parts) == ["prose", "heading", "figure", "table", "reading", "figure"]
    parts = page.blocks(book(md("## A"), code(recorded()), md("Now for the picture."), code(picture("p"))))
    assert kinds(parts) == ["prose", "heading", "table", "prose", "figure"]


def test_sections_tagged_so_go_to_the_appendix_with_those_within_and_no_others():
    parts = page.blocks(
        book(
            md("## Main\nWhy."), code(recorded()),
            md("### Detail", "appendix"), code(recorded(name="detail")),
            md("#### Deeper"), code(recorded(name="deeper")),
            md("### Kept"), code(recorded(name="kept")),
            md("## Apart", "appendix"), md("### Inside"), code(recorded(name="inside")),
            md("## Limits"),
        )
    )  # fmt: skip
    stays, moved = layout.split(parts, "07.html")
    assert [(p["text"], p["level"]) for p in stays if p["kind"] == "heading"] == [
        ("Main", 2),
        ("Kept", 3),
        ("Limits", 2),
    ]
    assert [(p["text"], p["level"]) for p in moved if p["kind"] == "heading"] == [
        *(("Detail", 2), ("Deeper", 3), ("Apart", 2), ("Inside", 3))
    ]
    there = [link for p in stays if p["kind"] == "links" for link in p["links"]]
    assert [link["href"] for link in there] == ["07_appendix.html#detail"]
    back = [link for p in moved if p["kind"] == "links" for link in p["links"]]
    assert [link["href"] for link in back] == ["07.html#main"]
    tables = [p["rows"][0][0] for p in [*stays, *moved] if p["kind"] == "table"]
    assert tables == ["rate 0", "kept 0", "detail 0", "deeper 0", "inside 0"]
    first, second = rendered(parts)
    assert 'href="07_appendix.html"' in first and 'href="07.html"' in second
    for text in (first, second):
        levels = [int(n.tag[1]) for n in nodes(text) if n.tag in ("h1", "h2", "h3", "h4")]
        assert all(later <= level + 1 for level, later in itertools.pairwise(levels))


def test_the_answer_of_a_section_in_the_appendix_still_opens_the_page():
    said = display.answer(display.QUESTIONS[0], "It is.")
    parts = page.blocks(book(md("## Apart", "appendix"), code(recorded(), said)))
    stays, moved = layout.split(parts, "01.html")
    assert kinds(stays) == ["prose", "reading"] and kinds(moved) == ["heading", "table"]
    assert layout.place("01.html", stays[1]) == "01_appendix.html#apart"


def test_two_sections_of_one_name_or_of_none_have_anchors_of_their_own():
    parts = page.blocks(book(md("## Same"), md("## Same"), md("## Опыт"), md("## 客户")))
    assert [p["anchor"] for p in parts if p["kind"] == "heading"] == [
        "same",
        "same-2",
        "section",
        "section-2",
    ]


def test_a_heading_may_hold_anything_and_skips_no_level():
    parts = page.blocks(book(md("## <script>alert(1)</script> *so* \n\ntext"), md("##### Deep"), md("# One")))
    (text,) = rendered(parts)
    found = nodes(text)
    assert "script" not in {n.tag for n in found}
    assert [n.tag for n in found if n.tag in ("h1", "h2", "h3", "h4", "h5")] == ["h1", "h2", "h3", "h2"]


def test_prose_that_needs_results_goes_with_its_heading_where_nothing_follows():
    parts = page.blocks(
        book(md("## A"), md("### B\nWhy.", "only-with-results"), md("## C"), code(recorded()))
    )
    assert [p["text"] for p in parts if p["kind"] == "heading"] == ["A", "C"]
    parts = page.blocks(book(md("### B\nWhy.", "only-with-results"), code(recorded())))
    assert kinds(parts) == ["prose", "heading", "prose", "table"]
    assert kinds(page.blocks(book(md("### B\nWhy.", "only-with-results")))) == ["prose"]


def test_methods_fold_away_and_say_which_number_each_made():
    rows = pd.DataFrame({"metric": ["a", "b"], "estimate": 0.5, "low": 0.4, "high": 0.6, "n": [20, 400]})
    rows["method"] = ["Wilson score", "bootstrap (1,000 resamples)"]
    (part,) = page.output_parts(output(results.record(rows, "Rates", of="projects")))
    made = laid_out(part)
    assert made["header"] == ["", "estimate", "95% interval", "base"]
    assert made["shown"][0] == {
        "cells": ["a", "0.50", "0.40 to 0.60", "20"],
        "mark": "indicative: small base",
    }
    assert {m["method"]: m["of"] for m in made["methods"]} == {
        "Wilson score": ["a"],
        "bootstrap (1,000 resamples)": ["b"],
    }
    (text,) = rendered([part])
    found = nodes(text)
    folded = next(n for n in found if n.tag == "details")
    assert "".join(folded.itertext()).split("\n")[1] == "How these were computed"
    assert "bootstrap (1,000 resamples)" in "".join(folded.itertext())
    assert [n.text for n in found if n.tag == "small"] == ["indicative: small base"]
    assert "method" not in [n.text for n in found if n.tag == "th"]


def test_a_table_that_was_not_recorded_keeps_its_columns():
    frame = pd.DataFrame({"name": ["a"], "method": ["by hand"]})
    (part,) = page.output_parts(output(display.table(frame, "How")))
    assert laid_out(part)["header"] == ["name", "method"]


@pytest.mark.parametrize(
    ("n", "folded"), [(LONG, 0), (LONG + SLACK, 0), (LONG + SLACK + 1, SLACK + 1), (400, 400 - LONG)]
)
def test_the_rest_of_a_long_table_is_folded_and_nothing_is_lost(n, folded):
    (part,) = page.output_parts(output(recorded(n)))
    made = laid_out(part)
    assert len(made["rest"]) == folded
    assert [line["cells"][0] for line in made["shown"] + made["rest"]] == [f"rate {i}" for i in range(n)]
    (text,) = rendered([part])
    assert (f"The other {folded} rows" in text) == bool(folded)
    assert text.count("<caption><span>Rates, rows 13 to") == bool(folded)
    assert ("results.json" in text) == bool(folded)


def test_pages_follow_the_questions_of_the_board_and_data_quality_comes_last():
    order = {path.stem: nbformat.read(path, as_version=4) for path in BOOKS}
    books = [{"page": f"{stem}.html", "question": navigation.question(made)} for stem, made in order.items()]
    names = [
        one["page"][:2]
        for one in navigation.in_order(books)
        if one["page"][:2] in {"00", "01", "02", "03", "05", "06", "07"}
    ]
    assert names == ["01", "02", "06", "07", "05", "03", "00"]
    assert {one["question"] for one in books} <= {"", *display.QUESTIONS}


def test_neighbours_are_each_others_and_the_appendix_belongs_to_its_page():
    books = [
        {
            "page": f"0{i}.html",
            "title": f"T{i}",
            "parts": [],
            "appendix": [{"kind": "note", "text": "x"}] * (i == 1),
        }
        for i in range(3)
    ]
    stand = navigation.around(books, [{"page": "forecasts.html", "title": "F"}])
    assert [*stand] == ["00.html", "01.html", "01_appendix.html", "02.html", "forecasts.html"]
    assert stand["00.html"]["before"] is None and stand["forecasts.html"]["after"] is None
    for name in ("01.html", "01_appendix.html"):
        assert (stand[name]["before"]["page"], stand[name]["after"]["page"]) == ("00.html", "02.html")
    assert stand["01_appendix.html"]["main"]["page"] == "01.html"


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("The NPS fell.", "Net promoter score (NPS)"),
        ("late entries", "Late entry"),
        ("By Kaplan–Meier.", "Kaplan–Meier curve"),
        ("Aalen–Johansen, Greenwood's variance", "Aalen–Johansen (cumulative incidence)"),
        ("SPI(t) below 1", "Earned schedule and SPI(t)"),
        ("corrected by Benjamini–Hochberg", "Benjamini–Hochberg correction"),
        ("P(alive) of 0.3", "P(alive)"),
        ("BG/NBD", "BG/NBD"),
    ],
)  # fmt: skip
def test_terms_are_found_as_pages_write_them(text, term):
    assert term in [one["term"] for one in navigation.used([{"kind": "prose", "source": text}])]


def test_words_that_only_hold_a_term_are_none():
    found = navigation.used(
        [
            {
                "kind": "prose",
                "source": "Facebook evacuated the upper drifters; hazardous pace, in time, at what cost, of what age, and how important performance is.",
            }
        ]
    )
    assert found == []


TWO = "import pandas as pd, cxresearch as cx\ncx.report.record(pd.DataFrame({{'metric': ['{0}'], 'estimate': [0.5], 'low': [0.4], 'high': [0.6], 'n': [90], 'method': ['made'], 'unit': ['share']}}), '{0}')"


def test_a_report_has_both_pages_and_one_results_file(go, tmp_path, monkeypatch):  # noqa: F811
    """Ids do not know of the appendix: a section that is moved there keeps its numbers' names."""
    from cxresearch.kernels import nbfiles

    read, tags = nbfiles.read, []

    def with_sections(path):
        made = read(path)
        made.cells.append(md("## Apart", *tags))
        made.cells.append(nbformat.v4.new_code_cell(TWO.format("share")))
        return made

    monkeypatch.setattr(nbfiles, "read", with_sections)
    go(out=tmp_path / "plain", n01_a="1")
    tags.append("appendix")
    go(out=tmp_path / "parted", n01_a="1")
    assert results_of(tmp_path / "plain")["results"] == results_of(tmp_path / "parted")["results"] != []
    (second,) = (tmp_path / "parted").glob("*_appendix.html")
    assert not list((tmp_path / "plain").glob("*_appendix.html"))
    board = (tmp_path / "parted" / "index.html").read_text()
    assert f'href="{second.name}"' in board
    listed = json.loads((tmp_path / "parted" / "results.json").read_text())["pages"]
    assert [one["appendix"] for one in listed] == [second.name]
