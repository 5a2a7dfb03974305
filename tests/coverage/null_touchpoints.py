"""Does a company in which nothing is planted stay quiet? Its departments, and its staff's picture of itself.

Generates null companies from seeds 1, 2, …, runs the comparison of departments and the perception gap of the touchpoint
notebook on each, and counts how often anything is announced. Exits with 1 if more than 5 % of the companies announce a
department or a gap. Takes minutes; run by ``make null``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/null_touchpoints.py [COMPANIES]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write

AS_OF, MONTHS = "2026-09-30", 12


def announced(seed, customers=12_000):
    """What the null company of this seed announces."""
    with tempfile.TemporaryDirectory() as folder:
        write(
            Path(folder), null=True, seed=seed, customers=customers, tables=["interactions", "staff_ratings"]
        )
        ws = cx.open(folder)
        contacts = cx.features.contacts(ws.interactions, AS_OF, MONTHS).to_pandas()
        staff = ws.frame("staff_ratings")
    model = cx.models.Consistency(draws=1000).fit(contacts)
    gaps = cx.models.PerceptionGap().fit(contacts, staff).gaps_["verdict"]
    found = {
        "a department": (model.departments_["verdict"] == "lagging").any(),
        "a gap": gaps.isin(["overrated", "underrated"]).any(),
        "a job in a channel": (model.cells_["verdict"] != "as expected").any(),
        "a department above or below the mean": (
            model.departments_["verdict"] != "no clear difference"
        ).any(),
    }
    return {name for name, yes in found.items() if yes}


def main(companies=100):
    companies, counts = int(companies), Counter()
    for seed in range(1, companies + 1):
        found = announced(seed)
        counts.update(found)
        counts["a department or a gap"] += bool(found & {"a department", "a gap"})
    print(f"null companies that announce something, of {companies}")
    for name in ("a department", "a gap", "a department or a gap", "a job in a channel", "a department above or below the mean"):  # fmt: skip
        print(f"  {name:<40} {counts[name]:4d}")
    return int(counts["a department or a gap"] > 0.05 * companies)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
