"""Comparisons of teams with and without a plan that are wrong where plans start at different times, and are shown as such."""

import numpy as np
from scipy.special import stdtrit

from cxresearch.stats import rows
from cxresearch.stats.clustered import clusters_of


def naive_comparisons(panel, level=0.95):
    """What simpler comparisons would say of an effect: each leaves out what the right one holds fixed.

    With and without: teams differ for other reasons too. Before and after: so do times. Two-way fixed effects: the regression of the outcome on being tied with effects of team and period also compares
    teams with those that started earlier, whose effect may still be growing (Goodman-Bacon 2021).

    Parameters
    ----------
    panel : DataFrame
        unit, period, outcome, is_tied, start.
    level : float

    Returns
    -------
    pandas.DataFrame
        metric, estimate, low, high, n, method, unit; errors clustered by team.
    """
    known = panel[np.isfinite(panel["outcome"])]
    plain = {
        "with a plan and without, all periods": known,
        "before and after, teams with a plan": known[np.isfinite(known["start"])],
    }
    found = [
        _slope(metric, data, data["is_tied"] - data["is_tied"].mean(), data["outcome"], level)
        for metric, data in plain.items()
    ]
    y, d = (_within(known, known[name].astype(float)) for name in ("outcome", "is_tied"))
    found.append(_slope("two-way fixed effects", known, d, y, level))
    return rows.summary(row for row in found if row)


def _slope(metric, data, d, y, level):
    """The slope of y on a centred d, with errors by team."""
    d, y = np.asarray(d, dtype=float), np.asarray(y, dtype=float)
    size = d @ d
    teams = data["unit"].nunique()
    if size < 1e-9 or teams < 3:
        return None
    slope = float(d @ y / size)
    rest = y - y.mean() - slope * d
    scores = np.bincount(clusters_of(data["unit"], len(d)), d * rest)
    error = float(np.sqrt(scores @ scores * teams / (teams - 1)) / size)
    reach = float(stdtrit(teams - 1, (1 + level) / 2)) * error
    return rows.row(metric, (slope, slope - reach, slope + reach), teams, "no valid comparison", "points")


def _within(data, values):
    """Residuals of values on effects of team and period, by alternating projections."""
    values = values - values.mean()
    for _ in range(200):
        before = values
        for key in ("unit", "period"):
            values = values - values.groupby(data[key]).transform("mean")
        if np.abs(values - before).max() < 1e-12:
            break
    return values
