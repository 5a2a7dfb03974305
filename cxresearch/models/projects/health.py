"""The health of a portfolio of projects: one analysis per question, each fitted when it is first asked for."""

from functools import cached_property

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed
from cxresearch.masking import shortened
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.bermuda_triangle import BermudaTriangle
from cxresearch.models.projects.cancellation import cancellation_hazard
from cxresearch.models.projects.earned_value import EarnedValue
from cxresearch.models.projects.failure import ProjectFailure
from cxresearch.models.projects.failure_rate import ProjectFailureRate
from cxresearch.models.projects.forecasts import failures, finish_and_cost, no_forecasts
from cxresearch.models.projects.profile import history, profile
from cxresearch.models.projects.readiness_sequence import ReadinessSequence
from cxresearch.models.projects.reference_class import ReferenceClass, delivered_costs, delivered_days
from cxresearch.models.projects.risk_list import risk_list
from cxresearch.models.projects.risk_update import RiskUpdate
from cxresearch.models.projects.scope_creep import creep_and_slip
from cxresearch.models.projects.status_moves import FinishForecasts, StatusMoves
from cxresearch.models.projects.watermelons import Watermelons

_DECIDED = 10  # decided projects from which on the ledger takes a probability of failure
_NAME = 48  # letters of a name that are shown
PARTS = {
    "earned_": "Earned value",
    "watermelons_": "Watermelon projects",
    "triangle_": "What was sacrificed",
    "sequence_": "Order of people, processes and technology",
    "moves_": "Changes between reports",
    "finishes_": "Managers' finish dates",
    "rate_": "Failure rate",
    "failure_": "What goes with failure",
    "update_": "Monthly update of the risk",
    "risks_": "Risk list",
    "cost_overruns_": "Reference class of cost",
    "time_overruns_": "Reference class of time",
}


