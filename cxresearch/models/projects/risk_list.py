"""The risk list: open projects by probability of failure, the money at risk, and how certain their order is."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxresearch.models.projects.cancellation import spent_share
from cxresearch.models.projects.work_ahead import YEAR
from cxresearch.stats.interval import normal_quantile

TOP = 5


def risk_list(now, gate, status, change, level=0.95, hazard=0.0, draws=2000, seed=0):
    """Rank open projects.

    Parameters
    ----------
    now : DataFrame
        By project_id: probability, low, high at the latest report.
    gate : Series
        The probability at the first gate.
    status : DataFrame
        ``EarnedValue.status_`` by project_id; may be empty.
    change : DataFrame
        ``ProjectFailure.what_if``: the first row of a project is the change with the largest fall.
    level : float
    hazard : float
        Cancellations a month of projects that fail.
    draws, seed : int
        Of the simulation behind ``in_top``.

    Returns
    -------
    DataFrame
        project_id, probability, low, high, gate, spend (money still to be spent in the next twelve months if it goes on: EAC − AC, as its work is
        planned), ahead_months (over which it spends), cancel_hazard, at_risk (spend × probability, as far as it is spent before a cancellation), in_top (share of draws in which it is among the five riskiest), rank_by_money, first (the change that goes with the
        largest fall in risk), fall (by how much).
    """
    risks = now[["probability", "low", "high"]].copy()
    risks["gate"] = gate.reindex(risks.index)
    left = status.reindex(risks.index) if len(status) else pd.DataFrame(index=risks.index)
    for name in ("eac", "ac", "ahead_share", "ahead_months"):
        if name not in left:
            left[name] = np.nan
    risks["spend"] = (left["eac"] - left["ac"]).clip(lower=0) * left["ahead_share"].fillna(1)
    risks["ahead_months"], risks["cancel_hazard"] = left["ahead_months"], hazard
    spent = spent_share(hazard, left["ahead_months"].fillna(YEAR))
    risks["at_risk"] = risks["spend"] * risks["probability"] * spent
    drawn = draw_probabilities(risks, level, draws, seed)
    place = (-drawn).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    risks["in_top"] = (place < TOP).mean(axis=0) if risks["low"].notna().any() else np.nan
    risks["rank_by_money"] = risks["at_risk"].rank(ascending=False, method="first")
    best = change.groupby("project_id").first()
    fall = best["difference"].reindex(risks.index).astype(float)
    risks["first"] = best["change"].reindex(risks.index).where(fall < -0.005)
    risks["fall"] = fall.where(fall < -0.005)
    order = risks.reset_index(names="project_id")
    return order.sort_values(["probability", "project_id"], ascending=[False, True], ignore_index=True)


def draw_probabilities(risks, level=0.95, draws=2000, seed=0):
    """Probabilities drawn from their limits, normal on the log-odds around their middle; a missing limit means no spread.

    Returns
    -------
    ndarray (draws, projects)
    """
    given = logit(risks["probability"].clip(1e-6, 1 - 1e-6).to_numpy(float))
    ends = logit(risks[["low", "high"]].clip(1e-6, 1 - 1e-6).to_numpy(float))
    middle = ends.mean(axis=1)  # of which the given probability is the mean
    centre = np.where(np.isfinite(middle), middle, given)
    spread = np.nan_to_num((ends[:, 1] - ends[:, 0]) / (2 * normal_quantile(level)))
    return expit(centre + spread * np.random.default_rng(seed).standard_normal((draws, len(centre))))
