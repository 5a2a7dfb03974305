r"""What could be worked out of published counts: the bounds that sums leave to a cell that is withheld, by linear programming.

Whoever reads a report knows the cells :math:`x` that it shows, each within the interval :math:`[l, u]` of its rounding, and that the cells of a
breakdown add up to a total: :math:`Ax = b`. Of a withheld cell he then knows

.. math:: \min \{x_i : Ax = b,\ l \le x \le u\} \quad\text{to}\quad \max \{x_i : Ax = b,\ l \le x \le u\}.

A cell is *given away* where the upper bound is under 10, or where the bounds are closer together than 1 and 10.

References
----------
Fischetti, M. & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data with linear constraints. *Management Science* 47(7),
1008–1027. Hundepool, A. et al. (2012). *Statistical Disclosure Control*. Wiley, ch. 4.
"""

import numpy as np

from cxresearch.display import TABLE, bundle
from cxresearch.words import SUPPRESSED

ROUNDED = 5, 4  # what the nearest ten may have lost: 15 to 24 are 20
AUDITED = "Withheld: another table of this report, or a sum over it, would give a base under 10 away."


def given_away(low, high, equations, cells):
    """The cells that sums pin down.

    Parameters
    ----------
    low, high : array-like of float
        What is known of every cell by itself; infinity where nothing is.
    equations : list of (sequence of int, sequence of int, float)
        The cells of the first, less those of the second, add up to the third.
    cells : sequence of int
        Those to try.

    Returns
    -------
    list of int or None
        None where no numbers fit: then the cells do not add up as the equations say.

    Examples
    --------
    Of 46 customers in three regions 40 are known: the other two add up to 6, so each is under 10. With 60 in all they add up to 20.

    >>> [given_away([1, 1, 40], [np.inf, np.inf, 40], [([0, 1, 2], [], total)], [0, 1]) for total in (46, 60)]
    [[0, 1], []]
    """
    from scipy.optimize import linprog  # takes its time, and most reports withhold nothing
    from scipy.sparse import lil_array

    if not len(cells):
        return []
    sums = lil_array((max(len(equations), 1), len(low)))
    for line, (plus, minus, _) in enumerate(equations):
        for at in plus:
            sums[line, at] += 1
        for at in minus:
            sums[line, at] -= 1
    totals = [total for *_, total in equations] or [0]
    limits, most = np.column_stack([low, high]), sum(abs(total) for total in totals) + 10_000_000
    limits[:, 1] = np.minimum(limits[:, 1], most)
    seen_low, seen_high = np.full(len(low), np.inf), np.full(len(low), -np.inf)
    pinned = []
    for cell in cells:
        for sign in (
            -1,
            1,
        ):  # every solution is a witness for all cells, so that few programs have to be solved
            if seen_high[cell] >= SUPPRESSED and seen_high[cell] - seen_low[cell] >= SUPPRESSED - 1:
                break
            goal = np.zeros(len(low))
            goal[cell] = sign
            solved = linprog(goal, A_eq=sums.tocsr(), b_eq=totals, bounds=limits, method="highs")
            if solved.status == 2:
                return None
            found = np.round(solved.x, 6)
            seen_low, seen_high = np.minimum(seen_low, found), np.maximum(seen_high, found)
        if seen_high[cell] < SUPPRESSED or seen_high[cell] - seen_low[cell] < SUPPRESSED - 1:
            pinned.append(cell)
    return pinned


