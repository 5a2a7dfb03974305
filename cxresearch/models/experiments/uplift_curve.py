"""What is gained by making an offer to the highest scores first: the curve, its bands, its areas, and the lift by fifth."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.integrate import trapezoid
from scipy.special import stdtrit

from cxresearch.models.experiments.arm_means import arm_means
from cxresearch.models.experiments.qini import checked, effects
from cxresearch.stats.proportions import newcombe

SEED, DRAWS = 20260930, 200
BINS, GRID = 400, 20


class Areas(NamedTuple):
    """The areas that packages report: of the Qini curve and of the uplift curve, as shares of those of a perfect ranking."""

    qini: float
    uplift: float


def uplift_curve(score, y, treated, probability=None, cluster=None, level=0.95, draws=DRAWS, seed=SEED):
    r"""The gain per customer of the base when the share f with the highest scores gets the offer, with bands.

    .. math:: G(f) = \overline{z_i 1[u_i \le f]}

    G(1) is the lift; a score that ranks nobody gives the straight line :math:`f G(1)`, and the area between the two is the Qini
    coefficient q. The bands are those of a bootstrap with exponential weights (of customers, where they have several rows), whose ranks
    and arm means are worked out anew; they hold for all shares at once.

    Parameters
    ----------
    score, y, treated, probability, cluster, level
        As for :func:`~cxresearch.models.experiments.qini.qini`.
    draws, seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        share, gain, low, high (of the gain), excess (gain − f·G(1)), excess_low, excess_high.

    References
    ----------
    Rubin, D. B. (1981). The Bayesian bootstrap. *Annals of Statistics* 9, 130–134.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> score, treated = random.random(2000), random.integers(0, 2, 2000)
    >>> curve = uplift_curve(score, random.random(2000) < 0.1 + 0.3 * score * treated, treated)
    >>> curve.iloc[[0, 10, 20]].round(3)[["share", "gain", "excess"]]
        share   gain  excess
    0     0.0  0.000    0.00
    10    0.5  0.114    0.03
    20    1.0  0.168    0.00
    """
    score, y, treated, probability = checked(score, y, treated, probability)
    z = effects(y, treated, probability).z
    order = np.argsort(-score, kind="stable")
    share = np.linspace(0, 1, GRID + 1)
    gain = _gain(z[order], share)
    e = np.full(len(y), treated.mean()) if probability is None else probability
    drawn = _bootstrap(
        y[order], treated[order], e[order], None if cluster is None else cluster[order], share, draws, seed
    )
    excess, drawn_excess = gain - share * gain[-1], drawn - share * drawn[:, -1:]
    found = {"share": share, "gain": gain}
    found["low"], found["high"] = simultaneous(gain, drawn, level)
    found["excess"] = excess
    found["excess_low"], found["excess_high"] = simultaneous(excess, drawn_excess, level)
    return pd.DataFrame(found)


def simultaneous(centre, drawn, level=0.95):
    """A band that holds a whole curve: ± c standard deviations of the draws, c the quantile of their largest deviation.

    Parameters
    ----------
    centre : ndarray (m,)
    drawn : ndarray (draws, m)
    level : float

    Returns
    -------
    tuple of ndarray
        Low and high.
    """
    spread = drawn.std(axis=0, ddof=1)
    moves = spread > 1e-12 * max(np.abs(centre).max(), 1e-300)
    if not moves.any():
        return centre.copy(), centre.copy()
    farthest = (np.abs(drawn[:, moves] - drawn[:, moves].mean(axis=0)) / spread[moves]).max(axis=1)
    c = float(np.quantile(farthest, level))
    return centre - c * spread, centre + c * spread


def _gain(z, share):
    """The mean of z over the first f of the rows, counted per row of all."""
    total = np.r_[0.0, np.cumsum(z)] / len(z)
    return np.interp(share * len(z), np.arange(len(z) + 1), total)


def _bootstrap(y, treated, e, cluster, share, draws, seed):
    """Curves of the draws: rows are taken in the order of their score, in bins."""
    random, n = np.random.default_rng(seed), len(y)
    groups = n if cluster is None else int(cluster.max()) + 1
    starts = np.unique(np.linspace(0, n, min(BINS, n), endpoint=False).astype(int))
    on, off = treated / e, (1 - treated) / (1 - e)
    columns = np.stack([np.ones(n), on, on * y, off, off * y])
    curves = np.empty((draws, len(share)))
    for draw in range(draws):
        w = random.standard_exponential(groups)
        w = w if cluster is None else w[cluster]
        weight, n_on, y_on, n_off, y_off = np.add.reduceat(columns * w, starts, axis=1)
        all_on, all_off, total = n_on.sum(), n_off.sum(), weight.sum()
        mean_on, mean_off = y_on.sum() / all_on, y_off.sum() / all_off
        z = (y_on - mean_on * n_on) - (y_off - mean_off * n_off) + (mean_on - mean_off) * weight
        at = np.r_[0.0, np.cumsum(weight)] / total
        curves[draw] = np.interp(share, at, np.r_[0.0, np.cumsum(z)] / total)
    return curves


def fifths(score, y, treated, cluster=None, level=0.95, parts=5):
    """The lift within fifths of the score, the highest first.

    Parameters
    ----------
    score, y, treated, cluster, level
        As for :func:`~cxresearch.models.experiments.qini.qini`.
    parts : int

    Returns
    -------
    DataFrame
        part (1 is the highest), n, estimate, low, high: Newcombe's interval for rates, Welch's for amounts. Blank where a part has nobody of an arm.
    """
    score, y, treated, _ = checked(score, y, treated)
    is_rate = bool(np.isin(y, (0.0, 1.0)).all())
    rows = []
    order, n = np.argsort(-score, kind="stable"), len(y)
    part_of = np.floor((np.arange(n) + 0.5) / n * parts).astype(int)
    for part in range(1, parts + 1):
        at = order[part_of == part - 1]
        own, on = y[at], treated[at].astype(bool)
        if min(on.sum(), (~on).sum()) < 2:
            limits = (np.nan, np.nan, np.nan)
        elif is_rate:
            limits = newcombe(own[on].sum(), on.sum(), own[~on].sum(), (~on).sum(), level)
        else:
            limits = _welch(own, on, None if cluster is None else cluster[at], level)
        rows.append((part, len(at), *limits))
    return pd.DataFrame(rows, columns=["part", "n", "estimate", "low", "high"])


def _welch(y, on, cluster, level):
    code = None if cluster is None else np.unique(cluster, return_inverse=True)[1]
    found = arm_means(y, on.astype(int), 2, cluster=code)
    gap, error = found.differences()
    reach = stdtrit(found.df[0], (1 + level) / 2) * error[0]
    return gap[0], gap[0] - reach, gap[0] + reach


def areas(score, y, treated):
    r"""Areas under the Qini curve and the uplift curve, less the diagonal's, over those of a perfect ranking.

    .. math:: Q(k) = Y_T(k) - Y_C(k) N_T(k) / N_C(k), \quad U(k) = (Y_T(k)/N_T(k) - Y_C(k)/N_C(k)) k

    over the first k customers, at each distinct score; the perfect ranking puts those first who responded with the offer, last those who
    responded without. Of yes and no only. They are given because packages report them; without an error they say little, and
    :func:`~cxresearch.models.experiments.qini.qini` has one.

    Parameters
    ----------
    score : array-like (n,)
    y, treated : array-like of 0/1 (n,)

    Returns
    -------
    Areas

    References
    ----------
    Devriendt, F., Van Belle, J., Guns, T. & Verbeke, W. (2020). Learning to rank for uplift modeling. *IEEE TKDE* 34, 4888–4904. The
    numbers are those of scikit-uplift's ``qini_auc_score`` and ``uplift_auc_score``.

    Examples
    --------
    >>> y, treated = [1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 1]
    >>> score = [0.9, 0.85, 0.8, 0.7, 0.65, 0.6, 0.5, 0.45, 0.4, 0.3, 0.2, 0.1]
    >>> [round(area, 6) for area in areas(score, y, treated)]
    [0.705674, 0.782222]
    """
    score, y, w, _ = checked(score, y, treated)
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("y is neither 0 nor 1 throughout: these areas are of yes and no only")
    more = (y if ((y == 1) & (w == 0)).sum() > ((y == 0) & (w == 1)).sum() else w).astype(float)
    own, best = _counted(score, y, w), _counted(y * w - y * (1 - w), y, w)
    perfect = _counted(2 * (y == w) + more, y, w)
    return Areas(_share(own, best, _qini_values), _share(own, perfect, _uplift_values))


def _counted(score, y, w):
    """k, N_T, Y_T, N_C, Y_C at each distinct score, from the top."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    at = np.flatnonzero(np.r_[ranked[1:] != ranked[:-1], True])
    on = w[order].astype(np.int64)
    yes = y[order].astype(np.int64)
    n_on, y_on, y_all = np.cumsum(on)[at], np.cumsum(on * yes)[at], np.cumsum(yes)[at]
    return at + 1, n_on, y_on, at + 1 - n_on, y_all - y_on


def _qini_values(counts):
    k, n_on, y_on, n_off, y_off = counts
    return k, y_on - y_off * np.divide(n_on, n_off, out=np.zeros(len(k)), where=n_off > 0)


def _uplift_values(counts):
    k, n_on, y_on, n_off, y_off = counts
    on = np.divide(y_on, n_on, out=np.zeros(len(k)), where=n_on > 0)
    return k, (on - np.divide(y_off, n_off, out=np.zeros(len(k)), where=n_off > 0)) * k


def _share(own, best, values):
    """Area of a curve above the diagonal over that of the best one."""
    found = []
    for counts in (own, best):
        k, value = values(counts)
        area = trapezoid(np.r_[0.0, value], np.r_[0, k])
        found.append(area - k[-1] * value[-1] / 2)
    return float(found[0] / found[1]) if found[1] else float("nan")
