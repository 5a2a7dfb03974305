"""The pictures of the touchpoint notebook."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.display import Nothing
from cxresearch.masking import masked, shortened

GREY = "#c9cfd6"
MOST = 24, 10  # touchpoints and channels on a map
CORNERS = (
    (0.01, 0.99, "concentrate here"),
    (0.99, 0.99, "keep up"),
    (0.01, 0.01, "low priority"),
    (0.99, 0.01, "possible overkill"),
)


def touch_map(cells, touchpoints, channels, of=("mean", "mean satisfaction", ",.1f"), rows="touchpoint"):
    """Touchpoints, or something else, by channels as shaded cells; suppressed ones grey, empty ones blank.

    The value shown is that asked for, and where none of it may be shown the number of contacts.

    Parameters
    ----------
    cells : pandas.DataFrame
        touchpoint, channel, the value, contacts, n and flag (``suppressed``, ``indicative`` or empty): cells already withheld. A cell that is
        not suppressed and whose value is missing shows a dash.
    touchpoints, channels : sequence of str
        In the order of the rows and columns; the first 24 and 10 are shown.
    of : tuple of str
        The column of the value, what it is, and how it is written.
    rows : str
        The column that stands in the place of touchpoint.

    Returns
    -------
    Figure
        Nothing where there are no cells.
    """
    if not len(cells):
        return Nothing()
    names, columns = list(touchpoints)[: MOST[0]], list(channels)[: MOST[1]]
    is_cut = len(names) < len(touchpoints) or len(columns) < len(channels)
    cells = cells[cells[rows].isin(names) & cells["channel"].isin(columns)]
    has_values = of[0] in cells and cells[of[0]].notna().any()
    value, what, style = of if has_values else ("contacts", "contacts", ",.0f")
    places = {"index": rows, "columns": "channel"}
    values = cells.pivot(**places, values=value).reindex(names, columns=columns).to_numpy(dtype=float)
    flags = cells.pivot(**places, values="flag").reindex(names, columns=columns).to_numpy(dtype=object)
    figure = Figure(1.0 + 0.29 * max(len(names), 2))
    text = _shaded(figure.panel(), values, flags, style)
    _ticks(figure.axes[0], names, columns)
    numbers = pd.DataFrame(text, columns=[as_words(name) for name in columns])
    numbers.insert(0, rows, [as_words(name) for name in names])
    size = f"{_count(names, rows)} by {_count(columns, 'channel')}"
    hidden = int((flags == "suppressed").sum())
    dash = ", –: not known" if (text == "–").any() else ""
    return figure.say(
        f"Table of shaded cells, {size}: {what}. {_extremes(cells, value, style, rows)} Withheld (grey): {hidden}. Blank cells had no contact.",
        f"{what.capitalize()} by {rows} and channel (grey: withheld, *: fewer than 30 customers, blank: no contact{dash}"
        f"{'; busiest ones only' if is_cut else ''})",
        numbers,
    )


def _shaded(axes, values, flags, style):
    """Draw the cells; the text of each."""
    low, high = (np.nanmin(values), np.nanmax(values)) if np.isfinite(values).any() else (0, 1)
    span = max(high - low, 1e-9)
    axes.imshow(values, cmap="Blues", vmin=low - 0.15 * span, vmax=high + 0.25 * span, aspect="auto")
    text = np.full(values.shape, "", dtype=object)
    for (i, j), flag in np.ndenumerate(flags):
        if flag == "suppressed":
            axes.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=GREY, edgecolor="white", linewidth=0.8)
            )
            text[i, j] = "withheld"
        elif isinstance(flag, str):
            is_known = np.isfinite(values[i, j])
            text[i, j] = f"{values[i, j]:{style}}{'*' if flag == 'indicative' else ''}" if is_known else "–"
            color = "white" if is_known and (values[i, j] - low) / span > 0.7 else INK
            axes.text(j, i, text[i, j], ha="center", va="center", fontsize=8.5, color=color)
    return text


def _ticks(axes, rows, columns):
    axes.grid(False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    axes.set_xticks(range(len(columns)), [as_words(name) for name in columns])
    axes.set_yticks(range(len(rows)), [as_words(name) for name in rows])


def _extremes(cells, value, style, rows):
    shown = cells[cells["flag"] != "suppressed"].dropna(subset=[value]).sort_values(value, kind="stable")
    if not len(shown):
        return "No cell may be shown."
    ends = [
        f"{side}: {as_words(getattr(end, rows))} by {as_words(end.channel)}, {getattr(end, value):{style}}."
        for side, end in zip(("Lowest", "Highest"), shown.iloc[[0, -1]].itertuples(), strict=True)
    ]
    return " ".join(ends)


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
        Nothing where there are no touchpoints.
    """
    if not len(touchpoints):
        return Nothing()
    figure = Figure(4.6)
    axes = figure.panel(
        xlabel="mean satisfaction", ylabel="importance (points of loyalty per point of satisfaction)"
    )
    axes.axvline(cut[0], color=SOFT, linewidth=0.9, linestyle="--")
    axes.axhline(cut[1], color=SOFT, linewidth=0.9, linestyle="--")
    t = touchpoints
    reach = {
        f"{axis}err": [t[name] - t[f"{name}_low"], t[f"{name}_high"] - t[name]]
        for axis, name in (("x", "performance"), ("y", "importance"))
    }
    axes.errorbar(
        t["performance"], t["importance"], **reach, fmt="none", ecolor=LINE, elinewidth=0.8, zorder=1
    )
    size = 110 + 190 * t["contacts"] / t["contacts"].max()
    color = np.where(t["is_named"], np.where(t["quadrant"] == "concentrate here", ORANGE, BLUE), GREY)
    axes.scatter(t["performance"], t["importance"], s=size, color=color, alpha=0.85, linewidths=0, zorder=2)
    _dot_labels(axes, touchpoints, cut[1])
    for x, y, name in CORNERS:
        place = {"ha": "left" if x < 0.5 else "right", "va": "top" if y > 0.5 else "bottom"}
        axes.text(x, y, name, transform=axes.transAxes, fontsize=9, color=SOFT, style="italic", **place)
    named = "; ".join(
        f"{as_words(row.touchpoint)}, {row.quadrant} ({row.probability:.0%})"
        for row in touchpoints[touchpoints["is_named"]].itertuples()
    )
    names = [f"{rank}  {as_words(name)}" for rank, name in enumerate(touchpoints["touchpoint"], 1)]
    numbers = pd.DataFrame({"rank and touchpoint": names})
    for name in ("performance", "importance"):
        numbers[name] = touchpoints[name].map("{:.2f}".format)
    numbers["likeliest quadrant"] = touchpoints["quadrant"]
    numbers["probability"] = touchpoints["probability"].map("{:.0%}".format)
    return figure.say(
        "Touchpoints as dots by mean satisfaction and importance, in four quadrants. "
        f"Placed in one quadrant by at least 80% of resamples: {named or 'none'}.",
        "Touchpoints by performance and importance (number: rank by gap; size: contacts; grey: quadrant uncertain)",
        numbers,
    )


