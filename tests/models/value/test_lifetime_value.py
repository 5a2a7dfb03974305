"""Lifetime value against a sum by small steps, against differences of the parameters, and bad settings."""

import numpy as np
import pandas as pd
import pytest

from cxresearch.models import BetaGeoNBD, GammaGamma, LifetimeValue, ParetoNBD
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import beta_geo


@pytest.fixture(scope="module")
def cdnow():
    return cdnow_rfm()


@pytest.fixture(scope="module")
def spend(cdnow):
    return GammaGamma().fit(cdnow)


@pytest.fixture(scope="module", params=[BetaGeoNBD, ParetoNBD])
def purchases(request, cdnow):
    return request.param().fit(cdnow)


def test_value_is_the_discounted_sum_of_the_purchases_to_come(purchases, spend, cdnow):
    few = cdnow.sort_values("frequency").iloc[[0, 1500, 1900, 2200, 2300, 2356]]
    told = LifetimeValue(purchases, spend, margin=0.3, discount_rate=0.15, horizon=78).predict(few)
    step = 0.2
    times = np.arange(0, 78 + step / 2, step)
    made = np.diff([purchases.predict(few, t)["expected_purchases"] for t in times], axis=0)
    discounts = 1.15 ** -((times[:-1] + step / 2) * 7 / 365.25)
    worth = discounts @ made * 0.3 * spend.expected_spend(few)["expected_spend"].to_numpy()
    assert told["lifetime_value"].to_numpy() == pytest.approx(worth, rel=1e-6)


def test_without_discount_it_is_purchases_times_spend(purchases, spend, cdnow):
    told = LifetimeValue(purchases, spend, discount_rate=0, horizon=39).predict(cdnow)["lifetime_value"]
    made = purchases.predict(cdnow, 39)["expected_purchases"]
    expected = made * spend.expected_spend(cdnow)["expected_spend"]
    assert told.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-10)


@pytest.mark.parametrize("horizon", [1.0, 52.0, 520.0])
def test_the_quadrature_holds_for_a_new_customer_and_any_horizon(purchases, spend, horizon):
    value = LifetimeValue(purchases, spend, discount_rate=0.1, horizon=horizon)
    times = horizon * np.linspace(0, 1, 20_001) ** 2
    made = np.diff(purchases.expected_purchases(times))
    discounts = 1.1 ** -((times[:-1] + times[1:]) / 2 * 7 / 365.25)
    alone = value._discounted(np.zeros(1, dtype=int), np.zeros(1))[0][0]
    assert alone == pytest.approx(discounts @ made, rel=1e-6)


def test_interval_of_the_total_is_the_delta_method_and_the_luck_of_each_buyer(purchases, spend, cdnow):
    few = cdnow.sample(200, random_state=4)
    model = LifetimeValue(purchases, spend)
    row = model.total(few).iloc[0]

    def total(habits, money):
        one, other = type(purchases)(), GammaGamma()
        one._theta, one._information = habits, purchases._information
        other._theta, other._information = money, spend._information
        return np.log(LifetimeValue(one, other).total(few)["estimate"].iloc[0])

    slopes = [
        (total(purchases._theta + step, spend._theta) - total(purchases._theta - step, spend._theta)) / 2e-4
        for step in 1e-4 * np.eye(4)
    ]
    money = [
        (total(purchases._theta, spend._theta + step) - total(purchases._theta, spend._theta - step)) / 2e-4
        for step in 1e-4 * np.eye(3)
    ]
    variance = slopes @ purchases.covariance_.to_numpy() @ slopes
    variance += money @ spend.covariance_.to_numpy() @ money
    luck = model._chance(few, *model.values(few)[:2]).sum() / row["estimate"] ** 2
    assert np.log(row["high"] / row["estimate"]) == pytest.approx(
        1.959964 * np.sqrt(variance + luck), rel=1e-4
    )


