"""Spend that may be multiplied or not, and the values of every kind of customer together."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import NotEnough
from cxresearch.models import BetaGeoNBD, BuyerSpend, CustomerValue, GammaGamma, LifetimeValue
from tests.cdnow import rfm as cdnow_rfm


@pytest.fixture(scope="module")
def rfm():
    return cdnow_rfm().reset_index(names="customer_id")


def test_customers_who_paid_nothing_are_left_out_and_counted(rfm):
    free = rfm.assign(monetary=rfm["monetary"].where(rfm.index > 100, 0.0))
    spend = BuyerSpend().fit(free)
    n = int((free["frequency"] > 0).sum() - (free["monetary"] > 0).sum())
    assert spend.left_out_ == [f"{n} customers whose repeat purchases add up to nothing"]
    assert len(spend.rfm_) == len(free) - n


def test_the_correlation_says_which_way_values_err(rfm):
    spend = BuyerSpend().fit(rfm)
    assert (spend.verdict_, spend.is_weak_, spend.left_out_) == ("understates", True, [])
    rng = np.random.default_rng(1)
    falling = rfm.assign(monetary=rng.gamma(4.0, 10.0, len(rfm)) / (1 + rfm["frequency"]))
    assert BuyerSpend().fit(falling).verdict_ == "overstates"
    assert not BuyerSpend().fit(falling).is_weak_


def test_fewer_than_thirty_who_paid_are_not_enough(rfm):
    with pytest.raises(NotEnough, match="fewer than thirty customers have paid for a repeat purchase"):
        BuyerSpend().fit(rfm.assign(monetary=0.0))


def test_fitted_values_are_those_of_predict_and_total(rfm):
    value = LifetimeValue(BetaGeoNBD().fit(rfm), GammaGamma().fit(rfm), horizon=3 * 365.25 / 7).fit(rfm)
    assert value.customers_["value"].to_numpy() == pytest.approx(
        value.predict(rfm)["lifetime_value"].to_numpy()
    )
    assert value.customers_["customer_id"].tolist() == rfm["customer_id"].tolist()
    pd.testing.assert_frame_equal(value.summary(), value.total(rfm))
    assert value.headline_ == ["value of buyers, next 3 years"]
    value.purchases.identified_ = value.purchases.identified_ & False
    assert value.fit(rfm).headline_ == []


def test_a_mean_spend_that_does_not_exist_values_nobody(rfm):
    spend = GammaGamma().fit(rfm)
    spend._theta = np.log([2.0, 0.9, 10.0])
    with pytest.raises(NotEnough, match="the mean spend of buyers cannot be estimated"):
        LifetimeValue(BetaGeoNBD().fit(rfm), spend).fit(rfm)


def valued(kind, ids, values):
    value = np.asarray(values, dtype=float)
    customers = pd.DataFrame(
        {"customer_id": ids, "value": value, "value_low": value / 2, "value_high": 2 * value}
    )
    rows = pd.DataFrame({"metric": [f"value of {kind}"], "estimate": [value.sum()]})
    return SimpleNamespace(
        kind=kind, customers_=customers, headline_=[f"value of {kind}"], summary=lambda: rows
    )


def test_who_is_both_counts_with_the_sum():
    worth = CustomerValue().fit(
        [valued("contract", list("ab"), [5, 7]), valued("buyer", list("bcdefghijk"), range(1, 11))]
    )
    table = worth.customers_.set_index("customer_id")
    assert table.loc["b", "value"] == 8
    assert table.loc["b", "kind"] == "contract and buyer"
    assert worth.customers_["value"].is_monotonic_decreasing
    assert worth.top_share_ == pytest.approx(10 / 67)
    assert worth.headline_ == ["value of contract", "value of buyer"]
    assert worth.summary()["estimate"].tolist() == [12, 55]


def test_nobody_to_value():
    with pytest.raises(NotEnough, match="neither contracts nor purchases can be valued"):
        CustomerValue().fit([])
