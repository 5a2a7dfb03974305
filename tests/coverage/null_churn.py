"""How often the churn analysis raises a false alarm on companies in which nothing depends on anything.

Usage: .venv/bin/python tests/coverage/null_churn.py [SEEDS] [CUSTOMERS] [FIRST]

For each seed a null company is written, its customers described and its churn judged as the notebook does. An alarm is an AUC (boosting,
logistic or hazard) whose 95 % interval leaves out .5, or an announced driver. Prints a line per seed and exits with 1 where either rule
holds in fewer than 93 of 100 seeds. Half a minute a seed.
"""

import sys
import tempfile
import time

import cxresearch as cx
from cxresearch.sample import write

TABLES = ["customers", "contracts", "interactions", "survey_responses"]
AS_OF, LEAST = "2026-09-30", 0.93


def judge(seed, customers=12_000, periods=4):
    """The AUC intervals and the drivers announced for the null company of a seed."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, null=True, seed=seed, tables=TABLES)
        ws = cx.open(folder)
        forecast = cx.models.ChurnForecast().fit(
            cx.features.churn_rows(ws, AS_OF, periods=periods, windows=(90, 365))
        )
        spells = cx.features.contract_terms(ws, AS_OF).to_pandas()
        before = cx.features.contract_terms(ws, "2026-06-30").to_pandas()
    hazard = cx.models.ContractHazard().fit(spells, before, 3)
    return {
        "boosting": forecast.scores_.auc_,
        "logistic": forecast.benchmark_scores_.auc_,
        "hazard": hazard.auc_,
        "drivers": hazard.drivers_.announced_
        + (["boosting"] if forecast.scores_.is_better_than_chance_ else []),
    }


def main(seeds=100, customers=12_000, first=1):
    held = dict.fromkeys(("boosting", "logistic", "hazard", "no driver", "boosting and no driver"), 0)
    for number in range(int(seeds)):
        start, found = time.perf_counter(), judge(int(first) + number, int(customers))
        covers = {
            name: found[name].low <= 0.5 <= found[name].high for name in ("boosting", "logistic", "hazard")
        }
        covers["no driver"] = not found["drivers"]
        covers["boosting and no driver"] = covers["boosting"] and covers["no driver"]
        for name, ok in covers.items():
            held[name] += ok
        areas = ", ".join(
            f"{n} {found[n].estimate:.3f} ({found[n].low:.3f}–{found[n].high:.3f})"
            for n in ("boosting", "logistic", "hazard")
        )
        told = "; ".join(found["drivers"]) or "none"
        print(
            f"seed {int(first) + number}: {areas}; drivers {told}; {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    for name, count in held.items():
        print(f"{name}: {count} of {seeds}")
    return int(min(held["boosting"], held["no driver"]) < LEAST * int(seeds))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
