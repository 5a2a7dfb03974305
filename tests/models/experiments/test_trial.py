"""Trials: published differences to their digits, draws that went wrong, arms that are too small, and silence without an effect."""

import email_test
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from paths import TESTS

import cxresearch as cx
from cxresearch.models.experiments.sample_ratio import sample_ratio, weighted_ratio
from cxresearch.models.experiments.sample_size import detectable_lift, sample_size
from cxresearch.stats.dunnett import dunnett_p, dunnett_quantile


@pytest.fixture(scope="module")
def hillstrom(public_data):
    return email_test.hillstrom(public_data)


@pytest.fixture(scope="module")
def nsw():
    frame = pd.read_csv(TESTS / "reference" / "nsw.csv")
    return frame.assign(arm=np.where(frame["treat"] == 1, "programme", "control"))


def test_nsw(nsw):  # LaLonde's experiment as of Dehejia & Wahba 1999: 1794.342, HC2 670.997
    lift = cx.models.Trial().fit(nsw["arm"], nsw["re78"]).lifts_.iloc[0]
    assert lift["estimate"] == pytest.approx(1794.342, abs=2e-3)
    assert lift["std_error"] == pytest.approx(670.997, abs=2e-3)
    assert lift["low"] > 0


def test_nsw_adjusted_as_statsmodels_does(nsw):
    known = nsw[["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]]
    centred = known - known.mean()
    treated = nsw["treat"].to_numpy()[:, None]
    for adjust, slopes in (("lin", np.hstack([centred, centred * treated])), ("ancova", centred)):
        fit = sm.OLS(nsw["re78"], np.column_stack([np.ones(445), treated, slopes])).fit(cov_type="HC2")
        lift = cx.models.Trial(adjust=adjust).fit(nsw["arm"], nsw["re78"], known).lifts_.iloc[0]
        assert lift["estimate"] == pytest.approx(fit.params.iloc[1], rel=1e-8)
        assert lift["std_error"] == pytest.approx(fit.bse.iloc[1], rel=1e-6)


@pytest.mark.parametrize(
    ("outcome", "men", "women"),
    [  # statsmodels, from Hillstrom's published file
        ("visit", (0.0765896, 0.0033859), (0.0452331, 0.0032345)),
        ("conversion", (0.0068050, 0.0009209), (0.0031111, 0.0008227)),
        ("spend", (0.7698272, 0.1452466), (0.4244122, 0.1303329)),
    ],
)
def test_hillstrom(hillstrom, outcome, men, women):
    trial = cx.models.Trial().fit(hillstrom["arm"], hillstrom[outcome], probability=np.full(64000, 1 / 3))
    lifts = trial.lifts_.set_index("arm")
    for arm, (estimate, error) in (("men's", men), ("women's", women)):
        assert lifts.loc[arm, "estimate"] == pytest.approx(estimate, abs=6e-8)
        assert lifts.loc[arm, "std_error"] == pytest.approx(error, abs=1e-6 if outcome != "spend" else 1e-5)
        assert lifts.loc[arm, "is_certain"]
    assert trial.ratio_.verdict == "as drawn"
    assert trial.arms_["n"].tolist() == [21306, 21307, 21387]


def test_hillstrom_counts(hillstrom):  # the figures told beside the file
    trial = cx.models.Trial().fit(hillstrom["arm"], hillstrom["conversion"])
    assert (trial.arms_["estimate"] * trial.arms_["n"]).round().tolist() == [122, 267, 189]
    spend = cx.models.Trial().fit(hillstrom["arm"], hillstrom["spend"])
    assert spend.arms_["estimate"].round(6).tolist() == [0.652789, 1.422617, 1.077202]


def test_newcombe_and_its_own_p():  # Newcombe 1998, 56/70 against 48/80
    arm = ["offer"] * 70 + ["control"] * 80
    trial = cx.models.Trial().fit(arm, [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32)
    lift = trial.lifts_.iloc[0]
    assert [lift["low"], lift["high"]] == pytest.approx([0.05243, 0.33387], abs=1e-5)
    at_p = cx.models.Trial(level=1 - lift["p"]).fit(arm, [1] * 56 + [0] * 14 + [1] * 48 + [0] * 32)
    assert at_p.lifts_["low"].iloc[0] == pytest.approx(0, abs=1e-9)


def test_dunnett_by_its_table_and_by_simulation():
    assert [round(dunnett_quantile([1.0] * k, 1.0), 2) for k in (2, 3, 4, 5)] == [2.21, 2.35, 2.44, 2.51]
    assert dunnett_quantile([0.0, 0.0], 1.0) == pytest.approx(1.959964, abs=1e-5)
    assert dunnett_quantile([1.0, 1.0], 0.0) == pytest.approx(2.2365, abs=1e-4)  # independent: Šidák
    random = np.random.default_rng(1)
    arms = random.normal(size=(200_000, 3)) * np.sqrt([1.0, 2.0, 0.5])
    z = np.abs(arms - random.normal(size=(200_000, 1)) * 0.8) / np.sqrt(np.array([1.0, 2.0, 0.5]) + 0.64)
    c = dunnett_quantile([1.0, 2.0, 0.5], 0.64)
    assert (z.max(axis=1) < c).mean() == pytest.approx(0.95, abs=0.003)
    assert dunnett_p([c, 0.0], [1.0, 2.0], 0.64)[1] == pytest.approx(1.0, abs=1e-6)


def test_dunnett_widens_the_intervals(hillstrom):
    plain, wide = (
        cx.models.Trial(correction=how).fit(hillstrom["arm"], hillstrom["spend"]).lifts_
        for how in ("none", "dunnett")
    )
    assert ((wide["high"] - wide["low"]) / (plain["high"] - plain["low"])).between(1.1, 1.15).all()
    assert (wide["p_adjusted"] >= plain["p"]).all()


def test_many_arms_are_corrected_by_the_false_discovery_rate():
    random = np.random.default_rng(3)
    arm = np.repeat(["control", *"abcdef"], 200)
    trial = cx.models.Trial().fit(arm, random.random(1400) < 0.2)
    assert trial.correction_ == "benjamini-hochberg"
    assert cx.models.Trial().fit(arm[:1200], random.random(1200) < 0.2).correction_ == "holm"


def test_a_draw_that_went_wrong_is_no_trial():
    arm = np.array(["offer"] * 900 + ["control"] * 1100)
    returned = np.arange(2000) % 5 == 0
    half = np.full(2000, 0.5)
    with pytest.raises(cx.NotEnough, match="do not hold the shares"):
        cx.models.Trial().fit(arm, returned, probability=half)
    warned = cx.models.Trial(on_mismatch="warn").fit(arm, returned, probability=half)
    assert warned.ratio_.verdict == "broken"
    assert "so this is no trial" in warned.left_out_[0]
    assert sample_ratio([821_588, 815_482], [1, 1]).p_value < 1e-5  # Fabijan et al. 2019
    assert cx.models.Trial().fit(arm, returned).ratio_.verdict == "not known"


def test_draws_of_several_probabilities_are_weighted():
    """Key accounts are held out half as often and return more: the plain difference is wrong, the weighted one right."""
    random = np.random.default_rng(7)
    key = random.random(20_000) < 0.3
    p = np.where(key, 0.9, 0.3)
    offered = random.random(20_000) < p
    y = (random.random(20_000) < np.where(key, 0.5, 0.1) + 0.04 * offered).astype(float)
    arm = np.where(offered, "offer", "control")
    trial = cx.models.Trial().fit(arm, y, probability=np.where(offered, p, 1 - p))
    assert trial.ratio_.verdict == "as drawn"
    assert trial.lifts_["low"].iloc[0] < 0.04 < trial.lifts_["high"].iloc[0]
    assert cx.models.Trial().fit(arm, y).lifts_["low"].iloc[0] > 0.1
    assert weighted_ratio(np.where(offered, p, 1 - p), offered) < 6.6
    with pytest.raises(cx.NotEnough, match="do not hold"):
        cx.models.Trial().fit(arm, y, probability=np.where(offered, 1 - p, p))


def test_customers_with_several_rows_are_clustered():
    random = np.random.default_rng(5)
    customer = np.repeat(np.arange(400), 5)
    arm = np.where(customer % 2 == 0, "offer", "control")
    own = np.repeat(random.normal(size=400), 5)
    y = own + 0.2 * random.normal(size=2000)
    naive, clustered = (cx.models.Trial().fit(arm, y, cluster=c).lifts_.iloc[0] for c in (None, customer))
    assert clustered["std_error"] / naive["std_error"] == pytest.approx(np.sqrt(5), rel=0.05)
    alone = cx.models.Trial().fit(arm, y, cluster=np.arange(2000)).lifts_.iloc[0]
    assert alone["std_error"] == naive["std_error"]
    rate = cx.models.Trial().fit(arm, own > 0.5, cluster=customer)
    assert (rate.arms_["high"] - rate.arms_["low"]).min() > 0.1
    assert "clustered" in rate.method_


def test_covariates_make_the_interval_narrower_and_leave_the_effect():
    random = np.random.default_rng(11)
    before = random.normal(size=3000)
    arm = np.where(random.random(3000) < 0.5, "offer", "control")
    y = 3 * before + random.normal(size=3000) + 0.5 * (arm == "offer")
    plain, adjusted = (
        cx.models.Trial().fit(arm, y, known).lifts_.iloc[0]
        for known in (None, pd.DataFrame({"before": before}))
    )
    assert adjusted["std_error"] < plain["std_error"] / 2.5
    assert adjusted["low"] < 0.5 < adjusted["high"]


def test_no_effect_is_announced_as_often_as_allowed():
    random = np.random.default_rng(13)
    arm = np.repeat(["control", "a", "b", "c"], 150)
    known = pd.DataFrame({"before": random.normal(size=600)})
    false = sum(
        cx.models.Trial().fit(arm, random.random(600) < 0.2).lifts_["is_certain"].any() for _ in range(60)
    )
    adjusted = sum(
        cx.models.Trial()
        .fit(arm, random.normal(size=600) + known["before"], known)
        .lifts_["is_certain"]
        .any()
        for _ in range(60)
    )
    assert false <= 8
    assert adjusted <= 8


def test_small_arms_are_left_out_and_said():
    arm = ["control"] * 40 + ["price"] * 40 + ["gift"] * 9
    trial = cx.models.Trial().fit(arm, np.arange(89) % 3 == 0)
    assert trial.lifts_["arm"].tolist() == ["price"]
    assert trial.left_out_ == ["the arm gift has fewer than ten customers"]
    with pytest.raises(cx.NotEnough, match="fewer than ten"):
        cx.models.Trial().fit(["control"] * 9 + ["price"] * 40, np.zeros(49))
    with pytest.raises(cx.NotEnough, match="no customer is in an arm called 'control'"):
        cx.models.Trial().fit(["price"] * 40 + ["gift"] * 40, np.zeros(80))
    with pytest.raises(cx.NotEnough, match="no arm but the control"):
        cx.models.Trial().fit(["control"] * 40, np.zeros(40))


def test_nobody_or_everybody_returned():
    arm = ["control"] * 40 + ["price"] * 40
    for value in (0, 1):
        lift = cx.models.Trial().fit(arm, np.full(80, value)).lifts_.iloc[0]
        assert lift["estimate"] == 0
        assert lift["low"] < 0 < lift["high"]
        assert not lift["is_certain"]
    amount = cx.models.Trial(outcome="amount").fit(arm, np.zeros(80)).lifts_.iloc[0]
    assert not amount["is_certain"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"arm": [None] + ["control"] * 79}, "arm is missing in 1 row"),
        ({"y": [np.nan] * 80}, "y is missing or infinite in 80 rows"),
        ({"y": ["yes"] * 80}, "y is text, not a number"),
        ({"probability": [0.0] * 80}, "probability is not between 0 and 1"),
        ({"covariates": pd.DataFrame({"a": [1, 2]})}, "covariates has 2 rows, arm has 80"),
    ],
)
def test_bad_rows_are_named(change, said):
    given = {"arm": ["control"] * 40 + ["price"] * 40, "y": np.arange(80) % 2} | change
    with pytest.raises(ValueError, match=said):
        cx.models.Trial().fit(**given)


