"""The pictures of contract customers in the retention notebook, and of the levers of growth."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure, points
from cxresearch.currency import UNIT, amount_text, amount_texts
from cxresearch.words import count_text, estimate_text, number_text, supported

COLOURS = (BLUE, ORANGE, SOFT)


def stay_curve(stay, naive=False):
    """Retention of contract customers by months of tenure.

    Parameters
    ----------
    stay : ContractStay
        Fitted.
    naive : bool
        Whether the biased curve stands beside it that takes customers older than the records for new ones.

    Returns
    -------
    Figure
    """
    survival, marks = stay.curve_.survival_, stay.marks_
    figure = Figure(3.6)
    axes = figure.panel(xlabel="months since the contract began", ylabel="retention")
    time = np.r_[0, survival["time"]]
    share, low, high = (np.r_[1, survival[name]] for name in ("survival", "low", "high"))
    axes.fill_between(time, low, high, step="post", color=BLUE, alpha=0.2, linewidth=0)
    axes.step(time, share, where="post", color=BLUE, linewidth=1.8, label="counted from when first observed")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(0, max(marks["month"].max() * 1.15, 1) if len(marks) else None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    words = [
        f"{m.estimate:.1%} after {m.month} months ({m.low:.1%} to {m.high:.1%})" for m in marks.itertuples()
    ]
    columns = {"retention": "estimate", "low": "low", "high": "high"}
    beside = ""
    if naive:
        biased = stay.naive_.survival_
        label = "early customers counted as new (biased)"
        at, kept = np.r_[0, biased["time"]], np.r_[1, biased["survival"]]
        axes.step(at, kept, where="post", color=ORANGE, linewidth=1.4, linestyle="--", label=label)
        axes.legend(frameon=False, fontsize=9.5, loc="lower left")
        words = [
            f"{text}, {share:.1%} if late entry is ignored"
            for text, share in zip(words, marks["naive"], strict=True)
        ]
        columns |= {"late entry ignored": "naive"}
        beside = " A dashed curve counts customers older than the records as new."
    numbers = pd.DataFrame({"months": marks["month"]})
    for name, column in columns.items():
        numbers[name] = marks[column].map("{:.1%}".format)
    return figure.say(
        f"A falling curve with its band: retention of {count_text(marks['n'].iloc[0])} contract customers.{beside} {'; '.join(words)}.",
        f"Retention of contract customers by tenure, with 95% band{', and with late entry ignored' if naive else ''}",
        numbers,
    )


def retention_by_tenure(tenure, unit="year", base=30):
    """Retention at each renewal beside two models of customers who never change: all alike, or a mix.

    Parameters
    ----------
    tenure : RetentionByTenure
        Fitted.
    unit : str
        What a period is called.
    base : int
        Rows on a smaller base are not drawn.

    Returns
    -------
    Figure
    """
    table = tenure.table_
    rows = table[table["at_risk"] >= min(base, table["at_risk"].max())]
    figure = Figure(3.4)
    axes = figure.panel(xlabel=f"{unit} of tenure", ylabel=f"retention in the {unit}")
    axes.fill_between(
        rows["period"], rows["mix_low"], rows["mix_high"], color=ORANGE, alpha=0.18, linewidth=0
    )
    axes.plot(
        rows["period"], rows["mix"], color=ORANGE, linewidth=1.6, label="model: a mix of unchanging customers"
    )
    axes.plot(
        rows["period"],
        rows["constant"],
        color=SOFT,
        linewidth=1.2,
        linestyle=":",
        label="model: all customers alike",
    )
    seen = (rows["retention"], rows["low"], rows["high"])
    points(axes, rows["period"], *seen, BLUE, label="actual, 95% interval")
    axes.set_xticks(rows["period"])
    bottom = max(0.0, rows["low"].min() - 0.05)
    axes.set_ylim(bottom, 1 + 0.25 * (1 - bottom))  # room for the legend
    axes.set_yticks([tick for tick in axes.get_yticks() if bottom <= tick <= 1])
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    words = "; ".join(
        f"{unit} {r.period}: {r.retention:.1%} actual, {r.mix:.1%} by the mix" for r in rows.itertuples()
    )
    numbers = rows[["retention", "low", "high", "mix"]].map(_percent).assign(at_risk=rows["at_risk"])
    numbers.insert(0, unit, rows["period"])
    return figure.say(
        f"Points for retention in each {unit} of tenure, with a curve for a mix of unchanging customers and a level line at "
        f"{_percent(rows['constant'].iloc[0])} for customers who are all alike. {words}.",
        f"Retention by {unit} of tenure",
        numbers.rename(columns={"at_risk": "up for renewal"}),
    )


def renewal_hazard(renewal):
    """The share of contracts that end in a month, by months left until their term runs out; at most three terms are drawn.

    Parameters
    ----------
    renewal : RenewalHazard
        Fitted.

    Returns
    -------
    Figure
    """
    cells = renewal.cells_
    most = cells.groupby("term")["at_risk"].sum().nlargest(3).index
    figure = Figure(3.4)
    axes = figure.panel(xlabel="months until the term runs out", ylabel="leave in the month")
    for (term, rows), colour in zip(cells[cells["term"].isin(most)].groupby("term"), COLOURS, strict=False):
        seen = (rows["hazard"], rows["low"], rows["high"])
        points(axes, rows["months_to_renewal"], *seen, colour, label=f"term of {term} months")
    axes.set_xlim(cells["months_to_renewal"].max() + 0.6, -0.6)
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0 if cells["hazard"].max() > 0.03 else 1))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    words = "; ".join(
        f"{r.metric}: {_percent(r.estimate) if r.unit == 'share' else number_text(r.estimate, 3)}"
        for r in renewal.contrast_.itertuples()
    )
    numbers = cells[["term", "months_to_renewal"]].astype(str)
    for name in ("hazard", "low", "high"):
        numbers[name] = cells[name].map("{:.2%}".format)
    return figure.say(
        f"Points for the share of contracts that end in a month, from the month after a renewal on the left to the month in which the term "
        f"runs out on the right. {words}.",
        "Share of contracts that end in a month, by months to renewal (bars: 95% interval)",
        numbers.rename(columns={"months_to_renewal": "months to renewal"}).assign(
            **{"contract-months": cells["at_risk"]}
        ),
    )


def lever_bars(levers):
    """What one step of retention, acquisition and margin adds to the value of the customer base.

    Parameters
    ----------
    levers : GrowthLevers
        Fitted.

    Returns
    -------
    Figure
    """
    levers_of, levers, years = levers.money_, levers.levers_, levers.years
    last = levers["side"].iloc[-1]
    rows = levers[levers["side"] == last]
    figure = Figure(2.9)
    axes = figure.panel(xlabel=f"{levers_of} over {years:g} years, added to the value of the customer base")
    at = np.arange(len(rows))[::-1]
    spread = [rows["estimate"] - rows["low"], rows["high"] - rows["estimate"]]
    axes.barh(at, rows["estimate"], color=[BLUE, BLUE, ORANGE, SOFT][-len(rows) :], height=0.6)
    axes.errorbar(rows["estimate"], at, xerr=spread, fmt="none", ecolor=INK, capsize=4, linewidth=1.2)
    axes.set_yticks(at, rows["lever"])
    axes.set_xlim(min(0, rows["low"].min() * 1.05), None)
    axes.xaxis.set_major_formatter(lambda value, _: amount_text(value))
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    words = "; ".join(
        f"{r.lever}: {estimate_text(r.estimate, r.low, r.high, UNIT)}" for r in rows.itertuples()
    )
    numbers = levers[["side", "lever"]].copy()
    limits = ["estimate", "low", "high"]
    numbers[limits] = [amount_texts(*supported(*each)) for each in levers[limits].itertuples(index=False)]
    numbers["of the value"] = levers["share"].map("{:.2%}".format)
    return figure.say(
        f"One bar with its interval per step, {levers_of} over {years:g} years. {words}.",
        f"Discounted {levers_of} of {years:g} years added by one step of each (lines: 95% interval)",
        numbers,
    )


def gap_curves(returns):
    """How soon customers buy again after their first, second, third … purchase.

    Parameters
    ----------
    returns : ReturnCurve
        Fitted.

    Returns
    -------
    Figure
    """
    curves = {number: curve.survival_ for number, curve in returns.curves_.items()}
    figure = Figure(3.6)
    axes = figure.panel(xlabel="weeks since the purchase", ylabel="have bought again")
    longest = returns.until_
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
    words = "; ".join(f"{row[0]}: {row[-1]} within {marks[-1]} weeks" for row in rows)
    return figure.say(
        f"Rising curves, one per number of purchases so far: the share of customers who have bought again. {words}.",
        "Share of customers who have bought again, by how many purchases they had made",
        numbers,
    )


def _percent(value):
    return f"{value:.1%}"
