"""Does the page of marketing events stay silent about companies whose events do nothing?

For each seed the company without effects is written and the page's models are fitted. Counted are false announcements: a kind called the best, a kind to repeat or to stop, a matched comparison that is clearly off, a kind
whose comparison is withheld. Each may occur in one company of twenty by chance; exits with 1 where one occurs so often that this would be less likely than one in a thousand.

Usage: .venv/bin/python tests/coverage/null_events.py [COMPANIES] [FIRST]
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.coverage.coverage_of_events import fitted

CHANCE, SURE = 0.05, 0.001


def announced(seed):
    """What the page announces of the company of a seed."""
    with tempfile.TemporaryDirectory() as folder:
        _, _, trials, returns = fitted(folder, seed, null=True)
    verdicts = set(returns.kinds_["verdict"])
    found = {
        "a kind called the best": returns.across_ is not None and returns.across_.best_ is not None,
        "a kind to repeat or to stop": bool(verdicts & {"repeat", "stop"}),
        "matching clearly off": bool(trials.kinds_["is_off"].any()),
        "a comparison withheld": "no comparison" in verdicts,
    }
    return [name for name, is_so in found.items() if is_so]


def main(companies=100, first=1):
    counts, n = Counter(), int(companies)
    for seed in range(int(first), int(first) + n):
        counts.update(announced(seed))
    for name, count in sorted(counts.items()):
        print(f"{name}: {count} of {n}")
    print(f"{n} companies, {sum(counts.values())} false announcements")
    return int(any(binom.sf(count - 1, n, CHANCE) < SURE for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