def protect(hidden, n, breakdowns):
    """Withhold further cells, in place, until no sum gives a small one away or there is nothing left to withhold.

    Parameters
    ----------
    hidden : numpy.ndarray of bool
        The cells that are withheld, the small ones among them.
    n : numpy.ndarray of int
        Every cell.
    breakdowns : list of pandas.Series
        Each names the group of every cell; the cells of a group add up to a total that is known. A missing group stands alone.
    """
    groups = [
        rows
        for names in breakdowns
        for rows in names.reset_index(drop=True).groupby(names.to_numpy(), sort=False).indices.values()
    ]
    low = np.full(len(n), float(n.min() > 0)) if len(n) else n
    before = -1
    while hidden.sum() > before:
        before = hidden.sum()
        for rows in groups:
            _two_of_ten(hidden, n, rows)
        if hidden.sum() > before:
            continue
        inside = [rows[hidden[rows]] for rows in groups]
        small = [at for at in np.flatnonzero(hidden & (n < SUPPRESSED)) if any(at in rows for rows in inside)]
        if not small:
            break
        place = np.cumsum(hidden) - 1  # only what is hidden is unknown
        sums = [(place[rows], [], float(n[rows].sum())) for rows in inside if len(rows)]
        unknown = np.full(hidden.sum(), np.inf)
        for at in given_away(low[hidden], unknown, sums, [place[at] for at in small]) or []:
            cell = np.flatnonzero(hidden)[at]
            shown = [row for rows in groups if cell in rows for row in rows if not hidden[row]]
            if shown:
                hidden[min(shown, key=lambda row: (n[row], row))] = True
                break


def _two_of_ten(hidden, n, rows):
    """Hide the next smallest of a group until at least two are hidden that together stand on ten."""
    order = rows[np.argsort(n[rows], kind="stable")]
    for row in order[~hidden[order]]:
        inside = order[hidden[order]]
        if not len(inside) or (len(inside) > 1 and n[inside].sum() >= SUPPRESSED):
            break
        hidden[row] = True


def audit(books):
    """Withhold in a report what its other tables would give away, and say so under the table; the notebooks are changed in place.

    All results of all notebooks are held together. What one table withholds no other may state, and where a table breaks the same people
    down in several ways, no total of one breakdown may give a row of another away.

    Parameters
    ----------
    books : list of nbformat.NotebookNode
        Executed.

    Returns
    -------
    int
        How many further rows were withheld.
    """
    outputs = [o for book in books for cell in book.cells for o in cell.get("outputs", [])]
    tables = [o for o in outputs if "results" in o.get("data", {}).get(TABLE, {})]
    count, before = 0, -1
    while count > before:
        before = count
        rows = [row for output in tables for row in output["data"][TABLE]["results"]]
        taboo = {row["metric"] for row in rows if row["flag"] == "suppressed" and "of" not in row}
        for output in tables:
            content = output["data"][TABLE]
            shown = [row for row in content["results"] if row["flag"] != "suppressed" and "of" not in row]
            named = [row for row in shown if row["metric"] in taboo] or _next(content["results"])
            for row in named:
                withhold_row(output, row["metric"])
            count += len(named)
    return count


def _next(rows):
    """The smallest row that one breakdown of a table has to withhold because another tells its total; a list of none or one."""
    rows = [row for row in rows if "group" in row and "of" not in row]
    groups = {
        name: [at for at, row in enumerate(rows) if row["group"] == name]
        for name in {r["group"] for r in rows}
    }
    hidden = [at for at, row in enumerate(rows) if row["n"] is None]
    if not hidden or len(groups) < 2:
        return []
    low = [0 if row["n"] is None else max(row["n"] - ROUNDED[0], SUPPRESSED) for row in rows]
    high = [np.inf if row["n"] is None else row["n"] + ROUNDED[1] for row in rows]
    first, *others = (groups[name] for name in sorted(groups))
    pinned = given_away(low, high, [(first, other, 0.0) for other in others], hidden) or []
    for at in pinned:  # none where the totals differ: they are not of the same people
        shown = [row for row in rows if row["group"] == rows[at]["group"] and row["n"] is not None]
        if shown:
            return [min(shown, key=lambda row: row["n"])]
    return []


def withhold_row(output, metric, why=AUDITED):
    """Withhold a row of a table in every format of an output, and say why under the table."""
    content = output["data"][TABLE]
    at = next(i for i, row in enumerate(content["results"]) if row["metric"] == metric)
    content["results"][at] |= {"estimate": None, "low": None, "high": None, "n": None, "flag": "suppressed"}
    content["rows"][at] = [metric, "–", "–", "–", content["rows"][at][-1].split(" (")[0]]
    told = content["caption"] if why in content["caption"] else f"{content['caption']}. {why}"
    shown = bundle(told, content["header"], content["rows"], results=content["results"])
    output["data"] |= shown._repr_mimebundle_()