def _dot_labels(axes, touchpoints, middle):
    """The rank in each dot, and the name beside those whose quadrant is named."""
    for rank, t in enumerate(touchpoints.itertuples(), 1):
        spot, color = (t.performance, t.importance), "white" if t.is_named else INK
        axes.annotate(str(rank), spot, ha="center", va="center", fontsize=7.5, color=color)
        if t.is_named:
            above = (0, 12 if t.importance >= middle else -19)
            place = {"xytext": above, "textcoords": "offset points", "ha": "center"}
            axes.annotate(as_words(t.touchpoint), spot, fontsize=9, **place)


def perception(gaps, label="label"):
    """Staff's and customers' means as pairs of dots.

    Parameters
    ----------
    gaps : pandas.DataFrame
        Rows of ``PerceptionGap.gaps_``.
    label : str
        The column that names a row.

    Returns
    -------
    Figure
        Nothing where there are no rows.
    """
    if not len(gaps):
        return Nothing()
    rows = gaps.sort_values("gap", ascending=False, kind="stable", ignore_index=True)
    names = rows[label].map(as_words)
    figure = Figure(1.1 + 0.32 * max(len(rows), 2))
    axes = figure.panel(xlabel="mean rating")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(rows))[::-1]
    color = np.where(rows["verdict"].isin(["overrated", "underrated"]), ORANGE, GREY)
    axes.hlines(at, rows["customer"], rows["staff"], color=color, linewidth=2.2, zorder=1)
    axes.plot(rows["customer"], at, "o", color=BLUE, markersize=6.5, label="customers")
    axes.plot(rows["staff"], at, "D", color=INK, markersize=5.5, label="staff")
    axes.set_yticks(at, names)
    axes.set_ylim(-0.7, max(len(rows), 2) - 0.3)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    each = "; ".join(
        f"{name}: staff {g.staff:.2f}, customers {g.customer:.2f}, {g.verdict}"
        for name, g in zip(names.head(8), rows.head(8).itertuples(), strict=True)
    )
    numbers = pd.DataFrame({label: names})
    for side in ("staff", "customer"):
        numbers[side] = rows[side].map("{:.2f}".format)
    numbers["gap, 95% interval"] = [
        f"{g.gap:+z.2f} ({g.low:+z.2f} to {g.high:+z.2f})" for g in rows.itertuples()
    ]
    numbers["verdict"] = rows["verdict"]
    return figure.say(
        f"A pair of dots per row, staff and customers, largest gap first. {each}.",
        "How staff rate the customer experience, and how customers rate it (orange: a clear gap)",
        numbers,
    )


def _count(things, what):
    return f"{len(things)} {what}{'' if len(things) == 1 else 's'}"


def as_words(name):
    """A name as words, cut where it is long.

    >>> as_words("face_to_face"), len(as_words("x" * 60))
    ('face to face', 36)
    """
    return shortened(
        masked(str(name)).replace("_", " "), 36
    )  # an address may hold a _, and a name be joined by one
