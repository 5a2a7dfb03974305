"""Page 02 again: alignments by recursion, elasticity and changes by statsmodels' HAC errors, deviations by its logit, years by its ordinal model."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import t as student
from statsmodels.miscmodels.ordinal_model import OrderedModel

MAY = {2, 5}  # positions that a case may leave out


@pytest.fixture(scope="module")
def page(published):
    return published("02_process_and_readiness")


@pytest.fixture(scope="module")
def cases(tables):
    """A row a case: its path as positions of the model, when it began, its hours, and what it came to."""
    steps = tables("process_steps").merge(
        tables("process_models")[["process", "activity", "position"]], on=["process", "activity"]
    )
    steps = steps.sort_values(["case_id", "finished_at", "sequence"])
    whole = steps.groupby("case_id")
    found = whole.agg(
        process=("process", "first"), began=("finished_at", "min"), ended=("finished_at", "max"),
        path=("position", tuple), complexity=("complexity", "first"), channel=("channel", "first"),
        customer=("customer_id", "first"), resolved=("is_resolved", "last"), is_open=("is_open_case", "max"),
    )  # fmt: skip
    found["hours"] = (found["ended"] - found["began"]) / pd.Timedelta(hours=1)
    return found


@cache
def cost(path, place=1):
    """The fewest steps to add or to skip that make a path 1, 2 … 6, of which 2 and 5 may be missing."""
    if place > 6:
        return len(path)
    skipped = (place not in MAY) + cost(path, place + 1)
    if not path:
        return skipped
    matched = cost(path[1:], place + 1) if path[0] == place else np.inf
    return min(matched, skipped, 1 + cost(path[1:], place))


def test_fitness(page, cases):
    own = cases[(cases["process"] == "complaint") & ~cases["is_open"].astype(bool)]
    fitness = own["path"].map(lambda path: 1 - cost(path) / (len(path) + 4))
    reach = 1.96 * fitness.sem()
    assert page.agrees(
        "complaint: fitness", fitness.mean(), fitness.mean() - reach, fitness.mean() + reach, slack=1e-4
    )


def larger(design, y):
    """A fit by least squares with the larger of two covariances: the ordinary one, and Newey and West's by statsmodels."""
    model = sm.OLS(np.asarray(y), np.asarray(design, dtype=float))
    lags = {"maxlags": int(4 * (len(y) / 100) ** (2 / 9)), "use_correction": True}
    return model.fit(), model.fit(cov_type="HAC", cov_kwds=lags)


def test_elasticity(page, tables):
    costs = tables("process_costs")
    own = costs[costs["process"] == "billing query"].sort_values("month_on")
    months = pd.get_dummies(own["month_on"].dt.month, drop_first=True).astype(float)
    design = np.column_stack([np.ones(len(own)), np.log(own["volume"]), months])
    plain, robust = larger(design, np.log(own["cost"]))
    reach = student.ppf(0.975, plain.df_resid) * max(plain.bse[1], robust.bse[1])
    middle = plain.params[1]
    assert page.agrees("billing query: elasticity of cost", middle, middle - reach, middle + reach)


def by_month(cases, process):
    """The mean logarithm of hours of closed cases, by months in which hardly any case is open."""
    own = cases[cases["process"] == process]
    number = own["began"].dt.year * 12 + own["began"].dt.month
    is_open = own["is_open"].astype(bool)
    whole = is_open.groupby(number).mean() <= 0.05
    closed = ~is_open & (own["hours"] > 0)
    return np.log(own["hours"][closed]).groupby(number[closed]).mean()[lambda s: whole[s.index]]


def effect(series, start):
    """How far a series lies from its course after six months, with its limits, as a relative change."""
    t, after = series.index.to_numpy(float), series.index >= start
    months = pd.get_dummies(series.index % 12, drop_first=True).astype(float)
    design = np.column_stack([np.ones(len(t)), t - start, after, (t - start) * after, months])
    plain, robust = larger(design, series)
    contrast = np.zeros(design.shape[1])
    contrast[2:4] = 1, 6
    error = np.sqrt(max(contrast @ fit.cov_params() @ contrast for fit in (plain, robust)))
    middle, reach = contrast @ plain.params, student.ppf(0.975, plain.df_resid) * error
    return np.expm1([middle, middle - reach, middle + reach])


def test_a_change_and_its_controls(page, cases, tables):
    change = tables("process_changes").set_index("change_id").loc["X001"]
    start = change["started_on"].year * 12 + change["started_on"].month
    own = by_month(cases, "delivery")
    metric = "delivery, change X001: cycle time after 6 months"
    assert page.agrees(metric, *effect(own, start))
    others = [
        by_month(cases, name)
        for name in cases["process"].unique()
        if name not in ("delivery", "technical fault")
    ]
    level = pd.concat([one - one.mean() for one in others], axis=1).mean(axis=1)
    both = own.index.intersection(level.index)
    assert page.agrees(f"{metric}, against unchanged processes (8)", *effect((own - level)[both], start))


def test_what_leaving_a_must_step_goes_with(page, cases):
    """A logit by statsmodels; the effect as the mean difference of two predictions, its error by numeric derivatives."""
    known = cases[~cases["is_open"].astype(bool)].dropna(subset=["complexity", "resolved"])
    in_order = known["path"].map(lambda path: tuple(p for p in path if p not in MAY) == (1, 3, 4, 6))
    each_may = known["path"].map(lambda path: all(path.count(p) == 1 for p in MAY))
    c, hard = (
        known["complexity"] - known["complexity"].mean(),
        known["complexity"] > known["complexity"].median(),
    )
    must, may = (~in_order).astype(float), (~each_may).astype(float)
    dummies = pd.get_dummies(known[["channel", "process"]], drop_first=True).astype(float)

    def design(must):
        return np.column_stack([np.ones(len(c)), c, hard, must, must * c, may, may * hard, dummies])

    model = sm.GLM(known["resolved"].astype(float).to_numpy(), design(must), family=sm.families.Binomial())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(known["customer"])[0]})

    def gap(params):
        p = [1 / (1 + np.exp(-design(np.full(len(c), value)) @ params)) for value in (1.0, 0.0)]
        return (p[0] - p[1]).mean()

    moved = np.eye(len(fit.params)) * 1e-5
    slope = [(gap(fit.params + one) - gap(fit.params - one)) / 2e-5 for one in moved]
    reach = 1.96 * np.sqrt(np.array(slope) @ fit.cov_params() @ slope)
    middle = gap(fit.params)
    assert page.agrees("resolution where a must step was left", middle, middle - reach, middle + reach)


def test_years_by_readiness(page, tables):
    answers = tables("readiness_answers")
    peers = (
        answers[answers["is_benchmark"]]
        .groupby("organisation_id")
        .agg(score=("score", "mean"), year=("year", "first"))
    )
    fit = OrderedModel(peers["year"].astype(int), peers[["score"]], distr="logit").fit(
        method="bfgs", disp=False
    )
    middle, reach = fit.params["score"], 1.96 * fit.bse["score"]
    assert page.agrees(
        "log-odds of a later year per point of readiness", middle, middle - reach, middle + reach
    )
