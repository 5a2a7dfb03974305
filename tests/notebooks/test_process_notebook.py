"""The page of processes and readiness on firms unlike the sample: other tables missing, other shapes, few cases."""

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from paths import ROOT
from traitlets.config import Config

import cxresearch as cx
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.kernels.sections import Sections
from cxresearch.report.needs import lacking

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


def run(monkeypatch, workspace, **given):
    """Run the notebook in this process as a report does; what each cell shows, as text."""
    monkeypatch.setattr(cx, "open", lambda data: workspace)
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    sections = Sections(cells, lacking(workspace))
    shell, shown = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}})), {}
    for index, cell in enumerate(cells):
        sections.begin(index)
        if cell.cell_type != "code" or index in sections.left_out:
            continue
        done = shell.run_cell(cell.source)
        if isinstance(done.error_in_exec, cx.NotEnough):
            sections.leave_out(index, str(done.error_in_exec))
            continue
        done.raise_error()
        if "parameters" in cell.metadata.get("tags", []):
            shell.push(given)
        if done.result is not None:
            shown[index] = done.result._repr_mimebundle_()["text/plain"]
    for index in sections.left_out:
        shown[index] = "\n".join(output.data["text/plain"] for output in cells[index].get("outputs", []))
    return "\n".join(shown[index] for index in sorted(shown))


def page(monkeypatch, workspace, **tables):
    return run(monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()}))


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
