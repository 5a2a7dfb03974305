"""Outputs of a notebook: numbers told with their interval, text that stays text."""

import math

import numpy as np
import pandas as pd
import pytest

from cxresearch import display, words
from cxresearch.report import results
from cxresearch.report.pages.changes import changes

ROW = {"metric": "share", "estimate": 0.4, "low": 0.38, "high": 0.42, "n": 2357, "method": "Wilson"}
HOSTILE = "<img src=x onerror=alert(1)>"


def content(shown):
    return shown._repr_mimebundle_()[display.TABLE]


def frame(**changes):
    return pd.DataFrame([ROW | changes])


def test_a_result_is_kept_with_its_interval_base_and_method():
    kept = content(results.record(frame(), "Shares"))["results"]
    assert kept == [ROW | {"unit": "", "flag": ""}]
    assert "0.3800 to 0.4200" in results.record(frame(), "Shares").text


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
    assert "0.5000 (0.2500 to 0.7500)" in words.money(content | {"at_stake": [0.5, 0.25, 0.75]})


def test_the_difference_of_two_shares_is_told_in_points():
    rows = frame(metric="change", estimate=-0.0412, low=-0.09, high=0.3, unit="points")
    shown = results.record(pd.concat([frame(unit="share"), rows]), "Shares")
    kept = content(shown)
    assert kept["rows"][1][1:3] == ["−4.1 points", "−9.0 to 30.0 points"]
    assert kept["results"][1]["estimate"] == -0.0412
    assert kept["rows"][0][1:3] == ["40.0%", "38.0% to 42.0%"]
    assert words.points_text(math.nan) == "–"


def test_a_headline_in_points_changes_by_points():
    row = {"notebook": "07", "metric": "gap", "unit": "points"}
    now, before = (row | {"estimate": e, "low": e - 0.01, "high": e + 0.01} for e in (0.20, 0.10))
    told = changes([now], [before])[0]
    assert told.cells("Q2") == ["10.0 points", "+10.0 points (+8.6 to +11.4)", "up"]
    assert told.sentence("Q2") == "Gap: up by 10.0 points since Q2 (+8.6 to +11.4 points)."
