"""Does a company whose offers bring nobody back stay quiet about them?

Writes null companies from seeds 1, 2, …, in which every arm returns alike and stays alike, and counts how often an offer is said to bring customers back, an offer to
pay, a reason for leaving to matter, or customers to be worth choosing among. Exits with 1 if any of these is announced more often than one in twenty
beyond chance. Two seconds a company.

Usage: .venv/bin/python tests/coverage/null_winback.py [COMPANIES] [FIRST]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write
from tests.coverage.coverage_of_winback import TABLES, fitted

NAMES = (
    "an offer brings back",
    "an offer pays",
    "a reason matters",
    "scores rank",
    "customers are chosen",
    "arms differ before",
)


def announced(seed):
    """What the null company of a seed announces."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), null=True, seed=seed, tables=TABLES)
        regain, _, profit = fitted(folder)
    whom = cx.models.WhomToAsk().fit(profit)
    reasons = cx.models.LapseReasons().fit(regain.rows_)
    found = (
        regain.lifts_["is_certain"].any(),
        profit.best_ is not None,
        reasons.reasons_["is_certain"].any(),
        whom.uplift_ is not None and whom.uplift_.verdict_ == "ranks",
        whom.verdict_ != "nobody",
        not regain.balance_.is_alike,
    )
    return {name for name, yes in zip(NAMES, found, strict=True) if yes}


def main(companies=100, first=1):
    companies, counts = int(companies), Counter()
    for seed in range(int(first), int(first) + companies):
        found = announced(seed)
        counts.update(found)
        print(f"seed {seed}: {', '.join(sorted(found)) or 'nothing'}", flush=True)
    print(f"null companies that announce something, of {companies}")
    for name in NAMES:
        print(f"  {name:<40} {counts[name]:4d}")
    most = binom.ppf(0.99, companies, 0.05)
    return int(max(counts.values(), default=0) > most)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
