"""Rows of customers and dates, and contracts as spells: what is known when, in whole months, from events and from a flat table."""

import datetime

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.months import months_later

CONTRACTS = """contract_id,customer_id,started_on,ended_on,term_months,end_reason
k1,c1,2025-01-01,2026-03-31,12,cancelled
k2,c2,2025-01-15,,12,
k3,c3,2025-02-10,2025-08-14,1,
k4,c4,2025-11-30,,1,
k5,c4,2025-06-01,2025-12-31,1,lapsed
"""


def test_labels_dates_and_today(workspace):
    rows = cx.features.churn_rows(workspace(contracts=CONTRACTS), "2026-06-30", horizon_months=3, periods=3)
    told = (
        rows[["customer_id", "as_of", "due_on", "has_left"]]
        .astype(object)
        .fillna("open")
        .astype(str)
        .to_numpy()
        .tolist()
    )
    assert told == [
        ["c1", "2025-09-30", "2025-12-31", "False"],
        ["c2", "2025-09-30", "2025-12-31", "False"],
        ["c4", "2025-09-30", "2025-12-31", "False"],
        ["c1", "2025-12-31", "2026-03-31", "True"],
        ["c2", "2025-12-31", "2026-03-31", "False"],
        ["c4", "2025-12-31", "2026-03-31", "False"],
        ["c2", "2026-03-31", "2026-06-30", "False"],
        ["c4", "2026-03-31", "2026-06-30", "False"],
        ["c2", "2026-06-30", "2026-09-30", "open"],
        ["c4", "2026-06-30", "2026-09-30", "open"],
    ]
    assert (
        rows["months_to_renewal"].notna().eq(rows["term_months"] > 1).all()
    )  # a month's term renews all the time


def test_a_date_before_the_first_recorded_end_is_left_out(workspace):
    rows = cx.features.churn_rows(workspace(contracts=CONTRACTS), "2026-06-30", horizon_months=3, periods=8)
    assert rows["as_of"].min() == datetime.date(2025, 9, 30)


def test_what_comes_later_changes_no_row(workspace, tmp_path):
    before = cx.features.churn_rows(workspace(contracts=CONTRACTS), "2026-03-31", periods=2)
    later = (
        CONTRACTS.replace("k2,c2,2025-01-15,,", "k2,c2,2025-01-15,2026-05-31,") + "k6,c6,2026-04-01,,12,\n"
    )
    after = cx.features.churn_rows(workspace(contracts=later), "2026-03-31", periods=2)
    pd.testing.assert_frame_equal(before, after)


def test_a_gap_leaves_out_who_left_in_it(workspace):
    rows = cx.features.churn_rows(
        workspace(contracts=CONTRACTS), "2026-06-30", horizon_months=6, periods=1, gap_days=95
    )
    labelled = rows.dropna(subset="has_left")
    assert labelled["customer_id"].tolist() == ["c2", "c4"]
    with pytest.raises(ValueError, match="gap_days is 95: the gap swallows the horizon"):
        cx.features.churn_rows(
            workspace(contracts=CONTRACTS), "2026-06-30", horizon_months=3, periods=1, gap_days=95
        )


def test_nobody_has_left_yet(workspace):
    none = CONTRACTS.replace("2026-03-31", "").replace("2025-08-14", "").replace("2025-12-31", "")
    rows = cx.features.churn_rows(workspace(contracts=none), "2026-06-30")
    assert rows["has_left"].isna().all()
    assert len(rows) == 4
    with pytest.raises(cx.NotEnough, match="no date whose outcome is known"):
        cx.models.ChurnForecast().fit(rows)


def test_a_flat_table_is_taken_as_it_is(workspace):
    flat = "customer_id,snapshot_on,has_left,visits\na,2026-01-31,true,1\nb,2026-01-31,false,3\na,2026-02-28,false,2\nc,2026-07-31,true,2\n"
    rows = cx.features.churn_rows(workspace(snapshots=flat), "2026-06-30")
    assert rows[["customer_id", "has_left"]].to_numpy().tolist() == [["a", True], ["b", False], ["a", False]]
    assert rows["due_on"].isna().all()


def test_without_contracts_and_snapshots(cdnow):
    with pytest.raises(ValueError, match="neither contracts nor snapshots"):
        cx.features.churn_rows(cdnow, "1997-09-30")


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2026-06-30", 3, "2026-09-30"),
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-30", 1, "2024-02-29"),
        ("2026-06-15", -7, "2025-11-15"),
    ],
)
def test_months_later(day, months, then):
    assert months_later(datetime.date.fromisoformat(day), months) == datetime.date.fromisoformat(then)


