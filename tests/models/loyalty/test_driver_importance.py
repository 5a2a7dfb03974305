"""Relative importance: published numbers, exactness, weights, missing items, hostile input, and silence where there is nothing."""

import time
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import TESTS

from cxresearch.charts.loyalty import driver_shares
from cxresearch.errors import NotEnough
from cxresearch.models import DriverImportance
from cxresearch.models.loyalty.correlations import Correlations, repaired
from cxresearch.sample.estimands import lmg as slow_lmg
from cxresearch.stats import johnson, lmg

REFERENCE = TESTS / "reference"

# computed with an independent implementation: R² and, in the order of the columns, LMG and Johnson's weights;
# LMG of swiss also stands in Grömping (2006), Journal of Statistical Software 17(1)
PUBLISHED = {
    "swiss": (
        0.706735,
        [0.057091, 0.171173, 0.260135, 0.105570, 0.112766],
        [0.048417, 0.154708, 0.271964, 0.114680, 0.116966],
    ),
    "attitude": (
        0.732602,
        [0.370816, 0.050904, 0.155766, 0.120345, 0.006589, 0.028182],
        [0.362760, 0.056002, 0.163611, 0.121780, 0.008255, 0.020193],
    ),
    "mtcars": (
        0.848635,
        [0.215709, 0.200698, 0.170077, 0.262150],
        [0.2096904, 0.1883043, 0.1799590, 0.2706812],
    ),
    "stackloss": (0.913577, [0.468478, 0.388750, 0.056349], [0.461280, 0.396424, 0.055873]),
}


def reference(name):
    data = pd.read_csv(REFERENCE / f"{name}.csv")
    return data.iloc[:, 1:], data.iloc[:, 0]


def halo(n, p, seed, effect=0.0):
    """Ratings that share a mood, and an outcome that hangs on the first of them by ``effect``."""
    rng = np.random.default_rng(seed)
    X = np.sqrt(0.45) * rng.normal(size=(n, 1)) + np.sqrt(0.55) * rng.normal(size=(n, p))
    return pd.DataFrame(X).rename(columns="item {}".format), effect * X[:, 0] + rng.normal(size=n)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_importance(name):
    X, y = reference(name)
    r2, by_lmg, by_johnson = PUBLISHED[name]
    for method, expected in (("lmg", by_lmg), ("johnson", by_johnson)):
        model = DriverImportance(method=method, draws=100).fit(X, y)
        assert model.importance_["importance"].to_numpy() == pytest.approx(expected, abs=6e-7)
        assert model.r_squared_["estimate"] == pytest.approx(r2, abs=6e-7)
    beside = DriverImportance(draws=100).fit(X, y).importance_
    assert (beside["johnson"] * r2).to_numpy() == pytest.approx(by_johnson, abs=2e-6)


@given(st.integers(1, 7), st.integers(0, 10**6))
def test_lmg_is_the_average_over_all_orders(p, seed):
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(30, p + 1)) + rng.normal() * rng.normal(size=(30, 1))
    covariance = np.cov(data.T)
    found, (slow, r2) = lmg(covariance), slow_lmg(covariance)
    assert found == pytest.approx(slow, abs=1e-12)
    assert found.min() >= -1e-12
    assert johnson(covariance).sum() == pytest.approx(r2, abs=1e-10)
    order = rng.permutation(p)  # a driver's share does not hang on where it stands
    moved = np.r_[order, p]
    assert lmg(covariance[np.ix_(moved, moved)]) == pytest.approx(found[order], abs=1e-12)


