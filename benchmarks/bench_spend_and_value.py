"""Gamma–Gamma and lifetime value beside lifetimes: CDNOW and a million simulated customers.

Usage: .venv/bin/python benchmarks/bench_spend_and_value.py [CUSTOMERS]
"""

import datetime
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import BetaGeoNBD, GammaGamma, LifetimeValue, Silence
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import beta_geo

MONTHS, YEARLY = 12, 0.10
WEEKS = 4.345  # a month, as the peer counts it


def log_likelihood(rfm, params):
    """Fader, Hardie & Lee (2005), customer by customer, for either's parameters."""
    from scipy.special import gammaln

    p, q, gamma = params
    rfm = rfm[rfm["frequency"] > 0]
    x, m = rfm["frequency"].to_numpy(float), rfm["monetary"].to_numpy(float)
    shape = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    return (shape + (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * np.log(gamma + m * x)).sum()


def report(who, seconds, params, rfm):
    told = "  ".join(f"{k} {v:.6f}" for k, v in zip("pqγ", params, strict=True))
    print(f"  {who:<16} {seconds:9.4f} s   {told}   log-likelihood {log_likelihood(rfm, params):.4f}")


def compare(name, rfm, runs, peer_runs):
    again = rfm[rfm["frequency"] > 0]
    runs_told = f"median of {runs} runs of ours, {peer_runs} of the peer"
    print(f"\n{name}: {len(again):,} repeat customers; {runs_told}")
    seconds, spend = timed(lambda: GammaGamma().fit(rfm), runs)
    report("fit, ours", seconds, spend.params_, rfm)
    theirs = peer("gamma_gamma", {k: again[k].to_numpy() for k in ("frequency", "monetary")}, peer_runs)
    if theirs is None:
        return
    report("fit, lifetimes", theirs["seconds"], theirs["params"], rfm)
    print(f"  → fit {ratio(seconds, theirs['seconds'])}")
    ahead, _ = timed(lambda: spend.expected_spend(again), 3)
    print(f"  spend per customer: ours with intervals {ahead:.3f} s, lifetimes without", end=" ")
    print(f"{theirs['predict_seconds']:.3f} s → {ratio(ahead, theirs['predict_seconds'])}")
    purchases = BetaGeoNBD().fit(rfm)
    value = LifetimeValue(purchases, spend, discount_rate=YEARLY, horizon=MONTHS * WEEKS)
    each, _ = timed(lambda: value.predict(rfm), 3)
    whole, total = timed(lambda: value.total(rfm), 3)
    columns = ("frequency", "recency", "age", "monetary")
    monthly = (1 + YEARLY) ** (WEEKS * 7 / 365.25) - 1
    worth = peer("lifetime_value", {k: rfm[k].to_numpy() for k in columns}, MONTHS, monthly)
    row = total.iloc[0]
    print(f"  value of {MONTHS} months at {YEARLY:.0%} a year, of {len(rfm):,} customers:")
    print(f"    ours, each with interval {each:.3f} s; total {row['estimate']:,.0f}", end=" ")
    print(f"({row['low']:,.0f} to {row['high']:,.0f}) {whole:.3f} s")
    print(f"    lifetimes, without intervals {worth['seconds']:.3f} s; total {worth['total']:,.0f}", end=" ")
    print(f"(money counted at the end of each month) → {ratio(each, worth['seconds'])}")
    today = datetime.date(2026, 9, 30)
    people = rfm.assign(customer_id=np.arange(len(rfm)))
    for told, function in (
        ("expected purchases and P(alive)", lambda: purchases.predict(rfm, 39.0)),
        ("probability of buying at all", lambda: purchases.p_active(rfm, 39.0)),
        ("day on which silence is news", lambda: Silence(purchases).fit(people, today)),
    ):
        seconds, _ = timed(function, 3)
        print(f"  {told}, each with interval: ours {seconds:.3f} s")
    print(f"  peer: {', '.join(f'{k} {v}' for k, v in theirs['versions'].items())}")


def main(customers=1_000_000):
    heading("Gamma–Gamma and lifetime value: ours and lifetimes")
    compare("CDNOW", cdnow_rfm(), runs=21, peer_runs=5)
    simulated = beta_geo(int(customers), seed=1997, whole_days=True)
    rng, x = np.random.default_rng(1997), np.maximum(simulated["frequency"], 1)
    simulated["monetary"] = rng.gamma(6.25 * x) / rng.gamma(3.74, 1 / 15.45, len(x)) / x
    compare("simulated", simulated, runs=5, peer_runs=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
