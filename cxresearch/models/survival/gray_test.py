"""Gray's test: does the same share of each group leave for a cause, where other ends compete with it?"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, reject, row_labels
from cxresearch.models.survival.counted_ends import LEAVES, OTHER, end_codes
from cxresearch.models.survival.risk_sets import follow_up


class Gray(NamedTuple):
    """Gray's test: χ², its degrees of freedom, p, and leavers for the cause observed and expected by group."""

    statistic: float
    df: int
    p_value: float
    table: pd.DataFrame


def gray_test(duration, cause, group, of, weights=None):
    r"""Test whether groups have the same cumulative incidence of leaving for one cause (Gray 1988).

    With Y at risk, S the Kaplan–Meier curve of leaving for any cause and F the incidence of the cause in group k, just before t,
    :math:`R_k = Y_k (1 - F_k)/S_k` customers would be at risk if other ends did not take anybody away, and

    .. math:: z_k = \sum_t \left(d_k - R_k \frac{\sum_r d_r}{\sum_r R_r}\right)

    compares leavers with those expected if all groups were alike. Its variance is Gray's, with the corrections for ties of R's ``cmprsk``.

    Parameters
    ----------
    duration, cause, weights : array-like
        As in :meth:`FineGray.fit <cxresearch.models.survival.fine_gray.FineGray.fit>`.
    group : array-like
        Any labels, at least two; none missing.
    of : str or number
        The cause of interest.

    Returns
    -------
    Gray
        ``statistic, df, p_value, table``; the table has group, n, observed, expected.

    References
    ----------
    Gray (1988), A class of K-sample tests for comparing the cumulative incidence of a competing risk, Annals of Statistics 16, 1141–1154.

    Examples
    --------
    >>> months = [1, 2, 3, 4, 5, 6] * 20
    >>> ends = (["left", "died", None, "left", None, None] * 10) + (["died", "left", "left", "left", None, None] * 10)
    >>> test = gray_test(months, ends, ["a"] * 60 + ["b"] * 60, "left")
    >>> round(test.statistic, 2), test.df, round(test.p_value, 2)
    (1.77, 1, 0.18)
    """
    aligned(duration=duration, cause=cause, group=group, weights=weights)
    code = end_codes(cause, of)
    place, labels = pd.factorize(pd.Series(group), sort=True)
    reject(place < 0, "group", "is missing", row_labels(group))
    if len(labels) < 2:
        raise NotEnough("group has fewer than two values: there is nothing to compare")
    duration, _, weights = follow_up(duration, None, weights)
    k = len(labels)
    time, at = np.unique(duration, return_inverse=True)
    cells = at * k + place

    def counted(rows):
        return np.bincount(cells[rows], None if weights is None else weights[rows], len(time) * k).reshape(
            -1, k
        )

    d, other, exits = (counted(rows) for rows in (code == LEAVES, code == OTHER, slice(None)))
    at_risk = exits[::-1].cumsum(axis=0)[::-1].astype(float)
    happened = (d + other).sum(axis=1) > 0
    d, other, at_risk = d[happened].astype(float), other[happened].astype(float), at_risk[happened]
    with np.errstate(divide="ignore", invalid="ignore"):
        staying = np.where(at_risk > 0, 1 - (d + other) / at_risk, 1.0).cumprod(axis=0)
        before = np.vstack([np.ones(k), staying[:-1]])
        incidence = np.where(at_risk > 0, before * d / at_risk, 0.0).cumsum(axis=0)
        scaled = np.where((at_risk > 0) & (before > 0), at_risk / before, 0.0)
    at_start = np.vstack([np.zeros(k), incidence[:-1]])
    pool, total = scaled * (1 - at_start), d.sum(axis=1)
    expected = pool * (total / np.maximum(pool.sum(axis=1), 1e-300))[:, None]
    gap = (d - expected).sum(axis=0)[:-1]
    variance = _variance(d, other, at_risk, staying, before, scaled)[:-1, :-1]
    statistic = float(gap @ np.linalg.pinv(variance, hermitian=True) @ gap)
    table = pd.DataFrame(
        {"group": labels, "n": exits.sum(axis=0), "observed": d.sum(axis=0), "expected": expected.sum(axis=0)}
    )
    return Gray(statistic, k - 1, float(chdtrc(k - 1, statistic)), table)


def _variance(d, other, at_risk, staying, before, scaled):
    """Covariance of the gaps under one incidence F for all groups, from the martingales of both ends of each group."""
    total, pool = d.sum(axis=1), scaled.sum(axis=1)
    step = total / pool
    both = step.cumsum()  # F of all groups together
    own = scaled[:, :, None] * (np.eye(d.shape[1]) - (scaled / pool[:, None])[:, None, :])
    drift = (own * (step / (1 - (both - step)))[:, None, None]).cumsum(axis=0)
    to_come = drift[-1] - drift
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(staying > 0, (1 - both)[:, None] / staying, 0.0)
        few = np.where(total[:, None] > 1, 1 - (total[:, None] - 1) / (pool[:, None] * before - 1), 1.0)
        leaves = np.where(at_risk > 0, few * before * step[:, None] / at_risk, 0.0)
        rare = np.where(other > 1, 1 - (other - 1) / (at_risk - 1), 1.0)
        gone = np.where(at_risk > 0, rare * other * (before / at_risk) ** 2, 0.0)
    by_leaving = own + (1 - ratio)[:, None, :] * to_come
    by_other = ratio[:, None, :] * to_come
    first = np.einsum("tir,tjr,tr->ij", by_leaving, by_leaving, leaves, optimize=True)
    return first + np.einsum("tir,tjr,tr->ij", by_other, by_other, gone, optimize=True)
