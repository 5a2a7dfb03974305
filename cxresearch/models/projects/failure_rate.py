"""How many projects fail: the firm's own rate, with open projects neither counted as failed nor as saved."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, table
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.earned_schedule import month_number
from cxresearch.models.survival.aalen_johansen import AalenJohansen
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

RATE = "project failure rate"
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
)  # each by its own definition: for comparison, never a prior


class ProjectFailureRate(Estimator):
    """The rate of failure among decided projects, and among all of them with the undecided ones censored.

    Failures show sooner than successes: a cancellation is known at once, a success only when its benefit has been counted. Among the
    decided projects failures are therefore too many. Aalen–Johansen counts each project from its first day, as a failure or a success on the
    day it could be told, and as censored until then::

        F(t) = Σ_{t_i ≤ t} S(t_{i−1})·d_i/n_i     for failed and for succeeded; S falls with both

    What is neither by the last month is still to be decided: F_failed/(F_failed + F_succeeded) is the rate in the end if the late
    are like the early. Its limits reach from the lower limit of F_failed to one minus that of F_succeeded, each the pointwise log–log limit of
    its own curve by Greenwood's variance, and hold what is neither by the last month. They do not hold what the undecided could do at
    worst: none of them fails, or all. Those two bounds need no assumption.

    Attributes
    ----------
    decided_, failed_, open_ : int
    rate_ : float
        The Aalen–Johansen estimate among those decided by the last month.
    between_ : tuple of float
        Its limits, if the undecided turn out like the decided.
    bounds_ : tuple of float
        The rate if none of the undecided fails, and if all do.
    last_month_ : float
    n_ : int
    outcomes_ : DataFrame
        project_id, has_failed; missing where undecided.
    left_out_ : list of str

    Notes
    -----
    Other software states other limits of the same estimate. For the sample company, 49 %, they are 37 to 62 % here; the curve of failures alone has 37 to
    63 % on the scale of log(−log(1 − F)) and 35 to 62 % on that of log(−log F); limits symmetric about the estimate are 36 to 62 % by Greenwood's
    variance, as here and in R's ``etm``, and 35 to 63 % by Aalen's, with d/n² in place of d(n − d)/n³ (an option of R's ``mstate``). Greenwood's is used
    because several decisions fall into one month: they are draws from those at risk, which Aalen's variance, made for one event at a
    time, counts as more uncertain than they are. In 110 simulated portfolios the limits held the true rate in 93 %
    (``tests/coverage/calibration_of_risks.py``).

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
            This object.

        Raises
        ------
        NotEnough
            If no project is decided, none that is has a date, or neither benefits nor cancellations are recorded: a failure cannot be told from a success then.
        """
        frame = executed(projects)
        told = [name for name in ("outcome", "has_failed") if name in frame and frame[name].notna().any()]
        if not told:
            raise NotEnough("no project is recorded as delivered or cancelled on a known day by this date")
        frame = table(frame, ["project_id", "begun_on", "outcome", "has_failed", "decided_on"], "projects")
        self.left_out_ = _unrecorded_benefits(frame)
        failed = frame["has_failed"].astype("boolean")
        is_dated = frame["decided_on"].notna()
        undated = int((failed.notna() & ~is_dated).sum())
        failed = failed.where(is_dated)
        if undated and failed.isna().all():
            raise NotEnough(f"none of {undated:,} projects with an outcome has the date of its finish")
        if failed.isna().all():
            raise NotEnough("by the definition of failure, no project is decided yet")
        if undated:
            self.left_out_.append(
                f"{undated:,} projects have an outcome whose day is not known, and count as undecided"
            )
        self.outcomes_ = frame[["project_id"]].assign(has_failed=failed)
        self.decided_, self.failed_ = int(failed.notna().sum()), int(failed.fillna(False).sum())
        self.n_, self.open_ = len(frame), len(frame) - self.decided_
        self.bounds_ = self.failed_ / self.n_, (self.failed_ + self.open_) / self.n_
        end = pd.to_datetime(frame["decided_on"]).where(failed.notna(), pd.Timestamp(as_of))
        begun = month_number(pd.to_datetime(frame["begun_on"]) - pd.Timedelta(days=1))
        months = np.maximum(month_number(end) - begun, 1 / 31).round(4)
        cause = pd.Series(np.where(failed.fillna(False), "failed", "succeeded"), dtype=object)
        cause = cause.where(failed.notna().to_numpy(), None)
        self.last_month_ = float(months.max())
        two = AalenJohansen(level=self.level, start=0).fit(months, cause)
        last = {name: rows.iloc[-1] for name, rows in two.incidence_.groupby("cause")}
        none = {"incidence": 0.0, "low": 0.0}
        fell, stood = (last.get(name, none) for name in ("failed", "succeeded"))
        self._failed = two.at([two.last_time_]).query("cause == 'failed'")
        self.rate_ = float(fell["incidence"] / (fell["incidence"] + stood["incidence"]))
        self.between_ = min(float(fell["low"]), self.rate_), max(float(1 - stood["low"]), self.rate_)
        return self

    def summary(self):
        """The rate by three ways to treat the undecided.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        decided = wilson(self.failed_, self.decided_, self.level)
        rows = [
            row(
                "failure rate of decided projects (too high: failures show first)",
                decided,
                self.decided_,
                "Wilson score",
                "share",
            )
        ]
        if len(self._failed):
            at = self._failed.iloc[0]
            censored = f"Aalen–Johansen, {self.open_:,} undecided censored"
            limits = at[["incidence", "low", "high"]].tolist()
            rows.append(row(f"failed by month {self.last_month_:.0f}", limits, self.n_, censored, "share"))
        bounds = "Aalen–Johansen, Greenwood's variance, if the undecided turn out like the decided"
        rows.append(row(RATE, (self.rate_, *self.between_), self.n_, bounds, "share"))
        return summary(rows)


def _unrecorded_benefits(frame):
    """What is left out where deliveries count as successes for want of a recorded benefit."""
    if "benefit_realised" not in frame:
        return []
    is_delivered = (frame["outcome"] == "delivered") & frame["has_failed"].notna()
    if not (is_delivered & frame["benefit_realised"].isna()).any():
        return []
    if frame.loc[is_delivered, "has_failed"].astype("boolean").any():
        return []  # deliveries do fail: by the firm's own judgement, or by their cost or time
    if not (frame["outcome"] == "cancelled").any():
        raise NotEnough(
            "neither benefits nor cancellations are recorded, so a failure cannot be told from a success"
        )
    return ["Benefits are not recorded, so only cancellations count as failures"]
