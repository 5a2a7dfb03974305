"""Did a series change its level or its trend at a date: segmented regression, of measures and of counts."""

import numpy as np
import pandas as pd
from scipy.special import ndtri, stdtrit

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.months import MONTHS_PER_YEAR
from cxresearch.stats import rows
from cxresearch.stats.newey_west import newey_west, with_seasons

TERMS = ("level before", "trend before", "change of level", "change of trend")


class InterruptedSeries(Estimator):
    r"""Interrupted time series: level and trend before a date, and how both changed there.

    .. math:: y_t = \beta_0 + \beta_1 t + \beta_2 [t \ge T] + \beta_3 (t - T) [t \ge T] + e_t

    Measures: least squares with Newey–West errors (:func:`~cxresearch.stats.newey_west.newey_west`) and Student's t on n − p. Counts: Poisson regression with the logarithm of the volume as offset, its errors times
    the square root of Pearson's dispersion; harmonics of the year, where asked for.

    Parameters
    ----------
    lag : int, optional
        Of Newey–West; by its rule where it is left out.
    counts : bool
        The series holds counts: the coefficients are of its logarithm.
    harmonics : int
        Pairs of sine and cosine of the year, of counts.
    trend : bool
        The trend may change too; else only the level.
    level : float
        Confidence level.

    Attributes
    ----------
    params_, covariance_ : ndarray
        Of the four terms above, and whatever follows them.
    ordinary_ : ndarray
        The covariance by ordinary least squares, or Poisson's; too small where neighbouring months are alike.
    dispersion_ : float
        Pearson's, of counts; 1 of measures.
    durbin_watson_ : float
        Of measures.
    df_, n_, lag_ : int

    References
    ----------
    Wagner, A. K. et al. (2002). *Journal of Clinical Pharmacy and Therapeutics* 27, 299–309. Linden, A. (2015). *Stata Journal* 15, 480–500. Lopez Bernal, J., Cummins, S. & Gasparrini, A.
    (2017). *International Journal of Epidemiology* 46, 348–355.

    Examples
    --------
    >>> t = np.arange(20)
    >>> found = InterruptedSeries(lag=1).fit(50 - t + np.where(t >= 12, -8, 0) + np.tile([1, -1], 10), 12)
    >>> [round(float(found.effect(after).estimate), 2) for after in (0, 4)]
    [-7.39, -7.61]
    """

    def __init__(self, lag=None, counts=False, harmonics=0, trend=True, level=0.95):
        self.lag = lag
        self.trend = trend
        self.counts = counts
        self.harmonics = harmonics
        self.level = level

    def fit(self, y, start, t=None, offset=None, months=None):
        """Fit the segments.

        Parameters
        ----------
        y : array-like (n,)
            In order of time.
        start : float
            T, on the scale of `t`.
        t : array-like (n,), optional
            The time of each value, 0, 1, 2 … unless given; months that are left out leave a gap.
        offset : array-like (n,), optional
            The logarithm of the volume, of counts.
        months : array-like (n,), optional
            Of the year, for effects of their own on measures, where there are 24 or more and they tell these from the change.

        Returns
        -------
        InterruptedSeries
            This object.

        Raises
        ------
        NotEnough
            Where fewer than two values lie before or from `start` on, or there are too few for the coefficients.
        """
        y = np.asarray(numbers(y, "y"), dtype=float)
        t = np.arange(len(y), dtype=float) if t is None else np.asarray(numbers(t, "t"), dtype=float)
        aligned(y=y, t=t, offset=offset)
        is_after = t >= start
        if min(is_after.sum(), (~is_after).sum()) < 2:
            raise NotEnough("fewer than two months lie on one side of the change")
        columns = [np.ones(len(y)), t, is_after]
        columns += [(t - start) * is_after] if self.trend else []
        for k in range(1, self.harmonics + 1):
            angle = 2 * np.pi * k * t / MONTHS_PER_YEAR
            columns += [np.sin(angle), np.cos(angle)]
        design = np.column_stack(columns).astype(float)
        if months is not None and not self.counts:
            design = with_seasons(design, np.asarray(months))  # in two years a change may look like a month
        self.n_, self.start_ = len(y), float(start)
        if self.counts:
            self._fit_counts(
                design, y, np.zeros(len(y)) if offset is None else np.asarray(offset, dtype=float)
            )
        else:
            fit = newey_west(design, y, self.lag)
            self.params_, self.covariance_, self.ordinary_ = fit.params, fit.covariance, fit.ordinary
            self.df_, self.lag_, self.dispersion_, self.durbin_watson_ = (
                fit.df,
                fit.lag,
                1.0,
                fit.durbin_watson,
            )
        return self

    def effect(self, after=0):
        """How far the series lies from where it would have gone, so many periods after the change.

        Parameters
        ----------
        after : float

        Returns
        -------
        pandas.Series
            estimate, low, high, std_error; of counts as differences of logarithms.
        """
        return self._combined(2, 3, after)

    def slope_after(self):
        """The trend after the change; estimate, low, high, std_error."""
        return self._combined(1, 3, 1.0)

    def summary(self):
        """The four terms, and the trend after.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        how = "quasi-Poisson" if self.counts else f"Newey–West, lag {self.lag_}"
        found = [
            rows.row(term, self._combined(k, k, 0.0)[["estimate", "low", "high"]], self.n_, how)
            for k, term in enumerate(TERMS[: 3 + self.trend])
        ]
        found.append(rows.row("trend after", self.slope_after()[["estimate", "low", "high"]], self.n_, how))
        return rows.summary(found)

    def _combined(self, one, other, weight):
        contrast = np.zeros(len(self.params_))
        contrast[one] = 1.0
        if self.trend:
            contrast[other] += weight
        error = float(np.sqrt(contrast @ self.covariance_ @ contrast))
        tail = (1 + self.level) / 2
        reach = error * float(ndtri(tail) if self.counts else stdtrit(self.df_, tail))
        middle = float(contrast @ self.params_)
        return pd.Series(
            {"estimate": middle, "low": middle - reach, "high": middle + reach, "std_error": error}
        )

    def _fit_counts(self, x, y, offset):
        if (y < 0).any():
            raise NotEnough("counts are negative")
        n, p = x.shape
        if n <= p:
            raise NotEnough(f"{n} months are too few for {p} coefficients")
        mean = np.maximum(y, 0.5)
        for _ in range(50):
            working = np.log(mean) + (y - mean) / mean - offset
            info = (x * mean[:, None]).T @ x
            params = np.linalg.solve(info, x.T @ (mean * working))
            new = np.exp(x @ params + offset)
            done = np.abs(new - mean).max() < 1e-10 * mean.max()
            mean = new
            if done:
                break
        else:
            raise NotEnough("no estimate found: counts are too few")
        self.params_ = params
        self.ordinary_ = np.linalg.inv((x * mean[:, None]).T @ x)
        self.dispersion_ = float((np.square(y - mean) / mean).sum() / (n - p))
        self.covariance_ = self.ordinary_ * self.dispersion_
        self.df_, self.lag_, self.durbin_watson_ = n - p, 0, np.nan
