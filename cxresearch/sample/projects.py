"""Module G, CRM projects: readiness, failure, and a monthly earned-value record.

The log-odds of failure η also slow a project down and make it dearer. A project has failed when it was
cancelled or realised less than half of its planned benefit 12 months after it went live. One uniform variate
V decides both: failed if V < σ(η), and cancelled in the first month k with V < 1 − (1 − h)^k, h the monthly
cancel hazard – so P(failed) is exactly σ(η) and every cancelled project has failed.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import betainc

from cxresearch.sample.blocks import sigmoid
from cxresearch.sample.columns import dates, ids, labels, money, numbers

KINDS = ["CRM platform", "contact centre", "loyalty programme", "customer data", "self-service portal"]
PRIORITIES = ["time", "cost", "quality"]
RAG = ["green", "amber", "red"]


@dataclass
class Portfolio:
    """Projects as arrays; ``z`` has the columns people, process, technology; months count from the window."""

    z: np.ndarray
    is_strategy_first: np.ndarray
    has_sponsor: np.ndarray
    has_pmo: np.ndarray
    log_budget: np.ndarray  # standardised
    creep: np.ndarray
    eta: np.ndarray
    has_failed: np.ndarray
    pace: np.ndarray  # SPI(t)*
    cost: np.ndarray  # cost factor
    planned: np.ndarray  # duration in months
    start: np.ndarray
    cancel: np.ndarray  # the month of its life in which it would be cancelled; a huge number if never


def draw(rng, n, months, p):
    """Draw ``n`` projects that start in the months 0 … ``months`` − 1."""
    people, process, technology, log_budget = rng.standard_normal((4, n))
    process = 0.5 * people + np.sqrt(0.75) * process
    technology = 0.3 * people + np.sqrt(0.91) * technology
    strategy = rng.random(n) < sigmoid(p.strategy_people[0] + p.strategy_people[1] * people)
    sponsor, pmo = rng.random(n) < p.sponsored, rng.random(n) < p.pmo
    creep = rng.gamma(*p.creep_gamma, n)
    eta = (
        p.intercept + p.people * people + p.process * process + p.technology * technology
        + p.imbalance * np.maximum(0, technology - np.minimum(people, process))
        + p.strategy_first * strategy + p.sponsor * np.where(sponsor, 1, -1)
        + p.budget * log_budget + p.creep * (creep - p.creep_gamma[0] * p.creep_gamma[1])
    )  # fmt: skip
    v = rng.random(n)
    failed = v < sigmoid(eta)
    hazard = np.minimum(0.99, p.cancel[0] * np.exp(p.cancel[1] * eta))
    cancel = np.where(failed, np.ceil(np.log1p(-v) / np.log1p(-hazard)), 10**6).astype(np.int64)
    level, slope, noise = p.spi
    pace = np.exp(level + slope * eta + noise * rng.standard_normal(n))
    level, slope, noise = p.cost
    cost = np.exp(level + slope * eta + noise * rng.standard_normal(n))
    heavy = rng.random(n) < sigmoid(p.tail[0] + p.tail[1] * eta)
    cost = cost * np.where(heavy, 1 + rng.pareto(p.tail[2], n), 1.0)
    planned = rng.integers(p.duration[0], p.duration[1] + 1, n)
    start = rng.integers(0, months, n)
    z = np.column_stack([people, process, technology])
    return Portfolio(
        z=z, is_strategy_first=strategy, has_sponsor=sponsor, has_pmo=pmo, log_budget=log_budget, creep=creep,
        eta=eta, has_failed=failed, pace=pace, cost=cost, planned=planned, start=start,
        cancel=np.maximum(1, cancel),
    )  # fmt: skip


def gate_register(n, seed=0, p=None):
    """``n`` projects as at their first gate, and whether each truly fails: for checking a model of failure.

    Parameters
    ----------
    n, seed : int
    p : Projects, optional
        What is planted; that of the sample company unless given.

    Returns
    -------
    (DataFrame, ndarray of bool)
        project_id, the three readiness scores (2 + .8 z, not rounded), is_strategy_first, has_sponsor, baseline_cost and
        creep; and has_failed.

    Examples
    --------
    >>> gate, failed = gate_register(5000, seed=7)
    >>> len(gate), round(float(failed.mean()), 2)
    (5000, 0.46)
    """
    import pandas as pd

    from cxresearch.sample.parameters import Projects

    p = Projects() if p is None else p
    f = draw(np.random.default_rng(seed), n, 36, p)
    gate = pd.DataFrame(
        p.ready_mean + p.ready_sd * f.z, columns=["people_ready", "process_ready", "technology_ready"]
    )
    gate.insert(0, "project_id", [f"P{i:06d}" for i in range(1, n + 1)])
    return gate.assign(
        is_strategy_first=f.is_strategy_first, has_sponsor=f.has_sponsor,
        baseline_cost=p.budget_median * np.exp(p.budget_sigma * f.log_budget), creep=f.creep,
    ), f.has_failed  # fmt: skip


def planted_log_odds(p=None):
    """The coefficients that :func:`gate_register` plants, on the scales of ``cxresearch.models.ProjectFailure``."""
    from cxresearch.sample.parameters import Projects

    p = Projects() if p is None else p
    point = {name: getattr(p, name) / p.ready_sd for name in ("people", "process", "technology", "imbalance")}
    return point | {
        "sponsor": 2 * p.sponsor, "strategy_first": p.strategy_first, "ln_budget": p.budget / p.budget_sigma,
        "creep": p.creep / 10,
    }  # fmt: skip


@dataclass
class Lives:
    """What became of the projects: one entry per project, then one per project and month (``row`` …)."""

    duration: np.ndarray  # months lived inside the window
    is_delivered: np.ndarray
    is_cancelled: np.ndarray
    project: np.ndarray  # per row
    month: np.ndarray  # of the project's life, from 1
    progress: np.ndarray  # effective months of planned progress


def live(rng, portfolio, months, p):
    """Run the projects month by month until delivery, cancellation or the window's end."""
    f = portfolio
    available = months - f.start
    noise = p.pace_sd * rng.standard_normal((f.pace.size, months))
    step = f.pace[:, None] * np.exp(noise - p.pace_sd**2 / 2)
    progress = np.minimum(np.cumsum(step, axis=1), f.planned[:, None])
    done = progress >= f.planned[:, None]
    finish = np.where(done.any(axis=1), done.argmax(axis=1) + 1, 10**6)
    duration = np.minimum.reduce([finish, f.cancel, available])
    is_delivered = (finish <= duration) & (f.cancel > finish)
    is_cancelled = ~is_delivered & (f.cancel <= duration)
    project = np.repeat(np.arange(f.pace.size), duration)
    month = np.arange(project.size) - np.repeat(np.cumsum(duration) - duration, duration) + 1
    return Lives(
        duration=duration, is_delivered=is_delivered, is_cancelled=is_cancelled, project=project, month=month,
        progress=progress[project, month - 1],
    )  # fmt: skip


