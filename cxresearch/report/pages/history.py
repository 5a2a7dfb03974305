"""The earlier reports of a workspace: what a number was, and where it stands against them."""

import datetime
import json
import math

from cxresearch import files
from cxresearch.currency import UNIT

QUARTER, YEAR, ABOUT = 91, 365, 20  # days; how far from a quarter or a year an earlier report may be


def history(reports, about):
    """What the earlier reports of the same workspace say.

    Parameters
    ----------
    reports : pathlib.Path
        Where the folders of other periods are.
    about : dict
        Of this report: period, as_of, company, currency, where.

    Returns
    -------
    list of dict
        The content of their ``results.json``, the earliest first; one for each date. Reports that cannot be read, or of other companies, are
        passed over, and so are those on another part of the firm. One in another currency holds no numbers that may be amounts.
    """
    found = {}
    for path in files.reports(reports, "results.json"):
        try:
            kept = json.loads(files.text_of(path))
        except (OSError, ValueError, RecursionError):
            continue
        is_one = _is_report(kept) and kept["company"] == about["company"] and is_same_part(kept, about)
        if is_one and kept["as_of"] < about["as_of"]:
            was = found.get(kept["as_of"])
            if was is None or kept["period"] > was["period"]:
                found[kept["as_of"]] = kept
    for kept in found.values():
        if kept.get("currency") != about.get("currency"):
            kept["results"] = [row for row in kept["results"] if row["unit"] not in ("", UNIT)]
    return [found[day] for day in sorted(found)]


def is_same_part(kept, about):
    """Whether two reports are on the same part of the firm, or both on the whole of it."""
    return (kept.get("where") or {}) == (about.get("where") or {})


def before(history, as_of, days):
    """The report that lies so many days before a date, or nearly; None where there is none.

    >>> kept = [{"as_of": "2025-09-30"}, {"as_of": "2026-06-30"}]
    >>> [before(kept, "2026-09-30", days) for days in (QUARTER, YEAR, 30)]
    [{'as_of': '2026-06-30'}, {'as_of': '2025-09-30'}, None]
    """
    day = datetime.date.fromisoformat(as_of)
    off = {i: abs((day - _day(kept)).days - days) for i, kept in enumerate(history) if _day(kept)}
    nearest = min(off, key=off.get, default=None)
    return history[nearest] if nearest is not None and off[nearest] <= ABOUT else None


def _day(kept):
    try:
        return datetime.date.fromisoformat(kept["as_of"])
    except ValueError:
        return None


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
