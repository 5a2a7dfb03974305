"""The pictures of the touchpoint notebook."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure

GREY = "#c9cfd6"


def touch_map(cells, touchpoints, channels, value="mean", what="mean satisfaction"):
    """Touchpoints by channels as shaded cells; suppressed ones grey, empty ones blank.

    Parameters
    ----------
    cells : pandas.DataFrame
        touchpoint, channel, the value, n and flag (``suppressed``, ``indicative`` or empty): cells already withheld.
    touchpoints, channels : sequence of str
        In the order of the rows and columns.
    value : str
        The column shown.
    what : str
        What it is, in words.

    Returns
    -------
    Figure
    """
    grid = cells.pivot(index="touchpoint", columns="channel", values=value).reindex(
        touchpoints, columns=channels
    )
    flag = cells.pivot(index="touchpoint", columns="channel", values="flag").reindex(
        touchpoints, columns=channels
    )
    values, digits = grid.to_numpy(dtype=float), 0 if value == "contacts" else 1
    figure = Figure(1.0 + 0.29 * max(len(touchpoints), 2))
    axes = figure.panel()
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 1)
    span = max(high - low, 1e-9)
    axes.imshow(values, cmap="Blues", vmin=low - 0.15 * span, vmax=high + 0.25 * span, aspect="auto")
    axes.set_xticks(range(len(channels)), [_words(name) for name in channels])
    axes.set_yticks(range(len(touchpoints)), [_words(name) for name in touchpoints])
    text = np.full(grid.shape, "", dtype=object)
    for (i, j), mark in np.ndenumerate(flag.to_numpy(dtype=object)):
        if mark == "suppressed":
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=GREY, edgecolor="white", linewidth=0.8)
            )
            text[i, j] = "withheld"
        elif isinstance(mark, str) and np.isfinite(values[i, j]):
            text[i, j] = f"{values[i, j]:,.{digits}f}" + ("*" if mark == "indicative" else "")
            dark = (values[i, j] - low) / span > 0.7
            axes.text(
                j, i, text[i, j], ha="center", va="center", fontsize=8.5, color="white" if dark else INK
            )
    numbers = pd.DataFrame(text, columns=[_words(name) for name in channels])
    numbers.insert(0, "touchpoint", [_words(name) for name in touchpoints])
    known = cells[cells["flag"] != "suppressed"].dropna(subset=[value]).sort_values(value, kind="stable")
    ends = [known.iloc[0], known.iloc[-1]] if len(known) else []
    told = " and ".join(
        f"{'lowest' if k == 0 else 'highest'} {_words(end['touchpoint'])} by {_words(end['channel'])} {end[value]:,.{digits}f}"
        for k, end in enumerate(ends)
    )
    hidden = int((cells["flag"] == "suppressed").sum())
    return figure.say(
        f"A table of shaded cells, {_count(touchpoints, 'touchpoint')} by {_count(channels, 'channel')}: {what}. {told[:1].upper() + told[1:] or 'No cell may be shown'}. "
        f"Withheld (grey): {hidden}; blank cells had none.",
        f"{what.capitalize()} by touchpoint and channel (grey: withheld, * base under 30, blank: none)",
        numbers,
    )


def raw_to_adjusted(departments):
    """Each department's mean as it stands, and at the same mix of work.

    Parameters
    ----------
    departments : pandas.DataFrame
        ``Consistency.departments_``.

    Returns
    -------
    Figure
    """
    figure = Figure(max(3.2, 0.5 + 0.42 * len(departments)))
    axes = figure.panel(ylabel="mean satisfaction")
    axes.set_xlim(-0.75, 1.75)
    axes.set_xticks([0, 1], ["as it stands", "same mix of work"])
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
            label = f"{_words(d['department'])}  {d[side]:.2f}"
            axes.text(x + (0.07 if x else -0.07), places[side][i], label, ha="left" if x else "right", va="center", color=color, fontsize=9, fontweight=weight)  # fmt: skip
    told = "; ".join(
        f"{_words(d.department)} {d.raw:.2f} and {d.adjusted:.2f}{', lagging' if d.verdict == 'lagging' else ''}"
        for d in departments.itertuples()
    )
    numbers = departments[["department"]].copy()
    for side in ("raw", "adjusted"):
        numbers[side] = departments[side].map("{:.2f}".format)
        limits = zip(departments[f"{side}_low"], departments[f"{side}_high"], strict=True)
        numbers[f"{side}, 95% interval"] = [f"{low:.2f} to {high:.2f}" for low, high in limits]
    return figure.say(
        f"Lines from each department's mean as it stands to its mean at the same mix of work. {told}.",
        "Mean satisfaction by department, as it stands and at the same mix of work (bars: 95% interval)",
        numbers,
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
    """
    rows = rows.sort_values("estimate", kind="stable", ignore_index=True)
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
    axes.set_yticks(at, rows[label].map(_words))
    axes.set_ylim(-0.7, len(rows) - 0.3)
    told = "; ".join(
        f"{_words(getattr(r, label))} {r.estimate:+.2f} ({r.low:+.2f} to {r.high:+.2f}), {r.verdict}"
        for r in rows.head(8).itertuples()
    )
    numbers = pd.DataFrame({"": rows[label].map(_words)})
    for name in ("estimate", "low", "high"):
        numbers[name] = rows[name].map("{:+.2f}".format)
    numbers["verdict"] = rows["verdict"]
    return figure.say(f"Points with intervals against zero, sorted. {told}.", caption, numbers)


