"""The picture of journeys laid out in time: touchpoints by step, ribbons as wide as their customers, coloured by how journeys ended."""

import textwrap
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.charts.touchpoints import as_words
from cxresearch.words import MISSING, count_text, is_missing, share_text

EXIT = "$"
LAST = ("other touchpoints", "later contacts", EXIT)  # at the foot of a column, in this order
COLORS = {"worse": ORANGE, "better": BLUE, "no clear difference": "#a9b5c0", "not known": "#a9b5c0"}
TALLEST, LEAST, APART = 2.7, 0.23, 0.37  # inches: ribbons of a column, a ribbon, between nodes
BAR = 0.09  # width of a node, as a share of a column's
NAME, CROWDED = 14.5, 12.5  # points of the labels, so that a telephone shows them too
WRAP = 15  # letters in a line
STEPS = ("first contact", "second", "third", "fourth", "fifth", "sixth")


class Ribbon(NamedTuple):
    """Where one edge is drawn: its place at both ends, in inches from the top, and its width."""

    edge: object
    leaves: float
    arrives: float
    width: float
    slot: float


def journey_graph(flow):
    """Journeys by step.

    Parameters
    ----------
    flow : JourneyFlow
        Fitted.

    Returns
    -------
    Figure
    """
    edges = flow.edges_
    scale = TALLEST / max(edges.groupby("step")["customers"].sum().max(), 1)
    tops, heights, ribbons = _places(edges, scale)
    depth = max(tops[key] + heights[key] for key in tops)
    figure = Figure(depth + 1.35)
    axes = figure.panel()
    axes.set_axis_off()
    axes.set_xlim(0.98, flow.steps_ + 1.72)
    axes.set_ylim(depth + 0.75, -0.45)
    size = NAME if flow.steps_ < 4 else CROWDED
    for ribbon in ribbons:
        _draw(axes, ribbon, size - 1)
    for (step, name), top in tops.items():
        color = SOFT if name in LAST else INK
        axes.fill_between([step, step + BAR], top, top + heights[step, name], color=color, linewidth=0)
        _write(axes, step, top - 0.05, _label(name), size, va="bottom", color=color)
    for step in range(1, flow.steps_ + 2):
        name = STEPS[step - 1] if step <= flow.steps_ else "after that"
        axes.text(step, -0.25, name, fontsize=size - 1, color=SOFT, style="italic")
    for rest in flow.rest_.itertuples():
        width = max(rest.customers * scale, 0.03)
        span, top = [rest.step + BAR, rest.step + 1], depth + 0.3 - width / 2
        axes.fill_between(span, top, top + width, color=LINE, linewidth=0)
        text = f"the rest: {count_text(rest.customers)}"
        _write(axes, rest.step + BAR + 0.03, depth + 0.3, text, size - 1, va="center", color=SOFT)
    _legend(figure, flow)
    return figure.say(_alt(flow), _caption(flow), _numbers(flow))


def _places(edges, scale):
    """Top and height of every node, by step and name, and the ribbons between them."""
    slots = np.maximum(edges["customers"] * scale, LEAST)
    out = edges.assign(slot=slots).groupby(["step", "touchpoint"])["slot"].sum()
    into = (
        edges.assign(slot=edges["customers"] * scale, to=edges["step"] + 1)
        .groupby(["to", "goes_to"])["slot"]
        .sum()
    )
    heights = pd.concat([out, into.rename_axis(out.index.names)]).groupby(level=[0, 1]).max()
    tops = {}
    for _, column in heights.groupby(level=0, sort=True):
        order = sorted(
            column.index, key=lambda key: (LAST.index(key[1]) if key[1] in LAST else -1, -heights[key])
        )
        at = 0.0
        for key in order:
            at += APART * (1.7 if "\n" in _label(key[1]) else 1)
            tops[key] = at
            at += heights[key]
    ribbons, left, come = [], dict(tops), dict(tops)
    order = edges.assign(place=[tops[e.step + 1, e.goes_to] for e in edges.itertuples()], slot=slots)
    arriving = {}
    for edge in edges.assign(place=[tops[e.step, e.touchpoint] for e in edges.itertuples()]).sort_values("place", kind="stable").itertuples():  # fmt: skip
        arriving[edge.Index] = come[edge.step + 1, edge.goes_to]
        come[edge.step + 1, edge.goes_to] += edge.customers * scale
    for edge in order.sort_values("place", kind="stable").itertuples():
        key = edge.step, edge.touchpoint
        ribbons.append(Ribbon(edge, left[key], arriving[edge.Index], edge.customers * scale, edge.slot))
        left[key] += edge.slot
    return tops, heights.to_dict(), ribbons


