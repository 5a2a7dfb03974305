"""The picture of the board page."""

import pandas as pd

from cxresearch.charts.figure import BLUE, SOFT, Figure, points
from cxresearch.currency import UNIT, amount_text
from cxresearch.words import estimate_text


def at_stake(labels, money, of="money", within="12 months"):
    """What each finding is worth: a point and its interval on one scale.

    Parameters
    ----------
    labels : list of str
    money : list of tuple
        Estimate, low, high; in the order to show.
    of, within : str
        What the money is, and the time in which it comes or goes: the same for all.

    Returns
    -------
    Figure
    """
    rows = pd.DataFrame(money, columns=["at stake", "low", "high"])
    rows.insert(0, "finding", labels)
    drawn = rows.iloc[::-1]
    figure = Figure(0.9 + 0.45 * len(rows))
    axes = figure.panel(xlabel=f"{of} within {within}, 95% interval")
    at = range(len(drawn))
    points(axes, at, drawn["at stake"], drawn["low"], drawn["high"], BLUE, sideways=True, size=6)
    axes.axvline(0, color=SOFT, linewidth=0.9, linestyle=":")
    axes.set_yticks(list(at), drawn["finding"])
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    axes.xaxis.set_major_formatter(lambda value, _: amount_text(value))
    axes.grid(axis="y", visible=False)
    money = ["at stake", "low", "high"]
    rows[money] = rows[money].where(
        rows[money].abs().max(axis=1) < 10, rows[money].round()
    )  # as `words.money` writes it
    findings = "; ".join(
        f"{r.finding}: {estimate_text(r.estimate, r.low, r.high, UNIT)}"
        for r in rows.rename(columns={"at stake": "estimate"}).itertuples()
    )
    return figure.say(
        f"One line per finding, the largest on top: a point with its 95% interval for the {of} at stake within {within}. {findings}.",
        f"At stake within {within}, by finding: {of}",
        rows,
    )
