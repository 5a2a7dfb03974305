"""The pictures of the retention notebook."""

import numpy as np
import pandas as pd
from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, ORANGE, SOFT, Figure, points
from cxresearch.display import Nothing
from cxresearch.words import count_text

MOST_COHORTS = 24  # rows that can be read
PER_YEAR = {"month": 12, "quarter": 4}
# what the share did, who the cohorts are and what their time counts from
CONTRACT = ("was still under contract", "contract customers", "the contract began")
BUYERS = ("bought", "first-time buyers", "the first purchase")


def return_curve(returns):
    """The share of customers who have bought again, by weeks since their first purchase.

    Parameters
    ----------
    returns : ReturnCurve
        Fitted.

    Returns
    -------
    Figure
    """
    survival, marks = returns.curves_[1].survival_, returns.marks_
    figure = Figure(3.4)
    axes = figure.panel(xlabel="weeks since the first purchase", ylabel="have bought again")
    time = np.r_[0, survival["time"]]
    share, low, high = (np.r_[0, 1 - survival[name]] for name in ("survival", "high", "low"))
    axes.fill_between(time, low, high, step="post", color=BLUE, alpha=0.2, linewidth=0)
    axes.step(time, share, where="post", color=BLUE, linewidth=1.8)
    axes.set_ylim(0, max(0.05, min(1, high.max() * 1.15)))
    axes.set_xlim(0, None)
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    words = "; ".join(
        f"{m.estimate:.1%} by week {m.week} ({m.low:.1%} to {m.high:.1%})" for m in marks.itertuples()
    )
    numbers = pd.DataFrame({"weeks": marks["week"]})
    for name, column in (("bought again", "estimate"), ("low", "low"), ("high", "high")):
        numbers[name] = marks[column].map("{:.1%}".format)
    return figure.say(
        f"A curve that rises from zero: the share of {count_text(marks['n'].iloc[0], 'customer')} who have bought a second time. "
        f"{words}.",
        "Share of customers who have bought again, with 95% band",
        numbers,
    )


def cohort_map(kept):
    """A map of cohorts: which share of each cohort bought, or was still a customer, in each later period.

    More than 24 cohorts are drawn together by the year in which they began, at whole years of age.

    Parameters
    ----------
    kept : CohortRetention
        Fitted.

    Returns
    -------
    Figure
    """
    grain, cells = kept.grain or "period", kept.cells_
    what, who, since = CONTRACT if kept.contract_ else BUYERS
    later = cells[cells["period"] > 0]
    is_by_year = later["cohort"].nunique() > MOST_COHORTS and grain in PER_YEAR
    if is_by_year:
        later, grain = _by_year(later, PER_YEAR[grain]), "year"
    if not len(later):
        return Nothing()
    shares = later.pivot_table(index="cohort", columns="period", values="share").sort_index()
    figure = Figure(1.1 + 0.42 * len(shares))
    axes = figure.panel(xlabel=f"{grain}s since {since}")
    axes.grid(False)
    top, least = shares.max().max(), shares.min().min()
    bottom = 0.0 if least < top / 2 else 2 * least - top  # so that shares that are all high can be told apart
    full = top + 0.15 * (top - bottom)
    axes.imshow(shares.to_numpy(), cmap="Blues", vmin=bottom, vmax=full, aspect="auto")
    axes.set_xticks(range(shares.shape[1]), shares.columns)
    sizes = later.groupby("cohort")["customers"].first()
    names = [f"{cohort}  ({count_text(sizes[cohort])})" for cohort in shares.index]
    axes.set_yticks(range(len(shares)), names)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for (i, j), share in np.ndenumerate(shares.to_numpy()):
        if np.isnan(share):
            continue
        color = "white" if share - bottom > 0.7 * (top - bottom) else INK
        axes.text(j, i, f"{share:.0%}", ha="center", va="center", fontsize=9, color=color)
    first = ", ".join(f"{cohort} {shares.loc[cohort].dropna().iloc[0]:.0%}" for cohort in shares.index)
    table = shares.map(lambda v: "" if pd.isna(v) else f"{v:.1%}")
    table.insert(0, "cohort", shares.index)
    table.columns = [str(c) for c in table.columns]
    return figure.say(
        f"A table of shaded cells, one row per {'year of cohorts' if is_by_year else 'cohort'} of {who}, one column per later {grain}. "
        f"Share of the cohort that {what} in the first {grain} after its own: {first}. "
        f"Over all cells the share runs from {shares.min().min():.0%} to {top:.0%}.",
        f"Share of each cohort that {what} in a later {grain} (size of the cohort in brackets)",
        table,
    )


