"""The files of a report, from its executed notebooks."""

import copy
import datetime
import json

import pandas as pd

from cxresearch.display import take
from cxresearch.report import (
    across,
    audit,
    decided,
    guard,
    ledger,
    lists,
    proposals,
    quotes,
    results,
    tidy,
    verdicts,
)
from cxresearch.report.pages import board, forecasts, glossary, layout, methods, navigation, page
from cxresearch.report.pages import slides as decks
from cxresearch.report.pages.history import history
from cxresearch.report.pages.standing import standing
from cxresearch.report.part import told
from cxresearch.report.series import identified

SCHEMA = 1  # of results.json; see docs/results.md
FORECASTS = "forecasts.html"


def write(folder, plan, about, check, values, workspace, reports, taken=(), pdf=None, slides=None):
    """Fill a folder with a report.

    Parameters
    ----------
    folder : pathlib.Path
        Empty.
    plan : list of Unit
        Executed, left out or failed.
    about : dict
        What every page says of its origin: period, where, as_of, source, version, fingerprint.
    check : Check
    values : dict
        The settings of the run.
    workspace : Workspace
    reports : pathlib.Path
        Where the folders of other periods are.
    taken : list of Decision
        The ledger of decisions.
    pdf : callable, optional
        Sets a page as a PDF: takes the two paths.
    slides : callable, optional
        Sets the board page as slides; see :func:`~cxresearch.report.pages.slides.write_slides`.

    Returns
    -------
    list of Base
        The exact bases that the report states, for :func:`~cxresearch.report.across.keep`.
    """
    from cxresearch.kernels.nbfiles import nbformat

    done = [(unit.stem, copy.deepcopy(unit.notebook)) for unit in plan if unit.notebook is not None]
    questions = {unit.stem: navigation.question(unit.book) for unit in plan}
    titles = {unit.stem: unit.title for unit in plan}
    cuts = {unit.stem: _cut(unit, about["where"]) for unit in plan}
    audit.audit([book for _, book in done])
    stated = _guarded(done, plan, about, reports)
    ledgers = [ledger.harvest(book) for _, book in done]
    ahead = pd.concat(ledgers) if ledgers else pd.DataFrame()
    lists.write((lists.harvest(book) for _, book in done), folder)
    voices = quotes.chosen([book for _, book in done], workspace)
    judged = next((verdict for _, book in done if (verdict := verdicts.harvest(book))), None)
    about = about | {"verdict": verdicts.line(judged), "cut": _cut(None, about["where"])}
    books = []
    for stem, book in done:
        nbformat.write(book, folder / f"{stem}.ipynb")
        parts = page.blocks(book)
        stays, moved = layout.split(parts, f"{stem}.html")
        named = {
            "page": f"{stem}.html",
            "title": titles[stem],
            "cut": cuts[stem],
            "parts": stays,
            "appendix": moved,
        }
        books.append(named | {"question": questions[stem] or navigation.question(book, parts)})
    books = navigation.in_order(books)
    scored, compared, due = _score(folder, ahead, about, workspace, reports)
    _pages(folder, books, scored, compared, about)
    missing = [(u.title, u.error or u.left_out, bool(u.error)) for u in plan if u.notebook is None]
    missing += [
        (f"{titles[stem]}, “{title}”", why, False)
        for stem, book in done
        for title, why in page.left_out(book)
    ]
    rows = [{"notebook": stem, **result} for stem, book in done for result in results.harvest(book)]
    rows = identified(rows, datetime.date.fromisoformat(about["as_of"]))
    kept = history(reports, about)
    became = decided.outcomes(taken, kept, about | {"results": rows})
    pending = decided.pending(taken, datetime.date.fromisoformat(about["as_of"]))
    candidates = proposals.judged([one for stem, book in done for one in proposals.harvest(stem, book)])
    ids = {(row["notebook"], row["metric"]): row["id"] for row in rows}
    to_do = proposals.shown(candidates, about, ids)
    now = board.Now(rows, kept, due, became, pending, to_do, voices)
    about |= {"slides": decks.FILE if slides else ""}
    targets = workspace.mapping.targets
    board.write(folder, books, missing, bool(compared), about, now, targets)
    if slides:
        found = board.findings(books)
        stands = standing(rows, kept, about, targets)
        slides(folder / decks.FILE, about, stands, books, found, board.pictures(found), to_do)
    (folder / glossary.FILE).write_text(glossary.render(about), encoding="utf-8")
    (folder / methods.FILE).write_text(methods.render(about), encoding="utf-8")
    content = {"schema": SCHEMA}
    content |= {
        name: about[name] for name in ("period", "where", "as_of", "source", "company", "version", "currency")
    }
    content["input"] = {
        name: {"rows": check.rows[name], "sha256": print_} for name, print_ in about["fingerprint"].items()
    }
    content |= {"verdict": judged, "parameters": values}
    content |= {"pages": [_page(unit, books, about["where"]) for unit in plan]}
    content |= {"findings": [_finding(one) for one in board.findings(books)]}
    content |= {"proposals": candidates}
    content |= {"decisions": [one.told for one in became], "results": rows}
    _json(folder / "results.json", content)
    tidy.frame(content).to_parquet(folder / tidy.FILE, index=False)
    _json(folder / "manifest.json", {unit.stem: _told(unit) for unit in plan})
    if pdf:
        for path in sorted(folder.glob("*.html")):
            pdf(path, path.with_suffix(".pdf"))
    return stated


