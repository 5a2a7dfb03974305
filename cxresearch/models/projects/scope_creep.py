"""Scope creep: the dated changes of scope, and whether projects that crept more also slipped more."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from cxresearch.inputs import table
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary


def scope_changes(months):
    """Scope creep as dated changes.

    Parameters
    ----------
    months : DataFrame
        ``EarnedValue.months_``.

    Returns
    -------
    DataFrame
        project_id, status_on, change (money), share (of the first budget), spi_t_before and spi_t_after (ES gained per month over three reports
        up to the change and after it), one row per change.

    Examples
    --------
    >>> months = pd.DataFrame({"project_id": "A", "status_on": pd.to_datetime(["2026-01-31", "2026-02-28"]), "scope": [0.0, 5.0],
    ...     "bac_first": 50.0, "es": [1.0, 2.0], "at": [1.0, 2.0]})
    >>> scope_changes(months)[["project_id", "status_on", "change", "share"]]
      project_id  status_on  change  share
    0          A 2026-02-28     5.0    0.1
    """
    rows = table(months, ["project_id", "status_on", "scope", "bac_first", "es", "at"], "months").copy()
    group = rows.groupby("project_id")
    rows["change"] = group["scope"].diff().fillna(rows["scope"])
    for name, shift in (("spi_t_before", 0), ("spi_t_after", -3)):
        late, early = (
            (group[c].shift(shift) for c in ("es", "at")),
            (group[c].shift(shift + 3) for c in ("es", "at")),
        )
        (es1, at1), (es0, at0) = late, early
        rows[name] = (es1 - es0) / (at1 - at0)
    rows["share"] = rows["change"] / rows["bac_first"]
    columns = ["project_id", "status_on", "change", "share", "spi_t_before", "spi_t_after"]
    return rows.loc[rows["change"].abs() > 1e-9 * rows["bac_first"], columns].reset_index(drop=True)


def rank_association(x, y, level=0.95):
    """Spearman's correlation with limits by Fisher's z, variance 1.06/(n − 3).

    Returns
    -------
    tuple
        estimate, low, high, n; missing below ten pairs or where one side does not vary.

    References
    ----------
    Fieller, E. C., Hartley, H. O. & Pearson, E. S. (1957). Tests for rank correlation coefficients. *Biometrika* 44, 470–481.

    Examples
    --------
    >>> [round(float(v), 2) for v in rank_association(range(20), [i % 7 + i / 4 for i in range(20)])]
    [0.68, 0.33, 0.87, 20.0]
    """
    pair = pd.DataFrame({"x": np.asarray(x, dtype=float), "y": np.asarray(y, dtype=float)}).dropna()
    n = len(pair)
    if n < 10 or pair["x"].nunique() < 2 or pair["y"].nunique() < 2:
        return np.nan, np.nan, np.nan, n
    r = float(np.clip(spearmanr(pair["x"], pair["y"]).statistic, -0.999999, 0.999999))
    half = normal_quantile(level) * np.sqrt(1.06 / (n - 3))
    return r, float(np.tanh(np.arctanh(r) - half)), float(np.tanh(np.arctanh(r) + half)), n


def creep_and_slip(creep, placed, level=0.95):
    """Rank correlation of scope creep with the slip in time and in cost.

    Parameters
    ----------
    creep : Series
        By project_id, as a share of the first budget.
    placed : DataFrame
        ``BermudaTriangle.projects_``.
    level : float

    Returns
    -------
    DataFrame
        metric, estimate, low, high, n, method, unit; a correlation that cannot be estimated is left out.
    """
    slips = placed.set_index("project_id")
    rows = []
    for name in ("time", "cost"):
        *limits, n = rank_association(creep.reindex(slips.index), slips[name], level)
        if np.isfinite(limits[0]):
            rows.append(
                row(f"scope creep and {name} slip, rank correlation", limits, n, "Spearman, Fisher's z")
            )
    return summary(rows)
