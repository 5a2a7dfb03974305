"""Kaplan–Meier: how many are still customers after t, and for how long on average.

Answers "what share of customers is left after a year?" when most of them are still there, so that their
full lifetime is not known yet.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.inputs import aligned, flags, numbers
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.late_entry import notes, risk_sets
from cxresearch.models.survival.risk_sets import follow_up
from cxresearch.stats.interval import Interval, normal_quantile
from cxresearch.stats.rows import row, summary


class RestrictedMean(NamedTuple):
    """The mean time until leaving or until a horizon, whichever is first."""

    estimate: float
    low: float
    high: float
    std_error: float


class KaplanMeier(Estimator):
    """The Kaplan–Meier estimate of survival, for data censored on the right and truncated on the left.

    With d_i events among n_i customers at risk (entry < t_i ≤ duration) at the i-th event time::

        S(t) = Π_{t_i ≤ t} (1 − d_i/n_i),   SE(t) = S(t)·√g,   g = Σ_{t_i ≤ t} d_i/[n_i(n_i − d_i)]

    (Greenwood), with limits S(t)^exp(±z·√g/log S(t)), symmetric on the scale of log(−log S).

    Assumed: customers who are still there, or lost from sight, would go on like those still observed
    (censoring says nothing about risk), and so would those not yet entered.

    Parameters
    ----------
    level : float
        Confidence level.
    start : float or "auto", optional
        Estimate survival given reaching ``start``, as if nobody had been observed before it. Where those under
        observation all leave at once and others enter later, ``"auto"`` takes the stretch in which most are observed.

    Attributes
    ----------
    survival_ : DataFrame
        One row per time with an event: time, at_risk, events, survival, std_error, low, high. Where survival
        reaches 0, the SE is missing, low is 0 and high stays what it was before (if there is no before, it is
        the exact binomial limit 1 − (α/2)^(1/n)).
    start_ : float
        Where the curve starts, at 1: the earliest time anyone was observed.
    last_time_ : float
        Where it ends: the longest duration. Nothing is said about later times.
    n_ : float
        Customers used.
    left_out_ : list of str
        What a reader should know: thin or empty risk sets.

    Notes
    -----
    With delayed entry the first risk sets may hold a handful of customers. If they all leave at once, the
    product is 0 for ever, although hundreds enter later; ``fit`` refuses such data and says which ``start``
    makes sense of them. Sets that are merely thin, or empty for a while, are named in ``left_out_``.

    References
    ----------
    Kaplan, E. L. & Meier, P. (1958). *JASA* 53, 457–481. Klein, J. P. & Moeschberger, M. L. (2003).
    *Survival Analysis*, ch. 4. The numbers are those of R's ``survfit(conf.type = "log-log")``.

    Examples
    --------
    >>> months = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> left = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> curve = KaplanMeier().fit(months, left)
    >>> curve.survival_.head(2).round(4)
       time  at_risk  events  survival  std_error     low    high
    0     6       21       3    0.8571     0.0764  0.6197  0.9516
    1     7       17       1    0.8067     0.0869  0.5631  0.9228
    >>> curve.quantile(0.5)
    Interval(estimate=23.0, low=16.0, high=nan)
    """

    def __init__(self, level=0.95, start=None):
        self.level = level
        self.start = start

    def fit(self, duration, event, entry=None, weights=None):
        """Estimate the curve.

        Parameters
        ----------
        duration : array-like
            Time from the start of the relationship to leaving, or to the last day seen; in any unit.
        event : array-like of bool or 0/1
            Whether the customer left then (1) or was still there (0).
        entry : array-like, optional
            Time, on the same clock, from which the customer was observed; below the duration.
        weights : array-like, optional
            How many customers a row stands for. These are counts: with sampling weights the curve is right
            but its intervals are too narrow.

        Returns
        -------
        KaplanMeier
            This object.

        Raises
        ------
        ValueError
            For missing or negative times, an event that is neither 0 nor 1, an entry not before its
            duration, or a risk set that all leave while others are still to enter.
        """
        z = normal_quantile(self.level)
        aligned(duration=duration, event=event, entry=entry, weights=weights)
        event = flags(event, "event")
        duration, entry, weights = follow_up(duration, entry, weights)
        sets, self.start_ = risk_sets(duration, event, 1, entry, weights, self.start)
        happened = np.flatnonzero(sets.events[:, 0])
        time, at_risk, events = sets.time[happened], sets.at_risk[happened], sets.events[happened, 0]
        staying = np.where(at_risk - events > 1e-9 * at_risk, at_risk - events, 0)
        survival = np.cumprod(staying / at_risk)
        with np.errstate(divide="ignore", invalid="ignore"):
            self._greenwood = np.cumsum(events / (at_risk * staying))
            error = survival * np.sqrt(self._greenwood)
        low, high = _limits(survival, self._greenwood, z, "log-log", at_risk)
        self.survival_ = pd.DataFrame(
            {
                "time": time,
                "at_risk": at_risk,
                "events": events,
                "survival": survival,
                "std_error": error,
                "low": low,
                "high": high,
            },
            copy=False,
        )
        self.last_time_, self.n_ = sets.time[-1].item(), sets.n.item()
        self.left_out_ = notes(sets, self.start_)
        self._sets = sets
        return self

    def at(self, times):
        """Survival at given times.

        Parameters
        ----------
        times : float or array-like
            In the unit of the durations.

        Returns
        -------
        DataFrame
            time, at_risk, survival, std_error, low, high. Before the first event survival is 1 and low is
            the exact binomial limit (α/2)^(1/n) for the n then at risk. Before ``start_``, and after
            ``last_time_`` unless nobody is left, nothing is known and the values are missing.

        Examples
        --------
        >>> KaplanMeier().fit([2, 4, 4, 5], [0, 1, 0, 0]).at([1, 4, 9]).round(3)
           time  at_risk  survival  std_error    low   high
        0     1        4     1.000      0.000  0.398  1.000
        1     4        3     0.667      0.272  0.054  0.945
        2     9        0       NaN        NaN    NaN    NaN
        """
        times = np.atleast_1d(numbers(times, "times", low=0))
        at_risk = np.where(times > self.start_, self._sets.before(times), self._sets.after(times))
        with np.errstate(divide="ignore"):
            unbroken = np.where(times > self.start_, ((1 - self.level) / 2) ** (1.0 / at_risk), 1.0)
        place = np.searchsorted(self.survival_["time"], times, side="right") - 1
        values = {"time": times, "at_risk": at_risk}
        ended = self._ended()
        known = (times >= self.start_) & ((times <= self.last_time_) | ended)
        for name, before in [("survival", 1.0), ("std_error", 0.0), ("low", unbroken), ("high", 1.0)]:
            column = np.r_[self.survival_[name].to_numpy(), np.nan][place]
            values[name] = np.where(known, np.where(place < 0, before, column), np.nan)
        return pd.DataFrame(values)

    def quantile(self, p=0.5, limits="log"):
        """Time by which a share p has left, with Brookmeyer–Crowley limits.

        The smallest t with S(t) ≤ 1 − p; where the curve runs level at exactly 1 − p, the middle of that
        stretch. The limits are the same quantile of the lower and of the upper confidence curve.

        Parameters
        ----------
        p : float or array-like
            Share that has left, between 0 and 1.
        limits : {"log", "log-log"}
            Scale on which those two curves are symmetric: S·exp(±z·√g), as R prints for a ``survfit``, or
            the curves of ``survival_``, which are wider early on.

        Returns
        -------
        Interval
            ``estimate, low, high``; missing where the curve does not fall that far.

        References
        ----------
        Brookmeyer, R. & Crowley, J. (1982). *Biometrics* 38, 29–41.
        """
        if limits not in ("log", "log-log"):
            raise ValueError(f"limits is {limits!r}, not 'log' or 'log-log'")
        p = numbers(p, "p", low=0, high=1)
        time, survival = self.survival_["time"].to_numpy(dtype=float), self.survival_["survival"].to_numpy()
        z, at_risk = normal_quantile(self.level), self.survival_["at_risk"].to_numpy()
        low, high = _limits(survival, self._greenwood, z, limits, at_risk)
        found = (_crossing(time, curve, 1 - p, self.last_time_) for curve in (survival, low, high))
        return Interval(*(times if p.ndim else float(times) for times in found))

    def restricted_mean(self, t=None):
        """Mean time as a customer up to a horizon: the area under the curve, start_ + ∫ S(u) du to t.

        SE² = Σ A_i²·d_i/[n_i(n_i − d_i)] over the event times up to t, with A_i the area from t_i to t.

        Parameters
        ----------
        t : float, optional
            Horizon, at most ``last_time_``, which it is unless given.

        Returns
        -------
        RestrictedMean
            ``estimate, low, high, std_error``, in the unit of the durations; limits ± z·SE.

        Raises
        ------
        ValueError
            If the horizon lies after the last time anyone was observed, or before the first.
        """
        t = self.last_time_ if t is None else t
        ended = self._ended()
        if not self.start_ <= t or (t > self.last_time_ and not ended):
            raise ValueError(f"t is {t}, outside what was observed: {self.start_} to {self.last_time_}")
        rows = self.survival_[self.survival_["time"] <= t]
        grid = np.r_[self.start_, rows["time"], t]
        area = np.diff(grid) * np.r_[1.0, rows["survival"]]
        after = np.cumsum(area[::-1])[::-1][1:]
        steps = np.diff(self._greenwood[: len(rows)], prepend=0.0)
        error = float(np.sqrt(np.sum(after[after > 0] ** 2 * steps[after > 0])))
        mean = float(self.start_ + area.sum())
        half = normal_quantile(self.level) * error
        return RestrictedMean(mean, max(mean - half, float(self.start_)), min(mean + half, float(t)), error)

    def summary(self, times=None):
        """Median, restricted mean, and survival at given times, one row each.

        Parameters
        ----------
        times : array-like, optional
            Times at which to state survival; the last observed time unless given.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        given = "" if not self.start_ else f", given reaching {self.start_:g}"
        mean, times = self.restricted_mean(), [self.last_time_] if times is None else times
        until = f"mean time up to {self.last_time_:g}"
        rows = [
            row(
                "median time", self.quantile(0.5), self.n_, f"Kaplan–Meier, Brookmeyer–Crowley limits{given}"
            ),
            row(until, mean, self.n_, f"restricted mean, area under Kaplan–Meier{given}"),
        ]
        for at in self.at(times).itertuples():
            limits = Interval(at.survival, at.low, at.high)
            method = f"Kaplan–Meier, log–log limits{given}"
            rows.append(row(f"survival at {at.time:g}", limits, self.n_, method, "share"))
        return summary(rows)

    def _ended(self):
        return bool(len(self.survival_)) and self.survival_["survival"].iloc[-1] == 0


def _limits(survival, greenwood, z, scale, at_risk):
    """Confidence curves symmetric in log(−log S) or log S; where S is 0 the upper one stays what it was."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        spread = z * np.sqrt(greenwood)
        if scale == "log":
            low, high = survival * np.exp(-spread), np.minimum(survival * np.exp(spread), 1.0)
        else:
            spread = spread / np.log(survival)
            low, high = survival ** np.exp(-spread), survival ** np.exp(spread)
    if len(survival) and survival[-1] == 0:
        low[-1], high[-1] = 0.0, high[-2] if len(high) > 1 else 1 - ndtr(-z) ** (1 / at_risk[-1])
    return low, high


def _crossing(time, curve, target, last):
    """First time a falling curve is at or below each target; the middle of the stretch that equals it."""
    tolerance = 1e-9
    reached = np.searchsorted(-curve, -(target + tolerance))
    beyond = np.searchsorted(-curve, -(target - tolerance))
    start = np.append(time, np.nan)[reached]
    end = np.append(time, last)[beyond]
    return np.where(beyond > reached, (start + end) / 2, start)
