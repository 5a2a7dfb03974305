"""Reports on several parts of a firm: whoever subtracts what they state finds no group of one to nine, by plain arithmetic."""

import itertools
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from cxresearch.report import across
from cxresearch.report.across import Base, apart, to_withhold, within

WHOLE = {}


def exact(part, n, cases=None):
    return Base("k", part, (n, n), None if cases is None else (cases, cases))


def remainders(bases):
    """Written anew: what is left of every base once any parts of it that are apart are taken away."""
    for whole in bases:
        inside = [b for b in bases if b.part != whole.part and within(b.part, whole.part)]
        for size in range(1, len(inside) + 1):
            for chosen in itertools.combinations(inside, size):
                if all(apart(a.part, b.part) for a, b in itertools.combinations(chosen, 2)):
                    yield whole, chosen


def small(bases):
    found = []
    for whole, chosen in remainders(bases):
        rest = whole.n[0] - sum(b.n[0] for b in chosen)
        left = [rest]
        if all(b.cases is not None for b in (whole, *chosen)):
            left.append(whole.cases[0] - sum(b.cases[0] for b in chosen))
            left.append(rest - left[1])
        found += [value for value in left if 0 < value < 10]
    return found


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_subtraction_leaves_one_to_nine(data):
    """A firm divided by two attributes; reports on it, on values, on unions of values and on both at once, in any order."""
    rows, columns = data.draw(st.integers(2, 4)), data.draw(st.integers(1, 3))
    cell = st.integers(0, 12) | st.integers(0, 80)
    n = np.array(data.draw(st.lists(cell, min_size=rows * columns, max_size=rows * columns))).reshape(
        rows, columns
    )
    cases = np.array([data.draw(st.integers(0, int(x))) for x in n.ravel()]).reshape(n.shape)
    segments, regions = "abcd"[:rows], "xyz"[:columns]

    def base(chosen, placed):
        at = np.ix_([segments.index(s) for s in chosen], [regions.index(r) for r in placed])
        part = {} if len(chosen) == rows else {"segment": sorted(chosen)}
        part |= {} if len(placed) == columns else {"region": sorted(placed)}
        of, did = int(n[at].sum()), int(cases[at].sum())
        is_shown = all(
            count == 0 or count >= 10 for count in (did, of - did)
        )  # else its own report withholds the share
        return exact(part, of, did if is_shown else None)

    some = st.lists(st.sampled_from(segments), min_size=1, max_size=rows, unique=True)
    where = st.lists(st.sampled_from(regions), min_size=1, max_size=columns, unique=True)
    made = [base(segments, regions)] + [
        base(data.draw(some), data.draw(where)) for _ in range(data.draw(st.integers(1, 5)))
    ]
    unique = {str(b.part): b for b in made if b.n[0] >= 10}  # a smaller one is withheld in its own report
    order = data.draw(st.permutations(list(unique.values())))
    published = []
    for one in order:  # a report each
        published += [one] if not to_withhold([one], published) else []
    assert small(published) == []
    together = [b for i, b in enumerate(order) if i not in to_withhold(order, [])]
    assert small(together) == []


def test_a_part_of_nearly_all_is_withheld_and_one_of_all_is_not():
    whole = exact(WHOLE, 500)
    found = [to_withhold([exact({"segment": ["a"]}, n)], [whole]) for n in (489, 490, 491, 499, 500)]
    assert found == [set(), set(), {0}, {0}, set()]


def test_the_last_of_several_parts_is_withheld():
    parts = [exact({"region": [name]}, n) for name, n in (("n", 100), ("s", 90), ("e", 60))]
    assert to_withhold(parts[2:], [exact(WHOLE, 255), *parts[:2]]) == {0}
    assert to_withhold([exact(WHOLE, 255)], parts) == {0}
    assert to_withhold(parts[2:], [exact(WHOLE, 265), *parts[:2]]) == set()
    other = [exact({"segment": ["a"]}, 100), exact({"segment": ["b"]}, 90)]
    assert to_withhold(parts[2:], [exact(WHOLE, 255), *other]) == set()  # nothing adds up across attributes


def test_those_who_did_and_did_not_count_too():
    whole = exact(WHOLE, 500, 60)
    assert to_withhold([exact({"s": ["a"]}, 300, 55)], [whole]) == {0}
    assert to_withhold([exact({"s": ["a"]}, 300, 40)], [whole]) == set()
    assert to_withhold([exact({"s": ["a"]}, 440, 3)], [exact(WHOLE, 500, 60)]) == {0}
    assert to_withhold([exact({"s": ["a"]}, 300, 60)], [whole]) == set()  # none of the others did


def test_another_key_is_another_number():
    assert to_withhold([Base("other", {"s": ["a"]}, (495, 495))], [exact(WHOLE, 500)]) == set()


def test_many_parts_take_a_moment():
    parts = [exact({"region": [str(i)]}, 20 + i) for i in range(25)]
    rest = sum(20 + i for i in range(25))
    assert to_withhold(parts, [exact(WHOLE, rest + 5)]) == {0}
    crossed = [exact({"region": [str(i)], "segment": [s]}, 15) for i in range(25) for s in "ab"]
    assert to_withhold(crossed, [*parts, exact(WHOLE, rest + 50)])


def write(folder, name, rows, where, as_of="2026-09-30", company="x"):
    (folder / name).mkdir(parents=True)
    content = {"company": company, "as_of": as_of, "where": where, "pages": [], "results": rows}
    (folder / name / "results.json").write_text(json.dumps(content))


def test_exact_bases_are_used_as_long_as_they_are_those_of_the_report(tmp_path):
    rows = [
        {"id": "07/x", "n": 500, "notebook": "07"},
        {"id": "01/x", "n": 99, "of": "projects", "notebook": "01"},
    ]
    rows += [{"id": "by/x", "n": 200, "notebook": "by_region"}, {"id": "07/y", "n": None, "notebook": "07"}]
    write(tmp_path, "2026Q3", rows, {})
    write(tmp_path, "2026Q2", rows, {}, as_of="2026-06-30")
    write(tmp_path, "other", rows, {}, company="y")
    write(tmp_path, "own", rows, {"s": ["a"]})
    about = {"company": "x", "as_of": "2026-09-30"}
    assert across.published(tmp_path, about, "own") == [Base("07/x", {}, (495, 504))]
    across.keep(tmp_path / "2026Q3", [Base("07/x", {}, (503, 503), (20, 20))])
    assert across.published(tmp_path, about, "own") == [Base("07/x", {}, (503, 503), (20, 20))]
    assert (tmp_path / ".cxresearch" / ".bases").stat().st_mode & 0o077 == 0
    (tmp_path / "2026Q3" / "results.json").write_text(
        (tmp_path / "2026Q3" / "results.json").read_text() + " "
    )
    assert across.published(tmp_path, about, "own") == [Base("07/x", {}, (495, 504))]
    (tmp_path / "2026Q3" / "results.json").write_text("{")
    assert across.published(tmp_path, about, "own") == []
