"""Why customers leave: one count for every page, and the same reference levels in both hazards."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import AalenJohansen, ContractHazard, ContractOutlook, WaysOfLeaving
from cxresearch.sample import write

AS_OF = "2026-09-30"


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=["customers", "contracts"])
    return cx.open(folder)


def test_terms_and_spells_tell_the_same_ways(northgate):
    terms = cx.features.contract_terms(northgate, AS_OF).to_pandas()
    spells = cx.features.contract_spells(northgate.contracts, AS_OF).to_pandas().query("is_observed")
    one, two = (
        WaysOfLeaving().fit(rows["duration"], rows[event], rows["end_reason"], rows["entry"]).summary()
        for rows, event in ((terms, "has_ended"), (spells, "event"))
    )
    pd.testing.assert_frame_equal(one, two)
    assert one["metric"].iloc[0] == "left within 36 months: cancelled"


def test_a_leaver_without_a_reason_is_one_way_and_a_reason_of_who_stays_is_none():
    duration, event = [3, 4, 13, 13, 13] * 10, [True, True, True, False, False] * 10
    ways = WaysOfLeaving().fit(duration, event, ["price", None, "price", "price", None] * 10)
    assert ways.curves_.causes_ == ["price", "unknown"]
    told = ways.summary().set_index("metric")["estimate"]
    assert told.to_dict() == pytest.approx(
        {"left within 12 months: price": 0.2, "left within 12 months: unknown": 0.2}
    )
    direct = (
        AalenJohansen(start="auto").fit(duration, ["price", "unknown", "price", None, None] * 10).at([12])
    )
    assert sorted(told) == pytest.approx(sorted(direct["incidence"]))


def test_ways_that_few_took_are_one_way():
    reasons = ["price"] * 20 + ["moved"] * 6 + ["died"] * 5 + ["fraud"] * 3
    names = WaysOfLeaving().fit([2] * 34 + [9] * 20, [True] * 34 + [False] * 20, reasons + [None] * 20)
    assert names.curves_.causes_ == ["other", "price"]
    few = WaysOfLeaving().fit(
        [2] * 29 + [9] * 20, [True] * 29 + [False] * 20, reasons[:26] + reasons[-3:] + [None] * 20
    )
    assert few.curves_.causes_ == [
        "other"
    ]  # nine took another way than price: told beside it, they would be given away


def test_before_a_year_the_last_month_is_stated():
    ways = WaysOfLeaving().fit([2, 5, 7] * 10, [True, False, False] * 10, ["price", None, None] * 10)
    assert ways.month_ == 7


def test_rows_keep_together_whatever_they_are_called():
    rows = pd.DataFrame(
        {"duration": [2, 5, 7] * 10, "event": [True, False, False] * 10, "reason": ["price", None, None] * 10}
    )
    late = rows.set_index(rows.index + 100)
    one, two = (WaysOfLeaving().fit(r["duration"], r["event"], r["reason"]).summary() for r in (rows, late))
    pd.testing.assert_frame_equal(one, two)
    with pytest.raises(ValueError, match="reason is indexed differently"):
        WaysOfLeaving().fit(late["duration"], late["event"], rows["reason"])


@pytest.mark.parametrize(
    ("duration", "event", "reason", "why"),
    [
        ([], [], [], "fewer than 10 customers have left"),
        ([2, 5] * 20, [False, False] * 20, ["price", None] * 20, "fewer than 10 customers have left"),
        ([2, 5] * 9, [True, False] * 9, ["price", None] * 9, "fewer than 10 customers have left"),
        ([2, 5] * 20, [True, False] * 20, [None, "price"] * 20, "no contract that ended has a reason"),
        ([2, 5] * 20, [True, False] * 20, ["unknown", None] * 20, "no contract that ended has a reason"),
    ],
)
def test_ways_that_cannot_be_told_apart(duration, event, reason, why):
    with pytest.raises(cx.NotEnough, match=why):
        WaysOfLeaving().fit(duration, event, reason)


def test_both_hazards_compare_with_the_most_frequent_value(northgate):
    terms = cx.features.contract_terms(northgate, AS_OF).order_by("contract_id").to_pandas()
    before = cx.features.contract_terms(northgate, "2026-06-30").order_by("contract_id").to_pandas()
    hazard = ContractHazard().fit(terms, before, 3)
    spells = cx.features.contract_spells(northgate.contracts, AS_OF).to_pandas()
    about = northgate.frame("customers").set_index("customer_id").loc[spells["customer_id"]]
    outlook = ContractOutlook().fit(spells, about[["segment", "acquisition_channel"]].reset_index(drop=True))
    theirs = hazard.hazard_.params_.filter(regex="^(segment|acquisition_channel)=")
    ours = outlook.model_.params_.filter(regex="^(segment|acquisition_channel)=")
    assert sorted(theirs.index) == sorted(ours.index)
    assert ours.to_numpy() == pytest.approx(theirs[ours.index].to_numpy(), abs=0.02)
    term = outlook.model_.params_["term=12 months"]
    assert term == pytest.approx(hazard.hazard_.params_["has_term"], abs=0.03)
    assert np.isfinite(ours).all()


def test_more_than_a_hundred_reasons_are_counted_the_rarest_together():
    reasons = [f"r{i:03d}" for i in range(150) for _ in range(12 + (i < 90) * 5)]
    spells = pd.DataFrame({"duration": [1 + i % 30 for i in range(len(reasons))], "reason": reasons})
    summary = WaysOfLeaving().fit(spells["duration"], [True] * len(spells), spells["reason"]).summary()
    assert len(summary) == 100
    rest = summary.set_index("metric").filter(like=": other", axis=0)["estimate"]
    own = {metric.rpartition(" ")[2] for metric in summary["metric"]}
    pooled = (spells["duration"] <= 24) & ~spells["reason"].isin(own)
    assert rest.tolist() == [pytest.approx(pooled.mean())]
