"""The Qini coefficient with its interval beside causalml's and scikit-uplift's: same scores, same machine, same run.

Usage: .venv/bin/python benchmarks/bench_qini.py [ROWS [MANY_ROWS]]

Ours has its error in closed form: one sort and one cumulative sum. causalml draws 200 half samples and sorts each; its score is e·n times our coefficient,
to first order. scikit-uplift gives no error; its two areas come out the same to the last digits.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models.experiments.qini import qini
from cxresearch.models.experiments.uplift_curve import areas

RUNS = 11


def customers(rows, seed=1):
    """A score, what followed and who was drawn, of so many customers: the offer moves those with a high score."""
    random = np.random.default_rng(seed)
    score, treated = random.normal(size=rows), (random.random(rows) < 0.5).astype(np.int64)
    y = (random.random(rows) < 0.1 + 0.05 * treated * (score > 0)).astype(np.int64)
    return {"score": score, "y": y, "treated": treated}


def main(rows=100_000, many=1_000_000):
    heading("Qini coefficient: ours, causalml and scikit-uplift")
    ok = True
    for n, which, runs in ((int(rows), "causalml", 1), (int(many), "sklift", 3)):
        data = customers(n)
        seconds, found = timed(lambda data=data: qini(**data), RUNS)
        print(f"\n{n:,} customers; median of {RUNS} runs of ours, {runs} of the peer")
        print(
            f"  {'ours, with interval':<38} {seconds:8.4f} s   q {found.estimate:.6f} ({found.std_error:.6f})"
        )
        theirs = peer("qini", data, which, runs)
        if theirs is None:
            continue
        values, label = theirs["values"], f"{theirs['version'].split(',')[0]}"
        if which == "causalml":
            e = data["treated"].mean()
            scaled, label = values[0] / (e * n), f"{label}, 200 half samples"
            print(
                f"  {label:<38} {theirs['seconds']:8.4f} s   q {scaled:.6f} → {ratio(seconds, theirs['seconds'])}"
            )
            ok &= abs(scaled - found.estimate) < found.std_error / 10
        else:
            own = areas(**data)
            print(
                f"  {label + ', no interval':<38} {theirs['seconds']:8.4f} s   → {ratio(seconds, theirs['seconds'])}"
            )
            print(f"  areas: ours {own.qini:.9f} {own.uplift:.9f}, theirs {values[0]:.9f} {values[1]:.9f}")
            ok &= np.allclose(own, values, rtol=1e-9)
        print(f"  peer: {theirs['version']}")
    if not ok:
        sys.exit("the numbers differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
