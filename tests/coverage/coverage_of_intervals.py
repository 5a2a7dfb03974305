"""Do the intervals of the customer-base models and of a variance share hold the truth as often as they say?

Simulates samples from planted parameters, fits each, and counts how often the 95 % interval holds the planted
value, the expectation under the planted parameters, or the count that the simulated customers went on to
make. Exits with 1 if a share lies outside 92–98 %: three standard errors of 500 samples. Takes minutes; run
by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/coverage_of_intervals.py [SAMPLES]
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from cxresearch.models import (
    BetaGeoNBD,
    GammaGamma,
    GrowthLevers,
    LifetimeValue,
    ParetoNBD,
    ShiftedBetaGeometric,
)
from cxresearch.stats import random_intercept
from tests.simulate import beta_geo, gamma_gamma, pareto_nbd

BG, PARETO, GG, SBG = (0.6, 4.0, 0.9, 2.5), (0.8, 6.0, 0.9, 12.0), (4.0, 3.5, 20.0), (0.7, 1.5)
AHEAD = 26.0


def truth(model, params):
    """The model as if its parameters were known."""
    known = type(model)()
    known._theta, known._information = np.log(params), model._information
    known.n_customers_ = model.n_customers_
    return known


def parameters(model, params):
    rows = model.summary().head(len(params))
    return {
        f"{type(model).__name__} {row.metric}": row.low <= value <= row.high
        for row, value in zip(rows.itertuples(), params, strict=True)
    }


def purchases(model, params, rfm):
    held = parameters(model, params)
    name = type(model).__name__
    known = truth(model, params)
    expected, made = model.expected_total(rfm, AHEAD, draws=400).itertuples()
    meant = known.predict(rfm, AHEAD)["expected_purchases"].sum()
    held[f"{name} expected total"] = expected.low <= meant <= expected.high
    held[f"{name} total made"] = made.low <= rfm["later"].sum() <= made.high
    told = model.expected_purchases(52.0, interval=True)
    held[f"{name} new customer"] = (told["low"] <= known.expected_purchases(52.0)).item() and (
        told["high"] >= known.expected_purchases(52.0)
    ).item()
    large = model.expected_total(rfm, AHEAD, draws=10**9).iloc[1]
    held[f"{name} total made, by its variance"] = large["low"] <= rfm["later"].sum() <= large["high"]
    return held


def base_of(customers, seed):
    """Buyers of any age with their spend, and the two models fitted to them."""
    p, q, gamma = GG
    rfm = beta_geo(customers, seed, BG, ages=(100, 700), whole_days=True)
    rng, x = np.random.default_rng(20_000 + seed), np.maximum(rfm["frequency"].to_numpy(), 1)
    spent = rng.gamma(p * x) / rng.gamma(q, 1 / gamma, customers) / x
    rfm["monetary"] = np.where(rfm["frequency"] > 0, spent, np.nan)
    return BetaGeoNBD().fit(rfm), GammaGamma().fit(rfm), rfm


@cache
def levers_meant():
    """The levers of a large base under the planted parameters, per customer."""
    purchases, spend, rfm = base_of(600_000, 999_999)
    found = GrowthLevers(draws=2, years=2).fit(buyers=(truth(purchases, BG), truth(spend, GG), rfm))
    return found.levers_["estimate"].to_numpy() / len(rfm)


def levers(seed, customers=1500):
    found = GrowthLevers(draws=150, years=2, seed=seed).fit(buyers=base_of(customers, seed)).levers_
    rows = zip(found.itertuples(), levers_meant() * customers, strict=True)
    return {f"GrowthLevers {row.lever}": row.low <= value <= row.high for row, value in rows}


def variance_share(seed, groups=30, rows=6, between=0.36):
    """The profile interval of the share of variance that lies between groups; within them the variance is 1."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(groups), rows)
    y = rng.normal(0, np.sqrt(between), groups)[group] + rng.normal(size=len(group))
    share = random_intercept(y, np.ones((len(y), 1)), group).share(0)
    return {"share of variance between groups": share.low <= between / (1 + between) <= share.high}


def one(seed):
    """Fit every model to its sample of this seed; which intervals held."""
    customers = beta_geo(2500, seed, BG, ages=(546, 546), keep_until=52.0)
    model = BetaGeoNBD().fit(customers)
    held = purchases(model, BG, customers)
    spending = gamma_gamma(1500, 10_000 + seed, GG)  # other luck than the purchases
    spend = GammaGamma().fit(spending)
    held |= parameters(spend, GG)
    mean = spend.summary().iloc[3]
    p, q, gamma = GG
    held["GammaGamma mean spend"] = mean["low"] <= p * gamma / (q - 1) <= mean["high"]
    base = customers.assign(monetary=np.where(customers["frequency"] > 0, 30.0, np.nan))
    value = LifetimeValue(model, spend).total(base).iloc[0]
    meant = LifetimeValue(truth(model, BG), truth(spend, GG)).total(base)["estimate"].iloc[0]
    held["LifetimeValue of the base"] = value["low"] <= meant <= value["high"]
    customers = pareto_nbd(1500, seed, PARETO, ages=(546, 546), keep_until=52.0)
    held |= purchases(ParetoNBD().fit(customers), PARETO, customers)
    rng = np.random.default_rng(seed)
    life, entry = rng.geometric(np.maximum(rng.beta(*SBG, 1000), 1e-9)), rng.integers(0, 4, 1000)
    seen = life > entry
    contract = ShiftedBetaGeometric().fit(
        duration=np.minimum(life, 7)[seen], event=(life <= 7)[seen], entry=entry[seen]
    )
    held |= parameters(contract, SBG)
    known = truth(contract, SBG)
    told, meant = contract.survival(12).iloc[0], known.survival(12)["survival"].item()
    held["ShiftedBetaGeometric survival of 12"] = told["low"] <= meant <= told["high"]
    told, meant = contract.del_(0.1).iloc[0], known.del_(0.1)["estimate"].item()
    held["ShiftedBetaGeometric DEL"] = told["low"] <= meant <= told["high"]
    return held | levers(seed) | variance_share(seed)


def main(samples=500):
    samples = int(samples)
    counts = Counter()
    with ProcessPoolExecutor(2) as pool:
        for held in pool.map(one, range(samples), chunksize=5):
            counts.update({name: int(bool(yes)) for name, yes in held.items()})
    print(f"95 % intervals over {samples} samples; each share should lie in 92–98 %")
    outside = 0
    for name, count in counts.items():
        share = count / samples
        wrong = not 0.92 <= share <= 0.98
        outside += wrong
        print(f"  {name:<40} {share:6.1%}{'  outside' if wrong else ''}")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
