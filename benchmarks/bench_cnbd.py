"""(M)BG/CNBD-k on simulated customers: one fit, the choice of k and variant, and the exact forecast.

The peer is BTYDplus (R, github.com/mplatzer/BTYDplus at d5eda8f), which pip cannot install: its seconds are stated, not measured in this run.
They were measured once, on two cores, for 100,000 customers: 4.96 s for the fit of MBG/CNBD-2, 20.0 s with the grid of k, .43 s for a
forecast that is an approximation.

Usage: .venv/bin/python benchmarks/bench_cnbd.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, ratio, timed
from cxresearch.models import BetaGeoCNBD
from cxresearch.models.purchases.purchase_history import purchase_history
from tests.simulate import regular_buyers

STATED = {"fit": 4.96, "grid": 20.0, "forecast": 0.43}
PARAMS = (0.85, 1.45 * 7, 0.79, 2.42)


def main(customers=100_000):
    customers = int(customers)
    heading("(M)BG/CNBD-k: maximum likelihood, ours; BTYDplus as measured once, for 100,000 customers")
    rfm = regular_buyers(customers, 1, PARAMS, 2, True, ages=(182, 364))
    rfm["recency"] = np.minimum(
        np.ceil(rfm["recency"] * 7) / 7, rfm["age"]
    )  # whole days, as in tables of orders
    print(f"\n{customers:,} customers, {len(purchase_history(rfm).x):,} distinct rows; median of 3 runs")
    fit, model = timed(lambda: BetaGeoCNBD(2, True).fit(rfm), 3)
    told = "  ".join(f"{name} {value:.4f}" for name, value in model.params_.items())
    grid, chosen = timed(lambda: BetaGeoCNBD().fit(rfm), 3)
    forecast, ahead = timed(lambda: model.predict(rfm, 26.0), 3)
    total, _ = timed(lambda: model.expected_total(rfm, 26.0), 3)
    print(f"  fit, k = 2, MBG          {fit:7.3f} s   {told}   log-likelihood {model.log_likelihood_:.2f}")
    print(f"  k and variant chosen     {grid:7.3f} s   {chosen.name} of {len(chosen.grid_)}")
    print(
        f"  next 26 weeks, each      {forecast:7.3f} s   exact, with intervals; {ahead['expected_purchases'].sum():,.0f} purchases"
    )
    print(f"  next 26 weeks, all       {total:7.3f} s   with both intervals")
    if customers == 100_000:
        for what, seconds in (("fit", fit), ("grid", grid), ("forecast", forecast)):
            print(
                f"  → {what} beside the {STATED[what]} s stated of BTYDplus: {ratio(seconds, STATED[what])}"
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
