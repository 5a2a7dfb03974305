"""Effects of a treatment that units start at different times, by the period of the start and by time."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.cohort_cells import Linear, aggregate, cells_of
from cxresearch.models.experiments.cohort_paths import CohortPaths, balanced_panel, cohort_paths
from cxresearch.models.experiments.pre_test import detectable_shift
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile

METHODS = {"notyet": "not yet treated", "never": "never treated"}
DRAWS = 20_000
KINDS = {"simple": None, "dynamic": "since", "group": "start", "calendar": "period"}


class GroupTimeATT(Estimator):
    r"""Average effects on the treated by cohort g and period t, and their aggregates (Callaway & Sant'Anna).

    .. math:: ATT(g, t) = (\bar Y_{gt} - \bar Y_{gb}) - (\bar Y_{Ct} - \bar Y_{Cb}), \qquad b = g - 1 \text{ for } t \ge g, \text{ else } t - 1

    C are the units that never start, or all that have not started by max(t, b). Two-way fixed effects would also compare with those that started earlier,
    whose effect may still be growing; these cells do not.

    All follows from the size, the mean path and the covariance of the paths of each cohort, in one pass over the panel: cells, aggregates, their influence functions (with those
    of the estimated cohort shares), covariances and tests are algebra on cohorts × periods.

    Parameters
    ----------
    controls : {"notyet", "never"}
    anticipation : int
        Periods before the start in which the effect may already show, as after an announcement.
    level : float
        Confidence level.
    seed : int
        Of the draws behind the simultaneous band.
    units : str
        What the units are called in refusals.

    Attributes
    ----------
    cells_ : DataFrame
        start, period, since (periods since the start), estimate, std_error, low, high, n, controls.
    simple_ : Series
        All cells after the start: estimate, std_error, low, high.
    dynamic_, group_, calendar_ : DataFrame
        since, start or period; estimate, std_error, low, high, n (units). ``dynamic_`` holds the periods before too.
    overall_ : DataFrame
        kind, estimate, std_error, low, high: of the four aggregates.
    paths_ : CohortPaths
    panel_ : Panel or None
    units_, treated_ : int

    References
    ----------
    Callaway, B. & Sant'Anna, P. (2021). Difference-in-differences with multiple time periods. *Journal of Econometrics* 225, 200–230.

    Examples
    --------
    Three units start in period 2, three never do:

    >>> panel = pd.DataFrame({"unit": [*"aabbccddeeff"], "period": [1, 2] * 6, "start": [2] * 6 + [0] * 6,
    ...     "outcome": [0, 2.1, 0, 3.4, 0, 1.2, 0, 0.4, 0, 1.9, 0, -0.6]})
    >>> found = GroupTimeATT().fit(panel)
    >>> found.simple_[["estimate", "std_error"]].round(4).tolist()
    [1.6667, 0.7897]
    """

    def __init__(self, controls="notyet", anticipation=0, level=0.95, seed=0, units="units"):
        self.controls = controls
        self.anticipation = anticipation
        self.level = level
        self.seed = seed
        self.units = units

    def fit(self, panel, weight=None):
        """Estimate the cells and their aggregates.

        Parameters
        ----------
        panel : DataFrame, Ibis table or CohortPaths
            unit, period, outcome, start (missing, 0 or infinite: never); or its sufficient statistics.
        weight : str, optional
            A column of weights of units.

        Returns
        -------
        GroupTimeATT
            This object.

        Raises
        ------
        NotEnough
            Where no unit starts after the first period, or nobody is left to compare with.
        """
        if self.controls not in METHODS:
            raise ValueError(f"controls is {self.controls!r}; it is one of {', '.join(METHODS)}")
        if self.anticipation < 0 or self.anticipation != int(self.anticipation):
            raise ValueError(f"anticipation is {self.anticipation}, not a number of periods")
        self.left_out_, self.panel_ = [], None
        paths = panel if isinstance(panel, CohortPaths) else self._counted(executed(panel), weight)
        self.paths_ = paths = self._started_later(paths)
        self._cells = cells_of(paths, self.controls == "never", self.anticipation)
        if not (self._cells.since >= 0).any():
            raise NotEnough(
                f"no {self.units} are left that had not started, so that nothing shows what would have happened anyway"
            )
        self.units_ = paths.units
        self.treated_ = int(paths.n[np.isfinite(paths.starts)].sum())
        self._linear = Linear(paths, self._cells)
        self._tell()
        return self

    def summary(self, kinds=("simple",), unit=""):
        """The aggregates as rows.

        Parameters
        ----------
        kinds : sequence of {"simple", "dynamic", "group", "calendar"}
        unit : str

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        table = self.overall_.set_index("kind")
        how = f"group-time effects, {METHODS[self.controls]}"
        return rows.summary(
            rows.row(f"effect, {kind}", table.loc[kind, ["estimate", "low", "high"]], self.units_, how, unit)
            for kind in kinds
        )

    def band(self, before=True):
        """The event study with a simultaneous band: all of it holds the truth with the level's probability.

        The half width is the quantile of max|Z|, Z normal with the estimates' correlation: what a multiplier bootstrap of the influence functions tends to.

        Parameters
        ----------
        before : bool
            Whether the band is of the periods before the start too.

        Returns
        -------
        pandas.DataFrame
            ``dynamic_`` with low and high of the band.
        """
        table = self.dynamic_ if before else self.dynamic_[self.dynamic_["since"] >= 0]
        covariance = self.dynamic_covariance_[np.ix_(table.index, table.index)]
        error = np.sqrt(np.diag(covariance))
        use = error > 0
        scaled = covariance[np.ix_(use, use)] / np.outer(error[use], error[use])
        values, vectors = np.linalg.eigh(scaled)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        draws = np.random.default_rng(self.seed).standard_normal((DRAWS, len(root))) @ root.T
        reach = float(np.quantile(np.abs(draws).max(axis=1, initial=0.0), self.level)) * error
        return table.assign(low=table["estimate"] - reach, high=table["estimate"] + reach).reset_index(
            drop=True
        )

    def pre_test(self):
        """Wald's test that all changes before the start are those of the comparison, and what it would have found.

        Of the cells before the start where there are few of them for the number of units, else of the event study before the start. Where units are few χ² rejects too
        often: Hotelling's F with units − cohorts degrees of freedom stands beside it.

        Returns
        -------
        Series
            statistic, df, p_value (χ²), p_small (F), detectable: the drift per period that the test finds with a probability of 80 %. Missing where there is nothing to test.
        """
        before = np.flatnonzero(self._cells.since < -self.anticipation)
        missing = pd.Series(
            {"statistic": np.nan, "df": 0, "p_value": np.nan, "p_small": np.nan, "detectable": np.nan}
        )
        if not len(before):
            return missing
        spare = self.units_ - len(self.paths_.n)
        if len(before) <= spare / 4:
            off, covariance = (
                self._cells.estimate[before],
                self._linear.covariance(np.eye(len(self._cells.since))[before]),
            )
        else:
            rows_ = np.flatnonzero(self.dynamic_["since"].to_numpy() < -self.anticipation)
            off, covariance = (
                self.dynamic_["estimate"].to_numpy()[rows_],
                self.dynamic_covariance_[np.ix_(rows_, rows_)],
            )
        rank = int(np.linalg.matrix_rank(covariance, hermitian=True))
        if not rank or rank >= spare:
            return missing
        inverse = np.linalg.pinv(covariance, hermitian=True)
        wald = float(off @ inverse @ off)
        left = spare - rank + 1
        small = float(fdtrc(rank, left, wald * left / (spare * rank)))
        drift = detectable_shift(inverse, rank)
        return pd.Series(
            {
                "statistic": wald,
                "df": rank,
                "p_value": float(chdtrc(rank, wald)),
                "p_small": small,
                "detectable": drift,
            }
        )

    def breakdown(self):
        """How many times the largest change before the start would have to recur to explain the first effect: (|θ₀| − z·SE)/max|change before|.

        Below 1, an ordinary wobble explains it. Rambachan & Roth (2023) bound it more carefully; this is the simple bound.

        Returns
        -------
        float
            0 where the effect's interval holds 0; missing without periods before.
        """
        table = self.dynamic_
        before = table.loc[table["since"] < -self.anticipation, "estimate"].abs()
        first = table[table["since"] == 0]
        if not len(before) or not len(first):
            return np.nan
        sure = (
            abs(first["estimate"].iloc[0]) - float(normal_quantile(self.level)) * first["std_error"].iloc[0]
        )
        largest = before.max()
        return 0.0 if sure <= 0 else float(sure / largest) if largest > 0 else np.inf

    def on_means(self):
        """How the simple effect depends on the cohorts' mean paths: it is the sum of the products, (K, T)."""
        return self._linear.on_means(aggregate(self.paths_, self._cells, "simple").overall)

    def _counted(self, panel, weight):
        missing = [
            name
            for name in ("unit", "period", "outcome", "start", *([weight] if weight else []))
            if name not in panel
        ]
        if missing:
            raise ValueError(f"the panel has no column {missing[0]}")
        heavy = panel[weight] if weight else None
        self.panel_ = balanced_panel(
            panel["unit"], panel["period"], panel["outcome"], panel["start"], heavy, self.units
        )
        count, total = self.panel_.dropped, self.panel_.dropped + len(self.panel_.units)
        if count:
            said = (
                "lacks an outcome in some period and is"
                if count == 1
                else "lack an outcome in some period and are"
            )
            self.left_out_.append(f"{count} of {total} {self.units} {said} left out")
        return cohort_paths(self.panel_)

    def _started_later(self, paths):
        """Without the cohorts that had started by the first period: nothing is known of them before."""
        late = paths.starts > paths.periods[0] + self.anticipation
        if not late.all():
            count = int(paths.n[~late].sum())
            said = f"had started when the records begin and {'is' if count == 1 else 'are'} left out"
            self.left_out_.append(f"{count} of {paths.units} {self.units} {said}")
        kept = {name: getattr(paths, name)[late] for name in paths._fields if name != "periods"}
        if not (paths.starts[late] <= paths.periods[-1]).any():
            raise NotEnough(f"no {self.units} start within the records")
        return paths._replace(**kept)

    def _tell(self):
        cells, paths, found = self._cells, self.paths_, {}
        self.cells_ = pd.DataFrame(
            {"start": paths.starts[cells.cohort], "period": paths.periods[cells.period], "since": cells.since}
            | self._limits(cells.estimate, np.sqrt(self._linear.variances()))
            | {"n": paths.n[cells.cohort], "controls": cells.controls @ paths.n}
        )
        overall = []
        for kind, key in KINDS.items():
            taken = aggregate(paths, cells, kind)
            top = self._linear.covariance(taken.overall[None], taken.overall_shares[None])[0, 0]
            overall.append(
                {"kind": kind} | self._limits(taken.overall @ cells.estimate, np.sqrt(max(top, 0.0)))
            )
            if key is None:
                continue
            covariance = self._linear.covariance(taken.parts, taken.shares)
            error = np.sqrt(np.maximum(np.diag(covariance), 0.0))
            if kind == "dynamic":
                self.dynamic_covariance_ = covariance
            found[kind] = pd.DataFrame(
                {key: taken.keys}
                | self._limits(taken.parts @ cells.estimate, error)
                | {"n": [int(paths.n[np.unique(cells.cohort[part > 0])].sum()) for part in taken.parts]}
            )
        self.dynamic_, self.group_, self.calendar_ = (
            found[kind] for kind in ("dynamic", "group", "calendar")
        )
        self.overall_ = pd.DataFrame(overall)
        self.simple_ = self.overall_.iloc[0].drop("kind").astype(float)

    def _limits(self, estimate, error):
        reach = float(normal_quantile(self.level)) * error
        return {"estimate": estimate, "std_error": error, "low": estimate - reach, "high": estimate + reach}
