"""The pictures of the churn notebook."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, NullLocator, PercentFormatter

from cxresearch.charts.figure import BLUE, INK, ORANGE, SOFT, Figure, points
from cxresearch.currency import UNIT, amount_text, amount_texts
from cxresearch.display import Nothing
from cxresearch.words import estimate_text, supported

COLOURS, STYLES = [BLUE, ORANGE, INK, SOFT], ["-", "--", ":", "-."]
INDICATIVE = 30  # at risk, for a curve to be drawn
TENTHS = 100  # customers, for tenths to be drawn


def decile_lift(groups):
    """How many times the average share of leavers each tenth of the customers held, highest risk first; nothing under 100 customers.

    Parameters
    ----------
    groups : pandas.DataFrame
        As from :func:`cxresearch.stats.roc.lift`: group, captured, lift, low, high, n.

    Returns
    -------
    Figure or Nothing
    """
    if groups["n"].sum() < TENTHS:
        return Nothing()
    figure = Figure(3.3)
    axes = figure.panel(xlabel="tenths of customers, highest risk first", ylabel="lift")
    axes.bar(groups["group"], groups["lift"], color=BLUE, alpha=0.35, width=0.8)
    points(axes, groups["group"], groups["lift"], groups["low"], groups["high"], BLUE, size=4)
    axes.axhline(1, color=SOFT, linewidth=0.9, linestyle=":")
    axes.set_xticks(groups["group"])
    axes.set_ylim(0, None)
    first = groups.iloc[0]
    numbers = groups[["group", "n"]].rename(columns={"n": "customers"})
    for name in ("lift", "low", "high"):
        numbers[name] = groups[name].map("{:.2f}".format)
    numbers["leavers reached so far"] = groups["captured"].map("{:.0%}".format)
    return figure.say(
        f"Bars of lift by risk group, highest risk first; they fall from left to right if the ranking is good. The riskiest group holds "
        f"{first.lift:.2f} times its share of the leavers ({first.low:.2f} to {first.high:.2f}), the safest "
        f"{groups['lift'].iloc[-1]:.2f} times.",
        "Lift by tenth of customers, with 95% intervals (1 = no better than chance)",
        numbers,
    )


def profit_curve(curve):
    """Expected profit by how many are contacted, those from whom most is expected first.

    Parameters
    ----------
    curve : pandas.DataFrame
        contacted (share), profit, low, high.

    Returns
    -------
    Figure
    """
    figure = Figure(3.5)
    axes = figure.panel(
        xlabel="share of customers contacted, highest expected profit first",
        ylabel="profit of the campaign",
    )
    axes.fill_between(curve["contacted"], curve["low"], curve["high"], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(curve["contacted"], curve["profit"], color=BLUE, linewidth=1.8)
    axes.axhline(0, color=SOFT, linewidth=0.9, linestyle=":")
    best = curve.loc[curve["profit"].idxmax()]
    axes.plot(best["contacted"], best["profit"], "D", color=ORANGE, markersize=6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(lambda value, _: amount_text(value))
    shown = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, 6).round().astype(int))]
    numbers = pd.DataFrame({"contacted": shown["contacted"].map("{:.0%}".format)})
    told = [supported(*limits) for limits in shown[["profit", "low", "high"]].itertuples(index=False)]
    numbers[["profit", "low", "high"]] = [amount_texts(*limits) for limits in told]
    last = curve.iloc[-1]
    return figure.say(
        f"A curve of the expected profit of a campaign against the share of customers contacted, with its 95% prediction band. It peaks at "
        f"{estimate_text(best.profit, best.low, best.high, UNIT)} when {best.contacted:.0%} are contacted; contacting everybody gives "
        f"{estimate_text(last.profit, last.low, last.high, UNIT)}.",
        "Profit of a campaign by share contacted, with 95% prediction band (diamond: everybody above their own break-even risk)",
        numbers,
    )


def hazard_forest(table, what="odds ratio"):
    """Ratios with their intervals on a logarithmic scale, one line each; nothing for an empty table.

    Parameters
    ----------
    table : pandas.DataFrame
        label, estimate, low, high (positive) and is_announced.
    what : str
        What the ratio is of.

    Returns
    -------
    Figure or Nothing
    """
    if not len(table):
        return Nothing()
    figure = Figure(1.2 + 0.34 * len(table))
    axes = figure.panel(xlabel=f"{what} (logarithmic scale)")
    for at, row in enumerate(table.iloc[::-1].itertuples()):
        colour = BLUE if row.is_announced else SOFT
        axes.plot([row.low, row.high], [at, at], color=colour, linewidth=1.6)
        fill = "full" if row.is_announced else "none"
        axes.plot(row.estimate, at, "o", color=colour, markersize=5, fillstyle=fill)
    axes.axvline(1, color=INK, linewidth=0.9, linestyle=":")
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = min(table["low"].min(), 0.9), max(table["high"].max(), 1.1)
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100) if low <= t <= high]
    axes.set_xticks(ticks)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks(range(len(table)), table["label"].iloc[::-1])
    axes.set_ylim(-0.6, len(table) - 0.4)
    axes.grid(axis="y", visible=False)
    terms = "; ".join(f"{r.label} {estimate_text(r.estimate, r.low, r.high)}" for r in table.itertuples())
    numbers = table[["label", "estimate", "low", "high"]].rename(columns={"label": "term"})
    return figure.say(
        f"One line per term of the hazard model: {what} with 95% interval, filled where significant. {terms}.",
        f"{what.capitalize()} of leaving by term of the hazard model, with 95% interval (filled: significant after correction for multiple tests)",
        numbers.assign(significant=np.where(table["is_announced"], "yes", "no")),
    )


def main_reasons(table):
    """How far each feature moves the risk of a customer, on average; nothing for an empty table.

    Parameters
    ----------
    table : pandas.DataFrame
        feature, estimate: mean absolute contribution to the log-odds.

    Returns
    -------
    Figure or Nothing
    """
    if not len(table):
        return Nothing()
    table = table.assign(feature=table["feature"].str.replace("_", " "))
    figure = Figure(1.1 + 0.32 * len(table))
    axes = figure.panel(xlabel="mean absolute contribution to the log-odds of leaving")
    drawn = table.iloc[::-1]
    at = range(len(drawn))
    axes.barh(at, drawn["estimate"], color=BLUE, alpha=0.7, height=0.7)
    axes.set_yticks(list(at), drawn["feature"])
    axes.set_xlim(0, None)
    axes.grid(axis="y", visible=False)
    sizes = "; ".join(f"{r.feature} {r.estimate:.2f}" for r in table.itertuples())
    return figure.say(
        f"Bars of how far each feature moves a customer's log-odds on average, largest first: {sizes}.",
        "What this model associates with leaving: mean absolute contribution to the log-odds (a description of the model, without an interval)",
        table[["feature", "estimate"]].round(3),
    )


def competing_ends(curves, unit="months"):
    """The share that has left by each time, one curve per way of leaving; nothing for an empty table.

    Parameters
    ----------
    curves : pandas.DataFrame
        Aalen–Johansen: cause, time, at_risk, incidence, low, high. Drawn as long as 30 are at risk.
    unit : str

    Returns
    -------
    Figure or Nothing
    """
    if not len(curves):
        return Nothing()
    figure = Figure(3.5)
    axes = figure.panel(xlabel=f"{unit} since the contract began", ylabel="share that has left")
    drawn = curves[curves["at_risk"] >= INDICATIVE]
    drawn = drawn if len(drawn) else curves
    ends = drawn.groupby("cause", sort=False).last().sort_values("incidence", ascending=False, kind="stable")
    until = drawn["time"].max()
    for place, cause in enumerate(ends.index):
        rows = drawn[drawn["cause"] == cause]
        time = np.r_[0, rows["time"], until]
        share, low, high = (np.r_[0, rows[c], rows[c].iloc[-1]] for c in ("incidence", "low", "high"))
        colour, style = COLOURS[place % len(COLOURS)], STYLES[place // len(COLOURS) % len(STYLES)]
        axes.fill_between(time, low, high, step="post", color=colour, alpha=0.15, linewidth=0)
        axes.step(time, share, where="post", color=colour, linestyle=style, linewidth=1.8, label=str(cause))
    axes.set_ylim(0, None)
    axes.set_xlim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    shares = "; ".join(
        f"{r.Index} {r.incidence:.1%} ({r.low:.1%} to {r.high:.1%})" for r in ends.itertuples()
    )
    numbers = pd.DataFrame({"way of leaving": ends.index.astype(str), unit: f"{until:g}"})
    for name, column in (("has left", "incidence"), ("low", "low"), ("high", "high")):
        numbers[name] = ends[column].map("{:.1%}".format).to_numpy()
    return figure.say(
        f"Rising curves, one per way of leaving: the share of contracts ended in that way. After {until:g} {unit}: {shares}.",
        "Share of contracts ended, by way of leaving, with 95% bands (Aalen–Johansen)",
        numbers,
    )