def _draw(axes, ribbon, size):
    """A ribbon from one node to the next with its customers where it leaves."""
    edge, width = ribbon.edge, max(ribbon.width, 0.02)
    x = edge.step + BAR, edge.step + 1
    bend = (x[0] + x[1]) / 2
    y = ribbon.leaves + (ribbon.slot - width) / 2, ribbon.arrives
    points = [(x[0], y[0]), (bend, y[0]), (bend, y[1]), (x[1], y[1]), (x[1], y[1] + width), (bend, y[1] + width), (bend, y[0] + width), (x[0], y[0] + width), (x[0], y[0])]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    color = COLORS[edge.verdict]
    axes.add_patch(
        PathPatch(Path(points, codes), facecolor=color, edgecolor="white", linewidth=0.5, alpha=0.8)
    )
    _write(axes, x[0] + 0.03, ribbon.leaves + ribbon.slot / 2, count_text(edge.customers), size, va="center")


def _write(axes, x, y, text, size, color=INK, **place):
    halo = [withStroke(linewidth=2.6, foreground="white")]
    axes.text(x, y, text, fontsize=size, color=color, path_effects=halo, linespacing=0.95, zorder=5, **place)


def _label(name):
    """A touchpoint's name in at most two lines.

    >>> _label("contract_change"), _label("$"), _label("T06 Determine necessity of stop advice")
    ('contract change', 'end', 'T06 Determine\\nnecessity of …')
    """
    words = "end" if name == EXIT else as_words(name)
    return "\n".join(textwrap.wrap(words, WRAP, max_lines=2, placeholder=" …")) or words[:WRAP]


def _legend(figure, flow):
    shown = [
        name for name in ("worse", "better", "no clear difference") if (flow.edges_["verdict"] == name).any()
    ]
    if flow.words_ is None or not shown:
        return
    words = {"worse": f"{flow.words_}: more often", "better": f"{flow.words_}: less often"}
    handles = [Patch(color=COLORS[name], alpha=0.8, label=words.get(name, name)) for name in shown]
    figure.legend(handles=handles, loc="outside lower left", frameon=False, fontsize=CROWDED, ncols=2)


def _alt(flow):
    named = "; ".join(
        f"{_way(e)}: {count_text(e.customers, 'customer')}{'' if e.verdict not in ('worse', 'better') else ', ' + _verdict(e, flow)}"
        for e in flow.edges_.head(8).itertuples()
    )
    rest = (
        f" All other steps are drawn together: {count_text(flow.rest_['customers'].sum(), 'time')}."
        if len(flow.rest_)
        else ""
    )
    return f"Journeys from left to right, a column per contact, ribbons as wide as their customers. {named}.{rest}"


def _way(edge):
    ends = " → ".join("end" if name == EXIT else as_words(name) for name in (edge.touchpoint, edge.goes_to))
    return f"step {edge.step}, {ends}"


def _verdict(edge, flow):
    return f"{flow.words_} {'more' if edge.verdict == 'worse' else 'less'} often"


def _caption(flow):
    by = (
        f", colour: {flow.words_} more or less often than on other ways, after correction"
        if flow.words_
        else ""
    )
    return f"Journeys step by step (number and width: customers{by}; a picture, not a model)"


def _numbers(flow):
    lines = [
        {
            "step": f"{e.step}: {as_words(e.touchpoint)} → {'end' if e.goes_to == EXIT else as_words(e.goes_to)}",
            "customers": e.customers,
        }
        | _ended(e, flow)
        for e in flow.edges_.itertuples()
    ]
    for rest in flow.rest_.itertuples():
        nothing = dict.fromkeys(_ended(flow.edges_.iloc[0], flow), MISSING)
        lines.append({"step": f"{rest.step}: all others together", "customers": rest.customers} | nothing)
    return pd.DataFrame(lines)


def _ended(edge, flow):
    if flow.words_ is None:
        return {}
    if is_missing(edge.outcome):
        share = MISSING
    else:
        share = (
            f"{share_text(edge.outcome)} ({share_text(edge.outcome_low)} to {share_text(edge.outcome_high)})"
        )
    return {f"{flow.words_}, 95% interval": share, "against other ways": edge.verdict}
