"""Interrupted time series: published series to their digits (R 4.2 sandwich 3.0 and glm), and how often intervals hold."""

import numpy as np
import pytest
import statsmodels.api as sm

import cxresearch as cx
from cxresearch.models.process.interrupted_series import InterruptedSeries

PROP_99 = [
    *(
        123,
        121,
        123.5,
        124.4,
        126.7,
        127.1,
        128,
        126.4,
        126.1,
        121.9,
        120.2,
        118.6,
        115.4,
        110.8,
        104.8,
        102.8,
    ),
    *(99.7, 97.5, 90.1, 82.4, 77.8, 68.7, 67.5, 63.4, 58.6, 56.4, 54.5, 53.8, 52.3, 47.2, 41.6),
]  # packs per head, California 1970–2000
SICILY = [
    *(728, 659, 791, 734, 757, 726, 760, 740, 720, 814, 795, 858, 887, 766, 851, 769, 781, 756, 766, 752),
    *(765, 831, 879, 928, 914, 808, 937, 840, 916, 828, 845, 818, 860, 839, 887, 886, 831, 796, 833, 820),
    *(877, 758, 767, 738, 781, 843, 850, 908, 1021, 859, 976, 888, 962, 838, 810, 876, 843, 936, 912),
]  # acute coronary events by month, January 2002 on


def test_proposition_99():
    found = InterruptedSeries(lag=1).fit(PROP_99, 19)
    errors = np.sqrt(np.diag(found.covariance_))
    np.testing.assert_allclose(found.params_, [132.2257895, -1.7794737, -20.0580972, -1.4946522], rtol=1e-7)
    np.testing.assert_allclose(errors, [4.2530541, 0.3834188, 4.7243945, 0.4368201], rtol=1e-6)
    after, end = found.slope_after(), found.effect(11)
    np.testing.assert_allclose(after[["estimate", "std_error"]], [-3.2741259, 0.2688039], rtol=1e-6)
    np.testing.assert_allclose(end[["estimate", "std_error"]], [-36.4992713, 7.9033594], rtol=1e-6)
    np.testing.assert_allclose(np.sqrt(np.diag(found.ordinary_)), [2.2866, 0.2170, 3.7471, 0.4846], rtol=3e-4)
    assert found.durbin_watson_ == pytest.approx(0.535242, abs=1e-6)
    three = InterruptedSeries(lag=3).fit(PROP_99, 19)
    np.testing.assert_allclose(
        np.sqrt(np.diag(three.covariance_)), [5.0680, 0.4504, 5.7437, 0.4400], rtol=2e-4
    )


@pytest.mark.parametrize(("lag", "error"), [(1, 59.156985), (3, 63.703763), (6, 59.310174)])
def test_nile(lag, error):
    nile = sm.datasets.nile.load_pandas().data["volume"]
    found = InterruptedSeries(lag=lag).fit(nile.to_numpy(), 28)
    np.testing.assert_allclose(found.params_[2:], [-289.102685, -0.469089], rtol=2e-6)
    assert found.effect().std_error == pytest.approx(error, rel=1e-7)


def test_sicily():
    found = InterruptedSeries(counts=True, trend=False).fit(SICILY, 36)
    np.testing.assert_allclose(found.params_[[2, 1]], [-0.1083717, 0.0056042], atol=6e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(found.ordinary_))[[2, 1]], [0.0172249, 0.0004993], atol=1e-7)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance_))[[2, 1]], [0.0329488, 0.0009551], atol=6e-8)
    assert found.dispersion_ == pytest.approx(3.659008, rel=1e-5)


def test_harmonics_and_offset_are_those_of_statsmodels():
    t = np.arange(len(SICILY))
    offset = np.log(360_000 + 300 * t)
    found = InterruptedSeries(counts=True, harmonics=2).fit(SICILY, 36, offset=offset)
    angles = [f(2 * np.pi * k * t / 12) for k in (1, 2) for f in (np.sin, np.cos)]
    x = np.column_stack([np.ones(len(t)), t, t >= 36, (t - 36) * (t >= 36), *angles])
    same = sm.GLM(SICILY, x, family=sm.families.Poisson(), offset=offset).fit(scale="X2")
    np.testing.assert_allclose(found.params_, same.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance_)), same.bse, rtol=1e-6)


def test_errors_of_least_squares_are_too_small_where_months_are_alike():
    """With an autocorrelation of .6: limits of least squares miss in a third of series, those of Newey–West less often."""
    rng, missed = np.random.default_rng(8), np.zeros(2)
    for _ in range(300):
        e = rng.standard_normal(60)
        for k in range(1, 60):
            e[k] += 0.6 * e[k - 1]
        found = InterruptedSeries().fit(e, 30)
        middle, ordinary = found.params_[2], np.sqrt(found.ordinary_[2, 2])
        missed += [abs(middle) > 2 * ordinary, not found.effect().low <= 0 <= found.effect().high]
    assert missed[0] > 75 and missed[1] < 0.85 * missed[0]


def test_hostile_series():
    with pytest.raises(cx.NotEnough, match="fewer than two months lie on one side"):
        InterruptedSeries().fit([1, 2, 3, 4], 4)
    with pytest.raises(cx.NotEnough, match="months are too few"):
        InterruptedSeries().fit([1, 2, 3, 4], 2)
    with pytest.raises(cx.NotEnough, match="y is missing"):
        InterruptedSeries().fit([1, None, 3, 4], 2)
    with pytest.raises(cx.NotEnough, match="negative"):
        InterruptedSeries(counts=True).fit([1, -2, 3, 4, 5, 6], 3)
    flat = InterruptedSeries().fit(np.ones(20), 10).effect()
    assert flat["estimate"] == pytest.approx(0, abs=1e-9) and flat["std_error"] == pytest.approx(0, abs=1e-9)
