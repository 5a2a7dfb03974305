"""Fine–Gray: what goes with the share of customers that leaves for one cause, where other ends compete with it."""

import numpy as np
import pandas as pd

from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.counted_ends import LEAVES, OTHER, STAYS, CountedEnds, climb, end_codes
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary
from cxresearch.words import count_text


class FineGray(Estimator):
    r"""Proportional hazards of the subdistribution of one cause (Fine & Gray 1999).

    Customers who left for another cause stay in the risk set, with a weight that falls as customers would have been lost from sight,
    :math:`G(t-)/G(T_i-)`, G being the Kaplan–Meier curve of being censored:

    .. math:: S_0(t) = \sum_{T_i \ge t} e^{x_i\beta} + G(t-)\sum_{T_i < t,\ \text{other}} \frac{e^{x_i\beta}}{G(T_i-)},

    one backward and one forward cumulative sum after a single sort, so that a step costs as much as reading the rows. Ties by Breslow.
    The covariance is Fine and Gray's sandwich, which counts what is not known of G too; it is exact, from the same cumulative sums.

    exp(β) above 1 goes with a larger share that leaves for this cause, whether through leaving faster or through fewer other ends. It is a
    ratio about shares, not about speed: for that see :class:`~cxresearch.models.survival.cause_specific.CauseSpecificHazard`, which should
    stand beside it.

    Parameters
    ----------
    of : str or number
        The cause of interest.
    level : float
        Of every interval.

    Attributes
    ----------
    params_, std_error_ : Series
        Coefficients and their robust standard errors, by name.
    covariance_ : DataFrame
    log_likelihood_ : float
        Partial, weighted.
    n_, n_events_, n_other_ : int
        Customers, those who left for the cause, and those who left for another.
    n_rows_ : int
        Distinct rows after counting those that are alike.

    Notes
    -----
    Assumed: being lost from sight says nothing about the risk and has one distribution for all. The shares of several causes predicted so
    may add up to more than 1; take shares from :class:`~cxresearch.models.survival.aalen_johansen.AalenJohansen`. Customers first seen
    later than at their beginning would need weights of their own and are refused.

    References
    ----------
    Fine & Gray (1999), A proportional hazards model for the subdistribution of a competing risk, JASA 94, 496–509. Kawaguchi et al. (2021),
    A fast and scalable implementation method for competing risks data, R Journal 12(2), 43–60. Austin et al. (2021), Fine–Gray
    subdistribution hazard models to simultaneously estimate the absolute risk of different event types, Statistics in Medicine 40, 4200.

    Examples
    --------
    The 35 patients of Scrucca et al. (2007), of whom some relapse (1) and some die before (2):

    >>> time = [13, 1, 72, 7, 8, 67, 9, 5, 70, 4, 7, 68, 1, 10, 7, 3, 4, 4, 3, 3, 22, 8, 2, 0, 0, 35, 35, 4, 14, 26, 3, 2, 8, 32, 12]
    >>> end = [2, 1, 0, 2, 2, 0, 2, 2, 0, 0, 0, 0, 2, 2, 2, 1, 1, 1, 1, 1, 2, 1, 2, 2, 1, 0, 0, 2, 2, 2, 2, 0, 0, 0, 1]
    >>> all_ = [0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0]
    >>> model = FineGray(of=1).fit(time, end, pd.DataFrame({"all": all_}))
    >>> float(model.params_["all"].round(7)), float(model.std_error_["all"].round(7))
    (0.7651703, 0.6987902)
    """

    def __init__(self, of, level=0.95):
        self.of = of
        self.level = level

    def fit(self, duration, cause, X, event=None, entry=None, weights=None):
        """Estimate the coefficients.

        Parameters
        ----------
        duration : array-like
            Time from the beginning to the end, or to the last day seen.
        cause : array-like
            Why the customer left, as text or number; missing, or the number 0, for one still there.
        X : DataFrame
            Covariates, constant over the row; text and categories become indicators against their first value.
        event : array-like of bool or 0/1, optional
            Whether the customer left, where a cause may be missing.
        entry : array-like, optional
            Must be 0: see the notes.
        weights : array-like, optional
            How many customers a row stands for.

        Returns
        -------
        FineGray

        Raises
        ------
        ValueError
            For bad columns, collinear covariates, or an entry above 0.
        NotEnough
            If nobody left for the cause, or in some group nobody did.
        """
        normal_quantile(self.level)
        self._learn(CountedEnds(duration, end_codes(cause, self.of, event), X, entry, weights))
        return self

    def summary(self):
        """One row per covariate: the ratio of subdistribution hazards."""
        method = f"Fine–Gray, sandwich, {count_text(self.n_events_)} of {count_text(self.n_)} left so"
        return ratios("subdistribution hazard ratio", self, method)

    def _learn(self, rows):
        d, _, lost = (rows.count(code) for code in (LEAVES, OTHER, STAYS))
        at_risk = rows.per_time(rows.weight)[::-1].cumsum()[::-1]
        staying = np.cumprod(1 - lost / at_risk)
        g = np.concatenate([[1.0], staying[:-1]])  # still in sight just before each time
        others = np.flatnonzero(rows.code == OTHER)
        own = rows.code == LEAVES
        carried = rows.weight[others] / g[rows.at[others]]
        moved = rows.weight[own] @ rows.x[own]
        p = rows.x.shape[1]

        def sums(beta):
            risk = np.exp(rows.x @ beta)
            back = rows.per_time(rows.products * (rows.weight * risk)[:, None])[::-1].cumsum(axis=0)[::-1]
            before = _before(rows, others, rows.products[others] * (carried * risk[others])[:, None])
            return risk, back + g[:, None] * before, before

        def function(beta):
            _, total, _ = sums(beta)
            s0, mean = total[:, 0], total[:, 1 : p + 1] / total[:, :1]
            happened = d > 0
            value = moved @ beta - d[happened] @ np.log(s0[happened])
            second = (d / s0) @ total[:, p + 1 :]
            return value, moved - d @ mean, rows.square(second) - (mean * d[:, None]).T @ mean

        beta, self.log_likelihood_, inverse = climb(function, rows)
        risk, total, before = sums(beta)
        meat = _scores(rows, risk, total, before, d, lost, at_risk, g, others)
        cov = inverse @ (meat.T @ (meat * rows.weight[:, None])) @ inverse
        keep_learnt(self, rows, beta, cov)


