"""Few teams: tests that do not lean on many clusters. The wild bootstrap, and the permutation of who was treated when."""

from itertools import combinations
from math import comb, factorial, prod
from typing import NamedTuple

import numpy as np
from scipy.special import stdtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, numbers

FEW = 40  # clusters: under it these tests are wanted
ALL_SIGNS = 12  # clusters up to which every draw of signs is made
ALL_ORDERS = 10_000  # permutations up to which all are made
DRAWS = 9_999
FEW_TREATED = 5  # treated clusters at which the wild bootstrap rejects too seldom
WEBB = np.sqrt(np.array([1.5, 1.0, 0.5]))
SAME = 1e-9  # relative: what counts as a tie with the value observed


class Test(NamedTuple):
    """A p-value, how many of how many draws are as extreme as the data, and how it was made."""

    __test__ = False  # no test of pytest's

    p_value: float
    extreme: int
    draws: int
    method: str


class Welch(NamedTuple):
    """A difference of means of changes, by Welch."""

    difference: float
    std_error: float
    df: float
    p_value: float


def welch(change, treated):
    """Difference of the mean change of treated and other clusters, with the variances of each.

    Parameters
    ----------
    change : array-like (G,)
        The mean after less the mean before, one number per cluster.
    treated : array-like of bool (G,)

    Returns
    -------
    Welch

    Raises
    ------
    NotEnough
        With fewer than two clusters on a side.

    Examples
    --------
    >>> found = welch([2.1, 3.4, 1.2, 4.0, 2.8, 0.4, 1.9, -0.6, 1.1, 0.9, 2.2], [1] * 5 + [0] * 6)
    >>> [round(float(value), 6) for value in found]
    [1.716667, 0.642608, 8.366376, 0.027212]
    """
    y, d = _changes(change, treated)
    difference, variance = _mean_and_variance(y[None], d)
    sides = [y[d].var(ddof=1) / d.sum(), y[~d].var(ddof=1) / (~d).sum()]
    error = float(np.sqrt(variance[0]))
    below = sides[0] ** 2 / (d.sum() - 1) + sides[1] ** 2 / ((~d).sum() - 1)
    df = float(sum(sides) ** 2 / below) if below > 0 else float(len(y) - 2)
    p = float(2 * stdtr(df, -abs(float(_over(difference, variance)[0]))))
    return Welch(float(difference[0]), error, df, p)


def wild_bootstrap(change, treated, draws=DRAWS, seed=0):
    """Wild bootstrap of Welch's t, the null imposed.

    The residuals under the null, y − mean, are multiplied by signs (all 2^G of them for up to twelve clusters) or by Webb's six-point weights, and t is worked out again. The p-value is
    the share of draws with |t*| > |t|, as in boottest; where all signs are drawn, two draws are the data themselves, and it is no smaller than their share.

    Parameters
    ----------
    change, treated : array-like (G,)
        As for :func:`welch`.
    draws : int
        Of Webb's weights.
    seed : int

    Returns
    -------
    Test

    References
    ----------
    Cameron, A. C., Gelbach, J. & Miller, D. (2008). *Review of Economics and Statistics* 90, 414–427. Webb, M. (2023). *Canadian Journal of Economics* 56, 839–858. MacKinnon, J. & Webb, M. (2018).
    *Econometrics Journal* 21, 114–135: with five treated clusters or fewer it rejects too seldom.

    Examples
    --------
    >>> found = wild_bootstrap([2.1, 3.4, 1.2, 4.0, 2.8, 0.4, 1.9, -0.6, 1.1, 0.9, 2.2], [1] * 5 + [0] * 6)
    >>> found.extreme, found.draws, round(found.p_value, 6)
    (50, 2048, 0.024414)
    """
    y, d = _changes(change, treated)
    if len(y) <= ALL_SIGNS:
        weights = 1.0 - 2.0 * ((np.arange(2 ** len(y))[:, None] >> np.arange(len(y))) & 1)
        how = "wild bootstrap, all signs"
    else:
        drawn = np.random.default_rng(seed).integers(0, 6, (draws, len(y)))
        weights = np.where(drawn < 3, -1, 1) * WEBB[drawn % 3]
        how = f"wild bootstrap, {draws:,} draws"
    t = _t(y[None], d)[0]
    again = _t(y.mean() + weights * (y - y.mean()), d)
    extreme = int((np.abs(again) > np.abs(t) * (1 + SAME)).sum())
    whole = len(y) <= ALL_SIGNS
    p = max(extreme, 2) / len(weights) if whole else (extreme + 1) / (len(weights) + 1)
    p = p if t else 1.0
    return Test(p, extreme, len(weights), how)


