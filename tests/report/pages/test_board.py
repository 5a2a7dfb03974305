"""The board page: noise is no news, findings stand in order of the money at stake, and another company is never the past."""

import datetime
import json

import html5lib
import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT

import cxresearch as cx
from cxresearch.report import results
from cxresearch.report.pages import board, page
from cxresearch.report.pages.changes import changes
from cxresearch.report.pages.history import history
from cxresearch.report.pages.standing import standing
from cxresearch.stats.proportions import newcombe, wilson
from tests.report.test_report import go, results_of  # noqa: F401

NOTEBOOKS = ROOT / "notebooks"
NOW = {
    "id": "07/Stay/retention",
    "notebook": "07",
    "metric": "retention",
    "unit": "share",
    "estimate": 0.7,
    "low": 0.65,
    "high": 0.75,
}
ABOUT = {
    "period": "2026Q3",
    "as_of": "2026-09-30",
    "source": "acme",
    "company": "acme",
    "version": "0",
    "fingerprint": {},
    "verdict": None,
}


def row(share, n, metric="retention"):
    kept = wilson(share * n, n)
    named = {
        "id": f"07/Stay/{metric}",
        "notebook": "07",
        "metric": metric,
        "unit": "share",
        "n": n,
        "method": "Wilson score",
        "flag": "",
    }
    return named | {"estimate": kept.estimate, "low": kept.low, "high": kept.high}


def test_the_change_of_a_share_is_newcombes():
    """56 of 70 against 48 of 80: Newcombe (1998), table II: .0524 to .3339."""
    change = changes([row(56 / 70, 70)], [row(48 / 80, 80)])[0][0]
    assert (change.low, change.high) == pytest.approx((0.05243, 0.33387), abs=1e-5)
    assert (change.low, change.high) == pytest.approx(newcombe(56, 70, 48, 80)[1:3])
    assert change.reading == "up since"


def test_of_nothing_nothing_is_announced():
    """400 boards of five numbers that did not change: fewer than one in twenty announces anything."""
    rng = np.random.default_rng(3)
    announced = 0
    for _ in range(400):
        now, before = ([row(rng.binomial(400, 0.6) / 400, 400, f"m{i}") for i in range(5)] for _ in range(2))
        announced += any(change.is_real for change in changes(now, before)[0])
    assert announced / 400 < 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_a_planted_fall_is_announced():
    change = changes([row(0.5, 2000)], [row(0.6, 2000)])[0][0]
    assert change.is_real
    assert change.sentence("2026Q2").startswith("Retention: down by 10.0 points since 2026Q2 (−13.1")


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.integers(20, 5000))
def test_to_and_fro_are_mirror_images(a, b, n):
    there, back = changes([row(a, n)], [row(b, n)])[0][0], changes([row(b, n)], [row(a, n)])[0][0]
    assert there.low == pytest.approx(-back.high, abs=1e-12)
    assert there.low <= there.estimate <= there.high


def test_what_was_not_there_before_is_said():
    for before in ([], [NOW | {"id": "another"}], [NOW | {"unit": ""}], [NOW | {"estimate": None}]):
        assert changes([NOW], before)[0][0].before is None
    count = NOW | {"low": None, "high": None, "unit": "", "estimate": 12}
    counted = changes([count], [count | {"estimate": 10}])[0][0]
    assert (counted.before, counted.estimate, counted.reading) == (10, 2, "")


def text_of(folder):
    return "".join(html5lib.parse((folder / "index.html").read_text()).itertext())


def shown(cell):
    return nbformat.v4.new_output("display_data", data=dict(cell._repr_mimebundle_()))


def book(*shows):
    cells = [nbformat.v4.new_markdown_cell("# A title")]
    cells += [nbformat.v4.new_code_cell("", outputs=[shown(show)]) for show in shows]
    made = nbformat.v4.new_notebook(cells=cells)
    return {"page": "07.html", "title": "A title", "parts": page.blocks(made)}


