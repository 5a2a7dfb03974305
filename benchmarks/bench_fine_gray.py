"""Fine–Gray with its sandwich beside comprisk, same data, same machine, same run; and beside cmprsk's seconds as stated.

cmprsk (R) was measured once, on two cores: crr took 15.25 s for 20,000 customers and three covariates, survival::finegray and coxph 1.62 s.

Usage: .venv/bin/python benchmarks/bench_fine_gray.py [CUSTOMERS]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.models import FineGray

STATED = {"cmprsk crr": 15.25, "survival::finegray and coxph": 1.62}


def customers(n, kind, seed=1):
    """Months to one of two ends, or to the last month seen, with three covariates: numbers, or indicators that repeat."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 3)) if kind == "numbers" else rng.integers(0, 2, (n, 3)).astype(float)
    time = np.ceil(rng.exponential(20, n) * np.exp(-0.3 * x[:, 0]))
    end, lost = rng.choice([1, 2], n, p=[0.6, 0.4]), rng.integers(1, 61, n)
    return x, np.minimum(time, lost), np.where(time <= lost, end, 0)


def compare(n, kind, runs):
    x, time, end = customers(n, kind)
    X = pd.DataFrame(x, columns=["a", "b", "c"])
    seconds, model = timed(lambda: FineGray(1).fit(time, end, X), runs)
    print(
        f"\n{n:,} customers, covariates that are {kind}, {model.n_rows_:,} distinct rows; median of {runs} runs"
    )
    told = "  ".join(f"{b:.6f} ({se:.6f})" for b, se in zip(model.params_, model.std_error_, strict=True))
    print(f"  ours                      {seconds:8.4f} s   {told}")
    theirs = peer("fine_gray", {"x": x, "time": time, "end": end}, runs)
    if theirs is not None:
        told = "  ".join(
            f"{b:.6f} ({se:.6f})" for b, se in zip(theirs["params"], theirs["errors"], strict=True)
        )
        print(f"  comprisk                  {theirs['seconds']:8.4f} s   {told}")
        print(
            f"  → {ratio(seconds, theirs['seconds'])}; its errors leave out what is not known of the censoring curve"
        )
        print(f"  peer: {', '.join(f'{k} {v}' for k, v in theirs['versions'].items())}")
    if n == 20_000 and kind == "numbers":
        for name, stated in STATED.items():
            print(f"  → beside the {stated} s stated of {name}: {ratio(seconds, stated)}")


def main(n=20_000):
    heading("Fine–Gray with sandwich: ours and comprisk")
    compare(int(n), "numbers", 7)
    compare(int(n), "indicators", 7)
    compare(1_000_000, "indicators", 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
