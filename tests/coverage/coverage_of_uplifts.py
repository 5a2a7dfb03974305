"""Does an uplift hold the risk it promises, and does a rank correlation hold its level?

Draws reference classes of 40 projects with log-normal overruns, asks for the uplift at a risk of one in five, and counts how often later projects
exceed it. Then draws pairs without any association, and counts how often the interval of their rank correlation leaves out 0. Exits
with 1 if either is off. Takes seconds; run by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/coverage_of_uplifts.py [CLASSES]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from cxresearch.models import ReferenceClass, rank_association


def exceeded(classes, risk=0.2, size=40):
    """Share of later projects that exceed the estimate with its uplift; `risk` is right."""
    rng, shares = np.random.default_rng(0), []
    for seed in range(classes):
        ratio = np.exp(rng.normal(0.1, 0.3, size))
        uplift = (
            ReferenceClass(draws=100, seed=seed).fit(ratio, np.ones(size)).uplift(risk)["estimate"].item()
        )
        shares.append((np.exp(rng.normal(0.1, 0.3, 200)) > 1 + uplift).mean())
    return float(np.mean(shares))


def false_alarms(samples, size=40):
    """Share of samples without an association whose 95 % interval leaves out 0; .05 is right."""
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(samples):
        _, low, high, _ = rank_association(rng.exponential(size=size), rng.exponential(size=size))
        alarms += low > 0 or high < 0
    return alarms / samples


def main(classes=300):
    risk, alarms = exceeded(int(classes)), false_alarms(400)
    print(
        f"exceeded at a risk of 0.200: {risk:.3f}; false alarms of the rank correlation at 0.050: {alarms:.3f}"
    )
    return int(abs(risk - 0.2) > 0.012 or not 0.02 < alarms < 0.09)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
