"""Fitness by optimal alignment: published logs to every digit, the exact optimum on small paths, and hostile input."""

from heapq import heappop, heappush
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cxresearch as cx
from cxresearch.contract.variants import variant
from cxresearch.models.process.alignment import align
from cxresearch.models.process.model_steps import ModelSteps


def model(activities, rules=None, **more):
    rows = {"process": "p", "activity": list(activities), "position": range(len(activities))}
    return pd.DataFrame(rows | {"rule": rules or "must"} | more)


def log(paths, **more):
    return pd.DataFrame({"process": "p", "variant": [variant(path) for path in paths], "cases": 1} | more)


def counted(path, case, activity):
    """The variants of an event log in the order of its file."""
    events = pd.read_csv(path)
    paths = events.groupby(case, sort=False)[activity].agg(tuple).value_counts()
    return log(paths.index, cases=paths.to_numpy()), sorted(events[activity].unique())


# (steps, optional ones, cost, mean, its standard error, perfect, of all steps together, P10): pm4py 2.7 on every case, and a second program
HELPDESK = ["Assign seriousness", "Take in charge ticket", "Wait", "Resolve ticket", "Closed"]


@pytest.mark.parametrize(
    ("steps", "rules", "expected"),
    [
        (HELPDESK[:2] + HELPDESK[3:], ["must"] * 4, (3854, 0.9140427, 0.0016198, 0.5165939, 0.9028436, 0.75)),
        (
            HELPDESK,
            ["must", "must", "may", "must", "must"],
            (2645, 0.9411685, 0.0013691, 0.6371179, 0.9333216, 0.8181818),
        ),
    ],
)
def test_helpdesk(public_data, steps, rules, expected):
    variants, _ = counted(
        public_data / "helpdesk" / "helpdesk_labelled.csv", "case:concept:name", "concept:name"
    )
    assert len(variants) == 226
    found = cx.models.Conformance().fit(variants, model(steps, rules)).processes_.iloc[0]
    assert found["n"] == 4580
    names = ["cost", "fitness", "std_error", "perfect", "log_fitness", "p10"]
    np.testing.assert_allclose(found[names].to_numpy(float), expected, rtol=1e-4, atol=5e-8)


def test_receipt(public_data):
    variants, names = counted(public_data / "receipt" / "receipt.csv", "case:concept:name", "concept:name")
    steps = [
        next(n for n in names if n.startswith(start)) for start in ("Conf", "T02", "T04", "T05", "T06", "T10")
    ]
    found = cx.models.Conformance().fit(variants, model(steps)).processes_.iloc[0]
    figures = found[["cost", "fitness", "std_error", "perfect", "log_fitness", "p10"]].to_numpy(float)
    np.testing.assert_allclose(figures, (2943, 0.8180531, 0.0059033, 0.4972106, 0.8287061, 0.5), rtol=1e-4)


def test_the_textbook_paths():
    """Adriansyah's costs of 1 for each move; token replay would give AXBCDE 1."""
    found = cx.models.Conformance().fit(log(["ABCE", "ABCBCDE", "ABDCE", "AXBCDE", "E"]), model("ABCDE"))
    np.testing.assert_allclose(found.variants_["fitness"], [8 / 9, 10 / 12, 0.8, 10 / 11, 1 / 3])


def cheapest(path, steps):
    """The least cost by search over every way to walk path and model: slow, and shares nothing with the program."""
    allowed = dict(enumerate(steps.allowed))
    queue, seen = [(0, 0, 0)], set()
    while queue:
        cost, i, j = heappop(queue)
        if (i, j) in seen:
            continue
        seen.add((i, j))
        if i == len(path) and j == len(steps.is_must):
            return cost
        if j < len(steps.is_must):
            heappush(queue, (cost + int(steps.is_must[j]), i, j + 1))
        if i < len(path):
            times = path[: i + 1].count(path[i])
            is_free = path[i] >= 0 and 1 < times <= allowed[path[i]]
            heappush(queue, (cost + (not is_free), i + 1, j))
            if path[i] >= 0 and j < len(steps.is_must) and steps.position[path[i]] == j:
                heappush(queue, (cost, i + 1, j + 1))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_alignment_is_cheaper(data):
    """Choices, optional steps and loops included."""
    k = data.draw(st.integers(1, 4))
    position = np.sort(
        np.unique(data.draw(st.lists(st.integers(0, k - 1), min_size=k, max_size=k)), return_inverse=True)[1]
    )
    places = int(position.max()) + 1
    musts = data.draw(st.lists(st.booleans(), min_size=places, max_size=places))
    allowed = data.draw(st.lists(st.integers(1, 3), min_size=k, max_size=k))
    steps = ModelSteps(tuple("ABCD"[:k]), position, np.array(musts), np.array(allowed))
    paths = data.draw(
        st.lists(st.lists(st.integers(-1, k - 1), min_size=1, max_size=6), min_size=1, max_size=5)
    )
    lengths = np.array([len(path) for path in paths])
    codes = np.full((len(paths), lengths.max()), -1)
    for line, path in zip(codes, paths, strict=True):
        line[: len(path)] = path
    found = align(codes, lengths, steps)
    assert found.cost.tolist() == [cheapest(path, steps) for path in paths]
    moves = found.out.sum(axis=1) + found.unknown + (found.skipped & steps.is_must).sum(axis=1)
    assert moves.tolist() == found.cost.tolist()  # what is told of the steps adds up to the cost
    prefix = align(codes, lengths, steps, np.ones(len(paths), bool))
    assert (prefix.cost <= found.cost).all()


