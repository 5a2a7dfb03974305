"""Fine–Gray, cause-specific hazards and Gray's test against R, planted truth, and input that they must refuse."""

import numpy as np
import pandas as pd
import pytest

from cxresearch import NotEnough
from cxresearch.models import AalenJohansen, CauseSpecificHazard, FineGray, gray_test, log_rank
from tests.melanoma import melanoma

# Scrucca, Santucci & Aversa (2007), 35 patients: relapse (1) and death before it (2); scikit-survival's load_bmt
TIME = [
    13,
    1,
    72,
    7,
    8,
    67,
    9,
    5,
    70,
    4,
    7,
    68,
    1,
    10,
    7,
    3,
    4,
    4,
    3,
    3,
    22,
    8,
    2,
    0,
    0,
    35,
    35,
    4,
    14,
    26,
    3,
    2,
    8,
    32,
    12,
]
END = [
    2,
    1,
    0,
    2,
    2,
    0,
    2,
    2,
    0,
    0,
    0,
    0,
    2,
    2,
    2,
    1,
    1,
    1,
    1,
    1,
    2,
    1,
    2,
    2,
    1,
    0,
    0,
    2,
    2,
    2,
    2,
    0,
    0,
    0,
    1,
]
GROUP = [
    0,
    0,
    0,
    0,
    0,
    1,
    0,
    0,
    1,
    1,
    1,
    1,
    0,
    1,
    1,
    1,
    1,
    1,
    1,
    1,
    0,
    1,
    1,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    1,
    1,
    1,
    0,
]
X = pd.DataFrame({"group": GROUP})


