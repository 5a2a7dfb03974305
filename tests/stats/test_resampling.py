"""The bootstrap over respondents and clusters."""

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from cxresearch.stats import bootstrap

# Efron & Tibshirani (1993), An Introduction to the Bootstrap, table 3.1: 15 law schools
LSAT = np.array([576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594])
GPA = np.array([3.39, 3.30, 2.81, 3.03, 3.44, 3.07, 3.00, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96])


def mean_of(values):
    return lambda weights: weights @ values / weights.sum(axis=1)


def correlation(weights):
    n = weights.sum(axis=1)
    x, y = LSAT - LSAT.mean(), GPA - GPA.mean()
    mx, my = weights @ x / n, weights @ y / n
    return (weights @ (x * y) / n - mx * my) / np.sqrt(
        (weights @ x**2 / n - mx**2) * (weights @ y**2 / n - my**2)
    )


def test_law_schools():
    # Efron & Tibshirani (1993), chapter 6: correlation .776, bootstrap standard error .13
    found = bootstrap(correlation, 15, draws=20_000, seed=1)
    assert found.estimate == pytest.approx(0.776, abs=5e-4)
    assert found.std_error == pytest.approx(0.133, abs=0.006)


@pytest.mark.parametrize(("ours", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
def test_scipy_agrees(ours, theirs):
    found = bootstrap(correlation, 15, draws=200_000, seed=2, method=ours)
    peer = scipy.stats.bootstrap(
        (LSAT, GPA),
        lambda x, y, axis: scipy.stats.pearsonr(x, y, axis=axis).statistic,
        paired=True,
        n_resamples=100_000,
        method=theirs,
        rng=np.random.default_rng(3),
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx(tuple(peer), abs=0.018)


def test_bca_by_hand_for_a_mean():
    # Efron (1987), section 3, with the jackknife's deviations of a mean, (x - mean)/(n - 1)
    values = np.random.default_rng(4).exponential(1, 60)
    found = bootstrap(mean_of(values), 60, draws=50_000, seed=5, method="bca")
    gap = values - values.mean()
    skew = (gap**3).sum() / (6 * np.square(gap).sum() ** 1.5)
    bias = scipy.stats.norm.ppf((found.draws < found.estimate).mean())
    z = scipy.stats.norm.ppf(0.975)
    at = scipy.stats.norm.cdf(bias + (bias + z) / (1 - skew * (bias + z)))
    assert found.high == pytest.approx(np.quantile(found.draws, at, method="weibull"), abs=1e-9)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_intervals_cover_a_planted_mean(method):
    random, held, runs = np.random.default_rng(6), 0, 300
    for run in range(runs):
        found = bootstrap(mean_of(random.normal(3, 1, 50)), 50, draws=500, seed=run, method=method)
        held += found.low <= 3 <= found.high
    assert held / runs == pytest.approx(0.94, abs=0.04)


def test_rows_of_one_customer_are_drawn_together():
    random = np.random.default_rng(7)
    customer = np.repeat(np.arange(80), 25)
    values = random.normal(size=80)[customer] + random.normal(0, 0.1, len(customer))
    clustered = bootstrap(mean_of(values), customer, seed=8)
    naive = bootstrap(mean_of(values), len(values), seed=8)
    # the mean of 80 independent customers, not of 2,000 rows
    by_customer = pd.Series(values).groupby(customer).mean()
    assert clustered.std_error == pytest.approx(by_customer.std() / np.sqrt(80), rel=0.1)
    assert naive.std_error < clustered.std_error / 3


def test_clusters_of_one_are_respondents_whatever_their_names():
    values = np.random.default_rng(9).normal(size=40)
    plain = bootstrap(mean_of(values), 40, seed=10)
    named = bootstrap(mean_of(values), [f"c{place}" for place in range(40)], seed=10)
    assert plain[:4] == named[:4]


def test_the_seed_decides_and_blocks_do_not(monkeypatch):
    values = np.random.default_rng(11).normal(size=50)
    first = bootstrap(mean_of(values), 50, seed=12)
    assert bootstrap(mean_of(values), 50, seed=12).low == first.low
    assert bootstrap(mean_of(values), 50, seed=13).low != first.low
    monkeypatch.setattr("cxresearch.stats.resampling._CELLS", 333)
    again = bootstrap(mean_of(values), 50, seed=12, method="bca")
    assert again.draws == pytest.approx(first.draws, abs=1e-12)


def test_vectors_and_rows():
    data = np.random.default_rng(14).normal(size=(60, 3))
    by_weights = bootstrap(
        lambda weights: weights @ data / weights.sum(axis=1)[:, None], 60, seed=15, method="bca"
    )
    by_rows = bootstrap(lambda rows: data[rows].mean(axis=0), 60, seed=15, by="rows", method="bca")
    assert by_weights.draws.shape == (2000, 3)
    for ours, theirs in zip(by_weights, by_rows, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-10)
    median = bootstrap(lambda rows: np.median(data[rows, 0]), 60, seed=15, by="rows")
    assert median.low < median.estimate < median.high


def test_many_units_use_grouped_left_out_values():
    values = np.random.default_rng(16).exponential(size=30_000)
    found = bootstrap(mean_of(values), 30_000, draws=400, seed=17, method="bca")
    assert (found.low, found.high) == pytest.approx(
        (values.mean() - 1.96 * found.std_error, values.mean() + 1.96 * found.std_error), abs=0.003
    )


def test_a_constant_has_no_width():
    for method in ("percentile", "bca"):
        assert bootstrap(mean_of(np.full(30, 5.0)), 30, method=method)[:4] == (5, 5, 5, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap(mean_of(np.ones(1)), 1), "of 1 unit, such as one customer: too few to resample"),
        (
            lambda: bootstrap(mean_of(np.ones(4)), ["a", "a", None, "b"]),
            r"units is missing in 1 row \(first: 2\)",
        ),
        (lambda: bootstrap(mean_of(np.ones(4)), 4, draws=10), "draws is 10"),
        (lambda: bootstrap(mean_of(np.ones(4)), 4, method="normal"), "method is 'normal'"),
        (lambda: bootstrap(mean_of(np.ones(4)), 4, by="columns"), "by is 'columns'"),
        (lambda: bootstrap(mean_of(np.ones(4)), 4, level=95), "level is 95"),
        (lambda: bootstrap(lambda weights: 1.0, 4), "statistic returned shape"),
        (
            lambda: bootstrap(lambda w: np.where(w[:, 0] > 0, 1.0, np.nan), 4),
            "statistic is missing or infinite in 6.. of 2000 resamples",
        ),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_limits_do_not_hang_on_the_last_bit():
    """Draws that tie with the estimate, moved by rounding only: the same limits."""
    from cxresearch.stats.resampling import bca_limits

    rng = np.random.default_rng(4)
    values = rng.integers(90, 111, 500).astype(float)[:, None]
    left_out = rng.normal(100, 1, 40)[:, None]
    z = np.array([-1.96, 1.96])
    first = bca_limits(np.array([100.0]), values, left_out, z)
    for shift in (1e-13, -1e-13):
        again = bca_limits(np.array([100.0]), values * (1 + shift), left_out, z)
        assert again == pytest.approx(first, rel=1e-9)


def test_influences_that_are_all_alike_have_no_skewness():
    from cxresearch.stats.resampling import bca_limits

    rng = np.random.default_rng(5)
    values, z = rng.normal(100, 5, 500)[:, None], np.array([-1.96, 1.96])
    alike = np.full((2357, 1), 87.546217)
    first = bca_limits(np.array([100.0]), values, alike, z)
    again = bca_limits(np.array([100.0]), values, alike * (1 + 1e-15 * rng.normal(size=(2357, 1))), z)
    assert (first == again).all()


def test_expanded_percentiles_hold_the_mean_of_twenty():
    """Percentile limits of twenty values hold their mean in 92 %."""
    random, held = np.random.default_rng(8), {"percentile": 0, "expanded": 0}
    for seed in range(600):
        x = random.normal(10, 2, 20)
        for method in held:
            found = bootstrap(lambda w, x=x: w @ x / w.sum(axis=1), 20, 400, seed, method=method)
            held[method] += (found.low <= 10 <= found.high) / 600
    assert held["percentile"] < 0.94 < held["expanded"] < 0.97