def test_findings_stand_in_order_of_the_money_and_noise_is_called_so(tmp_path):
    shows = [
        cx.report.reading("only a reading"),
        cx.report.finding("Small", "a small thing.", at_stake=(50, -10, 110)),
        cx.report.finding("Large", "{what} matters.", at_stake=(900, 700, 1200), what="<b>price</b>"),
        cx.report.finding("No money", "worth knowing."),
    ]
    decision = dict.fromkeys(
        ("effect", "why", "overturned", "owner", "again_on", "money", "command", "rests_on"), "x"
    )
    decision |= {"what": "Call <i>half</i> of them", "page": "07.html", "money": ""}
    board.write(tmp_path, [book(*shows)], [], False, ABOUT, board.Now([], proposed=[decision]))
    raw, text = (tmp_path / "index.html").read_text(), " ".join((tmp_path / "index.html").read_text().split())
    assert text.index("<h3>Large</h3>") < text.index("<h3>Small</h3>") < text.index("No money")
    assert "&lt;b&gt;price" in raw
    assert "only a reading" not in text
    assert "At stake within 12 months: 50 (−10 to 110); the interval includes zero." in text
    assert "At stake within 12 months: 900 (700 to 1,200)." in text
    assert "Large: 900 (700 to 1,200); Small: 50 (−10 to 110)" in text


def test_the_first_screen_answers_each_question_once_and_says_what_to_fix_first(tmp_path):
    shows = [
        cx.report.reading("how it was done"),
        cx.report.answer("Who is leaving?", "About {n}.", n=110),
        cx.report.finding("Cost", "text", at_stake=(50, 20, 110)),
        cx.report.finding("Unsure", "text", at_stake=(900, -100, 2000)),
        cx.report.answer("Who is leaving?", "Most are {who}.", who="<b>B2C</b>"),
    ]
    decision = dict.fromkeys(
        ("effect", "why", "overturned", "owner", "again_on", "money", "command", "rests_on"), "x"
    )
    decision |= {"what": "Call <i>half</i> of them", "page": "07.html", "money": ""}
    board.write(tmp_path, [book(*shows)], [], False, ABOUT, board.Now([], proposed=[decision]))
    raw, text = (tmp_path / "index.html").read_text(), " ".join(text_of(tmp_path).split())
    assert raw.count("<dt>Who is leaving?</dt>") == 1
    assert "About 110. Most are <b>B2C</b>. evidence" in text
    assert "What should we fix first? Call <i>half</i> of them." in text
    assert raw.count("&lt;i&gt;half") == 3  # the answer, the decision, and the name of its link
    kinds = [part.get("question") for part in book(*shows)["parts"]]
    assert kinds[1:3] == ["Who is leaving?"] * 2
    unsure = [shows[1], cx.report.finding("Unsure", "text", at_stake=(900, -100, 2000))]
    board.write(tmp_path, [book(*unsure)], [], False, ABOUT, board.Now([]))
    assert text_of(tmp_path).count(board.NOTHING) == 2  # as the answer, and as what to do
    board.write(tmp_path, [book(shows[0])], [], False, ABOUT, board.Now([]))
    assert "fix first" not in text_of(tmp_path)


def test_one_sentence_on_top_joins_what_stands_out(tmp_path):
    shows = [
        cx.report.answer("Is our CRM programme healthy?", "text", clause="projects run late"),
        cx.report.answer("Where is the experience uneven?", "text", clause="{Billing} is the weak spot"),
        cx.report.answer("Who is leaving?", "text", clause="contracts grow"),
        cx.report.answer("Who is leaving?", "no clause"),
    ]
    board.write(tmp_path, [book(*shows)], [], False, ABOUT, board.Now([]))
    assert "Contracts grow, {Billing} is the weak spot, projects run late." in text_of(tmp_path)
    board.write(tmp_path, [book(shows[3])], [], False, ABOUT, board.Now([]))
    assert 'class="answer"' not in (tmp_path / "index.html").read_text()


def test_the_board_says_once_that_no_currency_is_declared(tmp_path):
    board.write(tmp_path, [], [], False, ABOUT | {"currency": None}, board.Now([]))
    assert text_of(tmp_path).count("currency not declared") == 1
    board.write(tmp_path, [], [], False, ABOUT | {"currency": "GBP"}, board.Now([]))
    assert "money in GBP" in text_of(tmp_path) and "not declared" not in text_of(tmp_path)


