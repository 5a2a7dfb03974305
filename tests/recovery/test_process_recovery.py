"""What is planted in Northgate's processes is found: what leaving a step goes with, which change worked, and which processes can grow."""

import pytest

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.truth import stored

AS_OF = "2026-09-30"
TRUTH = {name: entry["value"] for name, entry in stored().items()}


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("processes")
    write(folder, tables=["process_steps", "process_models", "process_changes", "process_costs"])
    return cx.open(folder)


@pytest.fixture(scope="module")
def page(northgate):
    kept = cx.models.Conformance().fit(
        cx.features.process_variants(northgate.process_steps, AS_OF), northgate.frame("process_models")
    )
    return kept, kept.cases(cx.features.process_cases(northgate.process_steps, AS_OF))


def test_leaving_a_must_step_costs_and_leaving_a_may_step_helps_hard_cases(page):
    kept, cases = page
    found = cx.models.HubAndTyre().fit(cases, kept)
    effects = found.effects_.set_index("what")
    for what, name in (
        ("must", "processes.effect_of_leaving_a_must_step"),
        ("may_hard", "processes.effect_of_leaving_a_may_step_in_hard_cases"),
    ):
        assert effects.loc[what, "low"] < TRUTH[name] < effects.loc[what, "high"]
        assert effects.loc[what, "low"] * effects.loc[what, "high"] > 0
    assert effects.loc["may_easy", "low"] < 0 < effects.loc["may_easy", "high"]
    assert not (found.steps_["decision"].eq("free") & found.steps_["rule"].eq("must")).any()


def test_the_change_that_worked_is_told_from_the_one_after_the_worst_month(page, northgate):
    changes = cx.features.process_changes(northgate.process_changes, AS_OF).to_pandas()
    real, after_worst = cx.models.Improvable().fit(page[1], changes).changes_.to_dict("records")
    planted = TRUTH["processes.change_that_worked"]
    assert real["verdict"] == "worked" and after_worst["verdict"] == "no clear effect"
    assert real["low"] < planted < real["high"]
    assert real["controls"] == 8 and real["controlled_low"] < planted < real["controlled_high"] < 0
    assert after_worst["is_reaction"] and after_worst["controlled_low"] < 0 < after_worst["controlled_high"]


def test_elasticities_and_rework_come_back(page, northgate):
    grown = cx.models.Scalable().fit(cx.features.process_costs(northgate, AS_OF).to_pandas()).processes_
    redone = cx.models.Repeatable().fit(page[1]).processes_.set_index("process")
    grown = grown.set_index("process")
    assert (
        grown.loc["billing query", "verdict"] == "not scalable"
        and grown.loc["order", "verdict"] == "scalable"
    )
    held = sum(
        grown.loc[name, "low"] < value < grown.loc[name, "high"]
        for name, value in TRUTH["processes.elasticity"].items()
    )
    held += sum(
        redone.loc[name, "rework_low"] < value < redone.loc[name, "rework_high"]
        for name, value in TRUTH["processes.rework"].items()
    )
    assert held >= 17  # of 20
