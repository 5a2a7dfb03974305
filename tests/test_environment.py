"""pyproject is the one truth of what the project needs; the lock and environment.yml follow it."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]
LOCK = (ROOT / "requirements.lock").read_text()
HERE = [
    r
    for r in map(Requirement, re.findall(r"^([a-z0-9][^\\\n]+)", LOCK, re.M))
    if not r.marker or r.marker.evaluate()
]
PINS = {r.name: str(r.specifier).removeprefix("==") for r in HERE}


@pytest.mark.parametrize("text", NEEDED + DEV)
def test_the_lock_pins_a_version_that_pyproject_allows(text):
    wanted = Requirement(text)
    assert PINS[wanted.name.lower()] in wanted.specifier


@pytest.mark.parametrize("text", NEEDED + DEV)
def test_what_is_installed_is_what_the_lock_pins(text):
    from importlib.metadata import version

    name = Requirement(text).name
    assert version(name) == PINS[name.lower()]


def test_every_pin_has_a_hash_and_no_index_is_named():
    for block in re.split(r"\n(?=[a-z0-9])", LOCK.split("\n", 1)[1]):
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"https?://|index-url|find-links", LOCK)


def test_the_lock_with_spark_is_the_lock_and_spark():
    text = (ROOT / "tests" / "spark" / "requirements.lock").read_text()
    here, there = (set(re.findall(r"^([a-z0-9][^ ]*==[^ ]+)", lock, re.M)) for lock in (LOCK, text))
    assert {pin.split("==")[0] for pin in there - here} == {"pyspark", "py4j"}
    assert here <= there
    for block in re.split(r"\n(?=[a-z0-9])", text):
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"https?://|index-url|find-links", text)
    wanted = Requirement(*PROJECT["project"]["optional-dependencies"]["spark"])
    assert PINS[wanted.name] in wanted.specifier


def test_environment_yml_lists_what_pyproject_lists():
    listed = re.findall(r"^ {6}- (.+)$", (ROOT / "environment.yml").read_text(), re.M)
    assert listed == [*NEEDED, *DEV, "-e ."]
    conda = re.findall(r"^ {2}- (python.*)$", (ROOT / "environment.yml").read_text(), re.M)
    assert conda == ["python" + PROJECT["project"]["requires-python"]]


def test_the_packages_that_the_user_chose_are_there():
    names = {Requirement(text).name for text in NEEDED + DEV}
    assert {
        "jupyterlab",
        "pandas",
        "statsmodels",
        "scikit-learn",
        "matplotlib",
        "papermill",
        "nbval",
    } <= names


def test_importing_the_package_loads_nothing_heavy():
    code = "import cxresearch, cxresearch.cli, sys, json; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True))
    heavy = {
        "pandas",
        "numpy",
        "ibis",
        "duckdb",
        "pandera",
        "papermill",
        "statsmodels",
        "matplotlib",
        "sklearn",
    }
    assert not heavy & set(loaded)


def test_the_wheel_carries_the_notebooks_and_the_templates(tmp_path):
    from zipfile import ZipFile

    code = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    names = ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    assert "cxresearch/_notebooks/07_retention.ipynb" in names
    assert "cxresearch/_docs/glossary.md" in names
    assert "cxresearch/report/pages/template/notebook.html.j2" in names
