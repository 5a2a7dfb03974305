"""The slides, opened again: the pages' words and numbers, pictures with alt text, nothing of a small group, nothing over an edge."""

import builtins
import itertools
import zipfile

import nbformat
import pandas as pd
import pytest

from cxresearch import display
from cxresearch.errors import ParameterError
from cxresearch.report import results
from cxresearch.report.pages import board, layout, page
from cxresearch.report.pages.deck import HEIGHT, WIDTH, fitting, height_of, plain
from cxresearch.report.pages.slides import FILE, verdicts, write_slides, writer
from cxresearch.report.pages.standing import standing
from cxresearch.report.proposals import NOTHING
from tests.report.pages.test_page import ABOUT, HOSTILE, output, picture
from tests.report.test_report import go, results_of  # noqa: F401

NOW = ABOUT | {
    "company": "acme",
    "currency": "EUR",
    "verdict": {"kind": "publish", "text": "Fit to publish", "reasons": []},
}
HEALTHY, LEAVING, *_, FIRST = display.QUESTIONS


@pytest.fixture
def pptx():
    return pytest.importorskip("pptx", reason="python-pptx is not here (the extra slides)")


def frame(n, name="rate", **further):
    rows = pd.DataFrame(
        {"metric": [f"{name} {i}" for i in range(n)], "estimate": 0.5, "low": 0.4, "high": 0.6}
    )
    return rows.assign(n=400, method="Wilson score", unit="share").assign(**further)


TO_DO = {
    "what": "Call them",
    "effect": "+3 points",
    "rests_on": "comparison",
    "owner": "Sales",
    "again_on": "1997-12-31",
    "why": "Many are up.",
    "money": "",
    "overturned": "a trial",
    "command": "cxresearch decide data/acme --what='Call them'",
}


def books_of(*shown, question=HEALTHY, text="It is."):
    cell = nbformat.v4.new_code_cell(
        "", outputs=[output(one) for one in (*shown, display.answer(question, "{t}", t=text))]
    )
    cells = [nbformat.v4.new_markdown_cell(source) for source in ("# Title", "## Where it stands")]
    stays, moved = layout.split(page.blocks(nbformat.v4.new_notebook(cells=[*cells, cell])), "01.html")
    return [{"page": "01.html", "title": "Title", "parts": stays, "appendix": moved}]


def deck(path, books, rows=(), about=NOW, history=(), proposed=()):
    found = board.findings(books)
    stands = standing(list(rows), list(history), about)
    write_slides(path / FILE, about, stands, books, found, board.pictures(found), proposed)
    from pptx import Presentation

    return Presentation(path / FILE).slides


def tables(slide):
    return [
        [[cell.text for cell in row.cells] for row in shape.table.rows]
        for shape in slide.shapes
        if shape.has_table
    ]


def kept(book_rows):
    return [row | {"id": row["metric"], "headline": True} for row in book_rows]


def test_every_slide_holds_the_words_and_numbers_of_the_pages(pptx, tmp_path):
    recorded = results.record(frame(3), "Rates")
    rows = recorded._repr_mimebundle_()[display.TABLE]["results"]
    finding = display.finding("Renewals", "Many are up.", at_stake=(9000, 6500, 12000), of="revenue")
    books = books_of(picture("What is drawn"), recorded, finding)
    first, healthy, fix, stake = deck(tmp_path, books, kept(rows), proposed=[TO_DO])
    assert first.shapes.title.text == "Customer research report 1997Q3"
    assert "Fit to publish" in [s.text_frame.text for s in first.shapes if s.has_text_frame]
    cells = [results.cells(row) for row in rows]
    assert tables(first) == [[["measure", "now", "95% interval", "base"], *cells]]
    assert healthy.shapes.title.text == HEALTHY
    assert tables(healthy) == [[["measure", "estimate", "95% interval", "base"], *cells]]
    assert [s._element.nvPicPr.cNvPr.get("descr") for s in healthy.shapes if s.shape_type == 13] == [
        "What is drawn"
    ]
    notes = healthy.notes_slide.notes_text_frame.text
    assert "01.html#where-it-stands" in notes and "Wilson score: rate 0; rate 1; rate 2" in notes
    assert fix.shapes.title.text == FIRST
    assert tables(fix)[0][1] == ["Call them", "+3 points", "comparison", "Sales", "1997-12-31"]
    said = fix.notes_slide.notes_text_frame.text
    assert "Overturned by: a trial" in said and "cxresearch decide" in said
    assert tables(stake)[0][1] == [
        "Renewals",
        "At stake within 12 months: revenue of 9,000 (6,500 to 12,000).",
    ]
    footers = {
        s.text_frame.text
        for slide in (first, healthy, fix, stake)
        for s in slide.shapes
        if s.has_text_frame and "cxresearch" in s.text_frame.text
    }
    assert footers == {"cdnow · 1997Q3 · data as of 1997-09-30 · money in EUR · cxresearch 0"}


