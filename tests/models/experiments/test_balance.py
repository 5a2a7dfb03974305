"""What was known before a draw: as numbers, and whether it tells the arms apart."""

import numpy as np
import pandas as pd

from cxresearch.models.experiments.balance import balance
from cxresearch.models.experiments.covariates import covariate_matrix


def test_drawn_arms_are_alike_as_often_as_they_should_be():
    random, unlike = np.random.default_rng(1), 0
    for _ in range(30):
        known = pd.DataFrame({"spend": random.lognormal(size=600), "plan": random.choice(list("abc"), 600)})
        unlike += not balance(random.permutation(np.repeat(["control", "x", "y"], 200)), known).is_alike
    assert unlike <= 2  # one in a hundred


def test_a_choice_is_told_from_a_lot():
    random = np.random.default_rng(2)
    spend = random.normal(size=1000)
    arm = np.where(random.random(1000) < 1 / (1 + np.exp(-spend)), "offer", "control")
    found = balance(arm, pd.DataFrame({"spend": spend, "other": random.normal(size=1000)}))
    assert not found.is_alike
    assert found.column == "spend"
    assert found.largest > 0.5


def test_nothing_known_tells_nothing():
    arm = np.repeat(["control", "offer"], 50)
    assert balance(arm, pd.DataFrame(index=range(100))).is_alike
    assert balance(arm, pd.DataFrame({"same": np.ones(100)})).p_value == 1


def test_facts_as_numbers():
    random = np.random.default_rng(3)
    known = pd.DataFrame(
        {
            "spend": np.where(np.arange(300) % 10 == 0, np.nan, random.normal(size=300)),
            "plan": [None if k % 7 == 0 else f"plan {k % 3}" for k in range(300)],
            "many": [f"city {k % 40}" for k in range(300)],
            "when": pd.date_range("2026-01-01", periods=300),
            "is_new": np.arange(300) % 2 == 0,
            "empty": None,
            "endless": np.where(np.arange(300) == 5, np.inf, 1.0),
        }
    )
    found = covariate_matrix(known)
    assert set(found.columns) >= {"spend", "spend not known", "plan: unknown", "is_new"}
    assert np.isfinite(found.to_numpy()).all()
    assert np.allclose(found.mean(), 0)
    assert np.allclose(found.std(ddof=0), 1)
    assert not any("when" in name or "many" in name or "empty" in name for name in found)
    twice = covariate_matrix(known.assign(again=known["is_new"]))
    assert "again" not in twice
