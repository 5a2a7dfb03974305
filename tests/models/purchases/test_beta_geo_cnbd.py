"""(M)BG/CNBD-k against BTYDplus, against its own simulated customers, and on input that it must refuse."""

import os
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import betainc, gammaln

import cxresearch as cx
from cxresearch.models import (
    BetaGeoCNBD,
    BetaGeoNBD,
    GammaGamma,
    LifetimeValue,
    PurchaseHoldout,
    PurchaseOutlook,
    Silence,
    StillActive,
)
from cxresearch.models.purchases.phases import count_purchases
from cxresearch.models.purchases.purchase_history import purchase_history
from cxresearch.stats.likelihood import Information
from tests.simulate import regular_buyers

ROOT = os.environ.get("CXRESEARCH_PUBLIC_DATA")
ONE = (0.85, 1.45, 0.79, 2.42)


def known(k, is_modified, params=ONE):
    """A model whose parameters are given."""
    model = BetaGeoCNBD(k, is_modified)
    model.k_, model.is_modified_, model._theta = k, is_modified, np.log(params)
    model._information = Information.at(-100 * np.eye(4))
    return model


@pytest.fixture(scope="module")
def cdnow():
    return (
        cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30", gaps=True)
        .order_by("customer_id")
        .to_pandas()
    )


# --- published numbers: BTYDplus (github.com/mplatzer/BTYDplus at d5eda8f) run in R 4.2.2; exact means by a second implementation there


@pytest.mark.parametrize(
    ("k", "is_modified", "customer", "value", "alive", "ahead"),
    [
        (2, False, (0, 0.0, 0.0), -2.209796, 1.0, 0.418636),
        (2, False, (2, 30.0, 3.0), -11.165694, 0.740978, 1.159308),
        (2, False, (7, 30.0, 3.0), -25.765704, 0.596269, 2.648447),
        (2, True, (0, 0.0, 0.0), -1.112228, 0.251561, 0.106910),
        (2, True, (2, 30.0, 3.0), -11.390523, 0.787104, 1.253659),
        (2, True, (7, 30.0, 3.0), -25.890042, 0.622969, 2.804734),
        (3, True, (2, 30.0, 3.0), -13.238112, 0.805444, 1.286432),
        (1, True, (2, 30.0, 3.0), -10.066722, 0.745727, 1.220072),
    ],
)
def test_one_customer(k, is_modified, customer, value, alive, ahead):
    x, recency, gaps = customer
    model, rfm = known(k, is_modified), pd.DataFrame({"frequency": [x], "recency": recency, "age": 38.0})
    log_likelihood = (
        model._likelihood(purchase_history(rfm))(model._theta)[0] + (k - 1) * gaps - x * gammaln(k)
    )
    told = model.predict(rfm, 26.0).iloc[0]
    found = [log_likelihood, told["p_alive"], told["expected_purchases"]]
    assert found == pytest.approx([value, alive, ahead], abs=1e-6)


@pytest.mark.parametrize(
    ("k", "is_modified", "expected"), [(2, False, 4.250144), (2, True, 3.671712), (1, False, 6.156958), (1, True, 5.462243)]
)  # fmt: skip
def test_purchases_of_a_new_customer(k, is_modified, expected):
    assert known(k, is_modified).expected_purchases(38.0) == pytest.approx(expected, abs=1e-6)


def test_cdnow(cdnow):
    assert cdnow["log_gaps"].sum() == pytest.approx(2909.504669, abs=1e-6)
    model = BetaGeoCNBD().fit(cdnow)
    assert model.name == "MBG/NBD" and model.k_ == 1 and model.is_modified_
    assert model.params_.to_list() == pytest.approx([0.524843, 6.183086, 0.891359, 1.614002], rel=1e-5)
    assert model.log_likelihood_ == pytest.approx(-9582.1357, abs=1e-4)
    log_se = model.standard_errors_ / model.params_
    assert log_se.to_list() == pytest.approx([0.1587, 0.1125, 0.1737, 0.3330], abs=5e-5)
    ahead = model.predict(cdnow, 39.0)
    assert ahead[["expected_purchases", "p_alive"]].sum().to_list() == pytest.approx(
        [1576.73, 1057.64], abs=5e-3
    )
    grid = model.grid_.set_index("model")["log_likelihood"]
    assert grid["BG/NBD"] == pytest.approx(-9582.4292, abs=1e-4)
    assert grid[["BG/CNBD-2", "MBG/CNBD-2"]].to_list() == pytest.approx([-9855.3270, -9853.2531], abs=1e-4)
    two = BetaGeoCNBD(2, True).fit(cdnow)
    assert two.params_.to_list() == pytest.approx([0.579896, 2.288149, 1.134453, 1.584975], rel=1e-5)
    assert two.predict(cdnow, 39.0)["expected_purchases"].sum() == pytest.approx(1350.11, abs=5e-3)


