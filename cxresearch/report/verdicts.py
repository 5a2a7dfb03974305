"""Whether a report is fit to publish: shown by the data-quality notebook, repeated on every page."""

from cxresearch.display import Shown, table

VERDICT = "application/vnd.cxresearch.verdict+json"
WORDS = {
    "publish": ("publish", "Fit to publish"),
    "publish with a warning": ("warning", "Fit to publish, with a warning"),
    "hold": ("hold", "Hold"),
}


def verdict(kind, scorecard):
    """Show the scorecard of a quarter's data, and hand its verdict to the report.

    Parameters
    ----------
    kind : {"publish", "publish with a warning", "hold"}
    scorecard : pandas.DataFrame
        topic, finding, state. The findings on hold, or else those with a warning, are the reasons for the verdict.

    Returns
    -------
    Shown
        Displayed as the last expression of a cell; carries the verdict and its reasons as data.
    """
    worst = "hold" if kind == "hold" else "warning"
    reasons = scorecard.loc[scorecard["state"] == worst, "finding"].tolist()
    shown = table(scorecard, "What was checked, and what was found")
    return Shown(shown._repr_mimebundle_() | {VERDICT: {"verdict": kind, "reasons": reasons}})


def harvest(notebook):
    """The verdict carried by an executed notebook, None where it has none."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            found = output.get("data", {}).get(VERDICT)
            if found:
                return {"verdict": str(found["verdict"]), "reasons": [str(r) for r in found["reasons"]]}
    return None


def line(content):
    """What a page says under its title; None without a verdict.

    Returns
    -------
    dict or None
        kind, which styles it; text, one line that holds a single reason or else their number; reasons, the list beneath it.

    Examples
    --------
    >>> line({"verdict": "hold", "reasons": ["orders: 0 rows this quarter, 700 expected"]})
    {'kind': 'hold', 'text': 'Hold: orders: 0 rows this quarter, 700 expected', 'reasons': []}
    >>> line({"verdict": "publish with a warning", "reasons": ["orders are late", "a column is empty"]})
    {'kind': 'warning', 'text': 'Fit to publish, with a warning: 2 findings', 'reasons': ['orders are late', 'a column is empty']}
    """
    if content is None:
        return None
    kind, words = WORDS[content["verdict"]]
    reasons = content["reasons"]
    if len(reasons) > 1:
        return {"kind": kind, "text": f"{words}: {len(reasons)} findings", "reasons": reasons}
    return {"kind": kind, "text": ": ".join([words, *reasons]), "reasons": []}
