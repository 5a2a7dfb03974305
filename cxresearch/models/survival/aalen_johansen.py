"""Aalen–Johansen: how many have left by t for each reason, when a customer can leave for one only.

Counting those who left for a competitor as censored, and reading 1 − Kaplan–Meier for the rest, answers a
question about a world where nobody leaves for a competitor, and is too high in this one.
"""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import aligned, flags, numbers, reject, row_labels
from cxresearch.models.estimator import Estimator
from cxresearch.models.survival.late_entry import notes, risk_sets
from cxresearch.models.survival.risk_sets import follow_up
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import row, summary


class AalenJohansen(Estimator):
    """Cumulative incidence of competing ways to leave: the Aalen–Johansen estimate.

    With n_i customers at risk (entry < t_i ≤ duration), d_ki leaving for cause k, d_i for any, and S the
    Kaplan–Meier curve of leaving for any::

        F_k(t) = Σ_{t_i ≤ t} S(t_{i−1})·d_ki/n_i,   Σ_k F_k(t) = 1 − S(t)

    Its variance is Greenwood's carried to several causes, by the delta method::

        Var F_k(t) = Σ { [F_k(t) − F_k(t_i)]²·d_i/[n_i(n_i − d_i)] + S(t_{i−1})²·d_ki(n_i − d_ki)/n_i³
                         − 2·[F_k(t) − F_k(t_i)]·S(t_{i−1})·d_ki/n_i² }

    which is what Stata's ``stcompet`` and R's ``etm`` report; R's ``cmprsk`` has Aalen's 1978 formula and R's
    ``survfit`` a jackknife, close to it in large samples. The limits are symmetric on the scale of
    log(−log(1 − F)), so that with one cause all numbers are those of ``KaplanMeier``.

    Assumed: being lost from sight, or seen late, says nothing about the risk of leaving for any cause.

    Parameters
    ----------
    level : float
        Confidence level.
    start : float or "auto", optional
        As in :class:`~cxresearch.models.survival.kaplan_meier.KaplanMeier`.

    Attributes
    ----------
    incidence_ : DataFrame
        One row per cause and time at which someone left for it: cause, time, at_risk, events, incidence,
        std_error, low, high.
    causes_ : list
        The causes, in order.
    start_, last_time_, n_, left_out_
        As in :class:`~cxresearch.models.survival.kaplan_meier.KaplanMeier`.

    References
    ----------
    Aalen, O. O. & Johansen, S. (1978). *Scandinavian Journal of Statistics* 5, 141–150. Marubini, E. &
    Valsecchi, M. G. (1995). *Analysing Survival Data from Clinical Trials and Observational Studies*,
    ch. 10. Allignol, A., Schumacher, M. & Beyersmann, J. (2010). *Biometrical Journal* 52, 126–137 (with
    left truncation).

    Examples
    --------
    >>> months = [1, 2, 3, 4, 5, 6]
    >>> reason = ["price", "moved", None, "price", None, None]
    >>> AalenJohansen().fit(months, reason).at(4).round(3)
       cause  time  at_risk  incidence  std_error    low   high
    0  moved     4        3      0.167      0.152  0.025  0.727
    1  price     4        3      0.389      0.219  0.112  0.871
    """

    def __init__(self, level=0.95, start=None):
        self.level = level
        self.start = start

    def fit(self, duration, cause, event=None, entry=None, weights=None):
        """Estimate the curves.

        Parameters
        ----------
        duration : array-like
            Time from the start of the relationship to leaving, or to the last day seen; in any unit.
        cause : array-like
            Why the customer left, as text or number; missing, or the number 0, for one still there.
        event : array-like of bool or 0/1, optional
            Whether the customer left. Give it where a cause may be missing from the records: a leaver
            without a cause is then refused instead of counted as still there.
        entry, weights : array-like, optional
            As in :meth:`KaplanMeier.fit <cxresearch.models.survival.kaplan_meier.KaplanMeier.fit>`.

        Returns
        -------
        AalenJohansen
            This object.

        Raises
        ------
        ValueError
            As ``KaplanMeier.fit``; if ``event`` and ``cause`` contradict each other.
        NotEnough
            If nobody left.
        """
        z = normal_quantile(self.level)
        aligned(duration=duration, cause=cause, event=event, entry=entry, weights=weights)
        code, self.causes_ = _causes(cause)
        if event is not None:
            event = flags(event, "event")
            reject(
                (event == 1) & (code == 0), "cause", "is missing for a customer who left", row_labels(cause)
            )
            reject(
                (event == 0) & (code > 0), "cause", "is given for a customer still there", row_labels(cause)
            )
        duration, entry, weights = follow_up(duration, entry, weights)
        sets, self.start_ = risk_sets(duration, code, len(self.causes_), entry, weights, self.start)
        n, d_k = sets.at_risk[:, None], sets.events
        d = d_k.sum(axis=1, keepdims=True)
        staying = np.where(n - d > 1e-9 * n, n - d, 0)
        survival = np.vstack([np.ones((1, 1)), np.cumprod(staying / np.where(n > 0, n, 1), axis=0)])[:-1]
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = np.where(n > 0, d_k / n, 0.0)
            incidence = np.cumsum(survival * rate, axis=0)
            any_cause = np.where(staying > 0, d / (n * staying), 0.0)
            own = np.where(n > 0, survival**2 * rate * (1 - rate) / n, 0.0)
            cross = np.where(n > 0, survival * rate / n, 0.0)
        variance = _convolved(incidence, any_cause, own, cross)
        error = np.sqrt(variance)
        low, high = _limits(incidence, error, z, sets.at_risk[0])
        columns = {"incidence": incidence, "std_error": error, "low": low, "high": high}
        self.incidence_ = pd.concat(
            [_steps(sets, label, number, columns) for number, label in enumerate(self.causes_)],
            ignore_index=True,
        )
        self.last_time_, self.n_ = sets.time[-1].item(), sets.n.item()
        self.left_out_ = notes(sets, self.start_)
        self._sets, self._ended = sets, bool(staying[-1] == 0)
        return self

    def at(self, times):
        """Cumulative incidence of every cause at given times.

        Parameters
        ----------
        times : float or array-like
            In the unit of the durations.

        Returns
        -------
        DataFrame
            cause, time, at_risk, incidence, std_error, low, high. While nobody has left for a cause its
            incidence is 0 and high is the exact binomial limit 1 − (α/2)^(1/n) for the n at risk. Outside
            ``start_`` to ``last_time_`` the values are missing, unless nobody is left at the end.
        """
        times = np.atleast_1d(numbers(times, "times", low=0))
        at_risk = np.where(times > self.start_, self._sets.before(times), self._sets.after(times))
        known = (times >= self.start_) & ((times <= self.last_time_) | self._ended)
        with np.errstate(divide="ignore"):
            unseen = np.where(times > self.start_, 1 - ((1 - self.level) / 2) ** (1.0 / at_risk), 0.0)
        parts = []
        for cause in self.causes_:
            rows = self.incidence_[self.incidence_["cause"] == cause]
            place = np.searchsorted(rows["time"], times, side="right") - 1
            values = {"cause": np.full(len(times), cause), "time": times, "at_risk": at_risk}
            for name in ("incidence", "std_error", "low", "high"):
                column = np.append(rows[name].to_numpy(), np.nan)[place]
                before = unseen if name == "high" else 0.0
                values[name] = np.where(known, np.where(place < 0, before, column), np.nan)
            parts.append(pd.DataFrame(values))
        return pd.concat(parts, ignore_index=True)

    def summary(self, times=None):
        """Share that has left for each cause by given times, one row each.

        Parameters
        ----------
        times : array-like, optional
            The last observed time unless given.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        given = "" if not self.start_ else f", given reaching {self.start_:g}"
        table = self.at([self.last_time_] if times is None else times)
        method = f"Aalen–Johansen, log–log limits{given}"
        return summary(
            row(f"left by {at.time:g}: {at.cause}", (at.incidence, at.low, at.high), self.n_, method, "share")
            for at in table.itertuples()
        )


def _causes(cause):
    """Number the causes from 1, and those still there 0."""
    code, labels = pd.factorize(pd.Series(cause, dtype=getattr(cause, "dtype", None)), sort=True)
    kept = [number for number, label in enumerate(labels) if label != 0]
    if not kept:
        raise NotEnough("nobody left: cause is missing or 0 in every row")
    if len(kept) > 100:
        raise ValueError(f"cause has {len(kept)} values; group them into a few first")
    renumbered = np.zeros(len(labels) + 1, dtype=np.int64)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    return renumbered[code], [_whole(label) for label in labels[kept].tolist()]


def _whole(label):
    return int(label) if isinstance(label, float) and label.is_integer() else label


def _convolved(incidence, any_cause, own, cross):
    """Sum the variance over event times up to each time, the squares multiplied out."""
    total = np.cumsum(any_cause, axis=0) * incidence**2
    total += np.cumsum(any_cause * incidence**2 + own + 2 * cross * incidence, axis=0)
    variance = total - 2 * incidence * np.cumsum(any_cause * incidence + cross, axis=0)
    return np.where(variance > 1e-13 * total, variance, 0.0)  # less is rounding


def _limits(incidence, error, z, first):
    """1 − (1 − F)^exp(±z·SE/[(1 − F)·log(1 − F)]); where F is 1 the lower one stays what it was."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        left = 1 - incidence
        spread = z * error / (left * np.log(left))
        low, high = 1 - left ** np.exp(spread), 1 - left ** np.exp(-spread)
    full = left <= 1e-12
    before = np.vstack([np.full(incidence.shape[1], ndtr(-z) ** (1 / first)), low[:-1]])
    return np.where(full, before, low), np.where(full, 1.0, high)


def _steps(sets, label, number, columns):
    """The rows of one cause: times at which someone left for it."""
    rows = np.flatnonzero(sets.events[:, number])
    table = {"cause": [label] * len(rows), "time": sets.time[rows], "at_risk": sets.at_risk[rows]}
    table["events"] = sets.events[rows, number]
    return pd.DataFrame(table | {name: values[rows, number] for name, values in columns.items()})
