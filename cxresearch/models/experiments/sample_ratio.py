"""Whether the arms of a trial hold the shares of customers that were drawn."""

from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc

BROKEN, DOUBTFUL = 0.001, 0.01  # p-values under which a trial is refused, or doubted


class SampleRatio(NamedTuple):
    """The chi-square test of counts against the shares drawn, and what it means: "as drawn", "doubtful", "broken" or "not known"."""

    statistic: float
    df: int
    p_value: float
    verdict: str


def sample_ratio(counts, shares):
    r"""Test the counts of the arms against the shares that were drawn.

    .. math:: \chi^2 = \sum_a (n_a - n \pi_a)^2 / (n \pi_a), \quad df = k - 1

    A ratio that chance does not explain means that customers were lost, moved or counted twice after the draw, and no difference
    between the arms can be trusted, however small the mismatch looks.

    Parameters
    ----------
    counts : array-like of int (k,)
    shares : array-like of float (k,) or None
        Of the draw; scaled to a sum of 1. Without them nothing is tested.

    Returns
    -------
    SampleRatio

    References
    ----------
    Fabijan, A. et al. (2019). Diagnosing sample ratio mismatch in online controlled experiments. *KDD*, 2156–2164.

    Examples
    --------
    >>> sample_ratio([821_588, 815_482], [0.5, 0.5])
    SampleRatio(statistic=22.7..., df=1, p_value=1.8...e-06, verdict='broken')
    >>> sample_ratio([21307, 21387, 21306], [1, 1, 1]).verdict
    'as drawn'
    """
    n = np.asarray(counts, dtype=float)
    if shares is None or len(n) < 2:
        return SampleRatio(np.nan, max(len(n) - 1, 0), np.nan, "not known")
    share = np.asarray(shares, dtype=float)
    if not np.isfinite(share).all() or share.min() <= 0:
        raise ValueError("the shares of the draw must be above 0")
    expected = n.sum() * share / share.sum()
    statistic = float(np.sum((n - expected) ** 2 / expected))
    p = float(chdtrc(len(n) - 1, statistic))
    verdict = "broken" if p < BROKEN else "doubtful" if p < DOUBTFUL else "as drawn"
    return SampleRatio(statistic, len(n) - 1, p, verdict)


def weighted_ratio(probability, is_arm):
    r"""The same of draws whose probability differs between rows, of one arm.

    Each row of the arm stands for 1/p rows, so that :math:`\sum 1/p_i` is n but for chance:

    .. math:: z = (\sum_{i \in a} 1/p_i - n) / \sqrt{\sum_{i \in a} (1 - p_i) / p_i^2}

    Parameters
    ----------
    probability : array-like of float (n,)
        Of the arm that each row is in.
    is_arm : array-like of bool (n,)
        Which rows are in this arm.

    Returns
    -------
    float
        z squared: chi-square with one degree of freedom.

    Examples
    --------
    >>> round(weighted_ratio([0.5, 0.5, 0.5, 0.5], [True, True, False, False]), 3)
    0.0
    """
    p, inside = np.asarray(probability, dtype=float), np.asarray(is_arm, dtype=bool)
    q = p[inside]
    variance = float(np.sum((1 - q) / q**2))
    gap = float(np.sum(1 / q)) - len(p)
    return gap**2 / variance if variance > 0 else 0.0
