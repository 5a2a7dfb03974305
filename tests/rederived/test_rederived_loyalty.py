"""Page 05 again: NPS on Kish's effective base, and LMG over all 720 orders of the drivers."""

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def page(published):
    return published("05_loyalty_drivers")


@pytest.fixture(scope="module")
def answers(tables):
    given = tables("survey_responses")
    return given[(given["survey"] == "relationship") & (given["responded_at"] < pd.Timestamp("2026-10-01"))]


@pytest.mark.parametrize(("metric", "is_weighted"), [("NPS", True), ("NPS, unweighted", False)])
def test_net_promoter_score_and_its_interval(page, answers, metric, is_weighted):
    """100 (p − d) ± 1.96 · 100 √([p + d − (p − d)²]/n), n = (Σw)²/Σw²."""
    wave = answers[answers["wave"] == "2026Q3"]
    w = wave["weight"].to_numpy() if is_weighted else np.ones(len(wave))
    p, d = (w @ is_one / w.sum() for is_one in (wave["recommend"] >= 9, wave["recommend"] <= 6))
    n = w.sum() ** 2 / (w @ w)
    reach = 1.959964 * np.sqrt((p + d - (p - d) ** 2) / n)
    score = np.array([p - d, p - d - reach, p - d + reach])
    assert page.agrees(metric, *(100 * score))
    assert page[metric]["n"] == pytest.approx(len(wave), abs=5)


def lmg(moments):
    """R² and each driver's average rise of R² over all orders, from the covariances of drivers and outcome (last)."""
    k = len(moments) - 1
    explained = {(): 0.0}
    for size in range(1, k + 1):
        for subset in combinations(range(k), size):
            x, xy = moments[np.ix_(subset, subset)], moments[list(subset), -1]
            explained[subset] = xy @ np.linalg.solve(x, xy) / moments[-1, -1]
    rises = np.zeros(k)
    orders = list(permutations(range(k)))
    for order in orders:
        for place, driver in enumerate(order):
            before = tuple(sorted(order[:place]))
            rises[driver] += explained[tuple(sorted((*before, driver)))] - explained[before]
    return explained[tuple(range(k))], rises / len(orders)


def test_shares_of_the_drivers_and_their_intervals(page, answers):
    """Point estimates to the last digit; limits by 200 own resamples of respondents, to a fifth of the interval's half."""
    names = [name for name in answers if name.startswith("driver_")]
    data = answers[[*names, "recommend"]].to_numpy(float)
    w = answers["weight"].to_numpy()
    r2, rises = lmg(np.cov(data.T, aweights=w))
    assert page.agrees("R²", r2)
    who = pd.factorize(answers["customer_id"])[0]
    rng, draws = np.random.default_rng(0), []
    for _ in range(200):
        times = np.bincount(rng.integers(0, who.max() + 1, who.max() + 1), minlength=who.max() + 1)[who]
        drawn = lmg(np.cov(data.T, aweights=w * times))[1]
        draws.append(drawn / drawn.sum())
    error = np.std(draws, axis=0)
    for name, share, one in zip(names, rises / rises.sum(), error, strict=True):
        metric = f"share of R², {name.removeprefix('driver_')}"
        assert page.agrees(metric, share)
        half = (page[metric]["high"] - page[metric]["low"]) / 2
        assert half == pytest.approx(1.96 * one, rel=0.2)