@pytest.mark.skipif(not ROOT, reason="CXRESEARCH_PUBLIC_DATA is not set: no online_retail")
def test_a_wholesaler_whose_customers_order_regularly():
    orders = pd.read_csv(Path(ROOT) / "online_retail" / "online_retail_orders.csv", parse_dates=["d"])
    days = orders[["CustomerID", "d"]].drop_duplicates().sort_values(["CustomerID", "d"])
    known_by, end = days[days["d"] <= "2011-06-30"], pd.Timestamp("2011-06-30")
    by = known_by.groupby("CustomerID")["d"]
    gap = np.log(by.diff().dt.days / 7).groupby(known_by["CustomerID"]).sum()
    rfm = pd.DataFrame({"frequency": by.size() - 1, "recency": (by.max() - by.min()).dt.days / 7})
    rfm = rfm.assign(age=(end - by.min()).dt.days / 7, log_gaps=gap)
    assert (len(rfm), rfm["frequency"].sum()) == (2960, 5016)
    assert rfm["log_gaps"].sum() == pytest.approx(5470.160955, abs=1e-5)
    model = BetaGeoCNBD().fit(rfm)
    assert model.name == "BG/CNBD-2"
    assert model.log_likelihood_ == pytest.approx(-14945.1660, abs=1e-3)
    assert model.params_.to_list() == pytest.approx([0.76972, 3.86772, 0.06334, 0.86868], rel=1e-3)
    ahead = model.predict(rfm, 162 / 7)["expected_purchases"]
    assert ahead.sum() == pytest.approx(5843.26, abs=0.05)
    made = days[(days["d"] > end) & days["CustomerID"].isin(rfm.index)]["CustomerID"].value_counts()
    made = made.reindex(rfm.index).fillna(0)
    assert made.sum() == 6426 and (ahead - made).abs().mean() == pytest.approx(1.36237, abs=2e-4)
    grid = model.grid_.set_index("model")["log_likelihood"]
    assert grid["BG/CNBD-3"] == pytest.approx(-15263.2562, abs=1e-3)
    assert grid["MBG/CNBD-2"] == pytest.approx(-14956.0143, abs=1e-3)
    assert grid["BG/NBD"] == pytest.approx(-15325.4553, abs=1e-2)


# --- the formulas


def test_with_one_phase_it_is_the_bg_nbd(cdnow):
    ours, theirs = BetaGeoCNBD(1, False).fit(cdnow), BetaGeoNBD().fit(cdnow)
    pd.testing.assert_series_equal(ours.params_, theirs.params_, rtol=1e-6)
    for table in ("predict", "p_active"):
        pd.testing.assert_frame_equal(
            getattr(ours, table)(cdnow, 39.0), getattr(theirs, table)(cdnow, 39.0), rtol=1e-5, atol=1e-8
        )
    history = purchase_history(cdnow)
    for mine, other in zip(ours.moments(history, 39.0), theirs.moments(history, 39.0), strict=True):
        assert mine == pytest.approx(other, rel=1e-6)
    x, age = np.array([0, 3, 20]), np.array([39.0, 30.0, 38.0])
    assert ours.staying(x, age, 52.0) == pytest.approx(theirs.staying(x, age, 52.0), rel=1e-6)


@pytest.mark.parametrize(("k", "is_modified"), [(1, True), (2, False), (4, True)])
@pytest.mark.parametrize("params", [ONE, (2.0, 30.0, 1.0, 0.3), (0.05, 0.4, 6.0, 50.0)])
def test_likelihood_gradient_and_hessian(cdnow, k, is_modified, params):
    model = known(k, is_modified, params)
    function, theta = model._likelihood(purchase_history(cdnow)), np.log(params)
    _, gradient, hessian = function(theta)
    for i, step in enumerate(1e-5 * np.eye(4)):
        up, down = function(theta + step), function(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-3)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-3)