def tables(block, truth, first):
    """The ``projects`` and ``project_status`` tables of a block; ``first`` is the first project's number."""
    p, window = truth.projects, block.window
    rng = block.rng("projects")
    f = draw(rng, len(block.scaled(p.count, monthly=True)), window.months, p)
    lives = live(block.rng("project_status"), f, window.months, p)
    budget = money(p.budget_median * np.exp(p.budget_sigma * f.log_budget))
    names = ids("P", first + np.arange(f.eta.size), 6)
    status, final_cost = _status(block.rng("project_reports"), window, f, lives, budget, names, p)
    register = block.rng("project_register")
    return _projects(register, window, f, lives, budget, final_cost, names, p), status


def _projects(rng, window, f, lives, budget, final_cost, names, p):
    n, closed = f.eta.size, lives.is_delivered | lives.is_cancelled
    last = f.start + lives.duration - 1
    started = window.first_day(f.start)
    kind = rng.integers(0, len(KINDS), n)
    planned = money(budget * (1.5 + rng.gamma(3, 0.4, n)))
    share = np.where(f.has_failed, 0.02 + 0.46 * rng.beta(2, 1.5, n), 0.52 + 0.8 * rng.beta(2, 2, n))
    known = lives.is_cancelled | (lives.is_delivered & (last + 12 < window.months))
    ready = _scores(p, f.z)
    text = names.to_pylist()
    return pa.table(
        {
            "project_id": names,
            "project_name": pa.array([f"{KINDS[k]} {name}" for k, name in zip(kind, text, strict=True)]),
            "kind": labels(kind, KINDS),
            "approved_on": dates(started - rng.integers(14, 61, n).astype("m8[D]")),
            "started_on": dates(started),
            "planned_finish_on": dates(window.last_day(f.start + f.planned - 1)),
            "baseline_cost": numbers(budget),
            "finished_on": dates(window.last_day(last), missing=~closed),
            "actual_cost": numbers(final_cost, missing=~closed),
            "outcome": labels(lives.is_cancelled, ["delivered", "cancelled"], missing=~closed),
            "benefit_planned": numbers(planned),
            "benefit_realised": numbers(
                money(np.where(lives.is_cancelled, 0, planned * share)), missing=~known
            ),
            "people_ready": numbers(ready[:, 0]),
            "process_ready": numbers(ready[:, 1]),
            "technology_ready": numbers(ready[:, 2]),
            "is_strategy_first": numbers(f.is_strategy_first),
            "has_sponsor": numbers(f.has_sponsor),
            "has_pmo": numbers(f.has_pmo),
            "priority": labels(rng.integers(0, 3, n), PRIORITIES),
        }
    )


