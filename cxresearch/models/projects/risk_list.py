"""The risk list: open projects by probability of failure, the money at risk, and how certain their order is."""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxresearch.stats.interval import normal_quantile

TOP = 5


def risk_list(now, gate, status, change, level=0.95, draws=2000, seed=0):
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
    draws, seed : int
        Of the simulation behind ``in_top``.

    Returns
    -------
    DataFrame
        project_id, probability, low, high, gate, spend (money still to be spent in the next twelve months: EAC − AC, evenly over the months left),
        at_risk (spend × probability), in_top (share of draws in which it is among the five riskiest), rank_by_money, first (what would lower
        the risk most, by association), fall (by how much).
    """
    risks = now[["probability", "low", "high"]].copy()
    risks["gate"] = gate.reindex(risks.index)
    left = status.reindex(risks.index) if len(status) else pd.DataFrame(index=risks.index)
    for name in ("eac", "ac", "ieac_t", "at"):
        if name not in left:
            left[name] = np.nan
    months = (left["ieac_t"] - left["at"]).clip(lower=1)
    risks["spend"] = (left["eac"] - left["ac"]).clip(lower=0) * np.minimum(1, 12 / months.fillna(12))
    risks["at_risk"] = risks["spend"] * risks["probability"]
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


def money_at_risk(risks, level=0.95, draws=4000, seed=0):
    """What will be spent within twelve months on projects that then fail: expectation, and limits over chance and doubt.

    Returns
    -------
    tuple of float or None
        Estimate, low, high; None where no spending is known.

    Examples
    --------
    >>> risks = pd.DataFrame({"probability": [0.5, 0.1], "low": [0.3, 0.05], "high": [0.7, 0.2], "spend": [100.0, 200.0]})
    >>> [round(v) for v in money_at_risk(risks)]
    [72, 0, 300]
    """
    known = risks[risks["spend"].notna() & risks["probability"].notna()]
    if not len(known):
        return None
    chance = draw_probabilities(known, level, draws, seed)
    failed = np.random.default_rng(seed + 1).random(chance.shape) < chance
    lost = failed @ known["spend"].to_numpy()
    low, high = np.quantile(lost, [(1 - level) / 2, (1 + level) / 2])
    estimate = float(known["spend"].to_numpy() @ chance.mean(axis=0))
    return estimate, float(min(low, estimate)), float(max(high, estimate))


def overrun_to_come(status, level=0.95, draws=4000, seed=0):
    """What the work still to do will cost beyond its budget within twelve months, if each project's CPI goes on.

    Returns
    -------
    tuple of float or None
        Estimate, low, high of Σ(BAC − EV)·(1/CPI − 1)·min(1, 12/months left); None without a project that has limits. Projects err independently.
    """
    rows = status.dropna(subset=["cpi", "cpi_low", "cpi_high", "ieac_t"])
    if not len(rows):
        return None
    part = np.minimum(1, 12 / (rows["ieac_t"] - rows["at"]).clip(lower=1)).to_numpy()
    left = (rows["bac"] - rows["ev"]).to_numpy()
    spread = ((np.log(rows["cpi_high"]) - np.log(rows["cpi_low"])) / (2 * normal_quantile(level))).to_numpy()
    spread = np.minimum(spread, 0.5)
    drawn = np.log(rows["cpi"].to_numpy()) + spread * np.random.default_rng(seed).standard_normal(
        (draws, len(rows))
    )
    total = (left * (np.exp(-drawn) - 1) * part).sum(axis=1)
    estimate = float((left * (1 / rows["cpi"].to_numpy() - 1) * part).sum())
    low, high = np.quantile(total, [(1 - level) / 2, (1 + level) / 2])
    return estimate, float(min(low, estimate)), float(max(high, estimate))


def cost_ahead(status):
    """What open projects are heading for against their first budgets, and the part of it that is scope added since.

    Parameters
    ----------
    status : DataFrame
        ``EarnedValue.status_`` of open projects: eac_latest, bac_first, bac_latest.

    Returns
    -------
    tuple of float or None
        Share over the first budgets at completion, share of the first budgets that was added; over the projects whose cost at completion
        is known, None where it is of none.
    """
    known = status[status["eac_latest"].notna()] if "eac_latest" in status else status.iloc[:0]
    if not len(known):
        return None
    first = known["bac_first"].sum()
    return float(known["eac_latest"].sum() / first - 1), float(known["bac_latest"].sum() / first - 1)