def test_counted_purchases_are_the_series_of_incomplete_betas():
    """Summed term by term, up to rates at which the probability of no event underflows."""
    stage, age, t, k = np.array([0, 3, 5, 41, 4000]), np.array([0.0, 10.0, 38.0, 38.0, 38.0]), 26.0, 3
    r, alpha, a, b = ONE
    counted = count_purchases(stage, age, t, np.log(ONE), k, 1)
    for m, T, mean, pairs, leaves in zip(
        stage, age, counted.mean, counted.pairs, counted.leaves, strict=True
    ):
        n = np.arange(1, 4000)
        beta = b + m // k + 1
        keep = np.cumprod(np.r_[1.0, (beta + n - 1) / (a + beta + n - 1)])[:-1]
        at_least = betainc(n * k - m % k, r + m, t / (alpha + T + t))
        assert mean == pytest.approx(keep @ at_least, rel=1e-9)
        assert pairs == pytest.approx((2 * (n - 1) * keep) @ at_least, rel=1e-9, abs=1e-12)
        assert leaves == pytest.approx((keep * a / (a + beta + n - 1)) @ at_least, rel=1e-9)


def test_slopes_of_what_is_expected(cdnow):
    some = cdnow.query("frequency > 0").head(60)
    history = purchase_history(some)
    model = known(3, True)

    def told(theta):
        model._theta = theta
        odds, slope = model._log_odds_dead(history, theta)
        mean, slopes = model._expected(history, 39.0, odds, slope)
        start, by_start = model.starts_alive()
        return odds, slope, np.log(mean), slopes, np.full(1, np.log(start)), by_start[None, :]

    theta = np.log(ONE)
    here = told(theta)
    for i, step in enumerate(1e-5 * np.eye(4)):
        up, down = told(theta + step), told(theta - step)
        for value in (0, 2, 4):
            assert here[value + 1][:, i] == pytest.approx(
                (up[value] - down[value]) / 2e-5, rel=1e-4, abs=1e-7
            )


def test_chances_to_buy_are_those_of_the_draws():
    model, n = known(3, True), 200_000
    rfm = pd.DataFrame({"frequency": [4], "recency": 20.0, "age": 26.0})
    history = purchase_history(rfm)
    made = model._draw_living(np.random.default_rng(1), history, np.zeros(n, int), 26.0, model._theta)
    p = model.p_alive(rfm)["p_alive"].iloc[0]
    assert p * made.mean() == pytest.approx(model.predict(rfm, 26.0)["expected_purchases"].iloc[0], rel=0.01)
    assert p * (made > 0).mean() == pytest.approx(model.p_active(rfm, 26.0)["p_active"].iloc[0], abs=0.004)
    assert p * (made**2.0).mean() == pytest.approx(model.moments(history, 26.0)[1][0], rel=0.02)


def test_a_forecast_is_of_the_customer_alone(cdnow):
    model = BetaGeoCNBD(2, True).fit(cdnow)
    alone, together = model.predict(cdnow.iloc[[7]], 39.0), model.predict(cdnow, 39.0).iloc[[7]]
    pd.testing.assert_frame_equal(alone, together)


def test_values_and_silences_rest_on_the_same_customers(cdnow):
    """With one phase they are the BG/NBD's; of a new MBG customer the discounted sum of what is expected, from the first purchase on."""
    spend = GammaGamma().fit(cdnow)
    ours, theirs = (model.fit(cdnow) for model in (BetaGeoCNBD(1, False), BetaGeoNBD()))
    mine, other = (LifetimeValue(model, spend).total(cdnow)["estimate"] for model in (ours, theirs))
    assert mine.to_list() == pytest.approx(other.to_list(), rel=1e-6)
    days = [Silence(model).fit(cdnow, "1997-09-30").customers_["silence"] for model in (ours, theirs)]
    pd.testing.assert_series_equal(*days, rtol=1e-5)
    modified = BetaGeoCNBD(2, True).fit(cdnow)
    value = LifetimeValue(modified, spend, horizon=104.0, discount_rate=0.2)
    t = np.linspace(0, 104, 4001)
    bought, middle = np.diff(modified.expected_purchases(t)), (t[1:] + t[:-1]) / 2
    paid = spend.spend_of(np.zeros(1, dtype=int), np.zeros(1))[0][0]
    assert value.new_customer()[0] == pytest.approx(paid * bought @ 1.2 ** (-middle * 7 / 365.25), rel=1e-5)


# --- planted truth


