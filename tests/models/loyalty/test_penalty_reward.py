"""Penalty and reward: published contrasts, planted must-be and delighter, and no name for a ceiling."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from paths import TESTS

from cxresearch.errors import NotEnough
from cxresearch.models import PenaltyReward, penalty_reward_by_survey

ATTITUDE = pd.read_csv(TESTS / "reference" / "attitude.csv")


def survey(n, seed, must_be=0.0, delighter=0.0, ceiling=np.inf):
    """Four rated items with a common mood; the first may be a must-be, the second a delighter."""
    rng = np.random.default_rng(seed)
    z = np.sqrt(0.45) * rng.normal(size=(n, 1)) + np.sqrt(0.55) * rng.normal(size=(n, 4))
    X = pd.DataFrame(np.clip(np.rint(7 + 1.6 * z), 0, 10), columns=["basic", "wow", "plain", "idle"])
    y = 7.5 + z @ [0.8, 0.5, 0.5, 0.0] + 1.4 * rng.normal(size=n)
    y = y + must_be * (X["basic"] <= 5) + delighter * (X["wow"] >= 9)
    return X, np.minimum(np.rint(y), ceiling)


def test_published_contrasts_of_attitude():
    """Low at or under the first quartile, high at or above the third; least squares with its standard errors (R's lm)."""
    model = PenaltyReward(draws=100).fit(ATTITUDE[["complaints", "learning"]], ATTITUDE["rating"])
    expected = {
        "intercept": 65.33339, "complaints: low": -13.79534, "complaints: high": 8.61575,
        "learning: low": -2.82610, "learning: high": 4.65676,
    }  # fmt: skip
    assert model.params_.to_dict() == pytest.approx(expected, abs=6e-6)
    assert model.std_error_["complaints: low"] == pytest.approx(3.23751, abs=6e-6)
    assert model.std_error_["complaints: high"] == pytest.approx(3.21183, abs=6e-6)


def test_robust_errors_are_those_of_statsmodels():
    X, y = survey(300, 1)
    weight, who = np.random.default_rng(1).uniform(0.5, 2, 300), np.arange(300) // 3
    model = PenaltyReward(draws=100).fit(X, y, sample_weight=weight, respondent=who)
    low, high = X.le(X.quantile(0.25)).astype(float), X.ge(X.quantile(0.75)).astype(float)
    fit = sm.WLS(y, sm.add_constant(np.column_stack([low, high])), weight).fit(
        cov_type="cluster", cov_kwds={"groups": who, "use_correction": False}
    )
    order = ["intercept"] + [f"{name}: {side}" for side in ("low", "high") for name in X]
    assert model.params_[order].to_numpy() == pytest.approx(fit.params.to_numpy(), abs=1e-9)
    factor = np.sqrt(100 / (100 - 9))
    assert model.std_error_[order].to_numpy() == pytest.approx(fit.bse.to_numpy() * factor, rel=1e-9)


def test_a_planted_must_be_and_delighter_are_named():
    found = PenaltyReward().fit(*survey(6000, 2, must_be=-1.2, delighter=1.2)).drivers_
    assert found["kind"].to_dict() == {
        "basic": "must-be", "wow": "attractive", "plain": "performance", "idle": "not named",
    }  # fmt: skip
    assert found.loc["basic", "low"] > 0 > found.loc["wow", "high"]


@pytest.mark.parametrize("unit", [1e-6, 1e6])
def test_the_unit_of_the_ratings_does_not_matter(unit):
    X, y = survey(500, 3, must_be=-1.0)
    one, other = (PenaltyReward(draws=100).fit(rows, y).drivers_ for rows in (X, X * unit))
    same = ["penalty", "reward", "difference", "excess", "excess_low", "excess_high", "p_value"]
    assert other[same].to_numpy() == pytest.approx(one[same].to_numpy(), rel=1e-6, abs=1e-9)
    assert other["kind"].tolist() == one["kind"].tolist()


def test_a_ceiling_alone_makes_no_must_be():
    """Every raw difference is clearly above zero, because there is little left to win; none is named for it."""
    names, raw = 0, 0
    for seed in range(20):
        found = PenaltyReward(draws=200).fit(*survey(3000, seed, ceiling=8)).drivers_
        names += found["kind"].isin(["must-be", "attractive"]).any()
        raw += (found["low"] > 0).any()
    assert raw == 20
    assert names <= 2


def test_null_ratings_name_nothing():
    named = 0
    for seed in range(20):
        X, _ = survey(400, seed)
        y = np.random.default_rng(500 + seed).normal(size=400)
        named += PenaltyReward(draws=200).fit(X, y).drivers_["kind"].ne("not named").any()
    assert named <= 2


def test_a_five_point_scale_without_a_middle_is_cut_at_its_median():
    rng = np.random.default_rng(4)
    x = rng.choice([2, 3, 4, 5], 600, p=[0.1, 0.1, 0.6, 0.2])
    model = PenaltyReward(draws=100).fit(pd.DataFrame({"x": x}), 5.0 + x + rng.normal(size=600))
    assert model.drivers_.loc["x", ["low_cut", "high_cut"]].tolist() == [3.0, 5.0]


def test_a_driver_that_cannot_be_cut_is_left_out_and_told():
    X, y = survey(400, 1)
    model = PenaltyReward(draws=100).fit(X.assign(yes=np.arange(400) % 2), y)
    assert model.left_out_ == ["yes has no low, middle and high ratings"]
    assert "yes" not in model.drivers_.index
    with pytest.raises(NotEnough, match="no driver has low, middle and high ratings"):
        PenaltyReward().fit(pd.DataFrame({"yes": np.arange(400) % 2}), y)


def surveys():
    """A large survey with a must-be, one without, and one of twelve answers."""
    parts = [survey(6000, 2, must_be=-1.2), survey(400, 3), survey(12, 4)]
    frames = [
        X.add_prefix("driver_").assign(recommend=y, survey=name)
        for (X, y), name in zip(parts, "abc", strict=True)
    ]
    return pd.concat(frames, ignore_index=True).assign(response_id=lambda rows: rows.index)


def test_each_survey_is_fitted_at_both_cuts_and_the_small_one_is_left_out():
    answers = surveys()
    drivers = [name for name in answers if name.startswith("driver_")]
    found = penalty_reward_by_survey(answers, drivers, "recommend", draws=200)
    assert set(found.models) == {(s, c) for s in "ab" for c in ("quartiles", "failures and delights")}
    assert found.left_out == ["c: 12 complete answers, fewer than 40"]
    named = found.named()
    assert set(zip(named["survey"], named["driver"], named["kind"], strict=True)) == {
        ("a", "basic", "must-be")
    }
    assert found.drivers("a").loc["basic", "kind"] == "must-be"
    assert len(found.drivers("c")) == 0
    with pytest.raises(NotEnough, match=r"^c: 12 complete answers, fewer than 40$"):
        penalty_reward_by_survey(answers[answers["survey"] == "c"], drivers, "recommend")
    with pytest.raises(NotEnough, match="nobody answered satisfaction"):
        penalty_reward_by_survey(answers, drivers, "satisfaction")
    with pytest.raises(NotEnough, match="no driver was rated often enough"):
        penalty_reward_by_survey(answers, [], "recommend")


def test_missing_rows_are_dropped_and_counted():
    X, y = survey(400, 1)
    X.iloc[:30, 0] = np.nan
    model = PenaltyReward(draws=100).fit(X, y)
    assert (model.n_, model.n_dropped_) == (370, 30)
    assert (model.summary()["n"] == 370).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cuts": (0.8, 0.2)}, "the lower comes first"),
        ({"cuts": (2, 9)}, "shares lie between 0 and 1"),
        ({"by": "rank"}, "not 'quantile', 'rating' or 'scale'"),
    ],
)
def test_bad_settings(options, said):
    with pytest.raises(ValueError, match=said):
        PenaltyReward(**options).fit(*survey(100, 1))


def test_cuts_by_the_scale_are_those_by_its_ratings():
    X, y = survey(400, 3)
    X.iloc[0, 0] = 0  # the scale is 0–10, for somebody used its end
    by_scale = PenaltyReward(cuts=(0.4, 0.9), by="scale", draws=100).fit(X, y)
    by_rating = PenaltyReward(cuts=(4, 9), by="rating", draws=100).fit(X, y)
    pd.testing.assert_frame_equal(by_scale.drivers_, by_rating.drivers_)
