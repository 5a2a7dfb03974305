"""Ordinal logit: R's MASS housing to its digits (polr = clm), counted rows against single ones, hostile input."""

import numpy as np
import pytest

import cxresearch as cx
from cxresearch.stats.ordinal_logit import _brant, fit_ordinal, proportional_odds

HOUSING = [
    *(21, 21, 28, 34, 22, 36, 10, 11, 36, 61, 23, 17, 43, 35, 40, 26, 18, 54, 13, 9, 10, 8, 8, 12),
    *(6, 7, 9, 18, 6, 7, 15, 13, 13, 7, 5, 11, 14, 19, 37, 17, 23, 40, 3, 5, 23, 78, 46, 43),
    *(48, 45, 86, 15, 25, 62, 20, 23, 20, 10, 22, 24, 7, 10, 21, 57, 23, 13, 31, 21, 13, 5, 6, 13),
]  # satisfaction fastest, then influence (3), type (4), contact (2)


def housing():
    counts = np.array(HOUSING).reshape(24, 3)
    cells = [(i, t, c) for c in range(2) for t in range(4) for i in range(3)]
    design = [[i == 1, i == 2, t == 1, t == 2, t == 3, c == 1] for i, t, c in cells]
    return np.array(design, dtype=float), counts


def test_housing_is_that_of_polr_and_clm():
    """R 4.2.2, MASS 7.3-58.2 and ordinal 2022.11-16."""
    x, n = housing()
    fit = fit_ordinal(x, n)
    errors = np.sqrt(np.diag(fit.covariance))
    np.testing.assert_allclose(
        fit.slopes, [0.566394, 1.288819, -0.572350, -0.366186, -1.091015, 0.360284], atol=1e-6
    )
    np.testing.assert_allclose(
        errors[2:], [0.104653, 0.127156, 0.119238, 0.155173, 0.151486, 0.095536], rtol=2e-4
    )
    np.testing.assert_allclose(fit.thresholds, [-0.496135, 0.690708], atol=1e-6)
    np.testing.assert_allclose(errors[:2], [0.124847, 0.125472], rtol=2e-4)
    assert fit.log_likelihood == pytest.approx(-1739.574649, abs=1e-6)
    medium_terrace_low = fit.probabilities([[1, 0, 0, 0, 1, 0]])[0]
    np.testing.assert_allclose(medium_terrace_low, [0.507121, 0.264120, 0.228759], atol=1e-6)


@pytest.mark.parametrize(
    ("columns", "expected"), [([0, 1], (1.106453, 2)), ([2, 3, 4], (5.733737, 3)), ([5], (2.444553, 1))]
)
def test_proportional_odds_are_tested_as_clm_does(columns, expected):
    square, df, p = proportional_odds(*housing(), columns)
    assert (square, df) == (pytest.approx(expected[0], abs=1e-5), expected[1]) and 0.05 < p < 1


def test_brants_test_stands_in_at_its_level():
    rng, found = np.random.default_rng(2), []
    x = np.linspace(-1, 1, 40)[:, None]
    chance = fit_ordinal(*housing())._replace(thresholds=np.array([-1.0, 0.0, 1.0]), slopes=np.array([1.0]))
    for _ in range(150):
        counts = np.array([rng.multinomial(10, p) for p in chance.probabilities(x)])
        found.append(_brant(x, counts, [0]))
    assert 1.5 < np.mean(found) < 2.5 and np.mean(np.array(found) > 5.99) < 0.11  # χ² of two degrees


def test_counted_rows_are_the_rows_they_count():
    x, n = housing()
    single = [
        (line, k)
        for line, held in zip(x, n, strict=True)
        for k, count in enumerate(held)
        for _ in range(count)
    ]
    rows = np.array([line for line, _ in single])
    ones = np.eye(3)[[k for _, k in single]]
    one, two = fit_ordinal(x, n), fit_ordinal(rows, ones)
    np.testing.assert_allclose(one.slopes, two.slopes, atol=1e-9)
    np.testing.assert_allclose(one.covariance, two.covariance, atol=1e-9)


def test_two_categories_are_a_logit():
    fit = fit_ordinal(np.array([[0.0], [1.0]]), np.array([[40, 10], [30, 20]]))
    assert fit.slopes[0] == pytest.approx(np.log(20 / 30) - np.log(10 / 40))


def test_gradients_are_those_of_the_probabilities():
    x, n = housing()
    fit = fit_ordinal(x, n)
    row, h = x[7], 1e-6
    for k in range(8):
        moved = np.r_[fit.thresholds, fit.slopes]
        moved[k] += h
        near = fit._replace(thresholds=moved[:2], slopes=moved[2:]).probabilities([row])[0]
        np.testing.assert_allclose(
            (near - fit.probabilities([row])[0]) / h, fit.gradients(row)[:, k], atol=1e-5
        )


def test_what_has_no_estimate_is_refused():
    with pytest.raises(cx.NotEnough, match="a category never occurs"):
        fit_ordinal(np.array([[0.0], [1.0]]), np.array([[5, 0, 5], [3, 0, 2]]))
    with pytest.raises(cx.NotEnough, match="separate"):
        fit_ordinal(np.array([[0.0], [1.0], [2.0]]), np.array([[9, 0, 0], [0, 9, 0], [0, 0, 9]]))
    with pytest.raises(cx.NotEnough, match="collinear"):
        fit_ordinal(np.array([[0.0, 0], [1.0, 2], [2, 4]]), np.array([[9, 4, 3], [3, 9, 5], [4, 3, 9]]))
    with pytest.raises(cx.NotEnough, match="0 in every row"):
        fit_ordinal(np.zeros((2, 1)), np.array([[9, 4, 3], [3, 9, 5]]))
