"""The parts of a firm and their sums: what a plain table says, the rare taken together, nothing of what came later."""

import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.errors import NotEnough
from cxresearch.features.parts import MOST, REST, part_measures, parts

AS_OF = "2026-09-30"


def firm(workspace, values, **tables):
    """A firm whose customers have these values of an attribute ``area``."""
    people = "\n".join(f"C{i},2025-01-01,{value}" for i, value in enumerate(values))
    return workspace(customers=f"customer_id,acquired_at,area\n{people}", **tables)


def test_values_with_few_customers_are_one_part(workspace):
    ws = firm(workspace, ["a"] * 40 + ["b"] * 20 + ["c"] * 6 + ["d"] * 5 + [""] * 30)
    found = parts(ws, "area")
    assert found.sizes.to_dict("list") == {"part": ["a", "unknown", "b", REST], "units": [40, 30, 20, 11]}
    assert (found.pooled, found.own) == (2, ["a", "unknown", "b"])
    assert found.unknown == pytest.approx(30 / 101)


def test_too_few_left_over_take_the_next_smallest_along(workspace):
    found = parts(firm(workspace, ["a"] * 40 + ["b"] * 20 + ["c"] * 12 + ["d"] * 5), "area")
    assert found.sizes.to_dict("list") == {"part": ["a", "b", REST], "units": [40, 20, 17]}


def test_four_hundred_values_keep_the_largest(workspace):
    values = [f"v{i:03}" for i in range(400) for _ in range(12 if i < 60 else 2)]
    found = parts(firm(workspace, values), "area")
    assert len(found.own) == MOST
    assert found.pooled == 400 - MOST
    assert found.sizes["units"].sum() == len(values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["north"] * 50, r"customers\.area has one value only, north: there is nothing to compare"),
        (
            [f"v{i}" for i in range(50)],
            "customers.area has 50 values, of which fewer than two have 10 customers",
        ),
    ],
)
def test_what_makes_no_parts_says_so(workspace, values, said):
    with pytest.raises(NotEnough, match=said):
        parts(firm(workspace, values), "area")


def test_orders_by_part_are_a_plain_table(workspace):
    orders = pd.DataFrame({"customer_id": [f"C{i}" for i in range(30) for _ in range(1 + i % 3)]})
    days = ["2026-08-01", "2025-11-01", "2025-01-01"]
    orders["ordered_at"] = [days[i % 3] for i in range(len(orders))]
    orders["amount"] = [10.0 + i for i in range(len(orders))]
    orders.loc[4, "amount"] = -5.0
    ws = firm(
        workspace, ["a"] * 18 + ["b"] * 12, orders=orders.assign(order_id=orders.index).to_csv(index=False)
    )
    found = part_measures(ws, AS_OF, parts(ws, "area")).set_index(["measure", "part"])
    area = orders["customer_id"].str[1:].astype(int).lt(18).map({True: "a", False: "b"})
    recent = orders[orders["ordered_at"] > "2025-09-30"]
    spent = recent.groupby([area, "customer_id"])["amount"].sum()
    bought = recent[recent["amount"] > 0].groupby([area, "customer_id"]).size().index
    spent = spent[spent.index.isin(bought)]
    for part in "ab":
        row, mine = found.loc["spend", part], spent.loc[part]
        assert (row["units"], row["y"], row["yy"]) == (
            len(mine),
            pytest.approx(mine.sum()),
            pytest.approx((mine**2).sum()),
        )
        assert row["yyy"] == pytest.approx((mine**3).sum())
    missing = part_measures(ws, AS_OF, parts(ws, "area")).attrs["missing"]
    assert missing["kept"] == "there is no table contracts"
    assert missing["nps"] == "there is no table survey_responses"


def test_nothing_that_came_later_counts(workspace):
    before = "1,C1,2026-08-01,10\n2,C20,2026-08-02,20\n3,C2,2026-08-03,5"
    later = "\n4,C3,2026-10-01,99\n5,C21,2026-11-01,99"
    found = []
    for rows in (before, before + later):
        ws = firm(
            workspace, ["a"] * 18 + ["b"] * 12, orders=f"order_id,customer_id,ordered_at,amount\n{rows}"
        )
        found.append(part_measures(ws, AS_OF, parts(ws, "area")))
    pd.testing.assert_frame_equal(*found)


def test_a_department_counts_a_customer_once_in_each(workspace):
    rows = "\n".join(
        f"{i},C{i % 15},2026-08-01,bill,phone,{'x' if i < 30 else 'y'},{i % 5}" for i in range(60)
    )
    head = "interaction_id,customer_id,started_at,touchpoint,channel,department,satisfaction"
    ws = firm(workspace, ["a"] * 15, interactions=f"{head}\n{rows}")
    found = part_measures(ws, AS_OF, parts(ws, "department"))
    found = found[found["measure"] == "satisfaction"]
    assert found[["part", "units", "n", "y"]].to_numpy().tolist() == [["x", 15, 30, 60], ["y", 15, 30, 60]]


def test_of_projects_only_what_is_theirs(tmp_path):
    from cxresearch.sample import write

    write(tmp_path, customers=9000, tables=["projects"])
    ws = cx.open(tmp_path)
    found = part_measures(ws, AS_OF, parts(ws, "projects.kind"))
    assert set(found["measure"]) <= {"failed", "over"}
    assert len(found)
