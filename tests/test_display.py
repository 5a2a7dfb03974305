"""Outputs of a notebook: numbers told with their interval, text that stays text."""

import json
import math
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from cxresearch import display, words
from cxresearch.charts import Figure
from cxresearch.currency import counting_in
from cxresearch.report import results, verdicts
from cxresearch.report.pages.changes import changes

ROW = {"metric": "share", "estimate": 0.4, "low": 0.38, "high": 0.42, "n": 2357, "method": "Wilson"}
HOSTILE = "<img src=x onerror=alert(1)>"


def content(shown):
    return shown._repr_mimebundle_()[display.TABLE]


def frame(**changes):
    return pd.DataFrame([ROW | changes])


def test_a_result_is_kept_with_its_interval_base_and_method():
    kept = content(results.record(frame(), "Shares"))["results"]
    assert kept == [ROW | {"unit": "", "flag": "", "n": 2360}]
    assert "0.380 to 0.420" in results.record(frame(), "Shares").text


def test_a_small_base_is_marked_and_a_tiny_one_withheld():
    assert content(results.record(frame(n=29), ""))["results"][0]["flag"] == "indicative"
    shown = results.record(frame(n=9), "")
    kept = content(shown)["results"][0]
    assert (kept["estimate"], kept["low"], kept["n"], kept["flag"]) == (None, None, None, "suppressed")
    assert "0.4" not in str(shown._repr_mimebundle_())


@pytest.mark.parametrize(
    ("change", "said"),
    [({"low": math.nan, "high": math.nan}, "no interval"), ({"low": 0.41}, "outside its own interval")],
)
def test_a_number_without_an_honest_interval_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        results.record(frame(**change), "")


def test_what_a_result_needs_is_named():
    with pytest.raises(ValueError, match="column method"):
        results.record(frame().drop(columns="method"), "")
    with pytest.raises(ValueError, match="'share' occurs twice"):
        results.record(pd.concat([frame(), frame()]), "")


def test_text_from_the_data_stays_text():
    shown = display.table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE)._repr_mimebundle_()
    assert "<img" not in shown["text/html"]
    said = display.reading("{who} came back", who=HOSTILE)._repr_mimebundle_()
    assert "<img" not in said["text/html"]
    assert display.reading("{who}", who="{0.__class__}").text == "{0.__class__}"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.0, "1,234"), (0.24259, "0.2426"), (-9582.4256, "−9,582"), (12.3456, "12.35"), (None, "–"),
     (math.nan, "–"), (np.int64(7), "7"), (pd.Timestamp("1997-01-01"), "1997-01-01"), ("007", "007"), (True, "True")],
)  # fmt: skip
def test_numbers_are_told_to_four_digits(value, text):
    assert words.number_text(value) == text


def test_money_is_told_in_whole_units_unless_it_is_small():
    content = {"at_stake": [34.29, 0.5681, 358.1], "within": "3 months"}
    assert words.money(content) == "At stake within 3 months: 34 (1 to 358)."
    assert "0.500 (0.250 to 0.750)" in words.money(content | {"at_stake": [0.5, 0.25, 0.75]})


def test_the_difference_of_two_shares_is_told_in_points():
    rows = frame(metric="change", estimate=-0.0412, low=-0.09, high=0.3, unit="points")
    shown = results.record(pd.concat([frame(unit="share"), rows]), "Shares")
    kept = content(shown)
    assert kept["rows"][1][1:3] == ["−4.1 points", "−9.0 to 30.0 points"]
    assert kept["results"][1]["estimate"] == -0.041
    assert kept["rows"][0][1:3] == ["40.0%", "38.0% to 42.0%"]
    assert words.points_text(math.nan) == "–"


def test_a_headline_in_points_changes_by_points():
    row = {"notebook": "07", "id": "07/gap", "metric": "gap", "unit": "points"}
    now, before = (row | {"estimate": e, "low": e - 0.01, "high": e + 0.01} for e in (0.20, 0.10))
    told = changes([now], [before])[0][0]
    assert told.sentence("Q2") == "Gap: up by 10.0 points since Q2 (+8.6 to +11.4 points)."


FORMULA = r"$\href{javascript:alert(1)}{x}$ \(\rule{9em}{9em}\) $5 or $10"
EVERY = {
    "table": lambda text: display.table(pd.DataFrame({text: [text], "n": [1]}), text),
    "result": lambda text: results.record(frame(metric=text, method=text), text),
    "reading": lambda text: display.reading("{x}", x=text),
    "finding": lambda text: display.finding(text, "{x}", at_stake=(1, 1, 1), within=text, x=text),
    "note": display.note,
    "not assessed": display.not_assessed,
    "verdict": lambda text: verdicts.verdict(
        "hold", pd.DataFrame({"topic": [text], "finding": [text], "state": ["hold"]})
    ),
}


