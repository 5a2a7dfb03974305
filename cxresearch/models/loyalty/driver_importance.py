"""Driver importance: how much of what people say of the whole goes with what they say of its parts."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, executed, numbers, ratings, reject
from cxresearch.models.estimator import Estimator
from cxresearch.models.loyalty.correlations import MISSING, Correlations, repaired
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.relative_importance import johnson, lmg
from cxresearch.stats.resampling import bootstrap
from cxresearch.stats.rows import row, summary
from cxresearch.words import count_text

MOST = 18  # drivers whose subsets are walked in seconds, 1,000 resamples included
PER_DRIVER = 5  # respondents who rated a driver, for each driver in the analysis
METHODS = {"lmg": "LMG", "johnson": "Johnson's relative weights"}
_COLLINEAR = 1e-9


class DriverImportance(Estimator):
    r"""Relative importance of drivers for an outcome, with intervals for shares and for ranks.

    R² of the linear model of the outcome on all drivers is shared out among them: by LMG, each driver's gain
    averaged over all orders of entering, or by Johnson's relative weights (see :mod:`cxresearch.stats`). Shares
    and ranks are taken again in every resample of the respondents; limits are percentiles.

    A share is never negative, and LMG gives a useless driver a part of what correlated ones explain. A driver
    is therefore **announced** only if two things are beyond chance, in the same direction: its simple
    correlation, and its coefficient given all other drivers. Its p-value is the larger of the two
    (t = estimate ÷ bootstrap standard error, the correlation on Fisher's scale), adjusted over the drivers by
    Benjamini–Hochberg; announced is p ≤ 1 − level.

    Assumed: respondents are independent of each other; relations are close to linear. Associations: that
    raising a driver raises the outcome is not shown, and halo (one mood in all answers) raises all of them.

    Parameters
    ----------
    method : {"lmg", "johnson"}
        What ``importance_`` holds. With LMG, Johnson's weights are computed beside.
    missing : {"pairwise", "listwise"}
        Each correlation from the respondents who answered both items, or all from those who answered every
        one. Both assume that who skipped would have answered like the others; pairwise loses less. A row
        without outcome, or without any driver, is left out. ``bases_`` tells what was there.
    max_drivers : int
        Refuse more; up to 18 for LMG. With many drivers shares become small and ranks uncertain.
    draws, seed, level
        Resamples, seed and confidence level of the bootstrap.

    Attributes
    ----------
    importance_ : DataFrame
        By driver: importance (part of R²), share (importance over their sum), low, high (of the share), rank,
        rank_low, rank_high, p_first (share of resamples in which it ranks first), correlation, coefficient
        (standardised, all drivers together), vif, n, p_value (adjusted), announced. With LMG also
        johnson, johnson_low, johnson_high, johnson_rank (shares).
    r_squared_ : Series
        estimate, low, high. R² of a sample is too high by about p/n on average, its resamples by twice that.
    bases_ : DataFrame
        By item: answered, missing, n (answers in the analysis), people (who gave them).
    n_ : int
        Answers in the analysis; ``n_least_`` the smallest base of any correlation.
    n_repaired_ : int
        Resamples whose pairwise correlations contradicted each other and were moved to the nearest that do not.

    References
    ----------
    Grömping, U. (2006). *Journal of Statistical Software* 17(1). Johnson, J. W. (2000). *Multivariate
    Behavioral Research* 35, 1–19. Tonidandel, S., LeBreton, J. M. & Johnson, J. W. (2009). *Psychological
    Methods* 14, 387–399 (bootstrap).

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> mood = rng.normal(size=400)
    >>> X = pd.DataFrame({name: mood + rng.normal(size=400) for name in ("ease", "price", "staff")})
    >>> y = 2 * X["ease"] + X["price"] + rng.normal(size=400)
    >>> model = DriverImportance(draws=200).fit(X, y)
    >>> model.importance_[["share", "rank", "announced"]].round(2)
            share  rank  announced
    driver
    ease     0.61     1       True
    price    0.30     2       True
    staff    0.09     3      False
    """

    def __init__(self, method="lmg", missing="pairwise", max_drivers=15, draws=1000, seed=0, level=0.95):
        self.method = method
        self.missing = missing
        self.max_drivers = max_drivers
        self.draws = draws
        self.seed = seed
        self.level = level

    def fit(self, X, y, sample_weight=None, respondent=None):
        """Share out R² of ``y`` on ``X``.

        Parameters
        ----------
        X : DataFrame (respondents, p)
            Ratings of the drivers; missing where an item was not answered.
        y : array-like
            The outcome, such as the likelihood to recommend; a Series is called by its name.
        sample_weight : array-like, optional
            Survey weights, not negative; each resample keeps them.
        respondent : array-like, optional
            Who answered: rows of one respondent, from several waves, are then drawn together.

        Returns
        -------
        DriverImportance
            This object.

        Raises
        ------
        NotEnough
            For fewer than two drivers; an item nobody answered, or that never varies; a driver rated by fewer than 5p respondents, or
            together with another by fewer than p + 3.
        ValueError
            For too many drivers; a text or infinite rating; a driver that the others determine.
        """
        if self.method not in ("lmg", "johnson"):
            raise ValueError(f"method is {self.method!r}, not 'lmg' or 'johnson'")
        if self.missing not in MISSING:
            raise ValueError(f"missing is {self.missing!r}, not 'pairwise' or 'listwise'")
        values, weights, names = self._read(X, y, sample_weight, respondent)
        outcome = str(getattr(y, "name", None) or "the outcome")
        asked = ~np.isnan(values[:, -1]) & ~np.isnan(values[:, :-1]).all(axis=1) & (weights > 0)
        if not asked.any():
            raise NotEnough(f"nobody both answered {outcome} and rated a driver")
        model = Correlations(values[asked], weights[asked], self.missing)
        used = np.flatnonzero(asked)[model.rows]
        _enough(model, [*names, outcome])
        whole = model(np.ones((1, len(used))))
        self._independent(whole[0], names)
        units = len(used) if respondent is None else np.asarray(respondent)[used]
        repairs = []

        def statistic(counts):
            matrices = model(counts)
            if self.missing == "pairwise" and not model.complete:
                matrices, was = repaired(matrices)
                repairs.append(was.sum())
            return self._measures(matrices)

        found = bootstrap(statistic, units, self.draws, self.seed, self.level)
        self.n_, self.n_least_ = len(used), int(model.bases.min())
        self.n_units_ = len(used) if respondent is None else len(pd.unique(units))
        self.n_repaired_ = int(sum(repairs[1:]))
        self.correlation_ = pd.DataFrame(whole[0], [*names, "y"], [*names, "y"])
        known = (~np.isnan(values)).sum(axis=0)
        items = pd.Index([*names, "y"], name="item")
        whose = np.arange(len(values)) if respondent is None else pd.factorize(np.asarray(respondent))[0]
        people = [len(np.unique(whose[used][~np.isnan(column[used])])) for column in values.T]
        self.bases_ = pd.DataFrame(
            {"answered": known, "missing": len(values) - known, "n": np.diag(model.bases), "people": people},
            items,
        )
        self.r_squared_ = self._r_squared(found, len(names))
        self.importance_ = self._importance(found, names)
        return self

    def summary(self):
        """R² and each driver's share of it, one row each.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n (people), method, unit; the largest share first. A share has no sign: the method says where the
            coefficient is negative.
        """
        how = f"{METHODS[self.method]}, {self.draws:,} resamples of respondents"
        if self.n_units_ < self.n_:
            how += f", {count_text(self.n_)} answers"
        rows = [row("R²", self.r_squared_, self.n_units_, how, "share")]
        for name, d in self.importance_.sort_values("rank").iterrows():
            sign = ", negative coefficient" if d["coefficient"] < 0 else ""
            rows.append(
                row(
                    f"share of R², {name}",
                    (d["share"], d["low"], d["high"]),
                    int(self.bases_.loc[name, "people"]),
                    how + sign,
                    "share",
                )
            )
        return summary(rows)

    def overlap(self):
        """How often each driver was rated, and how far the others predict it (VIF), one row each."""
        bases = self.bases_.drop(index="y", columns="people").rename(columns={"n": "in the analysis"})
        return bases.assign(VIF=self.importance_["vif"]).reset_index(names="driver")

    def _read(self, X, y, sample_weight, respondent):
        X = executed(X)
        if not isinstance(X, pd.DataFrame):
            raise ValueError(f"X is a {type(X).__name__}, not a DataFrame with a column per driver")
        names = [str(name) for name in X.columns]
        if len(names) < 2:
            raise NotEnough(f"there {'is one driver' if names else 'are no drivers'} to compare")
        twice = X.columns[X.columns.duplicated()]
        if len(twice):
            raise ValueError(f"X has two columns {twice[0]}")
        if self.method == "lmg" and len(names) > MOST:
            raise ValueError(
                f"X has {len(names)} drivers: LMG goes through all 2^{len(names)} subsets and stops at {MOST}; "
                "leave some out, or take method='johnson'"
            )
        if len(names) > self.max_drivers:
            raise ValueError(
                f"X has {len(names)} drivers, more than max_drivers = {self.max_drivers}: join those that ask "
                f"the same, or set max_drivers (up to {MOST} for LMG)"
            )
        first = X.iloc[:, 0]
        aligned(X=first, y=y, sample_weight=sample_weight, respondent=respondent)
        if not len(X):
            raise ValueError("X has no rows")
        columns = [*(X.iloc[:, j] for j in range(len(names))), y]
        values = np.column_stack([ratings(c, n) for c, n in zip(columns, [*names, "y"], strict=True)])
        weights = np.ones(len(X)) if sample_weight is None else numbers(sample_weight, "sample_weight", low=0)
        if respondent is not None:
            reject(pd.isna(np.asarray(respondent, dtype=object)), "respondent", "is missing", X.index)
        if weights.sum() == 0:
            raise NotEnough("every answer has the weight 0")
        return values, np.asarray(weights, dtype=float), names

    def _independent(self, whole, names):
        """Refuse a driver that those before it determine."""
        for j in range(1, len(names)):
            before, own = whole[:j, :j], whole[:j, j]
            beta = np.linalg.solve(before, own)
            if 1 - own @ beta < _COLLINEAR:
                others = ", ".join(names[k] for k in np.flatnonzero(np.abs(beta) > 1e-6))
                raise ValueError(f"{names[j]} is determined by {others}: leave one of them out")

    def _measures(self, matrices):
        """Per resample: LMG (or zeros), Johnson, correlations, standardised coefficients."""
        first = lmg(matrices) if self.method == "lmg" else np.zeros((len(matrices), matrices.shape[1] - 1))
        inverse = np.linalg.pinv(matrices[:, :-1, :-1], rcond=1e-10, hermitian=True)
        beta = np.einsum("dij,dj->di", inverse, matrices[:, :-1, -1])
        simple = np.arctanh(np.clip(matrices[:, :-1, -1], -1 + 1e-12, 1 - 1e-12))
        return np.concatenate([first, johnson(matrices), simple, beta], axis=1)

    def _own(self, p):
        """Where the measures of the method stand among all of :meth:`_measures`."""
        return slice(0, p) if self.method == "lmg" else slice(p, 2 * p)

    def _r_squared(self, found, p):
        own = self._own(p)
        limits = self._limits(found.estimate[own].sum(), found.draws[:, own].sum(axis=1))
        return pd.Series({name: float(value) for name, value in limits.items()})

    def _importance(self, found, names):
        p = len(names)
        parts, own = [slice(k * p, (k + 1) * p) for k in range(4)], self._own(p)
        raw = found.estimate[own]
        columns = ["share", "low", "high", "rank", "rank_low", "rank_high", "p_first"]
        shares = dict(zip(columns, self._shares(raw, found.draws[:, own]), strict=True))
        table = pd.DataFrame({"importance": raw, **shares}, names)
        table["correlation"] = np.tanh(found.estimate[parts[2]])
        table["coefficient"] = found.estimate[parts[3]]
        table["vif"] = np.diag(np.linalg.inv(self.correlation_.to_numpy()[:-1, :-1]))
        table["n"] = self.bases_["n"].to_numpy()[:-1]
        freedom = max(self.n_units_ - p - 1, 1)
        error = np.maximum(found.std_error, 1e-12)
        apart = [2 * stdtr(freedom, -np.abs(found.estimate / error)[part]) for part in parts[2:]]
        table["p_value"] = benjamini_hochberg(np.maximum(*apart)).p_value
        same = table["correlation"] * table["coefficient"] > 0
        table["announced"] = same & (table["p_value"] <= 1 - self.level)
        if self.method == "lmg":
            beside = self._shares(found.estimate[parts[1]], found.draws[:, parts[1]])
            for name, values in zip(("", "_low", "_high", "_rank"), beside, strict=False):
                table["johnson" + name] = values
        return table.rename_axis("driver")

    def _shares(self, raw, resampled):
        """Shares and ranks with their limits, and how often each driver is first."""

        def over(parts):
            total = parts.sum(axis=-1, keepdims=True)
            return np.divide(parts, total, out=np.full_like(parts, np.nan), where=total > 0)

        limits = self._limits(over(raw), over(resampled))
        rank = _rank(raw[None])[0]
        ranks = _rank(resampled)
        tails = (1 - self.level) / 2, (1 + self.level) / 2
        low, high = np.quantile(ranks, tails, axis=0, method="inverted_cdf").astype(int)
        best = (ranks == 1).mean(axis=0)
        return *limits.values(), rank, np.minimum(low, rank), np.maximum(high, rank), best

    def _limits(self, estimate, draws):
        """Percentile limits, stretched to hold the estimate where noise pushes all resamples to one side."""
        low, high = np.nanquantile(draws, [(1 - self.level) / 2, (1 + self.level) / 2], axis=0)
        return {"estimate": estimate, "low": np.fmin(low, estimate), "high": np.fmax(high, estimate)}


def _enough(model, items):
    """Refuse items that nobody answered, that do not vary, or that too few answered for so many drivers."""
    p = len(items) - 1
    for j, item in enumerate(items):
        base = model.bases[j, j]
        if base == 0:
            raise NotEnough(f"nobody answered {item} together with the other items")
        if model.flat[j]:
            raise NotEnough(f"{item} does not vary: every respondent gave the same answer")
        if base < PER_DRIVER * p:
            raise NotEnough(
                f"{item} was answered by {base} respondents, and {p} drivers need {PER_DRIVER * p}"
            )
    i, j = np.unravel_index(model.bases.argmin(), model.bases.shape)
    if model.bases[i, j] < p + 3:
        both = f"{items[i]} and {items[j]} were answered together by {model.bases[i, j]} respondents"
        raise NotEnough(f"{both}, fewer than {p + 3}")


def _rank(values):
    """Rank in each line, 1 the largest; ties share the better one."""
    return 1 + (values[:, None, :] > values[:, :, None]).sum(axis=2)
