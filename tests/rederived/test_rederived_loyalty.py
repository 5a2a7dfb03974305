"""Page 05 again: NPS on Kish's effective base, raked, and with the silent; and LMG over all 720 orders of the drivers."""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_loyalty_drivers.ipynb"


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


@pytest.fixture(scope="module")
def invited(tables):
    """The customers invited to the latest wave, what is known of them, and the score of those who answered."""
    asked = tables("survey_invitations").query("wave == '2026Q3'")
    known = tables("customers")[["customer_id", "segment", "region", "acquisition_channel"]]
    given = tables("survey_responses").query("wave == '2026Q3' and survey == 'relationship'")
    given = given[["customer_id", "recommend", "weight"]]
    return asked[["customer_id", "stratum"]].merge(known, how="left").merge(given, how="left")


def test_score_raked_to_all_who_were_invited(page, invited):
    """Weights of those who answered, moved to the invited's numbers of one attribute after another until all agree (Deming & Stephan 1940)."""
    names = ["stratum", "segment", "region", "acquisition_channel"]
    answered = invited[invited["recommend"].notna()]
    w = np.ones(len(answered))
    for _ in range(200):
        for name in names:
            wanted = invited[name].fillna("unknown").value_counts()
            own = answered[name].fillna("unknown")
            now = pd.Series(w).groupby(own.to_numpy()).sum()
            w = w * own.map(wanted / now).to_numpy()
    p, d = (w @ is_one / w.sum() for is_one in (answered["recommend"] >= 9, answered["recommend"] <= 6))
    reach = 1.959964 * np.sqrt((p + d - (p - d) ** 2) * (w @ w)) / w.sum()
    assert page.agrees("NPS, raked", *(100 * np.array([p - d, p - d - reach, p - d + reach])), slack=0.005)


def test_scores_of_the_silent_at_which_the_score_of_all_leaves_its_interval(invited):
    """ρ·NPS + (1 − ρ)·silent = limit, solved for the silent."""
    answered = invited[invited["recommend"].notna()]
    w, rate = answered["weight"].to_numpy(), len(answered) / len(invited)
    p, d = (w @ is_one / w.sum() for is_one in (answered["recommend"] >= 9, answered["recommend"] <= 6))
    reach = 1.959964 * np.sqrt((p + d - (p - d) ** 2) * (w @ w)) / w.sum()
    low, high = (100 * (p - d + side * reach - rate * (p - d)) / (1 - rate) for side in (-1, 1))
    said = f"{rate:.1%} answered. If the NPS of the others were below {low:.0f} or above {high:.0f}, "
    assert said.replace("-", "−") in NOTEBOOK.read_text(encoding="utf-8")
