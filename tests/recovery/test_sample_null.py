"""The sample company's projects come back as planted, and from the null company nothing does."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import f_oneway

from cxresearch.sample import TABLES, write
from cxresearch.sample.parameters import Truth
from cxresearch.sample.projects import draw as draw_projects
from cxresearch.sample.truth import stored


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    return read(tmp_path_factory.mktemp("northgate"))


@pytest.fixture(scope="module")
def nothing(tmp_path_factory):
    return read(tmp_path_factory.mktemp("null"), null=True, customers=24_000)


def read(folder, **options):
    write(folder, **options)
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}
    return tables | {"truth": json.loads((folder / "truth.json").read_text(encoding="utf-8"))}


def within(estimate, se, truth, errors=3.0):
    assert abs(estimate - truth) < errors * se, f"{estimate:.3f} ± {se:.3f} against {truth}"


def _month(days):
    days = pd.to_datetime(days)
    return 12 * (days.dt.year - 2023) + days.dt.month - 10


def nps(recommend, weight=1.0):
    return 100 * np.average(
        (recommend >= 9) * 1.0 - (recommend <= 6), weights=weight * np.ones(len(recommend))
    )


# ---------------------------------------------------------------- G projects


def project_logit(frame, outcome):
    return sm.Logit(outcome.astype(float), sm.add_constant(frame.astype(float))).fit(disp=0)


def test_failure_has_the_planted_causes_at_scale(tmp_path):
    """From the scores in the table (2 + .8 z, one decimal), the dated creep, and who truly failed."""
    write(tmp_path, customers=800_000, tables=["projects", "project_status"])
    register = pd.read_parquet(tmp_path / "projects.parquet")
    status = pd.read_parquet(tmp_path / "project_status.parquet")
    realised = register["benefit_realised"] / register["benefit_planned"]
    failed = (register["outcome"] == "cancelled") | (realised < 0.5)
    # started early enough that delivery and the 12 months after it lie inside the window
    known = (register["started_on"] < pd.Timestamp("2024-01-01").date()) & (
        register["benefit_realised"].notna()
    )
    rate = stored()["projects.failure_rate"]["value"]
    assert failed[known].mean() == pytest.approx(rate, abs=0.05)

    planted = Truth().projects
    drawn = draw_projects(np.random.default_rng(3), 8_000, 36, planted)
    people, process, technology = drawn.z.T
    x = pd.DataFrame(
        {
            "people": people, "process": process, "technology": technology,
            "imbalance": np.maximum(0, technology - np.minimum(people, process)),
            "strategy_first": drawn.is_strategy_first, "sponsor": np.where(drawn.has_sponsor, 1, -1),
            "budget": drawn.log_budget, "creep": drawn.creep - 0.10,
        }
    )  # fmt: skip
    fit = project_logit(x, pd.Series(drawn.has_failed))
    within(fit.params["const"], fit.bse["const"], planted.intercept)
    for name in x:
        within(fit.params[name], fit.bse[name], getattr(planted, name))
    assert np.mean(drawn.has_failed) == pytest.approx(0.458, abs=0.02)  # tried: 45.8 %

    creep = (
        status.groupby("project_id")["scope_change"].sum() / register.set_index("project_id")["baseline_cost"]
    )
    done = register.set_index("project_id")["outcome"] == "delivered"
    assert creep[done].mean() == pytest.approx(0.09, abs=0.02)  # .10 in all; the delivered crept less
    score = register["people_ready"]
    assert score.mean() == pytest.approx(2, abs=0.03) and score.std() == pytest.approx(0.8, abs=0.03)


def test_status_reports_carry_the_planted_pace_and_cost(northgate):
    status, register = northgate["project_status"], northgate["projects"].set_index("project_id")
    delivered = register[register["outcome"] == "delivered"]
    planned = (
        pd.to_datetime(delivered["planned_finish_on"]) - pd.to_datetime(delivered["started_on"])
    ).dt.days
    took = (pd.to_datetime(delivered["finished_on"]) - pd.to_datetime(delivered["started_on"])).dt.days
    # finished in ⌈PD / SPI(t)⌉ months: the delivered ran at about their plan
    assert 0.85 < np.median(planned / took) < 1.1
    overrun = delivered["actual_cost"] / delivered["baseline_cost"] - 1
    assert 0 < overrun.median() < 0.2
    assert set(status["reported_rag"]) == {"green", "amber", "red"}
    with_pmo = register.loc[status["project_id"], "has_pmo"].to_numpy()
    green = status["reported_rag"].eq("green")
    assert green[~with_pmo].mean() > green[with_pmo].mean()


def test_a_portfolio_of_120_has_the_signs_of_the_design(northgate):
    register = northgate["projects"]
    closed = register[register["outcome"].notna()]
    cancelled = closed["outcome"] == "cancelled"
    assert closed.loc[cancelled, "people_ready"].mean() < closed.loc[~cancelled, "people_ready"].mean()
    assert closed.loc[cancelled, "process_ready"].mean() < closed.loc[~cancelled, "process_ready"].mean()
    assert register["outcome"].isna().sum() == pytest.approx(30, abs=12)  # tried: about 30 open


# ---------------------------------------------------------------- the null company


def test_null_contracts_leave_at_one_rate(nothing):
    c, who = nothing["contracts"], nothing["customers"].set_index("customer_id")
    c = c.join(who, on="customer_id")
    start, end = _month(c["observed_from"]), _month(c["ended_on"]).fillna(35)
    c = c.assign(months=end - start + 1, left=c["ended_on"].notna().astype(int))
    rate = c["left"].sum() / c["months"].sum()
    for column in ("segment", "acquisition_channel", "term_months", "region"):
        group = c.groupby(column)[["left", "months"]].sum()
        expected = rate * group["months"]
        assert ((group["left"] - expected).abs() < 3.5 * expected**0.5).all(), column
    # an annual contract's renewal month is a month like any other
    annual = c[c["term_months"] == 12]
    length = _month(annual["ended_on"]) - _month(annual["started_on"]) + 1
    lapsed = (length.dropna() % 12 == 0).mean()
    within(lapsed, (1 / 12 * 11 / 12 / len(length.dropna())) ** 0.5, 1 / 12, errors=3.5)


def test_null_ratings_know_no_department_channel_or_bot(nothing):
    contacts = nothing["interactions"]
    rated = contacts.dropna(subset="satisfaction")
    for column in ("department", "channel", "touchpoint", "is_automated", "agent_id", "job"):
        groups = [rows.to_numpy(float) for _, rows in rated.groupby(column)["satisfaction"]]
        assert f_oneway(*groups).pvalue > 0.001, column
    numeric = [
        "satisfaction",
        "effort",
        "emotion",
        "complexity",
        "wait_seconds",
        "handle_seconds",
        "is_sla_met",
    ]
    r = rated[numeric].astype(float).corr().iloc[:3, :].to_numpy()
    r = np.abs(r[:, 3:]).max(), abs(r[0, 1]), abs(r[0, 2]), abs(r[1, 2])
    assert max(r) < 4 / len(rated) ** 0.5
    staff = nothing["staff_ratings"]
    for level in ("staff", "executive"):
        own = staff.loc[staff["level"] == level, "rating"]
        se = np.hypot(own.std() / len(own) ** 0.5, rated["satisfaction"].std() / len(rated) ** 0.5)
        within(own.mean() - rated["satisfaction"].mean(), se, 0, errors=3.5)


def test_null_survey_has_no_drivers_and_no_selection(nothing):
    answers, truth = nothing["survey_responses"], nothing["truth"]
    x = sm.add_constant(answers.filter(like="driver_").astype(float))
    for outcome in ("recommend", "satisfaction", "effort"):
        assert sm.OLS(answers[outcome].astype(float), x).fit().f_pvalue > 0.001, outcome
    main = answers.query("survey == 'relationship'")
    all_invited = truth["realised"]["nps_of_all_invited"]
    within(nps(main["recommend"]), 81 / len(main) ** 0.5, all_invited, errors=3.5)
    said = answers.groupby("customer_id")["recommend"].mean()
    left = nothing["contracts"].set_index("customer_id")["ended_on"].notna()
    left = left.reindex(said.index).dropna().astype(bool)
    difference = said[left.index][left].mean() - said[left.index][~left].mean()
    within(difference, 2.0 / left.sum() ** 0.5, 0, errors=3.5)


def test_null_projects_fail_for_no_reason():
    drawn = draw_projects(np.random.default_rng(4), 8_000, 36, Truth().null().projects)
    x = pd.DataFrame(drawn.z).assign(
        s=drawn.is_strategy_first, p=drawn.has_sponsor, b=drawn.log_budget, c=drawn.creep
    )
    fit = project_logit(x.set_axis(list("abcdefg"), axis=1), pd.Series(drawn.has_failed))
    assert fit.llr_pvalue > 0.001
    for outcome in (np.log(drawn.pace), np.log(drawn.cost)):
        assert abs(np.corrcoef(outcome, drawn.has_failed)[0, 1]) < 3.5 / 8_000**0.5
