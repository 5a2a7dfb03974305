"""The answers of the board: each verdict of a model has its words, and what cannot be told is said to be so."""

from types import SimpleNamespace as Some

import numpy as np
import pandas as pd
import pytest

from cxresearch.readings import answers


def standing(*highs):
    return pd.DataFrame(
        {
            "spi_t_low": 0.5,
            "spi_t_high": [s for s, _ in highs],
            "cpi_low": 0.5,
            "cpi_high": [c for _, c in highs],
        },
    )


@pytest.mark.parametrize(
    ("highs", "ahead", "text"),
    [
        ([(1.1, 0.9), (0.9, 0.9), (1.2, 1.2)], (0.2, 0.0), "Of 3 open projects, 2 are clearly over budget and 1 is clearly behind schedule. Together they are forecast to finish 20.0% above their first budgets."),
        ([(1.1, 1.1)], None, "Of 1 open project, none is clearly over budget or behind schedule."),
    ],
)  # fmt: skip
def test_open_projects(highs, ahead, text):
    assert answers.programme(standing(*highs), ahead).text == f"{answers.HEALTHY} {text}"


def test_projects_that_cannot_be_judged_and_rates():
    blind = standing((1.0, 1.0)).assign(spi_t_low=np.nan, cpi_low=np.nan)
    assert "No open project reports enough" in answers.programme(blind, None).text
    rate = pd.DataFrame(
        {"metric": ["project failure rate"], "estimate": [0.46], "low": [0.37], "high": [0.62]}
    )
    assert "46.0% (37.0% to 62.0%) of projects fail." in answers.failing(rate).text
    assert answers.failing(rate.assign(estimate=np.nan)).text == ""


def test_who_is_leaving():
    risk = Some(expected_=(112.4, 88.0, 132.0), n_=3640, due_on_=["2026-12-31"], top_risk_=0.184)
    said = "About 110 (90 to 130) of 3,640 customers are expected to leave by 2026-12-31. In the tenth at highest risk the probability is 18.4% on average."
    assert answers.leaving(risk).text == f"{answers.LEAVING} {said}"
    few = Some(expected_=(4.2, 0.0, 9.0), n_=3640, due_on_=[], top_risk_=0.01)
    assert "Fewer than 10 of 3,640 customers are expected to leave." in answers.leaving(few).text
    reasons = pd.DataFrame({"feature": ["tenure_days", "plan"], "estimate": [0.4, np.nan]})
    assert "Most closely associated with it: tenure days." in answers.leaving_with(reasons).text
    assert "cannot be told" in answers.leaving_with(reasons.head(0)).text


def test_what_goes_with_loyalty():
    table = pd.DataFrame(
        {"announced": [True, False], "rank": [1, 2], "share": [0.6, 0.4]}, index=["ease", "price"]
    )
    assert (
        "Ease (60%) goes with recommend most"
        in answers.loyalty_goes_with(Some(importance_=table), "recommend").text
    )
    two = Some(importance_=table.assign(announced=True))
    assert (
        "Ease (60%) and price (40%) go with recommend most"
        in answers.loyalty_goes_with(two, "recommend").text
    )
    none = Some(importance_=table.assign(announced=False))
    assert "No single driver goes with recommend" in answers.loyalty_goes_with(none, "recommend").text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ((0.8, 0.7, 0.9), "stay longer: 0.80 (0.70 to 0.90) times the rate of leaving"),
        ((1.2, 1.1, 1.3), "stay less long"),
        ((0.9, 0.7, 1.1), "cannot be told"),
    ],
)
def test_whether_the_loyal_stay(ratio, text):
    lived = Some(hazard_ratio_=pd.Series(ratio, ["estimate", "low", "high"]))
    assert text in answers.staying(lived).text
    assert answers.staying(Some(hazard_ratio_=pd.Series(np.nan, ["estimate", "low", "high"]))).text == ""


def test_where_it_is_uneven():
    row = {
        "department": "Billing",
        "verdict": "lagging",
        "distance": -0.92,
        "distance_low": -1.28,
        "distance_high": -0.56,
    }
    steady = Some(departments_=pd.DataFrame([row]))
    assert (
        "Billing lags the mean of departments by 0.92 (0.56 to 1.28) points." in answers.uneven(steady).text
    )
    calm = Some(departments_=pd.DataFrame([row | {"verdict": "as others"}]))
    assert "no department clearly lags" in answers.uneven(calm).text
    assert answers.uneven(Some(departments_=pd.DataFrame())).text == ""
    seen = pd.DataFrame(
        {"department": ["Sales", "Billing", "Service"], "verdict": ["overrated", "overrated", "no gap"]}
    )
    assert "in Sales and Billing." in answers.overrated(Some(departments_=seen)).text
    five = pd.DataFrame({"department": list("ABCDE"), "verdict": "overrated"})
    assert "in A, B, C, D and E." in answers.overrated(Some(departments_=five)).text
    many = pd.DataFrame({"department": list("ABCDEFGH"), "verdict": "overrated"})
    assert "in A, B, C and 5 other departments." in answers.overrated(Some(departments_=many)).text
    assert answers.overrated(Some(departments_=seen.tail(1))).text == ""
