"""Do all pages of companies in which nothing is planted stay quiet? Every reading that can announce a finding, counted.

Generates null companies from seeds 1, 2, …, runs every notebook on each in this process, and counts, section by section, in how many of those in
which it was assessed the page announces a finding. Exits with 1 if a section does so more often than one in twenty beyond chance. Takes
minutes a company; run by ``make null``, not by ``make test``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/null_companies.py [COMPANIES [CUSTOMERS [FIRST_SEED]]]
"""

import datetime
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scipy.stats import binom

from cxresearch.sample import write
from tests.unrendered import read

AS_OF = datetime.date(2026, 9, 30)
RATE, SURE = 0.05, 0.001  # of sections that announce something; p-value of one that does so too often

# Beginning of a notebook's name, of a section's title, and what its reading holds where it announces something.
# Of the models of buyers, the one by which they were drawn: the other's assumptions are false, and a page that says so is right.
# Repeat contacts by touchpoint are not among them: the sample's reports of a fault are cases of one contact, in the null company too.
FINDINGS = [
    ("00", "Verdict", "^(?!No reason found)"),
    ("00", "Late records", "beyond chance: |silent for"),
    ("00", "Filled columns", "filled less often by"),
    ("00", "Definitions", "; [0-9]+ changed"),
    ("00", "Representation", "quarters before: "),
    ("01", "Scope creep", "Clear association"),
    ("01", "Failure rate by attribute", "Failure differs by"),
    ("01", "What goes with failure", "odds of failure go(es)? with"),
    ("01", "Did technology come", "go with changes in"),
    ("01", "Order and failure", "failed (more|less) often"),
    ("03", "Which touchpoint", "Likely to be both"),
    ("03", "Which department", " lags: "),
    ("03", "Consistent", "[0-9]+ of [0-9]+ combinations? of job and channel differs? from"),
    ("03", "The firm's picture", "Staff rate the experience (higher|lower)"),
    ("04", "Which ways", "This is clearly"),
    ("04", "Customers or spend", "weak points? among"),
    ("04", "Lower ratings", "weak points? among"),
    ("04", "Which job fails", "Settled less often than"),
    ("04", "Do green service", "Green service levels hide"),
    ("04", "Up to which complexity", "customers rate a (robot|person) better"),
    ("04", "The life cycle", "Key points of contact"),
    ("05", "Where does loyalty", " (rose|fell)"),
    ("05", "What drives it", "Drivers? that add"),
    ("05", "Which drivers are", "is an? (must-be|attractive)"),
    ("05", "Do customers with higher scores stay", "Customers who score higher (stay longer|leave sooner)"),
    ("05", "Do customers with higher scores spend", "spend (more|less)"),
    ("05", "Can the score", "left (more|less) often than respondents"),
    ("05", "What do customers write", "Compared with other writers"),
    ("06", "How good was", "(?<!no) better than chance"),
    ("06", "When do contracts end", "Associated with the odds"),
    ("06", "Larger numbers", "differs by|Beyond chance after"),
    ("07", "Do later contract", "a clear (rise|fall)"),
    ("07", "Does loyalty grow", "Retention (rises|falls|changes) with tenure"),
    ("07", "When in the term", "Reach customers"),
    ("07", "How an earlier contract", "than the interval allows"),
    ("07", "Who comes back", "a clear (rise|fall)"),
    ("07", "Do customers buy at random", "Customers buy (more regularly|in bursts)"),
    ("07", "Do later cohorts of buyers", "a clear (rise|fall)"),
    ("07", "Can models of buyers", "BG/NBD predicted (?:(?!Pareto).)*[Dd]o not rely"),
    ("07", "How many of the lapsed", "too (low|high)"),
    ("07", "What goes with buying", "Goes with"),
    ("07", "What buyers spend", "Frequent buyers spend"),
    ("08", "Do offers bring", "Brought back beyond|Kept away"),
    ("08", "Does it matter why", "come back (less|more) often|depends on the reason"),
    ("08", "What does an offer", "Pays for certain"),
    ("08", "Whom does it pay", "tells whom .* moves \\(|the wrong way round"),
    ("10", "Did customers stay longer", "Teams kept (more|fewer)"),
    ("10", "Are customers who left", "[0-9] reports? clearly more"),
    ("10", "Were ends moved", "ends look moved"),
    ("10", "Was retention bought", "became (cheaper|dearer)"),
]


def announced(seed, customers):
    """Sections assessed in the null company of this seed, and those that announce a finding."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, null=True, seed=seed)
        readings = read(folder, AS_OF)
    return judged(readings)


def judged(readings):
    """The findings of `FINDINGS` that were assessed, and those that were announced, each (notebook, section)."""
    texts = {}
    for row in readings:
        texts.setdefault((row["notebook"][:2], row["section"]), []).append(row["text"])
    assessed, found = set(), set()
    for notebook, start, pattern in FINDINGS:
        own = [
            " ".join(t)
            for (name, section), t in texts.items()
            if name == notebook and section.startswith(start)
        ]
        if own:
            assessed.add((notebook, start))
            if re.search(pattern, own[0]):
                found.add((notebook, start))
    return assessed, found


def table(results):
    """The lines of the table, and whether a section announces too much."""
    assessed, found = Counter(), Counter()
    for own, loud in results:
        assessed.update(own)
        found.update(loud)
    lines, is_loud = (
        [f"null companies: {len(results)}; section: announced, of those in which it was assessed"],
        False,
    )
    for notebook, start, _ in FINDINGS:
        n, k = assessed[notebook, start], found[notebook, start]
        too_many = n > 0 and binom.sf(k - 1, n, RATE) < SURE
        is_loud |= too_many
        share = f"{k / n:6.0%}" if n else "     –"
        lines.append(f"  {notebook}  {start:<40} {k:4d} of {n:4d} {share}{'  too many' if too_many else ''}")
    total, of = sum(found.values()), sum(assessed.values())
    lines.append(f"  all sections {total:,} of {of:,}, {total / max(of, 1):.1%}")
    return lines, is_loud


def main(companies=20, customers=4000, first=1):
    results = []
    for seed in range(int(first), int(first) + int(companies)):
        results.append(announced(seed, int(customers)))
        print(
            f"seed {seed}: {', '.join(f'{n} {s}' for n, s in sorted(results[-1][1])) or 'quiet'}", flush=True
        )
    lines, is_loud = table(results)
    print("\n".join(lines))
    return int(is_loud)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
