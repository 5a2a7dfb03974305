"""The board page as slides: the standing of the headline numbers, and for each question its answer with a picture and the numbers as a table.

What a slide shows is what the pages show, after small groups were withheld; a table that finds no room is cut at its end and says so. Methods and
the page with the evidence stand in the notes of a slide.
"""

import base64
import datetime

from cxresearch.display import QUESTIONS
from cxresearch.errors import ParameterError
from cxresearch.report.pages.deck import EDGE, GAP, HEIGHT, WIDTH, Deck
from cxresearch.report.pages.layout import place
from cxresearch.report.pages.navigation import answered
from cxresearch.report.pages.tables import laid_out
from cxresearch.report.proposals import first_to_do

FILE = "board.pptx"
BOTTOM = HEIGHT - 0.65  # where the footer begins
FEW = 8  # rows of a slide's table


def writer():
    """What sets the board page as slides: `write_slides`, once python-pptx is known to be there.

    Raises
    ------
    ParameterError
        Where python-pptx, which is optional, is not installed.
    """
    try:
        import pptx  # noqa: F401
    except ImportError as fault:
        raise ParameterError(
            f"slides need python-pptx, which cannot be loaded ({fault}); install it with: pip install 'cxresearch[slides]'"
        ) from None
    return write_slides


def write_slides(path, about, standing, books, findings, pictures, proposed=()):
    """Write the slides of a report.

    Parameters
    ----------
    path : pathlib.Path
    about : dict
        What every page says of its origin: period, as_of, source, version, currency, verdict.
    standing : Standing or None
    books : list of dict
        The pages: page, title, parts, appendix.
    findings : list of dict
        Of the board, those with the most money at stake first.
    pictures : list of dict
        The board's own, of what is at stake.
    proposed : list of dict
        The decisions worth taking, as from :func:`~cxresearch.report.proposals.shown`.

    Returns
    -------
    pathlib.Path
        `path`.
    """
    deck = Deck(f"Customer research {about['period']}", datetime.date.fromisoformat(about["as_of"]))
    _first(deck, about, standing)
    answered = verdicts(books)
    for verdict in answered:
        _verdict(deck, about, **verdict)
    if answered or proposed:
        _to_do(deck, about, proposed)
    at_stake = [finding for finding in findings if finding["at_stake"]]
    if at_stake:
        _at_stake(deck, about, at_stake, pictures)
    deck.save(path)
    return path


def verdicts(books):
    """The answer to each question of the board with its evidence: the first picture and the first recorded table of the sections that answer it.

    Returns
    -------
    list of dict
        question, text, figure, table (parts of a page, or None) and link (to the first of the sections), in the order of the questions.
    """
    told = []
    for question, found in answered(books).items():
        near, far = [], []
        for book, answer in found:
            parts = [*book["parts"], *book.get("appendix", ())]
            near += [part for part in parts if part.get("section") == answer.get("section")]
            far += book["parts"]
        evidence, (book, first) = [*near, *far], found[0]
        told.append(
            {
                "question": question,
                "text": " ".join(part["text"] for _, part in found),
                "figure": next((p for p in evidence if p["kind"] == "figure"), None),
                "table": next((p for p in evidence if p["kind"] == "table" and p.get("results")), None),
                "link": place(book["page"], first),
            }
        )
    return told


def _footer(about):
    money = f" · money in {about['currency']}" if about.get("currency") else ""
    return f"{about['source']} · {about['period']} · data as of {about['as_of']}{money} · cxresearch {about['version']}"


def _first(deck, about, standing):
    """Period, state and the headline numbers."""
    top = deck.slide(f"Customer research report {about['period']}", _footer(about))
    state = about["verdict"] or {"text": "No verdict on the data", "reasons": []}
    wide = WIDTH - 2 * EDGE
    top = deck.text(state["text"], EDGE, top, wide, 0.4, (18, 16, 14, 12)) + 0.05
    if state["reasons"]:
        top = deck.text("; ".join(state["reasons"]), EDGE, top, wide, 0.5, (12, 11, 10))
    if standing is None:
        return
    header = ["measure", "now", "95% interval", "base", *standing.columns]
    header += ["target"] if standing.has_targets else []
    rows = []
    for line in standing.lines:
        was = [", ".join(filter(None, [one["value"], one["reading"]])) for one in line["earlier"]]
        row = [line["metric"], line["now"], line["interval"], line["base"], *was]
        aim = line["target"]
        aim = [f"{aim['text']}, {aim['chance']}" if aim else "–"] if standing.has_targets else []
        rows.append(row + aim)
    top += 0.15
    shown = deck.table("Headline numbers", header, rows, EDGE, top, wide, BOTTOM - top, (14, 13, 12, 11, 10))
    methods = [f"{line['metric']}: {line['method']}" for line in standing.lines]
    deck.notes("\n".join([*standing.moved, *_more(shown, rows), "How these were computed:", *methods]))


