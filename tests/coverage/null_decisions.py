"""Is nothing to be decided in companies in which nothing is planted? Every decision that their boards propose, counted.

Generates null companies from seeds 1, 2, …, runs in this process every notebook that proposes decisions, and judges the candidates together as
the board does. Exits with 1 if decisions are proposed in more than one company in twenty beyond chance. Takes a minute a company; run by
``make null``, not by ``make test``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/null_decisions.py [COMPANIES [CUSTOMERS [FIRST_SEED]]]
"""

import ast
import datetime
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scipy.stats import binom

from cxresearch.sample import write
from tests.unrendered import NOTEBOOKS, proposed

READINGS = NOTEBOOKS.parent / "cxresearch" / "readings"
AS_OF = datetime.date(2026, 9, 30)
RATE, SURE = 0.05, 0.001  # of companies with a decision; p-value of too many


def pages():
    """The notebooks that call a reading which proposes a decision, by number.

    >>> pages()
    ['00', '01', '03', '07', '08', '09', '10']
    """
    proposing = {
        function.name
        for path in READINGS.glob("*.py")
        for function in ast.parse(path.read_text()).body
        if isinstance(function, ast.FunctionDef) and "propose(" in ast.unparse(function)
    }
    called = re.compile(rf"cx\.readings\.({'|'.join(sorted(proposing))})\(")
    return [
        path.name[:2] for path in sorted(NOTEBOOKS.glob("[0-9]*.ipynb")) if called.search(path.read_text())
    ]


def candidates(seed, customers):
    """What the board of the null company of this seed would judge."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, null=True, seed=seed)
        return proposed(folder, AS_OF, pages())


def main(companies=100, customers=12000, first=1):
    loud = 0
    for seed in range(int(first), int(first) + int(companies)):
        found = candidates(seed, int(customers))
        loud += any(one["stands"] for one in found)
        told = ", ".join(f"{one['id']} p={one['p']:.3g}{' STANDS' if one['stands'] else ''}" for one in found)
        print(f"seed {seed}: {told or 'no candidate'}", flush=True)
    print(f"null companies with a decision to take: {loud} of {companies}")
    return int(binom.sf(loud - 1, int(companies), RATE) < SURE) if loud else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
