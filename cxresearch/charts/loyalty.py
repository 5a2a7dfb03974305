"""The pictures of the loyalty notebook."""

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator, PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.display import Nothing
from cxresearch.words import is_of_few

LEAST = 10  # respondents of a wave, below which it is not drawn


def index_waves(waves):
    """Each loyalty index by wave, with its interval.

    Parameters
    ----------
    waves : pandas.DataFrame
        ``LoyaltyWaves.waves_``: index, wave, estimate, low, high, n, unit; a wave of fewer than ten respondents is not drawn.

    Returns
    -------
    Figure
        Nothing where no wave has ten.
    """
    waves = waves[waves["n"] >= LEAST]
    if not len(waves):
        return Nothing()
    names = list(dict.fromkeys(waves["index"]))
    lines = -(-len(names) // 2)
    figure = Figure(0.3 + 2.0 * lines)
    for i, name in enumerate(names):
        part = waves[waves["index"] == name]
        axes = figure.panel(lines, 2 if len(names) > 1 else 1, i + 1)
        at = np.arange(len(part))
        value, low, high = (part[c].astype(float).to_numpy() for c in ("estimate", "low", "high"))
        axes.vlines(at, low, high, color=BLUE, linewidth=1.6, alpha=0.45)
        axes.plot(at, value, "o-", color=BLUE, markersize=4, linewidth=1.1)
        axes.plot(at[-1:], value[-1:], "o", color=ORANGE, markersize=6)
        step = -(-len(part) // 4)
        shown = [k for k in at if (len(part) - 1 - k) % step == 0]
        axes.set_xticks(shown, part["wave"].iloc[shown])
        axes.set_xlim(-0.6, len(part) - 0.4)
        axes.yaxis.set_major_locator(MaxNLocator(4))
        if part["unit"].iloc[0] == "share":
            axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_title(f"{name}, {_UNITS[part['unit'].iloc[0]]}", loc="left", fontsize=9.5, color=INK)
    last = waves.groupby("index", sort=False).tail(1)
    latest = "; ".join(
        f"{w.index} {_number(w)} ({_number(w, 'low')} to {_number(w, 'high')})" for w in _rows(last)
    )
    numbers = pd.DataFrame(
        {
            "index": waves["index"],
            "wave": waves["wave"],
            "estimate": [_number(w) for w in _rows(waves)],
            "95% interval": [f"{_number(w, 'low')} to {_number(w, 'high')}" for w in _rows(waves)],
            "base": [_count(n) for n in waves["n"]],
        }
    )
    return figure.say(
        f"One panel per loyalty index, with a dot and an interval for each wave; the latest wave is orange. Latest: {latest}.",
        "Loyalty indices by wave, with 95% intervals",
        numbers,
    )


def driver_shares(importance, outcome="the outcome"):
    """Each driver's share of R² by LMG, with its interval, and by Johnson's weights beside it.

    Parameters
    ----------
    importance : pandas.DataFrame
        ``DriverImportance.importance_`` of the method LMG.
    outcome : str
        What is explained.

    Returns
    -------
    Figure
    """
    shown = importance.sort_values("share")
    is_negative = shown["coefficient"] < 0
    shown.index = [
        f"{name} (−)" if below else name for name, below in zip(shown.index, is_negative, strict=True)
    ]
    signs = (
        " A minus marks a driver whose higher ratings go with a lower outcome." if is_negative.any() else ""
    )
    figure = Figure(1.1 + 0.3 * max(len(shown), 3))
    axes = figure.panel(xlabel=f"share of the explained variation in {outcome}")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(shown))
    named = shown["announced"].to_numpy(dtype=bool)
    for mask, color, label in (
        (named, BLUE, "LMG, exceeds chance"),
        (~named, SOFT, "LMG, no more than chance"),
    ):
        if mask.any():
            part = shown[mask]
            axes.hlines(at[mask] + 0.1, part["low"], part["high"], color=color, linewidth=2.2)
            axes.plot(part["share"], at[mask] + 0.1, "o", color=color, markersize=6, label=label)
    axes.hlines(at - 0.18, shown["johnson_low"], shown["johnson_high"], color=ORANGE, linewidth=1, alpha=0.7)
    axes.plot(
        shown["johnson"],
        at - 0.18,
        "D",
        markerfacecolor="white",
        color=ORANGE,
        markersize=4.5,
        label="Johnson",
    )
    axes.set_yticks(at, shown.index)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.set_xlim(0, None)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9, ncols=3, loc="lower left", bbox_to_anchor=(0, 1))
    table = shown[::-1]
    shares = "; ".join(f"{d} {r.share:.0%} ({r.low:.0%} to {r.high:.0%})" for d, r in table.iterrows())
    numbers = pd.DataFrame(
        {
            "driver": table.index,
            "LMG": table["share"].map("{:.1%}".format),
            "95% interval": [f"{r.low:.1%} to {r.high:.1%}" for r in table.itertuples()],
            "rank": [f"{r.rank} ({r.rank_low} to {r.rank_high})" for r in table.itertuples()],
            "Johnson": table["johnson"].map("{:.1%}".format),
            "rank, Johnson": table["johnson_rank"],
            "VIF": table["vif"].map("{:.1f}".format),
            "base": table["n"].map("{:,}".format),
            "exceeds chance": np.where(table["announced"], "yes", "no"),
        }
    )
    return figure.say(
        f"One line per driver: a dot with an interval for its share of the explained variation in {outcome}. LMG: {shares}. "
        f"A diamond shows Johnson’s weight.{signs}",
        f"Share of the explained variation in {outcome} by driver (LMG and Johnson, 95% bootstrap intervals)",
        numbers,
    )


