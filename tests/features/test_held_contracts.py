"""Who holds a contract at the end of a day: features, labels, outcomes and spells give one answer."""

import datetime

import ibis
import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features import churn_labels, churn_rows, contract_spells, customers
from cxresearch.features.outcomes import kept_contract, left_contract

DAY = datetime.timedelta(days=1)
SEAM = """contract_id,customer_id,started_on,ended_on,end_reason
1,renewed,2025-07-01,2025-12-31,lapsed
2,renewed,2026-01-01,2026-06-30,lapsed
3,renewed,2026-07-01,,
4,left,2025-07-01,2025-12-31,lapsed
5,left,2026-01-01,2026-06-30,lapsed
6,a_day_between,2025-07-01,2026-06-30,lapsed
7,a_day_between,2026-07-02,,
8,runs,2025-07-01,,
9,later,2026-12-01,,
"""


def told(workspace, on):
    """Who holds a contract at the end of a day, by each place that says so."""
    known = customers(workspace, on).to_pandas()
    rows = churn_rows(workspace, on, periods=0)
    outcome = left_contract(workspace, on, on + 30 * DAY).to_pandas()
    spells = contract_spells(workspace.contracts, on, gap_days=1).to_pandas()
    return {
        "features": set(known["customer_id"][known["contracts_running"] > 0]),
        "rows": set(rows["customer_id"]),
        "labels": set(churn_labels(workspace, on, 30, observed_to=on + 30 * DAY).to_pandas()["customer_id"]),
        "outcomes": set(outcome["unit_id"]),
        "spells": set(spells["customer_id"][spells["ended_on"].isna()]),
    }


@pytest.mark.parametrize(
    ("on", "holders"),
    [
        (datetime.date(2025, 12, 31), {"renewed", "left", "a_day_between", "runs"}),
        (datetime.date(2026, 6, 30), {"renewed", "runs"}),
        (datetime.date(2026, 7, 1), {"renewed", "runs"}),
        (datetime.date(2026, 7, 2), {"renewed", "a_day_between", "runs"}),
    ],
)
def test_a_contract_that_another_follows_the_next_day_is_held(workspace, on, holders):
    for place, found in told(workspace(contracts=SEAM), on).items():
        assert found == holders, place


def test_who_renews_on_the_day_a_forecast_falls_due_has_not_left(workspace):
    ws, made, due = workspace(contracts=SEAM), datetime.date(2026, 4, 30), datetime.date(2026, 6, 30)
    truth = {"a_day_between": True, "left": True, "renewed": False, "runs": False}
    labels = churn_labels(ws, made, (due - made).days).to_pandas().set_index("customer_id").sort_index()
    assert labels["has_left"].to_dict() == truth
    assert labels["left_on"].dropna().dt.date.to_dict() == {"a_day_between": due, "left": due}
    for resolve, happens in ((left_contract, True), (kept_contract, False)):
        found = resolve(ws, made, due).to_pandas().set_index("unit_id")["happened"]
        assert found.to_dict() == {name: int(left == happens) for name, left in truth.items()}


def test_a_spell_that_is_renewed_goes_on(workspace):
    spells = contract_spells(workspace(contracts=SEAM).contracts, "2026-06-30", records_from="2025-01-01")
    spells = spells.to_pandas().set_index("customer_id")
    assert spells["event"].to_dict() == {"a_day_between": True, "left": True, "renewed": False, "runs": False}
    assert spells.loc["renewed", "duration"] == 12
    assert pd.isna(spells.loc["renewed", "end_reason"])


def test_every_place_agrees_with_the_days_counted_one_by_one(tmp_path):
    rng, first = np.random.default_rng(5), datetime.date(2026, 1, 1)
    start = rng.integers(0, 60, 300)
    length = rng.integers(0, 20, 300)
    rows = pd.DataFrame({"contract_id": [f"k{i}" for i in range(300)], "start": start, "end": start + length})
    rows["customer_id"] = [f"c{i}" for i in rng.integers(0, 60, 300)]
    rows["started_on"] = [first + int(day) * DAY for day in rows["start"]]
    rows["ended_on"] = [first + int(day) * DAY for day in rows["end"]]
    rows.loc[::9, "ended_on"], rows.loc[::9, "end"] = None, 10**6
    kept = rows[["contract_id", "customer_id", "started_on", "ended_on"]]
    kept.to_csv(tmp_path / "contracts.csv", index=False)
    ws = cx.open(tmp_path)
    for day in (10, 25, 40):
        on = first + day * DAY
        begun, tomorrow = rows[rows["start"] <= day], rows[rows["start"] == day + 1]["customer_id"]
        holders = set(begun[begun["end"] > day]["customer_id"])
        holders |= set(begun[begun["end"] == day]["customer_id"]) & set(tomorrow)
        for place, found in told(ws, on).items():
            assert found == holders, (place, day)


def test_a_contract_is_one_row_however_many_renew_it():
    rows = {"customer_id": ["a"] * 3, "started_on": ["2025-01-01", "2026-01-01", "2026-01-01"], "ended_on": ["2025-12-31", None, None]}  # fmt: skip
    table = ibis.memtable(rows, schema={"customer_id": "string", "started_on": "date", "ended_on": "date"})
    assert cx.features.held_contracts.with_renewals(table).count().execute() == 3
