"""The board's five verdicts on Northgate are what is planted in it: read from the notebooks' stored outputs, which nbval holds against a fresh run."""

import json

import pytest
from paths import ROOT

from cxresearch.display import QUESTIONS, READING
from cxresearch.proposal import PROPOSAL
from cxresearch.report.proposals import judged
from cxresearch.sample.parameters import Truth

TRUTH = Truth()
HEALTHY, LEAVING, LOYAL, UNEVEN, _ = QUESTIONS


@pytest.fixture(scope="module")
def told():
    """Every answer by its question, the clauses of the sentence on top, and the candidates for decisions."""
    answers, clauses, candidates = {}, [], []
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                data = output.get("data", {})
                reading = data.get(READING, {})
                answers.setdefault(reading.get("question"), []).append(reading.get("text"))
                clauses += [reading["clause"]] if "clause" in reading else []
                candidates += [data[PROPOSAL] | {"notebook": path.stem}] if PROPOSAL in data else []
    return {
        "answers": {question: " ".join(map(str, texts)) for question, texts in answers.items()},
        "clauses": clauses,
        "candidates": candidates,
    }


def largest(planted, count=1):
    return sorted(planted, key=planted.get, reverse=True)[:count]


def test_projects_cost_more_than_planned(told):
    assert TRUTH.projects.cost[0] > 0  # on the log scale
    said = told["answers"][HEALTHY]
    assert "are clearly over budget" in said and "above their first budgets" in said


def test_customers_leave_at_renewal_and_the_money_leaves_with_key_accounts(told):
    contracts = TRUTH.contracts
    assert contracts.base_renewal > contracts.base_monthly
    assert largest(contracts.amount_median) == ["key_account"]
    assert largest(TRUTH.people.segment) == ["B2C"]
    said = told["answers"][LEAVING]
    assert "months to renewal" in said
    assert "were B2C customers" in said and "Key account customers account for" in said


def test_loyalty_goes_with_the_two_strongest_drivers(told):
    assert largest(TRUTH.survey.driver, 2) == ["reliability", "ease"]
    assert told["answers"][LOYAL].lower().index("reliability") < told["answers"][LOYAL].lower().index("ease")
    assert "stay longer" in told["answers"][LOYAL] and TRUTH.contracts.experience < 0


def test_the_department_planted_lowest_lags(told):
    worst = min(TRUTH.interactions.department, key=TRUTH.interactions.department.get)
    assert f"{worst} lags the mean of departments" in told["answers"][UNEVEN]
    assert largest(TRUTH.staff.gap)[0] in told["answers"][UNEVEN].split("Staff rate")[1]
    assert f"{worst} is the weak spot" in told["clauses"]


def test_the_decisions_are_those_of_planted_effects(told):
    ranked = {one["id"]: one for one in judged(told["candidates"]) if one["rank"]}
    assert set(ranked) == {"technology runs ahead", "renewals", "events to repeat"}
    assert TRUTH.projects.imbalance > 0 and "technology" in ranked["technology runs ahead"]["what"]
    assert "key account customers" in ranked["renewals"]["what"]
    assert TRUTH.events.lift["trade show"] == 0 and "trade shows" in ranked["events to repeat"]["what"]
    standing = {one["id"]: one for one in judged(told["candidates"]) if one["stands"]}
    assert (
        standing["lagging department"]["owner"] == "Billing"
    )  # has no price, so that three with one come first
    assert {"contracts grow, the shop wins as many customers as a year ago"} <= set(told["clauses"])
