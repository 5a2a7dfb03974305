"""How well a score ranks customers by what an offer changes: the Qini coefficient with an error in closed form."""

from typing import NamedTuple

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, numbers, reject
from cxresearch.stats.dunnett import normal_p
from cxresearch.stats.interval import normal_quantile

FEWEST = 10  # customers with, and without, an offer


class Qini(NamedTuple):
    """The coefficient, its limits, standard error and p-value; the lift over all, and the base."""

    estimate: float
    low: float
    high: float
    std_error: float
    p: float
    lift: float
    n: int


class Effects(NamedTuple):
    """One unbiased, very noisy estimate of the effect on each customer, and their mean: the lift."""

    z: np.ndarray
    lift: float


def effects(y, treated, probability=None):
    r"""The transformed outcome, centred by the means of both arms, whose mean is the lift.

    .. math:: z_i = (y_i - \bar y_{w_i}) \left(\frac{w_i}{e} - \frac{1 - w_i}{1 - e}\right) + (\bar y_T - \bar y_C)

    Its mean over any group of customers estimates the effect on that group. Where the probability differs between rows, e is the row's
    and the means are weighted by its inverse.

    Parameters
    ----------
    y : ndarray of float (n,)
    treated : ndarray of 0/1 (n,)
        Who was drawn for the offer.
    probability : ndarray (n,), optional
        With which each row was drawn for it.

    Returns
    -------
    Effects

    Raises
    ------
    NotEnough
        For fewer than ten customers with, or without, the offer.

    Examples
    --------
    >>> found = effects(np.array([1.0] * 10 + [0.0] * 10), np.array([1] * 10 + [0] * 10))
    >>> found.lift, float(found.z.mean())
    (1.0, 1.0)
    """
    n, given = len(y), int(treated.sum())
    if min(given, n - given) < FEWEST:
        raise NotEnough("fewer than ten customers were drawn for the offer, or held out")
    e = given / n if probability is None else probability
    inside = treated.astype(bool)
    pull = np.where(inside, 1 / e, -1 / (1 - e))
    if probability is None:
        on, off = y[inside].mean(), y[~inside].mean()
    else:
        on = np.average(y[inside], weights=pull[inside])
        off = np.average(y[~inside], weights=-pull[~inside])
    return Effects((y - np.where(inside, on, off)) * pull + (on - off), float(on - off))


def qini(score, y, treated, probability=None, cluster=None, level=0.95):
    r"""The Qini coefficient of a score, with its standard error in closed form.

    With z as in :func:`effects` and :math:`u_i = (\text{rank from the top} - ½) / n`:

    .. math:: q = \overline{z_i (½ - u_i)}, \quad
              IF_i = z_i (½ - u_i) - \tfrac1n \sum_{j \text{ below } i} z_j - (\text{the mean of both}), \quad
              SE = \sqrt{\textstyle\sum IF_i^2} / n

    :math:`e n^2 q` is Radcliffe's area between his curve and the diagonal, to first order. It takes one sort and one cumulative sum.
    Customers with equal scores share their mean rank. The rows that judge a score must not have made it.

    Parameters
    ----------
    score : array-like (n,)
        Higher for whom the offer is expected to change more.
    y : array-like (n,)
        What followed: 0 and 1, or an amount.
    treated : array-like of 0/1 (n,)
        Who was drawn for the offer.
    probability : array-like (n,), optional
        With which each row was drawn for it.
    cluster : ndarray of int (n,), optional
        The customer of each row, numbered from 0 without gaps.
    level : float

    Returns
    -------
    Qini
        ``p`` is that of no heterogeneity along the score: q is 0 for a score that ranks nobody.

    References
    ----------
    Radcliffe, N. J. (2007). Using control groups to target on predicted lift. *Direct Marketing Analytics Journal* 1, 14–21. Yadlowsky, S.,
    Fleming, S., Shah, N., Brunskill, E. & Wager, S. (2021). Evaluating treatment prioritization rules via rank-weighted average treatment
    effects. *JASA* 120, 38–51.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> score, treated = random.random(4000), random.integers(0, 2, 4000)
    >>> moved = random.random(4000) < 0.1 + 0.2 * score * treated
    >>> found = qini(score, moved, treated)
    >>> round(found.estimate, 3), round(found.std_error, 3)
    (0.023, 0.003)
    """
    score, y, treated, probability = checked(score, y, treated, probability)
    z, lift = effects(y, treated, probability)
    n, order = len(z), np.argsort(-score)
    own = z[order]
    below = own.sum() - np.cumsum(own)
    half = 0.5 - (np.arange(n) + 0.5) / n
    ranked = score[order]
    is_first = np.r_[True, ranked[1:] != ranked[:-1]]
    if not is_first.all():
        half, below = _shared_ranks(is_first, own, half, below)
    influence = own * half
    q = float(influence.mean())
    influence -= below / n
    influence -= influence.mean()
    if cluster is not None:
        influence = np.bincount(cluster[order], weights=influence)
    error = float(np.sqrt(influence @ influence) / n)
    reach = float(normal_quantile(level)) * error
    p = float(normal_p(q / error)) if error > 0 else 1.0
    return Qini(q, q - reach, q + reach, error, p, lift, n)


def checked(score, y, treated, probability=None):
    """The columns as arrays of numbers, refused with their rows where they are not."""
    aligned(score=score, y=y, treated=treated, probability=probability)
    score, y = (
        np.asarray(numbers(column, name), dtype=float) for column, name in ((score, "score"), (y, "y"))
    )
    treated = flags(treated, "treated")
    if probability is not None:
        probability = np.asarray(numbers(probability, "probability"), dtype=float)
        reject((probability <= 0) | (probability >= 1), "probability", "is not between 0 and 1")
    return score, y, treated, probability


def _shared_ranks(is_first, z, half, below):
    """Of rows with one score: the mean rank, and half of the others' effects counted as below."""
    starts = np.flatnonzero(is_first)
    sizes = np.diff(np.r_[starts, len(z)])
    mean = np.add.reduceat(half, starts) / sizes
    sums = np.add.reduceat(z, starts)
    rest = below[starts + sizes - 1]
    return np.repeat(mean, sizes), np.repeat(rest, sizes) + np.repeat(sums, sizes) / 2
