"""Recorded estimates: every number of a report with its interval, its base and its method."""

import math

from cxresearch.display import TABLE, bundle, number_text

RESULT = ["metric", "estimate", "low", "high", "n", "method"]
DIGITS = 6  # significant digits kept, so that a rerun elsewhere stores the same numbers
SUPPRESSED, INDICATIVE = 10, 30  # a base under the first is withheld, under the second marked


def record(frame, caption):
    """Keep estimates for the report and show them as a table.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns metric, estimate, low, high, n, method; optionally unit (``share`` is told in per cent). An estimate with no interval is not an estimate: low and high
        may be missing only together with the estimate, or where the method says that the number is a count.
    caption : str
        What the table shows.

    Returns
    -------
    Shown
        Displayed as the last expression of a cell. A base under 30 is marked indicative; under 10 the numbers are withheld.

    Raises
    ------
    ValueError
        Where a column is missing, a metric occurs twice, or an estimate lies outside its interval.
    """
    missing = [c for c in RESULT if c not in frame.columns]
    if missing:
        raise ValueError(f"a result needs the column {missing[0]}")
    if frame["metric"].duplicated().any():
        raise ValueError(f"metric {frame.loc[frame['metric'].duplicated(), 'metric'].iloc[0]!r} occurs twice")
    bare = frame["estimate"].notna() & frame["low"].isna() & (frame["method"] != "count")
    if bare.any():
        raise ValueError(f"metric {frame.loc[bare, 'metric'].iloc[0]!r} has no interval")
    slack = 1e-9 * frame["estimate"].abs()
    outside = (frame["estimate"] < frame["low"] - slack) | (frame["estimate"] > frame["high"] + slack)
    if outside.any():
        raise ValueError(f"metric {frame.loc[outside, 'metric'].iloc[0]!r} lies outside its own interval")
    kept = [_result(row) for row in frame.to_dict("records")]
    cells = [
        [r["metric"], _shown(r, "estimate"), _interval(r), number_text(r["n"]), r["method"] + _mark(r)]
        for r in kept
    ]
    header = ["", "estimate", "95% interval", "base", "method"]
    return bundle(caption, header, cells, results=kept)


def harvest(notebook):
    """Every estimate recorded in an executed notebook, in order."""
    found = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found += output.get("data", {}).get(TABLE, {}).get("results", [])
    return found


def _result(row):
    n = int(row["n"])
    kept = {"metric": str(row["metric"]), "unit": row["unit"] if isinstance(row.get("unit"), str) else ""}
    hidden = n < SUPPRESSED
    for name in ("estimate", "low", "high"):
        kept[name] = None if hidden else _number(row[name])
    kept |= {"n": None if hidden else n, "method": str(row["method"])}
    kept["flag"] = "suppressed" if hidden else "indicative" if n < INDICATIVE else ""
    return kept


def _number(value):
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{DIGITS}g}")


def _interval(result):
    if result["low"] is None and result["high"] is None:
        return "–"
    return f"{_shown(result, 'low')} to {_shown(result, 'high')}"


def _shown(result, name):
    value = result[name]
    return f"{value:.1%}" if result["unit"] == "share" and value is not None else number_text(value)


def _mark(result):
    marks = {"suppressed": f" (base under {SUPPRESSED}: withheld)", "indicative": " (indicative: small base)"}
    return marks.get(result["flag"], "")
