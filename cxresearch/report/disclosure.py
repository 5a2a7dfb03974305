"""What a report must not give away: estimates on a handful of people, and personal data in any text."""

import numpy as np

from cxresearch.display import PRIVATE, visible
from cxresearch.masking import WITHHELD, Secrets, shapes
from cxresearch.report import audit
from cxresearch.words import SUPPRESSED

PEOPLE = "people"  # what bases count where nothing else is said
INDICATIVE = 30  # a base under it is marked; under SUPPRESSED it is withheld
HIDDEN = ["estimate", "low", "high", "n"]
COUNTED = "Wilson|Kaplan–Meier|Aalen–Johansen"  # methods of shares that are of the people of the base
APART = "contract-months|share of writers"  # … but for these: the base of the share is another


def withhold(frame, of=PEOPLE):
    """Withhold estimates on a small base, and those that would give one away.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns estimate, low, high and n (the base), and optionally unit, method, cases (how many people the estimate counts, where that is
        not the base times a share; with group, those who count in every row of it) and group: the rows of one group add up to a total that is known, so that whoever knows all but one knows
        the last. A missing group stands alone.
    of : str
        What the base counts; of anything but people only a base under 10 itself is withheld.

    Returns
    -------
    pandas.DataFrame
        With ``flag`` (``suppressed``, ``indicative`` or empty) and ``reason`` (what to tell a reader); where a row is suppressed its
        estimate, limits and base are None. In a group the next smallest rows are suppressed too until no sum leaves a small base within
        1 to 9; see :mod:`cxresearch.report.audit`. A share of people behind which stand fewer than 10 is withheld as well, and one that
        all but fewer than 10 share; its base stays.

    Raises
    ------
    ValueError
        Where a base is missing, negative or no number.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"metric": list("abc"), "estimate": 0.5, "low": 0.4, "high": 0.6, "n": [4, 40, 400]})
    >>> withhold(table.assign(group="region"))[["metric", "n", "flag"]]
      metric     n        flag
    0      a  None  suppressed
    1      b  None  suppressed
    2      c   400
    >>> table = table.assign(n=400, estimate=[0.01, 0.5, 0.99], unit="share", method="Wilson score")
    >>> withhold(table)[["metric", "estimate", "n", "flag"]]
      metric estimate    n        flag
    0      a     None  400  suppressed
    1      b      0.5  400
    2      c     None  400  suppressed
    """
    from cxresearch.inputs import numbers

    n = numbers(frame["n"], "n", low=0)
    small = n < SUPPRESSED
    hidden = small.copy()
    if "group" in frame:
        audit.protect(hidden, n, [frame["group"]])
    is_of_group = hidden & (frame["group"].notna().to_numpy() if "group" in frame else False)
    few = _is_of_few(frame, n) if of == PEOPLE else np.zeros(len(frame), bool)
    if of == PEOPLE and {"group", "cases"} <= set(frame.columns):
        few |= _beside_few(frame, n)
    few &= ~hidden
    shown = {name: frame[name].astype(object).where(~(hidden | few), None) for name in HIDDEN[:3]}
    shown["n"] = frame["n"].astype(object).where(~hidden, None)
    flag = np.where(hidden | few, "suppressed", np.where(n < INDICATIVE, "indicative", ""))
    reason = np.select(
        [is_of_group, hidden, few, n < INDICATIVE],
        [
            f"withheld: a base under {SUPPRESSED}, or it would give a small base away",
            f"base under {SUPPRESSED}: withheld",
            f"fewer than {SUPPRESSED} people behind it, or all but fewer than {SUPPRESSED}: withheld",
            "indicative: small base",
        ],
        "",
    )
    return frame.assign(**shown, flag=flag, reason=reason)


def cases_of(frame, n):
    """How many people each share, or number of them, counts; missing for any other estimate."""
    cases = np.full(len(frame), np.nan)
    if {"unit", "method"} <= set(frame.columns):
        estimate, method = frame["estimate"].astype(float).to_numpy(), frame["method"].astype(str)
        counted = (frame["unit"] == "share") & method.str.contains(COUNTED) & ~method.str.contains(APART)
        is_count = (frame["unit"] == PEOPLE).to_numpy()
        known = counted.to_numpy() | is_count
        cases[known] = np.round(np.nan_to_num(estimate) * np.where(is_count, 1, n))[known]
    return cases


