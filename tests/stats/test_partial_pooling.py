"""Partial pooling against the eight schools, limits that hold the truth, and parts made by lot against exact enumeration."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact

from cxresearch.stats.partial_pooling import partial_pooling
from cxresearch.stats.shuffled_labels import shuffled, shuffled_shares

# Rubin (1981); medians and 95% limits in Gelman et al., Bayesian Data Analysis, 3rd ed., table 5.3, from 200 draws
EFFECT, ERROR = [28, 8, -3, 7, -1, 1, 18, 12], [15, 10, 16, 11, 9, 11, 10, 18]
PUBLISHED = [10, 8, 7, 8, 5, 6, 10, 8]
SETS = 150


def test_the_eight_schools():
    found = partial_pooling(EFFECT, np.square(ERROR), 1000)
    assert np.abs(found.estimate - PUBLISHED).max() < 1.6
    assert found.low[0] == pytest.approx(-2, abs=1.5)
    assert found.high[0] == pytest.approx(31, abs=2.5)
    assert found.mean == pytest.approx(8, abs=0.5)


@pytest.mark.parametrize(("parts", "between"), [(3, 1.0), (5, 0.7), (5, 3.0), (12, 0.7), (12, 2.0)])
def test_the_shrunk_limits_hold_the_truth(parts, between):
    """Truths that scatter by so many standard errors: 92 to 98 % are held, and the shrunk are nearer to them than the measured."""
    random = np.random.default_rng(parts)
    held, gain = [], []
    for _ in range(SETS):
        error = random.uniform(0.5, 1.5, parts)
        truth = 10 + between * random.standard_normal(parts)
        measured = truth + error * random.standard_normal(parts)
        found = partial_pooling(measured, error**2, 20)
        held += [(found.low <= truth) & (truth <= found.high)]
        gain += [np.square(measured - truth).mean() - np.square(found.estimate - truth).mean()]
    assert 0.92 <= np.mean(held) <= 0.98
    assert np.mean(gain) > 0


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0.01, 1e3)), min_size=2, max_size=8),
    st.floats(0.1, 100),
)
def test_scale_and_place_do_not_matter(parts, factor):
    y, v = map(np.array, zip(*parts, strict=True))
    found, other = partial_pooling(y, v, 50), partial_pooling(7 + factor * y, factor**2 * v, 50 * factor)
    assert other.estimate == pytest.approx(7 + factor * found.estimate, rel=1e-5, abs=1e-4 * factor)
    assert (found.low <= found.estimate).all()
    assert (found.estimate <= found.high).all()
    slack = 1e-6 * (1 + np.abs(y).max())
    assert (found.estimate >= y.min() - slack).all()
    assert (found.estimate <= y.max() + slack).all()


def test_what_cannot_be_pooled_is_named():
    with pytest.raises(ValueError, match="give two or more"):
        partial_pooling([1.0], [1.0], 1)
    with pytest.raises(ValueError, match="variances has 0, which is not above 0"):
        partial_pooling([1.0, 2.0], [1.0, 0.0], 1)


def test_the_moments_of_a_part_made_by_lot_are_those_of_all_parts():
    """All 3,003 parts of five among fifteen skewed values: the share as far out is the tail of the curve."""
    values = np.random.default_rng(1).gamma(3, 1, 15)
    e = values - values.mean()
    sums = np.array([e[list(part)].sum() for part in itertools.combinations(range(15), 5)])
    for total in np.quantile(sums, [0.005, 0.01, 0.05, 0.95, 0.99, 0.995]):
        exact = 2 * min((sums >= total - 1e-12).mean(), (sums <= total + 1e-12).mean())
        found = shuffled([total], [5], (e**2).sum(), (e**3).sum(), 15)[0]
        assert found == pytest.approx(exact, abs=0.04)


def test_shares_by_lot_are_fishers():
    one = fisher_exact([[3, 17], [12, 8]], "less").pvalue
    assert shuffled_shares([3, 12], [20, 20]) == pytest.approx([2 * one, 2 * one])
    assert shuffled_shares([0, 0], [20, 20]).tolist() == [1, 1]
    assert shuffled([0.0, 0.0], [20, 20], 0.0, 0.0, 40).tolist() == [1, 1]
