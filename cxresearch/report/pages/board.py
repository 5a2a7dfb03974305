"""The board page: headline numbers and what has changed, findings by the money at stake, links to the pages."""

import json
import math

from cxresearch import files
from cxresearch.report import results
from cxresearch.report.pages import page
from cxresearch.report.pages.changes import changes
from cxresearch.words import money

HEADER = ["", "now", "95% interval", "base"]


def earlier(reports, about):
    """What the last earlier report of the same workspace says.

    Parameters
    ----------
    reports : pathlib.Path
        Where the folders of other periods are.
    about : dict
        Of this report: period, as_of, company, currency.

    Returns
    -------
    dict or None
        The content of its ``results.json``. Reports that cannot be read, or of other companies, are passed over. One in another currency holds no
        numbers that may be amounts.
    """
    candidates = []
    for path in files.reports(reports, "results.json"):
        try:
            kept = json.loads(files.text_of(path))
        except (OSError, ValueError, RecursionError):
            continue
        is_one = _is_report(kept) and kept["company"] == about["company"]
        if is_one and kept["as_of"] < about["as_of"]:
            candidates.append((kept["as_of"], kept["period"], kept))
    if not candidates:
        return None
    last = max(candidates, key=lambda one: one[:2])[2]
    if last.get("currency") != about.get("currency"):
        last["results"] = [row for row in last["results"] if row["unit"]]
    return last


def _is_report(kept):
    """Whether the content of a ``results.json`` is whole: texts where a report has texts, numbers or none where it has numbers."""
    if not isinstance(kept, dict) or not isinstance(kept.get("results"), list):
        return False
    texts = [kept.get(name) for name in ("company", "as_of", "period")]
    for row in kept["results"]:
        if not isinstance(row, dict):
            return False
        texts += [row.get(name) for name in ("id", "metric", "unit")]
        for name in ("estimate", "low", "high"):
            value = row.get(name, "")
            if not (value is None or (type(value) in (int, float) and math.isfinite(value))):
                return False
    return all(isinstance(text, str) for text in texts)


def findings(books):
    """The findings of a report by the money at stake, those without any first.

    Parameters
    ----------
    books : list of dict
        As of :func:`write`.

    Returns
    -------
    list of dict
        label, text, at_stake (estimate, low, high; None where nothing is at stake), within (the time in which), of (what kind of money), money
        (at_stake in words), page, title.
    """
    return sorted(_findings(books), key=lambda f: -f["at_stake"][0] if f["at_stake"] else float("inf"))


def write(folder, books, missing, scored, about, rows, before, due=()):
    """Write ``index.html`` into a folder.

    Parameters
    ----------
    folder : pathlib.Path
    books : list of dict
        Each page: page, title, parts (as `page.blocks` makes them).
    missing : list of tuple
        Title, why, and whether it failed, of the notebooks that are not in this report.
    scored : bool
        Whether there is a page that compares forecasts with outcomes.
    about : dict
        What every page says of its origin.
    rows : list of dict
        The results of this report.
    before : dict or None
        As from `earlier`.
    due : sequence of str
        What became of earlier forecasts that have fallen due.
    """
    found = findings(books)
    text = page.render(
        "index.html.j2",
        heading="Customer research report",
        headlines=_headlines(rows, before, about),
        before=before and before["period"],
        findings=found,
        pictures=_pictures(found),
        books=books,
        missing=missing,
        scored=scored,
        due=due,
        **about,
    )
    (folder / "index.html").write_text(text, encoding="utf-8")


def _headlines(rows, before, about):
    """The table of headline numbers: header and cells; None without any."""
    marked = [row for row in rows if row.get("headline")]
    if not marked:
        return None
    header, lines, moved = HEADER, [_with_caution(row) for row in marked], []
    if before:
        period = before["period"]
        compared = changes(marked, before["results"])
        header = [*HEADER, period, "change (95% interval)", "reading"]
        lines = [[*line, *change.cells(period)] for line, change in zip(lines, compared, strict=True)]
        moved = [text for change in compared if (text := change.sentence(period))]
    caption = f"Headline numbers of {about['period']}"
    return {"caption": caption, "header": header, "rows": lines, "moved": moved}


def _with_caution(row):
    """The cells of a headline number, with what it must not be read without.

    >>> _with_caution({"metric": "NPS", "caution": "27% answered", "unit": "", "estimate": 17.0, "low": 11.0, "high": 22.0, "n": 800})[0]
    'NPS (27% answered)'
    """
    metric, *rest = results.cells(row)
    return [f"{metric} ({row['caution']})" if row.get("caution") else metric, *rest]


def _findings(books):
    for book in books:
        readings = [part for part in book["parts"] if part["kind"] == "reading"]
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
                "title": book["title"],
            }


def _pictures(found):
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
