"""The expected maximum profit of a churn score: reference numbers, an independent integral, and what no score may earn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from cxresearch.models import RetentionProfit


def profit(y, score, **options):
    return RetentionProfit(draws=0, **options).fit(y, score)


def test_reference_numbers():
    found = profit([0, 1, 0, 1, 0, 1, 0, 1], np.arange(0.1, 0.9, 0.1))
    # empulse, empc_score with its defaults
    assert found.profit_ == pytest.approx(23.875593, abs=1e-5)
    assert found.fraction_ == pytest.approx(0.874371, rel=1e-4)
    ordered = profit([0] * 6 + [1] * 4, np.arange(10))
    assert ordered.profit_ == pytest.approx(22.4, abs=1e-6)
    assert ordered.fraction_ == pytest.approx(0.4, abs=1e-6)
    assert ordered.perfect_ == pytest.approx(ordered.profit_)


def by_hand(y, score, clv=200.0, d=10.0, f=1.0, a=6.0, b=14.0):
    """The best cut for each of 20,001 acceptance rates, averaged."""
    grid = (np.arange(20_001) + 0.5) / 20_001
    cuts = np.r_[np.inf, np.unique(score)[::-1]]
    kept = np.array([((score >= c) & (y == 1)).mean() for c in cuts])
    wasted = np.array([((score >= c) & (y == 0)).mean() for c in cuts])
    value = np.outer(grid * (clv - d) - f, kept) - (d + f) * wasted
    weight = np.diff(beta.cdf(np.linspace(0, 1, 20_002), a, b))
    return weight @ value.max(axis=1), weight @ (kept + wasted)[value.argmax(axis=1)]


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(3, 40), st.integers(2, 9))
def test_the_integral_is_that_of_brute_force(seed, n, levels):
    random = np.random.default_rng(seed)
    y, score = random.integers(0, 2, n), random.integers(0, levels, n)
    y[:2] = 0, 1
    found = profit(y, score)
    expected, fraction = by_hand(y, score)
    assert found.profit_ == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert found.fraction_ == pytest.approx(fraction, abs=2e-3)
    assert found.without_ - 1e-9 <= found.profit_ <= found.perfect_ + 1e-9


def test_a_constant_score_earns_what_no_score_does():
    y = np.repeat([1, 0], [30, 70])
    found = profit(y, np.zeros(100))
    assert found.profit_ == pytest.approx(found.without_)


def test_a_score_of_chance_hardly_pays_and_intervals_hold_the_estimates():
    random = np.random.default_rng(1)
    y = (random.random(4000) < 0.1).astype(int)
    found = RetentionProfit(draws=200).fit(y, random.random(4000))
    table = found.summary()
    assert table["high"].iloc[2] < 0.2
    assert ((table["low"] <= table["estimate"]) & (table["estimate"] <= table["high"])).all()
    sharp = RetentionProfit(draws=200).fit(y, 0.9 * y + 0.05)
    assert sharp.summary()["estimate"].iloc[2] == pytest.approx(1)


def test_limits_of_what_a_weak_ranking_adds_hold_the_truth():
    """The best cut in hindsight flatters the estimate, and every resample again."""
    rng = np.random.default_rng(2)

    def draw(n):
        risk = rng.normal(-2, 1.2, n)
        y = rng.random(n) < 1 / (1 + np.exp(-risk))
        return y, 0.6 * risk + rng.normal(0, 1, n)

    truth = profit(*draw(300_000)).summary()["estimate"]
    held = np.zeros(3)
    for _ in range(60):
        table = RetentionProfit(draws=100).fit(*draw(600)).summary()
        held += ((table["low"] <= truth) & (truth <= table["high"])).to_numpy()[:3]
        assert ((table["low"] <= table["estimate"]) & (table["estimate"] <= table["high"])).all()
    assert (held >= 0.85 * 60).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"clv": 0}, "clv is 0"),
        ({"d": 300}, "d is 300: an offer that costs"),
        ({"alpha": -1}, "alpha is -1"),
        ({"f": np.nan}, "f is nan"),
    ],
)
def test_worth_and_costs_that_make_no_sense(options, said):
    with pytest.raises(ValueError, match=said):
        profit([0, 1], [0, 1], **options)


@pytest.mark.parametrize("y", [[0, 0], [1, 1]])
def test_one_outcome_only(y):
    with pytest.raises(ValueError, match="nobody to tell apart"):
        profit(y, [0, 1])
