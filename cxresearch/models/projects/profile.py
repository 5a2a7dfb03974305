"""One project in detail: its last reports, and the facts that a page tells of it."""

import numpy as np
import pandas as pd


def history(months, project_id, reports=8, risks=None):
    """The last reports of a project.

    Parameters
    ----------
    months : DataFrame
        ``EarnedValue.months_``.
    project_id : object
    reports : int
        How many.
    risks : DataFrame, optional
        ``RiskUpdate.months_``.

    Returns
    -------
    DataFrame
        report, reported (colour), CPI, SPI(t), scope creep, open defects, and risk of failure where `risks` are given.
    """
    rows = months[months["project_id"] == project_id].tail(reports)
    frame = pd.DataFrame(
        {"report": rows["status_on"], "reported": rows.get("reported_rag", pd.Series("–", rows.index))}
    )
    frame["CPI"], frame["SPI(t)"] = rows["cpi"].round(2), rows["spi_t"].round(2)
    frame["scope creep"] = rows["creep"].map("{:.1%}".format)
    frame["open defects"] = rows.get("open_defects", pd.Series(np.nan, rows.index))
    if risks is not None:
        risk = risks.set_index(["project_id", "status_on"])["probability"]
        risk = risk.reindex(pd.MultiIndex.from_frame(rows[["project_id", "status_on"]])).to_numpy()
        frame["risk of failure"] = ["–" if np.isnan(v) else f"{v:.0%}" for v in risk]
    return frame


def profile(project_id, name, reports, status, placed=None, risks=None):
    """The facts of one project at its latest report.

    Parameters
    ----------
    project_id, name : object, str
    reports : int
        How many it has made.
    status : DataFrame
        ``EarnedValue.status_``.
    placed : DataFrame, optional
        ``BermudaTriangle.projects_``.
    risks : DataFrame, optional
        ``ProjectHealth.risks_``.

    Returns
    -------
    Series
        name, reports, is_done, finish_on, finish_low, finish_high, slip_days (against the first plan), cost, cost_low, cost_high (shares of
        the first budget), creep, priority, sacrificed, probability, low, high, gate, first, fall; missing where not assessed.

    Examples
    --------
    >>> status = pd.DataFrame({"project_id": ["A"], "is_done": False, "finish_on": pd.Timestamp("2026-10-31"), "finish_low": pd.NaT, "finish_high": pd.NaT,
    ...     "planned_finish_on": pd.Timestamp("2026-10-01"), "eac": 120.0, "eac_low": np.nan, "eac_high": np.nan, "bac_first": 100.0, "creep": 0.05})
    >>> facts = profile("A", "portal", 1, status)
    >>> facts["slip_days"], facts["cost"], facts["probability"]
    (30.0, 1.2, nan)
    """
    last = _row(status, project_id)
    facts = last.reindex(["is_done", "finish_on", "finish_low", "finish_high", "creep"])
    facts["name"], facts["reports"] = name, reports
    facts["slip_days"] = (last["finish_on"] - last["planned_finish_on"]) / pd.Timedelta(days=1)
    for end in ("", "_low", "_high"):
        facts[f"cost{end}"] = last[f"eac{end}"] / last["bac_first"]
    facts = pd.concat([facts, _row(placed, project_id).reindex(["priority", "sacrificed"])])
    wanted = ["probability", "low", "high", "gate", "first", "fall"]
    return pd.concat([facts, _row(risks, project_id).reindex(wanted)])


def _row(frame, project_id):
    """The row of a project; empty where there is none."""
    rows = pd.DataFrame() if frame is None else frame[frame["project_id"] == project_id]
    return rows.iloc[0].astype(object) if len(rows) else pd.Series(dtype=object)
