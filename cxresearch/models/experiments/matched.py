"""What followed for those who were treated, against others weighted to be like them: a matched difference in differences."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, reject, row_labels
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.entropy_balance import entropy_balance, independent
from cxresearch.stats import rows
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.interval import normal_quantile

FEWEST = 10  # treated
METHOD = "entropy weights, difference in differences"
HISTORY = ("mean", "slope", "last")


class MatchedDifference(Estimator):
    r"""Difference in differences between treated units and comparison units weighted to equal them before.

    The comparison gets entropy weights (:func:`~cxresearch.models.experiments.entropy_balance.entropy_balance`) that make its means of the covariates, of the
    outcome before, of its slope and of its last period equal those of the treated, exactly. With Δ = mean after − mean of the whole period before:

    .. math:: \tau = \bar\Delta_T - \sum_C w_i \Delta_i, \qquad SE^2 = \sum_T (r_i - \tau)^2 / n_T^2 + \sum_C (w_i r_i)^2

    r are the residuals of Δ on the covariates, by the weighted comparison. The baseline is the whole period before, not its last month: units are often
    treated because of a bad or a good month, which passes by itself.

    The longer the time before, the better: over few periods the noise in their mean is balanced too, and where units are picked by their true size, those picked lie above what their mean before says.

    Three guards. Overlap: the weights must leave an effective base of `fewest_effective` and none above `largest_weight`. Placebo: in the periods before those that were balanced, τ must
    include 0, or the effect is withheld. And a path, period by period, shows both.

    Parameters
    ----------
    level : float
        Confidence level.
    fewest_effective : float
        Smallest effective number of comparison units, 1/Σw².
    largest_weight : float
        Largest weight of a single comparison unit.
    history : sequence of {"mean", "slope", "last"}
        What of the outcome before is balanced.
    units : str
        What the units are called in refusals.

    Attributes
    ----------
    effect_, placebo_ : Series
        estimate, low, high, std_error; the placebo is missing where no earlier periods are given.
    naive_ : Series
        The plain difference after, without weights or baseline: the wrong comparison.
    withheld_ : str
        Why the effect is withheld, half a sentence; empty where it is not.
    balance_ : DataFrame
        covariate, treated, comparison, weighted, gap_before, gap_after (differences in standard deviations of the treated; of an indicator √[p(1 − p)]).
    path_ : DataFrame
        period (0 is the first one after), part (earlier, before, after), estimate, low, high: the gap to the weighted comparison, from its mean before.
    weights_ : ndarray (n,)
        Of the comparison units; 1/n_T of the treated.
    influence_ : ndarray (n,)
        What each unit adds to the estimate's error: with clusters, or over several effects of the same units, add it before squaring.
    ess_, largest_ : float
    treated_, comparison_ : int

    References
    ----------
    Hainmueller, J. (2012). *Political Analysis* 20, 25–46. Heckman, J., Ichimura, H. & Todd, P. (1997). *Review of Economic Studies* 64, 605–654.

    Examples
    --------
    Large accounts are treated more often, and grow by .1 in any case; treatment adds .2:

    >>> random = np.random.default_rng(4)
    >>> size = random.normal(6, 1, 2000)
    >>> treated = random.random(2000) < 1 / (1 + np.exp(7 - size))
    >>> before = size[:, None] + random.normal(0, 0.3, (2000, 24))
    >>> after = size[:, None] + 0.1 + 0.2 * treated[:, None] + random.normal(0, 0.3, (2000, 6))
    >>> found = MatchedDifference().fit(treated, after, before)
    >>> found.effect_.round(2).tolist()[:3], round(float(found.naive_["estimate"]), 2)
    ([0.19, 0.17, 0.21], 1.02)
    """

    def __init__(
        self, level=0.95, fewest_effective=30, largest_weight=0.1, history=HISTORY, units="accounts"
    ):
        self.level = level
        self.fewest_effective = fewest_effective
        self.largest_weight = largest_weight
        self.history = history
        self.units = units

    def fit(self, treated, after, before=None, X=None, earlier=None, cluster=None):
        """Weight the comparison and take the difference.

        Parameters
        ----------
        treated : array-like of bool (n,)
        after : array-like (n,) or (n, q)
            The outcome after, a column per period.
        before : array-like (n,) or (n, p), optional
            The outcome before, in order of time: baseline and part of the balance. Without it the covariates have to hold what the units were like.
        X : DataFrame or array-like (n, k), optional
            Further covariates as known before; texts and categories become indicators.
        earlier : array-like (n,) or (n, e), optional
            The outcome in the periods before `before`, which the balance does not see: the placebo.
        cluster : array-like (n,), optional
            Units that belong together, such as one account's several rows.

        Returns
        -------
        MatchedDifference
            This object.

        Raises
        ------
        NotEnough
            With fewer than ten treated units, with nothing to balance, or where no comparison is like the treated ("no comparable accounts").
        """
        aligned(treated=treated, after=after, before=before, X=X, earlier=earlier, cluster=cluster)
        wrong = sorted(set(self.history) - set(HISTORY))
        if wrong:
            raise ValueError(f"history names {wrong[0]!r}; it may hold {', '.join(HISTORY)}")
        is_treated = flags(treated, "treated").astype(bool)
        after, before, earlier = (
            _periods(values, name)
            for values, name in ((after, "after"), (before, "before"), (earlier, "earlier"))
        )
        self.treated_, self.comparison_ = int(is_treated.sum()), int((~is_treated).sum())
        if self.treated_ < FEWEST:
            raise NotEnough(f"fewer than ten {self.units} were treated")
        refusal = f"no comparable {self.units}"
        if self.comparison_ < self.fewest_effective:
            raise NotEnough(refusal)
        x, names = _covariates(X, before, self.history)
        found = entropy_balance(x[~is_treated], x[is_treated].mean(axis=0), refusal)
        self.ess_, self.largest_ = found.ess, found.largest
        if found.ess < self.fewest_effective or found.largest > self.largest_weight:
            raise NotEnough(refusal)
        self.weights_ = np.full(len(x), 1 / self.treated_)
        self.weights_[~is_treated] = found.weights
        self._is_treated, self._cluster = is_treated, clusters_of(cluster, len(x))
        self._design = np.column_stack([np.ones(len(x)), x[:, independent(_scaled(x[~is_treated]))]])
        self.balance_ = self._balance(x, names)
        base = 0.0 if before is None else before.mean(axis=1)
        self.effect_, self.influence_ = self._difference(after.mean(axis=1) - base)
        self.naive_ = self._plain(after.mean(axis=1))
        self.placebo_ = pd.Series(np.nan, index=["estimate", "low", "high", "std_error"])
        self.left_out_, self.withheld_ = [], ""
        if earlier is None or before is None:
            self.left_out_.append("nothing is known of the periods before those compared: no placebo period")
        else:
            self.placebo_, _ = self._difference(earlier.mean(axis=1) - base)
            if not self.placebo_["low"] <= 0 <= self.placebo_["high"]:
                self.withheld_ = "the two groups had already moved apart in the periods before those compared"
        self.path_ = self._path(earlier, before, after, base)
        return self

    def summary(self, metric="effect", unit=""):
        """The effect, blank where it is withheld, its placebo, and the plain difference.

        Parameters
        ----------
        metric, unit : str
            Name and unit of the effect.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        names = ["estimate", "low", "high"]
        effect = [np.nan] * 3 if self.withheld_ else self.effect_[names]
        how = f"withheld: {self.withheld_}" if self.withheld_ else METHOD
        found = [rows.row(metric, effect, self.treated_, how, unit)]
        if np.isfinite(self.placebo_["estimate"]):
            found.append(
                rows.row("placebo, earlier periods", self.placebo_[names], self.treated_, METHOD, unit)
            )
        plain = "difference of means, no adjustment"
        found.append(rows.row("naive comparison", self.naive_[names], self.treated_, plain, unit))
        return rows.summary(found)

    def _difference(self, change):
        """τ of a change, with its limits, and the influence of each unit."""
        is_treated = self._is_treated
        own = self._design[~is_treated]
        weights = self.weights_[~is_treated]
        cross = own.T @ (own * weights[:, None])
        slopes = np.linalg.lstsq(cross, own.T @ (weights * change[~is_treated]), rcond=None)[0]
        rest = change - self._design @ slopes
        estimate = float(change[is_treated].mean() - weights @ change[~is_treated])
        influence = np.where(is_treated, rest - estimate, -rest) * self.weights_
        return self._limits(estimate, influence), influence

    def _plain(self, values):
        parts = values[self._is_treated], values[~self._is_treated]
        influence = np.where(self._is_treated, values - parts[0].mean(), parts[1].mean() - values)
        influence = influence / np.where(self._is_treated, len(parts[0]), len(parts[1]))
        return self._limits(float(parts[0].mean() - parts[1].mean()), influence)

    def _limits(self, estimate, influence):
        error = float(np.sqrt(np.square(np.bincount(self._cluster, influence)).sum()))
        reach = float(normal_quantile(self.level)) * error
        return pd.Series(
            {"estimate": estimate, "low": estimate - reach, "high": estimate + reach, "std_error": error}
        )

    def _balance(self, x, names):
        treated, others = x[self._is_treated], x[~self._is_treated]
        spread = treated.std(axis=0, ddof=1)
        spread = np.where(np.isin(x, (0, 1)).all(axis=0), treated.std(axis=0), spread)  # √[p(1 − p)]
        spread = np.where(spread > 0, spread, np.nan)
        table = pd.DataFrame({"covariate": names, "treated": treated.mean(axis=0)})
        table["comparison"] = others.mean(axis=0)
        table["weighted"] = self.weights_[~self._is_treated] @ others
        table["gap_before"] = (table["treated"] - table["comparison"]) / spread
        table["gap_after"] = (table["treated"] - table["weighted"]) / spread
        return table

    def _path(self, earlier, before, after, base):
        kinds = {"earlier": earlier, "before": before, "after": after}
        columns = [
            (part, values[:, k])
            for part, values in kinds.items()
            if values is not None
            for k in range(values.shape[1])
        ]
        first = sum(part != "after" for part, _ in columns)
        found = [
            {"period": place - first, "part": part} | self._difference(values - base)[0].to_dict()
            for place, (part, values) in enumerate(columns)
        ]
        return pd.DataFrame(found).drop(columns="std_error")


