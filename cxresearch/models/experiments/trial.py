"""A trial: what customers drawn for an offer did beyond what those drawn as control did."""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import chdtrc, stdtr, stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers, reject, row_labels
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.arm_means import arm_means
from cxresearch.models.experiments.covariates import covariate_matrix
from cxresearch.models.experiments.sample_ratio import (
    BROKEN,
    DOUBTFUL,
    SampleRatio,
    sample_ratio,
    weighted_ratio,
)
from cxresearch.models.experiments.sample_size import sample_size
from cxresearch.stats.clustered import clusters_of
from cxresearch.stats.dunnett import dunnett_p, dunnett_quantile, normal_p
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.multiplicity import benjamini_hochberg, holm
from cxresearch.stats.proportions import newcombe, wilson
from cxresearch.stats.rows import row, summary

FEWEST = 10  # customers of an arm under which it is left out
NAMED = 5  # arms up to which the chance of any false claim is bounded (Holm)
CORRECTIONS = ("auto", "holm", "benjamini-hochberg", "dunnett", "none")
ADJUSTMENTS = ("lin", "ancova")
MISMATCH = {
    "broken": "the arms do not hold the shares of customers that were drawn, so this is no trial",
    "doubtful": "the arms hold somewhat other shares of customers than were drawn",
}


