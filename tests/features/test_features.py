"""Features as of a date."""

import datetime

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx

AS_OF = datetime.date(1997, 9, 30)


@pytest.fixture(scope="module")
def rfm(cdnow):
    return cx.features.rfm(cdnow.orders, AS_OF).to_pandas().set_index("customer_id").sort_index()


def test_cdnow_counts(rfm):
    """Fader, Hardie & Lee (2005): 2,357 customers, 2,457 repeat purchase days, 1,411 without any."""
    assert len(rfm) == 2357
    assert rfm["frequency"].sum() == 2457
    assert (rfm["frequency"] == 0).sum() == 1411


def test_against_the_same_in_pandas(cdnow, rfm):
    orders = cdnow.frame("orders")
    orders["day"] = orders["ordered_at"].dt.normalize()
    orders = orders[orders["day"] <= pd.Timestamp(AS_OF)]
    days = orders.groupby(["customer_id", "day"])["amount"].sum().reset_index()
    first, last = days.groupby("customer_id")["day"].min(), days.groupby("customer_id")["day"].max()
    repeats = days[days["day"] > days["customer_id"].map(first)]
    np.testing.assert_allclose(rfm["recency"], (last - first).dt.days / 7)
    np.testing.assert_allclose(rfm["age"], (pd.Timestamp(AS_OF) - first).dt.days / 7)
    spend = repeats.groupby("customer_id")["amount"].mean().reindex(rfm.index)
    np.testing.assert_allclose(rfm["monetary"], spend)


def test_days_are_seven_times_weeks(cdnow, rfm):
    days = cx.features.rfm(cdnow.orders, AS_OF, unit="days").to_pandas().set_index("customer_id").sort_index()
    np.testing.assert_allclose(days["recency"], 7 * rfm["recency"])
    assert (days["age"] == days["age"].round()).all()
    with pytest.raises(ValueError, match="fortnights"):
        cx.features.rfm(cdnow.orders, AS_OF, unit="fortnights")


def test_what_happens_after_the_date_changes_nothing(workspace, cdnow):
    orders = cdnow.frame("orders")
    later = orders["ordered_at"] > pd.Timestamp(AS_OF)
    orders.loc[later, "amount"] = 999.0
    orders.loc[later, "ordered_at"] += pd.Timedelta(days=100)
    moved = workspace(orders=orders.to_csv(index=False))
    for feature in (cx.features.rfm, cx.features.cohorts):
        one, other = (feature(ws.orders, AS_OF).to_pandas() for ws in (cdnow, moved))
        order = list(one.columns[:2])
        pd.testing.assert_frame_equal(
            one.sort_values(order, ignore_index=True), other.sort_values(order, ignore_index=True)
        )


def test_returns_and_same_day_orders_are_not_repeat_purchases(workspace):
    ws = workspace(
        orders="order_id,customer_id,ordered_at,amount,is_return\n1,a,2026-01-01T09:00:00Z,5,\n2,a,2026-01-01T17:00:00Z,7,false\n"
        "3,a,2026-01-08,-5,true\n4,a,2026-01-15,4,false\n"
    )
    row = cx.features.rfm(ws.orders, "2026-01-31").to_pandas().iloc[0]
    assert (row.frequency, row.recency, row.monetary) == (1, 2.0, 4.0)


def test_cohorts_count_every_customer_once_and_leave_unfinished_months_out(cdnow):
    table = cx.features.cohorts(cdnow.orders, AS_OF).to_pandas().sort_values(["cohort", "period"])
    start = table[table["period"] == 0]
    assert start["customers"].tolist() == [781, 857, 719]
    assert (start["customers"] == start["active"]).all()
    assert table.groupby("cohort")["period"].max().tolist() == [8, 7, 6]
    mid_month = cx.features.cohorts(cdnow.orders, "1997-09-29").to_pandas()
    assert mid_month.groupby("cohort")["period"].max().tolist() == [7, 6, 5]
    orders = cdnow.frame("orders")
    buyers = orders[orders["ordered_at"].dt.strftime("%Y-%m") == "1997-05"]["customer_id"]
    firsts = orders.groupby("customer_id")["ordered_at"].min().dt.strftime("%Y-%m")
    expected = (firsts[buyers.unique()] == "1997-02").sum()
    cell = table[(table["cohort"] == "1997-02-01") & (table["period"] == 3)]
    assert cell["active"].item() == expected


def test_a_month_in_which_a_cohort_bought_nothing_is_a_zero(workspace):
    ws = workspace(orders="order_id,customer_id,ordered_at,amount\n1,a,2026-01-01,5\n2,b,2026-04-01,5\n")
    table = cx.features.cohorts(ws.orders, "2026-04-30").to_pandas().sort_values(["cohort", "period"])
    assert table["active"].tolist() == [1, 0, 0, 0, 1]
    quarter = cx.features.cohorts(ws.orders, "2026-06-30", grain="quarter").to_pandas()
    assert sorted(quarter["period"]) == [0, 0, 1]


def test_weekly_purchases_add_up_to_the_repeat_days(cdnow):
    weeks = cx.features.weekly_purchases(cdnow.orders, AS_OF, "1997-01-01").to_pandas()
    assert weeks["repeat_purchases"].sum() == 2457
    assert weeks["week"].max() == 39
