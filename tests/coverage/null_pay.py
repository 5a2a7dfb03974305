"""Does a company in which nothing is planted stay quiet on the page of tied pay?

Null companies from seeds 1, 2, …: an effect, a team that relabels, ends that look moved, prices that changed. Exits with 1 where one of them is announced in more than 10 % of the companies.

Usage: .venv/bin/python tests/coverage/null_pay.py [COMPANIES]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.coverage.coverage_of_pay import fitted

KINDS = ("an effect", "a team that relabels", "ends moved past the measuring day", "prices that changed")


def announced(seed):
    """What the null company of a seed announces."""
    with tempfile.TemporaryDirectory() as folder:
        page = fitted(folder, seed, null=True)
    amounts = page["amounts"].change_
    found = (
        page["effect"].verdict_ in ("kept more", "kept less"),
        bool(page["reports"].found_),
        page["ends"].ratio_[1] > 1,
        amounts[1] > 0 or amounts[2] < 0,
    )
    return {kind for kind, yes in zip(KINDS, found, strict=True) if yes}


def main(companies=100):
    companies, counts = int(companies), Counter()
    for seed in range(1, companies + 1):
        counts.update(announced(seed))
    print(f"null companies that announce something, of {companies}")
    for kind in KINDS:
        print(f"  {kind:<40} {counts[kind]:4d}")
    return int(max(counts.values(), default=0) > max(0.1 * companies, 2))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
