"""Matched differences: exact balance, published figures, planted truth, silence, and what is refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models.experiments.entropy_balance import entropy_balance, independent


def accounts(seed=5, n=1500, lift=0.0):
    """Accounts × months: size, growth and last month decide who is treated."""
    random = np.random.default_rng(seed)
    size, growth = random.normal(6, 0.8, n), random.normal(0, 0.01, n)
    months = np.arange(-24, 6)
    noise = random.normal(0, 0.2, (n, 30))
    noise[:, 23] += random.normal(0, 0.3, n)  # a shock of the last month before, gone in the next
    log = size[:, None] + growth[:, None] * months + noise
    power = -2 + 0.6 * (size - 6) - noise[:, 23]
    treated = random.random(n) < 1 / (1 + np.exp(-power))
    log[:, 24:] += lift * treated[:, None]
    return treated, log


def fit(treated, log, **settings):
    return cx.models.MatchedDifference(**settings).fit(treated, log[:, 24:], log[:, 6:24], earlier=log[:, :6])


def test_lalonde():
    """MatchIt 4.5.1's lalonde: the package's SMDs, ebal 1.0.0's estimate, and its error as worked out in R."""
    data = pd.read_csv(Path(__file__).parents[2] / "reference" / "lalonde.csv")
    X = data[["age", "educ", "black", "hispan", "married", "nodegree", "re74", "re75"]]
    found = cx.models.MatchedDifference().fit(data["treat"], data["re78"], X=X)
    near = {"estimate": 1273.2618, "std_error": 789.745}
    assert found.effect_[list(near)].to_dict() == pytest.approx(near, abs=1e-3)
    assert found.ess_ == pytest.approx(98.458, abs=1e-3)
    assert found.largest_ == pytest.approx(0.021959, abs=1e-6)
    assert found.naive_["estimate"] == pytest.approx(-635.026, abs=1e-3)
    gaps = {"age": -0.309445, "educ": 0.054965, "black": 1.761542, "hispan": -0.349843, "married": -0.826309, "nodegree": 0.244970, "re74": -0.721084, "re75": -0.290263}  # fmt: skip
    assert found.balance_.set_index("covariate")["gap_before"].to_dict() == pytest.approx(gaps, abs=1e-6)
    assert found.balance_["gap_after"].abs().max() < 1e-6
    change = cx.models.MatchedDifference().fit(data["treat"], data["re78"], data["re75"], X)
    assert change.effect_[list(near)].to_dict() == pytest.approx(near, abs=1e-3)  # the baselines are balanced


def test_weights_are_those_of_exponential_tilting():
    """Two numbers by hand: w ∝ e^{λx} on 0, 1, 2 with mean 1.5 has e^λ = (1 + √13)/2."""
    ratio = (1 + np.sqrt(13)) / 2
    by_hand = ratio ** np.arange(3) / (1 + ratio + ratio**2)
    found = entropy_balance(np.array([[0.0], [1], [2]]), np.array([1.5]))
    assert found.weights == pytest.approx(by_hand, abs=1e-9)
    assert found.steps <= 10


def test_balance_is_exact_and_columns_that_follow_from_others_do_no_harm():
    random = np.random.default_rng(1)
    x = random.normal(size=(300, 3))
    x = np.column_stack([x, x[:, 0] - 2 * x[:, 1], np.ones(300), 1e6 * x[:, 2]])
    goal = np.array([0.3, -0.2, 0.4, 0.7, 1.0, 4e5])
    found = entropy_balance(x, goal)
    assert found.weights @ x == pytest.approx(goal, rel=1e-6)
    assert len(independent(x)) == 3


@pytest.mark.parametrize("goal", [3.0, -0.5, np.nan])
def test_a_target_out_of_reach_is_refused(goal):
    with pytest.raises(cx.NotEnough, match="no comparable accounts"):
        entropy_balance(np.array([[0.0], [1], [2]]), np.array([goal]))


def test_a_column_that_follows_from_others_must_hold_for_the_target_too():
    x = np.column_stack([np.arange(9.0), 2 * np.arange(9.0)])
    with pytest.raises(cx.NotEnough):
        entropy_balance(x, np.array([4.0, 9.0]))


