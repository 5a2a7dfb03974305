"""Pareto/NBD beside lifetimes: CDNOW and simulated customers, same data, same machine, same run.

Usage: .venv/bin/python benchmarks/bench_pareto_nbd.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import ParetoNBD
from cxresearch.models.purchases.purchase_history import purchase_history
from tests.cdnow import rfm as cdnow_rfm
from tests.simulate import pareto_nbd

NAMES = ("frequency", "recency", "age")


def compare(name, rfm, runs, peer_runs):
    print(f"\n{name}: {len(rfm):,} customers; median of {runs} runs of ours, {peer_runs} of the peer")
    seconds, model = timed(lambda: ParetoNBD().fit(rfm), runs)
    ahead, _ = timed(lambda: model.predict(rfm, 39), 3)
    theirs = peer("pareto_nbd", {column: rfm[column].to_numpy() for column in NAMES}, peer_runs)
    if theirs is None:
        return
    likelihood = ParetoNBD._likelihood(purchase_history(rfm))
    for who, took, params in (
        ("fit, ours", seconds, model.params_.to_numpy()),
        ("fit, lifetimes", theirs["seconds"], np.array(theirs["params"])),
    ):
        told = "  ".join(f"{k} {v:.5f}" for k, v in zip(("r", "α", "s", "β"), params, strict=True))
        value = likelihood(np.log(params))[0]
        print(f"  {who:<16} {took:9.4f} s   {told}   log-likelihood {value:.4f}")
    print(f"  → fit {ratio(seconds, theirs['seconds'])}")
    print(f"  next 39 weeks per customer: ours with intervals {ahead:.3f} s, lifetimes without", end=" ")
    print(f"{theirs['predict_seconds']:.3f} s → {ratio(ahead, theirs['predict_seconds'])}")
    print(f"  peer: {', '.join(f'{k} {v}' for k, v in theirs['versions'].items())}")


def main(customers=100_000):
    heading("Pareto/NBD: maximum likelihood, ours and lifetimes")
    compare("CDNOW", cdnow_rfm(), runs=11, peer_runs=1)
    compare("simulated", pareto_nbd(int(customers), seed=1997), runs=3, peer_runs=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
