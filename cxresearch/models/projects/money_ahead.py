"""The money of open projects within the next twelve months: what is at risk, and what will be overspent."""

import numpy as np
import pandas as pd
from scipy.stats import t as student

from cxresearch.models.projects.cancellation import cancellations, spent_share, until_cancelled
from cxresearch.models.projects.risk_list import draw_probabilities
from cxresearch.stats.rows import row, summary

_WIDEST = 0.5  # of the standard error of a logarithm of CPI


def money_at_risk(risks, level=0.95, draws=4000, seed=0):
    """What will be spent within twelve months on projects that then fail: expectation, and limits over chance and doubt.

    A project that fails spends until it is cancelled, at ``cancel_hazard`` a month.

    Parameters
    ----------
    risks : DataFrame
        probability, low, high, spend; ahead_months and cancel_hazard where they are known.

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
    random = np.random.default_rng(seed + 1)
    chance = draw_probabilities(known, level, draws, seed)
    hazard, months = cancellations(known)
    share = until_cancelled(random, hazard, months, draws)
    lost = ((random.random(chance.shape) < chance) * share) @ known["spend"].to_numpy()
    low, high = np.quantile(lost, [(1 - level) / 2, (1 + level) / 2])
    estimate = float((known["spend"].to_numpy() * spent_share(hazard, months)) @ chance.mean(axis=0))
    return estimate, float(min(low, estimate)), float(max(high, estimate))


def overrun_to_come(status, level=0.95, draws=4000, seed=0):
    """What the work still to do will cost beyond its budget within twelve months, if each project's CPI goes on until it ends.

    Parameters
    ----------
    status : DataFrame
        ``EarnedValue.status_`` of open projects, with probability (of failure) and cancel_hazard where they are known. One with fewer than three reports has the spread between
        months of the others.

    Returns
    -------
    tuple of float or None
        Estimate, low, high of Σ(BAC − EV)·(1/CPI − 1)·(share of the work left that falls into the year), as far as it is spent before a cancellation; None where no project
        has limits. Projects err independently.
    """
    rows = status.dropna(subset=["cpi", "ieac_t"])
    rows = rows[rows["cpi"] > 0]
    if not rows["cpi_low"].notna().any():
        return None
    random = np.random.default_rng(seed)
    hazard, months = cancellations(rows)
    fails = rows.get("probability", pd.Series(0.0, rows.index)).fillna(0).to_numpy(float)
    part = ((rows["bac"] - rows["ev"]) * rows["ahead_share"]).to_numpy()
    error, freedom = _cpi_errors(rows, level)
    drawn = np.log(rows["cpi"].to_numpy()) + error * random.standard_t(freedom, (draws, len(rows)))
    does_fail = random.random(drawn.shape) < fails
    share = np.where(does_fail, until_cancelled(random, hazard, months, draws), 1.0)
    total = ((np.exp(-drawn) - 1) * share) @ part
    spent = 1 - fails + fails * spent_share(hazard, months)
    estimate = float((1 / rows["cpi"].to_numpy() - 1) * spent @ part)
    low, high = np.quantile(total, [(1 - level) / 2, (1 + level) / 2])
    return estimate, float(min(low, estimate)), float(max(high, estimate))


def overrun_summary(status):
    """What the work still to do will cost beyond its budget within twelve months, as a row; none where :func:`overrun_to_come` knows nothing."""
    limits = overrun_to_come(status)
    if limits is None:
        return summary([])
    method = "remaining work at each project's CPI, simulated"
    n = int(status["cpi"].notna().sum())
    return summary(
        [row("cost above plan to come, open projects, next 12 months", limits, n, method, "money")]
    )


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


def _cpi_errors(rows, level):
    """Standard error and degrees of freedom of the logarithm of each project's CPI."""
    n = rows["n"].to_numpy(float)
    half = (np.log(rows["cpi_high"]) - np.log(rows["cpi_low"])).to_numpy() / 2
    enough = (n >= 3) & np.isfinite(half)
    own = half / student.ppf((1 + level) / 2, np.maximum(n - 1, 1))
    pooled = np.median((own * np.sqrt(n))[enough]) if enough.any() else _WIDEST
    error = np.where(enough, own, pooled / np.sqrt(np.maximum(n, 1)))
    return np.minimum(error, _WIDEST), np.where(enough, np.maximum(n - 1, 2), max(n.sum() - len(n), 2))
