"""What the page on touchpoints says of handling, verdict by verdict."""

from types import SimpleNamespace

import pandas as pd
import pytest

from cxresearch import readings


def handled(gaps=((0.1, 0.05, 0.15, True),), **change):
    rows = [dict(zip(("estimate", "low", "high", "stands"), gap, strict=True)) for gap in gaps]
    repeats = pd.DataFrame(rows, columns=["estimate", "low", "high", "stands"]).assign(
        touchpoint=[f"t_{k}" for k in range(len(gaps))]
    )
    facts = {"days": 7, "measures_": ["wait", "repeated"], "left_out_": [], "repeats_": repeats}
    facts |= {"followed_": 1200, "unfollowed_": 40, "repeated_": (0.42, 0.39, 0.45)}
    return SimpleNamespace(**(facts | change))


def cells(flag="", **change):
    frame = pd.DataFrame(
        {"touchpoint": ["a_b", "c"], "channel": "face_to_face", "contacts": [90, 80], "flag": flag}
    )
    frame = frame.assign(wait=[3.0, 12.0], wait_low=[2.0, 9.0], wait_high=[4.0, 15.0])
    return frame.assign(repeated=[0.4, 0.5], repeated_low=[0.3, 0.4], repeated_high=[0.5, 0.6], **change)


def said(handling, places=None):
    text = readings.repeat_contacts(handling, cells() if places is None else places).text
    assert "nan" not in text and "_" not in text
    return text


def test_a_touchpoint_followed_more_often():
    text = said(handled())
    assert text.startswith(
        "Of 1,200 contacts of named customers, 42.0% (39.0% to 45.0%) were followed by another of the same customer within 7 days. "
        "40 of the last 7 days are not counted: they may still be followed. Followed more often than all other touchpoints together, "
        "after correction for 1 comparison: t 0 (+10.0 points (+5.0 to +15.0))."
    )
    assert "The longest median wait is at c by face to face: 12.0 (9.0 to 15.0) minutes." in text
    assert text.endswith("which contacts could be spared.")


@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        (((0.1, -0.01, 0.2, False),), "No touchpoint is clearly followed more often than the others."),
        (((-0.1, -0.2, -0.05, True),), "No touchpoint is clearly followed more often than the others."),
        ((), "Touchpoints cannot be compared."),
    ],
)
def test_no_touchpoint_is_named_without_a_clear_difference(gaps, expected):
    assert expected in said(handled(gaps))


def test_without_customers_only_times_are_told():
    text = said(
        handled(measures_=["wait"], left_out_=["no contact of a named customer was followed for 7 days"])
    )
    assert text == (
        "The longest median wait is at c by face to face: 12.0 (9.0 to 15.0) minutes. No contact of a named customer was followed for 7 days."
    )


def test_what_may_not_be_shown_is_not_told():
    text = said(handled(), cells(flag="suppressed"))
    assert "No place can show a wait: too few customers, or" in text and "12" not in text
    assert readings.handling_table(cells(flag="suppressed"), handled(), "x").text == ""


def test_the_table_of_places():
    text = readings.handling_table(cells(), handled(), "Handling").text
    assert "a b" in text and "12.0 (9.0 to 15.0)" in text and "40.0% (30.0% to 50.0%)" in text
    assert text.splitlines()[1].split("  ")[0] == "touchpoint"