def test_walking_branches_and_walking_side_by_side_agree():
    rng = np.random.default_rng(5)
    data = rng.normal(size=(3, 60, 14)) + rng.normal(size=(3, 60, 1))
    stack = np.einsum("dni,dnj->dij", data, data)  # 13 drivers: three decided branch by branch
    beta = [np.linalg.solve(c[:-1, :-1], c[:-1, -1]) @ c[:-1, -1] / c[-1, -1] for c in stack]
    found = lmg(stack)
    assert found.sum(axis=1) == pytest.approx(beta, abs=1e-12)
    # by Shapley's symmetry: averaging gains over 1,000 random orders comes close
    rng, c = np.random.default_rng(1), stack[0]
    gains = np.zeros((1000, 13))
    for gain in gains:
        order = rng.permutation(13)
        left = c[np.ix_(np.r_[order, 13], np.r_[order, 13])].copy() / c[-1, -1]
        for k, j in enumerate(order):
            gain[j] = left[k, -1] ** 2 / left[k, k]
            left = left - np.outer(left[:, k], left[k]) / left[k, k]
    z = (gains.mean(axis=0) - found[0]) / (gains.std(axis=0) / np.sqrt(1000))
    assert np.abs(z).max() < 4


def test_a_useless_driver_that_correlates_gets_a_share_and_is_not_announced():
    X, y = halo(2000, 4, seed=3, effect=0.8)
    found = DriverImportance(draws=300).fit(X, y).importance_
    assert (found["low"] > 0.02).all()  # the pitfall: every share is clearly above zero
    assert found["announced"].tolist() == [True, False, False, False]


def test_null_ratings_announce_no_driver():
    """Small version of `make null`: outcomes without any driver; at most 1 of 20 seeds may announce one."""
    announced = 0
    for seed in range(20):
        X, y = halo(300, 6, seed)
        announced += DriverImportance(method="johnson", draws=200).fit(X, y).importance_["announced"].any()
    assert announced <= 1


def test_weights_count_as_respondents():
    X, y = halo(80, 3, seed=1, effect=1.0)
    weight = np.random.default_rng(0).integers(0, 4, 80)
    model = DriverImportance(draws=100).fit(X, y, sample_weight=weight)
    repeated = np.repeat(np.arange(80), weight)
    again = DriverImportance(draws=100).fit(X.iloc[repeated].reset_index(drop=True), y[repeated])
    same = ["importance", "share", "correlation", "coefficient", "vif", "johnson"]
    assert model.importance_[same].to_numpy() == pytest.approx(again.importance_[same].to_numpy(), abs=1e-10)
    assert model.n_ == (weight > 0).sum()  # the base counts people, not weights


def test_rows_of_one_respondent_are_drawn_together():
    X, y = halo(150, 3, seed=2, effect=0.7)
    twice, who = pd.concat([X] * 6, ignore_index=True), np.tile(np.arange(150), 6)
    alone = DriverImportance(draws=600).fit(X, y).importance_
    naive = DriverImportance(draws=600).fit(twice, np.tile(y, 6)).importance_
    known = DriverImportance(draws=600).fit(twice, np.tile(y, 6), respondent=who).importance_
    width = {name: (t["high"] - t["low"]).mean() for name, t in dict(a=alone, n=naive, k=known).items()}
    assert width["k"] == pytest.approx(width["a"], rel=0.1)
    assert width["n"] < 0.6 * width["a"]


def test_missing_items_pairwise_and_listwise():
    X, y = halo(400, 4, seed=7, effect=1.0)
    holes = X.mask(np.random.default_rng(1).random(X.shape) < 0.2)
    pairwise = DriverImportance(draws=100).fit(holes, y)
    listwise = DriverImportance(draws=100, missing="listwise").fit(holes, y)
    assert listwise.n_ == holes.notna().all(axis=1).sum() < pairwise.n_ == holes.notna().any(axis=1).sum()
    whole = pd.concat([holes, pd.Series(y, name="y")], axis=1)
    assert pairwise.correlation_.to_numpy() == pytest.approx(whole.corr().to_numpy(), abs=1e-12)
    assert listwise.correlation_.to_numpy() == pytest.approx(whole.dropna().corr().to_numpy(), abs=1e-12)
    assert pairwise.bases_["missing"].tolist() == [*holes.isna().sum(), 0]
    complete = DriverImportance(draws=100).fit(X, y).importance_
    same = DriverImportance(draws=100, missing="listwise").fit(X, y).importance_
    pd.testing.assert_frame_equal(complete, same)


