"""What the page on project health says: each verdict, and what it says where values are missing."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from cxresearch import readings


def standing(**columns):
    ends = {"spi_t_low": [0.7, 0.9, np.nan], "spi_t_high": [0.9, 1.1, np.nan]}
    ends |= {"cpi_low": [0.7, 0.8, np.nan], "cpi_high": [0.9, 0.95, np.nan]}
    return pd.DataFrame(ends | columns)


def links(low, high):
    return pd.DataFrame(
        {"metric": ["creep and time", "creep and cost"], "low": [low, -0.1], "high": [high, 0.2]}
    )


def test_the_portfolio_is_counted():
    health = SimpleNamespace(register_=range(120), status_=range(1), open_=[1, 2])
    assert readings.portfolio(health).text == "120 projects are known, 2 of them open. 1 status report."


def test_open_projects_over_budget_and_behind_schedule():
    text = readings.open_projects(standing(), (0.225, 0.047), (300.0, 250.0, 400.0)).text
    assert text.startswith("Of 2 open projects with an interval, 2 are over budget and 1 is behind schedule")
    assert (
        "forecast to finish 22.5% above their first budgets; scope changes since then account for +4.7%"
        in text
    )
    assert text.endswith("At stake within 12 months: cost above plan of 300 (250 to 400).")


def test_open_projects_of_which_little_is_known():
    text = readings.open_projects(standing(spi_t_low=np.nan, cpi_low=np.nan)).text
    assert text == (
        "No open project has two reports with earned value, so schedule and cost cannot be judged. "
        "No open project reports its actual cost, so there is no forecast of cost."
    )
    text = readings.open_projects(standing(), (-0.1, 0.0)).text
    assert "10.0% below their first budgets" in text and "money at stake" not in text


def test_forecasts_that_held_and_too_few_of_them():
    rows = pd.DataFrame(
        {
            "metric": ["actual finish inside its 95% interval", "finish, mean relative error"],
            "estimate": [0.926, 0.06],
        }
    )
    assert readings.forecast_accuracy(rows).text.startswith(
        "Forecasts made half-way: actual finish inside its 95% interval in 93% of projects. The dates tested are those that would have "
        "been printed: limits rounded to the next report, which should hold the finish in at least 95%."
    )
    assert "Fewer than ten finished projects" in readings.forecast_accuracy(rows.head(0)).text


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            (9, 4, 13),
            "were too early: the actual finish came 9 days later on average (4 to 13 days after the date; 62 projects)",
        ),
        ((-9, -13, -4), "were too late: the actual finish came 9 days earlier on average (-13 to -4"),
        ((1, -4, 6), "show no clear bias (-4 to 6"),
    ],
)
def test_managers_dates(limits, said):
    stage = pd.DataFrame(
        [["first quarter", *limits, 62, 80]], columns=["stage", "estimate", "low", "high", "n", "reports"]
    )
    assert said in readings.finish_dates(SimpleNamespace(by_stage_=stage)).text


@pytest.mark.parametrize("change", [{"stage": "second quarter"}, {"n": 9}])
def test_managers_dates_of_too_few_projects(change):
    """Dates of a later stage are never told as those of the first."""
    stage = pd.DataFrame(
        [["first quarter", 9, 4, 13, 62, 80]], columns=["stage", "estimate", "low", "high", "n", "reports"]
    )
    assert (
        "its accuracy is not judged"
        in readings.finish_dates(SimpleNamespace(by_stage_=stage.assign(**change))).text
    )


def test_watermelons_and_no_green_at_all():
    latest = pd.DataFrame({"is_green": [True, True, False], "is_watermelon": [True, False, False]})
    assert readings.watermelons(latest).text.startswith(
        "1 of 2 open projects that report green is behind schedule"
    )
    assert readings.watermelons(latest.tail(1)).text == "No open project reports green at present."


def triangle(compromised, left_out=()):
    placed = pd.DataFrame(
        {"is_compromised": pd.array(compromised, "boolean"), "sacrificed": "no clear difference"}
    )
    return SimpleNamespace(projects_=placed, tolerance=0.05, left_out_=list(left_out))


def test_priorities_that_held_and_did_not():
    text = readings.sacrificed(triangle([True] * 3 + [False] * 9 + [None])).text
    assert text.startswith(
        "3 of 12 projects (25%; 9% to 53%) compromised their declared priority by more than 5%"
    )
    assert "In 13 projects, there is no clear difference" in text and "count defects differently" in text
    text = readings.sacrificed(triangle([True], ["Quality is not measured, so its slip counts as none"])).text
    assert text.startswith("Fewer than ten projects have both a declared priority")
    assert text.endswith("Quality is not measured, so its slip counts as none.")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (links(0.1, 0.4), "Clear association: creep and time."),
        (links(-0.4, -0.1), "Clear association: creep and time."),
        (links(-0.1, 0.4), "No clear association between scope creep and slip."),
        (links(0, 0).head(0), "Too few scope changes"),
    ],
)
def test_scope_creep(rows, said):
    assert readings.scope_creep(rows).text.startswith(said)


def test_the_failure_rate_beside_published_ones():
    published = pd.Series([0.18, 0.5, 0.7])
    rate = SimpleNamespace(
        n_=120,
        rate_=0.49,
        between_=(0.37, 0.62),
        open_=61,
        bounds_=(0.317, 0.825),
        left_out_=["Benefits are not recorded"],
    )
    text = readings.failure_rate(rate, published).text
    assert text.startswith(
        "49% of this company's projects fail (37% to 62%) if the 61 undecided turn out like the decided; 32% if none of them fails, "
        "82% if all do. 1 of 3 published"
    )
    assert text.endswith("Benefits are not recorded.")
    rate.open_ = 0
    assert readings.failure_rate(rate, published).text.startswith(
        "49% of this company's projects fail (37% to 62%). 1 of 3"
    )
    rate.n_ = 9
    text = readings.failure_rate(rate, published).text
    assert text.startswith("Fewer than ten projects") and "49%" not in text


def factors(low, high, auc_low=0.67, epv=5.2, further=(), penalty=float("inf")):
    odds = pd.DataFrame({"metric": ["executive sponsor"], "low": [low], "high": [high]})
    auc = pd.DataFrame({"estimate": [0.81, 0.77], "low": [auc_low, 0.6], "high": [0.89, 0.85]})
    auc["metric"] = ["AUC", "AUC without the further attributes"]
    model = SimpleNamespace(
        summary=lambda: odds, performance=lambda: auc, n_=59, failures_=38, events_per_variable_=epv
    )
    model.further_ = pd.DataFrame(further, columns=["attribute", "stands"])
    model.penalty_ = penalty
    return readings.failure_factors(model).text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (factors(0.1, 0.8), "Lower odds of failure go with: executive sponsor."),
        (factors(1.1, 2.8), "Higher odds of failure go with: executive sponsor."),
        (factors(0.1, 2.8), "No predictor shows a clear association."),
        (factors(0.1, 0.8), "81% of the time, which is better than chance (AUC 0.81; 0.67 to 0.89)"),
        (factors(0.1, 0.8, auc_low=0.45), "not clearly better than chance"),
        (factors(0.1, 0.8, auc_low=0.45), "is clear by chance alone 5% of the time: wait for more projects"),
        (
            factors(0.1, 0.8),
            "38 of 59 decided projects failed: 5.2 of the rarer outcome per predictor, so the odds ratios are indicative",
        ),
        (factors(0.1, 0.8, epv=12), "12.0 of the rarer outcome per predictor. "),
        (
            factors(0.1, 0.8, further=[("site", False)]),
            "1 further attribute was known at the gate; none of them clearly goes with",
        ),
        (
            factors(0.1, 0.8, further=[("site", False)]),
            "The probabilities do not use them: in held-out projects they predict no better.",
        ),
        (
            factors(0.1, 0.8, further=[("a_b", True), ("c", False)], penalty=30.0),
            "failure goes with a b, after correction for their number.",
        ),
        (
            factors(0.1, 0.8, further=[("a_b", True), ("c", False)], penalty=30.0),
            "AUC 0.81 in held-out projects, 0.77 without them.",
        ),
    ],
)
def test_what_goes_with_failure(text, said):
    assert said in text


def test_without_further_attributes_nothing_is_said_of_them():
    assert "further" not in factors(0.1, 0.8)


def test_an_association_is_not_doubted_where_the_model_ranks_or_none_is_clear():
    assert "by chance alone" not in factors(0.1, 0.8) + factors(0.1, 2.8, auc_low=0.45)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((0.37, 0.12, 0.56), "failed more often than the others (difference +37 points; +12 to +56)"),
        ((-0.37, -0.56, -0.12), "failed less often than the others"),
        ((0.1, -0.12, 0.56), "no clear difference in failure"),
    ],
)
def test_technology_first(limits, said):
    rows = [
        ["failed, technology first", 0.8, 0.6, 0.9, 32],
        ["failed, people first", 0.4, 0.3, 0.6, 27],
        ["difference", *limits, 59],
    ]
    groups = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n"])
    text = readings.technology_first(groups).text
    assert said in text and "could explain a difference" in text
    groups.loc[1, "n"] = 9
    assert readings.technology_first(groups).text.startswith(
        "Fewer than ten decided projects of one of the two orders"
    )
    assert "Fewer than ten" in readings.technology_first(groups.head(0)).text


def test_leads_and_lags():
    lags = pd.DataFrame({"lag": [-1, 0, 2], "low": [-0.1, -0.1, -0.1], "high": 0.2})
    sequence = SimpleNamespace(lags_=lags, left_out_=[])
    assert "no clear association" in readings.leads(sequence).text
    sequence.lags_ = lags.assign(low=0.05)
    assert "1 month later and in the same month and 2 months earlier" in readings.leads(sequence).text
    sequence.lags_, sequence.left_out_ = lags.head(0), ["Fewer than ten projects have five reports"]
    assert readings.leads(sequence).text == "Fewer than ten projects have five reports."


def test_uplifts():
    curve = pd.DataFrame(
        {"risk": [0.5, 0.2], "estimate": [0.1, 0.27], "low": [0, 0.22], "high": [0.2, 0.33], "n": 62}
    )
    text = readings.uplift(curve, "the cost").text
    assert text.startswith(
        "For a 20% risk of exceeding the estimate, add +27% (+22% to +33%) to the cost; based on 62 projects."
    )
    assert "Too few projects" in readings.uplift(curve.assign(estimate=np.nan), "the cost").text


RISKS = pd.DataFrame(
    {
        "project": ["a", "b"],
        "probability": [0.8, 0.6],
        "in_top": [0.9, 0.5],
        "first": ["sponsor", None],
        "at_risk": [10.0, 20.0],
        "rank_by_money": [2.0, 1.0],
    }
)


def test_the_risk_list():
    text = readings.risk_list(RISKS, (9.0, 5.0, 12.0)).text
    assert text.startswith(
        "2 projects are open. 1 project ranks in the top five in at least 80% of simulations"
    )
    assert (
        "goes with a lower risk, by comparison of past projects: sponsor (for 1 project). Ranked by money at risk, b comes first."
        in text
    )
    bare = RISKS.assign(in_top=np.nan, first=None, at_risk=np.nan, rank_by_money=np.nan)
    text = readings.risk_list(bare).text
    assert (
        "No projects rank" in text
        and "No single difference between projects stands out. Spending is not known" in text
    )
    assert readings.risk_list(RISKS.head(0)).text == ""


def test_what_became_of_such_high_risks_is_said():
    assert "above 80%" not in readings.risk_list(RISKS).text
    text = readings.risk_list(RISKS.assign(probability=[0.9, 0.6])).text
    assert "1 risk is above 80%: of such projects in simulated portfolios about eight in ten failed." in text


FACTS = pd.Series({
    "name": "portal", "reports": 5, "is_done": False, "finish_on": pd.Timestamp("2027-04-09"), "finish_low": pd.Timestamp("2027-02-19"),
    "finish_high": pd.Timestamp("2027-06-07"), "slip_days": 68.0, "cost": 1.7, "cost_low": 1.68, "cost_high": 1.72, "creep": 0.059,
    "priority": "cost", "sacrificed": "time", "probability": 0.92, "low": 0.64, "high": 0.99, "gate": 0.88, "first": "a sponsor", "fall": -0.14,
}, dtype=object)  # fmt: skip


def test_one_project():
    assert readings.one_project(FACTS).text == (
        "portal, 5 reports. Forecast finish 2027-04-09 (68 days after the first plan; 2027-02-19 to 2027-06-07). Forecast cost 170% of the first "
        "budget (168% to 172%); scope changes so far +5.9%. Declared priority cost; sacrificed most: time. Risk of failure 92% (64% to 99%), 88% "
        "at the first gate. What goes with a lower risk in past projects: a sponsor (−14 points at the gate)."
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_done": True, "finish_on": pd.NaT, "cost": np.nan}, "All its work is done. Declared"),
        ({"slip_days": -1.0}, "(1 day before the first plan;"),
        ({"slip_days": 0.0}, "(on the first plan;"),
        ({"finish_high": pd.NaT, "finish_low": pd.NaT}, "(68 days after the first plan; no interval)"),
        ({"cost_low": np.nan}, "of the first budget (no interval)"),
        ({"finish_on": pd.NaT, "cost": np.nan}, "No forecast of the finish. No forecast of the cost."),
        ({"priority": None}, "No declared priority; sacrificed most: time."),
        ({"low": np.nan}, "Risk of failure 92%, 88% at the first gate."),
        ({"first": None}, "at the first gate."),
    ],
)
def test_one_project_of_which_less_is_known(change, said):
    text = readings.one_project(pd.concat([FACTS.drop(list(change)), pd.Series(change, dtype=object)])).text
    assert said in text and not {"nan", "NaT", "None"} & set(text.replace("(", " ").split())


def test_one_project_without_the_other_analyses():
    missing = ["priority", "sacrificed", "probability", "low", "high", "gate", "first", "fall"]
    text = readings.one_project(FACTS.drop(missing).reindex(FACTS.index)).text
    assert text.endswith("scope changes so far +5.9%.")


@pytest.mark.parametrize(
    ("stands", "left_out", "text"),
    [
        (["kind"], [], "2 attributes were compared, with correction for their number. Failure differs by kind by more than chance explains. This is an association."),
        ([], ["site: not recorded"], "2 attributes were compared, with correction for their number. No attribute goes with failure by more than chance explains. Left out: site: not recorded."),
    ],
)  # fmt: skip
def test_which_attributes_go_with_failure(stands, left_out, text):
    tests = pd.DataFrame({"attribute": ["kind", "priority"]})
    tests["stands"] = tests["attribute"].isin(stands)
    assert readings.failure_by_attribute(SimpleNamespace(tests_=tests, left_out_=left_out)).text == text