def _guarded(done, plan, about, reports):
    """Withhold what other reports of the same day would give away; returns the bases that are stated, which leave the notebooks."""
    as_of = datetime.date.fromisoformat(about["as_of"])
    by = {unit.stem: unit.by for unit in plan if unit.by}
    whole = {unit.stem for unit in plan if unit.is_whole}
    published = across.published(reports, about, about["out"])
    stated = guard.guard(done, about, as_of, published, by, whole)
    for _, book in done:
        list(take(book, "bases"))
    audit.audit([book for _, book in done])
    return stated


def _pages(folder, books, scored, compared, about):
    """Write the page of each notebook, its appendix, and the page of forecasts that have fallen due."""
    last = [{"page": FORECASTS, "title": forecasts.HEADING, "parts": compared}] if compared else []
    stand = navigation.around(books, last)
    for book in books:
        second = layout.appendix_of(book["page"])
        for name, parts in ((book["page"], book["parts"]), (second, book["appendix"])):
            if parts:
                heading = book["title"] if name != second else f"Appendix: {book['title']}"
                text = page.render(
                    "notebook.html.j2",
                    heading=heading,
                    blocks=parts,
                    around=stand[name],
                    **about | {"cut": book["cut"]},
                )
                (folder / name).write_text(text, encoding="utf-8")
    if compared:
        text = forecasts.render(scored, compared, about | {"around": stand[FORECASTS]})
        (folder / FORECASTS).write_text(text, encoding="utf-8")


def _score(folder, ahead, about, workspace, reports):
    """Keep this report's forecasts, and score those of earlier ones; returns the scores, the parts of their page (None without one), and what the board says."""
    as_of = datetime.date.fromisoformat(about["as_of"])
    if len(ahead):
        ledger.write(ahead, folder, about["period"], as_of)
    earlier = ledger.earlier(reports, as_of, about["company"], about["where"])
    if not len(earlier):
        return None, None, []
    from cxresearch.report.scoring import score

    scored = score(earlier, workspace, as_of)
    return scored, forecasts.parts(scored), forecasts.outcomes(scored)


def _cut(unit, where):
    """What a page, or the board, says of the part of the firm that it is about; empty in a report on the whole firm."""
    if not where:
        return ""
    return f"The whole firm, not only {told(where)}" if unit and unit.is_whole else f"Only {told(where)}"


def _page(unit, books, where):
    """What ``results.json`` says of a notebook."""
    named = {"notebook": unit.stem, "title": unit.title, "state": _state(unit)}
    named |= {"is_whole": True} if where and unit.is_whole else {}
    moved = any(book["appendix"] for book in books if book["page"] == f"{unit.stem}.html")
    second = layout.appendix_of(f"{unit.stem}.html") if moved else None
    return named | {"why": unit.error or unit.left_out, "appendix": second}


def _finding(found):
    """A finding as ``results.json`` keeps it."""
    at_stake = found["at_stake"] and dict(zip(("estimate", "low", "high"), found["at_stake"], strict=True))
    notebook = found["page"].removesuffix(".html")
    return {"notebook": notebook, "label": found["label"], "text": found["text"]} | {
        "at_stake": at_stake,
        "within": found["within"],
        "of": found["of"],
    }


def _state(unit):
    return "failed" if unit.error else "left out" if unit.left_out else "done"


def _told(unit):
    return {
        "state": _state(unit),
        "key": unit.key,
        "why": unit.error or unit.left_out,
        "parameters": unit.given,
    }


def _json(path, content):
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