class ProjectHealth(Estimator):
    """Every analysis of a portfolio of projects, wired together.

    ``fit`` takes in the tables. Each part is fitted when it is first asked for; one that the data cannot answer raises ``NotEnough`` then,
    from its own ``fit``.

    Parameters
    ----------
    months : int
        After the finish, when the benefit is counted; for the due dates of forecasts.
    level : float
        Of every interval of every part.

    Attributes
    ----------
    register_, status_ : DataFrame
        The tables as given; without a register, one made from the reports.
    open_ : list
        Keys of the open projects.
    names_ : Series
        What to call each project, by its key.
    left_out_ : list of str
        Each part that cannot be assessed and why, and what the others leave out. Fits every part.

    Examples
    --------
    >>> status = pd.DataFrame({"project_id": ["A", "A"], "status_on": pd.to_datetime(["2025-01-31", "2025-02-28"]), "reported_rag": ["green", "red"]})
    >>> health = ProjectHealth().fit(None, status, "2025-02-28")
    >>> health.moves_.colours_[["colour", "next_colour"]].to_numpy().tolist()
    [['green', 'red']]
    >>> health.earned_
    Traceback (most recent call last):
    cxresearch.errors.NotEnough: project_status has no values in earned_value and budget_at_completion
    """

    def __init__(self, months=12, level=0.95):
        self.months = months
        self.level = level

    def fit(self, projects=None, status=None, as_of=None):
        """Take in a portfolio.

        Parameters
        ----------
        projects : DataFrame or Ibis table, optional
            From :func:`cxresearch.features.projects`.
        status : DataFrame or Ibis table, optional
            From :func:`cxresearch.features.project_status`.
        as_of : date
            The last day that is known.

        Returns
        -------
        ProjectHealth
            This object.

        Raises
        ------
        NotEnough
            If there is no project and no report by `as_of`.
        """
        for name in (*PARTS, "projects_", "gate_", "_now", "cancel_hazard_", "left_out_"):
            vars(self).pop(name, None)
        register, reports = (executed(t) for t in (projects, status))
        self.as_of_ = pd.Timestamp(as_of)
        has_register, has_reports = (t is not None and len(t) > 0 for t in (register, reports))
        if not has_register and not has_reports:
            raise NotEnough("no project and no status report is dated on or before the report's date")
        self.status_ = reports if has_reports else pd.DataFrame(columns=["project_id", "status_on"])
        if not has_register:
            register = pd.DataFrame({"project_id": sorted(reports["project_id"].unique()), "outcome": None})
        self.register_ = register.reset_index(drop=True)
        self.names_ = _names(self.register_)
        self.open_ = self.register_.loc[self.register_["outcome"].isna(), "project_id"].tolist()
        return self

    @cached_property
    def earned_(self):
        """EarnedValue of the status reports."""
        return EarnedValue(self.level).fit(self.status_, self.register_)

    @cached_property
    def watermelons_(self):
        """Watermelons among the reports with earned value."""
        return Watermelons(level=self.level).fit(self.earned_.months_)

    @cached_property
    def triangle_(self):
        """BermudaTriangle, beside the declared priorities."""
        declared = self.register_.set_index("project_id").get("priority")
        return BermudaTriangle(level=self.level).fit(self.earned_, declared)

    @cached_property
    def sequence_(self):
        """ReadinessSequence of the status reports."""
        return ReadinessSequence(level=self.level).fit(self.earned_.months_)

    @cached_property
    def moves_(self):
        """StatusMoves from report to report."""
        return StatusMoves(level=self.level).fit(self.status_)

    @cached_property
    def finishes_(self):
        """FinishForecasts: managers' finish dates of the finished projects."""
        return FinishForecasts(self.level).fit(self.status_, self.register_)

    @cached_property
    def projects_(self):
        """The register, with ``creep`` (scope changes as a share of the first budget) where it is recorded."""
        earned = self._optional("earned_")
        creep = pd.Series(np.nan, self.names_.index)
        if earned is not None:
            creep = earned.status_.set_index("project_id")["creep"]
        is_recorded = (
            self.status_.get("scope_change", pd.Series(dtype=float)).notna().any() or creep.ne(0).any()
        )
        return self.register_.assign(
            creep=self.register_["project_id"].map(creep if is_recorded else {}).astype(float)
        )

    @cached_property
    def rate_(self):
        """ProjectFailureRate of the register."""
        return ProjectFailureRate(self.level).fit(self.register_, self.as_of_)

    @cached_property
    def failure_(self):
        """ProjectFailure of the decided projects, centred on the failure rate."""
        return ProjectFailure(self.level).fit(self.projects_, rate=self.rate_.rate_)

    @cached_property
    def gate_(self):
        """The probability of failure of every project, as of its first gate."""
        return self.failure_.predict(self.projects_)

    @cached_property
    def update_(self):
        """RiskUpdate: what status reports add to the risk at the gate."""
        return RiskUpdate(self.level).fit(self.earned_.months_, self.gate_, self.failure_, self.projects_)

    @cached_property
    def _now(self):
        """The probability of failure of every project: of its latest report, otherwise of its first gate."""
        gate, update = self.gate_, self._optional("update_")
        return gate if update is None else update.now()[gate.columns].combine_first(gate)

    @cached_property
    def cancel_hazard_(self):
        """Cancellations a month of projects that fail: :func:`~cxresearch.models.projects.cancellation.cancellation_hazard`."""
        known = self.register_.set_index("project_id").get("has_failed", pd.Series(dtype="boolean"))
        known = known.reindex(self.names_.index).astype("boolean").astype("Float64").astype(float)
        return cancellation_hazard(self.register_, self.as_of_, known.fillna(self._chance()))

    def _chance(self):
        """The probability of failure of every project, as far as it can be told: else the rate, else a half."""
        risk, rate = self._optional("_now"), self._optional("rate_")
        usual = 0.5 if rate is None or not np.isfinite(rate.rate_) else rate.rate_
        chance = pd.Series(usual, self.names_.index)
        return chance if risk is None else risk["probability"].reindex(chance.index).fillna(chance)

    @cached_property
    def risks_(self):
        """The open projects by risk: :func:`~cxresearch.models.projects.risk_list.risk_list`, with the project's name."""
        if not self.open_:
            raise NotEnough("no project is open")
        gate, now, earned = self.gate_, self._now, self._optional("earned_")
        status = pd.DataFrame() if earned is None else earned.status_.set_index("project_id")
        change = self.failure_.what_if(self.projects_[self.projects_["project_id"].isin(self.open_)])
        risks = risk_list(
            now.loc[self.open_], gate["probability"], status, change, self.level, self.cancel_hazard_
        )
        risks.insert(1, "project", risks["project_id"].map(self.names_))
        return risks

    @cached_property
    def cost_overruns_(self):
        """ReferenceClass of what delivered projects cost against their first budget."""
        return ReferenceClass(self.level).fit(*delivered_costs(self.register_))

    @cached_property
    def time_overruns_(self):
        """ReferenceClass of what delivered projects took against their first plan."""
        return ReferenceClass(self.level).fit(*delivered_days(self.register_))

    @cached_property
    def left_out_(self):
        """Each part that cannot be assessed, and what the others leave out."""
        sentences = []
        for name, label in PARTS.items():
            try:
                sentences += getattr(self, name).left_out_ if name != "risks_" else []
                getattr(self, name)
            except NotEnough as refusal:
                sentences.append(f"{label} not assessed: {refusal}")
        return sentences

    def _optional(self, name):
        """A part that others can do without; None where it cannot be assessed."""
        try:
            return getattr(self, name)
        except NotEnough:
            return None

    def standing(self):
        """Where the open projects stand, the least healthy first.

        Returns
        -------
        DataFrame
            ``EarnedValue.status_`` of the open and unfinished projects, with the name, the probability of failure and cancel_hazard (cancellations a
            month of projects that fail); ordered by SPI(t)·CPI.
        """
        rows = self.earned_.status_
        rows = rows[rows["project_id"].isin(self.open_) & ~rows["is_done"]].copy()
        rows.insert(1, "project", rows["project_id"].map(self.names_))
        rows["probability"] = rows["project_id"].map(self._chance()).astype(float)
        rows["cancel_hazard"] = self.cancel_hazard_
        order = (rows["spi_t"].fillna(1) * rows["cpi"].fillna(1)).to_numpy()
        return rows.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)

    def watermelons_now(self):
        """The open projects by their latest report, as in ``Watermelons.now_``, with the name."""
        rows = self.watermelons_.now_
        rows = rows[rows["project_id"].isin(self.open_)].reset_index(drop=True)
        return rows.assign(project=rows["project_id"].map(self.names_))

    def technology_ahead(self):
        """The rows of ``risks_`` of open projects in which technology came first; none where no project is open."""
        if not self.open_:
            return pd.DataFrame(
                columns=["project_id", "project", "probability", "low", "high", "spend", "at_risk"]
            )
        order = self.sequence_.projects_
        first = order.loc[order["is_technology_first"].astype(bool), "project_id"]
        return self.risks_[self.risks_["project_id"].isin(first)].reset_index(drop=True)

    def scope_and_slip(self):
        """Rank correlation of scope creep with the slip in time and in cost, over all projects."""
        creep = self.projects_.set_index("project_id")["creep"]
        return creep_and_slip(creep, self.triangle_.projects_, self.level)

    def failure_by_order(self):
        """Failure of technology-first projects against the others: ``ReadinessSequence.association``."""
        return self.sequence_.association(self.rate_.outcomes_)

    def worst(self, n, project=""):
        """Keys of the projects to show in detail: one by key or name, or the n riskiest open ones with earned value.

        Raises
        ------
        ValueError
            Where no project is called so.
        NotEnough
            Where that project, or every open one, lacks a report with earned value.
        """
        if project:
            keys = [p for p in self.register_["project_id"] if project in (str(p), str(self.names_[p]))]
            if not keys:
                raise ValueError(f"project {project!r} is not in the data")
            n = 1
        else:
            risks = self._optional("risks_")
            keys = (self.standing() if risks is None else risks)["project_id"]
        seen = set(self.earned_.status_["project_id"])
        keys = [p for p in keys if p in seen][:n]
        if not keys:
            which = f"project {project}" if project else "no open project"
            raise NotEnough(f"{which} has {'no' if project else 'a'} status report with earned value")
        return keys

    def history(self, project_id, reports=8):
        """The last reports of a project, with its risk at each; see :func:`~cxresearch.models.projects.profile.history`."""
        update = self._optional("update_")
        return history(self.earned_.months_, project_id, reports, None if update is None else update.months_)

    def profile(self, project_id):
        """The facts of one project as a Series; see :func:`~cxresearch.models.projects.profile.profile`."""
        triangle, risks = self._optional("triangle_"), self._optional("risks_")
        placed = None if triangle is None else triangle.projects_
        reports = int((self.earned_.months_["project_id"] == project_id).sum())
        return profile(project_id, self.names_[project_id], reports, self.earned_.status_, placed, risks)

    def forecasts(self):
        """For the ledger: probability of failure, finish and cost of each open project.

        Returns
        -------
        dict
            kind → DataFrame as :func:`cxresearch.report.forecast` takes it; empty where nothing is forecast.
        """
        if self._optional("earned_") is None:
            return no_forecasts()
        made = no_forecasts() | finish_and_cost(self.standing(), self.as_of_)
        risks = self._optional("risks_")
        if risks is not None and self.rate_.decided_ >= _DECIDED:
            probability = risks.set_index("project_id")["probability"]
            made["project_fails"] = failures(made["project_finish"], probability, self.months)
        return made


def _names(register):
    """What to call each project: its name, cut where it is long, or its key."""
    keys = register["project_id"]
    named = (
        register.get("project_name", pd.Series(None, register.index, dtype=object)).fillna(keys).astype(str)
    )
    return named.map(lambda name: shortened(name, _NAME)).set_axis(keys)