def _periods(values, name):
    """Outcomes as a float matrix, a column per period; None stays None."""
    if values is None:
        return None
    labels = values.index if isinstance(values, pd.DataFrame) else row_labels(values)
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} holds values that are not numbers") from None
    array = array.reshape(len(array), -1)
    if not array.shape[1]:
        raise ValueError(f"{name} has no columns")
    reject(~np.isfinite(array).all(axis=1), name, "is missing or infinite", labels)
    return array


def _covariates(X, before, history):
    """What is balanced, as numbers, and what each column is called."""
    parts = []
    if X is not None:
        X = X if isinstance(X, pd.DataFrame) else pd.DataFrame(np.asarray(X)).add_prefix("x")
        texts = [name for name in X if X[name].dtype.kind not in "biuf"]
        wide = pd.get_dummies(X, columns=texts, dtype=float, dummy_na=False)
        reject(~np.isfinite(wide.to_numpy(dtype=float)).all(axis=1), "X", "is missing or infinite", X.index)
        parts.append(wide.astype(float).reset_index(drop=True))
    if before is not None:
        t = np.arange(before.shape[1]) - (before.shape[1] - 1) / 2
        own = {"mean before": before.mean(axis=1)} if "mean" in history else {}
        own |= {"slope before": before @ t / np.square(t).sum()} if "slope" in history and len(t) > 2 else {}
        own |= {"last period": before[:, -1]} if "last" in history and len(t) > 1 else {}
        parts += [pd.DataFrame(own)] if own else []
    if not parts:
        raise NotEnough("nothing is known of the time before, so that nothing can be matched")
    wide = pd.concat(parts, axis=1)
    return wide.to_numpy(dtype=float), list(wide.columns)


def _scaled(x):
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
