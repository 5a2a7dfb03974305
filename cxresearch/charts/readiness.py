"""The pictures of readiness: the ladder by year, and the items against one year ahead; marked across where the benchmark is made up."""

import numpy as np
import pandas as pd

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.display import Nothing

MARK = "SYNTHETIC BENCHMARK"


def readiness_ladder(ladder):
    """The firm's score beside the organisations of each year.

    Parameters
    ----------
    ladder : ReadinessLadder
        Fitted.

    Returns
    -------
    Figure
    """
    years = ladder.years_
    figure = Figure(3.4)
    axes = figure.panel(xlabel="year of implementation", ylabel="readiness, 0 to 4")
    at = np.arange(len(years))
    axes.bar(
        at,
        years["high_score"] - years["low_score"],
        bottom=years["low_score"],
        width=0.5,
        color=LINE,
        label="middle half of organisations",
    )
    axes.hlines(years["mean"], at - 0.25, at + 0.25, color=SOFT, linewidth=2, label="mean of organisations")
    axes.axhline(ladder.score_, color=BLUE, linewidth=1.8, label="this firm")
    for x, y in zip(at, years.itertuples(), strict=True):
        axes.text(
            x,
            0.08,
            f"above {y.estimate:.0%}\n({y.low:.0%} to {y.high:.0%})",
            ha="center",
            va="bottom",
            fontsize=8,
            color=INK,
        )
    axes.set_xticks(at, years["year"])
    axes.set_ylim(0, 4)
    axes.legend(frameon=False, fontsize=8.5, loc="upper left")
    _watermark(axes, ladder.is_synthetic_)
    each = "; ".join(f"year {y.year}: above {y.estimate:.0%} of {y.n}" for y in years.itertuples())
    numbers = pd.DataFrame(
        {
            "year": years["year"].astype(str),
            "organisations": years["n"],
            "mean": years["mean"].map("{:.2f}".format),
            "share below this firm": years["estimate"].map("{:.0%}".format),
            "95% interval": [f"{y.low:.0%} to {y.high:.0%}" for y in years.itertuples()],
        }
    )
    said = _synthetic(
        "The firm's readiness as a line across the organisations of each year", ladder.is_synthetic_
    )
    return figure.say(
        f"{said}. The firm has {ladder.score_:.2f}; {each}.",
        _synthetic("Readiness beside organisations in years of implementation", ladder.is_synthetic_),
        numbers,
    )


def readiness_items(priorities):
    """Each item beside its mean one year ahead.

    Parameters
    ----------
    priorities : ReadinessPriorities
        Fitted.

    Returns
    -------
    Figure
    """
    items = priorities.items_
    if not len(items):
        return Nothing()
    figure = Figure(4.6)
    axes = figure.panel(xlabel="answer, 0 to 4")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(items))[::-1]
    for place, item in zip(at, items.itertuples(), strict=True):
        color = ORANGE if item.is_below else SOFT
        axes.hlines(place, *sorted((item.own, item.next_year)), color=color, linewidth=1.6)
    axes.plot(items["own"], at, "o", color=BLUE, markersize=6, label="this firm")
    axes.plot(
        items["next_year"], at, "D", color=SOFT, markersize=5, label=f"mean in year {priorities.next_year_}"
    )
    axes.set_yticks(at, [_wrapped(text) for text in items["statement"]], fontsize=7.5)
    axes.set_xlim(-0.1, 4.1)
    axes.legend(frameon=False, fontsize=8.5, loc="upper right")
    _watermark(axes, priorities.is_synthetic_)
    each = "; ".join(
        f"{i.statement} {i.own:.1f} against {i.next_year:.1f}" for i in items.head(3).itertuples()
    )
    numbers = pd.DataFrame(
        {
            "statement": items["statement"],
            "this firm": items["own"].map("{:.2f}".format),
            f"year {priorities.next_year_}": items["next_year"].map("{:.2f}".format),
            "distance, 95% interval": [
                f"{i.estimate:+.2f} ({i.low:+.2f} to {i.high:+.2f})".replace("-", "−")
                for i in items.itertuples()
            ],
        }
    )
    said = _synthetic(
        "Twelve statements, the firm's answer beside the mean one year ahead", priorities.is_synthetic_
    )
    return figure.say(
        f"{said}. Furthest below: {each}",
        _synthetic("Readiness by statement, against organisations one year ahead", priorities.is_synthetic_),
        numbers,
    )


def _watermark(axes, is_synthetic):
    if is_synthetic:
        axes.text(
            0.5,
            0.5,
            MARK,
            transform=axes.transAxes,
            rotation=18,
            ha="center",
            va="center",
            fontsize=26,
            color=ORANGE,
            alpha=0.22,
            zorder=9,
        )


def _synthetic(text, is_synthetic):
    return f"{text} (synthetic benchmark: made up)" if is_synthetic else text


def _wrapped(text, wide=46):
    """A statement in two lines.

    >>> _wrapped("The strategy was settled before software was chosen by anybody")
    'The strategy was settled before software was\\nchosen by anybody'
    """
    from textwrap import fill

    return fill(text, wide)
