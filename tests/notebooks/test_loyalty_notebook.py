"""Notebook 05 from end to end: on real surveys, on odd workspaces, and in what it may not show."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.display import FIGURE, NOTE, READING, TABLE, not_assessed
from cxresearch.kernels.pool import KernelPool, NotebookError
from cxresearch.report.needs import lacking
from cxresearch.report.results import harvest
from cxresearch.sample import write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
NOTEBOOK = ROOT / "notebooks" / "05_loyalty_drivers.ipynb"
TABLES = ["customers", "contracts", "orders", "survey_invitations", "survey_responses"]


@pytest.fixture(scope="module")
def pool():
    with KernelPool(say=pytest.fail) as pool:
        yield pool


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, customers=4000, tables=TABLES)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


@pytest.fixture
def run(pool, tmp_path):
    """Execute the notebook on a folder or on tables, as a report does; return its results by metric, and what it says."""

    def execute(folder=None, as_of="2026-09-30", settings=None, **frames):
        if folder is None:
            folder = tmp_path / "data"
            folder.mkdir()
            for name, frame in frames.items():
                frame.to_parquet(folder / f"{name}.parquet", index=False)
        parameters = {"data": str(folder), "as_of": as_of, "draws": 200, **(settings or {})}
        done = pool.execute(
            NOTEBOOK,
            tmp_path / "done.ipynb",
            parameters,
            cwd=NOTEBOOK.parent,
            lacking=lacking(cx.open(folder)),
            line=lambda why: not_assessed(why)._repr_mimebundle_(),
        )
        outputs = [o for cell in done.notebook.cells for o in cell.get("outputs", [])]
        assert not [o for o in outputs if o.output_type in ("stream", "error")]
        readings = [o.data.get(READING, o.data.get(NOTE, {})).get("text") for o in outputs]
        readings = [text for text in readings if text]
        assert not [text for text in readings if "nan" in text or "None" in text]
        execute.outputs = outputs
        return {result["metric"]: result for result in harvest(done.notebook)}, readings

    return execute


def described(public_data, tmp_path, name):
    """A real set beside its description."""
    folder = tmp_path / "set"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "public" / name / "cxresearch.toml", folder)
    for path in (public_data / Path(name).parts[0]).glob("*.csv"):
        shutil.copy(path, folder)
    return folder


def test_a_report_from_before_the_first_answer_is_made(run, tables):
    found, readings = run(**tables, as_of="2023-09-30")
    assert not found
    assert readings == ["Not assessed: nobody has answered the survey yet."]


def test_airport_passengers(run, public_data, tmp_path):
    """San Francisco airport 2017: NPS 39.8, weighted 40.4 (SOURCE.md of the set)."""
    found, readings = run(described(public_data, tmp_path, "sfo_survey/2017"), "2017-12-31")
    assert found["NPS"]["estimate"] == pytest.approx(40.4, abs=0.05)
    assert found["NPS, unweighted"]["estimate"] == pytest.approx(39.8, abs=0.05)
    assert found["NPS"]["n"] == 2750  # 2,746 to the nearest ten
    assert found["NPS"]["method"].startswith("2017: ")
    shares = [r["estimate"] for metric, r in found.items() if metric.startswith("share of R²")]
    assert len(shares) == 14
    assert sum(shares) == pytest.approx(1, abs=0.02)  # each is published as far as its interval supports
    assert found["NPS"]["headline"]
    text = " ".join(readings)
    assert "Not assessed: survey_responses has no column comment." in text
    assert "ratings are missing; each correlation uses the respondents who gave both" in text
    assert "Not assessed: there is no table survey_invitations." in text


@pytest.mark.parametrize(
    ("name", "items"), [("mobi", "satisfaction,CUSA2,CUSA3"), ("satisfaction", "satisfaction")]
)
def test_european_satisfaction_index(run, public_data, tmp_path, name, items):
    """Perceived value or quality drives satisfaction, as in the published path models of both sets."""
    folder = described(public_data, tmp_path, f"ecsi/{name}")
    _, readings = run(folder)
    assert len(readings) == 1 and readings[0].startswith("Not assessed: ")  # nothing dates the answers
    mapping = folder / "cxresearch.toml"
    day = '[tables.survey_responses.columns]\nresponded_at = { value = "2026-05-31" }'
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("[tables.survey_responses.columns]", day))
    found, readings = run(folder, settings={"satisfaction_items": items})
    answers = pd.read_csv(folder / f"{name}.csv")
    columns = ["CUSA1", "CUSA2", "CUSA3"] if name == "mobi" else ["sat1"]
    low = 1 if answers[columns].to_numpy().min() >= 1 else 0  # the bank's customers used 0 to 10
    index = 100 * (answers[columns].to_numpy().mean() - low) / (10 - low)
    assert found["ACSI-type"]["estimate"] == pytest.approx(index, abs=0.05)  # as published
    shares = {m.split(", ")[1]: r["estimate"] for m, r in found.items() if m.startswith("share of R²")}
    assert set(shares) == {"image", "expectation", "quality", "value"}
    assert max(shares, key=shares.get) in ("quality", "value")
    assert "no NPS" in " ".join(readings)


def test_passengers_of_a_year_without_the_question(run, public_data, tmp_path):
    found, readings = run(described(public_data, tmp_path, "sfo_survey/2016"), "2016-12-31")
    assert found["CSAT"]["method"].startswith("2016Q2: ")
    assert not [metric for metric in found if metric.startswith("NPS")]
    assert "no NPS: nobody answered recommend" in " ".join(readings)


def test_one_wave_and_nothing_else(run, tables):
    answers = tables["survey_responses"].query("wave == '2026Q3'")
    found, readings = run(survey_responses=answers)
    assert "R²" in found
    assert readings[0].startswith("There is only one wave")
    assert [text for text in readings if text.startswith("Not assessed")] == [
        "Not assessed: there is no table contracts.",
        "Not assessed: there is no table orders.",
        "Not assessed: there is no table survey_invitations.",
        "Not assessed: 27 respondents wrote comments, with 0 words in common: too few to tell two themes apart.",
    ]


def test_ten_customers(run, tables):
    answers = tables["survey_responses"].query("wave == '2026Q3'").head(10)
    found, readings = run(**tables | {"survey_responses": answers})
    assert {r["flag"] for metric, r in found.items() if metric in ("NPS", "NPS, unweighted")} == {
        "indicative"
    }
    assert "R²" not in found
    assert "Not assessed: there are no drivers to compare." in readings


def test_nine_customers_show_no_number(run, tables):
    answers = tables["survey_responses"].query("wave == '2026Q3'").head(9)
    found, _ = run(survey_responses=answers)
    assert all(result["estimate"] is None for result in found.values())
    assert not [o for o in run.outputs if FIGURE in o.data]


def test_empty_optional_columns_and_a_score_that_never_varies(run, tables):
    answers = tables["survey_responses"].query("survey == 'relationship'")
    empty = answers.assign(
        weight=np.nan, comment=None, driver_ease=np.nan, satisfaction=np.nan, recommend=8.0
    )
    found, readings = run(survey_responses=empty)
    assert "R²" not in found
    assert found["NPS"]["estimate"] == 0
    assert "Not assessed: recommend does not vary: every respondent gave the same answer." in readings
    assert "Not assessed: there are no comments." in readings


def test_nothing_that_was_answered_later_is_used(run, tables):
    early, _ = run(**tables, as_of="2024-12-31")
    assert early["NPS"]["method"].startswith("2024Q4: ")
    assert not [r for r in early.values() if "2025" in r["metric"] + r["method"]]


def test_a_copied_driver_is_refused_by_name_and_can_be_left_out(pool, run, tables, tmp_path):
    answers = tables["survey_responses"].query("wave == '2026Q3'")
    answers = answers.assign(driver_copy=answers["driver_ease"])
    with pytest.raises(NotebookError, match="copy is determined by ease"):
        run(survey_responses=answers)
    found, _ = run(tmp_path / "data", settings={"leave_out_drivers": "copy"})
    assert "share of R², copy" not in found


def test_no_comment_and_no_customer_is_shown(run, tables):
    answers = tables["survey_responses"].query("survey == 'relationship'").copy()
    answers["comment"] = (
        "Miss Quillfeather answers delivery questions late, mail quill@feather.example or 0171 5550132"
    )
    answers.loc[answers.index[9:], "comment"] = "delivery questions are answered late"
    run(survey_responses=answers)
    shown = json.dumps([o.data for o in run.outputs]).lower()
    for secret in (
        "quill",
        "feather",
        "5550132",
        "delivery questions are answered",
        *answers["customer_id"].head(50),
    ):
        assert secret.lower() not in shown


def test_every_table_of_the_stored_notebook_has_bases_and_every_picture_words():
    import nbformat

    outputs = [o for c in nbformat.read(NOTEBOOK, 4).cells for o in c.get("outputs", [])]
    pictures = [o.data[FIGURE] for o in outputs if FIGURE in o.data]
    assert len(pictures) == 5
    assert all(len(p["alt"]) > 80 and p["rows"] for p in pictures)
    results = [r for o in outputs for r in o.data.get(TABLE, {}).get("results", [])]
    assert all(r["n"] >= 10 and r["low"] <= r["estimate"] <= r["high"] for r in results)


def test_the_stored_notebook_holds_no_guard_and_no_long_line_or_cell():
    import ast

    import nbformat

    cells = [c for c in nbformat.read(NOTEBOOK, 4).cells if c.cell_type == "code"]
    guards = [n for c in cells for n in ast.walk(ast.parse(c.source)) if isinstance(n, (ast.If, ast.IfExp))]
    assert not guards
    assert all(len(c.source.splitlines()) <= 12 for c in cells)
    assert all(len(line) <= 120 for c in cells for line in c.source.splitlines())


def test_a_shop_without_customers_or_contracts_is_told_all_that_can_be_told(run, tables):
    found, readings = run(
        **{name: tables[name] for name in ("orders", "survey_invitations", "survey_responses")}
    )
    assert "response rate" in found and "later spend per point" in found and "NPS, raked" in found
    assert "hazard ratio of leaving, per point" not in found
    text = " ".join(readings)
    assert "Not assessed: there is no table contracts." in text
    assert "whether the silent left more often: none of the invited held a contract" in text


def test_twelve_answers_without_optional_columns(run, tables):
    answers = tables["survey_responses"].query("wave == '2026Q3'").head(12)
    found, readings = run(survey_responses=answers[["response_id", "wave", "recommend"]])
    assert set(found) == {"NPS"}
    assert sum(text.startswith("Not assessed: ") for text in readings) >= 5
