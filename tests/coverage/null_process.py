"""Does a company in which nothing is planted stay quiet on the page of processes and readiness?

Null companies from seeds 1, 2, …: a change that worked, a step to lock or to free, a process that can or cannot grow, an item to fix first. Exits with 1 if more than 10 % of the companies announce a change, a step or an item; the verdicts on growth are one
interval per process at an elasticity of 1, of which one in twenty is announced.

Usage: .venv/bin/python tests/coverage/null_process.py [COMPANIES]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from tests.coverage.coverage_of_process import fitted


def announced(seed):
    """What the null company of a seed announces."""
    with tempfile.TemporaryDirectory() as folder:
        page = fitted(folder, seed, null=True)
    steps = page["hub"].steps_
    growth = page["scalable"].processes_["verdict"].isin(["scalable", "not scalable"])
    found = {
        "a change": page["improvable"].changes_["verdict"].isin(["worked", "made worse"]).any(),
        "a step to lock or to free": len(steps) and steps["decision"].isin(["lock", "free"]).any(),
        "an item to fix first": cx.models.ReadinessPriorities().fit(page["answers"]).first_ is not None,
    }
    return {name for name, yes in found.items() if yes}, int(growth.sum())


def main(companies=100):
    companies, counts, grown = int(companies), Counter(), 0
    for seed in range(1, companies + 1):
        found, growth = announced(seed)
        counts.update(found)
        grown += growth
        print(f"seed {seed}: {', '.join(sorted(found)) or 'nothing'}; growth of {growth}", flush=True)
    print(f"null companies that announce something, of {companies}")
    for name in ("a change", "a step to lock or to free", "an item to fix first"):
        print(f"  {name:<40} {counts[name]:4d}")
    print(f"  processes whose growth is announced      {grown:4d} of {10 * companies}")
    return int(max(counts.values(), default=0) > max(0.1 * companies, 2))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
