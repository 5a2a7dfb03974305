"""Rework and cycle times: published logs to the digit, open cases censored, intervals that hold."""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.contract.variants import variant
from cxresearch.stats.order_statistics import censored_quantiles, quantiles


def told(path, case, activity, moment):
    events = pd.read_csv(path)
    events[moment] = pd.to_datetime(events[moment], utc=True, format="ISO8601")
    cases = events.groupby(case, sort=False).agg(
        paths=(activity, tuple), first=(moment, "min"), last=(moment, "max")
    )
    hours = (cases["last"] - cases["first"]).dt.total_seconds() / 3600
    return pd.DataFrame({"process": "p", "variant": cases["paths"].map(variant), "hours": hours}), events


@pytest.mark.parametrize(
    ("folder", "name", "expected", "repeated"),
    [
        (
            "receipt",
            "receipt.csv",
            (0.0634589, 0.0285648, 0.796829, 338.283833, 424.5377),
            {"T06": 59, "T02": 35},
        ),
        (
            "helpdesk",
            "helpdesk_labelled.csv",
            (0.2707424, 0.0892356, 956.62125, 1272.1355, 1.3298215),
            {"Take in": 623, "Assign": 394, "Resolve ticket": 386},
        ),
    ],
)
def test_published_logs(public_data, folder, name, expected, repeated):
    """pm4py 2.7 and NumPy's quantiles."""
    cases, events = told(public_data / folder / name, "case:concept:name", "concept:name", "time:timestamp")
    model = pd.DataFrame(
        {"process": "p", "activity": [events["concept:name"].iloc[0]], "position": [1], "rule": ["must"]}
    )
    counted = cases.value_counts(["process", "variant"]).rename("cases").reset_index()
    conformance = cx.models.Conformance().fit(counted, model)
    found = cx.models.Repeatable().fit(conformance.cases(cases)).processes_.iloc[0]
    figures = found[["rework", "rework_steps", "p50", "p90", "ratio"]].astype(float)
    np.testing.assert_allclose(figures, expected, rtol=1e-5)
    assert (found["p50_low"] < found["p50"] < found["p50_high"]) and found["rework_low"] > 0
    twice = events.groupby(["case:concept:name", "concept:name"]).size()
    for start, n in repeated.items():
        assert (twice[[k[1].startswith(start) for k in twice.index]] > 1).sum() == n


def test_intervals_of_quantiles_hold_as_often_as_they_claim():
    rng, hits = np.random.default_rng(3), np.zeros(3)
    true = [np.exp(0.0), np.exp(0.6 * 1.2815516), np.exp(0.6 * 1.2815516)]
    for k in range(200):
        for j, one in enumerate(quantiles(np.exp(0.6 * rng.standard_normal(150)), seed=k)):
            hits[j] += one.low <= true[j] <= one.high
    assert (hits >= 183).all(), hits


def test_without_open_cases_both_ways_agree():
    x = np.exp(np.random.default_rng(4).standard_normal(2001))
    for one, two in zip(quantiles(x), censored_quantiles(x, np.ones(len(x), bool)), strict=True):
        np.testing.assert_allclose(one, two, rtol=0.06)


def test_open_cases_do_not_make_a_process_look_fast():
    rng = np.random.default_rng(5)
    hours, seen = rng.exponential(100, 4000), rng.uniform(0, 150, 4000)
    half, nine, _ = censored_quantiles(np.minimum(hours, seen), hours <= seen)
    assert half.low < 100 * np.log(2) < half.high
    assert np.isnan(nine.estimate) or nine.low < 100 * np.log(10) < nine.high


def test_a_process_with_open_cases_only_and_one_case():
    cases = pd.DataFrame(
        {
            "process": ["a", "b"],
            "fitness": 1.0,
            "repeats": 0,
            "length": 3,
            "is_open": [True, False],
            "hours": 2.0,
        }
    )
    found = cx.models.Repeatable().fit(cases)
    assert found.processes_["n"].tolist() == [0, 1]
    assert found.summary().query("n == 0")["estimate"].isna().all()
    with pytest.raises(cx.NotEnough, match="no case of a process is closed"):
        cx.models.Repeatable().fit(cases.head(1))
