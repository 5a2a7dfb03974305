"""What a project's failure is explained with: readiness at the first gate, its imbalance, and how it was set up."""

import numpy as np
import pandas as pd

from cxresearch.inputs import reject, table

# in the order in which they are kept where failures are too few for all of them: fixed here, before any data are seen
PREDICTORS = {
    "people": "readiness of people, per point",
    "process": "readiness of processes, per point",
    "sponsor": "executive sponsor",
    "strategy_first": "strategy before software",
    "imbalance": "technology ahead of people and processes, per point",
    "ln_budget": "budget, per factor of e",
    "creep": "scope creep, per 10% of the budget",
    "technology": "readiness of technology, per point",
}
NEEDS = {
    "people": ["people_ready"],
    "process": ["process_ready"],
    "technology": ["technology_ready"],
    "sponsor": ["has_sponsor"],
    "strategy_first": ["is_strategy_first"],
    "ln_budget": ["baseline_cost"],
    "imbalance": ["people_ready", "process_ready", "technology_ready"],
    "creep": ["creep"],
}
GAPS = 0.2  # share of missing values from which on a predictor is left out
ALIKE = 5  # projects that must differ from the others in a predictor


def failure_design(projects):
    """The predictors of each project, as known at its first gate; scope creep as known so far.

    imbalance = max(0, technology − min(people, process)). A readiness that was scored later knows the outcome: use the register's,
    never the monthly one.

    Parameters
    ----------
    projects : DataFrame or Ibis table
        From :func:`cxresearch.features.projects`, with ``creep`` (changes of scope so far, as a share of the first budget) where it
        is known.

    Returns
    -------
    DataFrame
        Columns of `PREDICTORS`, by project_id; missing where a project lacks a value.

    Examples
    --------
    >>> gate = pd.DataFrame({"project_id": ["A"], "people_ready": [1.0], "process_ready": [2.5], "technology_ready": [3.0],
    ...     "is_strategy_first": [False], "has_sponsor": [True], "baseline_cost": [100.0]})
    >>> failure_design(gate).round(2)[["people", "imbalance", "sponsor", "ln_budget"]].to_dict("records")
    [{'people': 1.0, 'imbalance': 2.0, 'sponsor': 1.0, 'ln_budget': 4.61}]
    """
    frame = table(projects, ["project_id"], "projects").set_index("project_id")
    missing = pd.Series(np.nan, frame.index)
    value = {
        name: pd.to_numeric(frame.get(name, missing).astype("Float64"), errors="coerce").astype(float)
        for name in {c for columns in NEEDS.values() for c in columns}
    }
    least = np.minimum(value["people_ready"], value["process_ready"])
    budget = value["baseline_cost"].where(value["baseline_cost"] > 0)
    return pd.DataFrame(
        {
            "people": value["people_ready"],
            "process": value["process_ready"],
            "sponsor": value["has_sponsor"],
            "strategy_first": value["is_strategy_first"],
            "imbalance": (value["technology_ready"] - least).clip(lower=0),
            "ln_budget": np.log(budget),
            "creep": value["creep"] * 10,
            "technology": value["technology_ready"],
        }
    )


def usable_predictors(design):
    """Which predictors can be used, and why the others cannot.

    Parameters
    ----------
    design : DataFrame
        Of the decided projects.

    Returns
    -------
    (list, dict)
        Names in their fixed order; name → reason.
    """
    kept, dropped = [], {}
    for name in (n for n in PREDICTORS if n in design):
        column = design[name]
        gaps = column.isna().mean()
        if not len(column) or gaps == 1:
            dropped[name] = "not recorded"
        elif gaps > GAPS:
            dropped[name] = f"missing in {gaps:.0%} of the decided projects"
        elif len(column.dropna()) - column.value_counts().iloc[0] < ALIKE:
            dropped[name] = "nearly the same in all decided projects"
        else:
            kept.append(name)
    return kept, dropped


def improved(projects):
    """Each weakness that could be removed, in words, and the projects without it."""
    reject(projects["project_id"].duplicated(), "project_id", "occurs twice", projects["project_id"])
    for name, label in (
        ("people_ready", "people one point readier"),
        ("process_ready", "processes one point readier"),
    ):
        if name in projects:
            yield label, projects.assign(**{name: (projects[name] + 1).clip(upper=4)})
    if {"people_ready", "process_ready", "technology_ready"} <= set(projects):
        least = projects[["people_ready", "process_ready"]].min(axis=1)
        held = np.minimum(projects["technology_ready"], least)
        yield "technology waits for people and processes", projects.assign(technology_ready=held)
    for name, label in (
        ("has_sponsor", "an executive sponsor"),
        ("is_strategy_first", "strategy before software"),
    ):
        if name in projects:
            yield label, projects.assign(**{name: True})
