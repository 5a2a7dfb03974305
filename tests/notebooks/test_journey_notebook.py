"""The journey notebook on workspaces that lack most of what it could use."""

import ast

import nbformat
import numpy as np
import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from tests.notebooks.test_touchpoint_notebook import run_book

NOTEBOOK = ROOT / "notebooks" / "04_journeys.ipynb"
PUBLIC = ROOT / "tests" / "public"
LOG = ["interaction_id", "case_id", "started_at", "touchpoint", "channel"]


def run(monkeypatch, workspace, **given):
    return run_book(NOTEBOOK, monkeypatch, workspace, **given)


def contacts(n=1200, customers=400, seed=1):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"interaction_id": range(n), "customer_id": rng.integers(0, customers, n), "case_id": range(n)}
    )
    day = pd.Timestamp("2025-10-02") + pd.to_timedelta(rng.integers(0, 360, n), unit="D")
    frame["started_at"] = day.strftime("%Y-%m-%dT10:00:00Z")
    frame["touchpoint"], frame["channel"] = (
        rng.choice(["order", "fault", "advice"], n),
        rng.choice(["phone", "web"], n),
    )
    frame["job"], frame["complexity"] = rng.choice(["pay", "move"], n), rng.normal(size=n).round(2)
    frame["is_automated"], frame["is_resolved"] = rng.random(n) < 0.3, rng.random(n) < 0.8
    frame["wait_seconds"], frame["handle_seconds"] = rng.integers(0, 400, n), rng.integers(30, 400, n)
    frame["department"], frame["is_sla_met"] = rng.choice(["Sales", "Service"], n), rng.random(n) < 0.9
    for name in ("satisfaction", "emotion", "effort"):
        frame[name] = rng.integers(1, 8, n)
    return frame


def contracts(customers=400, seed=1):
    rng = np.random.default_rng(seed)
    left = rng.random(customers) < 0.3
    ended = pd.Timestamp("2025-12-01") + pd.to_timedelta(rng.integers(0, 290, customers), unit="D")
    frame = pd.DataFrame(
        {"contract_id": range(customers), "customer_id": range(customers), "started_on": "2024-05-01"}
    )
    return frame.assign(ended_on=np.where(left, ended.strftime("%Y-%m-%d"), ""))


def csv(**tables):
    return {name: table.to_csv(index=False) for name, table in tables.items()}


def test_what_everything_is_there_says_and_null_data_announces_nothing(monkeypatch, workspace):
    text = run(monkeypatch, workspace(**csv(interactions=contacts(), contracts=contracts())))
    assert text.count("Not assessed") == 0, [line for line in text.split("\n") if "Not assessed" in line]
    assert "No weak point stands out among 3 touchpoints" in text
    assert "Where is the experience uneven?" not in text
    assert "List passed_weak_point: 0 customers." in text
    assert "nan" not in text and "Fewer than 30 contacts were given up" in text


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (contacts(8), ["no step from one touchpoint to the next was taken by 10 customers"]),
        (contacts(300)[LOG], ["Contacts name no customer, so that intervals are clustered by case", "interactions has no column satisfaction", "there is no table contracts or orders"]),
        (contacts(300).assign(started_at="2026-09-20T10:00:00Z", is_automated=False), ["no journey is known from its beginning to its end", "Not assessed: no contact was automated"]),
        (contacts(40), ["no touchpoint was passed by 30 customers and left out by as many"]),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(monkeypatch, workspace, table, expected):
    text = run(monkeypatch, workspace(interactions=table.to_csv(index=False)))
    for sentence in expected:
        assert sentence in text
    assert "nan" not in text.lower()


@pytest.mark.parametrize(("name", "day"), [("receipt", "2012-01-31")])
def test_an_event_log_is_told_as_journeys(monkeypatch, public_data, name, day):
    ws = cx.open(public_data / name, described_by=PUBLIC / name)
    text = run(monkeypatch, ws, as_of=day, window_months=48)
    assert "so the graph is a picture of counted steps and not a model" in text
    assert "The commonest ways are" in text and "nan" not in text
    assert "Not assessed: interactions has no column satisfaction" in text


def test_the_notebook_holds_no_guards():
    conditions = 0
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type == "code":
            guards = (ast.If, ast.comprehension, ast.FunctionDef, ast.Try)
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, guards)]
            conditions += sum(isinstance(node, ast.IfExp) for node in ast.walk(ast.parse(cell.source)))
    assert conditions <= 1  # contracts, which a customer's worth may do without
