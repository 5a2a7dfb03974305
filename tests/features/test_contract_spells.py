"""Stretches under contract: who is observed from when, and who left in which period."""

import datetime

import ibis
import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.features import contract_cohorts, contract_spells

AS_OF = datetime.date(2024, 6, 30)


def table(rows, **more):
    names = ["contract_id", "customer_id", "started_on", "ended_on"]
    frame = pd.DataFrame([[f"k{i}", *row] for i, row in enumerate(rows)], columns=names).assign(**more)
    types = dict.fromkeys(names[:2], "string") | dict.fromkeys([*names[2:], "observed_from"], "date")
    types |= {"term_months": "float64", "monthly_amount": "float64", "end_reason": "string"}
    return ibis.memtable(frame, schema={name: types[name] for name in frame})


def spells(rows, as_of=AS_OF, months=1, records_from="2000-01-01", **more):
    found = contract_spells(table(rows, **more), as_of, months, records_from=records_from).to_pandas()
    return found.sort_values(["customer_id", "spell"], ignore_index=True)


@pytest.mark.parametrize(
    ("start", "end", "duration", "event"),
    [
        ("2024-01-01", None, 6, False),
        ("2024-01-01", "2024-03-31", 3, True),  # on the last day of its third month
        ("2024-01-01", "2024-04-01", 4, True),  # a day later, in its fourth
        ("2024-01-15", None, 5, False),  # the sixth month has not passed
        (
            "2024-01-15",
            "2024-06-20",
            5,
            False,
        ),  # left in that month: neither its leavers nor its stayers count
        ("2024-01-15", "2024-06-14", 5, True),
        ("2024-01-01", "2024-07-31", 6, False),  # an end that was not known then
        ("2024-06-30", None, 0, False),
    ],
)
def test_months_by_hand(start, end, duration, event):
    row = spells([("a", start, end)]).iloc[0]
    assert (row["duration"], row["event"]) == (duration, event)


def test_years_count_only_if_they_have_wholly_passed():
    rows = [("a", "2022-01-01", "2023-12-31"), ("b", "2022-01-01", "2024-03-31"), ("c", "2022-01-01", None)]
    found = spells(rows, months=12)
    assert found["duration"].tolist() == [2, 2, 2]
    assert found["event"].tolist() == [True, False, False]  # b left in a year whose stayers are not known yet


def test_contracts_that_follow_one_another_are_one_stretch_and_later_ones_another():
    rows = [
        ("a", "2020-01-01", "2020-12-31"), ("a", "2021-01-10", "2021-12-31"), ("a", "2023-01-01", None),
        ("b", "2022-01-01", None), ("b", "2022-06-01", "2022-09-30"), ("b", "2023-01-01", None),
    ]  # fmt: skip
    found = spells(rows, monthly_amount=[10.0, 20, 30, 5, 7, 9], term_months=[12.0, 12, 1, 12, 1, 24])
    assert found["customer_id"].tolist() == ["a", "a", "b"]
    assert found["contracts"].tolist() == [2, 1, 3]
    assert found["duration"].tolist() == [24, 18, 30]
    assert found["monthly_amount"].tolist() == [20, 30, 14]  # of all that run, else of the latest
    assert found["term_months"].tolist() == [12, 1, 24]


def test_what_was_not_known_then_changes_nothing():
    rows = [("a", "2022-01-01", "2024-09-30"), ("b", "2023-01-01", None), ("c", "2024-08-01", None)]
    late = spells(rows, end_reason=["price", None, None])
    early = spells([("a", "2022-01-01", None), ("b", "2023-01-01", None)], end_reason=[None, None])
    pd.testing.assert_frame_equal(late, early)


def test_survivors_are_observed_from_the_first_end_on_record_unless_told():
    rows = [("old", "2015-01-01", None), ("gone", "2022-03-10", "2023-02-20"), ("new", "2023-06-01", None)]
    guessed = spells(rows, records_from=None).set_index("customer_id")
    assert guessed.loc["old", "entry"] == 8 * 12 + 1  # 2023-02-01
    assert guessed.loc["new", "entry"] == 0
    told = spells(rows, records_from=None, observed_from=["2020-01-01", None, None]).set_index("customer_id")
    assert told["entry"].to_dict() == {"old": 60, "gone": 0, "new": 0}


def test_nobody_left_and_nothing_at_all():
    assert spells([("a", "2024-01-01", None)], records_from=None)["entry"].tolist() == [0]
    assert len(spells([("a", "2025-01-01", None)])) == 0


def test_cohorts_hold_every_spell_seen_from_its_beginning(northgate):
    cohorts = contract_cohorts(northgate.contracts, "2026-09-30").to_pandas()
    whole = contract_spells(northgate.contracts, "2026-09-30").to_pandas()
    fresh = whole[whole["entry"] == 0]
    sizes = cohorts.query("period == 0")
    assert sizes["customers"].sum() == len(fresh)
    assert (sizes["active"] == sizes["customers"]).all()
    oldest = cohorts[cohorts["cohort"] == cohorts["cohort"].min()].set_index("period")
    start = pd.to_datetime(fresh["started_on"])
    own = fresh[(start >= "2023-10-01") & (start < "2024-01-01")]
    for period in (1, 4, 8):
        left = (own["event"] & (own["duration"] <= 3 * period)).sum()
        assert oldest.loc[period, "active"] == len(own) - left
    with pytest.raises(ValueError, match="grain is 'week'"):
        contract_cohorts(northgate.contracts, "2026-09-30", grain="week")


def test_late_entry_is_what_keeps_survivors_from_flattering_the_curve(northgate):
    """The planted monthly hazard is .0130; survivors taken for beginners halve it."""
    rows = contract_spells(northgate.contracts, "2026-09-30").to_pandas().query("is_observed")
    exposure = (rows["duration"] - rows["entry"]).sum()
    assert rows["event"].sum() / exposure == pytest.approx(0.0130, rel=0.06)
    assert rows["event"].sum() / rows["duration"].sum() < 0.0095
    bare = northgate.contracts.drop("observed_from")
    again = contract_spells(bare, "2026-09-30").to_pandas().query("is_observed")
    assert (again["duration"] - again["entry"]).sum() == exposure


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    from cxresearch.sample import write

    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=["contracts", "customers"])
    return cx.open(folder)


def test_purchase_gaps_by_hand(workspace):
    log = "order_id,customer_id,ordered_at,amount\n1,a,2024-01-01,5\n2,a,2024-01-01,5\n3,a,2024-01-08,5\n4,a,2024-01-29,5\n5,b,2024-02-05,9\n"
    gaps = cx.features.purchase_gaps(workspace(orders=log).orders, "2024-02-05").to_pandas()
    gaps = gaps.sort_values(["customer_id", "number"])
    assert gaps["duration"].tolist() == [
        1,
        3,
        1,
    ]  # b bought on the last day: nothing is known of the time after
    assert gaps["has_ended"].tolist() == [True, True, False]
    assert gaps["number"].tolist() == [1, 2, 3]
    early = cx.features.purchase_gaps(workspace(orders=log).orders, "2024-01-15").to_pandas()
    assert np.isclose(sorted(early["duration"]), [1, 1]).all()
    with pytest.raises(ValueError, match="unit is 'years'"):
        cx.features.purchase_gaps(workspace(orders=log).orders, "2024-02-05", unit="years")