def frame(n, seed, effect=0.7, other=0.0, months=True):
    """Customers with a subdistribution hazard ratio of exp(effect) for leaving, as Fine & Gray (1999, section 5) simulate them."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, 2, n)
    p = 0.5  # share that leaves in group 0
    odds = np.exp(effect * group)
    leaves = rng.random(n) < 1 - (1 - p) ** odds
    u = rng.random(n) * (1 - (1 - p) ** odds)
    early = -np.log(1 - (1 - (1 - u) ** (1 / odds)) / p) * 12
    late = rng.exponential(12 * np.exp(-other * group))
    time, end = np.where(leaves, early, late), np.where(leaves, "left", "died")
    lost = rng.uniform(0, 60, n)
    end = np.where(lost < time, None, end)
    time = np.minimum(time, lost)
    return pd.DataFrame({"duration": np.ceil(time) if months else time, "end": end, "group": group})


# --- published numbers: R 4.2.2, cmprsk 2.2-11 (crr, cuminc) and survival 3.5-3 (coxph)


@pytest.mark.parametrize(
    ("of", "beta", "se", "value"),
    [(1, 0.7651703, 0.6987902, -29.858652), (2, -1.6044662, 0.6403130, -43.947278)],
)
def test_fine_gray_is_crr(of, beta, se, value):
    model = FineGray(of).fit(TIME, END, X)
    assert [model.params_["group"], model.std_error_["group"]] == pytest.approx([beta, se], abs=1e-7)
    assert model.log_likelihood_ == pytest.approx(value, abs=1e-6)
    assert (model.n_, model.n_events_ + model.n_other_) == (35, sum(end > 0 for end in END))


@pytest.mark.parametrize(("of", "beta", "se"), [(1, 0.664870, 0.709223), (2, -1.448761, 0.647781)])
def test_cause_specific_hazard_is_coxph(of, beta, se):
    model = CauseSpecificHazard(of).fit(TIME, END, X)
    assert [model.params_["group"], model.std_error_["group"]] == pytest.approx([beta, se], abs=1e-6)


@pytest.mark.parametrize(("of", "statistic", "p"), [(1, 1.301634, 0.253915), (2, 7.082278, 0.007785)])
def test_gray_is_cuminc(of, statistic, p):
    test = gray_test(TIME, END, GROUP, of)
    assert [test.statistic, test.df, test.p_value] == pytest.approx([statistic, 1, p], abs=1e-6)
    assert test.table["observed"].sum() == pytest.approx(test.table["expected"].sum())


def test_shares_of_the_two_groups():
    # cuminc at 6, 12, 24, 60
    expected = {(0, 1): [0.117647, 0.176471, 0.176471, 0.176471], (1, 1): [0.295139, 0.368186, 0.368186, 0.368186],
                (0, 2): [0.294118, 0.470588, 0.647059, 0.705882], (1, 2): [0.055556, 0.205707, 0.205707, 0.205707]}  # fmt: skip
    for group in (0, 1):
        rows = np.array(GROUP) == group
        at = AalenJohansen().fit(np.array(TIME)[rows], np.array(END)[rows]).at([6, 12, 24, 60])
        for cause in (1, 2):
            told = at[at["cause"] == cause]["incidence"].to_list()
            assert told == pytest.approx(expected[group, cause], abs=1e-6)


def test_melanoma_is_crr_and_cuminc():
    rows = melanoma()
    X = rows[["sex", "ulcer", "age"]].assign(thickness=np.log(rows["thickness"]))[
        ["sex", "ulcer", "thickness", "age"]
    ]
    model = FineGray(1).fit(rows["time"], rows["end"], X)
    assert model.params_.to_list() == pytest.approx([0.3441871, 0.9107141, 0.4981877, 0.0053040], abs=1e-7)
    assert model.std_error_.to_list() == pytest.approx([0.2804395, 0.3107216, 0.1675395, 0.0092274], abs=1e-7)
    assert model.log_likelihood_ == pytest.approx(-266.290804, abs=1e-6)
    alone = FineGray(1).fit(rows["time"], rows["end"], rows[["sex"]])
    assert [alone.params_["sex"], alone.std_error_["sex"]] == pytest.approx([0.6365323, 0.2634724], abs=1e-7)
    for of, statistic in ((1, 5.814021), (2, 0.854366)):
        assert gray_test(rows["time"], rows["end"], rows["sex"], of).statistic == pytest.approx(
            statistic, abs=1e-6
        )
    shares = AalenJohansen().fit(rows["time"], rows["end"]).at(np.array([2, 5, 8]) * 365.25)
    assert shares.query("cause == 1")["incidence"].to_list() == pytest.approx(
        [0.073533, 0.223540, 0.309620], abs=1e-6
    )


# --- the formulas


def test_the_score_is_that_of_weights_written_out():
    """The partial likelihood customer by customer and time by time, with the weights of the censoring curve."""
    rows = frame(120, 3)
    t, x = rows["duration"].to_numpy(), rows["group"].to_numpy(float)
    own, lost = (rows["end"] == "left").to_numpy(), rows["end"].isna().to_numpy()

    def g(u):
        return np.prod(
            [1 - (lost & (t == s)).sum() / (t >= s).sum() for s in np.unique(t[lost]) if s < u] or [1.0]
        )

    def value(beta):
        total = 0.0
        for i in np.flatnonzero(own):
            weight = np.where(
                t >= t[i], 1.0, np.where(~own & ~lost, g(t[i]) / np.array([g(s) for s in t]), 0.0)
            )
            total += beta * x[i] - np.log((weight * np.exp(beta * x)).sum())
        return total

    model = FineGray("left").fit(rows["duration"], rows["end"], rows[["group"]])
    beta = model.params_["group"]
    assert model.log_likelihood_ == pytest.approx(value(beta), rel=1e-10)
    assert max(value(beta - 0.02), value(beta + 0.02)) < model.log_likelihood_


def test_without_other_ends_and_censoring_it_is_a_cox_model():
    rng = np.random.default_rng(4)
    X = pd.DataFrame({"x": rng.normal(size=300), "plan": rng.choice(["a", "b", "c"], 300)})
    time = rng.exponential(np.exp(-X["x"] / 2))
    shares, speeds = (model(1).fit(time, np.ones(300, int), X) for model in (FineGray, CauseSpecificHazard))
    assert shares.params_.to_list() == pytest.approx(speeds.params_.to_list(), rel=1e-8)
    assert list(shares.params_.index) == ["x", "plan=b", "plan=c"]


def test_without_other_ends_gray_is_the_log_rank_test_in_a_large_sample():
    rng = np.random.default_rng(5)
    time, group = np.ceil(rng.exponential(10, 4000)), rng.choice(list("abc"), 4000)
    event = (rng.random(4000) < 0.7).astype(int)
    ours, theirs = gray_test(time, event, group, 1), log_rank(time, event, group)
    assert ours.df == theirs.df == 2
    assert ours.statistic == pytest.approx(theirs.statistic, rel=0.03)


@pytest.mark.parametrize("model", [FineGray, CauseSpecificHazard])
def test_rows_that_are_alike_are_counted(model):
    rows = frame(3000, 6)
    counted = rows.assign(end=rows["end"].fillna("")).value_counts().reset_index(name="n")
    counted["end"] = counted["end"].replace("", None)
    whole = model("left").fit(rows["duration"], rows["end"], rows[["group"]])
    few = model("left").fit(counted["duration"], counted["end"], counted[["group"]], weights=counted["n"])
    assert whole.n_rows_ < 400 and whole.n_ == few.n_ == 3000
    for name in ("params_", "std_error_"):
        assert getattr(whole, name).to_list() == pytest.approx(getattr(few, name).to_list(), rel=1e-8)
    # and rows that hardly repeat give what the same rows twice, as weights, give
    bare = frame(400, 7, months=False)
    once = model("left").fit(bare["duration"], bare["end"], bare[["group"]])
    twice = model("left").fit(bare["duration"], bare["end"], bare[["group"]], weights=np.full(400, 2))
    assert once.std_error_["group"] == pytest.approx(twice.std_error_["group"] * np.sqrt(2), rel=0.02)


# --- planted truth, and none


def test_a_planted_ratio_of_shares_comes_back():
    found = [
        FineGray("left").fit(rows["duration"], rows["end"], rows[["group"]])
        for rows in (frame(2000, s) for s in range(40))
    ]
    beta = np.array([model.params_["group"] for model in found])
    error = np.array([model.std_error_["group"] for model in found])
    assert beta.mean() == pytest.approx(0.7, abs=4 * beta.std() / np.sqrt(40))
    assert (np.abs(beta - 0.7) < 1.96 * error).sum() >= 34
    assert error.mean() == pytest.approx(beta.std(), rel=0.35)


def test_groups_that_are_alike_are_not_told_apart():
    p = [
        gray_test(rows["duration"], rows["end"], rows["group"], "left").p_value
        for rows in (frame(400, s, effect=0.0, other=0.8) for s in range(60))
    ]
    assert (np.array(p) < 0.05).sum() <= 8


def test_leaving_sooner_because_the_others_die_is_no_larger_share():
    """The speed of leaving is the same in both groups, but in one other ends come first: only the share differs."""
    rng = np.random.default_rng(8)
    group = rng.integers(0, 2, 20_000)
    leave, die = rng.exponential(20, 20_000), rng.exponential(np.where(group == 1, 5, 200))
    ends = np.where(leave < die, "left", "died")
    X, time = pd.DataFrame({"group": group}), np.minimum(leave, die)
    share, speed = (
        model("left").fit(time, ends, X).summary().iloc[0] for model in (FineGray, CauseSpecificHazard)
    )
    assert share["high"] < 0.5 and speed["low"] < 1.05 and speed["high"] > 0.95


# --- hostile input


@pytest.mark.parametrize("model", [FineGray, CauseSpecificHazard])
def test_what_cannot_be_estimated_is_refused(model):
    with pytest.raises(NotEnough, match="nobody left for the cause 3"):
        model(3).fit(TIME, END, X)
    with pytest.raises(ValueError, match="entry is above 0"):
        model(1).fit(TIME, END, X, entry=[0] * 34 + [5])
    with pytest.raises(ValueError, match="collinear"):
        model(1).fit(TIME, END, X.assign(again=1 - X["group"]))
    with pytest.raises(NotEnough, match="in some group nobody left"):
        model(1).fit(TIME, END, pd.DataFrame({"never": [float(end == 1) for end in END]}))
    with pytest.raises(ValueError, match="cause is missing for a customer who left"):
        model("a").fit([1, 2, 3], ["a", None, "b"], X.head(3), event=[1, 1, 1])
    with pytest.raises(ValueError, match="group has one value only"):
        model(1).fit(TIME, END, X * 0)


def test_gray_needs_two_groups_with_labels():
    with pytest.raises(NotEnough, match="fewer than two values"):
        gray_test(TIME, END, [1] * 35, 1)
    with pytest.raises(ValueError, match="group is missing"):
        gray_test(TIME, END, [None, *GROUP[1:]], 1)


def test_a_group_that_ends_early_does_no_harm():
    time, end = [1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 1, 1, 0, 2, 1, 0]
    test = gray_test(time * 10, end * 10, (["short"] * 3 + ["long"] * 5) * 10, 1)
    assert np.isfinite(test.statistic) and 0 <= test.p_value <= 1