@pytest.mark.parametrize("lift", [0.0, 0.1])
def test_the_lift_is_found_where_plain_comparisons_fail(lift):
    """Size misleads the plain comparison, and regression to the mean the one with the last month."""
    found, alone = [], []
    for seed in range(30):
        treated, log = accounts(seed, 700, lift)
        found.append(fit(treated, log))
        change = log[:, 24:].mean(axis=1) - log[:, 23]
        alone.append(change[treated].mean() - change[~treated].mean())
    assert sum(one.effect_["low"] <= lift <= one.effect_["high"] for one in found) >= 25  # of 30 at 95 %
    assert np.mean([one.effect_["estimate"] for one in found]) == pytest.approx(lift, abs=0.015)
    assert min(one.naive_["low"] for one in found) > lift
    assert np.mean(alone) > lift + 0.05
    assert sum(bool(one.withheld_) for one in found) <= 5
    assert np.abs(found[0].balance_["gap_after"]).max() < 1e-6


def test_groups_that_had_moved_apart_before_are_withheld():
    treated, log = accounts(n=3000)
    log[:, :6] -= 0.2 * treated[:, None]
    found = fit(treated, log)
    assert "moved apart" in found.withheld_
    effect = found.summary("lift").iloc[0]
    assert np.isnan(effect["estimate"])
    assert effect["method"].startswith("withheld")


def test_without_earlier_periods_there_is_no_placebo_and_this_is_stated():
    treated, log = accounts()
    found = cx.models.MatchedDifference().fit(treated, log[:, 24:], log[:, :24])
    assert np.isnan(found.placebo_["estimate"])
    assert found.left_out_ == ["nothing is known of the periods before those compared: no placebo period"]
    assert "placebo" not in " ".join(found.summary()["metric"])


def test_no_overlap_is_refused():
    treated, log = accounts()
    log[treated] += 5
    with pytest.raises(cx.NotEnough, match="no comparable accounts"):
        fit(treated, log)
    few = treated | (np.arange(len(treated)) > 20)
    with pytest.raises(cx.NotEnough, match="no comparable accounts"):
        fit(few, log)
    with pytest.raises(cx.NotEnough, match="fewer than ten accounts"):
        fit(np.arange(len(treated)) < 9, log)


def test_order_scale_and_a_common_shift_change_nothing():
    treated, log = accounts(n=800, lift=0.05)
    found = fit(treated, log).effect_
    mixed = np.random.default_rng(0).permutation(len(treated))
    assert fit(treated[mixed], log[mixed]).effect_.to_numpy() == pytest.approx(found.to_numpy(), abs=1e-8)
    assert fit(treated, 100 * log).effect_.to_numpy() / 100 == pytest.approx(found.to_numpy(), abs=1e-8)
    seasons = np.random.default_rng(1).normal(size=30)
    assert fit(treated, log + seasons).effect_.to_numpy() == pytest.approx(found.to_numpy(), abs=1e-8)


def test_accounts_given_twice_are_no_further_evidence():
    treated, log = accounts(n=600)
    one = fit(treated, log).effect_
    twice = cx.models.MatchedDifference().fit(
        np.tile(treated, 2),
        np.tile(log[:, 24:], (2, 1)),
        np.tile(log[:, 6:24], (2, 1)),
        cluster=np.tile(np.arange(600), 2),
    )
    assert twice.effect_["std_error"] == pytest.approx(one["std_error"], rel=1e-6)


def test_texts_are_balanced_too():
    treated, log = accounts(n=2000)
    segment = np.where(np.random.default_rng(2).random(2000) < 0.3 + 0.3 * treated, "SMB", "B2C")
    found = cx.models.MatchedDifference().fit(
        treated, log[:, 24:], log[:, :24], X=pd.DataFrame({"segment": segment})
    )
    table = found.balance_.set_index("covariate")
    assert abs(table.loc["segment_SMB", "gap_before"]) > 0.3
    assert abs(table.loc["segment_SMB", "gap_after"]) < 1e-6


def test_bad_values_are_named():
    treated, log = accounts(n=300)
    log[3, 25] = np.nan
    with pytest.raises(ValueError, match=r"after is missing or infinite in 1 row \(first: 3\)"):
        fit(treated, log)
    with pytest.raises(ValueError, match="before has 299 rows"):
        cx.models.MatchedDifference().fit(treated, log[:, 0], log[:299, :6])
    with pytest.raises(ValueError, match="treated"):
        fit(np.where(treated, 2, 0), log)
    with pytest.raises(ValueError, match="history names 'end'"):
        fit(treated, log, history=["end"])
    with pytest.raises(cx.NotEnough, match="nothing can be matched"):
        cx.models.MatchedDifference().fit(treated, log[:, 0])
