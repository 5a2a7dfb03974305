"""Do the prediction intervals of a table's rows hold what they promise? Overdispersed monthly counts with a trend and a season.

Simulates histories of 30 months, predicts the next three together and counts how often their sum lies inside the interval. Exits with 1
unless that share is between 90 % and 99.5 %. Takes half a minute; run by ``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/coverage_of_volumes.py [HISTORIES]
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cxresearch.models.quality.counts import predict


def main(histories=1000):
    histories, rng, inside = int(histories), np.random.default_rng(1), 0
    months = np.arange(33)
    mean = 100 * np.exp(0.2 * months / 12 + 0.2 * np.sin(months * np.pi / 6))
    for _ in range(histories):
        counts = rng.poisson(mean * rng.gamma(25, 1 / 25, 33))
        quarter = predict(counts[:30], 3).iloc[-1]
        inside += quarter["low"] <= counts[30:].sum() <= quarter["high"]
    share = inside / histories
    print(f"{share:.1%} of {histories} quarters lie inside their 95 % prediction interval")
    return int(not 0.90 <= share <= 0.995)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
