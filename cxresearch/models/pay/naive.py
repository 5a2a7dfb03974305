"""Comparisons of teams with and without a plan that are wrong where plans start at different times, and are shown as such."""

import numpy as np
from scipy.special import stdtrit

from cxresearch.stats import rows
from cxresearch.stats.clustered import (
    ClusteredMean,
    clustered_covariance,
    clustered_difference,
    clusters_of,
)

FEWEST, SAME = 3, 1e-9  # teams of a comparison; a sum of squares under which nothing differs


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
    found = {
        metric: clustered_difference(data["outcome"], data["is_tied"], data["unit"], level)
        for metric, data in plain.items()
    }
    y, d = (_within(known, known[name].astype(float)).to_numpy() for name in ("outcome", "is_tied"))
    found["two-way fixed effects"] = _slope(known["unit"], d, y, level)
    return rows.summary(
        rows.row(metric, (one.estimate, one.low, one.high), one.clusters, "no valid comparison", "points")
        for metric, one in found.items()
        if one.clusters >= FEWEST and np.isfinite(one.estimate)
    )


def _slope(units, d, y, level):
    """The slope of y on d, both less the effects of unit and period, with errors by unit."""
    code, size = clusters_of(units, len(d)), float(d @ d)
    count = int(code.max()) + 1 if len(code) else 0
    slope = float(d @ y / size) if size > SAME else np.nan
    if not np.isfinite(slope) or count < FEWEST:
        return ClusteredMean(np.nan, np.nan, np.nan, np.nan, len(d), count, count - 1)
    scores = (d * (y - slope * d))[:, None]
    error = float(np.sqrt(clustered_covariance(np.array([[1 / size]]), scores, code)[0, 0]))
    reach = float(stdtrit(count - 1, (1 + level) / 2)) * error
    return ClusteredMean(slope, slope - reach, slope + reach, error, len(d), count, count - 1)


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