@pytest.mark.parametrize("kind", EVERY)
def test_a_dollar_sign_in_data_begins_no_formula_in_jupyterlab(kind):
    """Every text of the HTML stands in an element that MathJax leaves alone; nothing is offered as Markdown or LaTeX."""
    bundle = EVERY[kind](FORMULA)._repr_mimebundle_()
    tree = ElementTree.fromstring(bundle["text/html"])
    assert {"mathjax_ignore", "tex2jax_ignore"} <= set(tree.get("class").split())
    assert FORMULA in " ".join(tree.itertext())
    assert {mime for mime in bundle if mime.startswith("text/")} == {"text/plain", "text/html"}


def test_jupyterlab_leaves_alone_what_is_marked():
    """The version that is installed: its sanitizer keeps the class, and the class is MathJax's own word for it."""
    static = Path(sys.prefix, "share", "jupyter", "lab", "static")
    if not static.is_dir():
        pytest.skip("JupyterLab is not installed here")
    texts = [path.read_text(errors="ignore") for path in static.glob("*.js")]
    assert any('ignoreHtmlClass:"mathjax_ignore"' in text for text in texts)
    assert any('allowedAttributes:{"*":["class"' in text for text in texts)


@pytest.mark.parametrize("kind", EVERY)
def test_control_characters_never_reach_a_notebook(kind):
    hidden = "user\u202egpj.exe\u0007 \u2066x\u2069\u0085"
    assert not display.CONTROLS.search(str(EVERY[kind](hidden)._repr_mimebundle_()).replace("\n", ""))
    assert "user\ufffdgpj.exe" in EVERY[kind](hidden).text


def test_control_characters_never_reach_a_picture_or_its_words():
    figure = Figure(1)
    figure.panel(xlabel="a\u202eb")
    bundle = figure.say("a\u202eb", "c\u202ed", pd.DataFrame({"e\u202e": ["f\u202e"]}))._repr_mimebundle_()
    assert "\u202e" not in json.dumps(bundle, ensure_ascii=False)
    assert figure.axes[0].get_xlabel() == "a\ufffdb"


def test_rounding_dust_is_nothing_wherever_a_number_becomes_text():
    """0.1 + 0.2 − 0.3 is 5.6e-17 in floating point: no page shows it, nor a minus before a zero."""
    dust = 0.3 - 0.1 - 0.2
    assert display.reading("{a:.2f} and {b:+.1%}", a=dust, b=dust).text == "0.00 and 0.0%"
    shown = display.table(pd.DataFrame({"change": [dust], "share": [dust]}), "c", formats={"share": ".1%"})
    assert shown.text.split() == ["c", "change", "share", "0", "0.0%"]
    for write in (
        words.number_text,
        words.share_text,
        words.points_text,
        words.value_text,
        words.change_text,
    ):
        assert write(dust) in ("0", "0.0%", "0.0 points"), write
    row = {"notebook": "07", "id": "07/spend", "metric": "spend", "unit": ""}
    before = row | {"estimate": 1_000_000.1, "low": 999_999.1, "high": 1_000_001.1}
    now = before | {"estimate": 1_000_000.1 + 2e-10}
    told = changes([now], [before])[0][0]
    assert told.estimate == 0 and told.reading == "no clear change"


@pytest.mark.parametrize(
    ("code", "budget", "spent"), [("GBP", "£702,298", "£1.57 m"), (None, "702,298", "1,570,000")]
)
def test_a_column_in_money_bears_the_mark_of_the_currency(code, budget, spent):
    plans = pd.DataFrame({"project": ["portal", "other"], "budget": [702298.4, None], "spent": [1.57e6, 0.0]})
    with counting_in(code):
        rows = content(display.table(plans, "", formats={"budget": "money", "spent": "money"}))["rows"]
    assert rows[0] == ["portal", budget, spent] and rows[1][1] == "–"


@pytest.mark.parametrize("code", ["GBP", "CHF", "kr.", None])
def test_amounts_of_a_handful_of_customers_are_withheld_too(code):
    calls = pd.DataFrame({"channel": ["fax", "web"], "customers": [7, 804], "spent": [7.5, 6.41]})
    with counting_in(code):
        rows = content(display.table(calls, "", formats={"spent": "money"}))["rows"]
    assert rows[0] == ["fax", "fewer than 10", "withheld"] and "6.41" in rows[1][2]
