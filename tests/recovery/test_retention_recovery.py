"""What is planted in the shop and the contracts of the sample company comes back through features and models."""

import json

import numpy as np
import pytest

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.parameters import Truth

AS_OF = "2026-09-30"
MONTH = 30.4375 / 7  # in weeks


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=["orders", "customers", "contracts"])
    return cx.open(folder), json.loads((folder / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rfm(northgate):
    return cx.features.rfm(northgate[0].orders, AS_OF).order_by("customer_id").to_pandas()


@pytest.fixture(scope="module")
def purchases(rfm):
    return cx.models.BetaGeoNBD().fit(rfm)


@pytest.fixture(scope="module")
def spend(rfm):
    return cx.models.GammaGamma().fit(rfm)


def test_bg_nbd_comes_back_in_weeks(purchases):
    """Within 3 standard errors each; α is planted in months."""
    p = Truth().shop
    planted = {"r": p.r, "alpha": p.alpha * MONTH, "a": p.a, "b": p.b}
    se = np.sqrt(np.diag(purchases.covariance_))
    for (name, value), error in zip(planted.items(), se, strict=True):
        assert abs(np.log(purchases.params_[name] / value)) < 3 * error, name


def test_mean_spend_comes_back(spend):
    """The mean pγ/(q − 1) = 180: p, q and γ by themselves trade off against one another."""
    p = Truth().shop
    row = spend.summary().set_index("metric").loc["mean spend per purchase"]
    error = (row["high"] - row["low"]) / 3.92
    assert abs(row["estimate"] - p.p * p.gamma / (p.q - 1)) < 3 * error


def test_spend_and_frequency_are_unrelated(spend):
    row = spend.summary().set_index("metric").loc["correlation of spend and frequency"]
    assert row["low"] < 0 < row["high"]


def test_orders_of_the_next_year_are_those_expected(northgate, rfm, purchases):
    meant = northgate[1]["oracle"]["shop.orders_next_12_months_per_customer"]["value"]
    row = purchases.expected_total(rfm, 12 * MONTH).iloc[0]
    spread = purchases.predict(rfm, 12 * MONTH)["expected_purchases"].std() / len(rfm) ** 0.5
    error = np.hypot((row["high"] - row["low"]) / 3.92 / len(rfm), spread)
    assert abs(row["estimate"] / len(rfm) - meant) < 3 * error


def test_value_of_a_base_is_that_under_the_planted_parameters(rfm, purchases, spend):
    p = Truth().shop
    known, paid = cx.models.BetaGeoNBD(), cx.models.GammaGamma()
    known._theta, known._information = np.log([p.r, p.alpha * MONTH, p.a, p.b]), purchases._information
    paid._theta, paid._information = np.log([p.p, p.q, p.gamma]), spend._information
    told = cx.models.LifetimeValue(purchases, spend, horizon=156).total(rfm)["estimate"]
    truth = cx.models.LifetimeValue(known, paid, horizon=156).total(rfm)["estimate"]
    assert told.to_numpy() == pytest.approx(truth.to_numpy(), rel=0.06)


def test_gaps_are_random_as_planted(northgate):
    found = cx.models.Regularity().fit(cx.features.purchase_gaps(northgate[0].orders, AS_OF))
    assert found.low_ < 1 < found.high_
    assert found.verdict_ == "random"


def test_lapsed_customers_are_as_often_gone_as_said(northgate):
    """Of those lapsed by P(alive) a year before the end, as many buy again as the fit made then expected."""
    ws, _ = northgate
    then = cx.features.rfm(ws.orders, "2025-09-30").order_by("customer_id").to_pandas()
    model = cx.models.BetaGeoNBD().fit(then)
    lapsed = cx.models.Silence(model).fit(then, "2025-09-30").customers_.query("is_lapsed")
    later = cx.features.purchase_days(ws.orders, AS_OF, after="2025-09-30").to_pandas()
    p = model.p_active(lapsed, 365 / 7)["p_active"]
    came = lapsed["customer_id"].isin(later["customer_id"])
    assert len(lapsed) > 200
    assert came.mean() == pytest.approx(p.mean(), abs=3 * np.sqrt((p * (1 - p)).sum()) / len(p) + 0.02)


def test_renewal_hazard_is_the_planted_one(northgate):
    ws, truth = northgate
    spells = cx.features.contract_spells(ws.contracts, AS_OF).to_pandas().query("is_observed")
    model = cx.models.RenewalHazard().fit(
        spells["duration"], spells["event"], spells["entry"], spells["term_months"]
    )
    meant = truth["oracle"]["contracts.renewals_lost"]["value"]
    told = model.main_.loc["renewal"]
    assert told["low"] - 0.01 < meant < told["high"] + 0.01
    real = truth["realised"]
    assert model.cells_.query("months_to_renewal == 0")[["at_risk", "left"]].sum().tolist() == [
        real["renewals_due"],
        real["renewals_lost"],
    ]


def test_retention_that_rises_is_told_as_a_mix_and_the_null_company_as_constant(northgate, tmp_path):
    found = []
    write(tmp_path, null=True, tables=["contracts", "customers"])
    for ws in (northgate[0], cx.open(tmp_path)):
        years = cx.features.contract_spells(ws.contracts, AS_OF, months=12).to_pandas().query("is_observed")
        found.append(cx.models.RetentionByTenure().fit(years["duration"], years["event"], years["entry"]))
    planted, null = found
    assert planted.verdict_ == "heterogeneity"
    assert null.verdict_ == "constant"
    assert null.table_["constant"][0] == pytest.approx((1 - 0.0125) ** 12, abs=0.012)


def test_the_outlook_finds_who_leaves_more(northgate):
    ws, _ = northgate
    spells = (
        cx.features.contract_spells(ws.contracts, AS_OF)
        .to_pandas()
        .sort_values("customer_id", ignore_index=True)
    )
    about = ws.frame("customers").set_index("customer_id").loc[spells["customer_id"]]
    X = about[["segment", "acquisition_channel"]].reset_index(drop=True)
    rows = cx.models.ContractOutlook().fit(spells, X).model_.summary().set_index("metric")
    assert rows.loc["odds ratio, segment=key_account", "high"] < 1
    assert rows.loc["odds ratio, renewal", "low"] > 40
    ratio = rows.loc["odds ratio, acquisition_channel=paid", "estimate"]
    assert ratio == pytest.approx(np.exp(0.94 * Truth().contracts.channel["paid"]), rel=0.2)
