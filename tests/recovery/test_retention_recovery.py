"""What is planted in the shop and the contracts of the sample company comes back through features and models."""

import json

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.sample import contracts, people, write
from cxresearch.sample.blocks import Block, Window
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


@pytest.fixture(scope="module")
def large():
    """Contracts enough that chance is small, with the hazard planted in each month: (people, history, hazard by month)."""
    block, truth = Block(1, 0, Window(AS_OF, 36), 0, 100_000, 100_000, contract_share=1.0), Truth()
    who = people.draw(block, truth)
    planted = np.zeros((36, 100_000))

    def observe(month, index, tenure, is_renewal, has_failed, hazard, has_left):
        planted[month, index] = hazard

    return who, contracts.simulate(block, who, truth, observe), planted


def known(who, history, month):
    """Spells, covariates and the contracts they are of, as known when `month` months of the window had passed."""
    at = np.flatnonzero(who.start < month)
    start, left = who.start[at], history.left[at]
    gone = (left >= 0) & (left < month)
    spells = pd.DataFrame(
        {"entry": np.maximum(-start, 0), "duration": np.where(gone, left + 1, month) - start}
    )
    spells = spells.assign(event=gone, ended_on=np.where(gone, "gone", None), age=month - start)
    spells["term_months"] = np.where(history.is_annual[at], 12, 1)
    names = {name: np.array(list(getattr(Truth().people, name))) for name in ("segment", "channel")}
    X = pd.DataFrame({name: texts[getattr(who, name)[at]] for name, texts in names.items()})
    return spells, X, at


def test_leavers_of_the_next_quarter_are_those_planted(large):
    """Who leaves easily goes first, so that the level of three years is 6 % too high; what remains is January, of which it knows nothing."""
    who, history, planted = large
    said, truth = [], []
    for month in (24, 27, 30, 33):  # the second of these quarters holds January
        spells, X, at = known(who, history, month)
        model = cx.models.ContractOutlook().fit(spells, X)
        said.append(model.expected_leavers(spells, 3, X)["estimate"][0])
        truth.append(planted[month : month + 3, at[spells["ended_on"].isna().to_numpy()]].sum())
    assert said == pytest.approx(truth, rel=0.07)
    assert sum(said) == pytest.approx(sum(truth), rel=0.04)


def test_a_level_that_moved_a_year_ago_is_followed():
    """Hazard .04 a month until a year ago and .02 since; the months to come are as the last ones."""
    rng = np.random.default_rng(4)
    age = rng.integers(1, 37, 30_000)
    hazard = np.where(np.arange(1, 37) <= age[:, None] - 12, 0.04, 0.02)
    leaves = rng.random(hazard.shape) < hazard
    life = np.where(leaves.any(axis=1), leaves.argmax(axis=1) + 1, 99)
    spells = pd.DataFrame({"entry": 0, "duration": np.minimum(life, age), "event": life <= age, "age": age})
    spells = spells.assign(term_months=1, ended_on=np.where(spells["event"], "gone", None))
    model = cx.models.ContractOutlook().fit(spells)
    row = model.expected_leavers(spells, 6).iloc[0]
    assert row["estimate"] == pytest.approx((1 - 0.98**6) * row["n"], rel=0.06)
    ratio = model.model_.summary().set_index("metric").loc["odds ratio, last 12 months"]
    assert "odds ratio, last 12 months" not in set(
        model.summary()["metric"]
    )  # the level of the page, no finding
    assert ratio["low"] < 0.02 / 0.98 / (0.04 / 0.96) < ratio["high"]


def test_without_leavers_of_another_year_the_level_is_one():
    life = np.tile(np.arange(1, 13), 40)
    spells = pd.DataFrame({"entry": 0, "duration": life, "event": life < 12, "age": 12})
    spells = spells.assign(term_months=1, ended_on=np.where(spells["event"], "gone", None))
    model = cx.models.ContractOutlook().fit(spells)
    assert "last 12 months" not in model.terms_
    assert any(text.startswith("last 12 months") for text in model.left_out_)
