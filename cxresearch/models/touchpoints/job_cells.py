"""The level of each job in each channel, held against what is expected of its department, channel and difficulty."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxresearch.models.touchpoints.case_mix import UNKNOWN
from cxresearch.stats.clustered import clustered_mean
from cxresearch.stats.multiplicity import benjamini_hochberg

LEAST = 30  # customers that a cell needs


def job_cells(contacts, y, away, customer, level=0.95):
    """Mean distance of each job in each channel from what was expected of its contacts.

    Parameters
    ----------
    contacts : pandas.DataFrame
        department; job and channel where they are there.
    y, away : ndarray (n,)
        Ratings, and ratings less what a model without customers expects.
    customer : ndarray of int (n,)
        Whose contact it was.
    level : float
        Confidence level.

    Returns
    -------
    pandas.DataFrame
        department, job, channel, cell (its name: job and channel, and the department where several share them), n, customers, mean,
        distance, low, high, p_value (Benjamini–Hochberg over all cells), verdict (below, above, as expected); cells of 30 customers or
        more, lowest first.
    """
    keys = pd.DataFrame({"department": contacts["department"].astype(str)})
    for name in ("job", "channel"):
        keys[name] = contacts[name].fillna(UNKNOWN).astype(str) if name in contacts else UNKNOWN
    rows = []
    for key, at in keys.groupby(list(keys), sort=True).indices.items():
        found = clustered_mean(away[at], customer[at], level)
        if found.clusters < LEAST or not found.std_error > 0:
            continue
        p = 2 * stdtr(found.df, -abs(found.estimate) / found.std_error)
        rows.append((*key, found.n, found.clusters, y[at].mean(), *found[:3], p))
    names = ["n", "customers", "mean", "distance", "low", "high", "p_value"]
    cells = pd.DataFrame(rows, columns=[*keys, *names])
    cells.insert(3, "cell", _labels(cells))
    cells["p_value"] = benjamini_hochberg(cells["p_value"]).p_value if len(cells) else cells["p_value"]
    sure = cells["p_value"] <= 1 - level
    cells["verdict"] = np.where(~sure, "as expected", np.where(cells["distance"] < 0, "below", "above"))
    return cells.sort_values(["distance", "department", "job", "channel"], ignore_index=True)


def _labels(cells):
    """Job and channel as far as any is recorded, and before them the department where several share them.

    >>> cells = pd.DataFrame({"department": ["Billing", "Sales"], "job": UNKNOWN, "channel": ["mail", "mail"]})
    >>> _labels(cells)
    ['Billing · mail', 'Sales · mail']
    """
    recorded = [name for name in ("job", "channel") if (cells[name] != UNKNOWN).any()]
    is_shared = cells[recorded].duplicated(keep=False) if recorded else [True] * len(cells)
    parts = zip(cells["department"], is_shared, cells[recorded].to_numpy().tolist(), strict=True)
    return [" · ".join([department] * bool(shared) + rest) for department, shared, rest in parts]
