"""docs/coverage.md speaks of the intervals that the pages state, of all of them and of no others."""

import re
from pathlib import Path

import pytest

from tests.coverage.coverage_of_pages import KINDS, merged
from tests.coverage.coverage_page import KNOWN, NARROW, WIDE, listed, on_pages

TEXT = (Path(__file__).parents[2] / "docs" / "coverage.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def shown():
    return {merged(id_) for id_ in on_pages()}


def parts(id_):
    """Notebook and section, and the words of a number's name that are of its kind or of what it is of."""
    book, section, number = id_.split("/", 2)
    return {(book, section, part) for part in re.split(r": |, |=|\d+", number) if part}


def test_every_interval_on_a_page_is_in_the_table(shown):
    lacking = shown - set(listed(TEXT))
    assert not lacking, f"write docs/coverage.md anew (make pages): {sorted(lacking)[:5]}"


def test_no_row_is_of_a_number_that_is_gone(shown):
    """Of a number that only small companies state, one like it is on the page: another touchpoint's, another month's."""
    like = set().union(*map(parts, shown))
    gone = [id_ for id_ in listed(TEXT) if id_ not in shown and not parts(id_) & like]
    assert not gone, f"write docs/coverage.md anew (make pages): {gone[:5]}"


def test_every_kind_and_every_cause_is_of_a_row():
    for pattern, _ in (*KINDS, *KNOWN):
        assert any(re.search(pattern, id_) for id_ in listed(TEXT)), pattern


def test_what_lies_outside_is_explained():
    """A marked row is repeated below its table, with a cause."""
    marked = [
        line
        for line in TEXT.splitlines()
        if line.startswith("| ") and re.search(f"[{NARROW}{WIDE}] \\d", line)
    ]
    notes = [line for line in TEXT.splitlines() if line.startswith((NARROW, WIDE))]
    for line in marked:
        number = line.split(" | ")[0].removeprefix("| ")
        assert any(number in note for note in notes), number
    assert not [note for note in notes if "not known yet" in note and note.startswith(NARROW)]
