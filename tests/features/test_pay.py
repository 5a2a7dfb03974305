"""What teams kept, as known on a date: by hand, against single contracts, and blind to what came later."""

from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features import ends_by_day, pay_plans, reported_ends, signed_amounts, team_months

KINDS = {
    "contract_id": "string", "customer_id": "string", "team_id": "string", "started_on": "date", "ended_on": "date",
    "end_reason": "string", "status_reported": "string", "monthly_amount": "float64", "term_months": "float64",
}  # fmt: skip
AS_OF = "2026-06-30"


def workspace(rows, leaving=(), without=(), plans=None, **further):
    """A workspace of contracts given as tuples: customer, team, start, end, reason, status."""
    frame = pd.DataFrame(
        rows, columns=["customer_id", "team_id", "started_on", "ended_on", "end_reason", "status_reported"]
    )
    frame.insert(0, "contract_id", [f"k{n}" for n in range(len(frame))])
    frame["monthly_amount"], frame["term_months"] = 10.0, 12.0
    kinds = {name: kind for name, kind in KINDS.items() if name not in without}
    tables = {"contracts": ibis.memtable(frame[list(kinds)], schema=kinds)} | further
    if plans is not None:
        kinds = {"team_id": "string", "started_on": "date", "is_tied": "boolean", "announced_on": "date"}
        tables["pay_plans"] = ibis.memtable(pd.DataFrame(plans, columns=list(kinds)), schema=kinds)
    mapping = SimpleNamespace(churn=SimpleNamespace(leaving=leaving))
    return SimpleNamespace(table=tables.__getitem__, tables=list(tables), mapping=mapping)


ROWS = [
    ("a", "T1", "2026-01-01", None, None, None),
    ("b", "T1", "2026-01-15", "2026-04-10", "cancelled", "left"),
    ("c", "T1", "2026-01-01", "2026-03-31", "cancelled", "Dormant"),
    ("d", "T1", "2026-01-01", "2026-05-31", "died", "left"),
    ("e", "T2", "2026-02-01", "2026-03-31", None, None),
    ("e", "T3", "2026-04-01", None, None, None),
    ("f", "T2", "2026-02-01", "2026-12-31", "cancelled", "left"),
]


def counted(ws, as_of=AS_OF):
    table = team_months(ws, as_of).to_pandas()
    return {
        (row.team_id, row.month_on.month): (row.due, row.kept, row.reported) for row in table.itertuples()
    }


def test_by_hand():
    """b counts from the month after its start, c is reported as dormant, d's death takes it out of May, e renews with another team, f's end is not known yet. Records begin with the first end, in March."""
    found = counted(workspace(ROWS))
    assert found["T1", 3] == (4, 3, 4)
    assert found["T1", 4] == (3, 2, 2)
    assert found["T1", 5] == (2, 1, 1)  # no reasons are listed: every end counts
    listed = counted(workspace(ROWS, leaving=("cancelled",)))
    assert listed["T1", 5] == (1, 1, 1)
    assert listed["T2", 3] == (2, 2, 2)
    assert listed["T3", 6] == (1, 1, 1)
    assert listed["T2", 6] == (1, 1, 1)


def test_without_reports_nothing_is_reported():
    table = team_months(workspace(ROWS, without=["status_reported", "end_reason"]), AS_OF).to_pandas()
    assert table["reported"].isna().all()
    assert table["kept"].notna().all()


def test_without_teams_one_clear_line():
    with pytest.raises(ValueError, match="contracts has no column team_id"):
        team_months(workspace(ROWS, without=["team_id"]), AS_OF)


def test_a_running_month_is_not_counted():
    assert ("T1", 6) not in counted(workspace(ROWS), "2026-06-29")
    assert ("T1", 6) in counted(workspace(ROWS), "2026-06-30")


def test_what_comes_later_changes_nothing():
    """Ends, contracts, reports and plans after the day: the same answer."""
    later = [
        *ROWS[:1],
        ("b", "T1", "2026-01-15", "2026-04-10", "cancelled", "left"),
        *ROWS[2:6],
        ("f", "T2", "2026-02-01", "2027-03-31", "died", "moved"),
        ("g", "T2", "2026-07-01", None, None, None),
    ]
    plans = [("T1", "2026-03-01", True, "2026-02-01")]
    one = workspace(ROWS, plans=plans)
    other = workspace(later, plans=[*plans, ("T2", "2026-07-01", True, "2026-06-01")])
    for feature in (team_months, reported_ends, ends_by_day, signed_amounts, pay_plans):
        pd.testing.assert_frame_equal(feature(one, AS_OF).to_pandas(), feature(other, AS_OF).to_pandas())


def test_plans_that_are_not_tied_are_none():
    plans = [
        ("T1", "2026-03-01", True, None),
        ("T1", "2026-05-01", True, "2026-04-01"),
        ("T2", "2026-01-01", False, None),
    ]
    found = pay_plans(workspace(ROWS, plans=plans), AS_OF).to_pandas()
    assert found["team_id"].tolist() == ["T1"]
    assert found["started_on"].iloc[0] == pd.Timestamp("2026-03-01")
    assert found["announced_on"].isna().all()


def test_reports_in_any_spelling():
    found = reported_ends(workspace(ROWS), AS_OF).to_pandas().set_index(["team_id", "month_on"])
    assert found.loc[("T1", pd.Timestamp("2026-03-01"))].tolist() == [1, 1]
    assert found.loc[("T1", pd.Timestamp("2026-04-01"))].tolist() == [1, 0]
    own = reported_ends(workspace(ROWS), AS_OF, cx.features.words_for_leaving("dormant")).to_pandas()
    assert own.set_index("month_on").loc[pd.Timestamp("2026-03-01"), "relabelled"] == 0


def test_days_of_ends_are_those_of_the_contracts():
    found = ends_by_day(workspace(ROWS), AS_OF).to_pandas()
    assert found["ended_on"].dt.strftime("%m-%d").tolist() == ["03-31", "04-10", "05-31"]


def test_amounts_are_compared_at_equal_term_and_segment():
    people = ibis.memtable({"customer_id": list("abcdef"), "segment": ["x", "x", "y", "y", "x", "x"]})
    ws = workspace(ROWS, customers=people)
    found = signed_amounts(ws, AS_OF).to_pandas()
    assert np.abs(found["log_amount"]).max() < 1e-12
    assert found["signed"].sum() == 7


def test_counts_equal_those_of_single_contracts():
    """The sample company's contracts, one by one and month by month, in pandas."""
    ws = cx.open("data/northgate")
    rows = ws.frame("contracts")
    found = team_months(ws, "2026-09-30").to_pandas().set_index(["team_id", "month_on"]).sort_index()
    for month in pd.to_datetime(["2023-10-01", "2025-01-01", "2026-09-01"]):
        last = month + pd.offsets.MonthEnd(0)
        seen = rows[["started_on", "observed_from"]].max(axis=1)
        there = rows[(seen <= month) & (rows["ended_on"].isna() | (rows["ended_on"] >= month))]
        lost = there["ended_on"] <= last
        by_team = there.groupby("team_id").size()
        assert found.xs(month, level="month_on")["due"].to_dict() == by_team.to_dict()
        kept = by_team - lost.groupby(there["team_id"]).sum()
        assert found.xs(month, level="month_on")["kept"].to_dict() == kept.to_dict()
