"""What a report must not give away: estimates on a handful of people, and personal data in any text."""

import numpy as np

from cxresearch.display import PRIVATE, visible
from cxresearch.masking import WITHHELD, Secrets, shapes
from cxresearch.words import SUPPRESSED

INDICATIVE = 30  # a base under it is marked; under SUPPRESSED it is withheld
HIDDEN = ["estimate", "low", "high", "n"]


def withhold(frame):
    """Withhold estimates on a small base, and those that would give one away.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns estimate, low, high and n (the base, a number of people), and optionally group: the rows of one group add up to a total
        that is known, so that whoever knows all but one knows the last. A missing group stands alone.

    Returns
    -------
    pandas.DataFrame
        With ``flag`` (``suppressed``, ``indicative`` or empty) and ``reason`` (what to tell a reader); where a row is suppressed its
        estimate, limits and base are None. In a group the next smallest rows are suppressed too until what is hidden is at least two
        rows that together stand on a base of 10.

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
    """
    from cxresearch.inputs import numbers

    n = numbers(frame["n"], "n", low=0)
    small = n < SUPPRESSED
    hidden = small.copy()
    if "group" in frame:
        _protect(hidden, n, frame["group"])
    visible = {name: frame[name].astype(object).where(~hidden, None) for name in HIDDEN}
    flag = np.where(hidden, "suppressed", np.where(n < INDICATIVE, "indicative", ""))
    reason = np.select(
        [small, hidden, n < INDICATIVE],
        [
            f"base under {SUPPRESSED}: withheld",
            "withheld: it would give a small base away",
            "indicative: small base",
        ],
        "",
    )
    return frame.assign(**visible, flag=flag, reason=reason)


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
        With ``flag``, as :func:`withhold` sets it; in a suppressed cell every number is missing. In each row and each column what is
        hidden is at least two cells that together stand on a base of 10.

    Examples
    --------
    >>> import pandas as pd
    >>> cells = pd.DataFrame({"what": list("aabb"), "how": list("xyxy"), "n": [4, 40, 400, 4000], "mean": [7.5, 8, 6, 7]})
    >>> withhold_cells(cells, "what", "how")["flag"].tolist()
    ['suppressed', 'suppressed', 'suppressed', 'suppressed']
    >>> withhold_cells(cells.assign(n=[40, 40, 20, 4000]), "what", "how")["flag"].tolist()
    ['', '', 'indicative', '']
    """
    from cxresearch.inputs import numbers

    n = numbers(frame["n"], "n", low=0)
    hidden = n < SUPPRESSED
    before = -1
    while hidden.sum() > before:
        before = hidden.sum()
        for name in (row, column):
            _protect(hidden, n, frame[name])
    flag = np.where(hidden, "suppressed", np.where(n < INDICATIVE, "indicative", ""))
    cells = frame.assign(flag=flag)
    for name in frame.columns[[kind.kind in "biuf" for kind in frame.dtypes]]:
        cells[name] = cells[name].astype(float).where(~hidden)
    return cells


def _protect(hidden, n, groups):
    """Hide the next smallest of each group, in place, until no one can be told from the group's total."""
    for rows in groups.reset_index(drop=True).groupby(groups.to_numpy(), sort=False).indices.values():
        order = rows[np.argsort(n[rows], kind="stable")]
        for row in order[~hidden[order]]:
            inside = order[hidden[order]]
            if not len(inside) or (len(inside) > 1 and n[inside].sum() >= SUPPRESSED):
                break
            hidden[row] = True


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
