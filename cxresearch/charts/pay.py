"""The pictures of pay tied to retention: what teams kept, the effect by time since the start, simpler comparisons, and reports by team."""

import numpy as np
import pandas as pd

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.display import Nothing
from cxresearch.masking import masked
from cxresearch.words import interval_text, points_text, share_text, unsigned_zero

COLORS = (BLUE, ORANGE, "#3f7d4e", "#7a5195", "#8a6d1f", SOFT)
DASHES = ("-", "--", "-.", ":")
MOST = 6  # cohorts drawn
TEAMS = 12  # drawn


def kept_by_start(effect):
    """The share of due contracts that teams kept, by when their plan started.

    Parameters
    ----------
    effect : PayEffect
        Fitted.

    Returns
    -------
    Figure
    """
    shares, periods = effect.shares_, effect.periods_
    figure = Figure(3.5)
    axes = figure.panel(
        xlabel=f"period of {_months(periods.length)} from", ylabel="kept a month, of contracts due"
    )
    starts = sorted(shares["start"].unique())
    if len(starts) > MOST:
        starts = [*starts[: MOST - 1], *starts[-1:]]
    for place, start in enumerate(starts):
        own = shares[shares["start"] == start]
        never = not np.isfinite(start)
        color, dash = (SOFT, "-") if never else (COLORS[place % len(COLORS)], DASHES[place % len(DASHES)])
        name = "never" if never else f"from {periods.label(start)}"
        axes.plot(
            own["period"],
            own["share"],
            dash,
            color=color,
            marker="o",
            markersize=4,
            label=f"{name} ({own['teams'].max()} teams)",
        )
        if not never:
            axes.axvline(start - 0.5, color=color, linewidth=0.8, linestyle=":")
    _periods(axes, periods, shares["period"])
    axes.yaxis.set_major_formatter(lambda value, _: share_text(value))
    axes.legend(frameon=False, fontsize=8.5, title="plan", title_fontsize=8.5)
    ends = "; ".join(
        f"{'never' if not np.isfinite(start) else 'from ' + periods.label(start)}: {share_text(own['share'].iloc[0], 2)} in the first period, {share_text(own['share'].iloc[-1], 2)} in the last"
        for start, own in shares.groupby("start")
        if start in starts
    )
    numbers = shares.assign(
        plan=[f"from {periods.label(s)}" if np.isfinite(s) else "never" for s in shares["start"]],
        period=[periods.label(p) for p in shares["period"]],
        share=shares["share"].map(lambda value: share_text(value, 2)),
    )
    return figure.say(
        f"Lines of the share kept by period, one for each start of a plan. By start, {ends}.",
        "Share of due contracts kept, by the start of the team's plan",
        numbers[["plan", "period", "teams", "share"]],
    )


def pay_event_study(effect):
    """The effect by periods since the start, with a band that holds all of it; the periods before should be at 0.

    Parameters
    ----------
    effect : PayEffect
        Fitted.

    Returns
    -------
    Figure
    """
    study = effect.study_
    figure = Figure(3.4)
    axes = figure.panel(
        xlabel=f"periods of {_months(effect.periods_.length)} since the plan started",
        ylabel="points, kept a month",
    )
    axes.axhline(0, color=INK, linewidth=0.8)
    axes.axvline(-0.5, color=SOFT, linewidth=0.8, linestyle=":")
    for is_after, color, label in ((False, SOFT, "before: should be 0"), (True, BLUE, "after")):
        own = study[(study["since"] >= 0) == is_after]
        if len(own):
            points(axes, own["since"], own["estimate"], own["low"], own["high"], color, label=label)
    axes.set_xticks(sorted(study["since"]))
    axes.yaxis.set_major_formatter(lambda value, _: _tick(value))
    axes.legend(frameon=False, fontsize=8.5)
    each = "; ".join(f"{row.since:+d}: {points_text(row.estimate, sign=True)}" for row in study.itertuples())
    numbers = pd.DataFrame(
        {
            "since the start": [f"{since:+d}" for since in study["since"]],
            "teams": study["n"],
            "change": [_fine(value) for value in study["estimate"]],
            "simultaneous 95% band": [
                f"{_fine(low)} to {_fine(high)}"
                for low, high in zip(study["low"], study["high"], strict=True)
            ],
        }
    )
    return figure.say(
        f"Points with bands by period since the start. {each}.",
        "Effect of tied pay, by time since the plan started",
        numbers,
    )


