"""Does a company in which nothing changes get its report published? The verdict on the data of a quarter.

Generates null companies from seeds 0, 1, … and judges the quarter of each. Exits with 1 if more than 5 % of them are held or more than
10 % warned of. Takes a minute; run by ``make null``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/null_quality.py [COMPANIES]
"""

import datetime
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write

AS_OF = datetime.date(2026, 9, 30)


def verdict(seed, customers=1000):
    """The verdict on the null company of this seed."""
    with tempfile.TemporaryDirectory() as folder:
        tables = ["interactions", "survey_invitations"]
        write(Path(folder), customers=customers, null=True, seed=seed, tables=tables)
        return cx.models.DataQuality().fit(cx.open(folder), AS_OF).verdict_


def main(companies=40):
    companies = int(companies)
    counts = Counter(verdict(seed) for seed in range(companies))
    print(f"verdicts on {companies} null companies")
    for name, n in counts.most_common():
        print(f"  {name:<24} {n:4d}")
    held, warned = counts["hold"], counts["publish with a warning"]
    return int(held > 0.05 * companies or warned > 0.10 * companies)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
