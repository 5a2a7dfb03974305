"""Projects that are cancelled spend no more: how often that happens, and what is spent before it."""

import numpy as np
import pandas as pd

from cxresearch.models.projects.work_ahead import YEAR


def spent_share(hazard, months):
    """The share of a project's spending in the months ahead that comes before it is cancelled: (1 − e^{−λm})/(λm).

    Parameters
    ----------
    hazard : float or array-like
        λ, the chance of cancellation a month.
    months : array-like
        m, over which it spends evenly.

    Examples
    --------
    >>> float(round(spent_share(0.05, 12.0), 3)), float(spent_share(0.0, 12.0))
    (0.752, 1.0)
    """
    gone = np.asarray(hazard, float) * np.asarray(months, float)
    return np.where(gone > 1e-9, -np.expm1(-gone) / np.where(gone > 1e-9, gone, 1.0), 1.0)[()]


def cancellation_hazard(register, as_of, fails):
    """Cancellations a month of projects that fail, from the months that all projects have run.

    A project that was delivered, or still runs, counts its months by the probability that it fails::

        λ = cancelled / Σ months · P(fails)

    Parameters
    ----------
    register : DataFrame
        project_id, begun_on, finished_on, outcome.
    as_of : Timestamp
    fails : Series
        By project_id: 1 or 0 where it is known, otherwise a probability.

    Returns
    -------
    float
        0 where nothing has been cancelled, or no start is known.

    Examples
    --------
    >>> register = pd.DataFrame({"project_id": ["A", "B"], "begun_on": pd.to_datetime(["2025-01-01", "2025-01-01"]),
    ...     "finished_on": pd.to_datetime(["2025-07-02", None]), "outcome": ["cancelled", None]})
    >>> round(cancellation_hazard(register, pd.Timestamp("2026-01-01"), pd.Series({"A": 1.0, "B": 0.5})), 3)
    0.084
    """
    if not {"begun_on", "finished_on"} <= set(register):
        return 0.0
    end = pd.to_datetime(register["finished_on"]).fillna(as_of)
    months = (end - pd.to_datetime(register["begun_on"])).dt.days / 30.4375
    weight = register["project_id"].map(fails).astype(float)
    lived = float((months.clip(lower=0) * weight).sum())
    cancelled = int((register["outcome"].eq("cancelled") & months.notna()).sum())
    return cancelled / lived if lived > 0 else 0.0


def cancellations(rows):
    """Each project's chance of cancellation a month, and the months over which it spends what falls into the coming year."""
    hazard = rows.get("cancel_hazard", pd.Series(0.0, rows.index)).fillna(0).to_numpy(float)
    months = rows.get("ahead_months", pd.Series(YEAR, rows.index)).fillna(YEAR)
    return hazard, months.to_numpy(float)


def until_cancelled(random, hazard, months, draws):
    """Draws of the share of the spending ahead that comes before a cancellation."""
    with np.errstate(divide="ignore"):
        ends = random.standard_exponential((draws, len(hazard))) / hazard
    return np.minimum(1.0, ends / months)
