"""A return is never a purchase, whether it is flagged or has a negative amount."""

import datetime

import ibis
import pytest

import cxresearch as cx
from cxresearch.features.outcomes import OUTCOMES

HEAD = "order_id,customer_id,ordered_at,amount"
CUSTOMERS = "customer_id,acquired_at\nA,2026-01-01\nB,2026-01-01\n"
KINDS = {
    "negative amounts": f"{HEAD}\n1,A,2026-01-05,100\n2,A,2026-03-20,-100\n3,B,2026-01-06,50\n4,B,2026-03-20,30\n",
    "flagged": f"{HEAD},is_return\n1,A,2026-01-05,100,false\n2,A,2026-03-20,100,true\n3,B,2026-01-06,50,\n4,B,2026-03-20,30,false\n",
    "both": f"{HEAD},is_return\n1,A,2026-01-05,100,false\n2,A,2026-03-20,-100,true\n3,B,2026-01-06,50,\n4,B,2026-03-20,30,false\n",
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def ws(request, workspace):
    return workspace(customers=CUSTOMERS, orders=request.param)


def test_a_refund_is_no_repeat_purchase(ws):
    rfm = cx.features.rfm(ws.orders, "2026-06-30").to_pandas().set_index("customer_id")
    assert rfm["frequency"].to_dict() == {"A": 0, "B": 1}
    assert rfm.loc["A", "recency"] == 0 and rfm["monetary"].isna()["A"] and rfm.loc["B", "monetary"] == 30


def test_a_refund_does_not_count_in_cohorts_gaps_holdouts_or_outcomes(ws):
    cohorts = cx.features.cohorts(ws.orders, "2026-06-30").to_pandas().set_index("period")["active"]
    assert cohorts[2] == 1
    gaps = cx.features.purchase_gaps(ws.orders, "2026-06-30").to_pandas()
    assert gaps.groupby("customer_id")["has_ended"].sum().to_dict() == {"A": 0, "B": 1}
    assert cx.features.weekly_purchases(ws.orders, "2026-06-30").to_pandas()["repeat_purchases"].sum() == 1
    later = cx.features.held_out(ws.orders, "2026-04-06", 4).later
    assert later["customer_id"].tolist() == ["B"]
    labels = cx.features.churn_labels(ws, "2026-02-01", 40, of="orders", observed_to="2026-06-30")
    assert labels.to_pandas()["has_left"].all()
    labels = cx.features.churn_labels(ws, "2026-02-01", 60, of="orders", observed_to="2026-06-30")
    assert labels.to_pandas().set_index("customer_id")["has_left"].to_dict() == {"A": True, "B": False}
    for kind, expected in (
        ("purchases", {"A": 0, "B": 1}),
        ("active", {"A": 0, "B": 1}),
        ("returned", {"A": 0, "B": 1}),
    ):
        found = OUTCOMES[kind](ws, datetime.date(2026, 2, 1), datetime.date(2026, 6, 30)).to_pandas()
        assert found.set_index("unit_id")["happened"].to_dict() == expected


def test_the_features_count_a_refund_as_a_return_and_deduct_nothing(ws):
    found = (
        cx.features.customers(ws, "2026-03-31", windows=(30, 90))
        .to_pandas()
        .set_index("customer_id")
        .loc["A"]
    )
    assert (found["frequency"], found["orders_30d"], found["returns_90d"]) == (1, 0, 1)
    assert (found["spend"], found["monetary"], found["spend_30d"], found["recency_days"]) == (100, 100, 0, 85)


def test_spend_around_an_answer_is_net_of_returns_whatever_their_sign(ws):
    asked = ibis.memtable({"customer_id": ["A", "B"]}).mutate(
        responded_at=ibis.timestamp("2026-02-01 12:00:00")
    )
    found = cx.features.spend_after(asked, ws.orders, "2026-12-31").to_pandas().set_index("customer_id")
    assert found["spend_before"].to_dict() == {"A": 100, "B": 50}
    assert found["spend_after"].to_dict() == {"A": -100, "B": 30}


def test_who_has_only_returns_has_not_bought(workspace):
    ws = workspace(orders=f"{HEAD}\n1,A,2026-01-05,-10\n2,B,2026-01-06,50\n")
    assert cx.features.rfm(ws.orders, "2026-06-30").to_pandas()["customer_id"].tolist() == ["B"]
