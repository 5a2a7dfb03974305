"""The page of processes and readiness on firms unlike the sample: other tables missing, other shapes, few cases."""

import nbformat
import numpy as np
import pandas as pd
import pytest
from paths import ROOT

from cxresearch.contract.tables import READINESS_ITEMS
from tests.notebooks.test_touchpoint_notebook import run_book

NOTEBOOK = ROOT / "notebooks" / "02_process_and_readiness.ipynb"


def log(cases=400, seed=1):
    """A firm with one process of four steps that began in the middle of a month; steps carry a cost, no complexity, no outcome."""
    rng = np.random.default_rng(seed)
    rows = []
    for case in range(cases):
        at = pd.Timestamp("2025-03-17") + pd.Timedelta(days=float(rng.uniform(0, 500)))
        for step in ("ask", "answer", "check", "close"):
            if step == "check" and rng.random() < 0.2:
                continue
            at += pd.Timedelta(hours=float(rng.exponential(9)))
            rows.append((f"c{case}", "claim", step, at, float(rng.uniform(2, 5))))
    frame = pd.DataFrame(rows, columns=["case_id", "process", "activity", "finished_at", "cost"])
    return frame.assign(step_id=[f"s{k}" for k in range(len(frame))])


def model():
    rows = {"process": "claim", "activity": ["ask", "answer", "check", "close"], "position": [1, 2, 3, 4]}
    return pd.DataFrame(rows | {"rule": ["must", "must", "may", "must"]})


def answers(n=1):
    rows = [("us", "2026-06-01", f"r{k}", item, 2) for k in range(n) for item in READINESS_ITEMS]
    return pd.DataFrame(rows, columns=["organisation_id", "assessed_on", "respondent_id", "item", "score"])


def page(monkeypatch, workspace, **tables):
    """What each cell shows of a firm with these tables and no others, as text."""
    return run_book(
        NOTEBOOK, monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()})
    )


def test_a_log_with_costs_and_nothing_else(monkeypatch, workspace):
    text = page(monkeypatch, workspace, process_steps=log(), process_models=model())
    assert "Not assessed: there is no table process_changes" in text
    assert "Not assessed: no step of a process names its KPI" in text
    assert "process_steps has no column is_resolved" in text
    assert "Not assessed: there is no table readiness_answers" in text
    assert "claim: fitness" in text and "M not assessed" in text


def test_readiness_by_one_respondent_without_a_year(monkeypatch, workspace):
    text = page(monkeypatch, workspace, readiness_answers=answers())
    assert "by 1 respondent" in text and "made up" in text
    assert "Not assessed: the firm does not say in which year of implementation it is" in text
    assert "The firm does not say in which year it is" in text


def test_a_handful_of_cases_is_withheld(monkeypatch, workspace):
    text = page(monkeypatch, workspace, process_steps=log(7), process_models=model())
    assert "No process has ten closed cases" in text and "base under 10" in text


@pytest.mark.parametrize("cell", ["process-33", "process-40"])
def test_the_stored_page_marks_the_synthetic_benchmark(cell):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    output = next(c for c in notebook.cells if c.id == cell).outputs[0]["data"]
    assert "synthetic benchmark: made up" in output["text/plain"]
