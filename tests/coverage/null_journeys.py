"""Does a company without effects stay quiet about its journeys?

Writes null companies from seeds 1, 2, …, and counts how often a weak point is announced (by customers lost and by satisfaction), a limit of automation, a
channel in which a job fails, something that costs effort, feelings that add to service levels, or a contact that goes with a move in the life cycle. Exits with 1 if a weak point or a limit
of automation is announced in more than 5 % of the companies (from 100 companies on; before, where that is no accident). Fifteen seconds a company.

Usage: .venv/bin/python tests/coverage/null_journeys.py [COMPANIES] [FIRST]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write

AS_OF, TABLES = "2026-09-30", ["customers", "contracts", "orders", "interactions", "survey_responses"]
STRICT = ("a weak point (customers)", "a weak point (satisfaction)", "a limit of automation")


def announced(seed):
    """What the null company of a seed announces."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), null=True, seed=seed, tables=TABLES)
        ws = cx.open(folder)
        steps = cx.features.journey_steps(ws.interactions, AS_OF, months=18).to_pandas()
        journeys = cx.features.customer_journeys(ws, AS_OF).to_pandas()
        cases = cx.features.journey_steps(ws.interactions, AS_OF, of="case").to_pandas()
        contacts = cx.features.followed_contacts(ws.interactions, AS_OF, 36).to_pandas()
        episodes = cx.features.episodes(ws.interactions, AS_OF).to_pandas()
        loyalty = cx.features.loyalty_after(ws, AS_OF).to_pandas()
        stages = cx.features.life_stages(ws, AS_OF, 12).to_pandas()
    models = cx.models
    limit = models.AutomationLimit().fit(contacts)
    pairs = models.Jobs().fit(episodes).pairs_
    found = {
        "a weak point (customers)": models.WeakPoints("has_left")
        .fit(journeys, steps)
        .points_["stands"]
        .any(),
        "a weak point (satisfaction)": models.WeakPoints("satisfaction")
        .fit(journeys, steps)
        .points_["stands"]
        .any(),
        "a limit of automation": not np.isnan([limit.automate_up_to_, limit.never_above_]).all(),
        "a job that fails in a channel": pairs["stands"].any(),
        "what costs effort": models.Effort().fit(cases).drivers_["stands"].any(),
        "feelings that add": models.FeelingsOverProcess("recommend_after").fit(loyalty).added_.p < 0.05,
        "a contact with a move": models.LifeCycle().fit(stages).points_["stands"].any(),
    }
    return {name for name, yes in found.items() if yes}


def main(companies=100, first=1):
    companies, counts = int(companies), Counter()
    for seed in range(int(first), int(first) + companies):
        found = announced(seed)
        counts.update(found)
        print(f"seed {seed}: {', '.join(sorted(found)) or 'nothing'}", flush=True)
    print(f"null companies that announce something, of {companies}")
    for name, n in sorted(counts.items()):
        print(f"  {name:<40} {n:4d}")
    most = 0.05 * companies if companies >= 100 else binom.ppf(0.99, companies, 0.05)
    return int(max(counts[name] for name in STRICT) > most)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
