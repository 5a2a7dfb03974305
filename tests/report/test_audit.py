"""What could be worked out of a report: no group under ten, by linear programming and by plain arithmetic."""

import time

import nbformat
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from cxresearch.display import TABLE
from cxresearch.report import results
from cxresearch.report.audit import AUDITED, audit, given_away
from cxresearch.report.disclosure import withhold, withhold_cells


def bounds(n, hidden, groups):
    """Written anew, without the package: what row and column totals leave to each hidden cell."""
    unknown = np.flatnonzero(hidden)
    sums, totals = [], []
    for names in groups:
        for name in set(names):
            inside = (np.asarray(names) == name) & hidden
            sums.append(inside[unknown].astype(float))
            totals.append(n[inside].sum())
    least = 1 if n.min() > 0 else 0
    for i, cell in enumerate(unknown):
        goal = np.eye(len(unknown))[i]
        ends = [
            linprog(sign * goal, A_eq=np.array(sums), b_eq=totals, bounds=(least, None)) for sign in (1, -1)
        ]
        assert all(end.status == 0 for end in ends)
        yield cell, round(ends[0].fun, 6), round(-ends[1].fun, 6)


def assert_protected(n, hidden, groups):
    assert hidden[n < 10].all()
    for cell, low, high in bounds(n, hidden, groups):
        shown = any(((np.asarray(g) == np.asarray(g)[cell]) & ~hidden).any() for g in groups)
        if n[cell] < 10 and shown:  # a row and a column that are hidden as a whole hide as much as can be
            assert high >= 10, (n, hidden, cell, low, high)
            assert high - low >= 9, (n, hidden, cell, low, high)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.integers(2, 4), st.data())
def test_no_margin_of_a_two_way_table_gives_a_small_cell_away(rows, columns, data):
    size = rows * columns
    bases = st.lists(st.integers(0, 14) | st.integers(0, 60), min_size=size, max_size=size)
    n = np.array(data.draw(bases))
    what, how = np.divmod(np.arange(size), columns)
    found = withhold_cells(pd.DataFrame({"what": what, "how": how, "n": n}), "what", "how")
    assert_protected(n, (found["flag"] == "suppressed").to_numpy(), [what, how])


def test_a_ring_of_withheld_cells_is_not_enough():
    """Two in each row and column that add up to ten: none is empty, so each is 1 to 9."""
    cells = pd.DataFrame([(r, c) for r in "abc" for c in "xyz"], columns=["what", "how"])
    n = np.array([1, 9, 40, 9, 1, 50, 60, 70, 80])
    found = withhold_cells(cells.assign(n=n), "what", "how")
    assert_protected(n, (found["flag"] == "suppressed").to_numpy(), [cells["what"], cells["how"]])
    assert (found["flag"] == "suppressed").sum() > 4


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 14) | st.integers(0, 60), min_size=2, max_size=8))
def test_no_total_gives_a_small_row_away(bases):
    n = np.array(bases)
    found = withhold(pd.DataFrame({"estimate": 0.5, "low": 0.4, "high": 0.6, "n": n, "group": "region"}))
    assert_protected(n, (found["flag"] == "suppressed").to_numpy(), [["region"] * len(n)])


def test_a_share_of_few_is_withheld_and_its_base_is_not():
    frame = pd.DataFrame({"estimate": [7 / 5000, 0.1, 4993 / 5000, 0, 1], "low": 0.0, "high": 1.0, "n": 5000})
    frame = frame.assign(unit="share", method="Aalen–Johansen, log–log limits")
    assert withhold(frame)["flag"].tolist() == ["suppressed", "", "suppressed", "", ""]
    assert withhold(frame)["n"].tolist() == [5000] * 5
    assert withhold(frame, of="projects")["flag"].tolist() == [""] * 5
    assert withhold(frame.assign(method="REML"))["flag"].tolist() == [""] * 5


# a report as a whole


def book(*tables):
    cells = []
    for frame, caption in tables:
        shown = results.record(frame, caption)._repr_mimebundle_()
        cells.append(nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", shown)]))
    return nbformat.v4.new_notebook(cells=cells)


def frame(**bases):
    rows = [{"metric": name, "n": n, "group": name.split("_")[0]} for name, n in bases.items()]
    return pd.DataFrame(rows).assign(estimate=7.0, low=6.5, high=7.5, method="mean")


def content(made, table=0):
    return made.cells[table].outputs[0].data[TABLE]


def flags(made, table=0):
    return [row["flag"] for row in content(made, table)["results"]]


def test_what_one_table_withholds_no_other_says():
    small, same = (
        frame(region_a=4, region_b=40, region_c=400),
        frame(region_b=41, region_c=399).assign(group=None),
    )
    books = [book((small, "One")), book((same, "Other"))]
    assert flags(books[1]) == ["", ""]
    assert audit(books) == 1
    assert flags(books[1]) == ["suppressed", ""]
    assert AUDITED in content(books[1])["caption"]
    said = books[1].cells[0].outputs[0].data
    assert "40" not in said["text/html"].replace("400", "")
    assert "40" not in said["text/plain"].replace("400", "")
    assert audit(books) == 0


def test_the_total_of_another_breakdown_gives_no_row_away():
    """Ten to fourteen phoned and nobody else did anything: two withheld regions beside them share what is left."""
    wide = pd.concat([frame(region_a=4, region_b=8), frame(channel_x=12)])
    made = book((wide, "Contacts"))
    assert flags(made) == ["suppressed", "suppressed", "indicative"]
    rows = content(made)["results"]
    assert given_away([0, 0, 5], [np.inf, np.inf, 14], [([0, 1], [2], 0.0)], [0, 1]) == []
    assert given_away([0, 0, 5], [np.inf, np.inf, 9], [([0, 1], [2], 0.0)], [0, 1]) == [0, 1]
    assert [row["n"] for row in rows] == [None, None, 10]
    assert audit([made]) == 0


def test_breakdowns_of_different_people_are_left_alone():
    made = book((pd.concat([frame(region_a=4, region_b=40, region_c=400), frame(channel_x=60)]), "Apart"))
    before = content(made)
    assert audit([made]) == 0
    assert content(made) == before


def test_a_report_is_audited_in_a_moment():
    tables = [frame(**{f"region_{i}": int(n) for i, n in enumerate(range(3, 60))})] * 2
    books = [
        book((part.assign(metric=part["metric"] + str(at)), "Many")) for at, part in enumerate(tables * 5)
    ]
    began = time.perf_counter()
    audit(books)
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("base", [9, 10, 14, 15, 104, 8049])
def test_bases_are_stated_to_the_nearest_ten_and_never_under_it(base):
    made = content(book((frame(region_a=base), "Base")))["results"][0]["n"]
    assert made is None if base < 10 else (made % 10 == 0 and made >= 10 and abs(made - base) <= 5)
