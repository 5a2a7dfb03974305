"""Who left: by hand, and against the outcome that scores a forecast."""

import datetime

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features.outcomes import left_contract
from tests.company import other_future, small, stored

CONTRACTS = """contract_id,customer_id,started_on,ended_on,end_reason
1,running,2025-01-01,,
2,left,2025-01-01,2026-02-20,cancelled
3,left_in_the_gap,2025-01-01,2026-02-05,cancelled
4,on_the_first_day,2025-01-01,2026-02-11,lapsed
5,on_the_gaps_last_day,2025-01-01,2026-02-10,lapsed
6,on_the_last_day,2025-01-01,2026-02-28,
7,afterwards,2025-01-01,2026-03-01,died
8,before,2025-01-01,2026-01-31,cancelled
9,renewed,2025-01-01,2026-02-15,lapsed
10,renewed,2026-02-16,,
11,both,2024-01-01,2026-02-12,cancelled
12,both,2025-01-01,2026-02-20,died
13,both,2025-01-01,2026-02-20,cancelled
14,both,2024-01-01,2025-12-31,lapsed
15,new,2026-02-01,,
16,new,2026-02-02,2026-02-20,
17,back_in_the_gap,2025-01-01,2026-02-03,lapsed
18,back_in_the_gap,2026-02-08,2026-02-25,cancelled
19,open,2026-03-10,,
"""
ORDERS = """order_id,customer_id,ordered_at,amount,is_return
1,stays,2026-01-01,5,false
2,stays,2026-02-28T23:59:59,5,false
3,leaves,2026-01-31T23:59:59,5,false
4,leaves,2026-02-10T23:59:59,5,
5,leaves,2026-03-01,5,false
6,returns,2025-12-01,5,false
7,returns,2026-02-20,-5,true
8,new,2026-02-20,5,false
9,new,2026-03-10,5,false
"""
MADE = datetime.date(2026, 1, 31)


def labels(ws, as_of=MADE, horizon_days=18, gap_days=10, **options):
    table = cx.features.churn_labels(ws, as_of, horizon_days, gap_days, **options)
    return table.to_pandas().set_index("customer_id").sort_index()


def test_contracts_by_hand(workspace):
    found = labels(workspace(contracts=CONTRACTS))
    assert found["has_left"].to_dict() == {
        "afterwards": False, "back_in_the_gap": True, "both": True, "left": True, "on_the_first_day": True,
        "on_the_last_day": True, "renewed": False, "running": False,
    }  # fmt: skip
    left = found[found["has_left"]]
    assert left["left_on"].dt.day.tolist() == [25, 20, 20, 11, 28]
    assert left["end_reason"].fillna("none").tolist() == ["cancelled", "died", "cancelled", "lapsed", "none"]
    assert found.loc[~found["has_left"], ["left_on", "end_reason"]].isna().all().all()


def test_orders_by_hand_only_if_asked(workspace):
    ws = workspace(orders=ORDERS)
    found = labels(ws, of="orders")
    assert found["has_left"].to_dict() == {"leaves": True, "returns": True, "stays": False}
    assert list(labels(ws, of="orders", active_days=31).index) == ["leaves", "stays"]
    assert list(labels(ws, of="orders", active_days=1).index) == ["leaves"]
    with pytest.raises(cx.DataError, match="contracts"):
        labels(ws, observed_to="2026-03-10")


def test_without_a_gap_it_is_what_a_forecast_is_scored_by(tmp_path):
    ws, _ = small(tmp_path)
    for made, days in ((datetime.date(2025, 9, 30), 92), (datetime.date(2026, 3, 15), 30)):
        found = labels(ws, made, days, 0)
        scored = (
            left_contract(ws, made, made + datetime.timedelta(days=days))
            .to_pandas()
            .set_index("unit_id")
            .sort_index()
        )
        pd.testing.assert_series_equal(
            found["has_left"].astype("int64"),
            scored["happened"].astype("int64"),
            check_names=False,
            check_index_type=False,
        )
        assert found["has_left"].any()


def test_what_happens_after_the_horizon_changes_no_label(tmp_path):
    ws, frames = small(tmp_path / "one")
    due = datetime.date(2026, 4, 30)
    other = stored(other_future(frames, due, 5), tmp_path / "other")
    for of in ("contracts", "orders"):
        one, two = (
            labels(w, datetime.date(2026, 1, 20), 90, 10, of=of, observed_to=due) for w in (ws, other)
        )
        pd.testing.assert_frame_equal(one, two)


def test_a_horizon_that_is_not_over_has_no_labels(workspace):
    ws = workspace(contracts=CONTRACTS, orders=ORDERS)
    assert len(labels(ws, horizon_days=28))
    for of in ("contracts", "orders"):
        with pytest.raises(ValueError, match="the horizon ends on 2026-03-11; the data reach to 2026-03-10"):
            labels(ws, horizon_days=29, of=of)
    with pytest.raises(ValueError, match="reach to 2026-02-01"):
        labels(ws, observed_to="2026-02-01")
    with pytest.raises(ValueError, match="reach to no day"):
        labels(workspace(orders=ORDERS.splitlines()[0] + "\n"), of="orders")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"horizon_days": 0}, "horizon_days is 0"),
        ({"horizon_days": 1.5}, "horizon_days is 1.5"),
        ({"gap_days": -1}, "gap_days is -1"),
        ({"of": "orders", "active_days": 0}, "active_days is 0"),
        ({"active_days": 30}, "active_days is for orders"),
        ({"of": "survey_responses"}, "of is 'survey_responses'"),
        ({"as_of": "January"}, "as_of is 'January'"),
    ],
)
def test_what_is_no_length_or_rule_is_refused(workspace, options, said):
    with pytest.raises(ValueError, match=said):
        labels(workspace(contracts=CONTRACTS), **options)