def test_contradicting_pairwise_correlations_are_repaired_and_counted():
    odd = np.array([[[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1.0]]])
    found, was = repaired(odd)
    assert was.all()
    assert np.linalg.eigvalsh(found).min() > 0
    assert np.einsum("dii->di", found) == pytest.approx(1)
    X, y = halo(75, 5, seed=4, effect=1.0)
    model = DriverImportance(draws=200).fit(X.mask(np.random.default_rng(2).random(X.shape) < 0.5), y)
    assert 0 < model.n_repaired_ <= 200
    assert model.importance_["share"].between(0, 1).all()


def test_intervals_hold_the_true_shares_nine_times_in_ten_and_more():
    beta = np.array([0.6, 0.3, 0.1])
    inner = 0.45 + 0.55 * np.eye(3)
    cross = inner @ beta
    true, r2 = slow_lmg(np.block([[inner, cross[:, None]], [cross[None], np.array([[cross @ beta + 1]])]]))
    held = 0
    for seed in range(60):
        X, _ = halo(400, 3, seed)
        y = X.to_numpy() @ beta + np.random.default_rng(1000 + seed).normal(size=400)
        found = DriverImportance(draws=300, seed=seed).fit(X, y).importance_
        held += ((found["low"] <= true / r2) & (true / r2 <= found["high"])).mean()
    assert held / 60 > 0.90  # 180 intervals of 95 %


def test_summary_has_the_columns_of_an_estimate():
    X, y = reference("attitude")
    table = DriverImportance(draws=100).fit(X, y).summary()
    assert list(table) == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert (table["unit"] == "share").all()
    assert table["metric"].iloc[0] == "R²"
    assert table["estimate"][1:].is_monotonic_decreasing
    assert table["estimate"][1:].sum() == pytest.approx(1)
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()


def test_the_same_seed_gives_the_same_answer():
    X, y = reference("swiss")
    one, two = (DriverImportance(draws=100, seed=4).fit(X, y).importance_ for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_a_driver_of_the_wrong_sign_or_of_constant_level():
    X, y = halo(100, 2, seed=1, effect=1.0)
    with pytest.raises(NotEnough, match="item 1 does not vary"):
        DriverImportance().fit(X.assign(**{"item 1": 7.0}), y)
    with pytest.raises(NotEnough, match="the outcome does not vary"):
        DriverImportance().fit(X, np.full(100, 9))
    with pytest.raises(NotEnough, match="recommend does not vary"):
        DriverImportance().fit(X, pd.Series(9, X.index, name="recommend"))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda X: X.assign(b=np.nan), "nobody answered b"),
        (lambda X: X.assign(b=[1.0, 2.0, 3.0, *[np.nan] * 97]), "b was answered by 3 respondents, and 3 drivers need 15"),
        (lambda X: X.mask(pd.DataFrame({"item 0": X.index < 52, "item 1": X.index >= 54})),
         "item 0 and item 1 were answered together by 2 respondents, fewer than 5"),
        (lambda X: X[[]], "there are no drivers"),
        (lambda X: X[["item 0"]], "there is one driver"),
        (lambda X: X * np.nan, "nobody both answered the outcome and rated a driver"),
    ],
)  # fmt: skip
def test_too_little_to_compare_drivers_is_refused_as_not_enough(change, why):
    X, y = halo(100, 2, seed=1)
    with pytest.raises(NotEnough, match=why):
        DriverImportance(draws=100).fit(change(X), y)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda X: X.assign(b=2 * X["item 0"] + 1), "b is determined by item 0"),
        (lambda X: X.assign(b=["five", *["4"] * 99]), r"b is text, not a number, in 100 rows \(first: 0, 1"),
        (lambda X: X.assign(b=[np.inf, *[4.0] * 99]), r"b is missing or infinite in 1 row \(first: 0\)"),
        (lambda X: X.head(0), "X has 0 rows|y has 100 rows"),
        (lambda X: X.to_numpy(), "X is a ndarray"),
        (lambda X: pd.concat([X, X], axis=1), "two columns item 0"),
    ],
)
def test_hostile_input_is_refused_in_words(change, said):
    X, y = halo(100, 2, seed=1)
    with pytest.raises(ValueError, match=said):
        DriverImportance(draws=100).fit(change(X), y)