def _by_year(cells, per_year):
    """The cells of all cohorts of a calendar year taken together, at ages of whole years that each of them has reached."""
    year = cells["cohort"].astype(str).str[:4]
    whole = cells[cells["period"] % per_year == 0].assign(cohort=year, period=cells["period"] // per_year)
    found = whole.groupby(["cohort", "period"]).agg(
        customers=("customers", "sum"), active=("active", "sum"), n=("active", "size")
    )
    is_full = found["n"] == found.groupby("cohort")["n"].transform(
        "max"
    )  # else younger cohorts would be missing
    found = found[is_full].reset_index()
    return found.assign(share=found["active"] / found["customers"])


def tracking(track, marks=5):
    """Repeat purchases week by week, added up: made, and expected by the model.

    Parameters
    ----------
    track : PurchaseTracking
        Fitted.
    marks : int
        Rows of the table of numbers.

    Returns
    -------
    Figure
    """
    weeks, split = track.weeks_, track.split_
    figure = Figure(3.6)
    axes = figure.panel(xlabel="week", ylabel="repeat purchases so far")
    axes.plot(weeks["week"], weeks["actual"], color=INK, linewidth=1.8, label="actual")
    axes.plot(
        weeks["week"],
        weeks["expected"],
        color=ORANGE,
        linewidth=1.8,
        linestyle="--",
        label="predicted",
    )
    axes.axvline(split, color=SOFT, linewidth=0.9, linestyle=":")
    axes.text(split, axes.get_ylim()[1], " forecast →", color=SOFT, fontsize=9, va="top")
    axes.set_xlim(0, weeks["week"].max())
    axes.set_ylim(0, None)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(frameon=False, fontsize=9.5, loc="lower right")
    chosen = weeks.iloc[[round(i * (len(weeks) - 1) / marks) for i in range(1, marks + 1)]]
    numbers = pd.DataFrame(
        {
            "week": chosen["week"].astype(int),
            "actual": [_count(v) for v in chosen["actual"]],
            "predicted": [_count(v) for v in chosen["expected"]],
        }
    )
    last = weeks.dropna(subset="actual").iloc[-1]
    return figure.say(
        f"Two rising lines, cumulative repeat purchases by week: actual and predicted. At week {last.week:.0f} there were "
        f"{last.actual:,.0f}, against {last.expected:,.0f} predicted; the model was fitted to the first {split:.0f} weeks.",
        "Cumulative repeat purchases of all customers",
        numbers,
    )


def forecast_by_frequency(test):
    """Purchases made after the forecast beside those predicted, by how often customers had bought before.

    Parameters
    ----------
    test : Holdout or PurchaseHoldout
        Fitted, with groups by frequency.

    Returns
    -------
    Figure or Nothing
        Nothing where there are too few customers for a group.
    """
    groups = test.groups_
    if groups.empty:
        return Nothing()
    figure = Figure(3.4)
    axes = figure.panel(
        xlabel="repeat purchases before the forecast", ylabel="purchases per customer after it"
    )
    at = range(len(groups))
    made = (groups["expected"], groups["low"], groups["high"])
    points(axes, at, *made, ORANGE, label="predicted")
    axes.plot(at, groups["actual"], "D", color=INK, markersize=5, label="actual")
    axes.set_xticks(list(at), groups["frequency"])
    axes.set_ylim(0, None)
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    words = "; ".join(
        f"{g.frequency}: {g.actual:.2f} actual, {g.expected:.2f} predicted" for g in groups.itertuples()
    )
    return figure.say(
        f"Points for actual and predicted purchases per customer, by earlier repeat purchases. {words}.",
        "Purchases per customer after the forecast, by earlier repeat purchases (bars: 95% prediction interval)",
        groups.round(2).rename(columns={"expected": "predicted"}),
    )


def _count(value):
    return "–" if pd.isna(value) else f"{value:,.0f}"
