"""Departments as they stand and at the same mix of work, one row each, with a verdict."""

import numpy as np
import pandas as pd

from cxresearch.stats.clustered import clustered_mean

SURE = 0.8  # probability of being lowest from which a department is called lagging


def departments(y, mix, rated, work, draws=2000, seed=0, level=0.95):
    """Levels, distances from the mean of all departments, and chances of being lowest.

    Parameters
    ----------
    y : ndarray (n,)
        Ratings.
    mix : CaseMix
    rated : pandas.DataFrame
        The contacts: department.
    work : WorkModel
    draws, seed : int
        Resamples of customers.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        The columns of ``Consistency.departments_``.
    float
        Degrees of freedom of the distances, the median of all departments.
    """
    count = len(mix.departments)
    unit = np.eye(count, mix.X.shape[1])
    means, _, _ = work.model.contrast(unit, level)
    away, _, df = work.model.contrast(unit - unit.mean(axis=0), 1 - (1 - level) / count)
    lowest_raw, lowest = work.lowest(y, mix.X, count, draws, seed)
    rows = []
    for k, name in enumerate(mix.departments):
        inside = (rated["department"].astype(str) == name).to_numpy()
        raw = clustered_mean(y[inside], work.customer[inside], level)
        rows.append(
            {
                "department": name, "n": raw.n, "customers": raw.clusters,
                "raw": raw.estimate, "raw_low": raw.low, "raw_high": raw.high,
                "adjusted": means.estimate[k], "adjusted_low": means.low[k], "adjusted_high": means.high[k],
                "distance": away.estimate[k], "distance_low": away.low[k], "distance_high": away.high[k],
                "p_lowest_raw": lowest_raw[k], "p_lowest": lowest[k],
                "verdict": _verdict(away.low[k], away.high[k], lowest[k], "difficulty" in mix.terms),
            }
        )  # fmt: skip
    frame = pd.DataFrame(rows).sort_values("adjusted", kind="stable", ignore_index=True)
    return frame, float(np.median(df))


def _verdict(low, high, p_lowest, is_difficulty_known):
    """
    >>> _verdict(-0.9, -0.5, 0.99, True), _verdict(-0.9, -0.5, 0.99, False), _verdict(-0.1, 0.2, 0.9, True)
    ('lagging', 'below', 'no clear difference')
    """
    if high < 0:
        return "lagging" if p_lowest >= SURE and is_difficulty_known else "below"
    return "above" if low > 0 else "no clear difference"
