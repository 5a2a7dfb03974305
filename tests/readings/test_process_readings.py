"""What the page of processes and readiness says follows its models: every verdict in words, nothing for nothing, singular and plural."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.contract.tables import READINESS_ITEMS

r = cx.readings


def change(**more):
    row = {
        "process": "order",
        "started_on": "2025-06-01",
        "metric": "cycle_time",
        "estimate": -0.12,
        "low": -0.2,
        "high": -0.03,
    }
    row |= {
        "verdict": "worked",
        "is_reaction": False,
        "naive": np.nan,
        "placebos": 5,
        "placebos_found": 0,
        "is_overlapping": False,
    }
    return row | more


def told(*rows, tested=None):
    return r.changes(
        SimpleNamespace(changes_=pd.DataFrame(rows), tested_=tested or {}, left_out_=[], months=8)
    ).text


def test_a_change_that_worked_and_one_that_only_followed_a_bad_month():
    assert "Order, changed 2025-06-01: the change worked. Cycle time −12.0% (−20.0% to −3.0%)" in told(
        change()
    )
    quiet = told(
        change(verdict="no clear effect", is_reaction=True, naive=-0.06, estimate=0.1, low=-0.1, high=0.3)
    )
    assert "no clear effect" in quiet and "Beside the bad month that led to it, it looks like −6%" in quiet
    assert "worked" not in quiet
    assert "made it worse" in told(change(verdict="made worse", estimate=0.2, low=0.1, high=0.3))
    assert "1 change cannot be judged yet" in told(change(verdict="too few months", estimate=np.nan))
    assert "1 of 2 changes was tested first" in told(change(), tested={"order": (1, 2)})
    assert "cannot be told apart" in told(change(is_overlapping=True))


def test_a_change_beside_processes_that_were_not_changed():
    against = {"controls": 3, "controlled": -0.02, "controlled_low": -0.1, "controlled_high": 0.06}
    text = told(change(**against))
    assert (
        "Against the 3 processes without a change it is −2.0% (−10.0% to 6.0%), which is no clear difference"
        in text
    )
    assert "a process that was not changed, beside it" not in text and "to the same process" in text
    clear = told(change(**against | {"controlled": -0.1, "controlled_low": -0.15, "controlled_high": -0.05}))
    assert "it is −10.0% (−15.0% to −5.0%)." in clear
    assert "Against" not in told(change(controls=0))


def growth(*verdicts):
    frame = pd.DataFrame(
        {
            "process": ["order", "billing"][: len(verdicts)],
            "verdict": verdicts,
            "estimate": 1.15,
            "low": 1.1,
            "high": 1.2,
        }
    )
    return SimpleNamespace(
        processes_=frame.assign(extra=600.0, extra_low=400.0, extra_high=900.0), left_out_=[]
    )


def test_a_process_that_cannot_grow_has_its_money():
    text = r.growth(growth("scalable", "not scalable")).text
    assert "Order can grow" in text and "Billing cannot: 10% more volume goes with" in text
    assert "At stake within 12 months: cost of 600 (400 to 900)" in text
    assert "No process is shown to be scalable" in r.growth(growth("not clear")).text
    assert "volume times a fixed price" in r.growth(growth("by construction")).text
    assert r.growth(SimpleNamespace(processes_=pd.DataFrame(), left_out_=[])).text == ""


def letters(*rows, complete=()):
    frame = pd.DataFrame(rows, columns=["process", "letter", "verdict", "evidence"])
    return SimpleNamespace(
        letters_=frame, lacking_=frame[frame["verdict"] == "lacks it"], complete_=list(complete)
    )


def test_the_letters_that_are_missing():
    found = letters(
        ("a", "R", "lacks it", "fitness 80%"), ("b", "I", "lacks it", ""), ("b", "S", "has it", "")
    )
    text = r.rims(found).text
    assert "None of 2 processes has all four letters" in text
    assert "A is not repeatable: fitness 80%." in text and "No change is on record of b" in text
    assert (
        r.processes_hold(found).text
        == "Is our CRM programme healthy? Of 2 customer processes, a is not repeatable."
    )
    fine = letters(("a", "R", "has it", ""), complete=["a"])
    assert r.rims(fine).text == "A has all four letters."
    assert "The one customer process is not shown to be unrepeatable" in r.processes_hold(fine).text


def test_rework_of_the_process_that_lacks_r_has_its_cost():
    found = letters(("a", "R", "lacks it", "fitness 80%"), ("b", "R", "has it", ""))
    steps = {
        "process": ["a", "b"],
        "rework_steps": [0.05, 0.2],
        "rework_steps_low": [0.04, 0.1],
        "rework_steps_high": [0.06, 0.3],
    }
    costs = SimpleNamespace(processes_=pd.DataFrame({"process": ["a", "b"], "cost": [1000.0, 1000.0]}))
    text = r.rims(found, SimpleNamespace(processes_=pd.DataFrame(steps)), costs).text
    assert "what the steps that a does again cost" in text and "cost of 50 (40 to 60)" in text


def test_steps_to_lock_and_to_free():
    effects = pd.DataFrame(
        {
            "what": ["must", "may_hard"],
            "estimate": [-0.11, 0.04],
            "low": [-0.13, 0.02],
            "high": [-0.09, 0.06],
            "raw": [-0.12, 0.03],
        }
    )
    steps = pd.DataFrame(
        {"process": ["a"] * 3, "activity": ["x", "y", "z"], "decision": ["lock", "free", "does not matter"]}
    )
    text = r.hub_and_tyre(SimpleNamespace(effects_=effects, steps_=steps, left_out_=[], margin=0.02)).text
    assert "Lock x (a): leaving it goes with fewer cases settled." in text
    assert "Free y (a): leaving it goes with more." in text
    assert "1 step does not matter by more than 2 points" in text and "−11.0 points" in text
    none = r.hub_and_tyre(
        SimpleNamespace(effects_=effects, steps_=steps.head(0), left_out_=[], margin=0.02)
    ).text
    assert "No step is shown to need locking." in none


def kept(n, perfect, skipped):
    """A fitted Conformance of one process with so many closed cases, and two must steps skipped so often."""
    row = {"process": "order", "n": n, "n_open": 1, "fitness": 0.9, "low": 0.85, "high": 0.95}
    steps = {"process": "order", "activity": ["x", "y"], "rule": "must", "kind": "skipped", "n": n}
    shares = np.array(skipped) / n
    steps |= {"cases": skipped, "estimate": shares, "low": 0.8 * shares, "high": 1.2 * shares}
    return SimpleNamespace(
        processes_=pd.DataFrame([row | {"perfect": perfect}]),
        steps_=pd.DataFrame(steps),
        left_out_=["a", "b"],
    )


def test_no_share_names_fewer_than_ten_cases_or_all_but_fewer_than_ten():
    text = r.conformance(kept(100, 0.7, [95, 20])).text
    assert "Of 100 closed cases, 70.0% kept" in text and "skipped at “y” (order): in 20.0%" in text
    assert "Fewer than 10 cases are still open" in text and "A; b." in text
    assert "100 closed cases, all but fewer than 10 kept" in r.conformance(kept(100, 0.96, [4, 0])).text
    assert "Most often" not in r.conformance(kept(100, 0.96, [4, 0])).text
    again = {"process": ["a", "b"], "n": 100, "n_open": 0, "rework": [0.05, 0.2], "ratio": np.nan}
    again = pd.DataFrame(again).assign(rework_low=0.01, rework_high=0.3)
    assert "Most rework is in b" in r.rework(SimpleNamespace(processes_=again)).text
    assert r.rework(SimpleNamespace(processes_=again.head(1))).text == ""


def test_one_process_is_compared_with_none():
    row = {"process": ["a"], "n": 100, "n_open": 0, "rework": 0.2, "rework_low": 0.1, "rework_high": 0.3}
    one = pd.DataFrame(row).assign(ratio=2.0, ratio_low=1.9, ratio_high=2.2)
    text = r.rework(SimpleNamespace(processes_=one)).text
    assert text.startswith(
        "20.0% (10.0% to 30.0%) of the cases of a do a step again. The slowest tenth of the cases of a takes"
    )
    none = one.assign(rework=0.0, rework_low=0.0, rework_high=0.04)
    assert r.rework(SimpleNamespace(processes_=none)).text.startswith(
        "No case does a step again: 0.0% (0.0% to 4.0%)."
    )


def test_slopes_that_differ_are_told():
    model = cx.models.YearOfAnswers().fit(us())
    model.cuts_ = pd.DataFrame({"later_than": [1, 2, 3], "estimate": [2.0, 1.25, 1.5]})
    text = r.year_of_answers(model).text
    assert "run from 1.2 for being later than year 2 to 2 for being later than year 1." in text
    model.cuts_ = model.cuts_.head(0)
    assert "One slope" not in r.year_of_answers(model).text


def us(n=3, **scores):
    items = {item: [2.0] * n for item in READINESS_ITEMS} | scores
    return pd.DataFrame({"organisation_id": ["us"] * n, "year": [2] * n} | items)


@pytest.mark.parametrize("reading", ["readiness_score", "ladder", "year_of_answers", "fix_first"])
def test_a_made_up_benchmark_is_called_one_in_every_sentence_on_it(reading):
    models = {
        "readiness_score": cx.models.ReadinessScore,
        "ladder": cx.models.ReadinessLadder,
        "year_of_answers": cx.models.YearOfAnswers,
        "fix_first": cx.models.ReadinessPriorities,
    }
    model = models[reading]().fit(us())
    assert "The benchmark is synthetic" in getattr(r, reading)(model).text
    model.is_synthetic_ = False
    assert "synthetic" not in getattr(r, reading)(model).text


def test_the_item_to_fix_first_is_quoted_or_there_is_none():
    low = cx.models.ReadinessPriorities().fit(us(8, people_2=[0.0, 1, 0, 0, 1, 0, 0, 0]))
    assert "Fix first: “Those who serve customers were trained" in r.fix_first(low).text
    assert "synthetic benchmark is “Those who serve customers" in r.are_we_ready(low).text
    high = cx.models.ReadinessPriorities().fit(us(8, **{item: [4.0] * 8 for item in READINESS_ITEMS}))
    assert (
        "No answer is clearly below" in r.fix_first(high).text
        and "no answer is clearly below" in r.are_we_ready(high).text
    )
