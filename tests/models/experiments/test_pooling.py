"""Pooling: the digits of R's metafor, the chance of being best, and estimates that have nothing to pool."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.models.experiments.best import chance_of_best

# 13 trials of the BCG vaccine (Colditz et al. 1994): log risk ratios and variances, as in R's metafor::dat.bcg
BCG = [-0.889311, -1.585389, -1.348073, -1.441551, -0.217547, -0.786116, -1.620898, 0.011952, -0.469418, -1.371345, -0.339359, 0.445913, -0.017314]  # fmt: skip
VARIANCE = [0.325585, 0.194581, 0.415368, 0.020010, 0.051210, 0.006906, 0.223017, 0.003962, 0.056434, 0.073025, 0.012412, 0.532506, 0.071405]  # fmt: skip
FOUR = (
    [0.016, 0.054, 0.014, 0.102],
    [0.023, 0.026, 0.028, 0.022],
    ["trade show", "roadshow", "webinar", "dinner"],
)
near = pytest.approx


def pooled(y, error, names=None, **options):
    return cx.models.Pooling(**options).fit(y, error, names)


def test_the_trials_of_the_vaccine_as_metafor_pools_them():
    found = pooled(BCG, np.sqrt(VARIANCE))
    assert found.tau2_ == near(0.308760, rel=1e-4) and found.q_ == near(152.2330, rel=1e-4)
    assert found.i2_ == near(0.92117, rel=1e-4)
    mean = found.mean_
    assert (mean["estimate"], mean["std_error"]) == near((-0.714117, 0.178742), rel=1e-4)
    assert found.hartung_knapp_ == near(0.180697, rel=1e-4)
    assert (mean["low"], mean["high"]) == near(
        (-1.107821, -0.320413), rel=1e-4
    )  # rma(method="DL", test="knha")
    shrunk = found.estimates_.set_index("name")
    assert tuple(shrunk.loc["1", ["estimate", "std_error"]]) == near((-0.799391, 0.408523), rel=1e-4)
    assert tuple(shrunk.loc["7", ["estimate", "std_error"]]) == near((-1.240612, 0.367569), rel=1e-4)


def test_the_four_kinds_of_event():
    found = pooled(*FOUR)
    assert found.tau2_ == near(0.00129612, rel=1e-5) and found.q_ == near(9.447270, rel=1e-6)
    assert (found.mean_["estimate"], found.mean_["std_error"]) == near((0.0477612, 0.0218349), rel=1e-6)
    table = found.estimates_
    assert table["estimate"].tolist() == near([0.0252058, 0.0518615, 0.0267246, 0.0872529], rel=1e-5)
    assert table["std_error"].tolist() == near([0.0203893, 0.0223674, 0.0235847, 0.0196888], rel=1e-5)
    assert table["best_raw"].tolist() == near([0.002161, 0.078138, 0.004988, 0.914714], abs=1e-6)
    assert table["best"].tolist() == near([0.006593, 0.101235, 0.013348, 0.878824], abs=1e-6)


def test_the_chance_of_being_best_is_that_of_draws():
    rng = np.random.default_rng(5)
    middle, spread, share, mean, error = (
        np.array([0.1, 0.0, 0.2]),
        np.array([0.1, 0.3, 0.05]),
        np.array([0.5, 0.9, 0.1]),
        1.0,
        0.4,
    )
    drawn = middle + share * rng.normal(mean, error, (200_000, 1)) + spread * rng.normal(size=(200_000, 3))
    expected = np.bincount(drawn.argmax(axis=1), minlength=3) / 200_000
    assert chance_of_best(middle, spread, share, mean, error) == near(expected, abs=0.005)


def test_a_winner_needs_its_chance_with_twice_the_spread_too():
    assert pooled(*FOUR).best_ == "dinner" and pooled(*FOUR, certain=0.9).best_ is None
    assert "twice the spread" in pooled(*FOUR).left_out_[0]


def test_of_two_that_differ_no_more_than_by_chance_none_is_the_best():
    found = pooled([0.0, 0.17], [0.1, 0.1])
    assert found.estimates_["best_raw"].max() > 0.8 and found.best_ is None


def test_the_best_raw_estimate_is_drawn_down():
    found = pooled(*FOUR)
    assert found.leader_ == "dinner" and found.curse_ == near(0.102 - 0.0872529, rel=1e-4)


def test_estimates_that_agree_are_pooled_to_one_value_and_have_no_best():
    found = pooled([0.1, 0.1, 0.1], [0.1, 0.1, 0.1])
    assert found.tau2_ == 0 and found.estimates_["best"].tolist() == near([1 / 3] * 3)
    assert found.mean_["std_error_used"] == near(0.1 / np.sqrt(3))  # Hartung and Knapp's would be 0
    assert found.best_ is None


def test_two_estimates_have_no_limits_for_a_third():
    found = pooled([0.0, 0.3], [0.1, 0.1])
    assert np.isnan(found.prediction_).all() and found.mean_["high"] > 1  # one degree of freedom


def test_of_two_equal_errors_the_chance_is_the_normal_one():
    from scipy.special import ndtr

    assert chance_of_best([0.0, 1.0], [1.0, 1.0])[1] == near(ndtr(1 / np.sqrt(2)), abs=1e-8)


def test_twenty_estimates_have_normal_limits():
    found = pooled(np.linspace(0, 1, 20), np.full(20, 0.1))
    assert found.mean_["method"] == "DerSimonian–Laird"
    assert found.mean_["high"] - found.mean_["estimate"] == near(1.959964 * found.mean_["std_error"])


@pytest.mark.parametrize(
    ("y", "error", "said"),
    [
        ([0.1, np.nan], [0.1, 0.1], "estimates"),
        ([0.1, 0.2], [0.1, 0.0], "std_errors is not above 0"),
        ([0.1, 0.2], [0.1, np.inf], "std_errors"),
        ([0.1, 0.2, 0.3], [0.1, 0.1], "std_errors"),
        (["a", "b"], [0.1, 0.1], "estimates"),
    ],
)
def test_bad_input_is_named(y, error, said):
    with pytest.raises(ValueError, match=said):
        pooled(y, error)


def test_one_estimate_is_too_few():
    with pytest.raises(cx.NotEnough, match="only one estimate"):
        pooled([0.1], [0.1])


values = st.lists(st.tuples(st.floats(-5, 5), st.floats(0.01, 5)), min_size=2, max_size=8)


@settings(max_examples=30)
@given(values)
def test_chances_add_up_and_shrinking_keeps_the_side(pairs):
    y, error = map(list, zip(*pairs, strict=True))
    found = pooled(y, error)
    table = found.estimates_
    for name in ("best_raw", "best", "best_doubled"):
        assert table[name].sum() == near(1) and (table[name] >= 0).all()
    low, high = (
        np.minimum(table["raw"], found.mean_["estimate"]),
        np.maximum(table["raw"], found.mean_["estimate"]),
    )
    assert table["estimate"].between(low - 1e-9, high + 1e-9).all()
    assert found.mean_["low"] <= found.mean_["estimate"] <= found.mean_["high"]


@settings(max_examples=30)
@given(values, st.randoms())
def test_the_order_of_estimates_does_not_matter(pairs, random):
    mixed = list(pairs)
    random.shuffle(mixed)
    one, other = (pooled(*map(list, zip(*p, strict=True)), names=None) for p in (pairs, mixed))
    assert one.mean_["estimate"] == near(other.mean_["estimate"]) and one.tau2_ == near(
        other.tau2_, abs=1e-12
    )