def test_the_luck_of_buyers_is_that_of_simulated_futures():
    """BG/NBD buyers with Gamma–Gamma spend, all parameters known: the variance of what they pay in a year."""
    params = (0.8, 20.0, 0.6, 3.0)
    rng, n = np.random.default_rng(6), 20_000
    people = beta_geo(n, 6, params, ages=(728, 728), keep_until=52.0)
    purchases = BetaGeoNBD().fit(people)
    p, q, gamma = 6.0, 5.0, 60.0
    nu = rng.gamma(q, 1 / gamma, n)
    x = people["frequency"].to_numpy()
    monetary = rng.gamma(p * np.maximum(x, 1)) / nu / np.maximum(x, 1)
    rfm = people.assign(monetary=np.where(x > 0, monetary, np.nan))
    spend = GammaGamma().fit(rfm)
    later = rng.gamma(p * np.maximum(people["later"], 1e-9)) / nu * (people["later"] > 0)
    model = LifetimeValue(purchases, spend, discount_rate=0.0, horizon=52.0)
    history, value, *_ = model.values(rfm)
    luck = model._chance(rfm, history, value)
    assert value.sum() == pytest.approx(later.sum(), rel=0.05)
    assert luck.sum() == pytest.approx(((later - value) ** 2).sum(), rel=0.15)


def test_a_variance_that_does_not_exist_has_no_interval(purchases, spend, cdnow):
    heavy = GammaGamma()
    heavy._theta, heavy._information = spend._theta.copy(), spend._information
    heavy._theta[1] = np.log(1.8)
    rows = LifetimeValue(purchases, heavy).total(cdnow.head(300))
    assert rows["estimate"].isna().tolist() == [True, True, False]


def test_total_is_the_sum_and_worth_less_when_later_or_dearer(purchases, spend, cdnow):
    plain = LifetimeValue(purchases, spend, margin=0.5, discount_rate=0.1)
    rows = plain.total(cdnow)
    assert list(rows.columns) == ["metric", "estimate", "low", "high", "n", "method", "unit"]
    each = plain.predict(cdnow)
    assert rows["estimate"].iloc[0] == pytest.approx(each["lifetime_value"].sum(), rel=1e-10)
    assert rows["estimate"].iloc[1] == pytest.approx(each["lifetime_value"].mean(), rel=1e-10)
    assert (each["lifetime_value_low"] <= each["lifetime_value"]).all()
    assert ((rows["low"] < rows["estimate"]) & (rows["estimate"] < rows["high"])).all()
    dearer = LifetimeValue(purchases, spend, margin=0.5, discount_rate=0.3).total(cdnow)
    assert (dearer["estimate"] < rows["estimate"]).all()
    double = LifetimeValue(purchases, spend, margin=1.0, discount_rate=0.1).total(cdnow)
    assert double["estimate"].to_numpy() == pytest.approx(2 * rows["estimate"].to_numpy())


def test_the_unit_of_time_does_not_matter(spend, cdnow):
    weeks = LifetimeValue(BetaGeoNBD().fit(cdnow), spend, horizon=52).total(cdnow)
    in_days = cdnow.assign(recency=cdnow["recency"] * 7, age=cdnow["age"] * 7)
    days = LifetimeValue(BetaGeoNBD(unit="days").fit(in_days), spend, horizon=364).total(in_days)
    assert days["estimate"].to_numpy() == pytest.approx(weeks["estimate"].to_numpy(), rel=1e-6)


def test_what_is_not_identified_has_no_interval(spend):
    silent = pd.DataFrame({"frequency": 0, "recency": 0.0, "age": [10.0, 20] * 50, "monetary": np.nan})
    with pytest.warns(UserWarning, match="do not identify"):
        model = BetaGeoNBD().fit(silent)
    assert LifetimeValue(model, spend).total(silent)[["low", "high"]].isna().all().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"margin": 0}, "margin and horizon must be above 0"),
        ({"horizon": -1}, "horizon is negative"),
        ({"discount_rate": -0.1}, "discount_rate is negative"),
        ({"discount_rate": np.nan}, "discount_rate is missing"),
    ],
)
def test_bad_settings(purchases, spend, cdnow, settings, message):
    with pytest.raises(ValueError, match=message):
        LifetimeValue(purchases, spend, **settings).total(cdnow)


def test_a_unit_without_a_year_is_refused(spend, cdnow):
    model = BetaGeoNBD(unit="fortnights").fit(cdnow)
    with pytest.raises(ValueError, match=r"unit 'fortnights' .* is none of days, weeks"):
        LifetimeValue(model, spend).total(cdnow)
