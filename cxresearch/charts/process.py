"""The pictures of customer processes: the four letters, where cases leave their process, what changes did, growth, and what to lock or free."""

import numpy as np
import pandas as pd

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.currency import amount_text
from cxresearch.display import Nothing
from cxresearch.masking import shortened
from cxresearch.months import month_number, month_start
from cxresearch.words import SUPPRESSED, is_of_few

LETTERS = {"R": "repeatable", "I": "improvable", "M": "measurable", "S": "scalable"}
PALE = "#eef1f4"
LOOKS = {
    "has it": (BLUE, "white", "✓"),
    "lacks it": (ORANGE, "white", "✗"),
    "not clear": (PALE, INK, "?"),
    "not assessed": ("white", SOFT, "–"),
}
COURSES = 4  # changes drawn
NAME = 18  # letters of a step's name
ENDS = 14, 8  # steps drawn: the lowest and the highest


def rims_map(letters):
    """The four letters of each process.

    Parameters
    ----------
    letters : pandas.DataFrame
        ``RimsMap.letters_``.

    Returns
    -------
    Figure
        Nothing where there are no processes.
    """
    if not len(letters):
        return Nothing()
    names = list(dict.fromkeys(letters["process"]))
    figure = Figure(1.0 + 0.36 * len(names))
    axes = _bare(figure)
    for place, name in enumerate(names):
        for column, letter in enumerate(LETTERS):
            verdict = letters.loc[
                (letters["process"] == name) & (letters["letter"] == letter), "verdict"
            ].iloc[0]
            fill, ink, sign = LOOKS[verdict]
            _cell(axes, column, place, fill, f"{sign} {verdict}", ink, bold=verdict == "lacks it")
    _label(axes, names, list(LETTERS.values()))
    each = "; ".join(
        f"{name}: {', '.join(f'{r.letter} {r.verdict}' for r in part.itertuples())}"
        for name, part in letters.groupby("process", sort=False)
    )
    numbers = letters[["process", "letter", "verdict", "evidence"]].assign(
        letter=letters["letter"].map(LETTERS)
    )
    return figure.say(
        f"A table of processes and their four letters. {each}.",
        "Is each process repeatable, improvable, measurable and scalable?",
        numbers,
    )


def deviation_map(steps, processes):
    """Where cases leave their process: the share of closed cases that skipped, moved or repeated each step.

    Parameters
    ----------
    steps : pandas.DataFrame
        ``Conformance.steps_``.
    processes : pandas.DataFrame
        ``Conformance.processes_``; those of fewer than ten closed cases are left out.

    Returns
    -------
    Figure
        Nothing where no process has enough cases.
    """
    names = (
        processes.loc[processes["n"] >= SUPPRESSED].sort_values("fitness", kind="stable")["process"].tolist()
    )
    known = steps[steps["process"].isin(names) & steps["rule"].ne("")]
    if not len(known):
        return Nothing()
    figure = Figure(1.2 + 0.52 * len(names))
    axes = _bare(figure)
    wide = int(known.groupby("process")["activity"].nunique().max())
    lines = []
    for place, name in enumerate(names):
        own = known[known["process"] == name]
        for column, activity in enumerate(dict.fromkeys(own["activity"])):
            part = own[own["activity"] == activity]
            must = part["rule"].iloc[0] == "must"
            share = float(part["estimate"].sum())
            is_few = is_of_few(share, part["n"].iloc[0])
            shade = 0.0 if is_few or not must else min(share / 0.4, 1.0)
            fill = (
                PALE
                if not must
                else tuple(np.array([1, 1, 1]) * (1 - shade) + np.array([0.76, 0.34, 0.10]) * shade)
            )
            few = "few" if share < 0.5 else "nearly all"
            text = few if is_few else f"{share:.0%}"
            _cell(
                axes,
                column,
                place,
                fill,
                f"{shortened(activity, NAME)}\n{text}",
                INK if shade < 0.7 else "white",
                size=7,
            )
            lines.append(
                {
                    "process": name,
                    "step": activity,
                    "rule": part["rule"].iloc[0],
                    "left or repeated": few if is_few else f"{share:.1%}",
                }
            )
    _label(axes, names, [f"step {k + 1}" for k in range(wide)])
    numbers = pd.DataFrame(lines)
    musts = numbers[(numbers["rule"] == "must") & numbers["left or repeated"].str.endswith("%")]
    order = (
        musts["left or repeated"]
        .str.rstrip("%")
        .astype(float)
        .sort_values(ascending=False, kind="stable")
        .index[:5]
    )
    each = "; ".join(
        f"{numbers.loc[i, 'step']} ({numbers.loc[i, 'process']}) {numbers.loc[i, 'left or repeated']}"
        for i in order
    )
    caption = "Cases that skipped, moved or repeated each step (grey: steps that may be left out)"
    return figure.say(
        f"A row of steps for each process, the darker the more cases left a must step. Most often: {each}.",
        caption,
        numbers,
    )


