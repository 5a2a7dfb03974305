"""How many projects fail: the firm's own rate, with open projects neither counted as failed nor as saved."""

import numpy as np
import pandas as pd

from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.earned_schedule import month_number
from cxresearch.models.survival.aalen_johansen import AalenJohansen
from cxresearch.stats.proportions import wilson

PUBLISHED = pd.DataFrame(
    [
        ["Gartner 2001", 0.50],
        ["Butler 2002", 0.70],
        ["Selling Power 2002", 0.693],
        ["AMR 2005", 0.18],
        ["AMR 2006", 0.31],
        ["AMR 2007", 0.29],
        ["EIU 2007", 0.56],
        ["Forrester 2009", 0.47],
        ["CRMGuru", 0.35],
    ],
    columns=["source", "rate"],
)  # each by its own definition: a backdrop, never a prior


class ProjectFailureRate(Estimator):
    """The rate of failure among decided projects, and among all of them with the undecided ones censored.

    Failures show sooner than successes: a cancellation is known at once, a success only when its benefit has been counted. Among the
    decided projects failures are therefore too many. Aalen–Johansen counts each project from its first day, as a failure or a success on the
    day it could be told, and as censored until then::

        F(t) = Σ_{t_i ≤ t} S(t_{i−1})·d_i/n_i     for failed and for succeeded; S falls with both

    What is neither by the last month is still to be decided: F_failed/(F_failed + F_succeeded) is the rate in the end if the late
    are like the early. Its limits reach from the lower limit of F_failed to one minus that of F_succeeded, which holds chance and
    whatever becomes of the undecided.

    Attributes
    ----------
    decided_, failed_, open_ : int
    rate_ : float
        The Aalen–Johansen estimate among those decided by the last month; missing where nothing is decided.
    between_ : tuple of float
        Its limits; 0 and 1 where nothing is decided.
    last_month_ : float
    notes_ : list of str

    Examples
    --------
    >>> register = pd.DataFrame({
    ...     "project_id": list("ABCD"), "begun_on": pd.to_datetime("2024-01-01"), "outcome": ["cancelled", "delivered", None, "delivered"],
    ...     "has_failed": [True, False, None, None],
    ...     "decided_on": pd.to_datetime(["2024-06-30", "2025-12-31", None, None]),
    ... })
    >>> rate = ProjectFailureRate().fit(register, "2025-12-31")
    >>> rate.decided_, rate.failed_, rate.rate_
    (2, 1, 0.5)
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, projects, as_of):
        """Estimate the rate.

        Parameters
        ----------
        projects : DataFrame or Ibis table
            From :func:`cxresearch.features.projects`: project_id, begun_on, outcome, has_failed, decided_on.
        as_of : date

        Returns
        -------
        ProjectFailureRate
            This object. Nothing decided is no error: the rate is then missing, and between 0 and 1.
        """
        frame = table(projects, ["project_id", "begun_on", "outcome", "has_failed", "decided_on"], "projects")
        failed = frame["has_failed"].astype("boolean")
        is_dated = frame["decided_on"].notna()
        self.notes_ = []
        undated = int((failed.notna() & ~is_dated).sum())
        if undated:
            self.notes_.append(f"{undated:,} decided projects have no date and count as open")
        failed = failed.where(is_dated)
        self.decided_, self.failed_ = int(failed.notna().sum()), int(failed.fillna(False).sum())
        self.open_ = len(frame) - self.decided_
        end = pd.to_datetime(frame["decided_on"]).where(failed.notna(), pd.Timestamp(as_of))
        begun = month_number(pd.to_datetime(frame["begun_on"]) - pd.Timedelta(days=1))
        months = np.maximum(month_number(end) - begun, 1 / 31).round(4)
        cause = pd.Series(np.where(failed.fillna(False), "failed", "succeeded"), dtype=object)
        cause = cause.where(failed.notna().to_numpy(), None)
        self.rate_, self.between_, self.last_month_ = np.nan, (0.0, 1.0), float(months.max())
        if self.decided_:
            two = AalenJohansen(level=self.level, start=0).fit(months, cause)
            last = {name: rows.iloc[-1] for name, rows in two.incidence_.groupby("cause")}
            none = {"incidence": 0.0, "low": 0.0}
            fell, stood = (last.get(name, none) for name in ("failed", "succeeded"))
            self._failed = two.at([two.last_time_]).query("cause == 'failed'")
            self.rate_ = float(fell["incidence"] / (fell["incidence"] + stood["incidence"]))
            self.between_ = min(float(fell["low"]), self.rate_), max(float(1 - stood["low"]), self.rate_)
        self.n_ = len(frame)
        return self

    def summary(self):
        """The rate by three readings of the undecided.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        decided = wilson(self.failed_, self.decided_, self.level)
        rows = [
            [
                "failed, of the decided (too high: failures show first)",
                *decided,
                self.decided_,
                "Wilson score",
            ]
        ]
        if self.decided_ and len(self._failed):
            at = self._failed.iloc[0]
            told = f"Aalen–Johansen, {self.open_:,} undecided censored"
            rows.append(
                [
                    f"failed by month {self.last_month_:.0f}",
                    at["incidence"],
                    at["low"],
                    at["high"],
                    self.n_,
                    told,
                ]
            )
            bounds = "Aalen–Johansen, whatever becomes of the undecided"
            rows.append(["failed in the end", self.rate_, *self.between_, self.n_, bounds])
        frame = pd.DataFrame(rows, columns=["metric", "estimate", "low", "high", "n", "method"])
        return frame.assign(unit="share")