def pay_comparisons(effect):
    """The effect beside what simpler comparisons say.

    Parameters
    ----------
    effect : PayEffect
        Fitted.

    Returns
    -------
    Figure
    """
    own = effect.summary().iloc[:1].assign(metric="against teams not yet on a plan")
    table = pd.concat([own, effect.naive_], ignore_index=True)
    figure = Figure(0.9 + 0.42 * len(table))
    axes = figure.panel(xlabel="points, kept a month")
    axes.grid(False)
    axes.axvline(0, color=INK, linewidth=0.8)
    at = np.arange(len(table))[::-1]
    for color, rows in ((BLUE, table.index[:1]), (SOFT, table.index[1:])):
        part = table.loc[rows]
        points(axes, at[rows], part["estimate"], part["low"], part["high"], color, sideways=True)
    axes.set_yticks(at, table["metric"])
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value))
    numbers = pd.DataFrame(
        {
            "comparison": table["metric"],
            "is valid": ["yes", *["no"] * (len(table) - 1)],
            "effect": [_fine(value) for value in table["estimate"]],
            "95% interval": [
                f"{_fine(low)} to {_fine(high)}"
                for low, high in zip(table["low"], table["high"], strict=True)
            ],
        }
    )
    each = "; ".join(f"{row.metric}: {_fine(row.estimate)}" for row in table.itertuples())
    return figure.say(
        f"Points with intervals, one a comparison. {each}.",
        "The effect, and what simpler comparisons would say",
        numbers,
    )


def relabelled_teams(reports):
    """The share of customers who left and whom a team reports as something else, by team.

    Parameters
    ----------
    reports : Relabelled
        Fitted.

    Returns
    -------
    Figure
        Nothing where no team can be judged.
    """
    teams = reports.teams_.head(TEAMS)
    if not len(teams):
        return Nothing()
    figure = Figure(1.0 + 0.28 * len(teams))
    axes = figure.panel(xlabel="reported as something else, of customers who left since the plan started")
    axes.grid(False)
    at = np.arange(len(teams))[::-1]
    axes.axvline(
        reports.share_free_.estimate, color=SOFT, linewidth=1.2, linestyle="--", label="teams without a plan"
    )
    axes.axvspan(reports.share_free_.low, reports.share_free_.high, color=LINE)
    for is_found, color, label in ((True, ORANGE, "clearly more"), (False, BLUE, "no clear difference")):
        rows = np.flatnonzero(teams["is_found"].to_numpy(dtype=bool) == is_found)
        part = teams.iloc[rows]
        if len(part):
            points(
                axes,
                at[rows],
                part["share"],
                part["share_low"],
                part["share_high"],
                color,
                sideways=True,
                label=label,
            )
    axes.set_yticks(at, teams["team_id"])
    axes.set_xlim(-0.01, 1.01)
    axes.xaxis.set_major_formatter(lambda value, _: share_text(value, 0))
    axes.legend(frameon=False, fontsize=8.5, loc="lower right")
    numbers = pd.DataFrame(
        {
            "team": teams["team_id"],
            "leavers": teams["left"],
            "share": [share_text(value, 0) for value in teams["share"]],
            "95% interval": [
                interval_text(low, high, "share")
                for low, high in zip(teams["share_low"], teams["share_high"], strict=True)
            ],
            "clearly more": np.where(teams["is_found"].to_numpy(dtype=bool), "yes", "no"),
        }
    )
    found = ", ".join(masked(str(team)) for team in reports.found_) or "none"
    return figure.say(
        f"Shares with intervals by team, beside those of teams without a plan ({share_text(reports.share_free_.estimate, 0)}). Clearly above it: {found}.",
        "Customers who left, reported as something else",
        numbers,
    )


def _periods(axes, periods, values):
    ticks = sorted(set(values))
    ticks = ticks[:: max(1, len(ticks) // 8)]
    axes.set_xticks(ticks, [periods.label(period) for period in ticks])


def _months(length):
    return "one month" if length == 1 else f"{length} months"


def _tick(value):
    """A change of a share at an axis, in points.

    >>> _tick(0.005), _tick(-0.001), _tick(0.0)
    ('+0.5', '−0.1', '0.0')
    """
    return unsigned_zero(points_text(value, sign=True)).removesuffix(" points")


def _fine(value):
    """A change of a share in points, with two decimals: a share of a month is small."""
    return f"{100 * value:+.2f} points".replace("-", "−")