def _verdict(deck, about, question, text, figure, table, link):
    """A question, its answer, a picture and a table."""
    top = deck.slide(question, _footer(about))
    wide = WIDTH - 2 * EDGE
    top = deck.text(text, EDGE, top, wide, 1.25) + 0.2
    half = (wide - GAP) / 2 if figure and table else wide
    if figure:
        deck.picture(base64.b64decode(figure["png"]), figure["alt"], EDGE, top, half, BOTTOM - top)
    notes = [f"Evidence: {link}"]
    if table:
        made = laid_out(table)
        lines = [*made["shown"], *made["rest"]]
        rows = [_with_mark(line) for line in lines]
        left = EDGE + (half + GAP if figure else 0)
        header = [made["header"][0] or "measure", *made["header"][1:]]
        shown = deck.table(made["caption"], header, rows[:FEW], left, top, half, BOTTOM - top)
        how = [f"{one['method']}: {'; '.join(one['of'])}" for one in made["methods"]]
        notes += [*_more(shown, rows), "How these were computed:", *how]
    deck.notes("\n".join(notes))


def _to_do(deck, about, proposed):
    """What to fix first: the decisions worth taking, with what they rest on and what would overturn them in the notes."""
    top = deck.slide(QUESTIONS[-1], _footer(about))
    wide = WIDTH - 2 * EDGE
    top = deck.text(first_to_do(proposed), EDGE, top, wide, 1.0) + 0.2
    if not proposed:
        return
    header = ["decision", "effect if it works", "rests on", "owner", "look again"]
    rows = [
        [_brief(one[name]) for name in ("what", "effect", "rests_on", "owner", "again_on")]
        for one in proposed
    ]
    deck.table("Decisions worth taking", header, rows, EDGE, top, wide, BOTTOM - top, (14, 13, 12, 11, 10))
    texts = [
        " ".join(
            filter(
                None, [f"{one['what']}: {one['why']}", one["money"], f"Overturned by: {one['overturned']}"]
            )
        )
        for one in proposed
    ]
    deck.notes("\n".join([*texts, *(one["command"] for one in proposed)]))


def _brief(text, most=60):
    """What a cell has room for; all of it stands in the notes or on the page."""
    text = str(text or "–")
    return text if len(text) <= most else text[:most].rstrip() + " …"


def _at_stake(deck, about, at_stake, pictures):
    """The findings by the money at stake."""
    first = at_stake[0]
    top = deck.slide("What is at stake?", _footer(about))
    wide = WIDTH - 2 * EDGE
    top = deck.text(f"{first['label']}. {first['money']}", EDGE, top, wide, 1.0) + 0.2
    half = (wide - GAP) / 2 if pictures else wide
    if pictures:
        picture = pictures[0]
        deck.picture(base64.b64decode(picture["png"]), picture["alt"], EDGE, top, half, BOTTOM - top)
    left = EDGE + (half + GAP if pictures else 0)
    rows = [[one["label"], one["money"]] for one in at_stake]
    shown = deck.table(
        "Findings by the money at stake", ["finding", "at stake"], rows[:FEW], left, top, half, BOTTOM - top
    )
    texts = [f"{one['label']}: {one['text']} Evidence: {one['link']}" for one in at_stake]
    deck.notes("\n".join([*_more(shown, rows), *texts]))


def _with_mark(line):
    first, *others = line["cells"]
    return [f"{first} ({line['mark']})" if line["mark"] else first, *others]


def _more(shown, rows):
    left = len(rows) - shown
    return [f"{left} further rows are in results.json."] if left else []
