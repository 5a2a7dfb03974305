"""The pictures of contract customers in the retention notebook, and of the levers of growth."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.words import number_text

COLOURS = (BLUE, ORANGE, SOFT)


def stay_curve(survival, naive, marks):
    """The share of contract customers still there, by months of tenure, with late entry counted and ignored.

    Parameters
    ----------
    survival, naive : pandas.DataFrame
        Two Kaplan–Meier curves of tenure in months: time, survival, low, high; the second as if all had been seen from their beginning.
    marks : pandas.DataFrame
        The points told in the table and the alt text: month, estimate, low, high, n, naive.

    Returns
    -------
    Figure
    """
    figure = Figure(3.6)
    axes = figure.panel(xlabel="months since the first contract began", ylabel="still customers")
    time = np.r_[0, survival["time"]]
    share, low, high = (np.r_[1, survival[name]] for name in ("survival", "low", "high"))
    axes.fill_between(time, low, high, step="post", color=BLUE, alpha=0.2, linewidth=0)
    axes.step(time, share, where="post", color=BLUE, linewidth=1.8, label="counted from when they were seen")
    axes.step(
        np.r_[0, naive["time"]],
        np.r_[1, naive["survival"]],
        where="post",
        color=ORANGE,
        linewidth=1.4,
        linestyle="--",
        label="survivors counted as if seen from the start",
    )
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, max(marks["month"].max() * 1.15, 1) if len(marks) else None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="lower left")
    told = "; ".join(
        f"{m.estimate:.1%} after {m.month} months ({m.low:.1%} to {m.high:.1%}), {m.naive:.1%} if late entry is ignored"
        for m in marks.itertuples()
    )
    numbers = pd.DataFrame({"months": marks["month"]})
    for name, column in (
        ("still there", "estimate"),
        ("low", "low"),
        ("high", "high"),
        ("late entry ignored", "naive"),
    ):
        numbers[name] = marks[column].map("{:.1%}".format)
    return figure.say(
        f"A falling curve with its band: the share of {marks['n'].iloc[0]:,} contract customers still there, and a dashed one that takes "
        f"survivors for a fresh start. {told}.",
        "Share of contract customers still there, with 95% band",
        numbers,
    )


def retention_by_tenure(table, unit="year", base=30):
    """Retention at each renewal beside two stories of customers who never change: all alike, or a mix.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``RetentionByTenure.table_``: period, at_risk, retention, low, high, mix, mix_low, mix_high, constant.
    unit : str
        What a period is called.
    base : int
        Rows on a smaller base are not drawn.

    Returns
    -------
    Figure
    """
    rows = table[table["at_risk"] >= base]
    rows = rows if len(rows) else table.iloc[:1]
    figure = Figure(3.4)
    axes = figure.panel(xlabel=f"{unit} of tenure", ylabel=f"stay through the {unit}")
    axes.fill_between(
        rows["period"], rows["mix_low"], rows["mix_high"], color=ORANGE, alpha=0.18, linewidth=0
    )
    axes.plot(
        rows["period"], rows["mix"], color=ORANGE, linewidth=1.6, label="a mix of customers who never change"
    )
    axes.plot(
        rows["period"],
        rows["constant"],
        color=SOFT,
        linewidth=1.2,
        linestyle=":",
        label="all customers alike",
    )
    seen = (rows["retention"], rows["low"], rows["high"])
    points(axes, rows["period"], *seen, BLUE, label="seen, 95% interval")
    axes.set_xticks(rows["period"])
    bottom = max(0.0, rows["low"].min() - 0.05)
    axes.set_ylim(bottom, 1 + 0.25 * (1 - bottom))  # room for the legend
    axes.set_yticks([tick for tick in axes.get_yticks() if bottom <= tick <= 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    told = "; ".join(
        f"{unit} {r.period}: {r.retention:.1%} seen, {r.mix:.1%} by the mix" for r in rows.itertuples()
    )
    numbers = rows[["retention", "low", "high", "mix"]].map(_percent).assign(at_risk=rows["at_risk"])
    numbers.insert(0, unit, rows["period"])
    return figure.say(
        f"Points for the share of customers who stay through each {unit} of tenure, with a curve for a mix of customers who never change "
        f"and a level line at {_percent(rows['constant'].iloc[0])} for customers who are all alike. {told}.",
        f"Share of customers who stay through a {unit}, by tenure",
        numbers.rename(columns={"at_risk": "up for it"}),
    )


def renewal_hazard(cells, contrast):
    """The share of contracts that end in a month, by months left until their term runs out.

    Parameters
    ----------
    cells : pandas.DataFrame
        As ``RenewalHazard.cells_``: term, months_to_renewal, at_risk, left, hazard, low, high; at most three terms are drawn.
    contrast : pandas.DataFrame
        As ``RenewalHazard.contrast_``, for the words.

    Returns
    -------
    Figure
    """
    most = cells.groupby("term")["at_risk"].sum().nlargest(3).index
    figure = Figure(3.4)
    axes = figure.panel(xlabel="months until the term runs out", ylabel="leave in that month")
    for (term, rows), colour in zip(cells[cells["term"].isin(most)].groupby("term"), COLOURS, strict=False):
        seen = (rows["hazard"], rows["low"], rows["high"])
        points(axes, rows["months_to_renewal"], *seen, colour, label=f"term of {term} months")
    axes.set_xlim(cells["months_to_renewal"].max() + 0.6, -0.6)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if cells["hazard"].max() > 0.03 else 1))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    told = "; ".join(
        f"{r.metric}: {_percent(r.estimate) if r.unit == 'share' else number_text(r.estimate, 3)}"
        for r in contrast.itertuples()
    )
    numbers = cells[["term", "months_to_renewal"]].astype(str)
    for name in ("hazard", "low", "high"):
        numbers[name] = cells[name].map("{:.2%}".format)
    return figure.say(
        f"Points for the share of contracts that end in a month, from the month after a renewal on the left to the month in which the term "
        f"runs out on the right. {told}.",
        "Share of contracts that end in a month, by months to renewal (bars: 95% interval)",
        numbers.rename(columns={"months_to_renewal": "months to renewal"}).assign(
            **{"contract-months": cells["at_risk"]}
        ),
    )


def lever_bars(levers, years=3):
    """What one step of retention, acquisition and margin adds to the value of the customer base.

    Parameters
    ----------
    levers : pandas.DataFrame
        As ``GrowthLevers.levers_``: side, lever, estimate, low, high, share.
    years : float
        Horizon of the value, for the words.

    Returns
    -------
    Figure
    """
    last = levers["side"].iloc[-1]
    rows = levers[levers["side"] == last]
    figure = Figure(2.6)
    axes = figure.panel(xlabel="added to the value of the customer base")
    at = np.arange(len(rows))[::-1]
    spread = [rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]
    axes.barh(at, rows["estimate"], color=[BLUE, ORANGE, SOFT][: len(rows)], height=0.6)
    axes.errorbar(rows["estimate"], at, xerr=spread, fmt="none", ecolor=INK, capsize=4, linewidth=1.2)
    axes.set_yticks(at, rows["lever"])
    axes.set_xlim(min(0, rows["low"].min() * 1.05), None)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    told = "; ".join(
        f"{r.lever}: {number_text(r.estimate, 3)} ({number_text(r.low, 3)} to {number_text(r.high, 3)})"
        for r in rows.itertuples()
    )
    numbers = levers[["side", "lever"]].copy()
    for name in ("estimate", "low", "high"):
        numbers[name] = levers[name].map(lambda v: number_text(v, 3))
    numbers["of the value"] = levers["share"].map("{:.2%}".format)
    return figure.say(
        f"Three bars with their intervals, in money over {years:g} years. {told}.",
        f"What one step of each adds to the value of the customer base over {years:g} years (lines: 95% interval)",
        numbers,
    )


def gap_curves(curves, until=None):
    """How soon customers buy again after their first, second, third … purchase.

    Parameters
    ----------
    curves : dict
        Number of the purchase → Kaplan–Meier curve of the time to the next: time (weeks), survival, low, high.
    until : float, optional
        Where the axis ends.

    Returns
    -------
    Figure
    """
    figure = Figure(3.6)
    axes = figure.panel(xlabel="weeks since the purchase", ylabel="have bought again")
    longest = until or max(curve["time"].max() for curve in curves.values())
    marks = [week for week in (4, 13, 26, 52) if week <= longest] or [round(longest)]
    rows = []
    for place, (number, curve) in enumerate(curves.items()):
        shade = 0.35 + 0.65 * place / max(len(curves) - 1, 1)
        time, share = np.r_[0, curve["time"]], np.r_[0, 1 - curve["survival"]]
        axes.step(
            time,
            share,
            where="post",
            color=BLUE,
            alpha=shade,
            linewidth=1.8,
            label=f"after purchase {number}",
        )
        at = np.searchsorted(time, marks, side="right") - 1
        rows.append([f"after purchase {number}", *(f"{share[i]:.1%}" for i in at)])
    axes.set_xlim(0, longest)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="lower right")
    numbers = pd.DataFrame(rows, columns=["", *(f"within {week} weeks" for week in marks)])
    told = "; ".join(f"{row[0]}: {row[-1]} within {marks[-1]} weeks" for row in rows)
    return figure.say(
        f"Rising curves, one per number of purchases so far: the share of customers who have bought again. {told}.",
        "Share of customers who have bought again, by how many purchases they had made",
        numbers,
    )


def _percent(value):
    return f"{value:.1%}"