def penalty_reward(drivers):
    """The outcome at low and at high ratings of each driver against ratings in between, with intervals.

    Parameters
    ----------
    drivers : pandas.DataFrame
        ``PenaltyReward.drivers_``.

    Returns
    -------
    Figure
        Nothing where there is no driver.
    """
    if not len(drivers):
        return Nothing()
    shown = drivers.sort_values("difference")
    figure = Figure(1.1 + 0.32 * max(len(shown), 3))
    axes = figure.panel(xlabel="points of the outcome, compared with middle ratings")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(shown))
    for what, color in (("penalty", ORANGE), ("reward", BLUE)):
        value = shown[what].to_numpy()
        reach = [value - shown[f"{what}_low"], shown[f"{what}_high"] - value]
        axes.barh(at, value, height=0.55, color=color, alpha=0.85, label=what)
        axes.errorbar(value, at, xerr=reach, fmt="none", ecolor=INK, elinewidth=1, capsize=2.5)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_yticks(at, [f"{name}\n{kind}" for name, kind in shown["kind"].items()])
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    table = shown[::-1]
    contrasts = "; ".join(
        f"{d} {r.penalty:+z.2f} and {r.reward:+z.2f}, {r.kind}" for d, r in table.iterrows()
    )
    numbers = pd.DataFrame(
        {
            "driver": table.index,
            "low: up to": table["low_cut"],
            "high: from": table["high_cut"],
            "penalty": [f"{r.penalty:+z.2f} ({r.penalty_low:+z.2f} to {r.penalty_high:+z.2f})" for r in table.itertuples()],
            "reward": [f"{r.reward:+z.2f} ({r.reward_low:+z.2f} to {r.reward_high:+z.2f})" for r in table.itertuples()],
            "excess over a line": [f"{r.excess:+z.2f} ({r.excess_low:+z.2f} to {r.excess_high:+z.2f})" for r in table.itertuples()],
            "kind": table["kind"],
            "same sign at other cuts": np.where(table["steady"], "yes", "no"),
        }
    )  # fmt: skip
    return figure.say(
        f"One line per driver: a bar for the penalty of low ratings and one for the reward of high ratings. {contrasts}.",
        "Penalty of low ratings and reward of high ratings, other drivers held equal (95% intervals)",
        numbers,
    )


