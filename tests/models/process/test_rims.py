"""The four letters are read from intervals, and what was not looked at is not judged."""

from types import SimpleNamespace

import pandas as pd

import cxresearch as cx


def model(**columns):
    return SimpleNamespace(processes_=pd.DataFrame(columns))


def test_each_letter_follows_its_interval():
    names = ["a", "b", "c"]
    repeatable = model(
        process=names, n=[50] * 3, fitness=[0.95, 0.9, 0.8], fitness_low=[0.92, 0.85, 0.75], fitness_high=[0.98, 0.95, 0.85], rework=[0.1] * 3, ratio=[2.0] * 3
    )  # fmt: skip
    scalable = model(
        process=names, n=[36] * 3, estimate=[0.8, 1.0, 1.2], low=[0.7, 0.9, 1.1], high=[0.9, 1.1, 1.3], verdict=["scalable", "not clear", "not scalable"]
    )  # fmt: skip
    changes = pd.DataFrame(
        {
            "process": ["a", "b"],
            "verdict": ["worked", "no clear effect"],
            "estimate": 0.0,
            "low": 0.0,
            "high": 0.0,
        }
    )
    improvable = SimpleNamespace(changes_=changes, tested_={"a": (1, 1)})
    measured = model(
        process=names,
        n=[6] * 3,
        measured=[6, 5, 0],
        estimate=[1.0, 0.8, 0.0],
        low=0.0,
        high=1.0,
        musts_measured=[True, False, False],
    )
    found = cx.models.RimsMap().fit(names, repeatable, improvable, measured, scalable)
    table = found.letters_.pivot(index="process", columns="letter", values="verdict")
    assert table.loc["a"].tolist() == ["has it"] * 4
    assert table.loc["b"].to_dict() == {"I": "not clear", "M": "lacks it", "R": "not clear", "S": "not clear"}
    assert table.loc["c"].tolist() == ["lacks it"] * 4
    assert found.complete_ == ["a"] and len(found.lacking_) == 5
    assert (
        "1 of 1 tested first" in found.letters_.query("process == 'a' and letter == 'I'")["evidence"].iloc[0]
    )


def test_what_no_model_looked_at_is_not_assessed():
    found = cx.models.RimsMap().fit(["a"])
    assert (
        found.letters_["verdict"].unique().tolist() == ["not assessed"]
        and not found.complete_
        and not len(found.lacking_)
    )


def test_the_evidence_names_no_handful_of_cases():
    columns = {"process": ["a"], "fitness": [0.95], "fitness_low": [0.92], "fitness_high": [0.98]}
    few = model(**columns, n=[9], rework=[0.2], ratio=[2.0])
    assert cx.models.RimsMap().fit(["a"], few).letters_["verdict"].unique().tolist() == ["not assessed"]
    rare = model(**columns, n=[100], rework=[0.05], ratio=[float("nan")])
    assert cx.models.RimsMap().fit(["a"], rare).letters_["evidence"].iloc[0] == "fitness 95% (92% to 98%)"
    often = model(**columns, n=[100], rework=[0.25], ratio=[2.0])
    assert cx.models.RimsMap().fit(["a"], often).letters_["evidence"].iloc[0] == (
        "fitness 95% (92% to 98%), rework in 25% of cases, slowest tenth 2.0 times the median"
    )
