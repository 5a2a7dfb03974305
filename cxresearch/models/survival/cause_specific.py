"""Cause-specific hazards: what goes with how fast customers leave for one cause, among those still there."""

import numpy as np

from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.counted_ends import LEAVES, CountedEnds, climb, end_codes
from cxresearch.models.survival.fine_gray import keep_learnt, ratios
from cxresearch.stats.interval import normal_quantile
from cxresearch.words import count_text

_BLOCK = 1 << 16  # events taken at a time


class CauseSpecificHazard(Estimator):
    r"""Cox regression of leaving for one cause, other ends being taken out of the risk set as they happen.

    Ties by Efron: with D customers leaving for the cause at a time, S their and all others' sums of risk and E their own,

    .. math:: \ell = \sum_{\text{leavers}} x\beta - \sum_t \sum_{l<D} \log\left(S_0 - \tfrac{l}{D} E_0\right).

    exp(β) is a ratio of speeds among those still there. Its bearing on the share that leaves depends on the other ends too; see
    :class:`~cxresearch.models.survival.fine_gray.FineGray`.

    Parameters
    ----------
    of : str or number
        The cause of interest.
    level : float
        Of every interval.

    Attributes
    ----------
    params_, std_error_, covariance_, log_likelihood_, n_, n_events_, n_other_, n_rows_
        As of :class:`FineGray`; the covariance is the inverse of the information.

    References
    ----------
    Cox (1972), JRSS B 34, 187–220. Efron (1977), JASA 72, 557–565. Prentice et al. (1978), Biometrics 34, 541–554.

    Examples
    --------
    >>> import pandas as pd
    >>> ends = ["left", "died", "left", None, "left", "died", None, "left"]
    >>> model = CauseSpecificHazard("left").fit([1, 2, 2, 4, 5, 6, 7, 8], ends, pd.DataFrame({"paid": [1, 0, 1, 1, 0, 0, 1, 0]}))
    >>> model.params_.round(4).to_dict()
    {'paid': 1.1884}
    """

    def __init__(self, of, level=0.95):
        self.of = of
        self.level = level

    def fit(self, duration, cause, X, event=None, entry=None, weights=None):
        """Estimate the coefficients; parameters and errors as of :meth:`FineGray.fit`."""
        normal_quantile(self.level)
        rows = CountedEnds(duration, end_codes(cause, self.of, event), X, entry, weights)
        own = rows.code == LEAVES
        events = rows.count(LEAVES)
        ties = np.flatnonzero(events > 0)
        events = events[ties]
        moved, p = rows.weight[own] @ rows.x[own], rows.x.shape[1]
        # each tied event takes its part of the ties out of the risk set; a weight need not be whole
        times = np.maximum(np.rint(events), 1).astype(np.int64)
        place = np.repeat(np.arange(len(ties)), times)
        part = (np.arange(len(place)) - np.repeat(times.cumsum() - times, times)) / np.repeat(times, times)
        each = np.repeat(events / times, times)

        def function(beta):
            weighed = rows.products * (rows.weight * np.exp(rows.x @ beta))[:, None]
            at_risk = rows.per_time(weighed)[::-1].cumsum(axis=0)[::-1][ties]
            leaving = rows.per_time(weighed * own[:, None])[ties]
            value, gradient, second = moved @ beta, moved.copy(), np.zeros((p, p))
            for start in range(0, len(place), _BLOCK):
                block = slice(start, start + _BLOCK)
                total = at_risk[place[block]] - part[block, None] * leaving[place[block]]
                mean, d = total[:, 1 : p + 1] / total[:, :1], each[block]
                value -= d @ np.log(total[:, 0])
                gradient -= d @ mean
                second += rows.square((d / total[:, 0]) @ total[:, p + 1 :]) - (mean * d[:, None]).T @ mean
            return value, gradient, second

        beta, self.log_likelihood_, covariance = climb(function, rows)
        keep_learnt(self, rows, beta, covariance)
        return self

    def summary(self):
        """One row per covariate: the ratio of cause-specific hazards."""
        method = f"Cox, other ends censored, {count_text(self.n_events_)} of {count_text(self.n_)} left so"
        return ratios("hazard ratio", self, method)
