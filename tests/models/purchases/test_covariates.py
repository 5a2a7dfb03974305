"""Covariates in the BG/NBD and the Pareto/NBD: a second implementation, numeric gradients, planted truth, and what is refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from cxresearch.models import BetaGeoNBD, ParetoNBD, PurchaseCovariates
from cxresearch.models.purchases.row_likelihoods import beta_geo_rows, chained, pareto_rows
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import with_covariates

KINDS = ["BG/NBD", "Pareto/NBD"]
PLAIN = {"BG/NBD": BetaGeoNBD, "Pareto/NBD": ParetoNBD}


def by_textbook(kind, theta, x, recency, age):
    """One customer's log-likelihood: equation (6) of Fader, Hardie & Lee (2005), or the integral of Schmittlein et al. (1987)."""
    r, alpha, c, d = np.exp(theta)
    if kind == "BG/NBD":
        shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(c, d + x) - betaln(c, d)
        gone = c / (d + x - 1) * (alpha + recency) ** -(r + x) if x else 0.0
        return shared + np.log((alpha + age) ** -(r + x) + gone)
    dead = quad(
        lambda y: c * (alpha + y) ** -(r + x) * (d + y) ** -(c + 1), recency, age, epsabs=0, epsrel=1e-10
    )[0]
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + c * np.log(d)
    return shared + np.log((alpha + age) ** -(r + x) * (d + age) ** -c + dead)


def whole_textbook(kind, params, rfm, X):
    """Of all customers, α and the parameter of dropping out moved by the covariates less their means (Fader & Hardie 2007)."""
    x = X.to_numpy(float) - X.to_numpy(float).mean(axis=0)
    k, total = x.shape[1], 0.0
    for (frequency, recency, age), row in zip(
        rfm[["frequency", "recency", "age"]].to_numpy(), x, strict=True
    ):
        own = params[:4].copy()
        own[1] -= row @ params[4 : 4 + k]
        own[2 if kind == "BG/NBD" else 3] += (1 if kind == "BG/NBD" else -1) * (row @ params[4 + k :])
        total += by_textbook(kind, own, frequency, recency, age)
    return total


@pytest.mark.parametrize("kind", KINDS)
def test_the_likelihood_is_the_textbooks_and_no_other_place_is_higher(kind):
    rfm, X = with_covariates(250, 2, kind)
    X = pd.DataFrame({"gold": (X["plan"] == "gold").astype(float)})
    model = PurchaseCovariates(kind).fit(rfm, X)
    found = np.concatenate([np.log(model.params_), model.rate_, model.dropout_])
    assert model.log_likelihood_ == pytest.approx(whole_textbook(kind, found, rfm, X), rel=1e-9)
    if kind == "BG/NBD":  # maximised once more without our gradients
        start = np.concatenate([np.log([0.8, 6.0, 0.5, 2.5]), [0.0, 0.0]])
        best = minimize(
            lambda p: -whole_textbook(kind, p, rfm, X), start, method="L-BFGS-B", options={"maxiter": 200}
        )
        assert -best.fun <= model.log_likelihood_ + 1e-6
        assert best.x == pytest.approx(found, abs=0.02)