@pytest.mark.parametrize("name", ["outcome", "adjust", "correction", "on_mismatch"])
def test_settings_are_checked(name):
    with pytest.raises(ValueError, match=f"{name} is 'other'"):
        cx.models.Trial(**{name: "other"}).fit(["control"] * 10 + ["a"] * 10, np.zeros(20))


def test_covariates_that_say_nothing_are_passed_over():
    arm = ["control"] * 400 + ["price"] * 400
    known = pd.DataFrame(
        {
            "same": 1,
            "empty": None,
            "twice": np.arange(800),
            "again": 2 * np.arange(800),
            "id": [f"c{k}" for k in range(800)],
        }
    )
    y = np.arange(800) % 7
    found = cx.models.Trial(outcome="amount").fit(arm, y, known)
    assert np.isfinite(found.lifts_["std_error"]).all()


def test_sample_size_by_the_textbook():  # R: power.prop.test(p1 = .06, p2 = .12, power = .8) gives 354.9 with the pooled variance
    assert sample_size(0.06, 0.12 * 0.88, 0.06 * 0.94) == 354
    assert sample_size(0.06, 0.12 * 0.88, 0.06 * 0.94, arms=3) > 450
    assert sample_size(0.0, 1, 1) is None
    assert detectable_lift(354, 354, 0.12 * 0.88, 0.06 * 0.94) == pytest.approx(0.06, abs=1e-4)
    trial = cx.models.Trial().fit(
        ["control"] * 100 + ["price"] * 100, [1] * 6 + [0] * 94 + [1] * 12 + [0] * 88
    )
    assert trial.needed("price") == 354


def test_as_rows():
    arm = ["control"] * 50 + ["price"] * 50
    rows = cx.models.Trial().fit(arm, np.arange(100) % 2).summary()
    assert rows["metric"].tolist() == ["control", "price", "price against control"]
    assert rows["unit"].tolist() == ["share", "share", "points"]
    assert rows["n"].tolist() == [50, 50, 100]
