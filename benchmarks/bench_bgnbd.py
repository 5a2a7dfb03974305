"""BG/NBD beside lifetimes: CDNOW and a million simulated customers, same data, same machine, same run.

Usage: .venv/bin/python benchmarks/bench_bgnbd.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import BetaGeoNBD
from cxresearch.models.purchases.purchase_history import purchase_history
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import beta_geo

NAMES = ("frequency", "recency", "age")


def log_likelihood(rfm, params):
    """Equation (6) of Fader, Hardie & Lee (2005), customer by customer, for either's parameters."""
    from scipy.special import betaln, gammaln

    r, alpha, a, b = params
    x, recency, age = (rfm[name].to_numpy(float) for name in NAMES)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + recency)
    mixed = np.where(x > 0, np.logaddexp(alive, gone), alive)
    return (gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b) + mixed).sum()


def report(who, seconds, params, rfm):
    told = "  ".join(f"{k} {v:.6f}" for k, v in zip(("r", "α", "a", "b"), params, strict=True))
    print(f"  {who:<34} {seconds:9.4f} s   {told}   log-likelihood {log_likelihood(rfm, params):.4f}")


def compare(name, rfm, runs, peer_runs):
    print(f"\n{name}: {len(rfm):,} customers; median of {runs} runs of ours, {peer_runs} of the peer")
    seconds, model = timed(lambda: BetaGeoNBD().fit(rfm), runs)
    report("fit, ours", seconds, model.params_, rfm)
    ahead, _ = timed(lambda: model.predict(rfm, 39), 3)
    total, _ = timed(lambda: model.expected_total(rfm, 39), 3)
    theirs = peer("bgnbd", {column: rfm[column].to_numpy() for column in NAMES}, peer_runs)
    if theirs is None:
        return
    report("fit, lifetimes", theirs["seconds"], theirs["params"], rfm)
    print(f"  → fit {ratio(seconds, theirs['seconds'])}")
    history = purchase_history(rfm)
    packed = {
        "frequency": history.x,
        "recency": history.recency,
        "age": history.age,
        "weights": history.count,
    }
    by_hand = peer("bgnbd", packed, peer_runs)
    label = f"fit, lifetimes on {len(history.x):,} packed rows"
    report(label, by_hand["seconds"], by_hand["params"], rfm)
    print(f"  → fit {ratio(seconds, by_hand['seconds'])}, packing still on our clock only")
    print(f"  next 39 weeks per customer: ours with intervals {ahead:.3f} s, lifetimes without", end=" ")
    print(f"{theirs['predict_seconds']:.3f} s → {ratio(ahead, theirs['predict_seconds'])}")
    print(f"  next 39 weeks of the whole base, both intervals: ours {total:.3f} s")
    print(f"  peer: {', '.join(f'{k} {v}' for k, v in theirs['versions'].items())}")


def main(customers=1_000_000):
    heading("BG/NBD: maximum likelihood, ours and lifetimes")
    compare("CDNOW", cdnow_rfm(), runs=51, peer_runs=5)
    simulated = beta_geo(int(customers), seed=1997, whole_days=True)
    compare("simulated", simulated, runs=9, peer_runs=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