@pytest.mark.parametrize(("k", "modified", "a_b"), [(3, True, (0.8, 2.5)), (2, False, (0.8, 2.5))])
def test_planted_customers_come_back_and_their_future_is_expected(k, modified, a_b):
    params = (1.2, 4.0, *a_b)
    rfm = regular_buyers(20_000, 5, params, k, modified, keep_until=40.0)
    model = BetaGeoCNBD().fit(rfm)
    assert (model.k_, model.is_modified_) == (k, modified)
    se = np.sqrt(np.diag(model.covariance_))
    assert (np.abs(np.log(model.params_.to_numpy() / params)) < 4 * se).all()
    # ages of at least 52 weeks: the next 12 are complete
    late = regular_buyers(20_000, 6, params, k, modified, ages=(364, 364), keep_until=40.0)
    told = model.predict(late, 12.0)["expected_purchases"]
    for cell in (late["frequency"] == 0, late["frequency"].between(1, 3), late["frequency"] > 3):
        error = late.loc[cell, "later"] - told[cell]
        assert abs(error.mean()) < 4 * error.std() / np.sqrt(cell.sum())


def test_bursts_are_not_called_regular():
    """Without regularity planted k is 1."""
    assert BetaGeoCNBD().fit(regular_buyers(3000, 7, (0.8, 6.0, 0.8, 2.5), 1, False)).k_ == 1


# --- beside the other models


def test_regular_buyers_get_a_third_model_which_then_says_who_is_still_there():
    rfm = regular_buyers(900, 8, (1.2, 3.0, 0.8, 2.5), 3, True, ages=(546, 546), keep_until=52.0)
    rfm = rfm.assign(customer_id=[f"c{i}" for i in range(len(rfm))])
    made = pd.DataFrame({"customer_id": rfm["customer_id"].repeat(rfm["later"])})
    test = PurchaseHoldout().fit(rfm, made, 26.0)
    assert list(test.tests_) == ["BG/NBD", "Pareto/NBD", "MBG/CNBD-3"]
    assert min(test.errors_, key=test.errors_.get) == "MBG/CNBD-3"
    assert test.tests_["MBG/CNBD-3"].verdict_ == "agrees"
    outlook = PurchaseOutlook().fit(rfm, test)
    assert outlook.model_.name == "MBG/CNBD-3" and set(outlook.by_others(rfm, 26.0)) == {
        "BG/NBD",
        "Pareto/NBD",
    }
    active = StillActive(outlook).fit(rfm)
    assert active.best_ == "MBG/CNBD-3" and not active.keeps_first_buyers_ and active.are_apart_
    assert "By the MBG/CNBD-3" in cx.readings.still_active(active).text
    assert "bought only once" not in cx.readings.still_active(active).text


# --- hostile input


def test_bad_input_is_named(cdnow):
    with pytest.raises(ValueError, match="log_gaps"):
        BetaGeoCNBD().fit(cdnow.drop(columns="log_gaps"))
    with pytest.raises(ValueError, match="is a whole number of at least 1"):
        BetaGeoCNBD(k=0.5).fit(cdnow)
    with pytest.raises(ValueError, match="log_gaps is missing or infinite in 1 row"):
        BetaGeoCNBD().fit(cdnow.assign(log_gaps=cdnow["log_gaps"].replace(cdnow["log_gaps"].max(), np.inf)))
    with pytest.raises(ValueError, match="log_gaps is not 0 without a repeat purchase"):
        BetaGeoCNBD().fit(cdnow.assign(log_gaps=1.0))
    blind = BetaGeoCNBD(2).fit(cdnow.drop(columns="log_gaps"))
    assert np.isnan(blind.log_likelihood_) and blind.converged_


def test_weights_stand_for_customers(cdnow):
    once = BetaGeoCNBD(2, True).fit(pd.concat([cdnow, cdnow]))
    twice = BetaGeoCNBD(2, True).fit(cdnow, weights=np.full(len(cdnow), 2))
    assert once.log_likelihood_ == pytest.approx(twice.log_likelihood_, rel=1e-12)
    assert once.params_.to_list() == pytest.approx(twice.params_.to_list(), rel=1e-6)


def test_everybody_once_is_not_identified_and_does_not_hang():
    rfm = pd.DataFrame({"frequency": 0, "recency": 0.0, "age": [10.0, 20.0] * 50, "log_gaps": 0.0})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert not BetaGeoCNBD().fit(rfm).identified_.all()