def left_by_score(groups, horizon, score="recommend"):
    """The share of customers who left after answering, by the score they gave.

    Parameters
    ----------
    groups : pandas.DataFrame
        ``StatedLived.groups_``: group, n, left, low, high, expected. A group of which fewer than ten left, or stayed, is not drawn.
    horizon : int
        Months.
    score : str
        What the score answers.

    Returns
    -------
    Figure
        Nothing where there is no group.
    """
    groups = groups[[not is_of_few(g.left, g.n) for g in groups.itertuples()]]
    if not len(groups):
        return Nothing()
    figure = Figure(3.0)
    axes = figure.panel(xlabel=f"score ({score})", ylabel=f"left within {horizon} months")
    at = np.arange(len(groups))
    points(axes, at, groups["left"], groups["low"], groups["high"], BLUE, size=6, label="left")
    axes.plot(
        at,
        groups["expected"],
        "D",
        markerfacecolor="white",
        color=ORANGE,
        markersize=6,
        label="predicted by the model",
    )
    axes.set_xticks(at, groups["group"])
    axes.set_xlim(-0.5, len(groups) - 0.5)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5)
    shares = "; ".join(
        f"score {g.group}: {g.left:.1%} ({g.low:.1%} to {g.high:.1%})" for g in groups.itertuples()
    )
    numbers = pd.DataFrame(
        {
            "score": groups["group"],
            "left": groups["left"].map("{:.1%}".format),
            "95% interval": [f"{g.low:.1%} to {g.high:.1%}" for g in groups.itertuples()],
            "predicted": groups["expected"].map("{:.1%}".format),
            "customers": groups["n"].map("{:,}".format),
        }
    )
    return figure.say(
        f"Points with intervals: share of customers who left within {horizon} months of answering, by score. {shares}.",
        f"Share who left within {horizon} months of answering, by score (95% interval)",
        numbers,
    )


def tipping_point(rate, reported, tipping):
    """The score of everyone invited, for every score that non-respondents may have.

    Parameters
    ----------
    rate : float
        Response rate.
    reported : pandas.Series
        estimate, low, high of those who answered.
    tipping : pandas.DataFrame
        ``NonResponse.tipping_``: limit, score, silent.

    Returns
    -------
    Figure
        Nothing where everybody answered.
    """
    if rate == 1:
        return Nothing()
    figure = Figure(3.2)
    axes = figure.panel(xlabel="NPS of non-respondents", ylabel="NPS of everyone invited")
    silent = np.array([-100.0, 100.0])
    axes.axhspan(reported["low"], reported["high"], color=BLUE, alpha=0.14, linewidth=0)
    axes.text(-98, reported["high"], " reported interval", color=BLUE, fontsize=9, va="bottom")
    axes.plot(silent, rate * reported["estimate"] + (1 - rate) * silent, color=INK, linewidth=1.6)
    axes.plot(reported["estimate"], reported["estimate"], "o", color=BLUE, markersize=6)
    inside = tipping[tipping["silent"].abs() <= 100]
    axes.plot(inside["silent"], inside["score"], "D", color=ORANGE, markersize=5)
    axes.set_xlim(-100, 100)
    edges = "; ".join(f"{t.limit} ({t.score:.0f}) at {t.silent:.0f}" for t in inside.itertuples())
    shown = tipping.assign(
        silent=[f"{v:.1f}" if abs(v) <= 100 else "not possible" for v in tipping["silent"]]
    )
    numbers = shown.rename(
        columns={"limit": "limit", "score": "NPS of everyone", "silent": "NPS of non-respondents"}
    )
    return figure.say(
        f"A rising line: the NPS of everyone invited by the NPS of non-respondents, who are {1 - rate:.0%} of them. "
        f"Reported {reported['estimate']:.0f} ({reported['low']:.0f} to {reported['high']:.0f}). "
        f"The line crosses: {edges or 'no limit at any possible score'}.",
        "How different non-respondents would have to be",
        numbers.round(1),
    )


_UNITS = {"points": "points", "share": "share", "index": "0 to 100", "mean": "mean"}


def _rows(frame):
    return frame.itertuples(index=False)


def _number(row, name="estimate"):
    value = getattr(row, name)
    if pd.isna(value):
        return "–"
    if row.unit == "share":
        return f"{value:.1%}"
    return f"{value:.2f}" if row.unit == "mean" else f"{value:.1f}"


def _count(value):
    return "–" if pd.isna(value) else f"{value:,.0f}"
