"""Offers as known on a day: which of them count, what came of them, and who could be asked now; worked out by hand."""

import pandas as pd
import pytest

import cxresearch as cx

OFFERS = """offer_id,customer_id,offered_on,arm,has_returned,spend,lapsed_on,lapse_reason,returned_on,left_again_on,cost,arm_probability,recency
1,a,2026-01-15,gift,true,120,2025-12-01,price,2026-02-14,2026-05-14,10,0.5,3
2,b,2026-01-15,control,false,0,2025-12-15,service,,,0,0.5,2
3,c,2026-01-20,gift,true,30,2025-11-01,price,2026-06-01,,10,0.5,5
4,d,2026-06-20,gift,true,80,2026-05-01,price,2026-07-01,,10,0.5,1
5,e,2026-02-01,gift,false,0,2026-03-01,price,,,10,0.5,1
6,f,2026-02-01,gift,true,0,2025-12-01,price,2026-01-10,,10,0.5,1
7,a,2026-03-01,gift,false,0,2025-12-01,price,,,10,0.5,1
8,g,2026-02-01,gift,false,0,2025-12-01,died,,,10,0.5,1
9,h,2026-02-10,control,true,-15,2025-12-01,price,2026-03-10,9999-12-31,0,0.5,9
"""
CUSTOMERS = "customer_id,acquired_at,segment\n" + "".join(
    f"{c},2025-06-01 10:00:00,SMB\n" for c in "abcdefgh"
)


@pytest.fixture
def ws(workspace):
    return workspace(winback_offers=OFFERS, customers=CUSTOMERS)


def offers(ws, as_of="2026-06-30", **options):
    return cx.features.winback_offers(ws, as_of, never=("died",), **options).to_pandas().set_index("offer_id")


def test_which_offers_count(ws):
    found = offers(ws)["left_out"].astype(str)
    assert found[found == ""].index.tolist() == ["1", "2", "3", "9"]
    said = {
        "4": "not over",
        "5": "had not left",
        "6": "back before",
        "7": "asked shortly before",
        "8": "no offer changes",
    }
    assert all(words in found[offer] for offer, words in said.items())
    assert offers(ws, within=30)["left_out"]["7"] == ""  # the first offer's window was over by then


def test_what_came_of_them(ws):
    found = offers(ws)
    assert found["returned"][["1", "2", "3", "9"]].tolist() == [
        True,
        False,
        False,
        True,
    ]  # c came after the window
    assert found["spend"][["1", "3", "9"]].tolist() == [120, 0, -15]  # a refund is spend below 0
    assert found["second_months"]["1"] == pytest.approx(89 / 30.4375)
    assert bool(found["left_again"]["1"])
    assert not found["left_again"]["9"]  # 9999 is no end
    assert found["months_lapsed"]["1"] == pytest.approx(45 / 30.4375)
    assert found["months_customer"]["1"] == pytest.approx(183 / 30.4375)
    assert found["segment"]["1"] == "SMB"
    assert "recency" not in found


def test_nothing_after_the_day_is_known(ws, workspace):
    found = offers(ws, "2026-04-30")
    assert found["left_out"][["1", "2"]].tolist() == ["", ""]
    assert not found["left_again"]["1"]  # left on 14 May
    assert found["second_months"]["1"] == pytest.approx(75 / 30.4375)
    later = (
        OFFERS.replace("2026-05-14", "2026-09-01")
        .replace("2026-06-01,", "2026-12-01,")
        .replace("2026-06-20", "2026-07-20")
        .replace("2026-07-01", "2026-08-01")
    )
    moved = offers(workspace(winback_offers=later, customers=CUSTOMERS), "2026-04-30")
    pd.testing.assert_frame_equal(found, moved)
    for day in ("2026-04-30", "2026-06-15"):
        before = cx.features.lapsed_customers(ws, day).to_pandas()
        assert before["customer_id"].tolist() == ["b"]


def test_further_columns_are_taken_only_where_they_are_said_to_be_known(ws):
    assert offers(ws, known=("recency",))["recency"]["1"] == 3
    with pytest.raises(cx.DataError, match="no further column visits"):
        offers(ws, known=("visits",))


def test_a_table_of_nothing_but_what_is_required(workspace):
    text = "offer_id,customer_id,offered_on,arm,has_returned\n1,a,2026-01-31,gift,true\n2,b,2026-01-31,control,false\n"
    found = offers(workspace(winback_offers=text))
    assert found["left_out"].tolist() == ["", ""]
    assert found["returned"].tolist() == [True, False]
    assert found[["spend", "second_months", "months_lapsed", "months_customer"]].loc["1"].isna().all()
    assert cx.features.lapsed_customers(workspace(winback_offers=text), "2026-06-30").to_pandas().empty


def test_who_could_be_asked(ws, workspace):
    found = cx.features.lapsed_customers(ws, "2026-06-30").to_pandas()
    assert found["customer_id"].tolist() == ["b"]  # h of the control came back by itself
    contracts = (
        "contract_id,customer_id,started_on,ended_on,end_reason\n"
        "1,x,2025-01-01,2026-05-31,price\n2,y,2025-01-01,2026-05-31,died\n3,z,2025-01-01,,\n"
        "4,a,2025-01-01,2025-12-01,price\n5,w,2025-01-01,2026-07-31,price\n"
    )
    both = workspace(winback_offers=OFFERS, customers=CUSTOMERS, contracts=contracts)
    found = (
        cx.features.lapsed_customers(both, "2026-06-30", never=("died",)).to_pandas().set_index("customer_id")
    )
    assert sorted(found.index) == ["b", "x"]  # a was asked, y died, z is there, w ends later
    assert found.loc["x", "months_lapsed"] == pytest.approx(30 / 30.4375)
    assert found.loc["x", "lapse_reason"] == "price"
