"""What the simulated companies are held against is what is planted in them."""

import gc
import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.sample import readiness, write
from cxresearch.sample.parameters import Truth
from tests.coverage.coverage_of_pages import (
    OF_OWN_MODEL,
    OF_PLANTED,
    OF_POPULATION,
    OF_SCORE,
    kind,
    one,
    rows_of,
)
from tests.coverage.truths_of_companies import AS_OF, END, MONTHS, among_all, calibrated, leaving, planted


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Seed, folder, and the planted probabilities of leaving in the last quarter."""
    folder = tmp_path_factory.mktemp("company")
    write(folder, customers=20_000, months=MONTHS, seed=5, end=END, tables=["customers", "contracts"])
    return pd.read_parquet(folder / "contracts.parquet"), leaving(5, 20_000)


def test_as_many_leave_as_is_planted_and_those_who_were_customers(company):
    contracts, risk = company
    ends, day = pd.to_datetime(contracts["ended_on"]), pd.Timestamp(AS_OF)
    before = day - pd.offsets.MonthEnd(3)
    there = contracts[(pd.to_datetime(contracts["started_on"]) <= before) & ~(ends <= before)]
    assert set(risk.index) == set(there["customer_id"].astype(str))
    left = there["customer_id"].astype(str)[(ends <= day)[there.index]]
    assert abs(len(left) - risk.sum()) < 4 * np.sqrt((risk * (1 - risk)).sum())
    assert risk[left].mean() > 1.2 * risk.mean()


def test_a_model_that_knows_the_risks_is_calibrated(company):
    risk = company[1]
    judged = pd.DataFrame({"customer_id": risk.index, "probability": risk.to_numpy()})
    found = calibrated(judged, risk)
    assert found["calibration slope"] == pytest.approx(1, abs=1e-3)
    assert found["calibration in the large"] == pytest.approx(0, abs=1e-3)
    odds = np.log(risk / (1 - risk))
    extreme, high = (judged.assign(probability=expit(eta).to_numpy()) for eta in (2 * odds, odds + 0.5))
    assert calibrated(extreme, risk)["calibration slope"] == pytest.approx(
        0.5, abs=5e-3
    )  # risks under one in a million are cut
    assert calibrated(high, risk)["calibration in the large"] == pytest.approx(-0.5, abs=1e-3)
    assert calibrated(judged, risk.iloc[1:]) == {}  # somebody whose risk is not known


def test_planted_values_are_found_by_the_end_of_a_name(tmp_path):
    write(tmp_path, customers=500, tables=["process_costs"])
    known = planted(tmp_path)
    assert known["billing query: elasticity of cost"] == 1.15
    assert known["change X001: cycle time after 6 months"] == -0.15
    assert known["readiness: technology"] == pytest.approx(2.8018, abs=1e-3)
    assert known["people_2: distance to the next year"] < known["people_1: distance to the next year"] < 0


def test_where_a_company_stands_among_all_follows_its_score():
    random, p = np.random.default_rng(0), Truth().readiness
    own = pd.DataFrame(readiness.scores(random, np.full((12, 12), 2.4), p), columns=list(READINESS_ITEMS))
    own = own.assign(
        organisation_id="us", respondent_id=range(12), respondent_role="staff", source="own", year=3
    )
    found = among_all(own.assign(assessed_on=pd.Timestamp(AS_OF), is_benchmark=False), seed=0)
    ranks = [found[f"/organisations in year {year} that score lower"] for year in range(1, 6)]
    assert ranks == sorted(ranks, reverse=True) and 0.3 < ranks[2] < 0.7
    assert sum(found[f"/answers like those of year {year}"] for year in range(1, 6)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("id_", "of"),
    [
        ("02_process_and_readiness/Can each process grow?/address change: elasticity of cost", OF_PLANTED),
        ("02_process_and_readiness/Did past changes work?/delivery, change X001: cycle time after 6 months", OF_PLANTED),
        ("02_process_and_readiness/Are we ready?/readiness: people", OF_PLANTED),
        ("02_process_and_readiness/The ladder/organisations in year 2 that score lower", OF_SCORE),
        ("02_process_and_readiness/Rework and cycle times/address change: cases with rework", OF_POPULATION),
        ("01_project_health/What goes with failure?/readiness of people, per point", OF_POPULATION),
        ("06_churn/How good was the forecast?/calibration slope", OF_OWN_MODEL),
    ],
)  # fmt: skip
def test_what_an_interval_is_of(id_, of):
    assert kind(id_) == of


def test_rows_that_are_kept_are_not_made_again(tmp_path, monkeypatch):
    monkeypatch.setattr(gc, "disable", lambda: None)
    assert rows_of(tmp_path, "4000-1-all", lambda: {"rows": [], "after": {}}) == {"rows": [], "after": {}}
    (tmp_path / "4000-1-02.json").write_text(json.dumps({"rows": [{"notebook": "02"}], "after": {"x": 1}}))
    assert one(1, tmp_path, 4000, ()) == {"rows": [{"notebook": "02"}], "after": {"x": 1}}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["4000-1-02.json", "4000-1-all.json"]
