"""The sample company's departments and perception gaps come back as planted, and a null company announces none."""

import json

import numpy as np
import pandas as pd
import pytest

from cxresearch.models import Consistency, PerceptionGap
from cxresearch.sample import TABLES, write
from cxresearch.sample.blocks import Window, blocks
from cxresearch.sample.parameters import Truth
from cxresearch.sample.truth import stored
from tests.coverage.null_touchpoints import announced

NAMES = list(Truth().interactions.department)


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=["interactions", "staff_ratings"])
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in ("interactions", "staff_ratings")}
    assert set(tables) <= set(TABLES)
    return tables | {"truth": json.loads((folder / "truth.json").read_text(encoding="utf-8"))}


def luck_of_agents():
    """The mean of each department's own agents, from the very draws of the tables."""
    block = next(iter(blocks(20260930, Window("2026-09-30", 36), 12_000, 5 / 12)))
    p = Truth().interactions
    return p.agent_sd * block.rng("agents").standard_normal((len(NAMES), p.agents)).mean(axis=1)


def test_raw_means_name_service_and_adjusted_ones_billing(northgate):
    found = Consistency().fit(northgate["interactions"]).departments_
    raw, worst = found.loc[found["raw"].idxmin()], found.iloc[0]
    assert raw["department"] == "Service" and raw["p_lowest_raw"] > 0.99 and raw["p_lowest"] < 0.01
    assert worst["department"] == "Billing" and worst["verdict"] == "lagging" and worst["p_lowest"] > 0.99
    assert (found["verdict"] == "lagging").sum() == 1


def test_department_effects_lie_within_three_standard_errors_of_those_planted(northgate):
    """As ratings of 1–10 show them, and with the agents that each department happened to get."""
    contacts = northgate["interactions"]
    on_the_phone = (contacts["department"] == "Service") & (contacts["channel"] == "phone")
    model = Consistency(covariates=["service_phone"], draws=100).fit(
        contacts.assign(service_phone=on_the_phone)
    )
    found = model.departments_.set_index("department").loc[NAMES]
    truth = pd.Series(stored()["ratings.adjusted_rounded_full"]["value"])[NAMES] + luck_of_agents()
    truth -= truth.mean()
    error = (
        found["distance_high"] - found["distance"]
    ) / 2.7  # Bonferroni over six, about 80 degrees of freedom
    z = (found["distance"] - truth) / error
    assert (z.abs() < 3).all(), z
    planted = pd.Series(Truth().interactions.department)[NAMES] + luck_of_agents()
    assert (
        found["distance"] - (planted - planted.mean())
    ).abs().max() < 0.12  # a ceiling at 10 shrinks them a little


def test_planted_agent_and_customer_variances_lie_inside_their_intervals(northgate):
    p = Truth().interactions
    shares = Consistency(draws=100).fit(northgate["interactions"]).variances_.set_index("source")
    # rounding to 1–10 adds about 1/12 to the contact's variance and the ceiling takes some off the customer's
    rest = 1 / (p.experience**2 + p.agent_sd**2 + p.noise_sd**2 + 1 / 12)
    ratio = shares["share"] / shares.loc[["customer", "agent", "contact"], "share"].sum()
    assert ratio["customer"] == pytest.approx(p.experience**2 * rest, abs=0.03)
    assert ratio["agent"] == pytest.approx(p.agent_sd**2 * rest, abs=0.012)


def test_perception_gaps_lie_within_three_standard_errors_of_those_planted(northgate):
    model = PerceptionGap().fit(northgate["interactions"], northgate["staff_ratings"])
    gaps = model.gaps_[(model.gaps_["level"] == "staff") & (model.gaps_["touchpoint"] == "all")]
    gaps = gaps.set_index("department").loc[NAMES]
    planted = pd.Series({name: northgate["truth"]["oracle"]["staff.gap"]["value"][name] for name in NAMES})
    error = np.hypot(
        (gaps["high"] - gaps["gap"]) / 2, 0.072
    )  # customers met twelve agents a department, sd .25
    assert (((gaps["gap"] - planted) / error).abs() < 3).all()
    assert (gaps.drop("Service")["verdict"] == "overrated").all()
    assert gaps.loc["Service", "verdict"] != "overrated"  # planted: .2, under the margin
    executives = model.gaps_[
        (model.gaps_["level"] == "executive") & (model.gaps_["department"] == "all")
    ].iloc[0]
    assert model.best_ == 9
    assert executives["staff_best"] == pytest.approx(0.8, abs=3 * np.sqrt(0.16 / 144))
    assert executives["customer_best"] == pytest.approx(0.25, abs=0.02)


def test_a_null_company_announces_no_department_and_no_gap():
    """The first five of the hundred of ``make null``."""
    for seed in range(1, 6):
        assert not announced(seed) & {"a department", "a gap"}
