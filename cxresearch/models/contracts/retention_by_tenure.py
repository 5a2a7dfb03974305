"""Whether retention rises with tenure because customers grow loyal, or only because the disloyal have left."""

import warnings

import numpy as np
import pandas as pd
from scipy.special import xlogy
from scipy.stats import chi2

from cxresearch.errors import NotEnough
from cxresearch.models.contracts.leavers import require_leavers
from cxresearch.models.contracts.shifted_beta_geometric import ShiftedBetaGeometric
from cxresearch.models.estimator import Estimator
from cxresearch.stats.likelihood import IdentificationWarning
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.rows import row, summary

SIGNIFICANT = 0.05
FEWEST = 30  # customers up for a renewal


class RetentionByTenure(Estimator):
    r"""Retention at each renewal, held against two stories in which no customer ever changes.

    *Constant*: all customers leave with the same probability. *Mix* (shifted beta-geometric): each has a probability of leaving of its
    own that never changes; retention rises because those who leave easily leave first. With log-likelihoods :math:`\ell`,

    .. math:: 2(\ell_{mix} - \ell_{const}) \sim \tfrac12\chi^2_0 + \tfrac12\chi^2_1, \qquad
        2(\ell_{free} - \ell_{mix}) \sim \chi^2_{T-2},

    the first where customers do not differ (a parameter on its bound), the second where the mix is the whole story; *free* has one
    retention per renewal.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    model_ : ShiftedBetaGeometric
    table_ : pandas.DataFrame
        period, at_risk, stayed, retention, low, high (Wilson), mix, mix_low, mix_high, constant.
    p_mix_, p_more_ : float
        Of the two tests.
    verdict_ : str
        ``constant`` (nothing speaks against one retention for all), ``heterogeneity`` (it rises, and a mix of unchanging customers is
        enough to explain it), ``more`` (it moves otherwise than any such mix allows).

    Notes
    -----
    One spell per customer cannot tell a mix from customers who change: ``heterogeneity`` says that growing loyalty is not needed to
    explain the rise, not that there is none.

    References
    ----------
    Fader & Hardie (2007), How to project customer retention, Journal of Interactive Marketing 21(1), 76–90. Self & Liang (1987), JASA
    82, 605–610 (a parameter on its bound). Vaupel & Yashin (1985), Heterogeneity's ruses, The American Statistician 39, 176–185.

    Examples
    --------
    >>> years, left = [1] * 369 + [2] * 163 + [3] * 86 + [4] * 56 + [4] * 326, [1] * 674 + [0] * 326
    >>> tenure = RetentionByTenure().fit(years, left)
    >>> tenure.verdict_
    'heterogeneity'
    >>> tenure.table_[["period", "at_risk", "retention", "mix"]].round(3)
       period  at_risk  retention    mix
    0       1     1000      0.631  0.629
    1       2      631      0.742  0.750
    2       3      468      0.816  0.812
    3       4      382      0.853  0.849
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, duration, event, entry=None):
        """Estimate retention by renewal and hold it against the two stories.

        Parameters
        ----------
        duration, event, entry
            As for :meth:`ShiftedBetaGeometric.fit
            <cxresearch.models.contracts.shifted_beta_geometric.ShiftedBetaGeometric.fit>`.

        Returns
        -------
        RetentionByTenure

        Raises
        ------
        NotEnough
            If fewer than thirty customers were up for a renewal, or fewer than ten left.
        """
        require_leavers(event)
        if len(duration) < FEWEST:
            raise NotEnough("fewer than thirty contract customers have been up for a renewal")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IdentificationWarning)  # the rows' method says it
            self.model_ = ShiftedBetaGeometric(self.level).fit(duration=duration, event=event, entry=entry)
        at_risk, left = self.model_.at_risk_, self.model_.left_
        seen = np.flatnonzero(at_risk > 0)
        at_risk, left, period = at_risk[seen], left[seen], seen + 1
        stayed = at_risk - left
        constant = left.sum() / at_risk.sum()
        free = (xlogy(left, left / at_risk) + xlogy(stayed, stayed / at_risk)).sum()
        alike = xlogy(left.sum(), constant) + xlogy(stayed.sum(), 1 - constant)
        self.statistics_ = [
            max(2 * (self.model_.log_likelihood_ - alike), 0.0),
            max(2 * (free - self.model_.log_likelihood_), 0.0),
        ]
        self.p_mix_ = float(chi2.sf(self.statistics_[0], 1) / 2) if self.statistics_[0] > 0 else 1.0
        rest = len(seen) - 2
        self.p_more_ = float(chi2.sf(self.statistics_[1], rest)) if rest > 0 else float("nan")
        rises = self.p_mix_ < SIGNIFICANT
        self.verdict_ = "heterogeneity" if rises else "constant"
        if self.p_more_ < SIGNIFICANT:
            self.verdict_ = "more"
        share, low, high = wilson(stayed, at_risk, self.level)
        mix = self.model_.retention(period)
        self.table_ = pd.DataFrame(
            {
                "period": period, "at_risk": at_risk.astype(int), "stayed": stayed.astype(int),
                "retention": share, "low": low, "high": high, "mix": mix["retention"],
                "mix_low": mix["low"], "mix_high": mix["high"], "constant": 1 - constant,
            }
        )  # fmt: skip
        return self

    def summary(self, base=30, unit="year"):
        """Retention by renewal where at least `base` customers were up for it, and its change from the first to a late one.

        The change is to the last renewal that a tenth as many customers, and at least `base`, were up for as for the first.
        """
        rows = [
            row(f"retained through {unit} {r.period}", r[4:7], r.at_risk, "Wilson score", "share")
            for r in self.table_.itertuples()
            if r.at_risk >= base
        ]
        return summary([*rows, *self._change(base, unit)])

    def lifetime(self, discount, begun=(1, 3)):
        """The parameters of the mix, and discounted periods to come of a new customer and of one in a period begun; blank where the
        parameters are not identified.
        """
        model = self.model_
        rows = [model.summary(), model.del_(discount), model.derl(list(begun), discount)]
        return summary(pd.concat(rows).to_dict("records"))

    def _change(self, base, unit):
        most = self.table_["at_risk"].iloc[0]
        enough = self.table_[self.table_["at_risk"] >= max(base, most / 10)]
        if len(enough) < 2:
            return []
        first, last = enough.iloc[0], enough.iloc[-1]
        change = newcombe(last["stayed"], last["at_risk"], first["stayed"], first["at_risk"], self.level)
        name = f"change from {unit} {first['period']:.0f} to {unit} {last['period']:.0f}"
        return [row(name, change, int(min(first["at_risk"], last["at_risk"])), "Newcombe score", "points")]
