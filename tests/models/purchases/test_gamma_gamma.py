"""Gamma–Gamma against published numbers, planted truth, the textbook formula and bad input."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import gammaln
from scipy.stats import chi2

from cxresearch.models import GammaGamma
from cxresearch.stats.likelihood import IdentificationWarning
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import gamma_gamma


@pytest.fixture(scope="module")
def cdnow():
    """Mean spend in whole cents, halves up, as in the authors' spreadsheet."""
    rfm = cdnow_rfm()
    return rfm.assign(monetary=np.floor(rfm["monetary"] * 100 + 0.5 + 1e-9) / 100)


@pytest.fixture(scope="module")
def fitted(cdnow):
    return GammaGamma().fit(cdnow)


def test_cdnow(fitted, cdnow):
    # Fader & Hardie (2013): p 6.25, q 3.74, γ 15.44; further digits lifetimes 0.11.3
    assert fitted.params_.to_list() == pytest.approx([6.248801, 3.744589, 15.447752], rel=1e-6)
    assert fitted.log_likelihood_ == pytest.approx(-4055.9232, abs=1e-4)
    assert fitted.n_customers_ == 946
    assert fitted.correlation_ == pytest.approx(0.11388, abs=1e-5)
    assert fitted.converged_
    assert fitted.identified_.all()
    repeaters = cdnow[cdnow["frequency"] > 0].sort_index()
    told = fitted.expected_spend(repeaters)["expected_spend"]
    assert told.iloc[:2].to_list() == pytest.approx([24.658617, 18.911481], rel=1e-6)
    mean = fitted.summary().set_index("metric").loc["mean spend per purchase"]
    assert mean["estimate"] == pytest.approx(35.1710, rel=1e-5)


def test_exact_cents_move_no_parameter_by_a_thousandth(fitted):
    exact = GammaGamma().fit(cdnow_rfm())
    assert exact.params_.to_list() == pytest.approx(fitted.params_.to_list(), rel=1e-3)


def test_summary_shows_the_mean_and_the_correlation(fitted):
    rows = fitted.summary()
    assert list(rows.columns) == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    assert (rows["low"] < rows["estimate"]).all()
    assert (rows["estimate"] < rows["high"]).all()
    # Fisher's interval of .11388 from 946: tanh(atanh(.11388) ∓ 1.96/√943)
    assert rows.iloc[4][["low", "high"]].to_list() == pytest.approx([0.0505, 0.1763], abs=1e-4)


@pytest.mark.parametrize("params", [(6.2, 3.7, 15.0), (0.8, 1.4, 90.0), (40.0, 12.0, 3.0)])
def test_likelihood_gradient_and_hessian(cdnow, params):
    again = cdnow[cdnow["frequency"] > 0]
    x, m = again["frequency"].to_numpy(), again["monetary"].to_numpy()
    function = GammaGamma._likelihood(x, m, np.ones(len(x)))
    p, q, gamma = params
    textbook = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    textbook += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)
    theta = np.log(params)
    value, gradient, hessian = function(theta)
    assert value == pytest.approx(textbook.sum(), rel=1e-11)
    for i, step in enumerate(1e-5 * np.eye(3)):
        up, down = function(theta + step), function(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-3)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-3)


def test_delta_method_gradient(fitted):
    x, m = np.array([0, 1, 7]), np.array([0.0, 20.0, 60.0])
    _, gradient = fitted.spend_of(x, m)
    for i, step in enumerate(1e-5 * np.eye(3)):
        sides = []
        for sign in (1, -1):
            moved = GammaGamma()
            moved._theta = fitted._theta + sign * step
            sides.append(np.log(moved.spend_of(x, m)[0]))
        assert gradient[:, i] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-6)


@pytest.mark.parametrize("params", [(6.25, 3.74, 15.4), (1.0, 6.0, 200.0), (20.0, 2.5, 1.0)])
@pytest.mark.parametrize("seed", [1, 2])
def test_recovers_planted_parameters(params, seed):
    model = GammaGamma().fit(gamma_gamma(20_000, seed, params))
    error = np.log(params) - np.log(model.params_.to_numpy())
    assert error @ np.linalg.solve(model.covariance_.to_numpy(), error) < chi2.ppf(0.999, 3)
    assert abs(model.correlation_) < 0.05


