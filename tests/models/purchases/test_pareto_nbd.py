"""Pareto/NBD against published numbers, the textbook's forms, planted truth and bad input."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import gammaln, hyp2f1
from scipy.stats import chi2

from cxresearch.models import ParetoNBD
from cxresearch.models.purchases.purchase_history import purchase_history
from cxresearch.stats.likelihood import IdentificationWarning
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import CDNOW_PARETO, pareto_nbd


@pytest.fixture(scope="module")
def cdnow():
    return cdnow_rfm()


@pytest.fixture(scope="module")
def fitted(cdnow):
    return ParetoNBD().fit(cdnow)


def test_cdnow(fitted, cdnow):
    # Fader, Hardie & Lee (2005), table 2: r .553, α 10.578, s .606, β 11.669, log-likelihood −9595.0;
    # further digits lifetimes 0.11.3
    expected = [0.55327, 10.5774, 0.60620, 11.6679]
    assert fitted.params_.to_list() == pytest.approx(expected, rel=1e-4)
    assert fitted.log_likelihood_ == pytest.approx(-9595.0, abs=0.1)
    assert fitted.converged_
    assert fitted.identified_.all()
    rounded = ParetoNBD().fit(cdnow.round({"recency": 2, "age": 2}))
    assert rounded.params_.to_list() == pytest.approx(expected, rel=3e-5)


def test_the_cohort_went_on_to_buy_within_the_prediction_interval(fitted, cdnow):
    # 1,882 repeat purchase days were counted in the 39 weeks after calibration
    row = fitted.expected_total(cdnow, 39).iloc[1]
    assert row["low"] < 1882 < row["high"]


def textbook_one(x, recency, age, params):
    """The likelihood as an integral over the moment of death, by adaptive quadrature."""
    r, alpha, s, beta = params
    power = r + x
    alive = (alpha + age) ** -power * (beta + age) ** -s

    def dying(y):
        return s * (alpha + y) ** -power * (beta + y) ** -(s + 1)

    dead = quad(dying, recency, age, epsabs=0, epsrel=1e-12)[0]
    return gammaln(power) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(alive + dead)


def with_2f1(x, recency, age, params):
    """Fader & Hardie (2005): the same with two values of ₂F₁."""
    r, alpha, s, beta = params
    power, high, low = r + s + x, max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x

    def term(t):
        return hyp2f1(power, second, power + 1, (high - low) / (high + t)) / (high + t) ** power

    alive = (alpha + age) ** -(r + x) * (beta + age) ** -s
    dead = s / power * (term(recency) - term(age))
    return gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + np.log(alive + dead)


CUSTOMERS = [
    (0, 0, 38.9),
    (1, 0.4, 38.0),
    (2, 30.43, 38.86),
    (7, 29.4, 30.0),
    (40, 12.0, 39.0),
    (3, 9.0, 9.0),
]


@pytest.mark.parametrize(
    "params", [(0.55, 10.6, 0.6, 11.7), (2.0, 3.0, 0.1, 300.0), (0.3, 90.0, 3.0, 0.05), (8.0, 1.0, 1.0, 1.0)]
)
@pytest.mark.parametrize("customer", CUSTOMERS)
def test_likelihood_of_one_customer(customer, params):
    rfm = pd.DataFrame([customer], columns=["frequency", "recency", "age"])
    value = ParetoNBD._likelihood(purchase_history(rfm))(np.log(params))[0]
    assert value == pytest.approx(textbook_one(*customer, params), rel=1e-9)
    assert value == pytest.approx(with_2f1(*customer, params), rel=1e-6)


@pytest.mark.parametrize("params", [(0.55, 10.6, 0.6, 11.7), (2.0, 3.0, 0.1, 300.0), (0.3, 90.0, 3.0, 0.5)])
def test_gradient_and_hessian(cdnow, params):
    function = ParetoNBD._likelihood(purchase_history(cdnow))
    theta = np.log(params)
    _, gradient, hessian = function(theta)
    for i, step in enumerate(1e-5 * np.eye(4)):
        up, down = function(theta + step), function(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-3)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-3)


def test_p_alive_and_expectation_are_the_published_forms(fitted, cdnow):
    # Schmittlein, Morrison & Colombo (1987); Fader & Hardie (2005)
    r, alpha, s, beta = params = fitted.params_.to_list()
    few = cdnow.sort_values(["frequency", "age"]).iloc[[0, 900, 1500, 2000, 2300, 2350]]
    told = fitted.predict(few, 39)
    for (_, row), (_, mine) in zip(few.iterrows(), told.iterrows(), strict=True):
        x, recency, age = row["frequency"], row["recency"], row["age"]
        whole = np.exp(textbook_one(x, recency, age, params))
        alive = gammaln(r + x) - gammaln(r) + r * np.log(alpha / (alpha + age)) - x * np.log(alpha + age)
        alive = np.exp(alive + s * np.log(beta / (beta + age))) / whole
        assert mine["p_alive"] == pytest.approx(alive, rel=1e-8)
        grown = 1 - ((beta + age) / (beta + age + 39)) ** (s - 1)
        expected = (r + x) * (beta + age) / ((alpha + age) * (s - 1)) * grown * alive
        assert mine["expected_purchases"] == pytest.approx(expected, rel=1e-8)


def test_nothing_happens_at_s_equal_to_one():
    values = []
    for s in (1 - 1e-7, 1.0, 1 + 1e-7):
        theta = np.log([0.3, 5.0, s, 12.0])
        values.append(ParetoNBD._mean_alive(np.array([0]), np.zeros(1), np.array([52.0]), theta)[0][0])
    assert values[1] == pytest.approx((values[0] + values[2]) / 2, rel=1e-10)


def test_moments_and_draws_of_a_living_customer_agree():
    theta = np.log([0.8, 5.0, 0.7, 12.0])
    x, age, n = 4, 20.0, 400_000
    made = ParetoNBD._draw_alive(np.random.default_rng(5), np.full(n, x), np.full(n, age), 30.0, theta)
    mean = ParetoNBD._mean_alive(np.array([x]), np.array([age]), 30.0, theta)[0][0]
    factorial = ParetoNBD._factorial_alive(np.array([x]), np.array([age]), 30.0, theta)[0]
    assert made.mean() == pytest.approx(mean, abs=4 * made.std() / np.sqrt(n))
    pairs = made * (made - 1.0)
    assert pairs.mean() == pytest.approx(factorial, abs=4 * pairs.std() / np.sqrt(n))


def test_delta_method_gradients(fitted, cdnow):
    few = cdnow.sort_values("frequency").iloc[[0, 1500, 2000, 2300, 2356]]
    history = purchase_history(few)
    theta = fitted._theta
    odds, slope = fitted._log_odds_dead(history, theta)
    _, gradient = fitted._expected(history, 39.0, odds, slope)
    for i, step in enumerate(1e-4 * np.eye(4)):
        logs = []
        for sign in (1, -1):
            moved = ParetoNBD()
            moved._theta = theta + sign * step
            there, its_slope = moved._log_odds_dead(history, moved._theta)
            logs.append(np.log(moved._expected(history, 39.0, there, its_slope)[0]))
        assert gradient[:, i] == pytest.approx((logs[0] - logs[1]) / 2e-4, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("params", [CDNOW_PARETO, (1.5, 10.0, 2.0, 40.0)])
@pytest.mark.parametrize("seed", [1, 2])
def test_recovers_planted_parameters(params, seed):
    model = ParetoNBD().fit(pareto_nbd(20_000, seed, params))
    error = np.log(params) - model._theta
    assert error @ np.linalg.solve(model.covariance_.to_numpy(), error) < chi2.ppf(0.999, 4)


def test_the_second_year_falls_within_its_interval():
    inside = 0
    for seed in range(12):
        two_years = pareto_nbd(2000, seed, ages=(728, 728), keep_until=52.0)
        row = ParetoNBD().fit(two_years).expected_total(two_years, 52.0, draws=300).iloc[1]
        inside += row["low"] <= two_years["later"].sum() <= row["high"]
    assert inside >= 9  # of 12 at 95 %: fewer has probability .002


customers = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 400), st.integers(0, 400)), min_size=1, max_size=15
).map(
    lambda rows: pd.DataFrame(
        {
            "frequency": [x for x, _, _ in rows],
            "recency": [min(last, age) / 7 if x else 0.0 for x, age, last in rows],
            "age": [age / 7 for _, age, _ in rows],
        }
    )
)


@given(customers, st.floats(0.1, 200))
@settings(max_examples=40, deadline=None)
def test_predictions_are_possible(fitted, rfm, t):
    told = fitted.predict(rfm, t)
    assert told.notna().all().all()
    alive = told[["p_alive_low", "p_alive", "p_alive_high"]].to_numpy()
    assert ((alive >= 0) & (alive <= 1)).all()
    assert (np.diff(alive, axis=1) >= 0).all()
    longer = fitted.predict(rfm, t * 1.5)["expected_purchases"]
    assert (longer >= told["expected_purchases"]).all()
    idle = fitted.p_alive(rfm.assign(age=rfm["age"] + 5))["p_alive"]
    assert (idle <= told["p_alive"] + 1e-12).all()


@pytest.mark.parametrize(("unit", "factor"), [("days", 7.0), ("months", 7 * 12 / 365.25)])
def test_the_unit_of_time_only_scales_alpha_and_beta(cdnow, fitted, unit, factor):
    scaled = cdnow.assign(recency=cdnow["recency"] * factor, age=cdnow["age"] * factor)
    model = ParetoNBD(unit=unit).fit(scaled)
    expected = fitted.params_ * [1, factor, 1, factor]
    assert model.params_.to_list() == pytest.approx(expected.to_list(), rel=1e-5)


def test_no_visible_death_is_said():
    rng = np.random.default_rng(8)
    age = np.full(2000, 52.0)
    frequency = rng.poisson(rng.gamma(1.2, 0.2, 2000) * age)
    recency = np.where(frequency > 0, age * rng.random(2000) ** (1 / np.maximum(frequency, 1)), 0)
    rfm = pd.DataFrame({"frequency": frequency, "recency": recency, "age": age})
    with pytest.warns(IdentificationWarning, match="no death is visible"):
        model = ParetoNBD().fit(rfm)
    assert model.identified_[["r", "alpha"]].all()
    assert not model.identified_[["s", "beta"]].any()
    told = model.expected_total(rfm, 52.0, draws=300).iloc[0]
    assert told["low"] < frequency.sum() < told["high"]


def test_no_repeat_purchase_identifies_nothing_and_says_so():
    silent = pd.DataFrame({"frequency": 0, "recency": 0.0, "age": [10.0, 20.0, 30.0] * 50})
    with pytest.warns(IdentificationWarning):
        model = ParetoNBD().fit(silent)
    assert not model.identified_.any()
    assert model.expected_total(silent, 10)[["low", "high"]].isna().all().all()


def test_bad_input():
    good = pd.DataFrame({"frequency": [2, 0], "recency": [3.0, 0], "age": [5.0, 4]})
    with pytest.raises(ValueError, match=r"recency exceeds age in 1 row \(first: 0\)"):
        ParetoNBD().fit(good.assign(recency=[9.0, 0]))
    with pytest.raises(ValueError, match=r"frequency is missing or infinite in 1 row \(first: 1\)"):
        ParetoNBD().fit(good.assign(frequency=[1, np.nan]))
    with pytest.raises(ValueError, match="rfm lacks the column age"):
        ParetoNBD().fit(good.drop(columns="age"))
