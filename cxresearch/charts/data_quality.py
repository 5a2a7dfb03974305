"""The pictures of the data-quality notebook."""

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.ticker import MaxNLocator, PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.display import Nothing
from cxresearch.words import points_text


def volume_months(volumes):
    """Rows of each table by month (by quarter where rows are few), this quarter's with their prediction.

    Parameters
    ----------
    volumes : pandas.DataFrame
        ``RowVolumes.volumes_``: table, grain, month, rows, expected, low, high, is_quarter, verdict.

    Returns
    -------
    Figure
        Nothing for an empty frame.
    """
    if volumes.empty:
        return Nothing()
    names = list(dict.fromkeys(volumes["table"]))
    lines = max(1, -(-len(names) // 2))
    figure = Figure(0.3 + 1.45 * lines)
    for i, name in enumerate(names):
        part = volumes[volumes["table"] == name]
        axes = figure.panel(lines, 2 if len(names) > 1 else 1, i + 1)
        _months(axes, part)
        unit = part["grain"].iloc[0]
        axes.set_title(f"{name.replace('_', ' ')}, by {unit}", loc="left", fontsize=9.5, color=INK)
    now = volumes[volumes["is_quarter"]]
    tables = "; ".join(_sentence(name, now[now["table"] == name]) for name in names)
    numbers = pd.DataFrame(
        {
            "table": now["table"].str.replace("_", " "),
            "ends": [f"{month:%Y-%m-%d}" for month in now["month"]],
            "rows": [f"{v:,.0f}" for v in now["rows"]],
            "expected": [_count(v) for v in now["expected"]],
            "low": [_count(v) for v in now["low"]],
            "high": [_count(v) for v in now["high"]],
            "verdict": now["verdict"],
        }
    )
    return figure.say(
        "Small panels, one per table. A line shows rows by period; dots show this quarter, on a band with the rows expected from earlier "
        f"periods. {tables}.",
        "Rows by period. Orange: this quarter. Grey band: 95% prediction interval from earlier periods",
        numbers,
    )


def filled_columns(completeness, most=24):
    """The share of rows that fill each optional column: this quarter against before.

    Parameters
    ----------
    completeness : pandas.DataFrame
        ``FilledColumns.columns_``: table, column, share, before, change, low, high, verdict.
    most : int
        Columns shown, those that changed most first.

    Returns
    -------
    Figure
        Nothing where no column was compared.
    """
    judged = completeness.dropna(subset="change")
    if judged.empty:
        return Nothing()
    n, full = len(judged), int(((judged["share"] == 1) & (judged["before"] == 1)).sum())
    shown = judged[(judged["share"] < 1) | (judged["before"] < 1)].sort_values("change").head(most)
    shown = shown if len(shown) else judged.head(most)
    figure = Figure(0.9 + 0.26 * max(len(shown), 2))
    axes = figure.panel(xlabel="share of rows in which the column is filled")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at = np.arange(len(shown))[::-1]
    axes.hlines(at, shown["before"], shown["share"], color=SOFT, linewidth=1.2)
    axes.plot(shown["before"], at, "o", markerfacecolor="white", color=BLUE, markersize=6, label="before")
    axes.plot(shown["share"], at, "o", color=ORANGE, markersize=6, label="this quarter")
    names = shown["table"].str.replace("_", " ") + " · " + shown["column"]
    axes.set_yticks(at, names)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.7, max(len(shown), 2) - 0.3)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))
    largest = "; ".join(
        f"{c.table}.{c.column} {c.share:.0%} this quarter, {c.before:.0%} before"
        for c in shown.head(5).itertuples()
    )
    numbers = pd.DataFrame(
        {
            "column": names,
            "rows": [f"{v:,}" for v in shown["n"]],
            "this quarter": shown["share"].map("{:.1%}".format),
            "before": shown["before"].map("{:.1%}".format),
            "change": [points_text(v, sign=True) for v in shown["change"]],
            "95% interval": [
                f"{points_text(c.low, sign=True).removesuffix(' points')} to {points_text(c.high, sign=True)}"
                for c in shown.itertuples()
            ],
            "verdict": shown["verdict"],
        }
    )
    return figure.say(
        f"Pairs of dots, one line per column: the share of rows in which it is filled, this quarter and before. {full} of {n} columns are "
        f"always filled. {largest}.",
        f"Share of rows in which a column is filled ({full} of {n} columns are always filled"
        + (" and not shown)" if full and full < n else ")"),
        numbers,
    )


def _months(axes, part):
    earlier, now = part[~part["is_quarter"]], part[part["is_quarter"]]
    axes.plot(earlier["month"], earlier["rows"], color=BLUE, linewidth=1.3)
    predicted = now.dropna(subset="expected")
    half = pd.Timedelta(days=15 if part["grain"].iloc[0] == "month" else 45)
    for m in predicted.itertuples():
        axes.fill_between(
            [m.month - half, m.month + half], m.low, m.high, color=SOFT, alpha=0.25, linewidth=0
        )
    odd = now["verdict"].isin(["few", "many"])
    axes.plot(now["month"], now["rows"], "o", color=ORANGE, markersize=4)
    axes.plot(now["month"][odd], now["rows"][odd], "X", color=ORANGE, markersize=9)
    top = max(part["rows"].max(), predicted["expected"].max() if len(predicted) else 0, 1)
    axes.set_ylim(0, 1.25 * top)
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=5))
    axes.xaxis.set_major_formatter(DateFormatter("%b %y"))


def _sentence(name, now):
    rows = now["rows"].sum()
    text = f"{name.replace('_', ' ')} {rows:,.0f} rows this quarter"
    odd = now[now["verdict"].isin(["few", "many"])]
    for m in odd.itertuples():
        text += (
            f", too {m.verdict} in {m.month:%Y-%m} ({m.rows:,.0f}, expected {m.low:,.0f} to {m.high:,.0f})"
        )
    if now["expected"].isna().all():
        return text + ", no prediction"
    return text if len(odd) else text + ", as expected"


def _count(value):
    return "–" if pd.isna(value) else f"{value:,.0f}"
