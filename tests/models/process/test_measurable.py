"""Steps with a number, an owner and fresh data."""

import pandas as pd
import pytest

import cxresearch as cx


def steps(**more):
    rows = {"process": ["a", "a", "b"], "activity": ["x", "y", "x"], "rule": ["must", "may", "must"]}
    rows |= {
        "kpi": ["hours"] * 3,
        "owner": ["Sales"] * 3,
        "data_updated_on": pd.to_datetime(["2026-09-20"] * 3),
    }
    return pd.DataFrame(rows | more)


def test_data_are_fresh_for_34_days_and_not_known_before_they_are_there():
    days = pd.to_datetime(
        ["2026-08-27", "2026-08-26", "2026-10-01"]
    )  # 34 and 35 days old; a day that has not come
    found = cx.models.Measurable().fit(steps(data_updated_on=days), "2026-09-30")
    assert found.steps_["lacks"].tolist() == ["", "no data for 35 days", "no data"]
    assert found.processes_["measured"].tolist() == [1, 0]
    assert found.processes_["musts_measured"].tolist() == [True, False]


def test_a_column_that_is_missing_is_said():
    found = cx.models.Measurable().fit(steps().drop(columns="owner"), "2026-09-30")
    assert found.processes_["measured"].sum() == 0 and "no column owner" in found.left_out_[0]
    bare = steps()[["process", "activity", "rule"]]
    with pytest.raises(cx.NotEnough, match="no step of a process names its KPI"):
        cx.models.Measurable().fit(bare, "2026-09-30")


def test_the_interval_is_wilsons():
    found = cx.models.Measurable().fit(steps(kpi=["hours", None, "hours"]), "2026-09-30")
    assert found.processes_["low"].iloc[0] == pytest.approx(cx.stats.wilson(1, 2).low)
    assert found.summary()["n"].tolist() == [3]
