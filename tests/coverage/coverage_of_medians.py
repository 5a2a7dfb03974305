"""Do the intervals of a median, and of a difference of two shares, of clustered rows hold the truth as often as they say?

Simulates contacts of customers, some of whom call often: waits are log-normal with a customer's own level, half of them rounded to whole minutes; who comes back
depends on the customer. Exits with 1 if a share of intervals that hold the truth lies outside 92–98 %. Run by ``make coverage``.

Usage: .venv/bin/python tests/coverage/coverage_of_medians.py [SAMPLES]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from cxresearch.stats.clustered import clustered_difference, clustered_median

CUSTOMERS = (30, 200)
SPREAD = 0.8  # of customers' levels, and of contacts about them


def contacts(random, customers):
    """A customer of each contact, their waits, whether they came back, and which contacts were on the phone."""
    who = np.repeat(np.arange(customers), random.geometric(0.3, customers))
    level = random.normal(0, SPREAD, customers)[who]
    wait = np.exp(level + random.normal(0, SPREAD, len(who)))
    back = random.random(len(who)) < np.clip(0.4 + 0.2 * level, 0.02, 0.98)
    return who, wait, back, random.random(len(who)) < 0.4


def share_held(customers, samples, seed=1):
    """Shares of intervals that hold the median wait, the one of rounded waits, and a difference of nothing."""
    random = np.random.default_rng(seed)
    held = np.zeros(3)
    whole = np.median(np.round(60 * np.exp(random.normal(0, SPREAD * 2**0.5, 2_000_001)) / 20))
    for _ in range(samples):
        who, wait, back, phone = contacts(random, customers)
        exact = clustered_median(wait, who)
        rounded = clustered_median(np.round(60 * wait / 20), who)
        gap = clustered_difference(back, phone, who)
        held += [exact.low <= 1 <= exact.high, rounded.low <= whole <= rounded.high, gap.low <= 0 <= gap.high]
    return held / samples


def main():
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    wrong = 0
    for customers in CUSTOMERS:
        found = share_held(customers, samples)
        for name, share in zip(("median", "median of whole minutes", "difference"), found, strict=True):
            # rounded values can only widen an interval
            is_wrong = not 0.92 <= share <= (1 if "whole" in name else 0.98)
            wrong += is_wrong
            print(f"{customers} customers, {name}: {share:.1%}{'  OUTSIDE' if is_wrong else ''}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
