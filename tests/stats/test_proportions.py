"""Shares, differences and the net promoter score."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from cxresearch.stats import newcombe, nps, wilson


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    # Newcombe (1998), Statistics in Medicine 17:857, table I, method 3; PropCIs::scoreci(81, 263, .95) in R
    [
        (81, 263, 0.25529, 0.36621),
        (15, 148, 0.06239, 0.16049),
        (0, 20, 0, 0.16113),
        (1, 29, 0.00611, 0.17176),
    ],
)
def test_wilson_published(x, n, low, high):
    assert wilson(x, n)[1:] == pytest.approx((low, high), abs=5e-6)


def test_newcombe_published():
    # Newcombe (1998), Statistics in Medicine 17:873, table II, method 10, contrast (a): 56/70 - 48/80
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.05243, 0.33387), abs=1e-5)
    # and contrasts (c) 6/7 - 2/7, (h) 10/10 - 0/10
    assert newcombe(6, 7, 2, 7)[1:] == pytest.approx((0.0582, 0.8062), abs=5e-5)
    assert newcombe(10, 10, 0, 10)[1:] == pytest.approx((0.6075, 1.0), abs=5e-5)


@pytest.mark.parametrize(
    ("promoters", "passives", "detractors", "value", "error"),
    # by the formula in Rocks (2016), The American Statistician 70:365
    [(150, 100, 50, 33.3333, 4.3033), (45, 30, 25, 20, 8.1240)],
)
def test_nps_published(promoters, passives, detractors, value, error):
    wave = nps([9] * promoters + [7] * passives + [6] * detractors)
    assert (wave.estimate, wave.std_error) == pytest.approx((value, error), abs=5e-5)
    assert (wave.low, wave.high) == pytest.approx(
        (value - 1.959964 * error, value + 1.959964 * error), abs=1e-3
    )
    assert wave.n == wave.n_effective == promoters + passives + detractors


def test_nps_score_limits_are_those_a_score_test_just_keeps():
    # the definition, by numerical maximisation of the trinomial likelihood under p - d = delta
    promoters, passives, detractors = 12, 36, 2
    wave = nps([10] * promoters + [8] * passives + [0] * detractors, method="score")
    for delta in (wave.low / 100, wave.high / 100):

        def loss(d, delta=delta):
            p = d + delta
            return -(promoters * np.log(p) + detractors * np.log(d) + passives * np.log(1 - p - d))

        top = (1 - delta) / 2
        d = minimize_scalar(loss, bounds=(1e-9, top - 1e-9), method="bounded", options={"xatol": 1e-12}).x
        variance = (2 * d + delta - delta**2) / 50
        assert abs(0.2 - delta) / np.sqrt(variance) == pytest.approx(1.959964, rel=1e-4)


@pytest.mark.parametrize(("score", "value"), [(10, 100), (8, 0), (3, -100)])
def test_a_unanimous_base_still_has_a_width(score, value):
    wave = nps([score] * 12)
    assert wave.estimate == value
    assert wave.method == "score"
    assert wave.high - wave.low > 10
    assert -100 <= wave.low <= value <= wave.high <= 100


def test_unanimous_score_interval_is_wilsons():
    low = wilson(12, 12).low
    assert nps([10] * 12).low == pytest.approx(100 * (2 * low - 1))


def test_kish_base():
    weights = np.array([1.0, 1, 2, 4])
    assert nps([10, 9, 8, 0], weights).n_effective == pytest.approx(8**2 / 22)
    assert nps([10, 9, 8, 0], weights).estimate == pytest.approx(-25)
    assert nps([10, 9, 8, 0], weights * 7)[:6] == pytest.approx(nps([10, 9, 8, 0], weights)[:6])


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_mirrors(counts):
    x, n = counts
    p, low, high = wilson(x, n)
    assert 0 <= low <= p <= high <= 1
    assert low < high
    mirrored = wilson(n - x, n)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high), abs=1e-12)


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_newcombe_is_antisymmetric(first, second):
    there, back = newcombe(*first, *second), newcombe(*second, *first)
    assert -1 <= there.low <= there.estimate <= there.high <= 1
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


def test_wilson_covers():
    n = 40
    low, high = wilson(np.arange(n + 1), n)[1:]
    truth = np.linspace(0.05, 0.95, 91)[:, None]
    cover = (binom.pmf(np.arange(n + 1), n, truth) * ((low <= truth) & (truth <= high))).sum(1)
    assert cover.mean() == pytest.approx(0.95, abs=0.01)
    assert cover.min() > 0.91


def test_columns_in_columns_out():
    frame = pd.DataFrame({"x": [1, 5, 0], "n": [10, 10, 0]})
    share, low, high = wilson(frame.x, frame.n)
    assert np.isnan(share[2])
    assert (low[2], high[2]) == (0, 1)
    assert newcombe(1, 2, 0, 0)[1:] == (-1, 1)
    assert low.shape == (3,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wilson([3, 12], [10, 10]), r"successes exceeds n in 1 row \(first: 1\)"),
        (lambda: wilson([-1, 2], 10), r"successes is negative in 1 row \(first: 0\)"),
        (lambda: wilson([np.nan, 2], 10), r"successes is missing or infinite in 1 row \(first: 0\)"),
        (lambda: wilson(1, 2, level=1), "level"),
        (lambda: wilson([1, 2], [3, 4, 5]), "successes has shape"),
        (lambda: nps([10, 11, 3]), r"scores is above 10 in 1 row \(first: 1\)"),
        (lambda: nps([10, 8.5]), r"scores is not a whole number in 1 row \(first: 1\)"),
        (lambda: nps(["10", "9"]), "scores is text"),
        (lambda: nps(pd.Series([9, None, 3], index=["a", "b", "c"])), r"scores is missing .*first: b"),
        (lambda: nps([]), "scores is empty"),
        (lambda: nps([9, 3], [0, 0]), "weights sum to 0"),
        (lambda: nps([9, 3], [1, -1]), "weights is negative"),
        (lambda: nps([9, 3], [1, 1, 1]), "weights has 3 rows, scores has 2"),
        (lambda: nps([9, 3], method="bayes"), "method"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
