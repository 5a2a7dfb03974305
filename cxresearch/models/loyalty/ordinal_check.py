"""A check on driver importance: does a model that takes the answers as ordered classes say the same."""

import warnings

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, ratings
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary

LOOSE = 1e3  # log odds: a standard error beyond it, over a driver's whole range, is of no estimate


class OrdinalCheck(Estimator):
    r"""Ordered logit of the outcome's classes on the drivers, beside least squares on its numbers.

    :math:`P(y \le k) = \sigma(\theta_k - x\beta)` with standardised drivers. An outcome of 0–10 is taken as
    detractors, passives and promoters; one with at most seven values as it is; others by thirds. Nothing then
    hangs on the distances between answers, nor on the ceiling. Two things are compared: the sign of each
    coefficient that either model finds beyond chance, and the order of the drivers (Spearman's ρ of the
    coefficients). Complete rows, unweighted.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    drivers_ : DataFrame
        By driver: ordinal (log odds per standard deviation), low, high, linear (standardised), linear_low,
        linear_high, agrees.
    rank_correlation_ : float
    agrees_ : bool
        No sign contradicts.
    n_ : int

    References
    ----------
    McCullagh, P. (1980). Regression models for ordinal data. *JRSS B* 42, 109–142.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> X = pd.DataFrame(rng.normal(size=(500, 3)), columns=["ease", "price", "staff"])
    >>> y = np.clip(np.rint(7 + 2 * X["ease"] + X["price"] + rng.normal(size=500)), 0, 10)
    >>> check = OrdinalCheck().fit(X, y)
    >>> check.agrees_, check.rank_correlation_, check.n_
    (True, 1.0, 500)
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, X, y):
        """Fit both models to the complete rows.

        Raises
        ------
        NotEnough
            For a driver or outcome that does not vary, fewer than 10 rows per coefficient, or where the ordered logit has no finite
            estimate or does not converge.
        ValueError
            For bad columns.
        """
        if not len(X.columns):
            raise NotEnough("there are no drivers to check")
        aligned(X=X.iloc[:, 0], y=y)
        values = np.column_stack([ratings(X[name], str(name)) for name in X] + [ratings(y, "y")])
        values = values[~np.isnan(values).any(axis=1)]
        p = values.shape[1] - 1
        if len(values) < 10 * (p + 3):
            raise NotEnough(
                f"{len(values):,} respondents answered everything, and {p} drivers need {10 * (p + 3)}"
            )
        if (np.ptp(values, axis=0) == 0).any():
            still = [*X.columns, "y"][int(np.argmax(np.ptp(values, axis=0) == 0))]
            raise NotEnough(f"{still} does not vary among those who answered everything")
        x = (values[:, :-1] - values[:, :-1].mean(axis=0)) / values[:, :-1].std(axis=0)
        outcome = values[:, -1]
        z = normal_quantile(self.level)
        ordinal, error = _ordered_logit(x, _classes(outcome), X.columns)
        linear, linear_error = _least_squares(x, (outcome - outcome.mean()) / outcome.std())
        found = pd.DataFrame(
            {"ordinal": ordinal, "low": ordinal - z * error, "high": ordinal + z * error}, X.columns
        )
        found["linear"] = linear
        found["linear_low"], found["linear_high"] = linear - z * linear_error, linear + z * linear_error
        self.drivers_, self.n_ = found.rename_axis("driver"), len(values)
        sure = (np.abs(ordinal) > z * error) | (np.abs(linear) > z * linear_error)
        self.drivers_["agrees"] = ~sure | (np.sign(ordinal) == np.sign(linear))
        self.rank_correlation_ = float(spearmanr(ordinal, linear).statistic) if p > 1 else 1.0
        self.agrees_ = bool(self.drivers_["agrees"].all())
        return self

    def summary(self):
        """The ordinal coefficients, one row each."""
        what = "log odds of a higher class per standard deviation"
        rows = self.drivers_[["ordinal", "low", "high"]].itertuples()
        return summary([row(f"{what}, {name}", limits, self.n_, "ordered logit") for name, *limits in rows])

    def signs(self):
        """Both coefficients of each driver, and whether their signs agree, as a table for a page."""
        found = self.drivers_[["ordinal", "linear"]].reset_index()
        return found.assign(**{"same sign": np.where(self.drivers_["agrees"], "yes", "no")})


def _classes(outcome):
    if outcome.min() >= 0 and 7 < outcome.max() <= 10:
        return np.digitize(outcome, [6.5, 8.5])
    if len(np.unique(outcome)) <= 7:
        return outcome
    return np.digitize(outcome, np.quantile(outcome, [1 / 3, 2 / 3]), right=True)


def _ordered_logit(x, classes, names):
    """Coefficients and their standard errors."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel
    from statsmodels.tools.sm_exceptions import ModelWarning

    _, classes = np.unique(classes, return_inverse=True)
    if classes.max() == 0:
        raise NotEnough("all answers to the outcome are of one class")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", ModelWarning)  # refused below
        fit = OrderedModel(classes, x, distr="logit").fit(method="bfgs", disp=0, maxiter=200)
        params, error = fit.params[: x.shape[1]], fit.bse[: x.shape[1]]
    loose = ~(error * np.ptp(x, axis=0) < LOOSE)
    if loose.any():
        unknown = ", ".join(str(name) for name, out in zip(names, loose, strict=True) if out)
        raise NotEnough(
            f"the ordered logit has no finite estimate for {unknown}, which almost separate the classes or are collinear"
        )
    if not fit.mle_retvals["converged"]:
        raise NotEnough("the ordered logit did not converge in 200 steps")
    return params, error


def _least_squares(x, y):
    gram = np.linalg.pinv(x.T @ x, hermitian=True)
    beta = gram @ (x.T @ y)
    residual = y - x @ beta
    return beta, np.sqrt(np.diag(gram) * (residual @ residual) / (len(y) - x.shape[1] - 1))
