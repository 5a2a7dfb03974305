"""The page on tied pay on firms unlike the sample: columns missing, three teams, one start, ends in mid-month."""

import numpy as np
import pandas as pd
from paths import ROOT

from tests.notebooks.test_touchpoint_notebook import run_book

NOTEBOOK = ROOT / "notebooks" / "10_pay.ipynb"


def contracts(teams=24, seed=1, without=(), monthly=0.03):
    """Contracts signed on any day from 2023 on, left with one probability a month; those who left are called churned."""
    random = np.random.default_rng(seed)
    n = teams * 60
    start = pd.Timestamp("2023-01-01") + pd.to_timedelta(random.integers(0, 900, n), unit="D")
    end = start + pd.to_timedelta((random.exponential(30 / monthly, n)).astype(int), unit="D")
    frame = pd.DataFrame(
        {
            "contract_id": [f"k{k}" for k in range(n)],
            "customer_id": [f"c{k}" for k in range(n)],
            "started_on": start,
            "ended_on": pd.Series(end).where(end < pd.Timestamp("2026-09-30")),
            "team_id": [f"north {k % teams}" for k in range(n)],
            "monthly_amount": random.lognormal(4, 0.3, n).round(2),
        }
    )
    frame["status_reported"] = np.where(frame["ended_on"].isna(), None, "Churned")
    return frame.drop(columns=list(without))


def plans(teams, day="2025-04-01"):
    return pd.DataFrame({"team_id": [f"north {k}" for k in teams], "started_on": day, "is_tied": "true"})


def page(monkeypatch, workspace, table, plan):
    return run_book(
        NOTEBOOK,
        monkeypatch,
        workspace(contracts=table.to_csv(index=False), pay_plans=plan.to_csv(index=False)),
    )


def test_a_firm_that_signs_on_any_day_and_reports_churned(monkeypatch, workspace):
    text = page(monkeypatch, workspace, contracts(), plans(range(0, 24, 2)))
    assert "12 of 24 teams began a plan, in the period from 2025-04; 12 never did." in text
    assert "the week after it" in text
    assert "None of the" in text
    assert "Traceback" not in text


def test_without_reports_and_amounts_the_rest_stands(monkeypatch, workspace):
    text = page(
        monkeypatch, workspace, contracts(without=["status_reported", "monthly_amount"]), plans(range(12))
    )
    assert "Not assessed: contracts has no column status_reported" in text
    assert "Not assessed: contracts has no column monthly_amount" in text
    assert "The comparison is before and after with controls" in text


def test_three_teams_are_too_few(monkeypatch, workspace):
    text = page(monkeypatch, workspace, contracts(3), plans([0, 1]))
    assert "Not assessed: fewer than five teams began a plan within the records, together with others" in text
    assert "Teams on a plan report" in text  # what needs no comparison of courses still stands


def test_all_teams_at_once_have_no_comparison(monkeypatch, workspace):
    text = page(monkeypatch, workspace, contracts(), plans(range(24)))
    assert "nothing shows what would have happened anyway" in text
    assert "Teams kept" not in text


def test_no_plan_had_started(monkeypatch, workspace):
    text = page(monkeypatch, workspace, contracts(), plans(range(12), "2026-12-01"))
    assert "Not assessed: plans has no rows" not in text
    assert "no plan that ties pay to retention had started" in text
