"""The glossary explains the terms of the pages, each reachable by a link, and needs nothing from anywhere."""

import html5lib
import pytest

from cxresearch.report.pages import glossary

ABOUT = {
    "period": "2026Q3", "as_of": "2026-09-30", "source": "acme", "version": "0", "verdict": None, "currency": "EUR",
    "fingerprint": {"orders": "ab" * 32},
}  # fmt: skip


@pytest.fixture(scope="module")
def nodes():
    return list(html5lib.parse(glossary.render(ABOUT), namespaceHTMLElements=False).iter())


def test_every_term_has_an_anchor_of_its_own_and_a_link_to_it(nodes):
    anchors = [node.attrib["id"] for node in nodes if "id" in node.attrib]
    links = [node.attrib["href"] for node in nodes if node.tag == "a"]
    assert anchors == [term["anchor"] for term in glossary.terms()]
    assert len(set(anchors)) == len(anchors) > 50
    assert links == ["index.html", *(f"#{name}" for name in anchors), "methods.html"]


@pytest.mark.parametrize(
    "word",
    [
        "NPS", "CSAT", "Retention", "Churn", "Hazard", "Kaplan–Meier", "BG/NBD", "P(alive)", "Gamma–Gamma", "LMG", "Johnson", "VIF",
        "Must-be", "R-indicator", "ICC", "Case mix", "CPI", "SPI(t)", "Earned schedule", "EMPC", "Lift", "AUC", "Brier", "Calibration",
        "95 % interval", "Prediction interval", "Benjamini–Hochberg", "Indicative", "Withheld", "Watermelon", "Reference class",
    ],
)  # fmt: skip
def test_what_the_pages_name_is_explained(word):
    assert any(word in term["term"] for term in glossary.terms())


def test_an_explanation_is_short_and_ends_as_a_sentence():
    for term in glossary.terms():
        assert 20 < len(term["text"]) < 500, term["term"]
        assert term["text"].endswith((".", ")^t.")), term["term"]


def test_the_page_loads_nothing():
    text = glossary.render(ABOUT)
    assert "http:" not in text and "https:" not in text
    assert html5lib.HTMLParser(strict=True).parse(text) is not None