def _is_of_few(frame, n):
    """Which rows are shares, or counts, of fewer than ten people, or of all but fewer than ten."""
    cases = cases_of(frame, n)
    is_few = (cases > 0) & (cases < SUPPRESSED) | (cases < n) & (n - cases < SUPPRESSED)
    return is_few | frame["cases"].between(1, SUPPRESSED - 1).to_numpy() if "cases" in frame else is_few


def _beside_few(frame, n):
    """Which rows of a group would give away how many people a share of few in it counts."""
    beside = np.zeros(len(frame), bool)
    known = np.flatnonzero(frame["cases"].notna() & frame["group"].notna())
    cases = frame["cases"].to_numpy(float)[known]
    for count in (cases, n[known] - cases):
        count = count.round().astype(int)
        is_few = (count > 0) & (count < SUPPRESSED)
        if is_few.any():
            audit.protect(is_few, count, [frame["group"].iloc[known]])
            beside[known] |= is_few
    return beside


def withhold_cells(frame, row, column):
    """Withhold the cells of a table whose totals by row and by column are both known.

    Parameters
    ----------
    frame : pandas.DataFrame
        One line per cell that is not empty: n, its base, and any numbers.
    row, column : str
        The columns that place a cell.

    Returns
    -------
    pandas.DataFrame
        With ``flag``, as :func:`withhold` sets it; in a suppressed cell every number is missing. No sum over rows and columns leaves a
        small cell within 1 to 9.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"what": list("aabb"), "how": list("xyxy"), "n": [4, 40, 400, 4000], "mean": [7.5, 8, 6, 7]})
    >>> withhold_cells(cells, "what", "how")["flag"].tolist()
    ['suppressed', 'suppressed', 'suppressed', 'suppressed']
    >>> withhold_cells(cells.assign(n=[40, 40, 20, 4000]), "what", "how")["flag"].tolist()
    ['', '', 'indicative', '']

    Where there is one column only, the total of a row is its cell:

    >>> withhold_cells(cells.assign(what=list("abcd"), how="x"), "what", "how")["flag"].tolist()
    ['suppressed', 'suppressed', '', '']
    """
    from cxresearch.inputs import numbers

    n = numbers(frame["n"], "n", low=0)
    hidden = n < SUPPRESSED
    # where each row has one cell, its total is that cell and withheld with it
    breakdowns = [frame[name] for name in (row, column) if frame[name].duplicated().any()]
    audit.protect(hidden, n, breakdowns)
    flag = np.where(hidden, "suppressed", np.where(n < INDICATIVE, "indicative", ""))
    cells = frame.assign(flag=flag)
    for name in frame.columns[[kind.kind in "biuf" for kind in frame.dtypes]]:
        cells[name] = cells[name].astype(float).where(~hidden)
    return cells


def scrub(notebook, secrets=frozenset()):
    """Mask e-mail addresses, telephone numbers and known personal data in an executed notebook, in place.

    Every text of every output is read – plain text, tables, readings, captions, alt text, errors, HTML – and the prose. Pictures are not:
    a name drawn into one stays. A secret that the notebook's own source spells out is its author's word and stays too.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        What it hands over to the run (:func:`cxresearch.display.take`) is left as it is: it never reaches a page.
    secrets : Secrets or set of str
        Values that may not be shown; see :func:`cxresearch.report.personal.sensitive`.

    Returns
    -------
    int
        How many were masked.
    """
    secrets = secrets if isinstance(secrets, Secrets) else Secrets(secrets)
    own = secrets.spelled_out("\n".join(cell.source for cell in notebook.cells))
    count = [0]

    def shaped(text):
        text, found = shapes(text)
        count[0] += found
        return text

    def output(text):
        text, found = secrets.mask(visible(text), own, WITHHELD)
        count[0] += found
        return shaped(text)

    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = shaped(cell.source)
        for shown in cell.get("outputs", []):
            _change_texts(shown, output)
    return count[0]


def _change_texts(output, change):
    """Change every text of an output in place, whatever its format; pictures and what is handed over to the run stay."""
    for part in ("text", "evalue", "ename", "traceback"):
        if part in output:
            output[part] = _texts(output[part], change)
    for mime in output.get("data", {}):
        is_text = not mime.startswith("image/") or mime == "image/svg+xml"
        if is_text and not mime.startswith(PRIVATE):
            output["data"][mime] = _texts(output["data"][mime], change)


def _texts(value, change):
    """A value with every text in it changed, however deep, keys included."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_texts(part, change) for part in value]
    if isinstance(value, dict):
        return type(value)({_texts(key, change): _texts(part, change) for key, part in value.items()})
    return value
