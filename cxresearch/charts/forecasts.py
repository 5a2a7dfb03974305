"""The pictures of the page that scores earlier forecasts."""

from matplotlib.ticker import PercentFormatter

from cxresearch.charts.figure import BLUE, INK, ORANGE, SOFT, Figure, points
from cxresearch.words import estimate_text, number_text, share_text


def calibration(groups, what="it"):
    """The share that happened against the probability that was forecast; on the diagonal where forecasts are right.

    Parameters
    ----------
    groups : pandas.DataFrame
        Columns said, happened, low, high (shares) and n, one row per group of like forecasts.
    what : str
        What was forecast, for the words.

    Returns
    -------
    Figure
    """
    figure = Figure(4.2)
    axes = figure.panel(xlabel="forecast probability", ylabel="actual share")
    top = min(1.0, 1.08 * max(groups["said"].max(), groups["high"].max(), 0.05))
    axes.plot([0, top], [0, top], color=SOFT, linewidth=0.9, linestyle=":", label="actual = forecast")
    seen = (groups["happened"], groups["low"], groups["high"])
    points(axes, groups["said"], *seen, BLUE, label="actual, 95% interval")
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.legend(frameon=False, fontsize=9.5, loc="upper left")
    held = int(((groups["low"] <= groups["said"]) & (groups["said"] <= groups["high"])).sum())
    pairs = "; ".join(
        f"forecast {share_text(g.said)}, actual {share_text(g.happened)}" for g in groups.itertuples()
    )
    numbers = groups[["said", "happened", "low", "high"]].map(share_text).assign(forecasts=groups["n"])
    numbers = numbers.rename(columns={"said": "forecast", "happened": "actual"})
    return figure.say(
        f"Points for the actual share against the forecast probability ({what}), with the diagonal on which both are equal. "
        f"{pairs}. In {held} of {len(groups)} groups the interval holds the forecast.",
        f"{what[:1].upper()}{what[1:]}: forecast and actual, by size of the forecast",
        numbers,
    )


def totals(rows):
    """Forecast totals with their intervals beside the actual ones, each as a share of its forecast.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns label, mean, low, high, happened; rows whose mean is not positive, or which have no interval, are only in the table.

    Returns
    -------
    Figure
    """
    drawn = rows[(rows["mean"] > 0) & rows["low"].notna()].iloc[::-1]
    figure = Figure(1.3 + 0.45 * max(len(drawn), 1))
    axes = figure.panel(xlabel="as a share of the forecast")
    at = range(len(drawn))
    said, low, high, happened = (drawn[name] / drawn["mean"] for name in ("mean", "low", "high", "happened"))
    points(axes, at, said, low, high, ORANGE, sideways=True, label="forecast, 95% interval")
    axes.plot(happened, at, "D", color=INK, markersize=6, linestyle="none", label="actual")
    axes.axvline(1, color=SOFT, linewidth=0.9, linestyle=":")
    axes.set_yticks(list(at), drawn["label"])
    axes.set_ylim(-0.6, len(drawn) - 0.4)
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.grid(axis="y", visible=False)
    figure.legend(
        *axes.get_legend_handles_labels(), frameon=False, fontsize=9.5, loc="outside lower left", ncols=2
    )
    pairs = "; ".join(
        f"{r.label}: forecast {estimate_text(r.mean, r.low, r.high)}, actual {number_text(r.happened)}"
        for r in rows.itertuples()
    )
    numbers = rows[["label", "mean", "low", "high", "happened"]].rename(
        columns={"label": "what", "mean": "forecast", "happened": "actual"}
    )
    return figure.say(
        f"One line per forecast: a point with its 95% interval for the forecast, a diamond for the actual number. {pairs}.",
        "Totals: forecast and actual",
        numbers,
    )