def course_of_changes(improvable):
    """The measure that each change was to improve, by month, with the course before it carried on.

    Parameters
    ----------
    improvable : Improvable
        Fitted.

    Returns
    -------
    Figure
        Nothing where no change can be judged.
    """
    changes = improvable.changes_[improvable.changes_["estimate"].notna()].head(COURSES)
    if not len(changes):
        return Nothing()
    figure = Figure(0.6 + 2.0 * len(changes))
    numbers, each = [], []
    for k, change in enumerate(changes.to_dict("records")):
        metric = change["metric"]
        own = improvable.months_[
            (improvable.months_["process"] == change["process"]) & improvable.months_["is_whole"]
        ].dropna(subset=metric)
        t, y = own["month"].to_numpy(), own[metric].to_numpy()
        y = np.exp(y) if metric in ("cycle_time", "cost") else y
        start = month_number(pd.Timestamp(change["started_on"]))
        axes = figure.panel(
            len(changes),
            1,
            k + 1,
            ylabel={"cycle_time": "hours", "cost": "cost of a case"}.get(metric, metric),
        )
        if metric == "cost":
            axes.yaxis.set_major_formatter(lambda value, _: amount_text(value))
        axes.plot(t, y, "o-", color=SOFT, markersize=3.5, linewidth=1)
        for side in (t < start, t >= start):
            axes.hlines(y[side].mean(), t[side].min(), t[side].max(), color=BLUE, linewidth=1.8)
        axes.axvline(start - 0.5, color=ORANGE, linewidth=1.4)
        ticks = t[(t % 12 == 0) | (t % 12 == 6)]
        axes.set_xticks(ticks, list(map(_month, ticks)))
        effect = _change(change)
        axes.set_title(
            f"{change['process']}: {change['verdict']} ({effect})", loc="left", fontsize=9.5, color=INK
        )
        each.append(f"{change['process']}, changed {change['started_on']}: {effect}, {change['verdict']}")
        numbers += [
            {
                "process": change["process"],
                "month": _month(m),
                metric.replace("_", " "): amount_text(float(f"{v:.3g}")) if metric == "cost" else f"{v:.3g}",
            }
            for m, v in zip(t, y, strict=True)
        ]
    caption = "Changes to processes: the measure by month, its mean before and after (line: the change)"
    return figure.say(
        f"A line by month for each change. {'; '.join(each)}.", caption, pd.DataFrame(numbers).fillna("–")
    )


def elasticity_of_cost(processes):
    """By how much cost rises with volume, against proportion.

    Parameters
    ----------
    processes : pandas.DataFrame
        ``Scalable.processes_``.

    Returns
    -------
    Figure
        Nothing where there are no processes.
    """
    looks = {"scalable": BLUE, "not scalable": ORANGE}
    rows = processes.assign(label=processes["process"]) if len(processes) else processes
    text = "Elasticity of cost in volume by process; below 1 cost grows less than volume (95% interval)"
    return _forest(rows, 1.0, looks, "verdict", "elasticity of cost in volume", text, "{:.2f}".format)


