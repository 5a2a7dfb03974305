"""Do the intervals on the page of processes and readiness hold what is planted in the sample company?

For each seed a company is written and its page's models are fitted as the notebook fits them. Counted is how often each 95 % interval holds the planted value: rework, elasticities, what leaving a step goes with,
the change that worked and the one that did not, and the levels of readiness by year; and how often the page finds what is planted. Exits with 1 where one of them holds so seldom
that at 95 % it would be less likely than one in a thousand. Some seconds a company.

Usage: .venv/bin/python tests/coverage/coverage_of_process.py [COMPANIES] [FIRST]
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.sample import write
from tests.coverage.held import SURE, held

TABLES = ["process_steps", "process_models", "process_changes", "process_costs", "readiness_answers"]
AS_OF = "2026-09-30"


def fitted(folder, seed, null=False):
    """The page's models of the company of a seed, and its truth."""
    write(folder, null=null, seed=seed, tables=TABLES)
    ws = cx.open(folder)
    models = ws.frame("process_models")
    kept = cx.models.Conformance().fit(cx.features.process_variants(ws.process_steps, AS_OF), models)
    cases = kept.cases(cx.features.process_cases(ws.process_steps, AS_OF))
    changes = cx.features.process_changes(ws.process_changes, AS_OF).to_pandas()
    return {
        "truth": json.loads((Path(folder) / "truth.json").read_text()),
        "kept": kept,
        "repeatable": cx.models.Repeatable().fit(cases),
        "improvable": cx.models.Improvable().fit(cases, changes),
        "scalable": cx.models.Scalable().fit(cx.features.process_costs(ws, AS_OF).to_pandas()),
        "hub": cx.models.HubAndTyre().fit(cases, kept),
        "answers": cx.features.readiness_respondents(ws.readiness_answers, AS_OF).to_pandas(),
    }


def company(seed):
    """Quantity → list of (whether the interval holds the truth, estimate minus truth)."""
    with tempfile.TemporaryDirectory() as folder:
        page = fitted(folder, seed)
    value = {name: entry["value"] for name, entry in page["truth"]["oracle"].items()}
    found = defaultdict(list)

    def hold(name, truth, row):
        found[name].append((row["low"] <= truth <= row["high"], row["estimate"] - truth))

    for row in page["scalable"].processes_.to_dict("records"):
        hold("elasticity", value["processes.elasticity"][row["process"]], row)
    for row in page["repeatable"].processes_.to_dict("records"):
        limits = {"estimate": row["rework"], "low": row["rework_low"], "high": row["rework_high"]}
        hold("rework", value["processes.rework"][row["process"]], limits)
    for row in page["kept"].processes_.to_dict("records"):
        limits = {"estimate": row["perfect"], "low": row["perfect_low"], "high": row["perfect_high"]}
        hold("without deviation", value["processes.without_deviation"][row["process"]], limits)
    effects = page["hub"].effects_.set_index("what")
    hold("must", value["processes.effect_of_leaving_a_must_step"], effects.loc["must"])
    hold(
        "may, hard cases",
        value["processes.effect_of_leaving_a_may_step_in_hard_cases"],
        effects.loc["may_hard"],
    )
    real, after_worst = page["improvable"].changes_.to_dict("records")
    hold("change that worked", value["processes.change_that_worked"], real)
    hold("change after the worst month", 0.0, after_worst)
    found["found: the change that worked"].append((real["verdict"] == "worked", 0.0))
    found["quiet: the change after the worst month"].append((after_worst["verdict"] != "worked", 0.0))
    found["not scalable: billing query"].append((_verdict(page, "billing query") == "not scalable", 0.0))
    found["scalable: order"].append((_verdict(page, "order") == "scalable", 0.0))
    peers = page["answers"][page["answers"]["is_benchmark"]]
    for year, part in peers.groupby("year"):
        scores = part[list(READINESS_ITEMS)].mean(axis=1)
        reach = 2.0227 * scores.std() / np.sqrt(len(scores))  # t with 39 degrees of freedom
        limits = {"estimate": scores.mean(), "low": scores.mean() - reach, "high": scores.mean() + reach}
        hold("readiness by year", value["readiness.mean_by_year"][f"year {int(year)}"], limits)
    first = cx.models.ReadinessPriorities().fit(page["answers"]).first_
    found["item to fix first"].append((first == "people_2", 0.0))
    return found


def _verdict(page, process):
    rows = page["scalable"].processes_
    return rows.loc[rows["process"] == process, "verdict"].iloc[0]


def main(companies=200, first=1):
    every = defaultdict(list)
    for seed in range(int(first), int(first) + int(companies)):
        for name, pairs in company(seed).items():
            every[name] += pairs
    table = held(every)
    print(table.round(4).to_string())
    return int((table["p"] < SURE).any())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
