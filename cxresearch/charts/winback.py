"""The pictures of the page on winning customers back."""

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.charts.touchpoints import as_words
from cxresearch.currency import amount_text
from cxresearch.display import Nothing
from cxresearch.words import count_text, estimate_text, is_of_few, share_text

CURVES = 4
STYLES = [(BLUE, "-"), (ORANGE, "-"), (SOFT, "-"), (INK, "-"), (SOFT, "--")]
FEWEST = 10
CURVE = 30  # customers who came back, of an offer whose curve is drawn


def return_by_offer(found):
    """The share that came back by offer, against the share that came back without one.

    Parameters
    ----------
    found : Regain
        Fitted.

    Returns
    -------
    Figure
    """
    arms = found.arms_[[not is_of_few(a.estimate, a.n) for a in found.arms_.itertuples()]]
    if not len(arms):
        return Nothing()
    arms = arms.sort_values("estimate", kind="stable", ignore_index=True)
    is_control = (arms["arm"] == found.control).to_numpy()
    names = [
        "nobody asked (control)" if c else as_words(a) for a, c in zip(arms["arm"], is_control, strict=True)
    ]
    figure = Figure(1.2 + 0.42 * max(len(arms), 2))
    axes = _sideways(figure, "came back")
    at = np.arange(len(arms))
    for k in at:
        _point(axes, k, arms.iloc[k], SOFT if is_control[k] else BLUE)
    control = arms[is_control]
    if len(control):
        c = control.iloc[0]
        axes.axvspan(c["low"], c["high"], color=SOFT, alpha=0.14, linewidth=0)
        axes.axvline(c["estimate"], color=SOFT, linewidth=1, linestyle="--")
    axes.set_yticks(at, names)
    axes.set_ylim(-0.6, len(arms) - 0.4)
    axes.set_xlim(0, None)
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    rates = [estimate_text(a.estimate, a.low, a.high, "share") for a in arms.itertuples()]
    each = "; ".join(f"{name} {rate}" for name, rate in zip(names[::-1], rates[::-1], strict=True))
    numbers = pd.DataFrame({"offer": names, "customers": arms["n"], "came back, 95% interval": rates})
    without = "" if len(control) else " Nobody was held out, so the share without an offer is not known."
    return figure.say(
        f"Points with intervals, one for each offer: the share that came back. {each}.{without}",
        "Share of customers asked who came back, by offer"
        + (" (band: 95% interval of those not asked)" if len(control) else ""),
        numbers.iloc[::-1],
    )


def second_life_curves(found):
    """How many of those who came back are still there, by months since the return and offer.

    Parameters
    ----------
    found : SecondLife
        Fitted.

    Returns
    -------
    Figure
    """
    is_told = ~found.arms_["is_pooled"] & (found.arms_["n"] >= CURVE) & (found.arms_["leavers"] >= FEWEST)
    arms = found.arms_[is_told].sort_values("n", ascending=False, kind="stable").head(CURVES)
    names = sorted(arms["arm"]) or ["all"]
    figure = Figure(3.5)
    axes = figure.panel(xlabel="months since the return", ylabel="still there")
    lines, words = [], []
    for name, (color, style) in zip(names, STYLES, strict=False):
        curve = found.curves_[name]
        months = np.arange(0, curve.last_time_ + 0.25, 0.25)
        at = curve.at(months)
        at = at[(at["at_risk"] >= FEWEST) & at["survival"].notna()]  # what a handful decides is not drawn
        if not len(at):
            continue
        label = "all" if name == "all" else as_words(name)
        axes.step(
            at["time"], at["survival"], where="post", color=color, linestyle=style, linewidth=1.9, label=label
        )
        marks = at[at["time"].isin([3, 6, 12])]
        marks = marks[[not is_of_few(m.survival, curve.n_) for m in marks.itertuples()]]
        words.append(
            f"{label} "
            + ", ".join(f"{share_text(m.survival, 0)} after {m.time:g} months" for m in marks.itertuples())
        )
        for m in marks.itertuples():
            lines.append((label, f"{m.time:g}", m.at_risk, estimate_text(m.survival, m.low, m.high, "share")))
    if not lines:
        return Nothing()
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9)
    numbers = pd.DataFrame(lines, columns=["offer", "months", "base", "still there, 95% interval"])
    return figure.say(
        f"Falling steps, one line for each offer: the share of those who came back that is still there. {'; '.join(words)}.",
        "Customers who came back and are still there, by months since the return",
        numbers,
    )