def lock_or_free(steps):
    """What leaving each step goes with, at the same difficulty.

    Parameters
    ----------
    steps : pandas.DataFrame
        ``HubAndTyre.steps_``.

    Returns
    -------
    Figure
        Nothing where no step can be judged.
    """
    looks = {"lock": ORANGE, "free": BLUE}
    rows = (
        steps.assign(
            label=steps["process"]
            + ": "
            + steps["activity"]
            + steps["rule"].map({"must": "", "may": " (may)"})
        )
        if len(steps)
        else steps
    )
    text = "Cases settled at the first contact: those that left the step less those as hard that did not, the lowest and highest steps, in points (95% interval)"
    return _forest(
        rows,
        0.0,
        looks,
        "decision",
        "difference in cases settled at the first contact, in points",
        text,
        lambda share: f"{100 * share:+z.0f}",
    )


def _forest(rows, null, looks, verdict, xlabel, caption, text):
    if not len(rows):
        return Nothing()
    rows = rows.sort_values("estimate", kind="stable")
    rows = pd.concat([rows.head(ENDS[0]), rows.iloc[ENDS[0] :].tail(ENDS[1])], ignore_index=True)
    figure = Figure(1.0 + 0.24 * max(len(rows), 3))
    axes = figure.panel(xlabel=xlabel)
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    axes.axvline(null, color=INK, linewidth=0.9)
    at = np.arange(len(rows))[::-1]
    for place, row in zip(at, rows.to_dict("records"), strict=True):
        color = looks.get(row[verdict], SOFT)
        axes.hlines(place, row["low"], row["high"], color=color, linewidth=1.8)
        axes.plot(row["estimate"], place, "o", color=color, markersize=5)
    axes.set_yticks(at, rows["label"], fontsize=8)
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.xaxis.set_major_formatter(lambda value, _: text(value).replace("-", "−"))
    limits = [f"{text(r.low)} to {text(r.high)}" for r in rows.itertuples()]
    numbers = pd.DataFrame(
        {
            "": rows["label"],
            "estimate": [text(value).replace("-", "−") for value in rows["estimate"]],
            "95% interval": [one.replace("-", "−") for one in limits],
            "verdict": rows[verdict],
        }
    )
    shown = rows[rows[verdict].isin(looks)].head(8)
    each = "; ".join(
        f"{r['label']} {text(r['estimate'])} ({text(r['low'])} to {text(r['high'])}), {r[verdict]}"
        for r in shown.to_dict("records")
    )
    said = f"Points with intervals, sorted, against a line at {null:g}. {each or 'None is clear'}.".replace(
        "-", "−"
    )
    return figure.say(said, caption, numbers)


def _month(number):
    """The name of a month with a number.

    >>> _month(month_number(pd.Timestamp("2026-09-30")))
    '2026-09'
    """
    return f"{month_start(int(number)):%Y-%m}"


def _change(change):
    relative = change["metric"] in ("cycle_time", "cost")
    middle, low, high = (f"{100 * change[c]:+.0f}" for c in ("estimate", "low", "high"))
    return f"{middle}{'%' if relative else ' points'}, {low} to {high}".replace("-", "−")


def _bare(figure):
    axes = figure.panel()
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    return axes


def _cell(axes, column, row, fill, text, ink, bold=False, size=8.5):
    axes.add_patch(_rectangle(column, row, fill))
    axes.text(
        column,
        row,
        text,
        ha="center",
        va="center",
        color=ink,
        fontsize=size,
        fontweight="bold" if bold else "normal",
    )


def _rectangle(column, row, fill):
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.48, row - 0.44), 0.96, 0.88, facecolor=fill, edgecolor=LINE, linewidth=0.6)


def _label(axes, names, columns):
    axes.set_xlim(-0.55, len(columns) - 0.45)
    axes.set_ylim(len(names) - 0.45, -0.55)
    axes.set_yticks(range(len(names)), names, color=INK)
    axes.set_xticks(range(len(columns)), columns, color=INK)
    axes.xaxis.tick_top()
