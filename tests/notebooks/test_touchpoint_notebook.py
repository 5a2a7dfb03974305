"""The touchpoint notebook on workspaces that lack most of what it could use."""

import nbformat
import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from paths import ROOT
from traitlets.config import Config

import cxresearch as cx
from tests.models.touchpoints.test_consistency import company

NOTEBOOK = ROOT / "notebooks" / "03_touchpoints.ipynb"
PUBLIC = ROOT / "tests" / "public"


def run(monkeypatch, workspace, **given):
    """Run the code cells in this process; what each shows, as text."""
    monkeypatch.setattr(cx, "open", lambda data: workspace)
    shell, shown = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}})), []
    for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        done = shell.run_cell(cell.source)
        done.raise_error()
        if "parameters" in cell.metadata.get("tags", []):
            shell.push(given)
        if done.result is not None:
            shown.append(done.result._repr_mimebundle_()["text/plain"])
    return "\n".join(shown)


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
    said = run(monkeypatch, workspace(**{name: t.to_csv(index=False) for name, t in tables.items()}))
    assert "Not assessed" not in said
    assert "Billing lags" in said
    assert "Staff see Billing better than customers do" in said


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (contacts(8), "fewer than two departments"),
        (contacts(1), "No cell has ratings that may be shown"),
        (contacts(300)[["interaction_id", "customer_id", "started_at", "touchpoint", "channel"]], "no contact has a satisfaction"),
        (contacts(2000).drop(columns="complexity"), "no department is said to lag: it may have the harder work"),
        (contacts(2000, complexity=np.nan, agent_id=None), "no contact names an agent"),
        (contacts(400, satisfaction=7.0), "ratings do not differ within departments"),
        (contacts(600, started_at="2021-01-01T00:00:00Z"), "no contact has a satisfaction"),
        (contacts(600, channel="phone", touchpoint="the one"), "all contacts have the same channel"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(monkeypatch, workspace, table, expected):
    said = run(monkeypatch, workspace(interactions=table.to_csv(index=False)))
    assert expected in said
    assert "there are no staff ratings" in said
    assert "nan" not in said.lower().replace("finance", "")


@pytest.mark.parametrize(("name", "day"), [("bank_callcentre", "1999-02-28"), ("helpdesk", "2013-06-30")])
def test_public_contacts_without_ratings(monkeypatch, public_data, name, day):
    ws = cx.open(public_data / name, described_by=PUBLIC / name)
    said = run(monkeypatch, ws, as_of=day)
    assert "no contact has a satisfaction" in said and "0% of" in said