def test_small_groups_are_withheld_in_every_part_of_the_file(pptx, tmp_path):
    few = frame(3).assign(n=[400, 7, 800], estimate=[0.5, 0.7123, 0.5], low=0.4, high=0.9)
    shown = results.record(few, "Rates")
    slides = deck(tmp_path, books_of(shown), kept(shown._repr_mimebundle_()[display.TABLE]["results"]))
    assert tables(slides[1])[0][2] == ["rate 1 (base under 10: withheld)", "–", "–", "–"]
    assert tables(slides[0])[0][2] == ["rate 1", "–", "–", "–"]
    with zipfile.ZipFile(tmp_path / FILE) as made:
        text = b"".join(made.read(name) for name in made.namelist() if name.endswith(".xml")).decode()
    assert "71.2" not in text and "0.71" not in text


def overlap(one, other):
    def span(shape):
        return shape.left, shape.left + shape.width, shape.top, shape.top + shape.height

    a, b = span(one), span(other)
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


LONG = "a rather long sentence that says what happened and why it matters to the firm, "


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("short", 1),
        ("short", 70),
        (LONG * 3, 5),
        (LONG * 40, 70),
        ("W" * 900, 3),
        *((one, 2) for one in HOSTILE[:5]),
        ("a\x00b\x1b\u202e", 2),
    ],
)
def test_nothing_overflows_or_overlaps_whatever_stands_there(pptx, tmp_path, text, n):
    shown = results.record(frame(n, name=text[:300]), text[:300])
    rows = kept(shown._repr_mimebundle_()[display.TABLE]["results"])
    shows = [display.finding(f"{text[:20]} {i}", "{t}", t=text, at_stake=(i + 5, i, i + 9)) for i in range(3)]
    before = [{"period": "1997Q2", "as_of": "1997-06-30", "results": rows}]
    about = NOW | {"source": text[:120], "verdict": {"kind": "hold", "text": text, "reasons": [text, text]}}
    books = books_of(picture(text[:60]), shown, *shows, text=text)
    to_do = [{name: text for name in TO_DO}] * 3
    slides = deck(tmp_path, books, rows, about, before, to_do)
    assert len(slides) == 4
    for slide in slides:
        for shape in slide.shapes:
            assert shape.left >= 0 and shape.top >= 0 and shape.width > 0 and shape.height > 0
            assert shape.left.inches + shape.width.inches <= WIDTH
            assert shape.top.inches + shape.height.inches <= HEIGHT
            if shape.has_text_frame and shape.text_frame.text:
                size = shape.text_frame.paragraphs[0].font.size.pt
                assert (
                    height_of(shape.text_frame.text, size, shape.width.inches) <= shape.height.inches + 0.02
                )
            if shape.has_table:
                assert len(shape.table.rows) >= 2
        for one, other in itertools.combinations(slide.shapes, 2):
            assert not overlap(one, other), (one.name, other.name)


def test_no_character_can_spoil_the_file():
    assert plain("a\x00\x1b\ud800\uffff\u202eb") == "a" + 5 * "\ufffd" + "b"


def test_what_finds_no_room_is_said(pptx, tmp_path):
    _, healthy, fix = deck(tmp_path, books_of(results.record(frame(70), "Rates")))
    assert len(tables(healthy)[0]) == 9
    assert NOTHING in [s.text_frame.text for s in fix.shapes if s.has_text_frame]
    assert "62 further rows are in results.json." in healthy.notes_slide.notes_text_frame.text


def test_one_report_is_one_file(pptx, tmp_path):
    books = books_of(picture("p"), results.record(frame(3), "Rates"))
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        deck(tmp_path / name, books)
        made.append((tmp_path / name / FILE).read_bytes())
    assert made[0] == made[1]


def test_a_report_without_numbers_or_verdict_has_its_title(pptx, tmp_path):
    (first,) = deck(tmp_path, [], about=NOW | {"verdict": None})
    assert "No verdict on the data" in [s.text_frame.text for s in first.shapes if s.has_text_frame]


def test_evidence_comes_from_the_section_that_answers_before_the_rest_of_the_page():
    books = books_of(picture("near"), question=LEAVING)
    far = page.output_parts(output(picture("far")))
    books[0]["parts"] = far + books[0]["parts"]
    assert [(one["question"], one["figure"]["alt"], one["table"]) for one in verdicts(books)] == [
        (LEAVING, "near", None)
    ]


def test_a_text_is_cut_at_a_word_where_no_size_is_small_enough():
    size, text = fitting("word " * 100, (20, 10), 2.0, 0.5)
    assert size == 10 and text.endswith("word …") and height_of(text, size, 2.0) <= 0.5


def test_without_python_pptx_it_is_one_line(monkeypatch):
    real = builtins.__import__

    def refuse(name, *rest):
        if name.startswith("pptx"):
            raise ImportError("No module named 'pptx'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(ParameterError, match=r"pip install 'cxresearch\[slides\]'") as fault:
        writer()
    assert "\n" not in str(fault.value)


def test_a_run_makes_them_and_the_board_links_them(pptx, go, tmp_path):  # noqa: F811
    go(slides=True, n01_a="1")
    assert (go.out / FILE).is_file()
    assert f'href="{FILE}"' in (go.out / "index.html").read_text()
    go(out=tmp_path / "without", n01_a="1")
    assert FILE not in (tmp_path / "without" / "index.html").read_text()
