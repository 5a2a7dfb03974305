"""The pictures of the journey notebook: weak points, jobs by channel, patience, the limit of automation and the life cycle."""

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.departments import caterpillar
from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.charts.touchpoints import GREY, as_words, touch_map
from cxresearch.display import Nothing
from cxresearch.words import estimate_text, share_text, supported

BARS, POINTS = 10, 12  # rows that can be read
LOST = {  # outcome: what the bars count
    "has_left": "customers lost",
    "spend_change": "spend lost",
    "satisfaction": "rating points lost",
}
SHOWN = {  # of jobs, the first that is known is drawn: what it is, and how it is written
    "success": ("share of matters settled", ".0%"),
    "net": ("share settled by the first contact", ".0%"),
    "contacts": ("contacts per matter", ",.2f"),
}


def weak_points(weak, within=12):
    """What each touchpoint costs, customers × loss with its interval; those that are announced stand out.

    Parameters
    ----------
    weak : WeakPoints
        Fitted.
    within : int
        Months of journeys that were counted.

    Returns
    -------
    Figure
    """
    rows, what = weak.points_.head(BARS), LOST[weak.outcome]
    unit = "money" if weak.outcome == "spend_change" else ""
    lost, names = [estimate_text(*v, unit) for v in _limits(rows, "lost")], rows["touchpoint"].map(as_words)
    figure = Figure(1.3 + 0.36 * max(len(rows), 2))
    axes = figure.panel(xlabel=f"{what} in {within} months, against other ways")
    axes.grid(False)
    axes.grid(axis="x", color=LINE, linewidth=0.6)
    at, is_weak = np.arange(len(rows))[::-1], rows["stands"].to_numpy(dtype=bool)
    axes.barh(at, rows["lost"], color=np.where(is_weak, ORANGE, GREY), height=0.62)
    axes.hlines(at, rows["lost_low"], rows["lost_high"], color=INK, linewidth=1.6)
    axes.axvline(0, color=INK, linewidth=0.9)
    axes.set_yticks(at, names, fontsize=11.5, color=INK)
    axes.tick_params(axis="x", labelsize=10.5)
    axes.set_ylim(-0.7, max(len(rows), 2) - 0.4)
    each = "; ".join(
        f"{name} {size}{', a weak point' if stands else ''}"
        for name, size, stands in zip(names.head(8), lost, is_weak, strict=False)
    )
    numbers = pd.DataFrame({"touchpoint": names, "customers": rows["customers"]})
    numbers[f"{what}, 95% interval"] = lost
    numbers["weak point"] = np.where(is_weak, "yes", "no")
    cut = f"; first {BARS} of {len(weak.points_)}" if len(weak.points_) > BARS else ""
    return figure.say(
        f"Bars with intervals, ranked by what is sure: {what}. {each}.",
        f"{what.capitalize()} by touchpoint: customers × loss, with 95% interval (orange: announced{cut})",
        numbers,
    )


def job_map(cells, jobs):
    """Jobs by channels; what clearly falls short of the job's other channels has a frame.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``Jobs.cells_``, already withheld: with a column flag.
    jobs : Jobs
        Fitted.

    Returns
    -------
    Figure
        Nothing where no measure of any cell may be shown.
    """
    known = [name for name in SHOWN if name in cells and cells[name].notna().any()]
    if not known:
        return Nothing()
    names, channels = list(jobs.jobs_["job"]), list(jobs.channels_["channel"])
    figure = touch_map(cells, names, channels, (known[0], *SHOWN[known[0]]), "job")
    if known[0] != "success":
        return figure
    shown = set(
        zip(*(cells.loc[cells["flag"] != "suppressed", key] for key in ("job", "channel")), strict=True)
    )
    failing = jobs.pairs_[jobs.pairs_["stands"].astype(bool) & (jobs.pairs_["outcome"] < 0)]
    places = [(r.job, r.channel) for r in failing.itertuples() if (r.job, r.channel) in shown]
    for job, channel in places:
        if names.index(job) < len(figure.numbers) and channels.index(channel) < figure.numbers.shape[1] - 1:
            spot = channels.index(channel) - 0.47, names.index(job) - 0.45
            figure.axes[0].add_patch(Rectangle(spot, 0.94, 0.9, fill=False, edgecolor=ORANGE, linewidth=2.2))
    worse = ", ".join(f"{as_words(job)} by {as_words(channel)}" for job, channel in places)
    alt = f"{figure.alt} Clearly below the job's other channels: {worse or 'none'}."
    return figure.say(
        alt, f"{figure.caption}{'; frame: below the other channels' if places else ''}", figure.numbers
    )


