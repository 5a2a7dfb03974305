"""The board's figures: counted again by hand, and right for firms without amounts, segments, contracts or a past."""

import datetime

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models.contracts.key_figures import garwood

AS_OF = datetime.date(2026, 9, 30)


def spells(**columns):
    """Forty from 2020, of whom ten left in 2026Q1 and two in Q3; five won in Q3."""
    began = ["2020-01-01"] * 40 + ["2026-08-01"] * 5
    ended = ["2026-02-28"] * 10 + ["2026-08-31"] * 2 + [None] * 33
    frame = pd.DataFrame({"started_on": began, "ended_on": ended})
    frame["event"] = frame["is_over"] = frame["ended_on"].notna()
    frame["monthly_amount"] = [10.0] * 12 + [30.0] * 28 + [20.0] * 5
    frame["segment"] = ["small"] * 30 + ["large"] * 15
    return frame.assign(**columns)


def rows(figures):
    return figures.summary().set_index("metric")


def test_contracts_are_counted_and_retention_stands_in_customers_and_in_revenue():
    figures = cx.models.KeyFigures().fit(AS_OF, spells())
    found = rows(figures)["estimate"]
    assert found["contract customers"] == 33
    assert found["revenue of running contracts, a year"] == 12 * (28 * 30 + 5 * 20)
    assert found["contract customers who left, last 3 months"] == pytest.approx(2 / 30)
    assert found["left within a year"] == pytest.approx(12 / 40)
    assert found["12-month retention by revenue"] == pytest.approx(28 * 30 / (28 * 30 + 120))
    assert found["left within a year, small"] == pytest.approx(12 / 30)
    by = figures.by_segment_.set_index("segment")
    assert by.loc["small", ["left", "share", "share_of_revenue"]].tolist() == [12, 1.0, 1.0]


def test_retention_by_revenue_covers_its_truth():
    """Customers stay with .9; 95 % of the intervals hold it, of 120 but for chance."""
    rng, inside = np.random.default_rng(1), 0
    for _ in range(120):
        left = rng.random(150) < 0.1
        frame = spells().iloc[:1].loc[np.zeros(150, int)].reset_index(drop=True)
        ended = np.where(left, "2026-05-31", None)
        frame = frame.assign(
            ended_on=ended, event=left, is_over=left, monthly_amount=rng.lognormal(3, 0.7, 150)
        )
        row = rows(cx.models.KeyFigures().fit(AS_OF, frame.drop(columns="segment"))).loc[
            "12-month retention by revenue"
        ]
        inside += row["low"] <= 0.9 <= row["high"]
    assert inside / 120 >= 0.89


@pytest.mark.parametrize("without", ["amounts", "segment", "past"])
def test_firms_that_lack_something(without):
    frame = spells()
    if without == "amounts":
        frame["monthly_amount"] = np.nan
    if without == "segment":
        frame = frame.drop(columns="segment")
    if without == "past":
        frame = frame[frame["started_on"] > "2026"]
    found = rows(cx.models.KeyFigures().fit(AS_OF, frame))
    assert ("12-month retention by revenue" in found.index) == (without == "segment")
    assert found.loc["contract customers", "estimate"] == (5 if without == "past" else 33)
    with pytest.raises(cx.NotEnough):
        cx.models.KeyFigures().fit(AS_OF)


def shop(won, before, **more):
    frame = pd.DataFrame({"years_ago": [0, 1], "won": [won, before], "orders": [900, 900]})
    return frame.assign(**{"sales": 9000.0, "squares": 9e4, "is_known": True} | more)


@pytest.mark.parametrize(("won", "word"), [(0, "stopped"), (2, "stopped"), (500, "fewer"), (705, "same"), (900, "more")])  # fmt: skip
def test_what_the_shop_wins_against_a_year_ago(won, word):
    figures = cx.models.KeyFigures().fit(AS_OF, shop=shop(won, 720))
    assert figures.shop_ == word
    row = rows(figures).loc["new shop customers, last 3 months"]
    assert row["estimate"] == round(won / 10 + 1e-9) * 10 and row["low"] <= row["estimate"] <= row["high"]
    assert cx.models.KeyFigures().fit(AS_OF, shop=shop(won, 720, is_known=False)).shop_ == ""


def test_garwoods_interval_is_the_published_one():
    """Garwood (1936): of 10 observed, 4.795 to 18.390; of 0, up to 3.689."""
    assert garwood(10) == pytest.approx((10, 4.795, 18.390), abs=1e-3)
    assert garwood(0) == pytest.approx((0, 0, 3.689), abs=1e-3)


def test_shop_without_amounts_or_past():
    shown = rows(cx.models.KeyFigures().fit(AS_OF, shop=shop(10, 10, sales=np.nan, is_known=False)))
    assert not len(shown)
