"""The picture of how the parts of the firm compare."""

import numpy as np
import pandas as pd

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.currency import UNIT, amount_text
from cxresearch.display import Nothing
from cxresearch.words import estimate_texts, supported, value_text

PER_CENT = "share"
WITHHELD = "withheld"


def part_forest(rows, base="people"):
    """Each part's estimate with its interval, and what remains of it once chance is allowed for, against the whole.

    Parameters
    ----------
    rows : pandas.DataFrame
        Of one measure, as ``PartComparison.of`` has them, with the flag of :func:`cxresearch.report.withhold`.
    base : str
        What n counts.

    Returns
    -------
    Figure
        Nothing where there are no rows, or all are withheld.
    """
    if not len(rows):
        return Nothing()
    numbers = rows.astype({name: float for name in ("estimate", "low", "high", "n")})
    own, shrunk = (numbers[numbers["kind"] == kind].set_index("part") for kind in ("estimate", "shrunk"))
    whole = numbers[numbers["kind"] == "whole"].iloc[0]
    shown = own.index[own["estimate"].notna() & shrunk["estimate"].notna()]
    if not len(shown):
        return Nothing()
    order = [
        *own.loc[shown].sort_values("estimate", kind="stable").index,
        *own.index.difference(shown, sort=False),
    ]
    unit, name = whole["unit"], whole["metric"].removeprefix("all: ")
    scale = 100 if unit == PER_CENT else 1
    figure = Figure(1.3 + 0.42 * len(order))
    axes = figure.panel(xlabel=f"{name}{' (%)' if unit == PER_CENT else ''}")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.axvline(scale * whole["estimate"], color=INK, linewidth=0.9, linestyle="--", label="the whole")
    places = np.arange(len(order))
    for at, part in zip(places, order, strict=True):
        if part not in shown:
            axes.text(scale * whole["estimate"], at, f" {WITHHELD}", va="center", color=SOFT, fontsize=8.5)
            continue
        color = ORANGE if own.loc[part, "differs"] else BLUE
        raw, pooled = own.loc[part], shrunk.loc[part]
        axes.hlines(at + 0.14, scale * raw["low"], scale * raw["high"], color=SOFT, linewidth=1)
        axes.plot(scale * raw["estimate"], at + 0.14, "o", color=SOFT, markersize=4, markerfacecolor="white")
        axes.hlines(at - 0.12, scale * pooled["low"], scale * pooled["high"], color=color, linewidth=2.4)
        axes.plot(
            scale * pooled["estimate"],
            at - 0.12,
            "s" if own.loc[part, "differs"] else "o",
            color=color,
            markersize=5.5,
        )
    if unit == UNIT:
        axes.xaxis.set_major_formatter(lambda value, _: amount_text(value))
    axes.set_yticks(places, [str(part) for part in order])
    axes.set_ylim(-0.7, len(order) - 0.3)
    told = [_told(part, own, shrunk, shown, unit, base) for part in order]
    each = "; ".join(
        f"{line['part']} {line['shrunk']} ({line['shrunk, 95% interval']})"
        if line["shrunk"] != WITHHELD
        else f"{line['part']} {WITHHELD}"
        for line in told[::-1][:8]
    )
    more = f"; and {len(told) - 8} more" if len(told) > 8 else ""
    marked = [str(part) for part in order if part in shown and own.loc[part, "differs"]]
    stands = (
        f"Marked as different from the rest: {', '.join(marked)}."
        if marked
        else "None is marked as different from the rest."
    )
    return figure.say(
        f"Two points with intervals for each part, as measured and shrunk, against a line at {value_text(whole['estimate'], unit)}, the whole. "
        f"Shrunk: {each}{more}. {stands}",
        f"{name[:1].upper()}{name[1:]}: as measured (hollow), and shrunk towards the whole (filled; orange squares differ from the rest); 95% intervals",
        pd.DataFrame(told),
    )


def _told(part, own, shrunk, shown, unit, base):
    """The numbers of a part as texts."""
    line = {"part": str(part), base: own.loc[part, "n"]}
    for name, frame in (("as measured", own), ("shrunk", shrunk)):
        if part in shown:
            limits = supported(*frame.loc[part, ["estimate", "low", "high"]].astype(float))
            line[name], line[f"{name}, 95% interval"] = estimate_texts(*limits, unit)
        else:
            line[name] = line[f"{name}, 95% interval"] = WITHHELD
    line["verdict"] = (
        ("differs" if own.loc[part, "differs"] else "no clear difference") if part in shown else WITHHELD
    )
    return line
