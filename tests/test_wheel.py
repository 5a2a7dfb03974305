"""What a wheel holds, and what an installed package needs beside its code; `make wheel` installs one."""

import json
import zipfile

import pytest
from paths import ROOT

from cxresearch.cli import main
from cxresearch.report.lab import copies


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    build = pytest.importorskip("hatchling.builders.wheel")
    builder = build.WheelBuilder(str(ROOT))
    (path,) = builder.build(directory=str(tmp_path_factory.mktemp("dist")), versions=["standard"])
    with zipfile.ZipFile(path) as packed:
        return {info.filename: info.file_size for info in packed.infolist()}


def test_the_wheel_holds_all_modules_notebooks_and_pages_that_a_report_needs(wheel):
    modules = {str(p.relative_to(ROOT)) for p in (ROOT / "cxresearch").rglob("*.py")}
    assert modules <= set(wheel)
    notebooks = {f"cxresearch/_notebooks/{p.name}" for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert notebooks <= set(wheel)
    others = {
        str(p.relative_to(ROOT))
        for p in (ROOT / "cxresearch").rglob("*")
        if p.suffix in (".css", ".html", ".md", ".json", ".svg", ".csv", ".toml")
    }
    assert others <= set(wheel)
    assert {"cxresearch/_docs/glossary.md", "cxresearch/_docs/methods_changes.md"} <= set(wheel)


def test_the_wheel_holds_nothing_else(wheel):
    for name in wheel:
        assert name.startswith(("cxresearch/", "cxresearch-")), name
        assert not name.endswith((".pyc", ".parquet", ".sqlite", ".log")), name
    assert sum(wheel.values()) < 20e6


def test_copies_are_an_analysts_own(tmp_path):
    made = copies(tmp_path / "mine", ROOT / "data" / "cdnow")
    assert "07_retention.ipynb" in {p.name for p in made} and "by_part.ipynb" not in {p.name for p in made}
    book = json.loads((tmp_path / "mine" / "07_retention.ipynb").read_text())
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    (line,) = [s for s in code[0]["source"] if s.startswith("data:")]
    given = {}
    exec(line, given)
    assert (tmp_path / "mine" / given["data"]).resolve() == ROOT / "data" / "cdnow"


def test_copies_that_are_there_stay(tmp_path, capsys):
    (tmp_path / "07_retention.ipynb").write_text("mine")
    assert main(["lab", "--folder", str(tmp_path), "--copy-only"]) == 0
    assert (tmp_path / "07_retention.ipynb").read_text() == "mine"
    assert "what was there stays as it is" in capsys.readouterr().out