def _scores(p, z):
    return np.round(np.clip(p.ready_mean + p.ready_sd * z, 0, 4), 1)


def _status(rng, window, f, lives, budget, names, p):
    i, t = lives.project, lives.month
    bac, plan = budget[i], f.planned[i]

    def curve(progress):
        return betainc(*p.curve, np.minimum(1.0, progress / plan))

    earned = curve(lives.progress)
    opening = t == 1
    gained = np.diff(earned, prepend=0.0)
    gained[opening] = earned[opening]
    spent = np.cumsum(gained * f.cost[i] * np.exp(p.cost_sd * rng.standard_normal(i.size)) * bac)
    begin = np.cumsum(lives.duration) - lives.duration
    spent -= np.repeat(np.r_[0.0, spent][begin], lives.duration)
    spi = lives.progress / t
    reported = spi + p.watermelon * ~f.has_pmo[i]
    rag = np.where(reported >= p.green, 0, np.where(reported >= p.amber, 1, 2))
    forecast = np.maximum(t, np.ceil(plan / reported)).astype(np.int64)
    ready = _scores(
        p,
        f.z[i]
        - (p.ready_drift * f.eta[i] * t)[:, None] / p.ready_sd
        + 0.2 * rng.standard_normal((i.size, 3)),
    )
    defects = rng.poisson(30 * earned * (1 - earned) * np.exp(0.2 * (f.eta[i] if p.people else 0)))
    table = pa.table(
        {
            "project_id": labels(i, names),
            "status_on": dates(window.last_day(f.start[i] + t - 1)),
            "planned_value": numbers(money(bac * curve(t.astype(float)))),
            "earned_value": numbers(money(bac * earned)),
            "actual_cost": numbers(money(spent)),
            "budget_at_completion": numbers(bac),
            "scope_change": numbers(_scope(rng, f, lives, budget, begin, p)),
            "open_defects": numbers(defects.astype(np.int32)),
            "reported_rag": labels(rag, RAG),
            "forecast_finish_on": dates(window.last_day(f.start[i] + forecast - 1)),
            "people_ready": numbers(ready[:, 0]),
            "process_ready": numbers(ready[:, 1]),
            "technology_ready": numbers(ready[:, 2]),
        }
    )
    return table, money(spent[begin + lives.duration - 1])


def _scope(rng, f, lives, budget, begin, p):
    """Approved scope changes by row: creep × budget in max(1, Poisson) parts, in the first four fifths."""
    changes = np.maximum(1, rng.poisson(p.changes, f.creep.size))
    project = np.repeat(np.arange(f.creep.size), changes)
    part = rng.standard_exponential(project.size)
    part *= (f.creep * budget / np.bincount(project, part))[project]
    horizon = np.where(lives.is_delivered, lives.duration, f.planned)[project]
    month = np.ceil(rng.random(project.size) * np.maximum(1, np.floor(0.8 * horizon))).astype(np.int64)
    seen = np.maximum(1, month) <= lives.duration[project]
    row = (begin[project] + np.maximum(1, month) - 1)[seen]
    return money(np.bincount(row, part[seen], minlength=lives.project.size))
