"""The pictures of marketing events: the comparisons side by side, the months around events, and the return on their cost."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.display import Nothing
from cxresearch.masking import shortened
from cxresearch.words import count_text, share_text

LOOKS = {  # comparison: mark, colour, whether it is filled
    "all others, afterwards": ("X", ORANGE),
    "the month before": ("D", ORANGE),
    "matched": ("s", SOFT),
    "hold-out by lot": ("o", BLUE),
}
REFUSED = ("all others, afterwards", "the month before")
NAME, MOST = 26, 12  # letters of a kind's name, kinds drawn
FAR = 3.0  # a return on cost beyond which an interval is cut
BEFORE = 12  # months drawn


def event_comparisons(returns):
    """What each comparison says that a kind of event adds: the two that are refused, the matched one and the lot.

    Parameters
    ----------
    returns : EventReturns
        Fitted.

    Returns
    -------
    Figure
    """
    table = returns.comparisons().dropna(subset="estimate")
    table[["estimate", "low", "high"]] = np.expm1(table[["estimate", "low", "high"]])
    kinds = list(dict.fromkeys(returns.kinds_.sort_values("shrunk", kind="stable")["kind"]))[-MOST:]
    figure = Figure(1.3 + 0.78 * len(kinds))
    axes = figure.panel(xlabel="revenue added, as it seems by each comparison")
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=0.9)
    for place, kind in enumerate(kinds):
        own = table[table["kind"] == kind]
        for name, (mark, color) in LOOKS.items():
            part = own[own["comparison"] == name]
            if not len(part):
                continue
            r = part.iloc[0]
            at = place + {"matched": -0.14, "hold-out by lot": 0.14}.get(name, 0.0)
            if np.isfinite(r["low"]):
                points(
                    axes,
                    [at],
                    np.array([r["estimate"]]),
                    np.array([r["low"]]),
                    np.array([r["high"]]),
                    color,
                    sideways=True,
                    size=0,
                )
            hollow = "white" if name in REFUSED else color
            axes.plot(r["estimate"], at, mark, color=color, markerfacecolor=hollow, markersize=7)
    axes.set_yticks(range(len(kinds)), [shortened(kind, NAME) for kind in kinds])
    axes.set_ylim(-0.6, len(kinds) - 0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    _legend(axes, table)
    numbers = table[table["kind"].isin(kinds)].assign(
        estimate=lambda t: t["estimate"].map(share_text),
        interval=lambda t: [
            f"{share_text(low)} to {share_text(high)}" if np.isfinite(low) else "–"
            for low, high in zip(t["low"], t["high"], strict=True)
        ],
        used=lambda t: np.where(t["is_used"], "yes", ""),
    )[["kind", "comparison", "estimate", "interval", "used"]]
    each = "; ".join(
        f"{kind}: "
        + ", ".join(
            f"{r.comparison} {share_text(r.estimate, 0)}" for r in table[table["kind"] == kind].itertuples()
        )
        for kind in kinds[::-1]
    )
    return figure.say(
        f"For each kind of event, what four comparisons say that it added. {each}.",
        "What events seem to add to the revenue of accounts invited, by each comparison (95% interval); hollow: refused",
        numbers,
    )


def months_around_events(lifts):
    """The gap between accounts that were invited and those they are compared with, month by month before and after.

    Parameters
    ----------
    lifts : EventLifts
        Fitted.

    Returns
    -------
    Figure
        Nothing where there are no months.
    """
    course = lifts.course()
    course = course[course["month"] >= -BEFORE]
    kinds = list(dict.fromkeys(course["kind"]))[:MOST]
    if not kinds:
        return Nothing()
    wide = min(2, len(kinds))
    high = -(-len(kinds) // wide)
    figure = Figure(0.6 + 2.0 * high)
    low, top = course["low"].min(), course["high"].max()
    numbers, each = [], []
    for k, kind in enumerate(kinds):
        own = course[course["kind"] == kind]
        axes = figure.panel(
            high, wide, k + 1, xlabel="months from the event" if k >= len(kinds) - wide else ""
        )
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.axvspan(0, own["month"].max() + 0.5, color=LINE, alpha=0.45, linewidth=0)
        axes.fill_between(own["month"], own["low"], own["high"], color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(own["month"], own["estimate"], "o-", color=BLUE, markersize=3, linewidth=1.3)
        axes.set_ylim(low - 0.02, top + 0.02)
        axes.set_title(shortened(kind, NAME), loc="left", fontsize=9.5, color=INK)
        last, after = own[own["month"] == -1], own[own["month"] > 0]
        told = f"{last['estimate'].iloc[0]:+.2f} in the month before, " if len(last) else ""
        each.append(f"{kind}: {told}{after['estimate'].mean():+.2f} on average after")
        numbers += [
            {
                "kind": kind,
                "month": int(r.month),
                "gap": f"{r.estimate:+.3f}",
                "interval": f"{r.low:+.3f} to {r.high:+.3f}",
            }
            for r in own.itertuples()
        ]
    return figure.say(
        f"A line by month for each kind of event; shaded: after it. {'; '.join(each)}.",
        "Revenue of accounts invited against those compared, from the mean of all months before, log points (95% interval)",
        pd.DataFrame(numbers),
    )


def return_on_cost(returns):
    """What each kind of event returns on its cost, and with what chance more than it cost.

    Parameters
    ----------
    returns : EventReturns
        Fitted.

    Returns
    -------
    Figure
        Nothing where no cost is known.
    """
    known = returns.kinds_.dropna(subset="return_").sort_values("p_positive", kind="stable").tail(MOST)
    if not len(known):
        return Nothing()
    colors = {"repeat": BLUE, "stop": ORANGE}
    figure = Figure(1.2 + 0.5 * len(known))
    axes = figure.panel(xlabel="return on cost (0%: as much as it cost)")
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=0.9)
    edge = max(FAR, min(2 * FAR, 1.3 * known["return_"].max()))
    for place, k in enumerate(known.itertuples()):
        color = colors.get(k.verdict, SOFT)
        axes.plot(
            [max(k.return_low, -edge), min(k.return_high, edge)], [place] * 2, color=color, linewidth=1.6
        )
        axes.plot(np.clip(k.return_, -edge, edge), place, "o", color=color, markersize=7)
        for end, mark in ((k.return_low, "<"), (k.return_high, ">")):
            if abs(end) > edge:
                axes.plot(np.sign(end) * edge, place, mark, color=color, markersize=6)
        axes.text(
            1.02,
            place,
            f"{share_text(k.p_positive, 0)} · {k.verdict}",
            transform=axes.get_yaxis_transform(),
            va="center",
            fontsize=9,
            color=INK,
        )
    axes.set_yticks(range(len(known)), [shortened(kind, NAME) for kind in known["kind"]])
    axes.set_ylim(-0.6, len(known) - 0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.text(
        1.02,
        len(known) - 0.45,
        "chance of a gain",
        transform=axes.get_yaxis_transform(),
        fontsize=8.5,
        color=SOFT,
        va="bottom",
    )
    numbers = pd.DataFrame(
        {
            "kind": known["kind"],
            "return on cost": known["return_"].map(lambda v: share_text(v, 0)),
            "interval": [
                f"{share_text(low, 0)} to {share_text(high, 0)}"
                for low, high in zip(known["return_low"], known["return_high"], strict=True)
            ],
            "chance of a gain": known["p_positive"].map(lambda v: share_text(v, 0)),
            "base": known["n"].map(count_text),
            "verdict": known["verdict"],
        }
    ).iloc[::-1]
    each = "; ".join(
        f"{k.kind} {share_text(k.return_, 0)} ({share_text(k.return_low, 0)} to {share_text(k.return_high, 0)}), {k.verdict}"
        for k in known.iloc[::-1].itertuples()
    )
    return figure.say(
        f"A point with its interval for each kind of event. {each}.",
        "Return on cost by kind of event (95% interval; arrows: cut), the chance of a gain, and what follows",
        numbers,
    )


def _legend(axes, table):
    from matplotlib.lines import Line2D

    shown = [name for name in LOOKS if (table["comparison"] == name).any()]
    handles = [
        Line2D(
            [],
            [],
            marker=LOOKS[n][0],
            color=LOOKS[n][1],
            linestyle="",
            markerfacecolor="white" if n in REFUSED else LOOKS[n][1],
            markersize=7,
        )
        for n in shown
    ]
    names = [f"{n} (refused)" if n in REFUSED else n for n in shown]
    axes.legend(
        handles,
        names,
        frameon=False,
        fontsize=8.5,
        loc="upper center",
        bbox_to_anchor=(0.42, -0.55 / max(axes.figure.get_figheight() - 1.0, 0.8)),
        ncols=4,
        handletextpad=0.2,
        columnspacing=1.0,
    )