def test_terms_in_whole_months(workspace):
    terms = cx.features.contract_terms(workspace(contracts=CONTRACTS), "2026-06-30").to_pandas()
    terms = terms.set_index("contract_id")
    # the records begin in the month of their first end, 2025-08: what ended earlier would not be in them
    assert terms.loc["c1/1", ["duration", "entry", "has_ended"]].tolist() == [15, 7, True]
    assert terms.loc["c2/1", ["duration", "entry", "has_ended"]].tolist() == [17, 7, False]
    # the contract from 2025-11-30 takes over before the one from 2025-06-01 lapses: nobody has left
    assert terms.loc["c4/1", ["duration", "entry", "has_ended"]].tolist() == [13, 2, False]
    assert terms["renewal_months"].to_dict() == {"c1/1": 12, "c2/1": 12, "c3/1": 0, "c4/1": 0}


def test_terms_as_known_earlier(workspace):
    terms = cx.features.contract_terms(workspace(contracts=CONTRACTS), "2025-12-30").to_pandas()
    terms = terms.set_index("contract_id")
    assert not terms.loc["c1/1", "has_ended"]
    assert pd.isna(terms.loc["c1/1", "end_reason"])


def test_an_end_without_a_reason_is_unknown(workspace):
    bare = workspace(contracts=CONTRACTS.replace("cancelled", ""))
    terms = cx.features.contract_terms(bare, "2026-06-30").to_pandas()
    assert terms.set_index("contract_id").loc["c1/1", "end_reason"] == "unknown"


def test_the_hazard_says_why_it_cannot(workspace):
    ws = workspace(contracts=CONTRACTS)
    spells, before = (cx.features.contract_terms(ws, day).to_pandas() for day in ("2026-06-30", "2026-03-31"))
    with pytest.raises(cx.NotEnough, match="fewer than 30 contracts had ended before the latest period"):
        cx.models.ContractHazard().fit(spells, before, 3)


def ended(n, then, last="2026-05-31"):
    """Contracts of a year and a day on: forty that ended earlier, and some more of which the first few ended in the latest period."""
    rows = [f"e{i},e{i},2024-{1 + i % 9:02}-01,2025-{1 + i % 9:02}-{10 + i // 9:02}" for i in range(40)]
    rows += [f"r{i},r{i},2025-0{1 + i % 9}-01,{last if i < then else ''}" for i in range(n)]
    return "contract_id,customer_id,started_on,ended_on\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("n", "then", "why"),
    [
        (30, 30, "all of the contracts that ran when the latest period began ended in it"),
        (30, 5, "fewer than 10 contracts ended in the latest period"),
    ],
)
def test_a_hazard_needs_both_outcomes_to_be_tested(workspace, n, then, why):
    ws = workspace(contracts=ended(n, then))
    spells, before = (cx.features.contract_terms(ws, day) for day in ("2026-06-30", "2026-03-31"))
    with pytest.raises(cx.NotEnough, match=why):
        cx.models.ContractHazard().fit(spells, before, 3)
    with pytest.raises(ValueError, match="before lacks the column entry"):
        cx.models.ContractHazard().fit(spells, before.drop("entry"), 3)


def test_the_ledger_resolves_churn(workspace):
    from cxresearch.report.scoring import score

    made, due = datetime.date(2025, 12, 31), datetime.date(2026, 3, 31)
    said = pd.DataFrame({"unit_id": ["c1", "c2", "c4"], "probability": [0.6, 0.1, 0.1]})
    said = said.assign(
        kind="left_contract",
        made_on=made,
        due_on=due,
        mean=np.nan,
        low=np.nan,
        high=np.nan,
        period="2025Q4",
        version="0",
    )
    later = CONTRACTS + "k6,c6,2026-05-01,,12,\n"  # the data speak of days after the forecast fell due
    found = score(said, workspace(contracts=later), datetime.date(2026, 6, 30))
    table = found.rows.set_index("metric")
    assert table.loc["actual", "estimate"] == pytest.approx(1 / 3)
    assert table.loc["Brier score", "estimate"] == pytest.approx((0.16 + 0.01 + 0.01) / 3)
    assert found.unresolved == []
