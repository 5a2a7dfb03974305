"""The tables of docs/ that follow from the code are what it says."""

import importlib.util
import re

import pytest
from paths import ROOT

spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("name", ["exports.md", "map.md"])
def test_a_page_is_what_the_code_says(name):
    page = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert page == generate.written(name), "run python docs/generate.py"


def test_every_package_that_is_installed_has_its_licence_on_the_page():
    """Other platforms and extras bring others; what is here must be as it says."""
    page = (ROOT / "docs" / "licences.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([\w.-]+) \| (.*?) \| \w* \|$", page, re.MULTILINE))
    found = {name: licence.replace("|", "/") for name, (licence, _) in generate.dependencies().items()}
    assert {name: rows.get(name) for name in found} == found, "run python docs/generate.py"
    assert "not stated" not in rows.values()


def test_no_licence_forbids_what_the_project_allows():
    """GPL would pass to whoever ships it together; LGPL and MPL do not."""
    for name, (licence, _) in generate.dependencies().items():
        is_free = re.search("Lesser|Mozilla|LGPL", licence)  # on offer beside the GPL, or alone
        assert is_free or not re.search("GPL|General Public|Affero|non-?commercial", licence), (name, licence)
