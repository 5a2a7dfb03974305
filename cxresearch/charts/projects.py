"""The charts of the project-health notebook: where projects stand, and the history of one."""

import numpy as np
import pandas as pd
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, LINE, ORANGE, SOFT, Figure
from cxresearch.display import Nothing
from cxresearch.words import number_text

NAMED = 5  # points labelled with their name
OVER_AND_BEHIND = "over budget and behind schedule"
REPORTS = 6  # rows of the table of numbers


def bullseye(status, names=None):
    """CPI against SPI(t) of every project with intervals: over budget below 1, behind schedule left of 1.

    Parameters
    ----------
    status : pandas.DataFrame
        ``EarnedValue.status_`` of the projects to show.
    names : pandas.Series, optional
        What to call them, by project_id.

    Returns
    -------
    Figure
        Nothing where no project has both indices.
    """
    rows = status.dropna(subset=["cpi", "spi_t"]).copy()
    if not len(rows):
        return Nothing()
    rows["name"] = _named(rows["project_id"], names)
    rows["far"] = np.hypot(np.minimum(np.log(rows["cpi"]), 0), np.minimum(np.log(rows["spi_t"]), 0))
    rows = rows.sort_values("far", ascending=False, ignore_index=True)
    figure = Figure(5.0)
    axes = figure.panel(
        xlabel="SPI(t): schedule index, on schedule at 1", ylabel="CPI: cost index, on budget at 1"
    )
    axes.axhline(1, color=SOFT, linewidth=0.9)
    axes.axvline(1, color=SOFT, linewidth=0.9)
    both = (rows["spi_t"] < 1) & (rows["cpi"] < 1)
    for worse, colour, marker, label in (
        (True, ORANGE, "o", OVER_AND_BEHIND),
        (False, BLUE, "s", "other projects"),
    ):
        part = rows[both == worse]
        axes.plot(
            part["spi_t"], part["cpi"], marker, color=colour, markersize=5, label=f"{label} ({len(part)})"
        )
        for r in part.itertuples():
            axes.plot([r.spi_t_low, r.spi_t_high], [r.cpi] * 2, color=colour, alpha=0.35, linewidth=1)
            axes.plot([r.spi_t] * 2, [r.cpi_low, r.cpi_high], color=colour, alpha=0.35, linewidth=1)
    for column, set_limits in (("spi_t", axes.set_xlim), ("cpi", axes.set_ylim)):
        points = rows[column]
        ends = min(points.min(), 1), max(points.max(), 1)
        pad = 0.12 * (ends[1] - ends[0]) + 0.03
        set_limits(max(0, ends[0] - pad), ends[1] + pad)
    for r in rows[both].head(NAMED).itertuples():
        axes.annotate(
            r.name, (r.spi_t, r.cpi), xytext=(5, -9), textcoords="offset points", fontsize=8, color=INK
        )
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    worst = "; ".join(
        f"{r.name} CPI {r.cpi:.2f}, SPI(t) {r.spi_t:.2f}" for r in rows[both].head(NAMED).itertuples()
    )
    numbers = pd.DataFrame(
        {
            "project": rows["name"],
            "CPI": rows["cpi"].map("{:.2f}".format),
            "CPI, 95% interval": _intervals(rows, "cpi"),
            "SPI(t)": rows["spi_t"].map("{:.2f}".format),
            "SPI(t), 95% interval": _intervals(rows, "spi_t"),
            "reports": rows["n"],
        }
    ).head(12)
    quadrant = f"{int(both.sum())} of {len(rows)} projects are {OVER_AND_BEHIND}"
    return figure.say(
        f"A point with intervals for each project: cost index CPI against schedule index SPI(t), with lines at 1. {quadrant}"
        f"{f'. Furthest from plan: {worst}' if worst else ''}.",
        f"Cost and schedule index by project: {quadrant}",
        numbers,
    )


