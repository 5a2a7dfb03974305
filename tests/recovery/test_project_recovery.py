"""What is planted in the sample company's projects comes back: causes of failure, liars, rates and forecasts."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import (
    EarnedValue,
    ProjectFailure,
    ProjectFailureRate,
    ProjectHealth,
    RiskUpdate,
    Watermelons,
)
from cxresearch.sample import write
from cxresearch.sample.parameters import Truth
from cxresearch.sample.projects import gate_register, planted_log_odds
from cxresearch.sample.truth import stored
from cxresearch.stats.roc import auc
from tests.coverage.coverage_of_failure import coefficients
from tests.portfolios import portfolio

PLANTED = pd.Series(planted_log_odds())
ORACLE = stored()["projects.auc"]["value"]  # .808


def test_every_coefficient_at_five_thousand():
    gate, failed = gate_register(5000, seed=2)
    model = ProjectFailure(repeats=1).fit(gate, failed)
    assert not model.dropped_
    error = (model.high_ - model.low_)[PLANTED.index] / (2 * 1.959964)
    off = (model.params_[PLANTED.index] - PLANTED) / error
    assert off.abs().max() < 3, off.round(2).to_dict()
    worth = model.performance().set_index("metric")
    auc = worth.loc["AUC"]
    assert auc["low"] < ORACLE < auc["high"]
    slope = worth.loc["calibration slope (ideal 1)"]
    assert slope["low"] < 1 < slope["high"] and model.slope_ > 0.97


def test_intervals_and_signs_at_a_hundred_and_twenty():
    """The whole count, over 200 portfolios, is in tests/coverage/coverage_of_failure.py."""
    table = coefficients(40)
    assert table["coverage"].mean() == pytest.approx(0.95, abs=0.04)
    assert table["coverage"].min() > 0.84
    strong = ["people", "process", "sponsor", "ln_budget", "creep"]
    assert table.loc[strong, "sign"].min() > 0.85
    assert np.abs(table["mean"] - table["planted"]).max() < 0.25


def test_from_the_null_company_no_cause_comes_back():
    gate, failed = gate_register(5000, seed=4, p=Truth().null().projects)
    model = ProjectFailure(repeats=1).fit(gate, failed)
    outside = ((model.low_ > 0) | (model.high_ < 0))[PLANTED.index].sum()
    assert outside <= 2
    auc = model.performance().iloc[0]
    assert auc["low"] < 0.5 or auc["estimate"] < 0.53


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """Many portfolios' worth of projects: as known half way through six years, and as they ended."""
    folder = tmp_path_factory.mktemp("later")
    write(folder, customers=120_000, months=72, tables=["projects", "project_status"])
    ws, day = cx.open(folder), "2023-09-30"
    register, status = (
        cx.features.projects(ws, day).to_pandas(),
        cx.features.project_status(ws, day).to_pandas(),
    )
    ended = cx.features.projects(ws, "2026-09-30").to_pandas().set_index("project_id")
    return register, status, ended, EarnedValue().fit(status, register)


def test_the_rate_is_that_of_the_plan_and_not_of_the_decided(later):
    register = later[0]
    rate = ProjectFailureRate().fit(register, "2023-09-30")
    truth = stored()["projects.failure_rate"]["value"]  # .458
    naive, _, own = rate.summary()["estimate"]
    assert naive > truth + 0.08
    assert own == pytest.approx(truth, abs=0.035)
    assert rate.between_[0] < truth < rate.between_[1]


