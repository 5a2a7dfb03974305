"""Orders need no amount: purchases are counted, and money is left out."""

import pytest

import cxresearch as cx

CUSTOMERS = "customer_id,acquired_at\na,2026-01-01\nb,2026-01-01\n"
ORDERS = "order_id,customer_id,ordered_at\n1,a,2026-01-05\n2,a,2026-03-06\n3,b,2026-01-06\n"
AS_OF = "2026-09-30"


@pytest.fixture
def ws(workspace):
    return workspace(customers=CUSTOMERS, orders=ORDERS)


def test_purchases_are_counted(ws):
    assert ws.check(AS_OF).ok
    rfm = cx.features.rfm(ws.orders, AS_OF).order_by("customer_id").to_pandas()
    assert rfm["frequency"].tolist() == [1, 0]
    assert rfm["monetary"].isna().all()
    assert cx.features.weekly_purchases(ws.orders, AS_OF).to_pandas()["repeat_purchases"].tolist() == [1]
    assert cx.features.cohorts(ws.orders, AS_OF).to_pandas()["active"].sum() == 3


def test_features_of_money_are_left_out_and_say_why(ws):
    known = cx.features.customers(ws, AS_OF, windows=(90,)).order_by("customer_id").to_pandas()
    assert known["frequency"].tolist() == [2, 1]
    book = cx.features.customer_columns(ws, windows=(90,), as_of=AS_OF).set_index("column")["left_out"]
    money = ["spend", "monetary", "spend_90d", "spend_trend_90d"]
    assert book[money].tolist() == ["no column amount"] * 4
    assert not {*money} & {*known.columns}
    with pytest.raises(cx.NotEnough, match="orders have no amount"):
        cx.features.spend_after(ws.orders.select("customer_id"), ws.orders, AS_OF)


def test_an_amount_that_is_there_is_filled(workspace):
    ws = workspace(
        orders=ORDERS.replace("ordered_at", "ordered_at,amount")
        .replace("05\n", "05,\n")
        .replace("06\n", "06,5\n")
    )
    assert ws.check(AS_OF).sentence(0) == "orders.csv, column amount: is empty in 1 row (line 2: (empty))"