@pytest.mark.parametrize(("rows", "place", "sign"), [(beta_geo_rows, 2, 1.0), (pareto_rows, 3, -1.0)])
def test_gradient_and_hessian(rows, place, sign):
    rng, rfm = np.random.default_rng(0), cdnow_rfm().head(300)
    data = (
        *(rfm[name].to_numpy(float) for name in ("frequency", "recency", "age")),
        rng.integers(1, 4, 300).astype(float),
    )
    function = chained(rows, place, sign, data, rng.normal(size=(300, 2)), rng.normal(size=(300, 1)))
    theta = np.array([np.log(0.6), np.log(8.0), np.log(0.7), np.log(9.0), 0.3, -0.2, 0.4])
    _, gradient, hessian = function(theta)
    for i, step in enumerate(1e-5 * np.eye(7)):
        up, down = function(theta + step), function(theta - step)
        assert gradient[i] == pytest.approx((up[0] - down[0]) / 2e-5, rel=1e-5, abs=1e-4)
        assert hessian[i] == pytest.approx((up[1] - down[1]) / 2e-5, rel=1e-5, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_add_up_to_the_plain_likelihood(kind):
    rfm = cdnow_rfm()
    plain = PLAIN[kind]().fit(rfm)
    model = PurchaseCovariates(kind, dropout=[]).fit(rfm, pd.DataFrame({"even": np.arange(len(rfm)) % 2}))
    assert model.log_likelihood_without_ == pytest.approx(plain.log_likelihood_, rel=1e-12)
    assert 0 <= model.log_likelihood_ - plain.log_likelihood_ < 6
    assert model.dropout_.empty and list(model.rate_.index) == ["even"]


@pytest.mark.parametrize("kind", KINDS)
def test_planted_ratios_come_back(kind):
    rfm, X = with_covariates(8000, 1, kind)
    model = PurchaseCovariates(kind).fit(rfm, X)
    z = (
        np.concatenate([model.rate_ - [0.5, -0.3], model.dropout_ - [0.6, 0.0]])
        / np.sqrt(np.diag(model.covariance_))[4:]
    )
    assert (np.abs(z) < 3.3).all() and model.p_value_ < 1e-20 and model.converged_
    rows = model.summary().set_index("metric")
    assert (
        rows.loc["purchase rate ratio, plan=gold", "low"] > 1.4
        and rows.loc["dropout ratio, plan=gold", "low"] > 1.3
    )


def test_ratios_are_covered_and_none_is_found_where_none_is_planted():
    inside, p = [], []
    for seed in range(12):
        rfm, X = with_covariates(700, 100 + seed, gamma=(0.4, 0.0), delta=(0.0, 0.0))
        rows = PurchaseCovariates(rate=["plan"], dropout=[]).fit(rfm, X).summary().iloc[-1]
        inside.append(rows["low"] < np.exp(0.4) < rows["high"])
        rfm, X = with_covariates(700, 200 + seed, gamma=(0.0, 0.0), delta=(0.0, 0.0))
        p.append(PurchaseCovariates().fit(rfm, X).p_value_)
    assert sum(inside) >= 9 and (np.array(p) < 0.05).sum() <= 3


@pytest.mark.parametrize("kind", KINDS)
def test_forecasts_are_those_of_each_customers_own_model(kind):
    rfm, X = with_covariates(1500, 3, kind, keep_until=26.0)
    model = PurchaseCovariates(kind).fit(rfm, X)
    one = model.of(pd.DataFrame({"plan": ["gold"], "size": [2]}))
    mine = ((X["plan"] == "gold") & (X["size"] == 2)).to_numpy()
    told = model.predict(rfm, X, 13.0)
    pd.testing.assert_frame_equal(told[mine], one.predict(rfm[mine], 13.0))
    assert list(told.index) == list(rfm.index)
    total = model.expected_total(rfm, X, 13.0)
    assert total["estimate"].iloc[0] == pytest.approx(told["expected_purchases"].sum())
    assert total["low"].iloc[1] < total["low"].iloc[0] < total["high"].iloc[0] < total["high"].iloc[1]
    assert model.p_active(rfm, X, 13.0)["p_active"].between(0, 1).all()


def test_units_of_covariates_do_not_matter():
    rfm, X = with_covariates(1200, 4)
    X = X[["size"]].astype(float)
    one, other = (PurchaseCovariates().fit(rfm, part) for part in (X, X * 10_000 + 7e5))
    assert other.rate_["size"] * 10_000 == pytest.approx(one.rate_["size"], rel=1e-5)
    assert other.log_likelihood_ == pytest.approx(one.log_likelihood_, rel=1e-10)
    assert other.identified_.all()
    counted = PurchaseCovariates().fit(rfm, X, weights=np.full(len(rfm), 3))
    assert (
        counted.rate_["size"] == pytest.approx(one.rate_["size"], rel=1e-6) and counted.n_customers_ == 3600
    )


def test_what_cannot_be_fitted_is_refused():
    rfm, X = with_covariates(300, 5)
    with pytest.raises(ValueError, match="kind is 'MBG'"):
        PurchaseCovariates("MBG").fit(rfm, X)
    with pytest.raises(ValueError, match="collinear"):
        PurchaseCovariates().fit(rfm, X.assign(again=2.0 * X["size"]))
    with pytest.raises(ValueError, match="plan is missing"):
        PurchaseCovariates().fit(rfm, X.assign(plan=X["plan"].where(X.index > 2)))
    with pytest.raises(ValueError, match="one value only"):
        PurchaseCovariates().fit(rfm, X.assign(plan="gold"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nobody = rfm.assign(frequency=0, recency=0.0)
        model = PurchaseCovariates().fit(nobody, X)
    assert model.summary()["estimate"].isna().any()
