"""Recorded estimates: every number of a report with its interval, its base and its method."""

import math
import os

from cxresearch.display import PRIVATE, READING, TABLE, Nothing, Shown, bundle
from cxresearch.environment import RUN
from cxresearch.kernels.sections import heading
from cxresearch.report.disclosure import PEOPLE, cases_of, withhold
from cxresearch.words import estimate_texts, nearest_ten, number_text, supported

RESULT = ["metric", "estimate", "low", "high", "n", "method"]
KEPT = [
    "metric",
    "unit",
    "estimate",
    "low",
    "high",
    "n",
    "method",
    "flag",
    "headline",
    "caution",
    "of",
    "series",
]
DIGITS = 6  # significant digits kept, so that a rerun elsewhere stores the same numbers


def record(frame, caption, headline=(), of="people"):
    """Keep estimates for the report and show them as a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns metric, estimate, low, high, n, method; optionally unit (``share`` is told in per cent, ``points``, the difference of two shares, in percentage points, ``people``, a number of them, to the nearest ten), group (rows that add up to a known total) and series (what a
        metric whose name holds a period, such as that of a wave, is called in every period). An estimate with no interval is not an estimate: low and high
        may be missing only together with the estimate, or where the method says that the number is a count.
    caption : str
        What the table shows.
    headline : sequence of str, optional
        The metrics that belong on the board page, where they are held against those of the report before.
    of : str
        What the bases count. Of people, and of what stands on people, bases are stated to the nearest ten and no group under 10 shows; bases
        of anything else, such as ``"projects"``, are stated in full.

    Returns
    -------
    Shown
        Displayed as the last expression of a cell; nothing for an empty frame. Estimates keep the digits that their intervals support; see
        :func:`~cxresearch.words.supported`. A base under 30 is marked indicative; under 10 the numbers are withheld, and with them what would give them away; see :func:`~cxresearch.report.disclosure.withhold`.

    Raises
    ------
    ValueError
        Where a column is missing, a metric occurs twice, an estimate lies outside its interval, or a headline is no metric.
    """
    if not len(frame) and not len(headline):
        return Nothing()
    missing = [c for c in RESULT if c not in frame.columns]
    if missing:
        raise ValueError(f"a result needs the column {missing[0]}")
    if frame["metric"].duplicated().any():
        raise ValueError(f"metric {frame.loc[frame['metric'].duplicated(), 'metric'].iloc[0]!r} occurs twice")
    bare = frame["estimate"].notna() & frame["low"].isna() & (frame["method"] != "count")
    if bare.any():
        raise ValueError(f"metric {frame.loc[bare, 'metric'].iloc[0]!r} has no interval")
    unknown = [metric for metric in headline if metric not in set(frame["metric"])]
    if unknown:
        raise ValueError(f"headline {unknown[0]!r} is not among the metrics")
    slack = 1e-9 * frame["estimate"].abs()
    outside = (frame["estimate"] < frame["low"] - slack) | (frame["estimate"] > frame["high"] + slack)
    if outside.any():
        raise ValueError(f"metric {frame.loc[outside, 'metric'].iloc[0]!r} lies outside its own interval")
    rows = withhold(frame, of).to_dict("records")
    kept_rows = [_result(row, of) | ({"headline": True} if row["metric"] in headline else {}) for row in rows]
    lines = [[*cells(r), r["method"] + _mark(row)] for r, row in zip(kept_rows, rows, strict=True)]
    header = ["", "estimate", "95% interval", "base", "method"]
    shown = bundle(caption, header, lines, results=kept_rows)
    if of != PEOPLE or not os.environ.get(RUN):
        return shown
    return Shown(shown._repr_mimebundle_() | {f"{PRIVATE}bases+json": _exact(frame)})


def _exact(frame):
    """What a run knows of the bases of a table beyond what the table states: it leaves the notebook before anything is published."""
    cases = (
        frame["cases"].to_numpy(float) if "cases" in frame else cases_of(frame, frame["n"].to_numpy(float))
    )
    found = {}
    for (_, row), count in zip(frame.iterrows(), cases, strict=True):
        if not math.isfinite(float(row["n"])):
            continue
        known = {"n": int(row["n"]), "cases": int(count) if math.isfinite(count) else None}
        known["estimate"] = float(row["estimate"]) if _number(row["estimate"]) is not None else None
        if "same" in frame:
            known |= {"same": str(row["same"]), "part": None if row["kind"] == "whole" else str(row["part"])}
        found[str(row["metric"])] = known
    return found


def cells(result):
    """A kept result as cells of a table: metric, estimate, interval, base.

    >>> cells({"metric": "error", "unit": "share", "estimate": 0.002, "low": -0.0003, "high": 0.005, "n": 54})
    ['error', '0.2%', '0.0% to 0.5%', '54']
    """
    estimate, interval = estimate_texts(result["estimate"], result["low"], result["high"], result["unit"])
    return [result["metric"], estimate, interval, number_text(result["n"])]


def harvest(notebook):
    """Every estimate recorded in an executed notebook, in order: with the heading that it stands under as ``section``, and with the ``caution`` that
    the last reading of the notebook that has one for its metric gives."""
    estimates, section, cautions = [], "", {}
    for cell in notebook.cells:
        section = heading(cell)[1] or section
        for output in cell.get("outputs", []):
            cautions |= output.get("data", {}).get(READING, {}).get("cautions", {})
            for result in output.get("data", {}).get(TABLE, {}).get("results", []):
                estimates.append(
                    {"section": section} | {name: result[name] for name in KEPT if name in result}
                )  # a stored one has them sorted
    return [
        row | ({"caution": cautions[row["metric"]]} if row["metric"] in cautions else {}) for row in estimates
    ]


def _result(row, of):
    result = {"metric": str(row["metric"]), "unit": row["unit"] if isinstance(row.get("unit"), str) else ""}
    numbers = {name: _number(row[name]) for name in ("estimate", "low", "high")}
    if None not in numbers.values():
        numbers = dict(zip(numbers, supported(*numbers.values()), strict=True))
    elif result["unit"] == PEOPLE and numbers["estimate"] is not None:
        numbers["estimate"] = float(nearest_ten(numbers["estimate"]))
    n = None if row["n"] is None else int(row["n"])
    n = nearest_ten(n) if of == PEOPLE and n is not None else n
    result |= numbers | {"n": n, "method": str(row["method"]), "flag": row["flag"]}
    result |= {"of": of} if of != PEOPLE else {}
    result |= {"series": row["series"]} if isinstance(row.get("series"), str) else {}
    return result | ({"group": str(row["group"])} if _is_grouped(row) else {})


def _is_grouped(row):
    return isinstance(row.get("group"), str) and bool(row["group"])


def _number(value):
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def _mark(row):
    return f" ({row['reason']})" if row["reason"] else ""