def profit_by_offer(found):
    """What each offer earns per customer asked, with and without those who return by themselves.

    Parameters
    ----------
    found : OfferProfit
        Fitted.

    Returns
    -------
    Figure
    """
    rows = found.profits_[found.profits_["estimate"].notna()]
    if not len(rows):
        return Nothing()
    rows = rows.sort_values("estimate", kind="stable", ignore_index=True)
    names = rows["arm"].map(as_words)
    figure = Figure(1.5 + 0.5 * max(len(rows), 2))
    axes = _sideways(figure, "profit per customer asked")
    at = np.arange(len(rows))
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.plot(
        rows["naive"],
        at + 0.2,
        "o",
        markerfacecolor="none",
        color=SOFT,
        markersize=6,
        label="every return counted as won back",
    )
    for k, row in rows.iterrows():
        color = BLUE if row["verdict"] == "pays" else ORANGE if row["verdict"] == "loses" else INK
        label = "natural returns subtracted, 95% interval" if not k else None
        _point(axes, k - 0.1, row, color, label)
    axes.set_yticks(at, names)
    axes.set_ylim(-0.6, len(rows) - 0.2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: amount_text(float(f"{value:.6g}"))))
    figure.legend(frameon=False, fontsize=9, loc="outside upper left", ncols=2)
    profits = [estimate_text(r.estimate, r.low, r.high, "money") for r in rows.itertuples()]
    naive = [amount_text(float(f"{value:.3g}")) for value in rows["naive"]]
    numbers = pd.DataFrame(
        {"offer": names, "customers": rows["asked"], "profit per customer asked, 95% interval": profits}
    )
    numbers["every return counted"] = naive
    numbers["verdict"] = rows["verdict"]
    each = "; ".join(
        f"{name} {profit}, {verdict}; every return counted {plain}"
        for name, profit, verdict, plain in zip(names, profits, rows["verdict"], naive, strict=True)
    )
    return figure.say(
        f"Points with intervals against a line at zero, one for each offer: profit per customer asked. {each}.",
        "Profit per customer asked, natural returns subtracted (simultaneous 95% intervals)",
        numbers.iloc[::-1],
    )


def whom_to_ask_curve(found):
    """What is earned when the customers with the highest scores are asked first, with the band of the whole curve.

    Parameters
    ----------
    found : WhomToAsk
        Fitted.

    Returns
    -------
    Figure
        Nothing where customers cannot be told apart.
    """
    if found.policy_ is None or found.policy_.n_ < 2 * FEWEST:
        return Nothing()
    curve = found.policy_.curve_
    figure = Figure(3.4)
    axes = figure.panel(
        xlabel="share of customers asked, the highest scores first", ylabel="profit per customer"
    )
    axes.fill_between(curve["share"], curve["low"], curve["high"], color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(curve["share"], curve["value"], color=BLUE, linewidth=1.9)
    axes.plot([0, 1], [0, curve["value"].iloc[-1]], color=SOFT, linewidth=1.2, linestyle="--")
    axes.axhline(0, color=INK, linewidth=0.9)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount_text(float(f"{value:.6g}"))))
    marks = curve.iloc[[4, 8, 12, 16, 20]]
    told = [estimate_text(m.value, m.low, m.high, "money") for m in marks.itertuples()]
    numbers = pd.DataFrame(
        {"asked": [share_text(s, 0) for s in marks["share"]], "profit per customer, 95% band": told}
    )
    each = "; ".join(f"{asked} asked: {profit}" for asked, profit in zip(numbers["asked"], told, strict=True))
    return figure.say(
        f"A line with its band, for {count_text(found.policy_.n_, 'customer')}: profit per lapsed customer when those with the highest scores are asked "
        f"first. {each}. The dashed line is asking at random.",
        f"Profit per lapsed customer by share asked with {as_words(found.arm_)} (band: 95%, of the whole curve; dashed: asking at random)",
        numbers,
    )


def _sideways(figure, xlabel):
    axes = figure.panel(xlabel=xlabel)
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    return axes


def _point(axes, at, row, color, label=None):
    middle, low, high = ([row[name]] for name in ("estimate", "low", "high"))
    points(axes, [at], *map(np.array, (middle, low, high)), color, sideways=True, size=6, label=label)