@given(st.floats(0.01, 1e6), st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_expectation_lies_between_own_and_common_mean(fitted, spend, x):
    told = fitted.expected_spend(pd.DataFrame({"frequency": [x], "monetary": [spend]})).iloc[0]
    common = fitted.summary().set_index("metric").loc["mean spend per purchase", "estimate"]
    low, high = sorted([common, spend * 1.0 if x else common])
    assert low - 1e-9 <= told["expected_spend"] <= high * (1 + 1e-9)
    assert 0 < told["expected_spend_low"] <= told["expected_spend"] <= told["expected_spend_high"]


@pytest.mark.parametrize("factor", [0.001, 1.17, 1e6])
def test_the_currency_only_scales_gamma(cdnow, fitted, factor):
    model = GammaGamma().fit(cdnow.assign(monetary=cdnow["monetary"] * factor))
    assert model.params_.to_list() == pytest.approx((fitted.params_ * [1, 1, factor]).to_list(), rel=1e-5)
    assert model.correlation_ == pytest.approx(fitted.correlation_)


def test_weights_order_and_silent_customers(cdnow, fitted):
    assert GammaGamma().fit(cdnow.sample(frac=1, random_state=1)).params_.to_list() == pytest.approx(
        fitted.params_.to_list(), rel=1e-7
    )
    lacking = cdnow.assign(monetary=cdnow["monetary"].where(cdnow["frequency"] > 0))
    assert GammaGamma().fit(lacking).params_.to_list() == pytest.approx(fitted.params_.to_list(), rel=1e-9)
    few = cdnow.head(300).reset_index(drop=True)
    weights = np.arange(300) % 3
    repeated = GammaGamma().fit(few.loc[np.repeat(few.index, weights)])
    weighted = GammaGamma().fit(few, weights=weights)
    assert weighted.params_.to_list() == pytest.approx(repeated.params_.to_list(), rel=1e-6)
    assert weighted.correlation_ == pytest.approx(repeated.correlation_)


def test_equal_spend_identifies_nothing_and_says_so():
    same = pd.DataFrame({"frequency": [1, 2, 3] * 20, "monetary": 30.0})
    with pytest.warns(IdentificationWarning, match="spend does not vary"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*did not converge")  # the likelihood has no maximum
        model = GammaGamma().fit(same)
    assert not model.identified_.all()
    assert np.isnan(model.correlation_)
    assert model.expected_spend(same)["expected_spend"].to_numpy() == pytest.approx(30.0, rel=1e-3)


def test_a_mean_that_is_not_finite_is_missing():
    # q ≤ 1: the mean over customers does not exist
    model = GammaGamma().fit(gamma_gamma(4000, 3, (5.0, 0.6, 10.0)))
    assert model.params_["q"] < 1
    row = model.summary().iloc[3]
    assert row[["estimate", "low", "high"]].isna().all()
    assert row["method"] == "does not exist: q is at most 1"


@pytest.mark.parametrize(
    ("frequency", "monetary", "message"),
    [
        ([1, 2, 0], [20, np.nan, np.nan], r"monetary is missing or infinite in 1 row \(first: b\)"),
        ([1, 2, 0], [20, -5, 0], r"monetary is not positive for a repeat customer in 1 row \(first: b\)"),
        ([1, 2, 3], [0, 0, 9], r"monetary is not positive for a repeat customer in 2 rows \(first: a, b\)"),
        ([1, 2.5, 3], [8, 8, 9], r"frequency is not a whole number in 1 row \(first: b\)"),
        ([0, 0, 0], [8, 8, 9], "nobody has a repeat purchase"),
    ],
)
def test_bad_input_names_the_column_and_the_rows(frequency, monetary, message):
    with pytest.raises(ValueError, match=message):
        GammaGamma().fit(pd.DataFrame({"frequency": frequency, "monetary": monetary}, index=list("abc")))


def test_takes_an_ibis_table_and_keeps_the_customers_names(cdnow, fitted):
    import ibis

    told = fitted.expected_spend(ibis.memtable(cdnow.reset_index()))
    pd.testing.assert_frame_equal(told, fitted.expected_spend(cdnow), check_index_type=False)
