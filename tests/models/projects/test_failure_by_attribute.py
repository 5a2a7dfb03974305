"""Failure rates by any attribute, allowing for how many are looked at."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import FailureByAttribute


def portfolio(seed, effect=0.0, attributes=10, count=200):
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({f"a{k}": random.choice(["x", "y", "z"], count) for k in range(attributes)})
    chance = 0.35 + effect * (frame["a0"] == "x")
    failed = pd.array(random.random(count) < chance, dtype="boolean")
    failed[:40] = pd.NA
    return frame.assign(project_id=range(count), has_failed=failed)


def test_an_attribute_of_the_firms_own_that_goes_with_failure_is_found():
    found = FailureByAttribute().fit(portfolio(1, effect=0.45))
    assert (
        found.tests_.iloc[0]["attribute"] == "a0" and found.tests_["stands"].tolist() == [True] + [False] * 9
    )
    assert found.rates_.head(3)["value"].tolist() == ["x", "y", "z"]
    assert found.n_ == 160
    kept = found.summary()
    assert (kept["low"] <= kept["estimate"]).all() and (kept["estimate"] <= kept["high"]).all()


def test_of_ten_attributes_without_effect_nothing_is_announced():
    """A hundred portfolios: some attribute stands in at most about one in twenty, and all thirty intervals hold at once in nineteen of twenty."""
    announced, held = 0, 0
    for seed in range(100):
        found = FailureByAttribute().fit(portfolio(seed))
        announced += found.tests_["stands"].any()
        held += ((found.rates_["low"] <= 0.35) & (found.rates_["high"] >= 0.35)).all()
    assert announced <= 12
    assert held >= 88


@pytest.mark.parametrize(
    ("column", "why"),
    [
        (
            lambda f: np.where(f["has_failed"].fillna(False), "lesson", None),
            "it is filled in after the outcome",
        ),
        (lambda f: np.where(f["has_failed"].isna(), None, "closed"), "it is filled in after the outcome"),
        (lambda f: [f"n{k}" for k in range(len(f))], "no two values have five decided projects each"),
        (lambda f: [f"n{k % 20}" for k in range(len(f))], "it has 20 values"),
        (lambda f: [None] * len(f), "not recorded"),
    ],
)
def test_what_is_left_out_is_named_with_its_reason(column, why):
    frame = portfolio(2, attributes=1)
    frame["own"] = (
        pd.Series(column(frame), dtype=object).astype("str").where(pd.Series(column(frame)).notna())
    )
    assert f"own: {why}" in FailureByAttribute().fit(frame).left_out_


def test_too_few_are_said_in_half_a_sentence():
    with pytest.raises(cx.NotEnough, match="no attribute of the projects has two values"):
        FailureByAttribute().fit(portfolio(3).head(44))


def test_further_columns_of_the_register_are_attributes(workspace):
    lines = ["project_id,started_on,finished_on,outcome,site"]
    lines += [
        f"p{k},2024-01-01,2024-06-30,{'cancelled' if k % 4 == 0 else 'delivered'},{'north' if k % 2 else 'south'}"
        for k in range(40)
    ]
    frame = cx.features.projects(workspace(projects="\n".join(lines) + "\n"), "2025-12-31").to_pandas()
    found = FailureByAttribute().fit(frame)
    assert found.rates_[["value", "failed", "n"]].values.tolist() == [["north", 0, 20], ["south", 10, 20]]
