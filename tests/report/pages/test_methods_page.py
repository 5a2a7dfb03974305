"""Changes of methods: dated, the latest first, on a page of every report."""

import datetime
import re
import tomllib

import html5lib
from paths import ROOT

from cxresearch.report.pages import methods
from cxresearch.report.pages.glossary import document
from tests.report.pages.test_page import ABOUT

TEXT = (ROOT / "docs" / "methods_changes.md").read_text(encoding="utf-8")


def test_every_entry_has_a_date_and_a_version_and_the_latest_comes_first():
    entries = [line for line in TEXT.splitlines() if line.startswith("## ")]
    days = [
        datetime.date.fromisoformat(re.fullmatch(r"## (\S+) \(version [\d.]+\)", line)[1]) for line in entries
    ]
    assert days == sorted(days, reverse=True) and len(set(days)) == len(days) > 1


def test_every_change_names_its_number():
    for line in TEXT.splitlines():
        if line.startswith("- "):
            assert re.match(r"- \*\*[^*]+\.\*\* [A-Z]", line), line


def test_the_page_holds_the_document_and_loads_nothing():
    text = methods.render(ABOUT)
    found = list(html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text).iter())
    assert [n.text for n in found if n.tag == "h1"] == ["Changes of methods"]
    assert sum(n.tag == "h2" for n in found) == TEXT.count("\n## ")
    assert "http:" not in text and "https:" not in text


def test_documents_of_the_pages_are_in_the_package():
    built = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]["force-include"]
    for name in ("glossary.md", methods.DOCUMENT):
        assert document(name).is_file()
        assert built[f"docs/{name}"] == f"cxresearch/_docs/{name}"