def importance_performance(touchpoints, cut):
    """Touchpoints by mean rating and by importance, cut into four at the means.

    Parameters
    ----------
    touchpoints : pandas.DataFrame
        ``ImportancePerformance.touchpoints_``.
    cut : tuple of float

    Returns
    -------
    Figure
    """
    figure = Figure(4.6)
    axes = figure.panel(xlabel="mean satisfaction", ylabel="importance (points of loyalty per point)")
    axes.axvline(cut[0], color=SOFT, linewidth=0.9, linestyle="--")
    axes.axhline(cut[1], color=SOFT, linewidth=0.9, linestyle="--")
    size = 110 + 190 * touchpoints["contacts"] / touchpoints["contacts"].max()
    colors = [ORANGE if t.is_named and t.quadrant == "concentrate here" else BLUE if t.is_named else GREY for t in touchpoints.itertuples()]  # fmt: skip
    across = [touchpoints["performance"] - touchpoints["performance_low"], touchpoints["performance_high"] - touchpoints["performance"]]  # fmt: skip
    up = [touchpoints["importance"] - touchpoints["importance_low"], touchpoints["importance_high"] - touchpoints["importance"]]  # fmt: skip
    axes.errorbar(touchpoints["performance"], touchpoints["importance"], up, across, fmt="none", ecolor=LINE, elinewidth=0.8, zorder=1)  # fmt: skip
    axes.scatter(touchpoints["performance"], touchpoints["importance"], s=size, color=colors, alpha=0.85, linewidths=0, zorder=2)  # fmt: skip
    for rank, t in enumerate(touchpoints.itertuples(), 1):
        spot = (t.performance, t.importance)
        axes.annotate(
            str(rank), spot, ha="center", va="center", fontsize=7.5, color="white" if t.is_named else INK
        )
        if t.is_named:
            axes.annotate(
                _words(t.touchpoint),
                spot,
                xytext=(0, 12 if t.importance >= cut[1] else -19),
                textcoords="offset points",
                ha="center",
                fontsize=9,
            )
    corners = ((0.01, 0.99, "concentrate here"), (0.99, 0.99, "keep up"), (0.01, 0.01, "low priority"), (0.99, 0.01, "possible overkill"))  # fmt: skip
    for x, y, name in corners:
        place = {"ha": "left" if x < 0.5 else "right", "va": "top" if y > 0.5 else "bottom"}
        axes.text(x, y, name, transform=axes.transAxes, fontsize=9, color=SOFT, style="italic", **place)
    named = touchpoints[touchpoints["is_named"]]
    told = "; ".join(
        f"{_words(t.touchpoint)}: {t.quadrant} ({t.probability:.0%})" for t in named.itertuples()
    )
    numbers = pd.DataFrame({"": [f"{k}  {_words(t)}" for k, t in enumerate(touchpoints["touchpoint"], 1)]})
    for name in ("performance", "importance"):
        numbers[name] = touchpoints[name].map("{:.2f}".format)
    numbers["likeliest quadrant"] = touchpoints["quadrant"]
    numbers["probability"] = touchpoints["probability"].map("{:.0%}".format)
    return figure.say(
        f"Touchpoints as dots by mean satisfaction and importance, in four quadrants. Named at a probability of 80% or more – {told or 'none'}.",
        "Touchpoints by performance and importance (number: rank by gap; size: contacts; grey: no quadrant is sure)",
        numbers,
    )


def perception(gaps):
    """Staff's and customers' means as pairs of dots.

    Parameters
    ----------
    gaps : pandas.DataFrame
        Rows of ``PerceptionGap.gaps_`` with a column label.

    Returns
    -------
    Figure
    """
    rows = gaps.sort_values("gap", ascending=False, kind="stable", ignore_index=True)
    figure = Figure(1.1 + 0.32 * max(len(rows), 2))
    axes = figure.panel(xlabel="mean rating")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(rows))[::-1]
    wrong = rows["verdict"].isin(["overrated", "underrated"])
    axes.hlines(
        at, rows["customer"], rows["staff"], color=np.where(wrong, ORANGE, GREY), linewidth=2.2, zorder=1
    )
    axes.plot(rows["customer"], at, "o", color=BLUE, markersize=6.5, label="customers")
    axes.plot(rows["staff"], at, "D", color=INK, markersize=5.5, label="staff")
    axes.set_yticks(at, rows["label"].map(_words))
    axes.set_ylim(-0.7, max(len(rows), 2) - 0.3)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    told = "; ".join(
        f"{_words(g.label)} staff {g.staff:.2f}, customers {g.customer:.2f}, {g.verdict}"
        for g in rows.head(8).itertuples()
    )
    numbers = pd.DataFrame({"": rows["label"].map(_words)})
    for name in ("staff", "customer"):
        numbers[name] = rows[name].map("{:.2f}".format)
    numbers["gap, 95% interval"] = [
        f"{g.gap:+.2f} ({g.low:+.2f} to {g.high:+.2f})" for g in rows.itertuples()
    ]
    numbers["verdict"] = rows["verdict"]
    return figure.say(
        f"Pairs of dots, staff and customers, largest gap first. {told}.",
        "How staff rate what customers experience, and how customers rate it (orange: a gap)",
        numbers,
    )


def _count(things, what):
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def _words(name):
    """A label as words, cut where it is long.

    >>> _words("face_to_face"), len(_words("x" * 60))
    ('face to face', 36)
    """
    text = str(name).replace("_", " ")
    return text if len(text) <= 36 else text[:35] + "…"


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
    found = np.empty(len(values))
    found[order] = places
    return found
