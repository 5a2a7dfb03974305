"""A part of the firm: every row belongs to it, the parts make up the whole, and what divides nothing is refused."""

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.sample import write

BY_CUSTOMER = (
    *("customers", "contracts", "orders", "interactions", "survey_responses", "survey_invitations"),
    *("account_revenue", "event_invitations", "winback_offers", "retention_offers"),
)


@pytest.fixture(scope="module")
def ws(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write(folder, customers=600, months=12)
    return cx.open(folder)


def test_the_rows_of_every_table_belong_to_the_part(ws):
    members = set(ws.frame("customers").query("segment == 'SMB'")["customer_id"])
    part = ws.where(segment="SMB")
    for name in BY_CUSTOMER:
        whole, cut = ws.frame(name), part.frame(name)
        pd.testing.assert_frame_equal(
            cut.sort_values(list(cut)[:2], ignore_index=True),
            whole[whole["customer_id"].isin(members)].sort_values(list(cut)[:2], ignore_index=True),
        )
    assert len(part.frame("projects")) == len(ws.frame("projects"))


def test_the_parts_make_up_the_whole(ws):
    for name in BY_CUSTOMER:
        parts = [
            ws.where(f"segment={s}").table(name).count().execute()
            for s in ("B2C", "SMB", "key_account", "unknown")
            if _has(ws, s)
        ]
        assert sum(parts) == ws.table(name).count().execute()


def _has(ws, segment):
    return segment != "unknown" or ws.frame("customers")["segment"].isna().any()


def test_projects_are_cut_by_their_own_attributes(ws):
    part = ws.where(has_sponsor="true")
    assert set(part.frame("projects")["has_sponsor"]) == {True}
    assert set(part.frame("project_status")["project_id"]) <= set(part.frame("projects")["project_id"])
    assert len(part.frame("orders")) == len(ws.frame("orders"))


def test_a_department_cuts_every_table_that_has_it(ws):
    part = ws.where(department="Billing")
    assert set(part.frame("interactions")["department"]) == {"Billing"}
    assert set(part.frame("staff_ratings")["department"]) == {"Billing"}
    assert len(part.frame("customers")) == len(ws.frame("customers"))


def test_unknown_is_a_part_too(workspace):
    ws = workspace(
        customers="customer_id,acquired_at,segment\nA,2026-01-01,x\nB,2026-01-01,\nC,2026-01-01, x",
        orders="order_id,customer_id,ordered_at,amount\n1,A,2026-02-01,5\n2,B,2026-02-01,6\n3,Z,2026-02-01,7",
    )
    assert ws.where(segment="unknown").frame("orders")["order_id"].tolist() == ["2"]
    assert ws.where(segment="x").frame("customers")["customer_id"].tolist() == ["A", "C"]
    assert ws.where("") is ws


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ("segment=SBM", r"customers.segment has no value 'SBM'; it has B2C, SMB, key_account"),
        (
            "segmnt=SMB",
            r"no table has a column 'segmnt' to divide by; customers and projects have acquisition_channel",
        ),
        ("customer_id=C000000001", "divides no firm"),
        ("outcome=cancelled", "divides no firm"),
        ("agent_id=1", "divides no firm"),
        ("acquired_at=2026-01-01", "divides no firm"),
        ("complexity=1", "divides no firm"),
        ("comment=x", "divides no firm"),
        ("segment", "names no part"),
        ("=SMB", "names no part"),
    ],
)
def test_what_divides_nothing_is_refused(ws, part, fault):
    with pytest.raises(cx.DataError, match=fault):
        ws.where(part)


def test_several_attributes_and_values_cut_together(ws):
    people = ws.frame("customers")
    chosen = people[people["segment"].isin(["SMB", "key_account"]) & (people["region"] == "north")]
    for part in (
        ws.where("segment=SMB,key_account; region=north"),
        ws.where(segment=["key_account", "SMB"], region="north"),
        ws.where(region="north").where("segment=SMB, key_account"),
    ):
        assert set(part.frame("customers")["customer_id"]) == set(chosen["customer_id"])
        assert set(part.frame("orders")["customer_id"]) <= set(chosen["customer_id"])
        assert part.cut == "region=north; segment=SMB,key_account"
    assert ws.cut == ""


def test_an_attribute_is_named_once(ws):
    with pytest.raises(cx.DataError, match="segment is named twice"):
        ws.where(segment="SMB").where(segment="B2C")
    with pytest.raises(cx.DataError, match="segment is named twice"):
        ws.where("segment=SMB; segment=B2C")
    with pytest.raises(cx.DataError, match="has no value 'SBM'; it has"):
        ws.where(segment="SMB,SBM")


def test_a_column_that_customers_and_projects_have_may_be_named_with_its_table(ws):
    assert set(ws.where(kind="contract").frame("customers")["kind"]) == {"contract"}
    part = ws.where("projects.kind=contact centre; segment=SMB")
    assert set(part.frame("projects")["kind"]) == {"contact centre"}
    assert part.cut == "projects.kind=contact centre; segment=SMB"
    assert ws.where(part.cut).cut == part.cut
    assert ws.divided_by("projects.kind") == ("projects", ["projects"])
    with pytest.raises(
        cx.DataError, match="no table has a column 'region' to divide by; customers and projects"
    ):
        ws.where("projects.region=north")


def test_a_value_may_hold_a_comma_or_a_semicolon(workspace):
    ws = workspace(customers='customer_id,acquired_at,area\nA,2026-01-01,"x, y"\nB,2026-01-01,a;b')
    assert ws.where("area=x, y").frame("customers")["customer_id"].tolist() == ["A"]
    assert ws.where("area=a;b").frame("customers")["customer_id"].tolist() == ["B"]


def test_which_tables_are_cut(ws):
    def cut(part):
        return {n for n in ws.tables if n != "process_steps" and ws.where(part).is_cut(n)}

    assert cut("segment=SMB") == set(BY_CUSTOMER)
    assert cut("department=Billing") == {"interactions", "staff_ratings"}
    assert cut("has_sponsor=true") == {"projects", "project_status"}


def test_features_of_a_part_are_those_of_its_customers(ws):
    part = ws.where(segment="key_account")
    spells = cx.features.customer_spells(part, "2026-09-30").to_pandas()
    whole = cx.features.customer_spells(ws, "2026-09-30").to_pandas()
    members = set(part.frame("customers")["customer_id"])
    assert len(spells) == whole["customer_id"].isin(members).sum() > 10