def test_what_was_left_out_moved_and_repeated_is_told_by_step():
    found = cx.models.Conformance().fit(log(["ACD", "ABDC", "ABBCD", "ABCXD", "ABCD"]), model("ABCD"))
    steps = found.steps_[found.steps_["cases"] > 0].set_index(["activity", "kind"])["cases"]
    moved = [key for key in steps.index if key[1] == "out of order"]
    assert steps.drop(moved).to_dict() == {
        ("B", "skipped"): 1,
        ("B", "repeated"): 1,
        ("X", "not in the model"): 1,
    }
    assert len(moved) == 1 and moved[0][0] in "CD"
    assert found.variants_["dev_must"].tolist() == [1, 2, 1, 0, 0]


def test_a_repeat_that_is_allowed_and_an_alternative_cost_nothing():
    steps = model("ABCD", repeats_allowed=[1, 3, None, 1]).assign(position=[1, 2, 2, 3])
    found = cx.models.Conformance().fit(log(["ABD", "ACD", "ABBBD", "ABDB", "ABBBBD", "AD"]), steps)
    assert found.variants_["cost"].tolist() == [0, 0, 0, 0, 1, 1]


def test_open_cases_are_no_misfits():
    paths = log(["AB", "AB", "ABC", "AC"], is_quiet=[False, True, False, False], is_flagged_open=[False] * 4)
    found = cx.models.Conformance().fit(paths, model("ABC"))
    assert found.variants_["is_open"].tolist() == [True, False, False, False]
    row = found.processes_.iloc[0]
    assert (row["n"], row["n_open"], row["open_fitting"]) == (3, 1, 1)
    flagged = cx.models.Conformance().fit(paths.assign(is_flagged_open=True), model("ABC"))
    assert flagged.processes_["n"].tolist() == [0] and flagged.processes_["open_fitting"].tolist() == [3]
    assert flagged.summary()["estimate"].isna().all()


def test_the_same_cases_told_one_by_one_or_counted():
    rng = np.random.default_rng(1)
    paths = ["".join(rng.choice(list("ABCX"), rng.integers(1, 7))) for _ in range(400)]
    one = cx.models.Conformance().fit(log(paths), model("ABC"))
    held = pd.Series(paths).value_counts()
    two = cx.models.Conformance().fit(log(held.index, cases=held.to_numpy()), model("ABC"))
    pd.testing.assert_frame_equal(one.processes_, two.processes_)


def test_every_short_path_of_two_steps_is_between_0_and_1():
    paths = ["".join(p) for n in range(1, 6) for p in product("ABX", repeat=n)]
    found = cx.models.Conformance().fit(log(paths), model("AB", ["must", "may"]))
    assert found.variants_["fitness"].between(0, 1).all()


def test_bad_input_is_named():
    with pytest.raises(cx.NotEnough, match="no process has both a model and cases"):
        cx.models.Conformance().fit(log(["AB"]).assign(process="other"), model("AB"))
    with pytest.raises(ValueError, match="activity occurs twice in its process in 1 row"):
        cx.models.Conformance().fit(log(["AB"]), pd.concat([model("AB"), model("A")], ignore_index=True))
    with pytest.raises(ValueError, match="rule is neither must nor may"):
        cx.models.Conformance().fit(log(["AB"]), model("AB", ["must", "maybe"]))
    with pytest.raises(ValueError, match="no column cases"):
        cx.models.Conformance().fit(log(["AB"]).drop(columns="cases"), model("AB"))
    left = cx.models.Conformance().fit(pd.concat([log(["AB"]), log(["A"]).assign(process="q")]), model("AB"))
    assert left.left_out_ == ["the process q has no model"]