def patience(patient):
    """The share of customers who would still wait, by seconds.

    Parameters
    ----------
    patient : Patience
        Fitted.

    Returns
    -------
    Figure
        Nothing where hardly anybody gave up.
    """
    curve = patient.curve_.dropna(subset="survival")
    if not len(curve):
        return Nothing()
    figure = Figure(3.4)
    axes = figure.panel(xlabel="seconds", ylabel="would still wait")
    axes.fill_between(curve["time"], curve["low"], curve["high"], color=BLUE, alpha=0.2, linewidth=0)
    axes.plot(curve["time"], curve["survival"], color=BLUE, linewidth=2)
    axes.set_ylim(0, 1)
    axes.set_xlim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.axvline(patient.wait_[0], color=SOFT, linewidth=1, linestyle="--")
    axes.annotate(
        "median wait",
        (patient.wait_[0], 0.04),
        xytext=(4, 0),
        textcoords="offset points",
        fontsize=10,
        color=SOFT,
    )
    marks = curve[curve["time"].isin(list(patient.times))]
    numbers = pd.DataFrame({"seconds": marks["time"].map("{:g}".format)})
    numbers["would still wait, 95% interval"] = [
        estimate_text(*limits, "share") for limits in _limits(marks, "survival", ("low", "high"))
    ]
    words = "; ".join(f"{share_text(m.survival, 0)} after {m.time:g} seconds" for m in marks.itertuples())
    return figure.say(
        f"A falling curve with a band: the share of customers who would still wait. {words}.",
        "Share of customers who would still wait, whoever was served before then (Kaplan–Meier, 95% band)",
        numbers,
    )


def automation_curve(limit):
    """How much better or worse automation is rated, by complexity, with the regions in which that is certain.

    Parameters
    ----------
    limit : AutomationLimit
        Fitted.

    Returns
    -------
    Figure
        Nothing where robots and people were not rated at the same complexity.
    """
    curve = limit.curve_
    if not len(curve):
        return Nothing()
    x, low, high = (curve[name].to_numpy() for name in ("complexity", "low", "high"))
    figure = Figure(3.9)
    axes = figure.panel(xlabel="complexity of the contact", ylabel="points, robot less person")
    for side, color, text in (
        (low > 0, BLUE, "robot rated better"),
        (high < 0, ORANGE, "person rated better"),
    ):
        if side.any():
            ends = x[side][[0, -1]]
            axes.axvspan(*ends, color=color, alpha=0.12, linewidth=0)
            axes.text(ends.mean(), 0.97, text, transform=axes.get_xaxis_transform(), ha="center", va="top", fontsize=11, color=color, fontweight="bold")  # fmt: skip
    axes.fill_between(x, low, high, color=SOFT, alpha=0.25, linewidth=0)
    axes.plot(x, curve["effect"], color=INK, linewidth=2)
    axes.axhline(0, color=INK, linewidth=0.9)
    axes.set_xlim(x[0], x[-1])
    axes.margins(y=0.15)
    axes.tick_params(labelsize=10.5)
    shown = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, 7).round().astype(int))]
    numbers = pd.DataFrame({"complexity": shown["complexity"].map("{:.2f}".format)})
    numbers["robot less person, 95% interval"] = [
        estimate_text(*v) for v in _limits(shown, "effect", ("low", "high"))
    ]
    return figure.say(
        f"A line with its band over complexity from {x[0]:.2f} to {x[-1]:.2f}: satisfaction with a robot less that with a person, "
        f"{curve['effect'].iloc[0]:+.2f} at the left end and {curve['effect'].iloc[-1]:+.2f} at the right. {_regions(x, low, high)}",
        "Satisfaction with automated contacts less that with staffed ones of the same customers, by complexity (95% band; shaded: certain)",
        numbers,
    )


def _regions(x, low, high):
    """Where the sign is certain, in words."""
    parts = [
        f"{words} from {x[side][0]:.2f} to {x[side][-1]:.2f}"
        for side, words in ((low > 0, "the robot is rated better"), (high < 0, "the person is rated better"))
        if side.any()
    ]
    return f"Certain: {' and '.join(parts)}." if parts else "Nowhere is the difference certain."


def life_cycle(life):
    """The contacts after which moves between stages are more, or less, frequent than after others in the stage.

    Parameters
    ----------
    life : LifeCycle
        Fitted.

    Returns
    -------
    Figure
        Nothing where no contact can be compared.
    """
    rows = life.points_.head(POINTS)
    names = [f"{as_words(r.touchpoint)}: {r.stage} → {r.next_stage}" for r in rows.itertuples()]
    shown = pd.DataFrame(
        {
            "contact and move": names,
            "estimate": rows["gap"] * 100,
            "low": rows["low"] * 100,
            "high": rows["high"] * 100,
        }
    )
    bad = rows["next_stage"].eq("lapsed") == (rows["gap"] > 0)
    shown["verdict"] = np.select(
        [rows["stands"] & bad, rows["stands"]], ["below", "above"], "no clear difference"
    )
    figure = caterpillar(
        shown,
        "contact and move",
        "points more, or less, that move within a month",
        "Moves between stages of the life cycle after a contact, against contacts elsewhere (separate 95% intervals; colour: stands after correction)",
    )
    if not len(shown):
        return figure
    words = {"below": "a point to lose", "above": "a point to win"}
    numbers = figure.numbers.assign(verdict=figure.numbers["verdict"].replace(words))
    alt = figure.alt.replace(", below", ", a point to lose").replace(", above", ", a point to win")
    return figure.say(alt, figure.caption, numbers)


def _limits(frame, name, ends=None):
    low, high = ends or (f"{name}_low", f"{name}_high")
    for row in frame[[name, low, high]].itertuples(index=False, name=None):
        yield supported(*row)
