"""The tables of docs/ that follow from the code are what it says."""

import importlib.util
import re

import pytest
from paths import ROOT


def loaded(name):
    """A script of docs/ as a module."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", ROOT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = loaded("generate")


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


def test_the_site_is_put_together_and_no_link_leads_nowhere(tmp_path):
    site = loaded("site")
    site.assemble(tmp_path)
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").glob("*.md")}
    for name, text in pages.items():
        for target, anchor in site.LINK.findall(text):
            assert (tmp_path / "pages" / target).exists(), (name, target)
            if anchor and target.endswith(".md"):
                headings = re.findall(r"^#+ (.*)$", pages[target], re.MULTILINE)
                slugs = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}
                assert anchor[1:] in slugs, (name, target, anchor)
    named = re.findall(r"\w+\.md", (tmp_path / "mkdocs.yml").read_text())
    assert set(named) == set(pages)
    assert "KaplanMeier" in pages["methods.md"] and "::: cxresearch." in pages["api_models.md"]
