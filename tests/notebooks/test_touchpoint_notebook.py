"""The touchpoint notebook on workspaces that lack most of what it could use."""

import ast

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from paths import ROOT
from traitlets.config import Config

import cxresearch as cx
from cxresearch.kernels.sections import Sections
from cxresearch.report.needs import lacking
from tests.models.touchpoints.test_consistency import company

NOTEBOOK = ROOT / "notebooks" / "03_touchpoints.ipynb"
PUBLIC = ROOT / "tests" / "public"


def run(monkeypatch, workspace, **given):
    return run_book(NOTEBOOK, monkeypatch, workspace, **given)


def run_book(path, monkeypatch, workspace, **given):
    """Run a notebook in this process as a report does; what each cell shows, as text."""
    monkeypatch.setattr(cx, "open", lambda data: workspace)
    cells = nbformat.read(path, as_version=4).cells
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


def contacts(n=600, **change):
    frame = company(1, n).assign(satisfaction=lambda f: f["satisfaction"].round(2))
    frame["interaction_id"] = np.arange(n).astype(str)
    frame["started_at"] = "2026-08-01T10:00:00Z"
    return frame.assign(**change)


def test_what_everything_is_there_says(monkeypatch, workspace):
    answers = pd.DataFrame({"customer_id": np.arange(700).astype(str), "recommend": np.arange(700) % 11})
    answers = answers.assign(response_id=answers["customer_id"], responded_at="2026-08-02T10:00:00Z")
    crew = pd.DataFrame({"department": "Billing", "touchpoint": "invoice", "rating": 9 + np.arange(30) % 2})
    crew = crew.assign(rating_id=np.arange(30), wave="2026Q3")
    tables = {"interactions": contacts(3000), "survey_responses": answers, "staff_ratings": crew}
    text = run(monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()}))
    assert "Not assessed" not in text
    assert "Billing lags" in text
    assert "Staff rate the experience higher than customers do in Billing" in text


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (contacts(8), "fewer than two departments"),
        (contacts(1), "No cell has enough ratings to be shown"),
        (contacts(300)[["interaction_id", "customer_id", "started_at", "touchpoint", "channel"]], "No contact has a satisfaction rating"),
        (contacts(300)[["interaction_id", "customer_id", "started_at", "touchpoint", "channel"]], "interactions has no column satisfaction"),
        (contacts(300).drop(columns="department"), "interactions has no column department"),
        (contacts(2000).drop(columns="complexity"), "No department is called lagging: it may have the harder work"),
        (contacts(2000, complexity=np.nan, agent_id=None), "No contact names an agent"),
        (contacts(400, satisfaction=7.0), "all ratings within each department are the same"),
        (contacts(600, started_at="2021-01-01T00:00:00Z"), "there are no contacts"),
        (contacts(600, channel="phone", touchpoint="the one"), "All contacts have the same channel"),
        (contacts(600, satisfaction=np.nan), "no contact has a satisfaction rating"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(monkeypatch, workspace, table, expected):
    text = run(monkeypatch, workspace(interactions=table.to_csv(index=False)))
    assert expected in text
    assert "Not assessed: there is no table staff_ratings" in text
    assert "nan" not in text.lower().replace("finance", "")


def test_what_rests_on_a_comparison_that_fails_says_so(monkeypatch, workspace):
    text = run(monkeypatch, workspace(interactions=contacts(8).to_csv(index=False)))
    assert text.count("it rests on “Which department lags”, which was not assessed") == 2


def test_answers_of_others_are_no_loyalty_of_these_customers(monkeypatch, workspace):
    answers = pd.DataFrame({"response_id": range(40), "customer_id": "other", "recommend": 9})
    answers["responded_at"] = "2026-08-02T10:00:00Z"
    tables = {"interactions": contacts(), "survey_responses": answers}
    text = run(monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()}))
    assert "Not assessed: fewer than two touchpoints have 30 customers" in text
    tables["survey_responses"] = answers.assign(responded_at="2027-01-01T00:00:00Z")
    text = run(monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()}))
    assert "Not assessed: there are no answers on the firm as a whole" in text


@pytest.mark.parametrize(("name", "day"), [("bank_callcentre", "1999-02-28"), ("helpdesk", "2013-06-30")])
def test_public_contacts_without_ratings(monkeypatch, public_data, name, day):
    ws = cx.open(public_data / name, described_by=PUBLIC / name)
    text = run(monkeypatch, ws, as_of=day)
    assert "No contact has a satisfaction rating" in text and "The map shows the number of contacts" in text
    assert "were followed by another of the same customer within 7 days" in text
    assert ("The longest median wait is at" in text) == (name == "bank_callcentre")


def test_the_notebook_holds_no_guards():
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        assert max(map(len, cell.source.splitlines())) <= 120
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= 12
            guards = (ast.If, ast.IfExp, ast.comprehension, ast.FunctionDef, ast.Try)
            assert not [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, guards)]
