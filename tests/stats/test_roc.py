"""AUC, lift and calibration: published and hand-worked numbers, and intervals that hold what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu
from sklearn.metrics import roc_auc_score

from cxresearch.models.churn.calibration_slope import calibration_slope
from cxresearch.models.churn.platt import platt
from cxresearch.stats.roc import auc, auc_gap, lift

# Hanley & McNeil (1982), Table I: ratings of 109 computed tomograms, 1 definitely normal … 5 definitely abnormal
NORMAL, ABNORMAL = [33, 6, 6, 11, 2], [3, 2, 2, 11, 33]
RATINGS = np.repeat([1, 2, 3, 4, 5] * 2, NORMAL + ABNORMAL)
TRUTH = np.repeat([0, 1], [58, 51])


def test_hanley_and_mcneils_own_example():
    found = auc(TRUTH, RATINGS)
    assert found.estimate == pytest.approx(0.893, abs=5e-4)  # their p. 32
    assert found.std_error == pytest.approx(0.032, abs=1.5e-3)  # exponential approximation, p. 33
    assert found.low < 0.893 < found.high


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=2, max_size=60))
def test_the_area_is_scikit_learns(rows):
    y, score = np.array([r[0] for r in rows], dtype=int), np.array([r[1] for r in rows])
    found = auc(y, score)
    if 0 < y.sum() < len(y):
        assert found.estimate == pytest.approx(roc_auc_score(y, score))
        assert 0 <= found.low <= found.estimate <= found.high <= 1
        assert found.low < found.high
        mirrored = auc(y, -score)
        assert mirrored.estimate == pytest.approx(1 - found.estimate)
    else:
        assert np.isnan(found.estimate)


def test_the_interval_holds_one_half_where_mann_whitney_does_not_reject():
    random = np.random.default_rng(6)
    for shift in np.linspace(0, 0.9, 25):
        yes, no = random.normal(shift, 1, 25), random.normal(0, 1, 40)
        found = auc(np.repeat([1, 0], [25, 40]), np.r_[yes, no])
        p = mannwhitneyu(yes, no, use_continuity=False, method="asymptotic").pvalue
        assert (found.low <= 0.5 <= found.high) == (p >= 0.05)


def test_a_perfect_ranking_keeps_a_width():
    found = auc([0] * 20 + [1] * 5, range(25))
    assert (found.estimate, found.high) == (1, 1)
    assert found.low < 0.9


@pytest.mark.parametrize("area", [0.62, 0.75])
def test_the_interval_covers(area):
    from scipy.special import ndtri

    random, shift, covered = np.random.default_rng(11), np.sqrt(2) * ndtri(area), 0
    for _ in range(400):
        score = np.r_[random.normal(shift, 1, 40), random.normal(0, 1, 300)]
        found = auc(np.repeat([1, 0], [40, 300]), score)
        covered += found.low <= area <= found.high
    assert covered / 400 >= 0.92


def test_lift_of_all_groups_averages_to_one_and_ties_earn_none():
    random = np.random.default_rng(0)
    y = (random.random(1000) < 0.1).astype(int)
    found = lift(y, random.random(1000))
    assert (found["lift"] * 0.1).sum() == pytest.approx(1)
    assert found["captured"].iloc[-1] == pytest.approx(1)
    tied = lift(np.sort(y)[::-1], np.zeros(1000))
    assert tied["lift"].to_numpy() == pytest.approx(np.ones(10))
    with pytest.raises(ValueError, match="score has 5 rows, too few for 10 groups"):
        lift([1, 0, 0, 0, 1], range(5))


def test_lift_at_a_boundary_within_ties_is_shared_out():
    found = lift([1, 1, 0, 0], [1, 1, 1, 0], groups=2)
    assert found["events"].tolist() == pytest.approx([4 / 3, 2 / 3])


def test_calibration_slope_is_statsmodels_logit():
    import statsmodels.api as sm

    random = np.random.default_rng(3)
    eta = random.normal(-2, 1, 2000)
    y = (random.random(2000) < 1 / (1 + np.exp(-(0.3 + 0.7 * eta)))).astype(int)
    found = calibration_slope(1 / (1 + np.exp(-eta)), y)
    peer = sm.Logit(y, sm.add_constant(eta)).fit(disp=0)
    low, high = peer.conf_int()[1]
    assert found.slope == pytest.approx((peer.params[1], low, high), abs=1e-6)
    large = sm.GLM(y, np.ones(2000), sm.families.Binomial(), offset=eta).fit()
    assert found.in_the_large.estimate == pytest.approx(large.params[0], abs=1e-6)


def test_platts_line_is_statsmodels_logit_of_his_targets():
    import statsmodels.api as sm

    random = np.random.default_rng(5)
    score = random.normal(-2, 3, 500)
    y = (random.random(500) < 1 / (1 + np.exp(-(0.3 + 0.5 * score)))).astype(int)
    a, b, errors = platt(score, y)
    target = np.where(y == 1, (y.sum() + 1) / (y.sum() + 2), 1 / ((1 - y).sum() + 2))
    peer = sm.GLM(target, sm.add_constant(score), sm.families.Binomial()).fit()
    assert (a, b, *errors) == pytest.approx((*peer.params, *peer.bse), rel=1e-6)


def test_platt_says_nothing_of_a_score_that_says_nothing():
    score = np.random.default_rng(6).normal(size=60)
    for y in (np.zeros(60), np.ones(60), (score < 0).astype(float)):
        level, slope, errors = platt(score, y)
        assert slope == 0.0 and errors[1] == 0.0
        assert abs(1 / (1 + np.exp(-level)) - y.mean()) < 0.02


@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([0.1, 0.9], [0, 1]),
        ([0.2, 0.2, 0.2], [0, 1, 0]),
        ([0.2, 0.4], [0, 0]),
        ([0.0, 1.0, 0.0, 1.0], [0, 1, 0, 1]),
    ],
)
def test_a_slope_that_cannot_be_had_is_missing(p, y):
    assert np.isnan(calibration_slope(p, y).slope.estimate)


def test_the_gap_of_two_areas_has_delongs_error():
    random = np.random.default_rng(5)
    y = random.random(300) < 0.3
    score, other = (np.round(y + random.normal(0, spread, 300), 1) for spread in (1, 1.5))
    found = auc_gap(y, score, other)
    assert found.estimate == pytest.approx(auc(y, score).estimate - auc(y, other).estimate, abs=1e-12)

    def kernel(one):  # DeLong's definition, pair by pair
        events, others = one[y], one[~y]
        return (events[:, None] > others) + 0.5 * (events[:, None] == others)

    gap = kernel(score) - kernel(other)
    variance = gap.mean(axis=1).var(ddof=1) / y.sum() + gap.mean(axis=0).var(ddof=1) / (~y).sum()
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=1e-12)
    assert auc_gap(y, score, score)[:2] == (0.0, 0.0)
    assert np.isnan(auc_gap([1, 0, 0], [1, 2, 3], [3, 2, 1]).estimate)


def test_equal_scores_differ_beyond_chance_in_one_case_of_twenty():
    random, misses = np.random.default_rng(6), 0
    for _ in range(400):
        y = np.repeat([1, 0], [40, 120])
        common = y + random.normal(size=160)
        found = auc_gap(y, common + random.normal(size=160), common + random.normal(size=160))
        misses += not found.low <= 0 <= found.high
    assert 8 <= misses <= 33
