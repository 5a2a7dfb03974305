"""Penalty and reward: which drivers cost loyalty when they fail, and which win it when they shine."""

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers, ratings
from cxresearch.models.estimator import Estimator
from cxresearch.stats.clustered import clustered_covariance, clusters_of
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.resampling import bootstrap
from cxresearch.stats.rows import row, summary
from cxresearch.stats.weighted_means import scale_of

MUST_BE, ATTRACTIVE, PERFORMANCE, NONE = "must-be", "attractive", "performance", "not named"
KINDS_BEYOND_A_LINE = [MUST_BE, ATTRACTIVE]
OTHER_CUTS = ((0.1, 0.9), (0.2, 0.8), (0.3, 0.7))


class PenaltyReward(Estimator):
    r"""Penalty–reward contrasts of each driver, the others held equal.

    .. math:: y = a + \sum_j (p_j \cdot low_j + r_j \cdot high_j) + e

    with low: a rating at or under the lower cut point, high: at or above the upper one; who lies between is
    the base. A driver is a **must-be** where failing costs more than shining wins (:math:`-p > r`),
    **attractive** where it is the other way round, **performance** where both count and neither more.

    An outcome with a ceiling makes every driver look like a must-be, for there is little left to win; so do
    cuts that lie further from the middle on one side. The difference :math:`-p - r` is therefore held against
    the one that a line gives: the same contrasts of the fitted values of a model without steps, linear in
    all drivers, with the square and the cube of its fit for the ceiling. A name is given where the **excess**
    over it (bootstrap over respondents) and the penalty, or the reward, are both beyond chance – the larger of
    the two p-values, adjusted over the drivers by Benjamini–Hochberg – and the excess has the sign of the
    difference; performance also wants a slope in that model, because low and high ratings of a driver
    without effect still go with those of the others.

    Parameters
    ----------
    cuts : (low, high)
        What ``by`` says.
    by : {"quantile", "rating", "scale"}
        Shares of the respondents; ratings; or shares of the way up the answer scale (the usual scale that holds
        all ratings), so that (0.4, 0.9) is 4 and 9 on 0–10: clear failures and clear delights.
        With quantiles, a driver whose cuts leave nobody between them is cut at its median instead: low is
        under it, high above it.
    draws, seed, level
        Resamples, seed and confidence level.

    Attributes
    ----------
    params_, std_error_ : Series
        Coefficients by name (``intercept``, ``ease: low``, ``ease: high``) and their standard errors: of least
        squares, or robust (by respondent where told) where there are weights or respondents.
    drivers_ : DataFrame
        By driver: low_cut, high_cut, n_low, n_high, penalty, penalty_low, penalty_high, reward, reward_low,
        reward_high, difference (−penalty − reward), low, high, excess (of the difference over a line's),
        excess_low, excess_high, p_value (adjusted), kind, steady (the excess keeps its sign at
        the quantiles 10/90, 20/80 and 30/70; always so for other kinds of cuts).
    left_out_ : list of str
        The drivers that have no contrasts.
    n_, n_dropped_ : int
        Respondents with all drivers and the outcome, and those without.

    References
    ----------
    Brandt, D. R. (1987). A procedure for identifying value-enhancing service components using customer
    satisfaction survey data. Berger, C. et al. (1993). Kano's methods for understanding customer-defined
    quality. *Center for Quality of Management Journal* 2(4), 3–36.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> X = pd.DataFrame({"clean": rng.integers(1, 6, 800), "extras": rng.integers(1, 6, 800)})
    >>> y = 7 - 2 * (X["clean"] <= 2) + 1.5 * (X["extras"] >= 4) + rng.normal(size=800)
    >>> PenaltyReward().fit(X, y).drivers_[["penalty", "reward", "difference", "kind"]].round(1)
            penalty  reward  difference        kind
    driver
    clean      -2.0    -0.0         2.1     must-be
    extras      0.1     1.5        -1.6  attractive
    """

    def __init__(self, cuts=(0.25, 0.75), by="quantile", draws=1000, seed=0, level=0.95):
        self.cuts = cuts
        self.by = by
        self.draws = draws
        self.seed = seed
        self.level = level

    def fit(self, X, y, sample_weight=None, respondent=None):
        """Fit to ratings.

        Parameters
        ----------
        X : DataFrame (respondents, p)
            Ratings; a respondent who left one out is dropped, and counted.
        y : array-like
            The outcome.
        sample_weight, respondent : array-like, optional
            As for :class:`~cxresearch.models.loyalty.driver_importance.DriverImportance`.

        Returns
        -------
        PenaltyReward
            This object.

        Raises
        ------
        NotEnough
            If no driver has low and high ratings, or too few respondents answered all.
        ValueError
            For bad columns; for cuts out of order.
        """
        if self.by not in ("quantile", "rating", "scale"):
            raise ValueError(f"by is {self.by!r}, not 'quantile', 'rating' or 'scale'")
        low, high = self.cuts
        if not low < high or (self.by != "rating" and not 0 <= low < high <= 1):
            raise ValueError(f"cuts are {self.cuts!r}; the lower comes first, shares lie between 0 and 1")
        if not isinstance(X, pd.DataFrame) or not len(X.columns):
            raise ValueError("X is not a DataFrame with a column per driver")
        aligned(X=X.iloc[:, 0], y=y, sample_weight=sample_weight, respondent=respondent)
        values = np.column_stack([ratings(X[name], str(name)) for name in X] + [ratings(y, "y")])
        weight = np.ones(len(X))
        if sample_weight is not None:
            weight = numbers(sample_weight, "sample_weight", low=0).astype(float)
        used = ~np.isnan(values).any(axis=1) & (weight > 0)
        self.n_, self.n_dropped_ = int(used.sum()), int((~used).sum())
        values, weight = values[used], weight[used]
        names = [str(name) for name in X]
        units = self.n_ if respondent is None else np.asarray(respondent)[used]
        cut, self.left_out_ = self._cut_points(values[:, :-1], names, self.cuts)
        kept = [names.index(name) for name in cut]
        columns = 2 * len(kept) + 1
        if not kept:
            raise NotEnough("no driver has low, middle and high ratings")
        if self.n_ < columns + 2:
            raise NotEnough(f"{self.n_} respondents answered all: too few for {columns} coefficients")
        design = _design(values[:, kept], list(cut.values()))
        self._least_squares(design, values[:, -1], weight, list(cut), units, sample_weight is not None)
        line = _line(values, weight)
        statistic = _statistic(design, line, values[:, -1], weight)
        found = bootstrap(statistic, units, self.draws, self.seed, self.level)
        self.drivers_ = self._kinds(self._contrasts(cut, design), found, kept)
        signs = [np.sign(self._excess(values, names, line, weight, other, list(cut))) for other in OTHER_CUTS]
        own = np.sign(self.drivers_["excess"].to_numpy())
        self.drivers_["steady"] = np.all([s == own for s in signs], axis=0)
        return self

    def summary(self):
        """Penalty, reward and their difference for each driver, one row each."""
        rows, resamples = [], f"{self.draws:,} resamples of respondents"
        for name, d in self.drivers_.iterrows():
            how = f"least squares on low and high ratings, n = {d.n_low:.0f} low, {d.n_high:.0f} high"
            for side in ("penalty", "reward"):
                limits = d[side], d[f"{side}_low"], d[f"{side}_high"]
                rows.append(row(f"{side}, {name}", limits, self.n_, how))
            limits = d["difference"], d["low"], d["high"]
            rows.append(row(f"penalty over reward, {name}", limits, self.n_, resamples))
        return summary(rows)

    def _cut_points(self, values, names, cuts):
        """Driver → (low, high); and a sentence on each that has none."""
        found, left_out = {}, []
        if self.by == "scale" and values.size:
            start, end = scale_of(values, "a rating")
            cuts = [start + cut * (end - start) for cut in cuts]
        for name, x in zip(names, values.T, strict=True):
            low, high = np.quantile(x, cuts) if self.by == "quantile" and len(x) else cuts
            if self.by == "quantile" and len(x) and not ((x > low) & (x < high)).any():
                middle = np.quantile(x, 0.5, method="inverted_cdf")
                under, above = x[x < middle], x[x > middle]
                low, high = under.max(initial=-np.inf), above.min(initial=np.inf)
            if not (x <= low).any() or not (x >= high).any() or not ((x > low) & (x < high)).any():
                left_out.append(f"{name} has no low, middle and high ratings")
            else:
                found[name] = (float(low), float(high))
        return found, left_out

    def _least_squares(self, design, y, weight, names, units, weighted):
        gram = np.linalg.pinv((design * weight[:, None]).T @ design, hermitian=True)
        coefficients = gram @ (design.T @ (weight * y))
        residual = y - design @ coefficients
        freedom = len(y) - design.shape[1]
        if weighted or not isinstance(units, int):
            cluster = clusters_of(None if isinstance(units, int) else units, len(y))
            freedom = max(cluster.max() + 1 - design.shape[1], 1)
            scores = design * (weight * residual)[:, None]
            covariance = clustered_covariance(gram, scores, cluster, design.shape[1])
        else:
            covariance = gram * (residual @ residual / freedom)
        labels = ["intercept"] + [f"{name}: {side}" for side in ("low", "high") for name in names]
        order = ["intercept"] + [f"{name}: {side}" for name in names for side in ("low", "high")]
        self.params_ = pd.Series(coefficients, labels)[order]
        self.std_error_ = pd.Series(np.sqrt(np.maximum(np.diag(covariance), 0)), labels)[order]
        self._freedom = freedom

    def _contrasts(self, cut, design):
        """By driver: its cuts, how many rated it low and high, and what either goes with."""
        rows = pd.DataFrame(list(cut.values()), list(cut), ["low_cut", "high_cut"])
        many = design[:, 1:].sum(axis=0).astype(int)
        rows["n_low"], rows["n_high"] = np.split(many, 2)
        reach = float(stdtrit(self._freedom, (1 + self.level) / 2))
        for side, what in (("low", "penalty"), ("high", "reward")):
            labels = [f"{name}: {side}" for name in cut]
            value, half = self.params_[labels].to_numpy(), reach * self.std_error_[labels].to_numpy()
            rows[what], rows[f"{what}_low"], rows[f"{what}_high"] = value, value - half, value + half
        return rows.assign(difference=-rows["penalty"] - rows["reward"])

    def _kinds(self, rows, found, columns):
        """The contrasts with their excess over a line, and the kind of each driver."""
        names, k = list(rows.index), len(rows)
        low, high = np.fmin(found.low, found.estimate), np.fmax(found.high, found.estimate)
        rows["low"], rows["high"], rows["excess"] = low[:k], high[:k], found.estimate[k : 2 * k]
        rows["excess_low"], rows["excess_high"] = low[k : 2 * k], high[k : 2 * k]
        t = found.estimate / np.maximum(found.std_error, 1e-12)
        p_value = 2 * stdtr(self._freedom, -np.abs(t))
        worse = rows["difference"].to_numpy() > 0
        sides = [self.params_[[f"{name}: {side}" for name in names]].to_numpy() for side in ("low", "high")]
        errors = [
            self.std_error_[[f"{name}: {side}" for name in names]].to_numpy() for side in ("low", "high")
        ]
        own = np.where(worse, *sides) / np.maximum(np.where(worse, *errors), 1e-12)
        both = np.maximum(p_value[k : 2 * k], 2 * stdtr(self._freedom, -np.abs(own)))
        rows["p_value"] = benjamini_hochberg(both).p_value
        rises = (benjamini_hochberg(p_value[2 * k :], 1 - self.level).rejected & (t[2 * k :] > 0))[columns]
        apart = rows["p_value"] <= 1 - self.level
        costs, wins = rows["penalty_high"] < 0, rows["reward_low"] > 0
        more, less = (np.minimum(sign * rows["difference"], sign * rows["excess"]) > 0 for sign in (1, -1))
        rows["kind"] = np.select(
            [apart & more & costs, apart & less & wins, costs & wins & rises],
            [MUST_BE, ATTRACTIVE, PERFORMANCE],
            NONE,
        )
        return rows.rename_axis("driver")

    def _excess(self, values, names, line, weight, cuts, wanted):
        """The excess at other cut points; missing where they leave no contrast."""
        if self.by != "quantile":
            return self.drivers_["excess"].to_numpy()
        cut, _ = self._cut_points(values[:, :-1], names, cuts)
        if not cut:
            return np.full(len(wanted), np.nan)
        design = _design(values[:, [names.index(name) for name in cut]], list(cut.values()))
        found = _statistic(design, line, values[:, -1], weight)(np.ones((1, len(values))))[0]
        return pd.Series(found[len(cut) : 2 * len(cut)], list(cut)).reindex(wanted).to_numpy()