def permutation(change, treated, studentised=False, draws=DRAWS, seed=0):
    """Which share of all ways to choose the treated clusters gives a difference at least as large.

    Parameters
    ----------
    change, treated : array-like (G,)
        As for :func:`welch`.
    studentised : bool
        Of Welch's t in place of the difference.
    draws : int
        Where there are more than 10,000 ways.
    seed : int

    Returns
    -------
    Test

    Examples
    --------
    >>> change, treated = [2.1, 3.4, 1.2, 4.0, 2.8, 0.4, 1.9, -0.6, 1.1, 0.9, 2.2], [1] * 5 + [0] * 6
    >>> [(found.extreme, found.draws, round(found.p_value, 6)) for found in (permutation(change, treated), permutation(change, treated, True))]
    [(15, 462, 0.032468), (14, 462, 0.030303)]
    """
    y, d = _changes(change, treated)
    whole = comb(len(y), int(d.sum())) <= ALL_ORDERS
    if whole:
        places = np.array(list(combinations(range(len(y)), int(d.sum()))))
        chosen = np.zeros((len(places), len(y)), dtype=bool)
        np.put_along_axis(chosen, places, True, axis=1)
    else:
        chosen = np.random.default_rng(seed).permuted(np.tile(d, (draws, 1)), axis=1)
    difference, variance = _by_choice(y, np.vstack([d, chosen]))
    found = np.abs(_over(difference, variance) if studentised else difference)
    return _test(found[1:], found[0], whole, "teams exchanged")


def permuted_starts(values, cohort, draws=DRAWS, seed=0):
    """Permutation of the dates of start among units, for an effect that is linear in the cohorts' means.

    Parameters
    ----------
    values : ndarray (G, K)
        What a unit would add to the effect in each cohort.
    cohort : ndarray of int (G,)
        The cohort it is in.
    draws : int
        Where there are more than 10,000 ways.
    seed : int

    Returns
    -------
    Test

    Examples
    --------
    >>> change = np.array([2.1, 3.4, 1.2, 4.0, 2.8, 0.4, 1.9, -0.6, 1.1, 0.9, 2.2])
    >>> found = permuted_starts(np.column_stack([change / 5, -change / 6]), np.array([0] * 5 + [1] * 6))
    >>> found.extreme, found.draws
    (15, 462)
    """
    values, cohort = np.asarray(values, dtype=float), np.asarray(cohort)
    units = np.arange(len(cohort))
    own = abs(values[units, cohort].sum())
    sizes = np.bincount(cohort, minlength=values.shape[1])
    ways = factorial(len(cohort)) // prod(factorial(int(size)) for size in sizes)
    whole = ways <= ALL_ORDERS
    if whole:
        labels = np.array(list(_arrangements(sizes.tolist())))
    else:
        labels = np.random.default_rng(seed).permuted(np.tile(cohort, (draws, 1)), axis=1)
    found = np.abs(values[units, labels].sum(axis=1))
    return _test(found, own, whole, "dates of start exchanged")


def _test(found, own, whole, how):
    """The share of permutations as extreme as the data; of drawn ones the data count as one more."""
    extreme = int((found >= own * (1 - SAME)).sum())
    p = extreme / len(found) if whole else (extreme + 1) / (len(found) + 1)
    return Test(
        p, extreme, len(found), f"{how}, {'all' if whole else ''} {len(found):,} ways".replace("  ", " ")
    )


def _arrangements(sizes):
    """Every way to hand out labels, so many of each."""
    if not sum(sizes):
        yield ()
        return
    for label, size in enumerate(sizes):
        if size:
            rest = [*sizes[:label], size - 1, *sizes[label + 1 :]]
            for tail in _arrangements(rest):
                yield (label, *tail)


def _changes(change, treated):
    aligned(change=change, treated=treated)
    y, d = np.asarray(numbers(change, "change"), dtype=float), flags(treated, "treated").astype(bool)
    if min(d.sum(), (~d).sum()) < 2:
        raise NotEnough("fewer than two teams on a side")
    return y, d


def _mean_and_variance(y, d):
    """Differences of means of rows, and the sum of the variances of both."""
    parts = y[:, d], y[:, ~d]
    difference = parts[0].mean(axis=1) - parts[1].mean(axis=1)
    return difference, sum(part.var(axis=1, ddof=1) / part.shape[1] for part in parts)


def _by_choice(y, chosen):
    """The same for many choices of the treated among the same changes."""
    off, sides = y - y.mean(), []
    for side in (chosen, ~chosen):
        n = side.sum(axis=1)
        mean = side @ off / n
        sides.append((mean, np.maximum(side @ off**2 / n - mean**2, 0.0) / (n - 1)))
    return sides[0][0] - sides[1][0], sides[0][1] + sides[1][1]


def _over(difference, variance):
    with np.errstate(divide="ignore", invalid="ignore"):
        t = difference / np.sqrt(variance)
    return np.where(np.isnan(t), 0.0, t)


def _t(y, d):
    return _over(*_mean_and_variance(y, d))