class Trial(Estimator):
    """What each arm of a trial changed against the control.

    Rates: Wilson's interval for each arm and Newcombe's for each difference. Amounts: differences of means with HC2 errors (Welch's).
    Rows that come several from one customer, draws whose probability differs between rows, and covariates are taken through one
    regression of the outcome on the arms (:func:`~cxresearch.models.experiments.arm_means.arm_means`).

    Parameters
    ----------
    control : str
        The arm that was offered nothing.
    outcome : {"auto", "rate", "amount"}
        ``"auto"`` takes a column of nothing but 0 and 1 for a rate.
    adjust : {"lin", "ancova"}
        How covariates enter, where there are any.
    correction : {"auto", "holm", "benjamini-hochberg", "dunnett", "none"}
        For several arms at once; ``"auto"`` is Holm up to five arms, else Benjamini–Hochberg. Dunnett widens the intervals too.
    on_mismatch : {"refuse", "warn"}
        What follows where the arms do not hold the shares drawn.
    unit : str
        Of an amount; rates are shares, their differences points.
    level : float

    Attributes
    ----------
    arms_ : DataFrame
        One row per arm, the control first: arm, n, estimate, low, high, variance (of one customer).
    lifts_ : DataFrame
        One row per other arm: arm, n, estimate, low, high, std_error, p, p_adjusted, is_certain. `n` counts the arm and the control.
    ratio_ : SampleRatio
        Whether the arms hold the shares drawn.
    covariance_ : ndarray
        Of the arms' means, in the order of `arms_`.
    method_, arm_method_ : str
        How the differences, and the arms, are estimated.
    left_out_ : list of str

    Raises
    ------
    NotEnough
        From ``fit``: where no arm is the control, nothing is left to compare, or the arms do not hold the shares drawn.

    References
    ----------
    Newcombe, R. G. (1998). *Statistics in Medicine* 17, 873–890. Holm, S. (1979). *Scandinavian Journal of Statistics* 6, 65–70.

    Examples
    --------
    >>> arm = ["offer"] * 100 + ["control"] * 100
    >>> returned = [1] * 30 + [0] * 70 + [1] * 15 + [0] * 85
    >>> trial = Trial().fit(arm, returned)
    >>> trial.lifts_.round(3)[["arm", "estimate", "low", "high", "p", "is_certain"]]
         arm  estimate    low   high      p  is_certain
    0  offer      0.15  0.034  0.261  0.012        True
    """

    def __init__(
        self,
        control="control",
        outcome="auto",
        adjust="lin",
        correction="auto",
        on_mismatch="refuse",
        unit="money",
        level=0.95,
    ):
        self.control = control
        self.outcome = outcome
        self.adjust = adjust
        self.correction = correction
        self.on_mismatch = on_mismatch
        self.unit = unit
        self.level = level

    def fit(self, arm, y, covariates=None, cluster=None, probability=None):
        """Compare the arms.

        Parameters
        ----------
        arm : array-like of str (n,)
            The arm that each row was drawn for, whatever it then got.
        y : array-like of float (n,)
            What followed.
        covariates : DataFrame (n, any), optional
            Known before the draw: numbers or labels.
        cluster : array-like (n,), optional
            Such as the customer, where one has several rows.
        probability : array-like of float (n,), optional
            With which the row was drawn for its arm.

        Returns
        -------
        Trial
            This object.
        """
        self._check()
        aligned(arm=arm, y=y, cluster=cluster, probability=probability)
        labels = pd.Series(np.asarray(arm, dtype=object))
        reject(labels.isna().to_numpy(), "arm", "is missing", row_labels(arm))
        labels, y = labels.astype(str), np.asarray(numbers(y, "y"), dtype=float)
        if covariates is not None and len(covariates) != len(y):
            raise ValueError(f"covariates has {len(covariates)} rows, arm has {len(y)}")
        self.left_out_ = []
        weights = self._draw(labels, probability)
        kept = self._kept(labels)
        names = [self.control, *sorted(set(labels[kept]) - {self.control})]
        code = labels[kept].map({name: k for k, name in enumerate(names)}).to_numpy()
        rows = kept.to_numpy()
        self.is_rate_ = self._is_rate(y)
        self._y, self._code, self._names = y[rows], code, names
        self._weights = weights[rows] if weights is not None else None
        self._cluster = self._several(cluster, rows)
        self._x = self._covariates(covariates, rows)
        self.n_ = len(code)
        self._compare()
        return self

    def summary(self):
        """The rate or mean of each arm, then each difference from the control."""
        unit, gap_unit = ("share", "points") if self.is_rate_ else (self.unit, self.unit)
        rows = [
            row(a.arm, (a.estimate, a.low, a.high), a.n, self.arm_method_, unit)
            for a in self.arms_.itertuples()
        ]
        for lift in self.lifts_.itertuples():
            limits = lift.estimate, lift.low, lift.high
            rows.append(row(f"{lift.arm} against {self.control}", limits, lift.n, self.method_, gap_unit))
        return summary(rows)

    def needed(self, arm, lift=None, power=0.8):
        """Customers per arm of a trial that shows a lift with a probability; the lift seen unless another is given.

        Returns
        -------
        int or None
            None where no lift was seen.
        """
        by_arm = self.arms_.set_index("arm")
        lift = float(self.lifts_.set_index("arm").loc[arm, "estimate"]) if lift is None else lift
        pair = by_arm.loc[arm, "variance"], by_arm.loc[self.control, "variance"]
        return sample_size(lift, *map(float, pair), arms=len(self.lifts_), power=power, level=self.level)

    def _check(self):
        normal_quantile(self.level)
        for name, among in (
            ("outcome", ("auto", "rate", "amount")),
            ("adjust", ADJUSTMENTS),
            ("correction", CORRECTIONS),
            ("on_mismatch", ("refuse", "warn")),
        ):
            if getattr(self, name) not in among:
                raise ValueError(f"{name} is {getattr(self, name)!r}; it is one of {', '.join(among)}")

    def _is_rate(self, y):
        is_flag = bool(np.isin(y, (0.0, 1.0)).all())
        if self.outcome == "rate":
            reject(~np.isin(y, (0.0, 1.0)), "y", "is neither 0 nor 1")
        return self.outcome == "rate" or (self.outcome == "auto" and is_flag)

    def _draw(self, labels, probability):
        """Weights where probabilities differ within an arm; the shares drawn are checked on all rows."""
        counts, weights = labels.value_counts(), None
        if probability is None:
            self.ratio_ = sample_ratio(counts, None)
            return None
        p = np.asarray(numbers(probability, "probability"), dtype=float)
        reject((p <= 0) | (p > 1), "probability", "is not between 0 and 1", row_labels(probability))
        by_arm = pd.Series(p).groupby(labels.to_numpy())
        if (by_arm.max() - by_arm.min() > 1e-9).any():
            self.ratio_, weights = _varying_ratio(p, labels), 1 / p
        else:
            shares = by_arm.mean().reindex(counts.index)
            is_whole = abs(shares.sum() - 1) < 0.01
            self.ratio_ = sample_ratio(counts, shares if is_whole else None)
            if not is_whole:
                self.left_out_.append(
                    "the probabilities of the arms do not add up to 1, so the shares drawn are not checked"
                )
        if self.ratio_.verdict in MISMATCH:
            says = MISMATCH[self.ratio_.verdict]
            if self.ratio_.verdict == "broken" and self.on_mismatch == "refuse":
                raise NotEnough(says)
            self.left_out_.append(says)
        return weights

    def _kept(self, labels):
        counts = labels.value_counts()
        if self.control not in counts.index:
            raise NotEnough(
                f"no customer is in an arm called {self.control!r}, so nothing shows what happens without an offer"
            )
        if counts[self.control] < FEWEST:
            raise NotEnough(f"fewer than ten customers are in the arm {self.control!r}")
        few = sorted(counts.index[counts < FEWEST])
        self.left_out_ += [f"the arm {name} has fewer than ten customers" for name in few]
        if len(counts) - len(few) < 2:
            raise NotEnough("no arm but the control has ten customers")
        return ~labels.isin(few)

    def _several(self, cluster, rows):
        """Clusters as numbers; None where each row is its own."""
        if cluster is None:
            return None
        code = clusters_of(np.asarray(cluster, dtype=object)[rows], int(rows.sum()))
        return code if code.max() + 1 < len(code) else None

    def _covariates(self, covariates, rows):
        self._interact = self.adjust == "lin"
        if covariates is None:
            return None
        x = covariate_matrix(pd.DataFrame(covariates).reset_index(drop=True)[rows]).to_numpy()
        smallest = np.bincount(self._code).min()
        if x.shape[1] * 5 > smallest:
            self.left_out_.append(
                f"the smallest arm is too small for {x.shape[1]} covariates, so none is adjusted for"
            )
            return None
        return x if x.shape[1] else None

    def _compare(self):
        y, code, names = self._y, self._code, self._names
        n = np.bincount(code, minlength=len(names))
        is_plain = self._x is None and self._weights is None and self._cluster is None
        found = arm_means(y, code, len(names), self._x, self._weights, self._cluster, self._interact)
        self.covariance_, z = found.covariance, float(normal_quantile(self.level))
        own = np.diag(found.covariance)
        gap, error = found.differences()
        if self.is_rate_ and is_plain:
            yes = np.bincount(code, weights=y, minlength=len(names))
            arms = wilson(yes, n, self.level)
            lift = newcombe(yes[1:], n[1:], yes[0], n[0], self.level)
            low, high = lift.low, lift.high
            p = np.array([_newcombe_p(yes[k], n[k], yes[0], n[0]) for k in range(1, len(names))])
            self.method_, self.arm_method_ = "difference of rates, Newcombe", "Wilson score"
        else:
            arms = self._arm_limits(found.mean, own, n)
            reach = stdtrit(found.df, (1 + self.level) / 2) * error
            low, high = gap - reach, gap + reach
            with np.errstate(divide="ignore", invalid="ignore"):
                p = np.where(
                    error > 0, 2 * stdtr(found.df, -np.abs(gap) / error), np.where(gap == 0, 1.0, 0.0)
                )
            self.method_ = self._named_method()
        if self.correction == "dunnett":
            c = dunnett_quantile(own[1:], own[0], self.level)
            low, high = gap - (gap - low) * c / z, gap + (high - gap) * c / z
        variance = pd.Series(y).groupby(code).var(ddof=0).reindex(range(len(names))).to_numpy()
        self.arms_ = pd.DataFrame(
            {"arm": names, "n": n, "estimate": arms[0], "low": arms[1], "high": arms[2], "variance": variance}
        )
        adjusted = self._corrected(p, gap, error, own)
        self.lifts_ = pd.DataFrame(
            {
                "arm": names[1:],
                "n": n[1:] + n[0],
                "estimate": gap,
                "low": low,
                "high": high,
                "std_error": error,
                "p": p,
                "p_adjusted": adjusted,
                "is_certain": adjusted <= 1 - self.level + 1e-12,
            }
        )

    def _arm_limits(self, mean, variance, n):
        """Limits of the arms' means: Wilson's on the effective base of rates, else Student's."""
        if self.is_rate_ and ((mean >= 0) & (mean <= 1)).all():
            with np.errstate(divide="ignore", invalid="ignore"):
                base = np.where(variance > 0, mean * (1 - mean) / variance, n)
            base = np.minimum(base, n)
            self.arm_method_ = "Wilson score on the effective base"
            found = wilson(mean * base, base, self.level)
            return mean, found.low, found.high
        self.arm_method_ = "mean, Student's t"
        reach = stdtrit(np.maximum(n - 1, 1), (1 + self.level) / 2) * np.sqrt(np.maximum(variance, 0))
        return mean, mean - reach, mean + reach

    def _named_method(self):
        parts = ["difference of rates" if self.is_rate_ else "difference of means"]
        if self._x is not None:
            parts.append(
                "adjusted by regression within arms (Lin)"
                if self._interact
                else "adjusted by regression (ANCOVA)"
            )
        if self._weights is not None:
            parts.append("weighted by the inverse probability of the arm")
        parts.append("errors clustered by customer" if self._cluster is not None else "HC2 errors")
        return ", ".join(parts)

    def _corrected(self, p, gap, error, own):
        how = self.correction
        if how == "auto":
            how = "holm" if len(p) <= NAMED else "benjamini-hochberg"
        self.correction_ = how if len(p) > 1 else "none"
        if how == "dunnett":
            with np.errstate(divide="ignore", invalid="ignore"):
                z = np.where(error > 0, gap / error, np.where(gap == 0, 0.0, np.inf))
            return dunnett_p(z, own[1:], own[0])
        if how == "none":
            return p
        return (holm if how == "holm" else benjamini_hochberg)(p).p_value


def _varying_ratio(p, labels):
    """The check of the shares drawn where each row has its own: the worst arm, corrected for their number."""
    arms = sorted(labels.unique())
    worst = max(weighted_ratio(p, (labels == arm).to_numpy()) for arm in arms)
    value = min(float(chdtrc(1, worst)) * len(arms), 1.0)
    return SampleRatio(
        worst, 1, value, "broken" if value < BROKEN else "doubtful" if value < DOUBTFUL else "as drawn"
    )


def _newcombe_p(x1, n1, x0, n0):
    """Two-sided: at one less this level Newcombe's interval ends at 0."""
    gap = x1 / n1 - x0 / n0
    if gap == 0:
        return 1.0

    def beyond(z):
        found = newcombe(x1, n1, x0, n0, 1 - float(normal_p(z)))
        return abs(gap) - (gap - found.low if gap > 0 else found.high - gap)

    return float(normal_p(brentq(beyond, 1e-6, 8.0, xtol=1e-9))) if beyond(8.0) < 0 else float(normal_p(8.0))
