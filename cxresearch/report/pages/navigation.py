"""The way through a report: its pages in the order of the board's questions, the page before and after, and the terms a page uses."""

import re
from functools import cache

from cxresearch.display import QUESTIONS
from cxresearch.report.pages.glossary import terms
from cxresearch.report.pages.layout import appendix_of, contents

ABBREVIATION = re.compile(r"[A-Z][A-Za-z]*[A-Z][A-Za-z]*")  # NPS, sBG, EMPCs
PLAIN = re.compile(r"[A-Z]?[a-z]+")  # a common word, which alone is no term
EVERYWHERE = {
    "As of",
    "Base",
    "95 % interval",
    "Association",
}  # of every page: the links would hide the others
ENDINGS = ("correction", "curve", "model", "score")  # of a term, which a text leaves out


def question(notebook, parts=()):
    """The question of the board that a page belongs to: as the metadata of its title cell say, or else that of its first answer; empty for neither."""
    said = notebook.cells[0].metadata.get("cxresearch", {}).get("question")
    return said or next((part["question"] for part in parts if "question" in part), "")


def in_order(books):
    """Pages in the order of the board's questions; those that answer none of them follow, in the order of their names.

    Parameters
    ----------
    books : list of dict
        With page and question.
    """
    return sorted(books, key=lambda book: (_rank(book["question"]), book["page"]))


def answered(books):
    """The parts of pages that answer each question of the board, with their pages; the questions in the board's order.

    The last question is not among them: what to fix first is answered by the decisions of all pages together.

    Returns
    -------
    dict of list
        Question → a list of book and part.
    """
    found = {}
    for book in books:
        for part in book["parts"]:
            if part.get("question", QUESTIONS[-1]) != QUESTIONS[-1]:
                found.setdefault(part["question"], []).append((book, part))
    return {text: found[text] for text in sorted(found, key=_rank)}


def _rank(text):
    return QUESTIONS.index(text) if text in QUESTIONS else len(QUESTIONS)


def around(books, further=()):
    """What stands around each page of a report: its neighbours, contents and terms.

    Parameters
    ----------
    books : list of dict
        In order, each with page, title, parts and appendix (parts, empty without one).
    further : sequence of dict
        Pages without a notebook that come last: page and title.

    Returns
    -------
    dict of dict
        For each file's name: before and after (page and title, or None), contents, terms, and the main page or the appendix that belongs to it (page and title, or None).
    """
    trail = [*books, *further]
    found = {}
    for at, book in enumerate(trail):
        before = _named(trail[at - 1]) if at else None
        after = _named(trail[at + 1]) if at + 1 < len(trail) else None
        parts, moved = book.get("parts", []), book.get("appendix", [])
        own = {"before": before, "after": after, "contents": contents(parts), "terms": used(parts)}
        second = {"page": appendix_of(book["page"]), "title": f"Appendix: {book['title']}"} if moved else None
        found[book["page"]] = own | {"main": None, "second": second}
        if second:
            own |= {"contents": contents(moved), "terms": used(moved)}
            found[second["page"]] = own | {"main": _named(book), "second": None}
    return found


def used(parts):
    """The terms of the glossary that the texts of a page use, in the glossary's order.

    >>> [term["term"] for term in used([{"kind": "reading", "text": "An NPS of 22, by churn and cohorts."}])]
    ['Net promoter score (NPS)', 'Churn', 'Cohort']
    """
    text = "\n".join(piece for part in parts for piece in _texts(part))
    return [
        {"term": term["term"], "anchor": term["anchor"]}
        for term, pattern in _patterns()
        if pattern.search(text)
    ]


def _named(book):
    return {"page": book["page"], "title": book["title"]}


def _texts(part):
    yield from (part[name] for name in ("text", "source", "caption") if part.get(name))
    if part["kind"] in ("table", "figure"):
        yield from part["header"]
        yield from (cell for row in part["rows"] for cell in (row[0], row[-1]))


@cache
def _patterns():
    """Each term with a pattern of the words that stand for it: those before a bracket, whole or a part of several that is no common word, and what
    the bracket holds, of a list its abbreviations alone."""
    made = []
    for term in terms():
        if term["term"] in EVERYWHERE:
            continue
        outside, _, inside = term["term"].partition(" (")
        inside = inside.removesuffix(")")
        pieces = [one for one in re.split(", | and ", outside) if not PLAIN.fullmatch(one)]
        short = [one for one in inside.split(", ") if one == inside or ABBREVIATION.match(one)]
        names = [name for name in (outside, *pieces, *short) if len(name) > 2]
        made.append((term, re.compile("|".join(map(_pattern, names)))))
    return made


def _pattern(name):
    """A name as a whole word, with a capital or not, in the singular or the plural; an abbreviation as it is."""
    if ABBREVIATION.match(name):
        return rf"(?<!\w){re.escape(name)}(?!\w)"
    for ending in ENDINGS:
        name = name.removesuffix(f" {ending}")
    stem, ending = (name[:-1], "(?:y|ies)") if name.endswith("y") else (name.removesuffix("s"), "s?")
    return rf"(?<!\w)(?i:{re.escape(stem)}{ending})(?!\w)"
