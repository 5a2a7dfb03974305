"""The pictures of how departments, and jobs in channels, compare once the mix of work is adjusted for."""

import numpy as np
import pandas as pd

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.charts.touchpoints import as_words
from cxresearch.display import Nothing

ENDS = 8, 4  # jobs in channels shown: the lowest and the highest


def raw_to_adjusted(departments):
    """Each department's mean, unadjusted and adjusted for the mix of work.

    Parameters
    ----------
    departments : pandas.DataFrame
        ``Consistency.departments_``.

    Returns
    -------
    Figure
        Nothing where there are no departments.
    """
    if not len(departments):
        return Nothing()
    figure = Figure(max(3.2, 0.5 + 0.42 * len(departments)))
    axes = figure.panel(ylabel="mean satisfaction")
    axes.set_xlim(-0.75, 1.75)
    axes.set_xticks([0, 1], ["unadjusted", "adjusted for case mix"])
    axes.spines["bottom"].set_visible(False)
    span = max(np.ptp(departments[["raw", "adjusted"]].to_numpy()), 1e-9)
    places = {side: _apart(departments[side].to_numpy(), 0.075 * span) for side in ("raw", "adjusted")}
    worst = {side: departments[side].idxmin() for side in places}
    for i, d in departments.iterrows():
        color = ORANGE if d["verdict"] == "lagging" else BLUE if i in worst.values() else SOFT
        axes.plot([0, 1], [d["raw"], d["adjusted"]], "o-", color=color, linewidth=1.8, markersize=5)
        for x, side in ((0, "raw"), (1, "adjusted")):
            axes.vlines(x, d[f"{side}_low"], d[f"{side}_high"], color=color, linewidth=1.2)
            weight = "bold" if worst[side] == i else "normal"
            label = f"{as_words(d['department'])}  {d[side]:.2f}"
            axes.text(x + (0.07 if x else -0.07), places[side][i], label, ha="left" if x else "right", va="center", color=color, fontsize=9, fontweight=weight)  # fmt: skip
    each = "; ".join(
        f"{as_words(d.department)} {d.raw:.2f} and {d.adjusted:.2f}{', lagging' if d.verdict == 'lagging' else ''}"
        for d in departments.itertuples()
    )
    numbers = departments[["department"]].copy()
    for side, name in (("raw", "unadjusted"), ("adjusted", "adjusted")):
        numbers[name] = departments[side].map("{:.2f}".format)
        limits = zip(departments[f"{side}_low"], departments[f"{side}_high"], strict=True)
        numbers[f"{name}, 95% interval"] = [f"{low:.2f} to {high:.2f}" for low, high in limits]
    return figure.say(
        f"A line for each department from its unadjusted mean to its mean adjusted for case mix. {each}.",
        "Mean satisfaction by department, unadjusted and adjusted for case mix (bars: 95% interval)",
        numbers,
    )


def department_distances(departments):
    """How far each department lies from the mean of all, adjusted for the mix of work.

    Parameters
    ----------
    departments : pandas.DataFrame
        ``Consistency.departments_``.

    Returns
    -------
    Figure
        Nothing where there are no departments.
    """
    names = {"distance": "estimate", "distance_low": "low", "distance_high": "high"}
    return caterpillar(
        departments[["department", *names, "verdict"]].rename(columns=names),
        "department",
        "points from the mean of all departments",
        "Distance of each department from the mean of all, adjusted for case mix (simultaneous 95% intervals)",
    )


def job_distances(cells):
    """The jobs in channels that lie furthest from what was expected.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``Consistency.cells_``.

    Returns
    -------
    Figure
        Nothing where there are no cells.
    """
    ends = pd.concat([cells.head(ENDS[0]), cells.iloc[ENDS[0] :].tail(ENDS[1])])
    return caterpillar(
        ends.rename(columns={"cell": "job and channel", "distance": "estimate"}),
        "job and channel",
        "points from what was expected",
        "Jobs in channels furthest from what department, channel and difficulty lead one to expect (separate 95% intervals)",
    )


def caterpillar(rows, label, xlabel, caption):
    """Estimates with their intervals, sorted, against 0.

    Parameters
    ----------
    rows : pandas.DataFrame
        The label, estimate, low, high, verdict; those whose verdict is ``lagging`` or ``below`` stand out.
    label : str
        The column that names a row.
    xlabel, caption : str

    Returns
    -------
    Figure
        Nothing where there are no rows.
    """
    if not len(rows):
        return Nothing()
    rows = rows.sort_values("estimate", kind="stable", ignore_index=True)
    names = rows[label].map(as_words)
    figure = Figure(1.0 + 0.3 * max(len(rows), 2))
    axes = figure.panel(xlabel=xlabel)
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=0.9)
    at = np.arange(len(rows))[::-1]
    for place, row in zip(at, rows.itertuples(), strict=True):
        color = ORANGE if row.verdict in ("lagging", "below") else BLUE if row.verdict == "above" else SOFT
        axes.hlines(place, row.low, row.high, color=color, linewidth=1.8)
        axes.plot(row.estimate, place, "o", color=color, markersize=5.5)
    axes.set_yticks(at, names)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    each = "; ".join(
        f"{name} {r.estimate:+z.2f} ({r.low:+z.2f} to {r.high:+z.2f}), {r.verdict}"
        for name, r in zip(names[:8], rows.head(8).itertuples(), strict=True)
    )
    numbers = pd.DataFrame({label: names})
    for name in ("estimate", "low", "high"):
        numbers[name] = rows[name].map("{:+z.2f}".format)
    numbers["verdict"] = rows["verdict"]
    return figure.say(f"Points with intervals, sorted, against a line at zero. {each}.", caption, numbers)


def _apart(values, least):
    """Places for labels near their values, no two nearer than `least`.

    >>> _apart(np.array([1.0, 1.01, 3.0]), 0.5).round(2).tolist()
    [0.76, 1.25, 3.0]
    """
    order = np.argsort(values, kind="stable")
    places = values[order].astype(float)
    for _ in range(200):
        short = least - np.diff(places)
        if not (short > 1e-9).any():
            break
        for k in np.flatnonzero(short > 0):
            places[k] -= max(0.0, least - (places[k + 1] - places[k])) / 2
            places[k + 1] += max(0.0, least - (places[k + 1] - places[k]))
    spread = np.empty(len(values))
    spread[order] = places
    return spread
