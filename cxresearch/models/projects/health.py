"""All that can be said of a portfolio of projects from what it recorded, and what cannot."""

import numpy as np
import pandas as pd

from cxresearch.inputs import executed
from cxresearch.models.estimator import Estimator
from cxresearch.models.projects.bermuda_triangle import BermudaTriangle
from cxresearch.models.projects.earned_schedule import month_date, month_number
from cxresearch.models.projects.earned_value import EarnedValue
from cxresearch.models.projects.failure import ProjectFailure
from cxresearch.models.projects.failure_rate import ProjectFailureRate
from cxresearch.models.projects.readiness_sequence import READY, ReadinessSequence
from cxresearch.models.projects.reference_class import ReferenceClass
from cxresearch.models.projects.risk_list import risk_list
from cxresearch.models.projects.risk_update import RiskUpdate
from cxresearch.models.projects.status_moves import FinishForecasts, StatusMoves
from cxresearch.models.projects.watermelons import Watermelons

_YEARS = 5  # beyond which no finish is forecast
_REPORTS = 3  # from which on a forecast bears an interval
_CLASS = 10  # finished projects that make a reference class
_NAME = 48  # letters of a name that are shown


class ProjectHealth(Estimator):
    """Run every analysis of projects that the data allow, and say of the others why not.

    Parameters
    ----------
    months : int
        After the finish, when the benefit is counted; for the due dates of forecasts.
    level : float
        Of every interval of every part.

    Attributes
    ----------
    projects_ : DataFrame
        As known, one row per project, with ``creep`` where it is known; made from the reports where there is no register.
    open_ : list
        Keys of the open projects.
    names_ : Series
        What to call each project, by its key.
    earned_, watermelons_, triangle_, sequence_, moves_, finishes_ : model or None
        From the status reports.
    rate_, failure_, update_ : model or None
        From the register: the failure rate, what goes with failure, and the monthly risk.
    classes_ : dict
        "cost", "time" → ReferenceClass of the delivered projects.
    risks_ : DataFrame
        See :func:`~cxresearch.models.projects.risk_list.risk_list`, with the project's name; empty without a failure rate.
    missing_ : DataFrame
        What was left out, and for want of what.

    Examples
    --------
    >>> status = pd.DataFrame({"project_id": ["A", "A"], "status_on": pd.to_datetime(["2025-01-31", "2025-02-28"]), "reported_rag": ["green", "red"]})
    >>> health = ProjectHealth().fit(None, status, "2025-02-28")
    >>> health.missing_.loc[health.missing_["left out"] == "the failure rate", "for want of"].item()
    'the table projects'
    >>> health.moves_.colours_[["colour", "next_colour"]].to_numpy().tolist()
    [['green', 'red']]
    """

    def __init__(self, months=12, level=0.95):
        self.months = months
        self.level = level

    def fit(self, projects=None, status=None, as_of=None):
        """Analyse a portfolio.

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
        ValueError
            If there is no project and no report by `as_of`.
        """
        projects, status = (executed(t) for t in (projects, status))
        self._missing, self.as_of_ = [], pd.Timestamp(as_of)
        has_status, has_register = status is not None and len(status), projects is not None and len(projects)
        if not has_status and not has_register:
            raise ValueError("there is no project, and no status report, by the last day that is known")
        register = (
            projects if has_register else pd.DataFrame({"project_id": sorted(status["project_id"].unique())})
        )
        self.projects_ = register.reset_index(drop=True)
        named = register.get("project_name", pd.Series(None, register.index, dtype=object))
        named = named.fillna(register["project_id"]).astype(str)
        named = named.where(named.str.len() <= _NAME, named.str[: _NAME - 1] + "…")
        self.names_ = named.set_axis(register["project_id"])
        still = register["outcome"].isna() if has_register else pd.Series(True, register.index)
        self.open_ = register.loc[still, "project_id"].tolist()
        self._reports(status if has_status else None, register if has_register else None)
        self._failures(register if has_register else None)
        self._classes(register if has_register else None)
        self.missing_ = pd.DataFrame(self._missing, columns=["left out", "for want of"])
        return self

    def _try(self, name, why, make):
        """The model, or None where its data do not allow it; why is kept."""
        if not why:
            try:
                return make()
            except ValueError as fault:
                why = str(fault)
        self._missing.append([name, why])
        return None

    def _reports(self, status, register):
        none = "" if status is not None else "the table project_status"
        lacks = none or _lacking(status, ["earned_value", "budget_at_completion"])
        self.earned_ = self._try(
            "earned value, its forecasts and fans",
            lacks,
            lambda: EarnedValue(self.level).fit(status, register),
        )
        lacks = lacks or ("earned value" if self.earned_ is None else "")
        timed = lacks or _lacking(status, ["planned_value"])
        months = None if self.earned_ is None else self.earned_.months_
        self.watermelons_ = self._try(
            "watermelons",
            timed or _lacking(status, ["reported_rag"]),
            lambda: Watermelons(level=self.level).fit(months),
        )
        declared = (
            None
            if register is None or "priority" not in register
            else register.set_index("project_id")["priority"]
        )
        self.triangle_ = self._try(
            "the Bermuda Triangle",
            timed,
            lambda: BermudaTriangle(level=self.level).fit(self.earned_, declared),
        )
        self.sequence_ = self._try(
            "who led, month by month",
            lacks or _lacking(status, READY),
            lambda: ReadinessSequence(level=self.level).fit(months),
        )
        self.moves_ = self._try("how reports move", none, lambda: StatusMoves(level=self.level).fit(status))
        dated = none or _lacking(status, ["forecast_finish_on"])
        dated = dated or ("the table projects" if register is None else _lacking(register, ["finished_on"]))
        self.finishes_ = self._try(
            "how the managers' finish dates fared",
            dated,
            lambda: FinishForecasts(self.level).fit(status, register),
        )
        if self.earned_ is not None:
            creep = self.earned_.status_.set_index("project_id")["creep"]
            known = _lacking(status, ["scope_change"]) and creep.eq(0).all()
            self.projects_["creep"] = np.nan if known else self.projects_["project_id"].map(creep)

    def _failures(self, register):
        none = "the table projects"
        if register is not None:
            none = "" if register["outcome"].notna().any() else "a finished project"
            silent = (
                (register["outcome"] == "delivered")
                & register["has_failed"].notna()
                & register["benefit_realised"].isna()
            )
            if silent.any() and not (register["outcome"] == "cancelled").any():
                none = "a recorded benefit, or a cancellation: without either, nobody can tell a failure from a success"
            elif silent.any():
                self._missing.append(
                    [
                        "benefit as a part of failure",
                        "the columns benefit_planned, benefit_realised: only cancellations count",
                    ]
                )
        self.rate_ = self._try(
            "the failure rate", none, lambda: ProjectFailureRate(self.level).fit(register, self.as_of_)
        )
        self.failure_ = self.update_ = None
        self.risks_ = pd.DataFrame()
        if self.rate_ is None:
            self._missing.append(["what goes with failure, and the risk list", none])
            return
        if not self.rate_.decided_:
            self._missing.append(["what goes with failure, and the risk list", "a decided project"])
            return
        model = ProjectFailure(self.level).fit(self.projects_, rate=self.rate_.rate_)
        self.failure_, gate = model, model.predict(self.projects_)
        if not model.can_predict_:
            self._missing.append(["what goes with failure", model.notes_[-1]])
        now, status = gate, pd.DataFrame()
        if self.earned_ is not None:
            self.update_ = RiskUpdate(self.level).fit(self.earned_.months_, gate, model, self.projects_)
            now = self.update_.now()[["probability", "low", "high"]].combine_first(gate)
            status = self.earned_.status_.set_index("project_id")
            if not self.update_.can_update_:
                self._missing.append(["the monthly update of the risk", self.update_.note_])
        ids = [p for p in self.open_ if p in now.index]
        opened = self.projects_[self.projects_["project_id"].isin(ids)]
        change = model.what_if(opened) if model.can_predict_ and len(ids) else pd.DataFrame()
        risks = (
            risk_list(now.loc[ids], gate["probability"], status, change, self.level)
            if ids
            else pd.DataFrame()
        )
        if len(risks):
            risks.insert(1, "project", risks["project_id"].map(self.names_))
        self.risks_ = risks

    def _classes(self, register):
        self.classes_ = {}
        none = "" if register is not None else "the table projects"
        done = pd.DataFrame() if none else register[register["outcome"] == "delivered"]
        for name, columns in (
            ("cost", ["baseline_cost", "actual_cost"]),
            ("time", ["begun_on", "planned_finish_on", "finished_on"]),
        ):
            lacks = (
                none
                or ("" if len(done) >= _CLASS else f"{_CLASS} delivered projects")
                or _lacking(done, columns)
            )
            model = self._try(
                f"the reference class of {name}", lacks, lambda c=columns: _reference(done, c, self.level)
            )
            if model is not None:
                self.classes_[name] = model

    def standing(self):
        """Where the open projects stand, the least healthy first.

        Returns
        -------
        DataFrame
            ``EarnedValue.status_`` of the open and unfinished projects, with the name; ordered by SPI(t)·CPI.
        """
        rows = self.earned_.status_
        rows = rows[rows["project_id"].isin(self.open_) & ~rows["is_done"]].copy()
        rows.insert(1, "project", rows["project_id"].map(self.names_))
        order = (rows["spi_t"].fillna(1) * rows["cpi"].fillna(1)).to_numpy()
        return rows.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)

    def worst(self, n, project=""):
        """Keys of the projects to show a page of: one by key or name, or the n riskiest.

        Raises
        ------
        ValueError
            Where no project is called so.
        """
        if project:
            found = [p for p in self.projects_["project_id"] if project in (str(p), str(self.names_[p]))]
            if not found:
                raise ValueError(f"project {project!r} is not in the data")
            return found[:1]
        if len(self.risks_):
            ids = self.risks_["project_id"].tolist()
        else:
            ids = self.standing()["project_id"].tolist() if self.earned_ is not None else []
        seen = set(self.earned_.status_["project_id"]) if self.earned_ is not None else set()
        return [p for p in ids if p in seen][:n]

    def history(self, project_id, reports=8):
        """The last reports of a project, with its risk at each."""
        rows = self.earned_.months_[self.earned_.months_["project_id"] == project_id].tail(reports)
        found = pd.DataFrame(
            {"report": rows["status_on"], "reported": rows.get("reported_rag", pd.Series("–", rows.index))}
        )
        found["CPI"], found["SPI(t)"] = rows["cpi"].round(2), rows["spi_t"].round(2)
        found["creep"] = rows["creep"].map("{:.1%}".format)
        found["open defects"] = rows.get("open_defects", pd.Series(np.nan, rows.index))
        if self.update_ is not None:
            risk = self.update_.months_.set_index(["project_id", "status_on"])["probability"]
            risk = risk.reindex(pd.MultiIndex.from_frame(rows[["project_id", "status_on"]])).to_numpy()
            found["risk"] = ["–" if np.isnan(v) else f"{v:.0%}" for v in risk]
        return found

    def told(self, project_id):
        """One project in sentences."""
        last = self.earned_.status_.set_index("project_id").loc[project_id]
        count = (self.earned_.months_["project_id"] == project_id).sum()
        said = [f"{self.names_[project_id]}, {count} report{'s' if count > 1 else ''}."]
        if last["is_done"]:
            said.append("All its work is done.")
        elif pd.notna(last["finish_on"]):
            slip = (last["finish_on"] - last["planned_finish_on"]).days
            span = (
                f", {last['finish_low']:%Y-%m-%d} to {last['finish_high']:%Y-%m-%d}"
                if pd.notna(last["finish_high"])
                else ", no interval"
            )
            said.append(
                f"Finish {last['finish_on']:%Y-%m-%d} ({slip:+,d} days against the first plan{span})."
            )
        if pd.notna(last["eac"]) and not last["is_done"]:
            span = (
                f"{last['eac_low'] / last['bac_first']:.0%} to {last['eac_high'] / last['bac_first']:.0%}"
                if pd.notna(last["eac_low"])
                else "no interval"
            )
            said.append(
                f"Cost {last['eac'] / last['bac_first']:.0%} of the first budget ({span}); scope has grown by {last['creep']:.1%}."
            )
        if self.triangle_ is not None:
            own = self.triangle_.projects_.set_index("project_id").loc[project_id]
            said.append(f"Declared to come first: {own['priority'] or 'nothing'}; what pays: {own['pays']}.")
        risk = self.risks_[self.risks_["project_id"] == project_id] if len(self.risks_) else self.risks_
        if len(risk):
            risk = risk.iloc[0]
            span = f" ({risk['low']:.0%} to {risk['high']:.0%})" if pd.notna(risk["low"]) else ""
            said.append(f"Risk of failure {risk['probability']:.0%}{span}, {risk['gate']:.0%} at the gate.")
            if isinstance(risk["first"], str):
                said.append(
                    f"What would lower it most, by association: {risk['first']} ({100 * risk['fall']:+.0f} points at the gate)."
                )
        return " ".join(said)

    def forecasts(self):
        """For the ledger: probability of failure, finish and cost of each open project.

        A finish falls due a quarter of its way after the last day thought likely, so that one which is later still counts as a miss; the failure
        when the benefit will have been counted. Below three reports there is no interval; beyond five years no forecast.

        Returns
        -------
        dict
            kind → DataFrame as :func:`cxresearch.report.forecast` takes it; empty where nothing can be said.
        """
        empty = pd.DataFrame(columns=["unit_id", "due_on"])
        found = {"project_finish": empty, "project_cost": empty, "project_fails": empty}
        if self.earned_ is None:
            return found
        rows = self.standing().dropna(subset=["seen_on"]).query("seen_on > @self.as_of_")
        sure = (rows["n"] >= _REPORTS) & rows["seen_high"].notna()
        last = rows["seen_high"].where(sure, rows["seen_on"] + pd.Timedelta(days=365))
        last = last.where(last < self.as_of_ + pd.DateOffset(years=_YEARS))
        rows, sure, last = rows[last.notna()], sure[last.notna()], last.dropna()
        wait = np.ceil((last - self.as_of_).dt.days.clip(lower=30) / 4)
        due = last + pd.to_timedelta(wait, unit="D")
        unit = {"unit_id": rows["project_id"].astype(str), "due_on": due.dt.date}
        days = {c: (rows[f"seen_{c}"] - self.as_of_).dt.days for c in ("on", "low", "high")}
        found["project_finish"] = pd.DataFrame(
            unit | {"mean": days["on"], "low": days["low"].where(sure), "high": days["high"].where(sure)}
        )
        cost = pd.DataFrame(
            unit
            | {"mean": rows["eac"], "low": rows["eac_low"].where(sure), "high": rows["eac_high"].where(sure)}
        ).dropna(subset=["mean"])
        found["project_cost"] = cost
        if len(self.risks_) and self.rate_.decided_ >= 10:
            risk = self.risks_.set_index("project_id")["probability"].reindex(rows["project_id"]).to_numpy()
            counted = month_date(month_number(due) + self.months + 1)
            failing = pd.DataFrame(unit | {"due_on": counted.date, "probability": risk})
            found["project_fails"] = failing.dropna(subset=["probability"])
        return found


def _lacking(frame, columns):
    """The columns that are not there, or hold nothing, in words; empty where all are."""
    lacks = [c for c in columns if c not in frame or frame[c].isna().all()]
    lacks = ["started_on" if c == "begun_on" else c for c in lacks]
    return "" if not lacks else f"the column{'s' if len(lacks) > 1 else ''} {', '.join(lacks)}"


def _reference(done, columns, level):
    rows = done.dropna(subset=columns)
    if columns[0] == "begun_on":
        actual, planned = (
            (pd.to_datetime(rows[c]) - pd.to_datetime(rows["begun_on"])).dt.days + 1
            for c in ("finished_on", "planned_finish_on")
        )
    else:
        actual, planned = rows["actual_cost"], rows["baseline_cost"]
    usable = (actual > 0) & (planned > 0)
    if usable.sum() < _CLASS:
        raise ValueError(f"{_CLASS} delivered projects with a positive plan and result")
    return ReferenceClass(level).fit(actual[usable].to_numpy(), planned[usable].to_numpy())
