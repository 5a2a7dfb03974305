"""Labels that mean something elsewhere, tiny bases and columns that never vary: what the notebooks stand on answers honestly."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

import cxresearch as cx
from cxresearch.charts.figure import Figure

LABELS = [
    r"$\frac{a$",
    r"$x_$",
    r"$\nope{$",
    "100$ deal $5",
    "$x$",
    r"$\mathdefault{^^}$",
    "{0.__class__}",
    "<b>",
]


def gaps(labels):
    at = np.arange(len(labels), dtype=float)
    return pd.DataFrame({
        "label": labels, "gap": at, "low": at - 1, "high": at + 1, "staff": 5 + at, "customer": 5.0, "verdict": "no gap",
    })  # fmt: skip


def sides(departments, rating=None, raters=20):
    """Contacts and staff ratings of the departments, 40 of each."""
    random = np.random.default_rng(3)
    frames = []
    for name, who, people in (("satisfaction", "customer_id", 40), ("rating", "staff_id", raters)):
        mark = random.normal(6, 1.5, 40 * len(departments)).round().clip(1, 10) if rating is None else rating
        frames.append(pd.DataFrame({
            "department": np.repeat(departments, 40), "touchpoint": "all", "level": "staff", name: mark,
            who: np.tile([f"P{k % people}" for k in range(40)], len(departments)),
        }))  # fmt: skip
    return frames


def test_a_dollar_sign_in_a_label_begins_no_formula():
    figure = cx.charts.perception(gaps(LABELS))
    figure._repr_mimebundle_()
    written = {text.get_text() for text in figure.findobj(Text) if not text.get_parse_math()}
    assert {label.replace("_", " ") for label in LABELS if "$" in label} <= written


def test_the_powers_of_a_logarithmic_axis_stay_powers():
    figure = Figure()
    axes = figure.panel()
    axes.plot([1, 1000], [0.001, 1000])
    axes.set(xscale="log", yscale="log")
    figure.say("alt", "caption", pd.DataFrame({"": ["a"], "n": [1]}))._repr_mimebundle_()
    powers = [text for text in axes.get_xticklabels() + axes.get_yticklabels() if "^{" in text.get_text()]
    assert powers and all(text.get_parse_math() for text in powers)


def test_a_department_called_all_is_not_taken_for_the_firm():
    found = cx.models.PerceptionGap().fit(*sides(["all", "Sales"])).gaps_
    assert found["is_pooled"].sum() == 1
    assert sorted(found.loc[found["is_department"], "department"]) == ["Sales", "all"]
    assert found.loc[found["is_pooled"], "n_staff"].tolist() == [80]


def test_ratings_of_a_few_people_are_told_from_ratings_of_many():
    found = cx.models.PerceptionGap().fit(*sides(["Sales", "Service"], raters=3)).gaps_
    assert (
        (found["n_staff"] >= 40).all() and (found["raters"] == 3).all() and (found["customers"] == 40).all()
    )


def test_ratings_that_never_vary_claim_no_interval():
    gaps = cx.models.PerceptionGap().fit(*sides(["Sales", "Service"], rating=7)).gaps_
    assert len(gaps)
    assert gaps[["low", "high"]].isna().all(axis=None)


def test_no_rows_to_forecast_from_are_refused_in_half_a_sentence():
    rows = pd.DataFrame(columns=["customer_id", "as_of", "due_on", "has_left", "age"])
    with pytest.raises(cx.NotEnough, match="nobody was a customer on any of the dates"):
        cx.models.ChurnForecast().fit(rows)


def test_a_change_between_tiny_waves_is_not_told_beside_the_withheld_number():
    answers = pd.DataFrame({"wave": ["A"] * 4 + ["B"] * 4, "recommend": [0, 0, 1, 0, 10, 10, 9, 10]})
    told = cx.models.LoyaltyWaves().fit(answers).summary()
    change = told.loc[told["metric"].str.contains("change"), "method"].tolist()
    assert change == ["B against A: difference of independent waves"]


def test_two_hundred_reasons_to_leave_end_no_report():
    random = np.random.default_rng(4)
    duration = random.exponential(24, 1500).round() + 1
    event = random.random(1500) < 0.6
    reasons = pd.Series([f"reason {i % 230}" if left else None for i, left in enumerate(event)])
    ways = cx.models.WaysOfLeaving().fit(pd.Series(duration), pd.Series(event), reasons)
    assert ways.summary()["metric"].tolist() == [
        "left within 36 months: other"
    ]  # each by itself is a handful
    assert ways.summary()["n"].tolist() == [1500]
    assert "100% of them recorded as other" in cx.readings.end_reasons(ways).text