def test_nothing_on_the_printed_first_page_lies_on_anything_else(tmp_path):
    weasyprint = pytest.importorskip("weasyprint", exc_type=OSError)
    decision = dict.fromkeys(
        ("what", "effect", "why", "overturned", "owner", "again_on", "command", "rests_on"), "some words " * 9
    )
    shows = [cx.report.answer("Who is leaving?", "Most of {them}.", them="these " * 60)]
    rows = [row(0.6, 100, f"share {i}") | {"headline": True} for i in range(9)]
    now = board.Now(rows, proposed=[decision | {"page": "07.html", "money": ""}] * 3)
    board.write(tmp_path, [book(*shows)], [], False, ABOUT, now)
    made = weasyprint.HTML(string=(tmp_path / "index.html").read_text()).render()
    placed = {}
    for box in made.pages[0]._page_box.descendants():
        named = "" if box.element is None else box.element.get("class") or ""
        for name in {"answers", "figures", "decide"} & set(named.split()):
            placed.setdefault(name, box)
    answers, figures, decide = (placed[name] for name in ("answers", "figures", "decide"))
    assert answers.position_x + answers.width <= figures.position_x
    assert max(box.position_y + box.height for box in (answers, figures)) <= decide.position_y + 0.01


def test_comments_are_marked_as_examples(tmp_path):
    voices = [{"theme": "late, delivery", "n": "40 respondents", "comment": "It was <b>late</b> again."}]
    board.write(tmp_path, [], [], False, ABOUT, board.Now([], voices=voices))
    text = " ".join(text_of(tmp_path).split())
    assert "It was <b>late</b> again. late, delivery · 40 respondents" in text
    assert "Examples, not evidence" in text


def test_a_notebook_without_findings_is_told_by_its_first_reading(tmp_path):
    shows = [cx.report.reading("first"), cx.report.reading("second")]
    board.write(tmp_path, [book(*shows)], [], False, ABOUT, board.Now([]))
    assert "first" in text_of(tmp_path)
    assert "second" not in text_of(tmp_path)


def test_every_finding_has_a_heading():
    shows = [cx.report.reading("first"), cx.report.finding("Price", "second")]
    found = [f["label"] for part in (shows[:1], shows) for f in board._findings([book(*part)])]
    assert found == ["A title", "Price"]


def test_every_notebook_has_a_finding_for_the_board():
    for path in sorted(set(NOTEBOOKS.glob("*.ipynb")) - {NOTEBOOKS / "tour.ipynb"}):
        readings = [
            part for part in page.blocks(nbformat.read(path, as_version=4)) if part["kind"] == "reading"
        ]
        assert any(part.get("label") for part in readings), path.name


def test_every_page_opens_with_its_answer():
    """But for page 00, whose verdict stands under the title of every page."""
    for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")):
        second = page.blocks(nbformat.read(path, as_version=4))[1]
        assert "question" in second or path.name.startswith("00_"), path.name


@pytest.mark.parametrize("money", [(5, 6, 7), (5, 1, 4), (1, 0, float("inf")), (float("nan"), 0, 1)])
def test_money_outside_its_interval_is_refused(money):
    with pytest.raises(ValueError, match="at_stake is"):
        cx.report.finding("label", "text", at_stake=money)


def test_a_headline_must_be_a_metric():
    frame = pd.DataFrame([NOW | {"n": 100, "method": "Wilson score"}])
    with pytest.raises(ValueError, match="headline 'churn' is not among the metrics"):
        results.record(frame, "caption", headline=["churn"])


def kept(folder, period, as_of, source="acme", estimate=0.6):
    (folder / period).mkdir(parents=True)
    rows = [NOW | {"estimate": estimate, "low": estimate - 0.05, "high": estimate + 0.05}]
    content = {"period": period, "as_of": as_of, "source": source, "company": source, "results": rows}
    (folder / period / "results.json").write_text(json.dumps(content))