def project_history(months, fan, name):
    """One project: planned value, earned value and actual cost by month, with fans for its finish and cost.

    Parameters
    ----------
    months : pandas.DataFrame
        Its rows of ``EarnedValue.months_``.
    fan : pandas.DataFrame
        ``EarnedValue.at_completion`` of it.
    name : str

    Returns
    -------
    Figure
    """
    figure = Figure(3.8)
    axes = figure.panel(ylabel="share of the first budget")
    base = months["bac_first"].iloc[0]
    when = months["status_on"]
    axes.plot(when, months["pv"] / base, color=SOFT, linewidth=1.4, linestyle="--", label="planned value")
    axes.plot(
        when, months["ev"] / base, color=BLUE, linewidth=2, marker="o", markersize=3, label="earned value"
    )
    axes.plot(
        when, months["ac"] / base, color=ORANGE, linewidth=2, marker="s", markersize=3, label="actual cost"
    )
    last = months.iloc[-1]
    known = fan.dropna()
    for r in known.sort_values("level", ascending=False).itertuples() if not last["is_done"] else ():
        shade = 0.12 + 0.3 * (1 - r.level)
        late = min(
            r.finish_high, when.iloc[-1] + 3 * max(r.finish_low - when.iloc[-1], pd.Timedelta(days=30))
        )
        axes.fill(
            [last["status_on"], r.finish_low, late],
            [last["ev"] / base, last["bac"] / base, last["bac"] / base],
            color=BLUE, alpha=shade, linewidth=0,
        )  # fmt: skip
        middle = r.finish_low + (late - r.finish_low) / 2
        axes.fill(
            [last["status_on"], middle, middle],
            [last["ac"] / base, min(r.cost_low / base, 4), min(r.cost_high / base, 4)],
            color=ORANGE, alpha=shade, linewidth=0,
        )  # fmt: skip
    axes.axhline(1, color=LINE, linewidth=1)
    if abs(last["creep"]) > 1e-9:
        axes.step(
            when,
            months["bac_latest"] / base,
            where="post",
            color=INK,
            linewidth=1,
            linestyle=":",
            label="latest baseline",
        )
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=7))
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_title(name, loc="left", fontsize=10, color=INK)
    forecast = ""
    if len(known) and not last["is_done"]:
        r = known.iloc[known["level"].argmax()]
        forecast = (
            f" Forecast finish between {_day(r['finish_low'])} and {_day(r['finish_high'])}, forecast cost between "
            f"{r['cost_low'] / base:.0%} and {r['cost_high'] / base:.0%} of the first budget ({r['level']:.0%} interval)."
        )
    elif not last["is_done"]:
        forecast = " With a single report, or none with progress, there is no forecast interval."
    chosen, reports = months.tail(REPORTS), "reports" if len(months) > 1 else "report"
    numbers = pd.DataFrame(
        {
            "report": chosen["status_on"],
            **{
                label: (chosen[c] / base).map(_percent)
                for label, c in (
                    ("planned value", "pv"),
                    ("earned value", "ev"),
                    ("actual cost", "ac"),
                    ("latest baseline", "bac_latest"),
                )
            },
            "CPI": chosen["cpi"].round(2),
            "SPI(t)": chosen["spi_t"].round(2),
        }
    )
    return figure.say(
        f"Lines for planned value, earned value and actual cost of {name} over {len(months)} {reports}, with fans for finish and cost. "
        f"On {_day(last['status_on'])}: {_percent(last['pv'] / base)} planned, {_percent(last['ev'] / base)} earned, "
        f"{_percent(last['ac'] / base)} spent.{forecast}",
        f"{name}: planned value, earned value and actual cost as shares of the first budget",
        numbers,
    )


def triangle(projects, names=None):
    """The Bermuda Triangle: each project's slip as shares of time, cost and quality.

    Parameters
    ----------
    projects : pandas.DataFrame
        ``BermudaTriangle.projects_``.
    names : pandas.Series, optional
        What to call them, by project_id.

    Returns
    -------
    Figure
        Nothing where no project slipped.
    """
    rows = projects.dropna(subset=["share_time"]).reset_index(drop=True)
    if not len(rows):
        return Nothing()
    corners = {"time": (0.0, 0.0), "cost": (1.0, 0.0), "quality": (0.5, 3**0.5 / 2)}
    figure = Figure(5.4)
    axes = figure.panel()
    axes.axis("off")
    axes.set_aspect("equal")
    edge = np.array([*corners.values(), corners["time"]])
    axes.plot(edge[:, 0], edge[:, 1], color=SOFT, linewidth=1.2)
    for third in (1 / 3, 2 / 3):
        for a, b, c in (
            ("time", "cost", "quality"),
            ("cost", "quality", "time"),
            ("quality", "time", "cost"),
        ):
            ends = np.array(
                [[third * corners[a][i] + (1 - third) * corners[o][i] for i in (0, 1)] for o in (b, c)]
            )
            axes.plot(ends[:, 0], ends[:, 1], color=LINE, linewidth=0.7)
    for name, (x, y) in corners.items():
        below = name != "quality"
        axes.text(
            x,
            y + (-0.035 if below else 0.025),
            f"{name} sacrificed",
            ha="center",
            va="top" if below else "bottom",
            fontsize=10,
            color=INK,
        )
    xy = sum(np.outer(rows[f"share_{w}"], corners[w]) for w in corners)
    markers = (("time", "o", BLUE), ("cost", "s", ORANGE), ("quality", "^", INK), (None, "x", SOFT))
    for declared, marker, colour in markers:
        part = rows["priority"].isna() if declared is None else rows["priority"] == declared
        if part.any():
            label = f"priority: {declared}" if declared else "no priority declared"
            axes.plot(
                xy[part, 0],
                xy[part, 1],
                marker,
                color=colour,
                markersize=5.5,
                alpha=0.8,
                label=f"{label} ({int(part.sum())})",
            )
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(-0.1, 0.97)
    axes.legend(frameon=False, fontsize=9, loc="upper left")
    means = {w: rows[f"share_{w}"].mean() for w in corners}
    paid = ", ".join(f"{w} {v:.0%}" for w, v in means.items())
    slip = rows[["time", "cost", "quality"]].sum(axis=1)
    worst = rows.loc[slip.sort_values(ascending=False, kind="stable").index].head(8)
    numbers = pd.DataFrame(
        {
            "project": _named(worst["project_id"], names),
            **{f"{w} slip": worst[w].map(_percent) for w in corners},
            "declared priority": worst["priority"].fillna("–"),
            "sacrificed": worst["sacrificed"],
        }
    )
    return figure.say(
        f"A triangle with corners for time, cost and quality. Each point is a project; the nearer to a corner, the more of its slip is there. "
        f"{len(rows)} of {len(projects)} projects slipped; mean shares of the slip: {paid}.",
        "Slip of each project, split into time, cost and quality; the table lists those that slipped most",
        numbers,
    )


def _named(ids, names):
    return ids if names is None else ids.map(names).fillna(ids)


def _intervals(rows, name):
    return [
        "–" if pd.isna(low) else f"{low:.2f} to {high:.2f}"
        for low, high in zip(rows[f"{name}_low"], rows[f"{name}_high"], strict=True)
    ]


def _percent(value):
    return "–" if pd.isna(value) else f"{value:.0%}"


def _day(value):
    return "–" if pd.isna(value) else number_text(pd.Timestamp(value))