def _design(x, cuts):
    low = [column <= cut[0] for column, cut in zip(x.T, cuts, strict=True)]
    high = [column >= cut[1] for column, cut in zip(x.T, cuts, strict=True)]
    return np.column_stack([np.ones(len(x)), *low, *high]).astype(float)


def _line(values, weight):
    """A model without steps: all drivers, and the square and cube of their fit, for a ceiling that bends it."""
    x = values[:, :-1] - np.average(values[:, :-1], axis=0, weights=weight)
    spread = x.std(axis=0)
    x = x / np.where(
        spread > 0, spread, 1.0
    )  # of one scale, so that no driver's unit counts in what is solved
    root = np.sqrt(weight)
    beta = np.linalg.lstsq(x * root[:, None], (values[:, -1] - values[:, -1].mean()) * root, rcond=None)[0]
    fit = x @ beta
    fit = fit / (fit.std() or 1.0)
    return np.column_stack([x, fit**2, fit**3])


def _statistic(design, line, y, weight):
    """Counts of rows → −penalty − reward of each driver, and its excess, from weighted cross-products alone."""
    both = np.column_stack([design, line, y])
    i, j = np.triu_indices(both.shape[1])
    terms = both[:, i] * both[:, j] * weight[:, None]
    size, steps, k = both.shape[1], design.shape[1], design.shape[1] // 2
    smooth, drivers = np.r_[0, steps : size - 1], line.shape[1] - 2

    def solve(full, columns, targets):
        inverse = np.linalg.pinv(full[:, columns[:, None], columns], rcond=1e-12, hermitian=True)
        return inverse @ targets

    def differences(counts):
        full = np.empty((len(counts), size, size))
        full[:, i, j] = full[:, j, i] = counts @ terms
        gamma = solve(full, smooth, full[:, smooth, -1:])
        drawn = np.arange(steps)
        fitted = full[:, drawn[:, None], smooth] @ gamma
        targets = np.concatenate([full[:, :steps, -1:], full[:, :steps, -1:] - fitted], axis=2)
        beta = solve(full, drawn, targets)
        contrast = (-beta[:, 1 : k + 1] - beta[:, k + 1 :]).transpose(0, 2, 1)
        slopes = gamma[:, 1 : drivers + 1, 0]
        return np.concatenate([contrast.reshape(len(counts), 2 * k), slopes], axis=1)

    return differences
