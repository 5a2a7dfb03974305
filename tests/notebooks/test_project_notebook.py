"""Notebook 01 from end to end: on odd portfolios, on real projects, and in what it may not claim."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest
from paths import ROOT

import cxresearch as cx
from cxresearch.display import FIGURE, NOTE, READING, TABLE, not_assessed
from cxresearch.kernels.pool import KernelPool
from cxresearch.report.needs import lacking
from cxresearch.report.results import harvest
from cxresearch.sample import write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")
NOTEBOOK = ROOT / "notebooks" / "01_project_health.ipynb"
TABLES = ["projects", "project_status"]


@pytest.fixture(scope="module")
def pool():
    with KernelPool(say=pytest.fail) as pool:
        yield pool


@pytest.fixture(scope="module")
def northgate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("northgate")
    write(folder, tables=TABLES)
    return tuple(pd.read_parquet(folder / f"{name}.parquet") for name in TABLES)


@pytest.fixture
def run(pool, tmp_path):
    """Execute the notebook on a folder or on tables; return its results by metric, and its readings."""

    def execute(register=None, status=None, folder=None, as_of="2026-09-30", **settings):
        if folder is None:
            folder = tmp_path / "data"
            folder.mkdir()
            if register is not None and status is not None:
                status = status[status["project_id"].isin(register["project_id"])]
            for name, frame in zip(TABLES, (register, status), strict=True):
                if frame is not None:
                    frame.to_parquet(folder / f"{name}.parquet", index=False)
        parameters = {"data": str(folder), "as_of": as_of, **settings}
        done = pool.execute(
            NOTEBOOK, tmp_path / "done.ipynb", parameters, cwd=NOTEBOOK.parent, lacking=lacking(cx.open(folder)),
            line=lambda why: not_assessed(why)._repr_mimebundle_(),
        )  # fmt: skip
        outputs = [o for cell in done.notebook.cells for o in cell.get("outputs", [])]
        assert not [o for o in outputs if o.output_type in ("stream", "error")]
        readings = [o.data[READING]["text"] for o in outputs if READING in o.data]
        assert not [text for text in readings if "nan" in text or "None" in text or "inf" in text.split()]
        execute.outputs = outputs
        notes = [o.data[NOTE] for o in outputs if NOTE in o.data]
        execute.left_out = [note["text"] for note in notes if "left_out" in note]
        return {result["metric"]: result for result in harvest(done.notebook)}, " ".join(readings)

    return execute


def test_the_sample_company(run, northgate):
    results, told = run(*northgate)
    assert results["project failure rate"]["headline"]
    assert (
        results["project failure rate"]["low"] < 0.458 < results["project failure rate"]["high"]
    )  # what is planted
    assert results["AUC"]["low"] < 0.808 < results["AUC"]["high"]
    assert "A project has failed if it was cancelled" in told
    pictures = [o.data[FIGURE]["alt"] for o in run.outputs if FIGURE in o.data]
    assert len(pictures) == 9  # bullseye, triangle, odds, two uplifts, risk list and three projects
    assert not run.left_out
    assert sum("at_stake" in o.data.get(READING, {}) for o in run.outputs) == 2


def test_one_project_can_be_asked_for_by_name(run, northgate):
    _, told = run(*northgate, project="CRM platform P000107")
    assert "CRM platform P000107, 17 reports. Forecast finish 2026-11-30" in told
    pictures = [o.data[FIGURE]["alt"] for o in run.outputs if FIGURE in o.data]
    assert sum("planned value, earned value and actual cost" in alt for alt in pictures) == 1


def test_ten_projects_are_too_few_to_explain(run, northgate):
    results, told = run(northgate[0].head(10), northgate[1])
    few = "decided projects failed: too few of one outcome to learn from"
    assert (
        sum(few in line for line in run.left_out) == 3
    )  # what goes with failure, the risk list, and what to decide
    assert (
        results["failure rate of decided projects (too high: failures show first)"]["estimate"] is None
    )  # base 6
    assert sum("fewer than 10 delivered projects have" in line for line in run.left_out) == 2
    assert "Fewer than ten finished projects" in told


@pytest.mark.parametrize(
    ("outcome", "said"),
    [("cancelled", "100% of this company's projects fail"), ("delivered", "decided projects failed:")],
)
def test_all_of_one_kind(run, northgate, outcome, said):
    register, status = northgate
    _, told = run(register[register["outcome"] == outcome], status)
    assert said in told and "so schedule and cost cannot be judged" in told
    assert "Not assessed: no project is open." in run.left_out


def test_single_reports_bear_no_interval(run, northgate):
    _, told = run(northgate[0], northgate[1].groupby("project_id").head(1))
    assert "No open project has two reports with earned value" in told
    assert "0 of 22 open projects that report green" in told


@pytest.mark.parametrize(("which", "lacks"), [(0, "project_status"), (1, "projects")])
def test_one_table_alone(run, northgate, which, lacks):
    _, told = run(**{("register", "status")[which]: northgate[which]})
    assert run.left_out[0] == f"Not assessed: there is no table {lacks}."
    assert "projects are known" in told


def test_before_the_first_project_nothing_is_assessed(run, northgate):
    _, told = run(*northgate, as_of="2020-01-31")
    assert any("no project and no status report is dated" in line for line in run.left_out)
    assert "projects are known" not in told


def test_without_any_optional_column(run, northgate):
    """Keys, dates and outcomes alone."""
    register = northgate[0][["project_id", "started_on", "finished_on", "outcome"]]
    run(register, northgate[1][["project_id", "status_on"]])
    assert "Not assessed: project_status has no column earned_value." in run.left_out
    assert "Not assessed: projects has no column baseline_cost." in run.left_out


@pytest.mark.parametrize(
    ("name", "as_of", "said"),
    [
        ("gmpp", "2023-12-31", "698 projects are known"),
        ("us_it_dashboard", "2012-09-30", "add 0% (0% to 0%) to the cost; based on 1,356 projects"),
        (
            "project_estimates/kitchenham",
            "1999-12-31",
            "add +14% (+6% to +26%) to the cost; based on 145 projects",
        ),
        ("project_estimates/little", "2003-12-31", "were too early: the actual finish came 143 days later"),
    ],
)
def test_real_projects(run, public_data, tmp_path, name, as_of, said):
    folder = tmp_path / "set"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "public" / name / "cxresearch.toml", folder)
    for path in (public_data / Path(name).parts[0]).glob("*.csv"):
        shutil.copy(path, folder)
    results, told = run(folder=folder, as_of=as_of)
    assert said in told
    assert "project failure rate" not in results
    assert (
        sum(
            "no project is recorded as" in line or "neither benefits nor" in line or "table projects" in line
            for line in run.left_out
        )
        >= 2
    ), run.left_out
    captions = " ".join(o.data[TABLE]["caption"] for o in run.outputs if TABLE in o.data)
    assert ("Problems in the project tables" in captions) == (name != "project_estimates/kitchenham")
    if name == "gmpp":
        slipped = results["finish slipped over 30 days"]
        assert (slipped["estimate"], slipped["n"]) == (pytest.approx(0.251, abs=5e-4), 945)
        assert results["budget grew over 10%"]["estimate"] == pytest.approx(0.244, abs=5e-4)
