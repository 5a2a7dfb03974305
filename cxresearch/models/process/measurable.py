"""Is a process measured: has each of its steps a number, an owner and fresh data."""

import datetime

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats import rows
from cxresearch.stats.proportions import wilson

FRESH = 35  # days: a monthly number, and a few days to make it
NEEDS = ("kpi", "owner", "data_updated_on")


class Measurable(Estimator):
    """The share of a process's steps that have a KPI, an owner, and data younger than `days`.

    Parameters
    ----------
    days : int
        Age from which data are no longer fresh.
    level : float
        Confidence level.

    Attributes
    ----------
    processes_ : DataFrame
        process, n (steps), measured, estimate, low, high (Wilson), musts_measured (all steps that are a must).
    steps_ : DataFrame
        process, activity, rule, lacks (what is missing of a step, in words; empty where nothing is).

    Notes
    -----
    That a number exists does not make it a good one: a KPI that people are judged by is worked on, not always the process behind it (Goodhart). The steps of a process are all there are, so
    that the interval only tells how little six steps say about its steps in general.

    Examples
    --------
    >>> steps = pd.DataFrame({"process": "order", "activity": ["enter", "ship"], "rule": "must", "kpi": ["hours", None], "owner": ["Sales", "Logistics"],
    ...     "data_updated_on": pd.to_datetime(["2026-09-20", None])})
    >>> found = Measurable().fit(steps, "2026-09-30")
    >>> found.processes_["estimate"].tolist(), found.steps_["lacks"].tolist()
    ([0.5], ['', 'no KPI, no data'])
    """

    def __init__(self, days=FRESH, level=0.95):
        self.days = days
        self.level = level

    def fit(self, models, as_of):
        """Look at each step.

        Parameters
        ----------
        models : pandas.DataFrame
            The contract's ``process_models``: process, activity and at least one of kpi, owner, data_updated_on.
        as_of : date or str
            The day on which data must be fresh; what was updated later was not known then.

        Returns
        -------
        Measurable
            This object.

        Raises
        ------
        NotEnough
            Where no step names a KPI, an owner or the day of its data.
        """
        if not any(c in models and models[c].notna().any() for c in NEEDS):
            raise NotEnough("no step of a process names its KPI, its owner or the day of its data")
        day = pd.Timestamp(datetime.date.fromisoformat(as_of) if isinstance(as_of, str) else as_of)
        lacking = [
            f"the process models have no column {c}, so that no step has it" for c in NEEDS if c not in models
        ]
        self.left_out_ = lacking
        told = {c: models[c] if c in models else pd.Series(None, models.index, dtype=object) for c in NEEDS}
        age = (day - pd.to_datetime(told["data_updated_on"])).dt.days
        faults = pd.DataFrame(
            {
                "no KPI": told["kpi"].isna(),
                "no owner": told["owner"].isna(),
                "no data": age.isna() | (age < 0),
                f"no data for {self.days} days": age >= self.days,
            }
        )
        lacks = [
            ", ".join(name for name, is_so in zip(faults, line, strict=True) if is_so)
            for line in faults.to_numpy()
        ]
        self.steps_ = models[["process", "activity", "rule"]].assign(lacks=lacks).reset_index(drop=True)
        found = []
        for name, part in self.steps_.groupby("process", sort=True):
            is_measured = part["lacks"] == ""
            limits = wilson(is_measured.sum(), len(part), self.level)._asdict()
            musts = bool(is_measured[part["rule"] == "must"].all())
            row = {"process": name, "n": len(part), "measured": int(is_measured.sum())}
            found.append(row | limits | {"musts_measured": musts})
        self.processes_ = pd.DataFrame(found)
        return self

    def summary(self):
        """The share of measured steps of all processes together: a process alone has too few.

        Returns
        -------
        pandas.DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        total, measured = int(self.processes_["n"].sum()), int(self.processes_["measured"].sum())
        limits = wilson(measured, total, self.level)
        return rows.summary(
            [rows.row("steps of processes that are measured", limits, total, "Wilson score", "share")]
        )
