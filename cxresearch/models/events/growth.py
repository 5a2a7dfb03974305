"""How revenue grew with those invited beside others: by account where all buy every month, by the sums of the groups where they do not."""

from typing import NamedTuple

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.models.experiments.entropy_balance import entropy_balance
from cxresearch.models.experiments.matched import MatchedDifference
from cxresearch.stats.interval import normal_quantile

FEWEST = 10  # accounts in a group
FEWEST_EFFECTIVE, LARGEST = 30, 0.1  # comparison accounts, and the weight of one
LAST = 3  # months before an invitation that often led to it: a placebo ends before them
HALF = 6  # months of a placebo


class Growth(NamedTuple):
    """A difference of log growth, its error, and what each account adds to the error; the accounts are those given."""

    estimate: float
    std_error: float
    influence: np.ndarray


def matched_growth(treated, after, before, x, logarithms, level=0.95, by_month=True):
    """Growth of the invited beyond that of comparison accounts.

    Parameters
    ----------
    treated : ndarray of bool (n,)
    after, before : ndarray (n, months)
        Revenue, of accounts that were there in all of these months.
    x : ndarray (n, k)
        What the comparison is balanced on.
    logarithms : bool
        Compare mean log revenue by account; else the sums of the groups, which months without revenue do not hinder.
    level : float
    by_month : bool
        Follow the gap month by month; else only before and after as a whole.

    Returns
    -------
    found : Growth
    path : ndarray (months, 3)
        Estimate, low and high of each month against the whole time before, months in order.

    Raises
    ------
    NotEnough
        Where no comparison accounts are like those invited.

    Notes
    -----
    The outcome before enters as the baseline alone. It is not balanced: accounts are picked by their true size and by a passing good or bad month, both of which the records show
    with noise, and matching on noisy records keeps part of what picked them (it turned .12 into .175 in the sample company, the baseline alone into .13).
    """
    if logarithms:
        after, before = np.log(after), np.log(before)
        if not by_month:
            after, before = (part.mean(axis=1, keepdims=True) for part in (after, before))
        fit = MatchedDifference(history=(), level=level)
        fit.fit(treated, after, before, x if x.shape[1] else np.ones((len(x), 1)))
        path = fit.path_[["estimate", "low", "high"]].to_numpy()
        return Growth(fit.effect_["estimate"], fit.effect_["std_error"], fit.influence_), path
    weights = _weights(treated, x)
    found = ratio_growth(treated, after.mean(axis=1), before.mean(axis=1), weights)
    months = [ratio_growth(treated, y, before.mean(axis=1), weights) for y in (*before.T, *after.T)]
    reach = float(normal_quantile(level)) * np.array([m.std_error for m in months])
    middle = np.array([m.estimate for m in months])
    return found, np.column_stack([middle, middle - reach, middle + reach])


def ratio_growth(treated, after, before, weights):
    r"""Growth of the sum of one group beyond that of another: what a Poisson model of group and time gives.

    .. math:: \tau = \ln\frac{\bar y_{T1}}{\bar y_{T0}} - \ln\frac{\bar y_{C1}}{\bar y_{C0}}

    Examples
    --------
    >>> y = np.array([2.0, 4.0, 1.0, 3.0])
    >>> found = ratio_growth(np.array([True, True, False, False]), y * [2, 2, 1, 1], y, np.full(4, 0.5))
    >>> round(found.estimate, 4), found.std_error
    (0.6931, 0.0)
    """
    total = np.array([[(weights * y)[group].sum() for y in (after, before)] for group in (treated, ~treated)])
    if not (total > 0).all():
        raise NotEnough("the accounts invited, or those not asked, bought nothing before or after")
    (t1, t0), (c1, c0) = total
    own = np.where(treated, after / t1 - before / t0, -(after / c1 - before / c0))
    influence = weights * own
    estimate = float(np.log(t1 / t0) - np.log(c1 / c0))
    return Growth(estimate, float(np.sqrt(np.square(influence).sum())), influence)


def placebo_growth(treated, before, x, logarithms):
    """The same comparison of two spans before: six months that end three before the invitation, against all earlier ones; None where there are too few."""
    if before.shape[1] < LAST + 2 * HALF:
        return None
    late, early = before[:, -LAST - HALF : -LAST], before[:, : -LAST - HALF]
    return matched_growth(treated, late, early, x, logarithms, by_month=False)[0]


def _weights(treated, x):
    weights = np.full(len(treated), 1 / max(treated.sum(), 1))
    if min(treated.sum(), (~treated).sum()) < FEWEST:
        raise NotEnough("fewer than ten accounts were invited, or could be compared with them")
    found = entropy_balance(x[~treated], x[treated].mean(axis=0)) if x.shape[1] else None
    weights[~treated] = 1 / (~treated).sum() if found is None else found.weights
    others = weights[~treated]
    if 1 / np.square(others).sum() < FEWEST_EFFECTIVE or others.max() > LARGEST:
        raise NotEnough("no comparable accounts")
    return weights
