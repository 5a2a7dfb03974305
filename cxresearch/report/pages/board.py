"""The board page: headline numbers and what has changed, findings by the money at stake, links to the pages."""

from dataclasses import dataclass

from cxresearch.display import QUESTIONS
from cxresearch.report.pages import page
from cxresearch.report.pages.layout import place
from cxresearch.report.pages.navigation import answered
from cxresearch.report.pages.standing import standing
from cxresearch.report.proposals import NOTHING, first_to_do
from cxresearch.words import money


@dataclass(frozen=True)
class Now:
    """What a board says beyond its pages.

    Attributes
    ----------
    rows : list of dict
        The results of this report.
    history : list of dict
        The earlier reports, as from :func:`~cxresearch.report.pages.history.history`.
    due : sequence of str
        What became of earlier forecasts that have fallen due.
    decided : sequence of :class:`~cxresearch.report.decided.Outcome`
        What became of decisions that have fallen due.
    pending : str
        On decisions that have not.
    proposed : list of dict
        The decisions worth taking, as from :func:`cxresearch.report.proposals.shown`.
    voices : list of dict
        Comments to quote, as from :func:`cxresearch.report.quotes.chosen`.
    """

    rows: list
    history: list = ()
    due: list = ()
    decided: list = ()
    pending: str = ""
    proposed: list = ()
    voices: list = ()


def findings(books):
    """The findings of a report by the money at stake, those without any last.

    Parameters
    ----------
    books : list of dict
        As of :func:`write`.

    Returns
    -------
    list of dict
        label, text, at_stake (estimate, low, high; None where nothing is at stake), within (the time in which), of (what kind of money), money
        (at_stake in words), page, link (to its section), title.
    """
    return sorted(_findings(books), key=lambda f: -f["at_stake"][0] if f["at_stake"] else float("inf"))


def write(folder, books, missing, scored, about, now, targets=None):
    """Write ``index.html`` into a folder.

    Parameters
    ----------
    folder : pathlib.Path
    books : list of dict
        Each page: page, title, parts (as `page.blocks` makes them), and appendix, the parts that stand on a page of their own.
    missing : list of tuple
        Title, why, and whether it failed, of the notebooks that are not in this report.
    scored : bool
        Whether there is a page that compares forecasts with outcomes.
    about : dict
        What every page says of its origin.
    now : Now
    targets : dict of Target, optional
        What headline numbers are to reach, by name.
    """
    found, answers = findings(books), _answers(books, now.proposed)
    text = page.render(
        "index.html.j2",
        heading="Customer research report",
        standing=standing(now.rows, list(now.history), about, targets),
        answers=answers,
        proposed=now.proposed,
        voices=now.voices,
        judges=bool(now.proposed or answers),
        nothing=NOTHING,
        verdict_in_words=_in_a_sentence(books),
        findings=found,
        pictures=pictures(found),
        books=books,
        missing=missing,
        scored=scored,
        due=now.due,
        decided=now.decided,
        pending=now.pending,
        **about,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _in_a_sentence(books):
    """What stands out, in one sentence: the customers first, then where the experience is uneven, then the projects."""
    told = answered(books)
    order = [*QUESTIONS[1:], QUESTIONS[0]]
    clauses = [part.get("clause") for question in order for _, part in told.get(question, [])]
    text = ", ".join(filter(None, clauses))
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _answers(books, proposed):
    """The answer to each question of the board, and what to fix first: the first of the decisions worth taking."""
    answers = []
    for question, found in answered(books).items():
        book, first = found[0]
        text = " ".join(part["text"] for _, part in found)
        about = {"link": place(book["page"], first), "title": book["title"]}
        answers.append({"question": question, "text": text} | about)
    if not answers:
        return []
    text = first_to_do(proposed)
    there = {"link": proposed[0]["page"]} if proposed else answers[0]
    title = next((book["title"] for book in books if book["page"] == there["link"]), QUESTIONS[-1])
    return [*answers, {"question": QUESTIONS[-1], "text": text, "link": there["link"], "title": title}]


def _findings(books):
    for book in books:
        parts = [*book["parts"], *book.get("appendix", [])]
        readings = [part for part in parts if part["kind"] == "reading" and "question" not in part]
        chosen = [part for part in readings if "label" in part] or readings[:1]
        for part in chosen:
            yield {
                "label": part.get("label") or book["title"],
                "text": part["text"],
                "at_stake": part.get("at_stake"),
                "within": part.get("within"),
                "of": part.get("of"),
                "money": money(part),
                "page": book["page"],
                "link": place(book["page"], part),
                "title": book["title"],
            }


def pictures(found):
    """One picture for each kind of money within one time of which there are several findings: other money has another scale."""
    from cxresearch.charts import board as charts

    kinds = {}
    for finding in found:
        if finding["at_stake"]:
            kinds.setdefault((finding["of"], finding["within"]), []).append(finding)
    shown = [
        charts.at_stake([f["label"] for f in each], [f["at_stake"] for f in each], *kind)
        for kind, each in kinds.items()
        if len(each) > 1
    ]
    return [page.output_parts({"data": one._repr_mimebundle_()})[0] for one in shown]