def test_fifteen_by_default_eighteen_at_most():
    X, y = halo(200, 19, seed=1)
    with pytest.raises(ValueError, match=r"19 drivers: LMG goes through all 2\^19 subsets and stops at 18"):
        DriverImportance(max_drivers=30).fit(X, y)
    with pytest.raises(ValueError, match=r"16 drivers, more than max_drivers = 15: .*up to 18"):
        DriverImportance().fit(X.iloc[:, :16], y)
    assert len(DriverImportance("johnson", max_drivers=19, draws=100).fit(X, y).importance_) == 19


def test_eighteen_drivers_take_seconds_and_little_memory():
    X, y = halo(500, 18, seed=1, effect=1.0)
    tracemalloc.start()
    start = time.perf_counter()
    model = DriverImportance(max_drivers=18, draws=100).fit(X, y)
    seconds = time.perf_counter() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert model.importance_["importance"].sum() == pytest.approx(model.r_squared_["estimate"], abs=1e-12)
    assert seconds < 20
    assert peak < 2**28


def test_no_resampled_data_set_is_made():
    X, y = halo(20_000, 12, seed=1, effect=1.0)
    tracemalloc.start()
    DriverImportance(draws=200).fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**28  # 200 copies of the data would take 0.4 GiB, 1,000 2 GiB


def test_correlations_of_resamples_are_those_of_the_resampled_rows():
    rng = np.random.default_rng(0)
    columns = rng.normal(1e6, 1, size=(50, 3))  # far from zero: sums of squares would cancel
    weights = rng.random(50)
    rows = rng.integers(0, 50, 50)
    counts = np.bincount(rows, minlength=50)[None].astype(float)
    found = Correlations(columns, weights)(counts)[0]
    expected = np.cov(columns[rows].T, aweights=weights[rows])
    expected = expected / np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert found == pytest.approx(expected, abs=1e-9)


def test_lmg_refuses_what_is_no_correlation():
    with pytest.raises(ValueError, match="square"):
        lmg(np.ones((2, 3)))
    with pytest.raises(ValueError, match="missing"):
        lmg(np.array([[1, np.nan], [np.nan, 1]]))
    with pytest.raises(ValueError, match="not positive"):
        lmg(np.zeros((3, 3)))


def test_a_negative_weight_is_told_with_its_sign_in_rows_and_chart():
    rng = np.random.default_rng(3)
    X = pd.DataFrame({name: rng.normal(size=300) for name in ("ease", "waiting")})
    y = pd.Series(X["ease"] - X["waiting"] + rng.normal(size=300), name="recommend")
    model = DriverImportance(draws=100).fit(X, y)
    method = model.summary().set_index("metric")["method"]
    assert "negative coefficient" in method["share of R², waiting"]
    assert "negative" not in method["share of R², ease"]
    figure = driver_shares(model.importance_, "recommend")
    assert "waiting (−)" in figure.alt
    assert "ease (−)" not in figure.alt
    assert "higher ratings go with a lower outcome" in figure.alt


def test_the_base_counts_people_and_the_method_their_answers():
    random = np.random.default_rng(3)
    X = pd.DataFrame(random.normal(5, 2, (600, 2)), columns=["price", "ease"])
    who = np.repeat(np.arange(200), 3)
    X.loc[who < 50, "ease"] = np.nan
    found = DriverImportance(draws=200).fit(X, X["price"] + random.normal(size=600), respondent=who)
    rows = found.summary().set_index("metric")
    assert rows["n"].to_dict() == {"R²": 200, "share of R², price": 200, "share of R², ease": 150}
    assert rows["method"].str.contains("600 answers").all()
    alone = DriverImportance(draws=200).fit(X, X["price"] + random.normal(size=600)).summary()
    assert not alone["method"].str.contains("answers").any()
