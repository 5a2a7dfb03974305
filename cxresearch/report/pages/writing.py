"""The files of a report, from its executed notebooks."""

import copy
import datetime
import json

import pandas as pd

from cxresearch.report import audit, decided, ledger, lists, results, tidy, verdicts
from cxresearch.report.pages import board, glossary, page
from cxresearch.report.pages.history import history
from cxresearch.report.series import identified

SCHEMA = 1  # of results.json; see docs/results.md


def write(folder, plan, about, check, values, workspace, reports, taken=(), pdf=None):
    """Fill a folder with a report.

    Parameters
    ----------
    folder : pathlib.Path
        Empty.
    plan : list of Unit
        Executed, left out or failed.
    about : dict
        What every page says of its origin: period, as_of, source, version, fingerprint.
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
    """
    from cxresearch.kernels.nbfiles import nbformat

    done = [(unit.stem, copy.deepcopy(unit.notebook)) for unit in plan if unit.notebook is not None]
    audit.audit([book for _, book in done])
    ledgers = [ledger.harvest(book) for _, book in done]
    forecasts = pd.concat(ledgers) if ledgers else pd.DataFrame()
    lists.write((lists.harvest(book) for _, book in done), folder)
    judged = next((verdict for _, book in done if (verdict := verdicts.harvest(book))), None)
    about = about | {"verdict": verdicts.line(judged)}
    books = []
    for stem, book in done:
        nbformat.write(book, folder / f"{stem}.ipynb")
        parts = page.blocks(book)
        text = page.render("notebook.html.j2", heading=page.title(book), blocks=parts, **about)
        (folder / f"{stem}.html").write_text(text, encoding="utf-8")
        books.append({"page": f"{stem}.html", "title": page.title(book), "parts": parts})
    scored, due = _forecasts(folder, forecasts, about, workspace, reports)
    missing = [(page.title(u.book), u.error or u.left_out, bool(u.error)) for u in plan if u.notebook is None]
    missing += [
        (f"{page.title(book)}, “{title}”", why, False)
        for _, book in done
        for title, why in page.left_out(book)
    ]
    rows = [{"notebook": stem, **result} for stem, book in done for result in results.harvest(book)]
    rows = identified(rows, datetime.date.fromisoformat(about["as_of"]))
    kept = history(reports, about)
    became = decided.outcomes(taken, kept, about | {"results": rows})
    ahead = decided.pending(taken, datetime.date.fromisoformat(about["as_of"]))
    now = board.Now(rows, kept, due, became, ahead)
    board.write(folder, books, missing, scored, about, now, workspace.mapping.targets)
    (folder / glossary.FILE).write_text(glossary.render(about), encoding="utf-8")
    content = {"schema": SCHEMA}
    content |= {name: about[name] for name in ("period", "as_of", "source", "company", "version", "currency")}
    content["input"] = {
        name: {"rows": check.rows[name], "sha256": print_} for name, print_ in about["fingerprint"].items()
    }
    content |= {"verdict": judged, "parameters": values, "pages": [_page(unit) for unit in plan]}
    content |= {"findings": [_finding(one) for one in board.findings(books)]}
    content |= {"decisions": [one.told for one in became], "results": rows}
    _json(folder / "results.json", content)
    tidy.frame(content).to_parquet(folder / tidy.FILE, index=False)
    _json(folder / "manifest.json", {unit.stem: _told(unit) for unit in plan})
    if pdf:
        for path in sorted(folder.glob("*.html")):
            pdf(path, path.with_suffix(".pdf"))


def _forecasts(folder, forecasts, about, workspace, reports):
    """Keep this report's forecasts, and score those of earlier ones; returns whether there is a page of them, and what the board says."""
    as_of = datetime.date.fromisoformat(about["as_of"])
    if len(forecasts):
        ledger.write(forecasts, folder, about["period"], as_of)
    earlier = ledger.earlier(reports, as_of, about["company"])
    if not len(earlier):
        return False, []
    from cxresearch.report.pages.forecasts import outcomes, page
    from cxresearch.report.scoring import score

    scored = score(earlier, workspace, as_of)
    text = page(scored, about)
    if text:
        (folder / "forecasts.html").write_text(text, encoding="utf-8")
    return bool(text), outcomes(scored)


def _page(unit):
    """What ``results.json`` says of a notebook."""
    named = {"notebook": unit.stem, "title": page.title(unit.book), "state": _state(unit)}
    return named | {"why": unit.error or unit.left_out}


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
