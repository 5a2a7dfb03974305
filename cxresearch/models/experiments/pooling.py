"""Several estimates of one kind, pooled: their mean, how much they differ, each drawn towards the mean, and which is best."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc, stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers, reject, row_labels
from cxresearch.models.estimator import Estimator
from cxresearch.models.experiments.best import chance_of_best
from cxresearch.stats import rows
from cxresearch.stats.interval import normal_quantile

FEW = 20  # estimates under which the error of the mean is Hartung and Knapp's
FEWEST_KNOWN = 5  # estimates under which their spread is hardly known
METHOD = "DerSimonian–Laird"


class Pooling(Estimator):
    r"""Random-effects pooling, with what it says of each estimate.

    With :math:`y_k \sim N(\theta_k, v_k)`, :math:`\theta_k \sim N(\mu, \tau^2)` and :math:`w_k = 1/v_k` (DerSimonian & Laird):

    .. math:: \tau^2 = \max\Bigl(0, \frac{Q - (K-1)}{\sum w - \sum w^2 / \sum w}\Bigr),\quad Q = \sum w_k (y_k - \bar y_w)^2,\quad
       \mu = \frac{\sum w^*_k y_k}{\sum w^*_k},\quad w^*_k = \frac{1}{v_k + \tau^2}

    Of fewer than 20 estimates the error of the mean is Hartung and Knapp's, with Student's t of K − 1 degrees of freedom, unless the plain one
    is larger: a few estimates that happen to agree would make it too small. A further estimate of the kind lies in
    :math:`\mu \pm t_{K-2} \sqrt{\tau^2 + SE^2}`. Each estimate is drawn towards the mean, :math:`B_k y_k + (1 - B_k)\mu` with
    :math:`B_k = \tau^2 / (\tau^2 + v_k)`, and has the error :math:`\sqrt{B_k v_k + (1 - B_k)^2 SE^2}`.

    The best of several raw estimates is too high, because chance helped it to be the best: `curse_` is by how much. The chance of being best is worked
    out without draws, by :func:`~cxresearch.models.experiments.best.chance_of_best`.

    Parameters
    ----------
    certain : float
        Chance of being best at which one is called the best.
    level : float
        Confidence level.

    Attributes
    ----------
    mean_ : dict
        estimate, low, high, std_error (plain), std_error_used, and `method`.
    prediction_ : tuple of float
        Limits for a further estimate of the kind; missing with fewer than three.
    tau2_, q_, p_, i2_ : float
        Variance between truths; Cochran's Q, its p-value, and the share of the spread that is no chance.
    estimates_ : DataFrame
        name, raw, raw_error, estimate, low, high, std_error (shrunk), weight (B), best_raw, best, best_doubled: the chance of being best by the raw estimates, shrunk, and
        shrunk with twice τ², which of fewer than five estimates is hardly known.
    best_ : str or None
        The one that is best with a chance of at least `certain`, with τ² and, of fewer than five, with twice τ² too; None where Cochran's Q finds no more differences than chance
        makes, because one of two or three that are alike often has such a chance.
    leader_ : str
        The one with the highest shrunk estimate.
    curse_ : float
        By how much the highest raw estimate exceeds what it is shrunk to.

    References
    ----------
    DerSimonian, R. & Laird, N. (1986). *Controlled Clinical Trials* 7, 177–188. Hartung, G. & Knapp, G. (2001). *Statistics in Medicine* 20, 3875–3889. Röver, C., Knapp, G. & Friede, T. (2015).
    *BMC Medical Research Methodology* 15, 99. Higgins, J. P. T., Thompson, S. G. & Spiegelhalter, D. J. (2009). *JRSS A* 172, 137–159. Efron, B. (2011). Tweedie's formula and selection bias. *JASA* 106, 1602–1614.

    Examples
    --------
    >>> pooled = Pooling().fit([0.016, 0.054, 0.014, 0.102], [0.023, 0.026, 0.028, 0.022], ["trade show", "roadshow", "webinar", "dinner"])
    >>> round(pooled.tau2_, 8), pooled.best_
    (0.00129612, 'dinner')
    >>> pooled.estimates_[["name", "raw", "estimate", "best_raw", "best", "best_doubled"]].round(3)
             name    raw  estimate  best_raw   best  best_doubled
    0  trade show  0.016     0.025     0.002  0.007         0.004
    1    roadshow  0.054     0.052     0.078  0.101         0.090
    2     webinar  0.014     0.027     0.005  0.013         0.009
    3      dinner  0.102     0.087     0.915  0.879         0.897
    """

    def __init__(self, certain=0.8, level=0.95):
        self.certain = certain
        self.level = level

    def fit(self, estimates, std_errors, names=None):
        """Pool the estimates.

        Parameters
        ----------
        estimates, std_errors : array-like of float (K,)
            Errors above 0.
        names : array-like of str (K,), optional
            What each is called; 1, 2, … unless given.

        Returns
        -------
        Pooling
            This object.

        Raises
        ------
        NotEnough
            With fewer than two estimates.
        """
        aligned(estimates=estimates, std_errors=std_errors, names=names)
        y, error = (
            numbers(estimates, "estimates").astype(float),
            numbers(std_errors, "std_errors").astype(float),
        )
        if len(y) < 2:
            raise NotEnough("there is only one estimate, or none, so nothing can be pooled")
        reject(~np.isfinite(y), "estimates", "is missing or infinite", row_labels(estimates))
        reject(~(error > 0) | ~np.isfinite(error), "std_errors", "is not above 0", row_labels(std_errors))
        names = [str(k + 1) for k in range(len(y))] if names is None else [str(name) for name in names]
        v, z, k = error**2, float(normal_quantile(self.level)), len(y)
        w = 1 / v
        fixed = float(w @ y / w.sum())
        self.q_ = float(w @ (y - fixed) ** 2)
        self.p_ = float(chdtrc(k - 1, self.q_))
        self.i2_ = max(0.0, (self.q_ - (k - 1)) / self.q_) if self.q_ > 0 else 0.0
        spread = w.sum() - (w @ w) / w.sum()
        self.tau2_ = max(0.0, float((self.q_ - (k - 1)) / spread))
        mean, plain = _mean(y, v, self.tau2_)
        star = 1 / (v + self.tau2_)
        own = float(np.sqrt(star @ (y - mean) ** 2 / ((k - 1) * star.sum())))
        is_few = k < FEW
        used = max(own, plain) if is_few else plain
        reach = (float(stdtrit(k - 1, (1 + self.level) / 2)) if is_few else z) * used
        self.mean_ = {
            "estimate": mean,
            "low": mean - reach,
            "high": mean + reach,
            "std_error": plain,
            "std_error_used": used,
            "method": f"{METHOD}, Hartung–Knapp" if is_few else METHOD,
        }
        self.hartung_knapp_ = own
        self.prediction_ = (np.nan, np.nan)
        if k > 2:
            far = float(stdtrit(k - 2, (1 + self.level) / 2)) * np.sqrt(self.tau2_ + used**2)
            self.prediction_ = mean - far, mean + far
        self.estimates_ = self._each(y, v, names, z)
        self.left_out_ = []
        if k < FEWEST_KNOWN:
            self.left_out_.append(
                f"how much {k} estimates differ by more than chance is hardly known: the chance of being best is given for twice the spread too"
            )
        self._rank()
        return self

    def summary(self, metric="mean", unit=""):
        """The mean, then each estimate drawn towards it.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        k = len(self.estimates_)
        found = [rows.row(metric, self.mean_, k, self.mean_["method"], unit)]
        found += [
            rows.row(e.name, (e.estimate, e.low, e.high), k, f"{METHOD}, shrunk", unit)
            for e in self.estimates_.itertuples(index=False)
        ]
        return rows.summary(found)

    def _each(self, y, v, names, z):
        middle, error, weight = shrunk(y, v, self.tau2_)
        table = pd.DataFrame({"name": names, "raw": y, "raw_error": np.sqrt(v), "estimate": middle})
        table["low"], table["high"] = middle - z * error, middle + z * error
        table["std_error"], table["weight"] = error, weight
        table["best_raw"] = chance_of_best(y, np.sqrt(v))
        for name, tau2 in (("best", self.tau2_), ("best_doubled", 2 * self.tau2_)):
            mean, own = _mean(y, v, tau2)
            kept = tau2 / (tau2 + v)
            table[name] = chance_of_best(kept * y, np.sqrt(kept * v), (1 - kept), mean, own)
        return table

    def _rank(self):
        table = self.estimates_
        self.leader_ = str(table["name"].iloc[int(table["estimate"].argmax())])
        top = int(table["raw"].argmax())
        self.curse_ = float(table["raw"].iloc[top] - table["estimate"].iloc[top])
        chances = table["best"] if len(table) >= FEWEST_KNOWN else table[["best", "best_doubled"]].min(axis=1)
        first = int(chances.argmax())
        is_sure = chances.iloc[first] >= self.certain and self.p_ < 1 - self.level
        self.best_ = str(table["name"].iloc[first]) if is_sure else None


def shrunk(y, v, tau2):
    """Estimates drawn towards their mean, their errors, and how much of each is kept.

    >>> middle, error, kept = shrunk(np.array([0.0, 1.0]), np.array([0.25, 0.25]), 0.25)
    >>> middle.tolist(), error.round(4).tolist(), kept.tolist()
    ([0.25, 0.75], [0.433, 0.433], [0.5, 0.5])
    """
    mean, own = _mean(y, v, tau2)
    kept = tau2 / (tau2 + v)
    return kept * y + (1 - kept) * mean, np.sqrt(kept * v + (1 - kept) ** 2 * own**2), kept


def _mean(y, v, tau2):
    star = 1 / (v + tau2)
    return float(star @ y / star.sum()), float(star.sum() ** -0.5)
