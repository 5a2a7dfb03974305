"""Do the journeys of planted companies show what is planted: the weak point first, its loss, and the limit of automation?

Writes companies from seeds 1, 2, …, and fits the weak points of the last 12 months and the limit of automation of all 36. Counted is how
often the weak point leads the list and is announced, how often any other touchpoint is, and how often the intervals of its loss and of the complexity at which automation turns
hold the truth. Exits with 1 if an interval holds it in less than 92 % or more than 98 % (from 100 companies on; before, where
that is no accident), or if the weak point leads less often than in 95 %. Ten seconds a company.

Usage: .venv/bin/python tests/coverage/coverage_of_journeys.py [COMPANIES] [FIRST]
"""

import sys
import tempfile
from pathlib import Path

import pandas as pd
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.truth import stored

AS_OF, TABLES = "2026-09-30", ["customers", "contracts", "interactions"]
WEAK = "fault"
ORACLE = {name: entry["value"] for name, entry in stored().items()}
HELD = ("loss", "turning point")


def company(seed):
    """What the company of a seed shows."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), seed=seed, tables=TABLES)
        ws = cx.open(folder)
        steps = cx.features.journey_steps(ws.interactions, AS_OF, months=18).to_pandas()
        points = cx.models.WeakPoints().fit(cx.features.customer_journeys(ws, AS_OF), steps).points_
        contacts = cx.features.followed_contacts(ws.interactions, AS_OF, 36).to_pandas()
    limit = cx.models.AutomationLimit().fit(contacts)
    weak, first = points.set_index("touchpoint").loc[WEAK], points.iloc[0]
    turning, low, high = limit.turning_
    return {
        "first": first["touchpoint"] == WEAK,
        "announced": bool(weak["stands"]),
        "another announced": bool(points.loc[points["touchpoint"] != WEAK, "stands"].any()),
        "loss": weak["low"] <= ORACLE["journeys.weak_point_loss"] <= weak["high"],
        "turning point": low <= ORACLE["ratings.automation_threshold"] <= high,
        "estimated loss": weak["loss"],
        "estimated turning point": turning,
    }


def main(companies=200, first=1):
    companies, rows = int(companies), []
    for seed in range(int(first), int(first) + companies):
        rows.append(company(seed))
        print(f"seed {seed}: {rows[-1]}", flush=True)
    table = pd.DataFrame(rows)
    print(table.mean().round(4).to_string())
    low, high = (int(binom.ppf(tail, companies, 0.95)) / companies for tail in (0.005, 0.995))
    bounds = (0.92, 0.98) if companies >= 100 else (low, high)
    held = all(bounds[0] <= table[name].mean() <= bounds[1] for name in HELD)
    return int(not held or table["first"].mean() < 0.95)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
