"""Page 01 again: the failure rate with the undecided censored, the indices of earned value from the last status report, and the date they forecast."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

AS_OF = pd.Timestamp("2026-09-30")
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_project_health.ipynb"


@pytest.fixture(scope="module")
def page(published):
    return published("01_project_health")


@pytest.fixture(scope="module")
def decided(tables):
    """Days under observation, and whether a project failed (True), succeeded (False) or is undecided (None).

    It failed if cancelled, or if a year after its finish it brought less than half of the planned benefit.
    """
    projects = tables("projects")
    counted = projects["finished_on"] + pd.DateOffset(months=12)
    is_cancelled = (projects["outcome"] == "cancelled") & (projects["finished_on"] <= AS_OF)
    is_counted = (projects["outcome"] == "delivered") & (counted <= AS_OF)
    short = projects["benefit_realised"] < projects["benefit_planned"] / 2
    failed = (is_cancelled | (is_counted & short)).where(is_cancelled | is_counted)
    told_on = projects["finished_on"].where(is_cancelled, counted.where(is_counted, AS_OF))
    return (told_on - projects["started_on"]).dt.days + 1, failed


def test_failure_rate_with_the_undecided_censored(page, decided):
    """F(t) = Σ S(t − 1) d/n for failed and for succeeded; the rate is the one over both; limits pointwise on log(−log), each of its own."""
    days, failed = decided
    survival, told = 1.0, {True: 0.0, False: 0.0}
    for day in np.sort(days[failed.notna()].unique()):
        now, n = failed[days == day].dropna(), (days >= day).sum()
        for outcome in told:
            told[outcome] += survival * (now == outcome).sum() / n
        survival *= 1 - len(now) / n
    assert page.agrees("project failure rate", told[True] / (told[True] + told[False]), slack=0.005)
    metric = next(name for name in page if name.startswith("failed by month"))
    assert page.agrees(metric, told[True], slack=0.005)


def test_failure_rate_of_decided_projects(page, decided):
    failed = decided[1].dropna().astype(bool)
    n, p, z = len(failed), failed.mean(), 1.959964
    centre, reach = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    limits = ((centre - reach) / (1 + z * z / n), (centre + reach) / (1 + z * z / n))
    assert page.agrees("failure rate of decided projects (too high: failures show first)", p, *limits)


@pytest.fixture(scope="module")
def furthest_from_plan():
    """The page's table of the open projects furthest from plan, as text."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(o.get("data", {}).get("text/plain", "")) for c in cells for o in c.get("outputs", [])]
    lines = next(text for text in texts if text.startswith("The ten open projects")).splitlines()[1:]
    header, *body = (re.split(r"\s{2,}", line.strip()) for line in lines)
    table = pd.DataFrame(body, columns=header)
    return table.set_index(table["project"].str.split().str[-1])


def test_earned_value_of_the_projects_furthest_from_plan(tables, furthest_from_plan):
    """CPI = EV/AC, SPI = EV/PV, SPI(t) = ES/AT, ES the month at which the plan had reached what is earned (Lipke 2003)."""
    status, projects = tables("project_status"), tables("projects").set_index("project_id")
    for key, told in furthest_from_plan.iterrows():
        own = status[(status["project_id"] == key) & (status["status_on"] <= AS_OF)].sort_values("status_on")
        last = own.iloc[-1]
        assert int(told["reports"]) == len(own)
        assert float(told["CPI"]) == pytest.approx(last["earned_value"] / last["actual_cost"], rel=6e-3)
        assert float(told["SPI"]) == pytest.approx(last["earned_value"] / last["planned_value"], rel=6e-3)
        planned = np.r_[0, own["planned_value"]]
        reached = np.flatnonzero(planned <= last["earned_value"])[-1]
        if reached + 1 == len(planned):
            continue  # ahead of plan: the rest of the plan is not in the table
        part = (last["earned_value"] - planned[reached]) / (planned[reached + 1] - planned[reached])
        begun = projects.loc[key, "started_on"]
        assert begun.day == 1
        assert float(told["SPI(t)"]) == pytest.approx((reached + part) / len(own), rel=6e-3)


def test_date_at_which_earned_schedule_forecasts_the_finish(tables, furthest_from_plan):
    """Start + PD/SPI(t) months, PD the planned months, told as the month's end at which it will be reported (Lipke 2003)."""
    status, projects = tables("project_status"), tables("projects").set_index("project_id")
    checked = 0
    for key, told in furthest_from_plan.iterrows():
        own = status[(status["project_id"] == key) & (status["status_on"] <= AS_OF)].sort_values("status_on")
        begun, planned = projects.loc[key, "started_on"], projects.loc[key, "planned_finish_on"]
        whole = (planned.year - begun.year) * 12 + planned.month - begun.month + 1
        assert begun.day == 1 and planned.is_month_end
        earned, plan = own["earned_value"].iloc[-1], np.r_[0, own["planned_value"]]
        reached = np.flatnonzero(plan <= earned)[-1]
        if reached + 1 == len(plan):
            continue  # ahead of plan
        schedule = reached + (earned - plan[reached]) / (plan[reached + 1] - plan[reached])
        months = max(int(np.ceil(whole * len(own) / schedule - 1e-6)), len(own))
        finish = begun + pd.offsets.MonthEnd(months)
        assert told["forecast finish"] == f"{finish:%Y-%m-%d}", key
        checked += 1
    assert checked >= 5
