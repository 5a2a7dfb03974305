"""Notebook 01 from end to end: on odd portfolios, on real projects, and in what it may not claim."""

from paths import ROOT
import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from cxresearch.display import FIGURE, READING, TABLE
from cxresearch.kernels.pool import KernelPool
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
        done = pool.execute(NOTEBOOK, tmp_path / "done.ipynb", parameters, cwd=NOTEBOOK.parent)
        outputs = [o for cell in done.notebook.cells for o in cell.get("outputs", [])]
        assert not [o for o in outputs if o.output_type in ("stream", "error")]
        readings = [o.data[READING]["text"] for o in outputs if READING in o.data]
        assert not [text for text in readings if "nan" in text or "None" in text or "inf" in text.split()]
        execute.outputs = outputs
        return {result["metric"]: result for result in harvest(done.notebook)}, " ".join(readings)

    return execute


def test_the_sample_company(run, northgate):
    results, told = run(*northgate)
    assert results["projects that fail in the end"]["headline"]
    assert (
        results["projects that fail in the end"]["low"]
        < 0.458
        < results["projects that fail in the end"]["high"]
    )  # what is planted
    assert results["AUC"]["low"] < 0.808 < results["AUC"]["high"]
    assert "A project has failed if it was cancelled" in told
    pictures = [o.data[FIGURE]["alt"] for o in run.outputs if FIGURE in o.data]
    assert len(pictures) == 8  # bullseye, triangle, odds, uplift, risk list and three projects
    assert sum("at_stake" in o.data.get(READING, {}) for o in run.outputs) == 2


def test_one_project_can_be_asked_for_by_name(run, northgate):
    _, told = run(*northgate, project="CRM platform P000107")
    assert "CRM platform P000107, 17 reports. Finish 2026-11-10" in told
    pictures = [o.data[FIGURE]["alt"] for o in run.outputs if FIGURE in o.data]
    assert sum("planned, earned and spent value" in alt for alt in pictures) == 1


def test_ten_projects_are_too_few_to_explain(run, northgate):
    results, told = run(northgate[0].head(10), northgate[1])
    assert "Nothing can be told of what goes with failure" in told
    assert results["failed, of the decided (too high: failures show first)"]["estimate"] is None  # base 6
    assert "Too few projects are finished to say what an estimate needs" in told
    assert "Fewer than ten finished projects" in told


@pytest.mark.parametrize(
    ("outcome", "said"), [("cancelled", "In the end 100% of"), ("delivered", "No risk list")]
)
def test_all_of_one_kind(run, northgate, outcome, said):
    register, status = northgate
    _, told = run(register[register["outcome"] == outcome], status)
    assert said in told and "Nothing can be said of pace or cost" in told


def test_single_reports_bear_no_interval(run, northgate):
    _, told = run(northgate[0], northgate[1].groupby("project_id").head(1))
    assert "Nothing can be said of pace or cost: no open project has two reports" in told
    assert "0 of 22 open projects that report green" in told


@pytest.mark.parametrize(("which", "lacks"), [(0, "the table project_status"), (1, "the table projects")])
def test_one_table_alone(run, northgate, which, lacks):
    run(**{("register", "status")[which]: northgate[which]})
    first = next(o.data[TABLE] for o in run.outputs if TABLE in o.data)
    assert first["caption"] == "What is left out" and lacks in {row[1] for row in first["rows"]}


@pytest.mark.parametrize(
    ("name", "as_of", "said"),
    [
        ("gmpp", "2023-12-31", "698 projects are known"),
        ("us_it_dashboard", "2012-09-30", "This firm's own rate cannot be told"),
        (
            "project_estimates/kitchenham",
            "1999-12-31",
            "add +14% (+6% to +23%) to the cost, from 145 projects",
        ),
        ("project_estimates/little", "2003-12-31", "were too early: the finish came 143 days after the date"),
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
    assert "projects that fail in the end" not in results and "No risk list" in told
    captions = " ".join(o.data[TABLE]["caption"] for o in run.outputs if TABLE in o.data)
    assert ("What is wrong with the tables" in captions) == (name != "project_estimates/kitchenham")
    if name == "gmpp":
        slipped = results["finish slipped over 30 days"]
        assert (slipped["estimate"], slipped["n"]) == (pytest.approx(0.251, abs=5e-4), 945)
        assert results["budget grew over 10%"]["estimate"] == pytest.approx(0.244, abs=5e-4)
