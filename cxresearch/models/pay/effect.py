"""Did customers stay longer once pay depended on it: staggered starts of plans, on the outcome by the contracts' dates."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.few_clusters import permuted_starts
from cxresearch.models.experiments.group_time import GroupTimeATT
from cxresearch.models.pay.few_teams import widened
from cxresearch.models.pay.naive import naive_comparisons
from cxresearch.models.pay.periods import outcome, pay_periods
from cxresearch.stats import rows

LIMITS = ["estimate", "low", "high"]
ALPHA = 0.05
METRIC = "effect of tied pay on retention"


class PayEffect(Estimator):
    """What plans that tie pay to retention did to the share of due contracts that were kept.

    Callaway & Sant'Anna's group-time effects of teams × periods (:class:`~cxresearch.models.experiments.group_time.GroupTimeATT`), each cohort of teams against those without a plan
    at the time. The outcome is frozen: contracts by the team at signing, and ends by their dates, not by what the team reports.

    Teams are few: errors are widened by √[G/(G − K)], G teams and K cohorts, and limits are those of Student's t on G − K. Beside them stands a permutation of the dates of start
    among teams, which needs no assumption about their number.

    Parameters
    ----------
    length : int
        Months in a period; 0 chooses, see :func:`~cxresearch.models.pay.periods.pay_periods`.
    level : float
    seed : int
        Of bands and permutations.

    Attributes
    ----------
    effect_, by_due_, reported_ : Series
        estimate, low, high, std_error in shares: of all teams alike, of teams weighted by their contracts due in the first period, and on what teams report. Missing where they have no answer.
    gap_ : Series
        The effect on reports less that on contracts: what reports add.
    log_odds_ : tuple
        The effect as a change of the log-odds of a contract's being kept in a month, at the level of the treated.
    study_ : DataFrame
        since, estimate, low, high, n: effects by periods since the start with a simultaneous band; the periods before test the comparison.
    before_ : Series
        Of :meth:`GroupTimeATT.pre_test`.
    breakdown_ : float
        Of :meth:`GroupTimeATT.breakdown`.
    permuted_ : Test or None
    naive_ : DataFrame
        Comparisons that are wrong here: metric, estimate, low, high, n, method, unit.
    is_parallel_ : bool or None
        Whether teams moved alike before, None where it cannot be tested.
    verdict_ : str
        "kept more", "kept less", "no clear effect" or "not comparable".
    shares_ : DataFrame
        start, period, month, share (kept, of due), teams: for the picture.
    headline_ : list of str
        For the board page.
    starts_ : list of str
        The first months of the periods in which plans start.
    periods_ : Periods
    teams_, tied_ : int
    """

    def __init__(self, length=0, level=0.95, seed=0):
        self.length = length
        self.level = level
        self.seed = seed

    def fit(self, months, plans):
        """Judge the plans.

        Parameters
        ----------
        months : DataFrame or Ibis table
            As from ``cx.features.team_months``.
        plans : DataFrame or Ibis table
            As from ``cx.features.pay_plans``.

        Returns
        -------
        PayEffect
            This object.

        Raises
        ------
        NotEnough
            Where there are too few teams, or nobody is left to compare with.
        """
        self.periods_ = periods = pay_periods(months, plans, self.length)
        panel = outcome(periods)
        model = self._model().fit(panel)
        self.model_, self.left_out_ = model, [*periods.left_out, *model.left_out_]
        self.teams_, self.tied_ = model.units_, model.treated_
        self.starts_ = [periods.label(start) for start in sorted(model.group_["start"])]
        self.effect_ = widened(model.simple_, model, self.level)
        self.study_ = self._study(model)
        self.before_, self.breakdown_ = model.pre_test(), model.breakdown()
        p = self.before_["p_small"]
        self.is_parallel_ = None if np.isnan(p) else bool(p >= ALPHA)
        self.permuted_ = self._permuted(model)
        self.by_due_ = self._again(self._weighted(panel), "weight")
        has_reports = bool(panel["reported"].notna().all())
        self.reported_ = self._again(outcome(periods, "reported")) if has_reports else self._missing()
        self.gap_ = self._again(outcome(periods, "relabelled")) if has_reports else self._missing()
        self.naive_ = naive_comparisons(panel, self.level)
        self.shares_ = self._shares(panel)
        self.log_odds_ = self._log_odds(panel, periods)
        self.verdict_ = self._verdict()
        self.headline_ = [] if self.verdict_ == "not comparable" else [METRIC]
        return self

    def summary(self):
        """The effect, its second answers, and its check by permutation.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how = "group-time effects, teams not yet treated"
        named = {
            METRIC: (self.effect_, how),
            "the same, teams weighted by contracts": (self.by_due_, how),
            "the same, as teams report it": (self.reported_, f"{how}; reported outcome"),
            "what reports add to it": (self.gap_, f"{how}; reported less frozen outcome"),
        }
        found = [
            rows.row(metric, limits[LIMITS], self.teams_, method, "points")
            for metric, (limits, method) in named.items()
            if np.isfinite(limits["estimate"])
        ]
        return rows.summary(found)

    def trial_size(self, after=1):
        """What a trial of the same teams would find: half of them drawn by lot, judged by their change from one period to those after.

        Parameters
        ----------
        after : int
            Periods after the start.

        Returns
        -------
        float
            The effect, as a share, that it finds with a probability of 80 %; missing where too few periods are on record.
        """
        paths = self.model_.paths_
        wide = len(paths.periods)
        if wide < after + 1:
            return np.nan
        change = np.zeros(wide)
        change[-after:], change[-after - 1] = 1 / after, -1.0
        spread = sum(change @ second @ change for second in paths.second) / (paths.units - len(paths.n))
        half = paths.units // 2
        reach = float(stdtrit(paths.units - 2, 0.975) + stdtrit(paths.units - 2, 0.8))
        return reach * float(np.sqrt(spread * (1 / half + 1 / (paths.units - half))))

    def _model(self):
        return GroupTimeATT(level=self.level, seed=self.seed, units="teams")

    def _again(self, panel, weight=None):
        model = self._model().fit(panel, weight)
        return widened(model.simple_, model, self.level)

    def _missing(self):
        return pd.Series(np.nan, index=[*LIMITS, "std_error"])

    def _study(self, model):
        band = model.band()
        wider = (self.effect_["high"] - self.effect_["low"]) / (model.simple_["high"] - model.simple_["low"])
        reach = (band["high"] - band["estimate"]) * wider
        table = band.assign(low=band["estimate"] - reach, high=band["estimate"] + reach)
        return table[["since", *LIMITS, "n"]]

    def _permuted(self, model):
        panel, paths = model.panel_, model.paths_
        use = np.isin(panel.start, paths.starts)
        cohort = np.searchsorted(paths.starts, panel.start[use])
        values = panel.outcome[use] @ (model.on_means() / paths.n[:, None]).T
        return permuted_starts(values, cohort, seed=self.seed)

    def _weighted(self, panel):
        first = panel[panel["period"] == panel["period"].min()].set_index("unit")["due"]
        return panel.assign(weight=panel["unit"].map(first).fillna(0.0))

    def _shares(self, panel):
        panel = panel[np.isin(panel["unit"], self.model_.panel_.units)]
        table = (
            panel.groupby(["start", "period"], sort=True)["outcome"]
            .agg(share="mean", teams="count")
            .reset_index()
        )
        return table.assign(month=[self.periods_.day(period) for period in table["period"]])

    def _log_odds(self, panel, periods):
        """Of a month: the kept share of treated team-periods, with and without the effect."""
        level = panel.loc[panel["is_tied"] & (panel["start"] > 0), "outcome"].mean()

        def odds(share):
            share = np.clip(share, 1e-9, 1 - 1e-9)
            return float(np.log(share / (1 - share)))

        return tuple(odds(level) - odds(level - self.effect_[name]) for name in LIMITS)

    def _verdict(self):
        if self.is_parallel_ is False:
            return "not comparable"
        clear = self.permuted_.p_value < ALPHA
        if clear and self.effect_["low"] > 0:
            return "kept more"
        if clear and self.effect_["high"] < 0:
            return "kept less"
        return "no clear effect"
