"""Orders need no amount: purchases are counted, and money is left out."""

import tomllib
from pathlib import Path

import pytest

import cxresearch as cx
from cxresearch.suggest import suggest

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


def described(ws, toml):
    Path(ws.source, "cxresearch.toml").write_text(toml)
    return cx.open(ws.source)


@pytest.mark.parametrize("value", ["1", "0", "29.90"])
@pytest.mark.parametrize("has_column", [False, True])
def test_a_constant_in_the_place_of_an_amount_is_none_and_that_is_said(workspace, value, has_column):
    orders = ORDERS
    if has_column:
        head, *rows = ORDERS.splitlines()
        orders = "\n".join([f"{head},amount", *(f"{row},7" for row in rows)]) + "\n"
    ws = workspace(customers=CUSTOMERS, orders=orders)
    ws = described(ws, f'[tables.orders.columns]\namount = {{ value = "{value}" }}\n')
    check = ws.check(AS_OF)
    assert check.ok
    assert check.notes == [
        "orders.csv: amount is the same constant in all rows, which is no amount: money is left out, purchases are counted"
    ]
    assert "amount" not in ws.orders.columns
    rfm = cx.features.rfm(ws.orders, AS_OF).order_by("customer_id").to_pandas()
    assert rfm["frequency"].tolist() == [1, 0] and rfm["monetary"].isna().all()
    with pytest.raises(cx.NotEnough, match="orders have no amount"):
        cx.features.spend_after(ws.orders.select("customer_id"), ws.orders, AS_OF)


@pytest.mark.parametrize(("value", "is_price"), [("1", False), ("0.0", False), ("29.90", True)])
def test_one_price_of_all_contracts_is_a_price_and_1_is_none(workspace, value, is_price):
    contracts = "contract_id,customer_id,started_on,ended_on\n1,a,2026-01-01,\n"
    ws = described(
        workspace(customers=CUSTOMERS, contracts=contracts),
        f'[tables.contracts.columns]\nmonthly_amount = {{ value = "{value}" }}\n',
    )
    assert ("monthly_amount" in ws.contracts.columns) == is_price
    assert len(ws.check(AS_OF).notes) == (not is_price)


def test_an_amount_that_is_1_throughout_is_asked_about_by_check_and_draft(workspace):
    rows = [f"{i},{'ab'[i % 2]},2026-01-0{1 + i % 9},1" for i in range(30)]
    ws = workspace(customers=CUSTOMERS, orders="\n".join(["order_id,customer_id,ordered_at,amount", *rows]))
    problems = ws.check(AS_OF).problems
    (asked,) = problems[problems["column"] == "amount"].itertuples()
    assert (asked.severity, asked.rows) == ("warning", 30)
    assert 'is 1 in all rows: if it is no amount, declare amount = { value = "1" }' in asked.rule
    assert "one number in all rows, which is no amount" in suggest(ws.source)
    ws = described(ws, '[tables.orders.columns]\namount = { value = "1" }\n')
    assert "amount" not in set(ws.check(AS_OF).problems["column"])
    one = workspace(customers=CUSTOMERS, orders="\n".join(["order_id,customer_id,ordered_at,paid", *rows]))
    assert "paid" not in str(tomllib.loads(suggest(one.source))["tables"]["orders"]["columns"])