def test_the_report_before_is_the_latest_of_the_same_company(tmp_path):
    assert history(tmp_path, ABOUT) == []
    kept(tmp_path, "2026Q1", "2026-03-31")
    kept(tmp_path, "2026Q2", "2026-06-30")
    kept(tmp_path, "2026Q4", "2026-12-31")
    kept(tmp_path, "other", "2026-08-31", source="another company")
    kept(tmp_path, ".2026Q2.x7f3", "2026-07-31")
    kept(tmp_path, "2026Q2b-failed", "2026-07-31")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "results.json").write_text("{")
    assert [kept["period"] for kept in history(tmp_path, ABOUT)] == ["2026Q1", "2026Q2"]


def test_a_forecast_that_has_fallen_due_stands_on_the_board_with_what_happened(tmp_path):
    told = "Purchases total. Forecast on 2026-06-30 for 2026-09-30: 1,653 purchases (1,471 to 1,857). Actual: 1,102."
    board.write(tmp_path, [], [], True, ABOUT, board.Now([], [], [told]))
    text = text_of(tmp_path)
    assert "Earlier forecasts that have fallen due" in text and told in text
    board.write(tmp_path, [], [], False, ABOUT, board.Now([]))
    assert "fallen due" not in text_of(tmp_path)


def test_the_change_stands_on_the_board_page(tmp_path):
    rows = [NOW | {"n": 400, "flag": "", "method": "Wilson score", "headline": True}]
    kept(tmp_path, "2026Q2", "2026-06-30", estimate=0.55)
    board.write(tmp_path, [], [], False, ABOUT, board.Now(rows, history(tmp_path, ABOUT)))
    assert "Retention: up by 15.0 points since 2026Q2 (+8.0 to +22.0 points)" in text_of(tmp_path)
    kept(tmp_path, "2026Q2b", "2026-07-30", estimate=0.69)
    board.write(tmp_path, [], [], False, ABOUT, board.Now(rows, history(tmp_path, ABOUT)))
    assert "no clear change" in text_of(tmp_path)
    assert "No headline number has clearly changed since 2026Q2b" in text_of(tmp_path)
    board.write(tmp_path, [], [], False, ABOUT, board.Now(rows))
    assert "There is no earlier report to compare with" in text_of(tmp_path)


CELL = (
    "import pandas as pd, cxresearch as cx\n"
    "cx.report.record(pd.DataFrame({'metric': ['share'], 'estimate': [{share}], 'low': [{share} - .02], 'high': [{share} + .02],"
    " 'n': [900], 'method': ['made up'], 'unit': ['share']}), 'Shares', headline=['share'])"
)


def test_a_run_finds_the_report_before_it(go, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    go(out=out / "1997Q2", n01_a=CELL.replace("{share}", "0.4"), as_of=datetime.date(1997, 6, 30))
    go(out=out / "1997Q3", n01_a=CELL.replace("{share}", "0.5"))
    assert "Share: up by 10.0 points since 1997-06-30" in text_of(out / "1997Q3")
    assert results_of(out / "1997Q3")["source"] == "cdnow"


def test_a_headline_carries_the_caution_of_its_notebook():
    """The last reading that has one for the metric counts, wherever it stands; the metric keeps its name."""
    frame = pd.DataFrame([row(0.27, 800, "NPS") | {"low": 0.2, "high": 0.3}])
    shown = [
        cx.report.reading("Before.", {"NPS": "the others are not judged"}),
        cx.report.record(frame, "Loyalty", headline=["NPS"]),
        cx.report.reading("After.", {"NPS": "27% answered; the true score may be lower"}),
    ]
    cells = [
        nbformat.v4.new_code_cell(
            "", outputs=[nbformat.v4.new_output("display_data", data=one._repr_mimebundle_())]
        )
        for one in shown
    ]
    kept = results.harvest(nbformat.v4.new_notebook(cells=cells))
    assert [(one["metric"], one["caution"]) for one in kept] == [
        ("NPS", "27% answered; the true score may be lower")
    ]
    told = standing([one | {"id": "05/Where/NPS"} for one in kept], [], ABOUT).lines
    assert told[0]["metric"] == "NPS (27% answered; the true score may be lower)"