def test_probabilities_of_open_projects_come_true(later):
    register, _, ended, earned = later
    register = register.assign(
        creep=register["project_id"].map(earned.status_.set_index("project_id")["creep"])
    )
    rate = ProjectFailureRate().fit(register, "2023-09-30").rate_
    model = ProjectFailure(repeats=1).fit(register, rate=rate)
    gate = model.predict(register)
    update = RiskUpdate().fit(earned.months_, gate, model, register)
    ids = register.loc[
        register["outcome"].isna() & register["project_id"].isin(earned.status_["project_id"]), "project_id"
    ]
    happened = ended.loc[ids, "has_failed"].astype("boolean")
    ids, happened = ids[happened.notna().to_numpy()], happened.dropna().astype(float).to_numpy()
    now = update.now().loc[ids, "probability"].to_numpy()
    assert len(now) > 200
    error = np.sqrt((now * (1 - now)).sum()) / len(now)
    assert abs(now.mean() - happened.mean()) < 4 * error
    before = gate.loc[ids, "probability"].to_numpy()
    assert ((now - happened) ** 2).mean() < ((before - happened) ** 2).mean()  # reports make it better
    assert auc(happened, now)[0] > 0.68


def test_finish_and_cost_fans_hold_what_came(later):
    earned = later[3]
    open_now = later[0].loc[later[0]["outcome"].isna(), "project_id"]
    came = later[2].loc[open_now].query("outcome == 'delivered'")
    said = earned.status_.set_index("project_id").reindex(came.index).query("n >= 3")
    came = came.loc[said.index]
    finish = (said["finish_low"] <= came["finished_on"]) & (came["finished_on"] <= said["finish_high"])
    cost = (said["eac_low"] <= came["actual_cost"]) & (came["actual_cost"] <= said["eac_high"])
    assert finish.mean() > 0.94
    assert cost.mean() > 0.92


def test_watermelons_are_called_with_care(later, tmp_path):
    """Precision and recall against two truths: green while SPI(t) to date is below .95; and while the project has no PMO, inflates, and is late."""
    write(tmp_path, tables=["projects", "project_status"])
    ws = cx.open(tmp_path)
    register, status = (
        cx.features.projects(ws, "2026-09-30").to_pandas(),
        cx.features.project_status(ws, "2026-09-30").to_pandas(),
    )
    model = Watermelons().fit(EarnedValue().fit(status, register).months_)
    rows = model.reports_
    score = model.score(rows["is_green"] & rows["is_late"]).set_index("metric")
    assert score.loc["precision", "estimate"] == 1.0
    assert 0.25 < score.loc["recall", "estimate"] < 0.55
    has_pmo = (
        ws.frame("projects").set_index("project_id")["has_pmo"].reindex(rows["project_id"]).to_numpy(bool)
    )
    called = rows["is_watermelon"].to_numpy()
    assert called.sum() >= 20
    assert (~has_pmo[called]).mean() > 0.9  # nearly all that are called do inflate


def test_in_null_companies_nobody_is_singled_out(tmp_path):
    """Six companies in which projects fail at random: no cause, no order, no risky project to point at."""
    sure = predictors = ordered = 0
    for seed in range(6):
        folder = tmp_path / str(seed)
        write(folder, seed=seed, null=True, tables=["projects", "project_status"])
        ws = cx.open(folder)
        register, status = (
            table(ws, "2026-09-30").to_pandas()
            for table in (cx.features.projects, cx.features.project_status)
        )
        found = ProjectHealth().fit(register, status, "2026-09-30")
        odds = found.failure_.summary()
        sure += int(((odds["low"] > 1) | (odds["high"] < 1)).sum())
        predictors += len(odds)
        gap = found.failure_by_order().set_index("metric").loc["difference in failure rate"]
        ordered += bool(gap["low"] > 0 or gap["high"] < 0)
        assert found.risks_["probability"].max() - found.risks_["probability"].min() < 0.4, seed
        assert found.rate_.between_[0] < 0.458 < found.rate_.between_[1]
    assert sure <= 0.15 * predictors and ordered <= 1


def test_what_was_known_at_the_gate_fades_as_projects_go_on():
    """Who was to fail soon has been cancelled, so that among those still running the gate tells less."""
    health = portfolio(2, customers=120_000).health
    fades = health.update_.params_.loc["gate log-odds × share of the planned time used"]
    assert fades["high"] < 0
    assert len(health.update_.summary()) == 3
