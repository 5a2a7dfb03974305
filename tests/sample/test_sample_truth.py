"""``truth.json``: every planted number, the oracle's estimands, and nothing planted in the null company."""

import json

import numpy as np
import pytest

from cxresearch.sample import oracle, write
from cxresearch.sample.parameters import Truth
from cxresearch.sample.truth import stored


@pytest.fixture(scope="module")
def truth(tmp_path_factory):
    path = tmp_path_factory.mktemp("northgate")
    write(path, tables=["contracts"])
    return json.loads((path / "truth.json").read_text(encoding="utf-8"))


def test_truth_names_every_planted_number_and_how_estimands_were_found(truth):
    assert truth["parameters"] == json.loads(json.dumps(Truth().as_dict()))
    assert truth["null"] is False and truth["seed"] == 20260930 and truth["end"] == "2026-09-30"
    assert truth["oracle"] == stored()
    assert all(entry["how"] for entry in truth["oracle"].values())
    assert truth["derived"]["contracts.renewal_contrast"] == 1.85  # the model's −1.9 against −3.75
    assert truth["expected_totals"]["person_months"] == pytest.approx(107_577, rel=0.01)  # simulated once


@pytest.mark.parametrize("null", [False, True])
def test_stored_oracle_is_what_the_exact_code_gives(null):
    planted = Truth().null() if null else Truth()
    kept = stored(null)
    for name, entry in oracle.exact(planted).items():
        assert entry == kept[name], name


@pytest.mark.parametrize("null", [False, True])
def test_stored_oracle_is_near_a_smaller_run(null):
    planted = Truth().null() if null else Truth()
    kept = stored(null)
    found = oracle.simulated(planted, 60_000)
    assert set(found) | set(oracle.exact(planted)) == set(kept)
    for name, entry in found.items():
        values, stored_values = entry["value"], kept[name]["value"]
        if not isinstance(values, dict):
            values, stored_values = {"": values}, {"": stored_values}
        for key, value in values.items():
            assert value == pytest.approx(stored_values[key], abs=0.05, rel=0.03), (name, key)


def test_oracle_repeats_the_figures_of_the_design():
    """Figures of the first simulation of the model, at a million draws or exact."""
    value = {name: entry["value"] for name, entry in stored().items()}
    lmg = [0.2890, 0.2370, 0.1520, 0.1293, 0.1005, 0.0923]
    np.testing.assert_allclose(list(value["survey.lmg_latent"].values()), lmg, atol=6e-5)
    rounded = [0.2897, 0.2367, 0.1516, 0.1280, 0.1017, 0.0924]
    np.testing.assert_allclose(list(value["survey.lmg_rounded"].values()), rounded, atol=2e-3)
    assert value["survey.r2_rounded"] == pytest.approx(0.516, abs=0.004)
    assert value["survey.response_rate"] == pytest.approx(0.265, abs=5e-4)
    assert value["survey.nps_all"] == pytest.approx(-0.3, abs=1)
    assert value["survey.nps_respondents"] == pytest.approx(15.3, abs=1)
    assert value["projects.auc"] == pytest.approx(0.808, abs=1e-3)
    assert value["projects.failure_rate"] == pytest.approx(0.458, abs=1e-3)
    assert value["projects.overrun_median"] == pytest.approx(0.12, abs=0.01)
    assert value["projects.overrun_mean"] == pytest.approx(0.20, abs=0.01)
    assert value["projects.overrun_above_half"] == pytest.approx(0.09, abs=0.005)
    assert 120 * value["projects.open_share"] == pytest.approx(30, abs=2)
    assert value["ratings.automation_threshold"] == 0.375
    assert value["staff.executive_top_two_share"] == pytest.approx(0.80)
    assert value["ratings.top_two_share"] == pytest.approx(0.24, abs=0.02)
    assert value["shop.mean_order"] == 180


def test_null_truth_has_no_effect_left(tmp_path):
    write(tmp_path, customers=600, null=True)
    truth = json.loads((tmp_path / "truth.json").read_text())
    p = truth["parameters"]
    assert truth["null"] is True and truth["note"].startswith("No effect")
    for table, names in {
        "contracts": ("tenure", "experience", "failure", "january", "frailty"),
        "interactions": (
            "complexity",
            "service_phone",
            "experience",
            "agent_sd",
            "automated_slope",
            "weak_point_share",
            "emotion",
        ),
        "survey": ("explained", "must_be", "delighter", "respond_experience", "effort_ease"),
        "projects": (
            "people",
            "process",
            "imbalance",
            "strategy_first",
            "sponsor",
            "budget",
            "creep",
            "watermelon",
        ),
    }.items():
        assert [p[table][name] for name in names] == [0] * len(names)
    for table, name in (("interactions", "department"), ("staff", "gap"), ("survey", "driver")):
        assert set(p[table][name].values()) == {0}
    assert p["contracts"]["base_renewal"] == p["contracts"]["base_monthly"] == p["contracts"]["base_annual"]
    assert truth["oracle"]["contracts.auc_three_months"]["value"] == 0.5
    assert truth["oracle"]["projects.auc"]["value"] == 0.5
    assert set(truth["oracle"]["staff.gap"]["value"].values()) == {0}
