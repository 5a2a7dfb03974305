"""The charts of the project-health notebook: odds ratios of failure, the risk list, and uplifts of estimates."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FixedLocator, NullLocator, PercentFormatter

from cxresearch.charts.figure import BLUE, INK, ORANGE, SOFT, Figure, points
from cxresearch.display import Nothing


def odds_ratios(summary):
    """Odds ratios of failure with their intervals, on a logarithmic scale.

    Parameters
    ----------
    summary : pandas.DataFrame
        ``ProjectFailure.summary()``: metric, estimate, low, high, n.

    Returns
    -------
    Figure
        Nothing for an empty frame.
    """
    if not len(summary):
        return Nothing()
    drawn = summary.iloc[::-1]
    figure = Figure(1.1 + 0.42 * max(len(drawn), 2))
    axes = figure.panel(xlabel="odds ratio of failure, 95% interval")
    axes.axvline(1, color=SOFT, linewidth=0.9, linestyle=":")
    at = np.arange(len(drawn))
    sure = ((drawn["low"] > 1) | (drawn["high"] < 1)).to_numpy()
    for is_sure, colour in ((True, ORANGE), (False, BLUE)):
        part, where = drawn[sure == is_sure], at[sure == is_sure]
        points(axes, where, part["estimate"], part["low"], part["high"], colour, sideways=True, size=6)
    axes.set_xscale("log")
    low, high = drawn["low"].min(), drawn["high"].max()
    ticks = [t for t in (0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 4, 10, 30, 100) if low / 1.3 <= t <= high * 1.3]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_yticks(at, drawn["metric"])
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    axes.grid(axis="y", visible=False)
    ratios = "; ".join(
        f"{r.metric} {r.estimate:.2f} ({r.low:.2f} to {r.high:.2f})" for r in summary.itertuples()
    )
    numbers = (
        summary[["metric", "estimate", "low", "high"]]
        .round(2)
        .rename(columns={"metric": "", "estimate": "odds ratio"})
    )
    return figure.say(
        f"Odds ratio of failure by predictor, with 95% intervals. 1 means no association; orange where the interval excludes 1. {ratios}.",
        f"Odds ratios of failure, {summary['n'].iloc[0]} decided projects",
        numbers,
    )


def risk_list(risks):
    """The probability of failure of each open project, at the gate and now.

    Parameters
    ----------
    risks : pandas.DataFrame
        project (name), probability, low, high, gate; in the order to show.

    Returns
    -------
    Figure
        Nothing for an empty frame.
    """
    if not len(risks):
        return Nothing()
    drawn = risks.iloc[::-1]
    figure = Figure(1.0 + 0.3 * max(len(drawn), 2))
    axes = figure.panel(xlabel="probability of failure, 95% interval")
    at = np.arange(len(drawn))
    axes.hlines(at, drawn["low"], drawn["high"], color=ORANGE, linewidth=1.4, alpha=0.6)
    axes.plot(drawn["probability"], at, "o", color=ORANGE, markersize=6, label="now, from its status reports")
    axes.plot(
        drawn["gate"],
        at,
        "D",
        markerfacecolor="white",
        color=BLUE,
        markersize=5,
        linestyle="none",
        label="at the first gate",
    )
    axes.set_yticks(at, drawn["project"])
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.7, len(drawn) - 0.3)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y", visible=False)
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    worst = "; ".join(
        f"{r.project} {r.probability:.0%} ({r.gate:.0%} at the gate)" for r in risks.head(5).itertuples()
    )
    numbers = risks[["project", "probability", "low", "high", "gate"]].copy()
    numbers[["probability", "low", "high", "gate"]] = numbers[["probability", "low", "high", "gate"]].map(
        lambda v: "–" if pd.isna(v) else f"{v:.0%}"
    )
    return figure.say(
        f"Probability of failure of each open project, the riskiest on top: now, with its 95% interval, and at the first gate. {worst}.",
        "Probability of failure of open projects",
        numbers,
    )


def uplift_curve(curves):
    """The uplift that an estimate needs, by the accepted risk of exceeding it.

    Parameters
    ----------
    curves : dict
        What is estimated ("cost", "time") → ``ReferenceClass.uplift`` at several risks.

    Returns
    -------
    Figure
        Nothing where no uplift is known.
    """
    if not any(curve["estimate"].notna().any() for curve in curves.values()):
        return Nothing()
    figure = Figure(3.6)
    axes = figure.panel(xlabel="accepted risk of exceeding the estimate", ylabel="uplift")
    uplifts, rows = [], []
    for (name, curve), colour, style in zip(
        curves.items(), (ORANGE, BLUE, INK), ("-", "--", ":"), strict=False
    ):
        known = curve.dropna().sort_values("risk")
        axes.fill_between(known["risk"], known["low"], known["high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(
            known["risk"],
            known["estimate"],
            color=colour,
            linestyle=style,
            linewidth=1.8,
            marker="o",
            markersize=4,
            label=name,
        )
        at = known.iloc[(known["risk"] - 0.2).abs().argmin()] if len(known) else None
        if at is not None:
            uplifts.append(
                f"{name}: {at['estimate']:+z.0%} ({at['low']:+z.0%} to {at['high']:+z.0%}) at a risk of {at['risk']:.0%}"
            )
        rows += [
            [
                name,
                f"{r.risk:.0%}",
                *("–" if pd.isna(v) else f"{v:+z.0%}" for v in (r.estimate, r.low, r.high)),
                r.n,
            ]
            for r in curve.itertuples()
        ]
    top = max((c.dropna()["estimate"].max() for c in curves.values() if len(c.dropna())), default=0.5)
    axes.set_ylim(
        min(0, *(c["low"].min() for c in curves.values() if c["low"].notna().any()), 0), max(0.2, 2 * top)
    )
    axes.axhline(0, color=SOFT, linewidth=0.9)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5)
    return figure.say(
        f"Uplift of a first estimate by the accepted risk of exceeding it, with 95% bands. {'; '.join(uplifts)}.",
        "Uplift by accepted risk, from the company's own delivered projects (95% bootstrap band)",
        pd.DataFrame(rows, columns=["estimate of", "risk", "uplift", "low", "high", "projects"]),
    )
