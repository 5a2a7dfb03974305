"""Conformance beside pm4py's alignments: the help desk's log, same model, same machine, same run; in seconds of the processor.

The log is found through CXRESEARCH_PUBLIC_DATA; without it, made-up paths of a process of ten steps. Usage: .venv/bin/python benchmarks/bench_alignments.py [CASES]
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harness import heading, peer, ratio, timed
from cxresearch.contract.variants import variant
from cxresearch.models import Conformance
from cxresearch.models.process.alignment import align, coded
from cxresearch.models.process.model_steps import model_steps

RUNS = 21
CLOCK = time.process_time  # which other programs on the machine do not change
HELPDESK = ["Assign seriousness", "Take in charge ticket", "Wait", "Resolve ticket", "Closed"]


def helpdesk():
    """The paths of the help desk and how many cases follow each; None where the log is not there."""
    path = Path(os.environ.get("CXRESEARCH_PUBLIC_DATA", ""), "helpdesk", "helpdesk_labelled.csv")
    if not path.is_file():
        return None
    events = pd.read_csv(path)
    return events.groupby("case:concept:name", sort=False)["concept:name"].agg(tuple).value_counts()


def made_up(cases, seed=1):
    """Cases of a process of ten steps that skip, swap and repeat them at random."""
    random, found = np.random.default_rng(seed), []
    for _ in range(cases):
        path = [k for k in range(10) if random.random() > 0.12]
        for _ in range(random.poisson(0.8)):
            path.insert(random.integers(0, len(path) + 1), int(random.integers(0, 12)))
        found.append(tuple(f"step {k:02d}" for k in path) or ("step 00",))
    return pd.Series(found).value_counts()


def compare(name, counted, steps, may=()):
    print(
        f"\n{name}: {counted.sum():,} cases, {len(counted):,} variants; median of {RUNS} runs of ours, one of the peer"
    )
    rows = {
        "process": "p",
        "activity": steps,
        "position": range(len(steps)),
        "rule": ["may" if s in may else "must" for s in steps],
    }
    log = pd.DataFrame(
        {"process": "p", "variant": [variant(path) for path in counted.index], "cases": counted.to_numpy()}
    )
    seconds, model = timed(lambda: Conformance().fit(log, pd.DataFrame(rows)), RUNS, CLOCK)
    row = model.processes_.iloc[0]
    print(
        f"  {'ours, with intervals and steps':<34} {seconds:8.4f} s   cost {row['cost']:,.0f}   perfect {row['perfect']:.7f}"
    )
    steps_of = model_steps(pd.DataFrame(rows))["p"]
    alone, found = timed(lambda: align(*coded(list(counted.index), steps_of), steps_of), RUNS, CLOCK)
    print(f"  {'ours, alignments alone':<34} {alone:8.4f} s   cost {found.cost @ counted.to_numpy():,}")
    paths = np.array(["\x1f".join(path) for path in counted.index])
    arrays = {
        "paths": paths,
        "cases": counted.to_numpy(),
        "steps": np.array(steps),
        "may": np.array([s in may for s in steps]),
    }
    other = peer("alignments", arrays)
    if other is None:
        return
    theirs = other["seconds"]
    print(
        f"  {'pm4py, alignments':<34} {theirs:8.4f} s   cost {other['cost']:,}   perfect {other['perfect'] / other['cases']:.7f}   → {ratio(alone, theirs)}; with intervals and steps {ratio(seconds, theirs)}"
    )
    print(f"  peer: {', '.join(f'{k} {v}' for k, v in other['versions'].items())}")
    if other["cost"] != row["cost"]:
        sys.exit(f"the costs differ: {row['cost']:,.0f} and {other['cost']:,}")


def main(cases=2_000):
    heading("Conformance: ours and pm4py")
    log = helpdesk()
    if log is not None:
        compare("help desk, four steps", log, [s for s in HELPDESK if s != "Wait"])
        compare("help desk, Wait may be left out", log, HELPDESK, ("Wait",))
    compare("made-up process of ten steps", made_up(int(cases)), [f"step {k:02d}" for k in range(10)])


if __name__ == "__main__":
    main(*sys.argv[1:])