def _before(rows, at, values):
    """Running sums over rows `at` of all earlier times, by distinct time."""
    total = np.zeros((len(rows.time) + 1, values.shape[1]))
    if len(at):
        places, starts = np.unique(rows.at[at], return_index=True)
        total[places + 1] = np.add.reduceat(values, starts, axis=0)
    return total.cumsum(axis=0)[:-1]


def _scores(rows, risk, total, before, d, lost, at_risk, g, others):
    """The influence of each row on the score: its own residual, and what it says of being lost from sight."""
    p, x, at = rows.x.shape[1], rows.x, rows.at
    s0, mean = total[:, 0], total[:, 1 : p + 1] / total[:, :1]
    jump = d / s0
    hazard, moved = jump.cumsum(), (mean * jump[:, None]).cumsum(axis=0)
    score = -risk[:, None] * (x * hazard[at][:, None] - moved[at])
    own = rows.code == LEAVES
    score[own] += x[own] - mean[at[own]]
    # leavers for other causes stay at risk: what comes after them
    weighed = np.column_stack([g * jump, mean * (g * jump)[:, None]])
    later = weighed[::-1].cumsum(axis=0)[::-1]  # from each time on
    after = later - weighed
    factor = (risk / g[at])[others, None]
    score[others] -= factor * (x[others] * after[at[others], :1] - after[at[others], 1:])
    q = before[:, 1 : p + 1] * later[:, :1] - before[:, :1] * later[:, 1:]
    per_lost = q / at_risk[:, None]
    score -= (per_lost * (lost / at_risk)[:, None]).cumsum(axis=0)[at]
    gone = rows.code == STAYS
    score[gone] += per_lost[at[gone]]
    return score


def keep_learnt(model, rows, beta, cov):
    """Set what a regression on ends has learnt."""
    model.params_ = pd.Series(beta, rows.names, name="coefficient")
    model.covariance_ = pd.DataFrame(cov, rows.names, rows.names)
    model.std_error_ = pd.Series(np.sqrt(np.diag(cov)), rows.names, name="std_error")
    model.n_, model.n_rows_ = round(rows.n), len(rows.weight)
    model.n_events_, model.n_other_ = (round(rows.count(code).sum()) for code in (LEAVES, OTHER))


def ratios(what, model, method):
    """Summary rows of exp(coefficients)."""
    z = normal_quantile(model.level)
    return summary(
        row(f"{what}, {name}", np.exp([beta, beta - z * error, beta + z * error]), model.n_, method)
        for name, beta, error in zip(model.params_.index, model.params_, model.std_error_, strict=True)
    )
