"""Events, invitations and account months: what was known on a date, and what stands in for what is missing."""

import pandas as pd
import pytest

import cxresearch as cx

EVENTS = "event_id,held_on,cost\n1,2026-05-10,100\n2,2026-06-20,\n3,2026-07-02,50\n"
GUESTS = "event_id,customer_id,invited_on,is_invited\n1,a,2026-05-01,true\n1,b,2026-05-01,false\n3,a,2026-06-28,true\n2,a,2026-07-01,true\n"
REVENUE = "customer_id,month_on,revenue\na,2026-05-31,10\na,2026-06-01,12\na,2026-07-01,99\nb,2026-06-15,-3\n"


def test_only_what_had_happened_by_the_day_is_known(workspace):
    ws = workspace(events=EVENTS, event_invitations=GUESTS, account_revenue=REVENUE)
    held = cx.features.events_held(ws.events, "2026-06-30").to_pandas()
    assert held["event_id"].tolist() == ["1", "2"] and held["cost"].isna().tolist() == [False, True]
    assert held[["kind", "is_randomised", "margin_share"]].isna().all(axis=None)
    guests = cx.features.event_guests(ws.event_invitations, "2026-06-30").to_pandas()
    assert guests[["event_id", "customer_id"]].to_numpy().tolist() == [["1", "a"], ["1", "b"], ["3", "a"]]
    months = cx.features.account_months(ws, "2026-06-30").to_pandas()
    assert months["revenue"].tolist() == [10, 12, -3]
    assert cx.features.account_months(ws, "2026-06-29").to_pandas()["revenue"].tolist() == [
        10
    ]  # June is not over


def test_orders_stand_in_for_revenue_and_returns_are_deducted(workspace):
    orders = "order_id,customer_id,ordered_at,amount,is_return\n1,a,2026-05-03,10,false\n2,a,2026-05-30,4,true\n3,a,2026-06-30T23:00:00Z,7,false\n"
    ws = workspace(orders=orders)
    assert cx.features.account_months(ws, "2026-06-30").to_pandas()["revenue"].tolist() == [6, 7]
    assert cx.features.account_traits(ws, "2026-06-30") is None


def test_without_revenue_or_amounts_there_is_one_line(workspace):
    with pytest.raises(cx.DataError, match="account_revenue, or a column amount"):
        cx.features.account_months(workspace(events=EVENTS), "2026-06-30")


def test_who_is_won_later_has_no_traits_yet(workspace):
    ws = workspace(customers="customer_id,acquired_at,segment\na,2026-05-03,SMB\nb,2026-07-03,SMB\n")
    traits = cx.features.account_traits(ws, "2026-06-30").to_pandas()
    assert traits["customer_id"].tolist() == ["a"] and traits["segment"].tolist() == ["SMB"]
    assert pd.api.types.is_integer_dtype(traits["since"])
