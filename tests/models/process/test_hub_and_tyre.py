"""Deviations at the same difficulty: planted effects recovered, hard cases not blamed on them, and nothing found where nothing is."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.contract.variants import variant


def cases(seed, must=-0.12, may=0.05, n=20_000):
    """Cases of one process ABCD in which B may be left out: hard ones are resolved less often and leave steps more often."""
    rng = np.random.default_rng(seed)
    c = np.round(rng.uniform(0.2, 1.0, n), 2)
    left_must, left_may = rng.random(n) < 0.05 + 0.25 * c, rng.random(n) < 0.1 + 0.3 * c
    p = 0.85 - 0.4 * (c - 0.6) + must * left_must + may * left_may * (c > 0.6)
    paths = np.array([variant(path) for path in ("ABCD", "ACD", "ABD", "AD")])
    frame = pd.DataFrame({"process": "p", "variant": paths[left_may + 2 * left_must], "complexity": c})
    return frame.assign(
        is_resolved=rng.random(n) < p,
        customer_id=rng.integers(0, n // 2, n).astype(str),
        channel=rng.choice(["web", "phone"], n),
    )


def fitted(frame, **more):
    counted = frame.value_counts(["process", "variant"]).rename("cases").reset_index()
    rows = {
        "process": "p",
        "activity": list("ABCD"),
        "position": range(4),
        "rule": ["must", "may", "must", "must"],
    }
    conformance = cx.models.Conformance().fit(counted, pd.DataFrame(rows))
    return cx.models.HubAndTyre(**more).fit(conformance.cases(frame), conformance)


def test_planted_effects_are_recovered():
    held = np.zeros(3)
    for seed in range(8):
        found = fitted(cases(seed)).effects_.set_index("what")
        truth = {"must": -0.12, "may_easy": 0.0, "may_hard": 0.05}
        held += [
            found.loc[k, "low"] - 0.004 <= value <= found.loc[k, "high"] + 0.004 for k, value in truth.items()
        ]
    assert (held >= 6).all(), held


def test_the_steps_to_lock_and_to_free():
    found = fitted(cases(3)).steps_.set_index("activity")
    assert found.loc["C", "decision"] == "lock" and found.loc["C", "rule"] == "must"
    assert found.loc["B", "decision"] == "free" and found.loc["B", "rule"] == "may"
    assert set(found.index) == {"B", "C"}  # nobody left the others


def test_hard_cases_are_not_blamed_on_the_deviation():
    found = fitted(cases(4, must=0.0, may=0.0)).effects_.set_index("what")
    assert found.loc["must", "raw"] < -0.015  # without adjusting it looks harmful
    assert found.loc["must", "low"] <= 0 <= found.loc["must", "high"]


def test_nothing_is_announced_where_nothing_is_planted():
    announced = sum(
        fitted(cases(seed, 0.0, 0.0, 4000)).steps_["decision"].isin(["lock", "free"]).sum()
        for seed in range(25)
    )
    assert announced <= 2


def test_effects_are_those_of_a_logit_on_rows():
    import statsmodels.api as sm

    frame = cases(5, n=3000)
    found = fitted(frame).effects_.set_index("what")
    parts = (
        frame["variant"].map({variant(p): k for k, p in enumerate(("ABCD", "ACD", "ABD", "AD"))}).to_numpy()
    )
    must, may, c = parts >= 2, parts % 2 == 1, frame["complexity"].to_numpy()
    hard = c > np.median(c)
    x = np.column_stack(
        [np.ones(3000), c, hard, must, must * c, may, may * hard, frame["channel"] == "phone"]
    ).astype(float)
    fit = sm.GLM(frame["is_resolved"].astype(float), x, family=sm.families.Binomial()).fit()
    one, none = x.copy(), x.copy()
    one[:, 3:5], none[:, 3:5] = np.column_stack([np.ones(3000), c]), 0
    assert found.loc["must", "estimate"] == pytest.approx(
        (fit.predict(one) - fit.predict(none)).mean(), abs=1e-6
    )


def test_what_cannot_be_compared_is_refused():
    frame = cases(6, n=2000)
    with pytest.raises(cx.NotEnough, match="cases record no complexity"):
        fitted(frame.drop(columns="complexity"))
    with pytest.raises(cx.NotEnough, match="cases record no outcome"):
        fitted(frame.assign(is_resolved=None))
    with pytest.raises(cx.NotEnough, match="fewer than 100 closed cases"):
        fitted(frame.head(50))
    is_left = frame["variant"].isin([variant("ABD"), variant("AD")])
    apart = fitted(frame.assign(complexity=np.where(is_left, 0.9, frame["complexity"] / 2)))
    assert apart.left_out_ == ["must steps: cases that left them are harder than all others"]
    assert set(apart.effects_["what"]) == {"may", "may_easy", "may_hard"}
    same = frame.assign(variant=variant("ABCD"))
    with pytest.raises(cx.NotEnough, match="fewer than 10 cases left them"):
        fitted(same)
