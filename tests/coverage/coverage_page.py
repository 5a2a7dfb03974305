"""The page of the documentation on what the 95 % intervals hold: which there are, and what is known of those that are off."""

import datetime
import re
from pathlib import Path

import nbformat
import numpy as np
from scipy.stats import binom

from cxresearch.report import results, series
from cxresearch.stats.proportions import wilson
from tests.coverage.truths_of_companies import PEERS

ROOT = Path(__file__).resolve().parents[2]
SHOWN_AS_OF = datetime.date(2026, 9, 30)  # of the notebooks' stored outputs
ENOUGH = 40  # companies in which an interval must have been stated, for its coverage to be told
LOW, HIGH, CHANCE = 0.92, 0.98, 0.01
NARROW, WIDE = "▼", "▲"

# What is known of an interval that does not hold 92 to 98 %: the first pattern that an id matches.
KNOWN = (
    (
        r"AUC of the hazard",
        "limits by the score test are wide where some twenty-five of the rows are leavers, and models of two terms differ little from company to company.",
    ),
    (
        r"06_.*/(AUC|Brier|lift)",
        "the interval is of this company's model, by the rows set aside; it is held here against the median of such models, which differ from "
        "company to company by more than chance in these rows.",
    ),
    (
        r"compromised although|sacrificed most|stayed green|green reports|readiness|technology",
        "a share near 0 or 1 of few projects. Wilson's interval holds such shares between 85 and 99 times in 100, depending on the share.",
    ),
    (
        r"R-indicator",
        "everybody is as likely to answer here, so that the true value is 1, the upper end of what it can be.",
    ),
    (
        r"rows expected",
        "invitations are a fixed number and contacts nearly so: they vary less than counts by chance, for which the interval allows at least. "
        "Projects are so few that whole numbers leave no narrower one.",
    ),
    (
        r"given up, of|steps of processes that are measured",
        "nobody gives up waiting in these companies, and which steps are measured is the same in all: nothing is left to chance.",
    ),
    (
        r"budget grew over",
        "no budget grows by so much in these companies, and a share of 0 lies in every interval from 0 on.",
    ),
    (
        r"median overrun",
        "many projects take exactly as long as planned; the median is one of these, and so is an end of its interval.",
    ),
    (
        r"share of variance: contact",
        "it is what the others leave, with limits that hold whatever the others are within theirs.",
    ),
    (
        r"AUC|Brier|observed minus|slope",
        "of few projects, by models of which each learns from most of the others' projects: the width is that of Nadeau and Bengio.",
    ),
)

# Intervals that a page shows in other tables, in pictures or in sentences: where, what of, tested by, what was found.
ELSEWHERE = (
    (
        "01, earliest and latest finish of open projects",
        "the recorded finish of those that are delivered",
        "99 % (rounded to reports)",
        "coverage_of_projects.py",
    ),
    ("01, forecast at completion", "the cost of those that are delivered", "97 %", "coverage_of_projects.py"),
    ("01, risk list", "the true risk of a project that was not cancelled", "94 %", "calibration_of_risks.py"),
    (
        "01, money at stake within 12 months",
        "what is spent on projects that fail",
        "97 %",
        "calibration_of_risks.py",
    ),
    ("01, cost above plan within 12 months", "the overrun that comes", "89 %", "calibration_of_risks.py"),
    ("01, odds ratios with all predictors", "the planted log-odds", "see there", "coverage_of_failure.py"),
    (
        "01, uplift curves",
        "the share of later projects above the uplift",
        "see there",
        "coverage_of_uplifts.py",
    ),
    (
        "06, profit at other worths than the contracts' own",
        "what a campaign earns",
        "see there",
        "coverage_of_contacts.py",
    ),
    (
        "07, parameters, levers and values under planted parameters",
        "the planted ones",
        "see there",
        "coverage_of_intervals.py",
    ),
)

TOP = """# How often the 95 % intervals hold

Every interval that a page records, what it is of, and how often it holds that. `make pages` writes this file
(`tests/coverage/coverage_of_pages.py`).

{companies} companies of {customers:,} customers each (seeds {first} to {last}) are drawn from the sample company's model, and three more years of each
than a report may know. Every notebook runs on each as of {as_of}, from the tables to the numbers of the page, by the code of commit {state}; under
each page stands how many companies it was run for. The interval is then held against the truth:

- **the population**: the mean of the same number over {larges} companies of {large:,} customers drawn alike; of projects, over {projects} with ten times
  Northgate's projects.
- **what will happen**: what the next three years brought that company.
- **what came after an earlier day**: forecasts made from an earlier day stand beside what came since.
- **the rows of the quarter, had nothing changed**: the rows that came, for nothing had changed.
- **the population, served by the staff of today**: the same, moved by how the company's own agents differ from all, which is planted. With other
  staff the number would differ by more than its interval.
- **the population of firms of this size**: the median over these companies, of what depends on how large a firm is.
- **what such a model reaches on average**: the median over these companies.
- **this company's model, by the planted risks of those it is tested on**: slope and level that its forecasts have against the planted probabilities
  of leaving, not against who happened to leave.
- **what is planted in the company**: the value by which it was drawn.
- **all organisations drawn alike, at the company's own score**: the same number, had {peers:,} organisations of each year answered.
- **what a campaign will earn**: who leaves is known; whether a customer accepts is drawn by the law that the page states.

*Holds* is the share of companies whose interval held it, with its own 95 % interval; 95 % is right. {wide} and {narrow} mark
what lies outside 92 to 98 % beyond chance (p < 0.01): {narrow} holds less often than it says, {wide} more often. What is known of these stands
below each table. *Base* is the median number of people, projects or rows behind the interval. A dash: the truth is not known here, or the
interval is stated in fewer than {enough} of these companies; larger ones, or newer pages, state it.
"""


def outside(share, n):
    """The mark of a coverage that lies outside 92 to 98 % beyond chance; empty where it does not.

    >>> outside(0.85, 140), outside(0.91, 140), outside(1.0, 140)
    ('▼', '', '▲')
    """
    held = round(share * n)
    if share < LOW and binom.cdf(held, n, 0.95) < CHANCE:
        return NARROW
    return WIDE if share > HIGH and binom.sf(held - 1, n, 0.95) < CHANCE else ""


def on_pages():
    """The ids of all intervals in the notebooks' stored outputs."""
    rows = []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        rows += [{"notebook": path.stem} | row for row in results.harvest(nbformat.read(path, as_version=4))]
    return [row["id"] for row in series.identified(rows, SHOWN_AS_OF) if row["low"] is not None]


def listed(text):
    """The ids in the table of the page: notebook, section and number."""
    book = section = ""
    found = []
    for line in text.splitlines():
        if line.startswith("## "):
            book, section = line[3:], ""
        elif line.startswith("| **"):
            section = line.split("**")[1]
        elif line.startswith("| ") and section and re.match(r"\d\d_", book):
            found.append("/".join([book, section, line.split(" | ")[0].removeprefix("| ")]))
    return found


def page(table, run):
    """The whole page.

    Parameters
    ----------
    table : pandas.DataFrame
        id, of, stated (in how many companies), known (in how many of them the truth is), base, coverage.
    run : dict
        seeds, customers, larges, large, projects, as_of, state (of the code), and books: how many companies each page was run for.
    """
    seeds = run["seeds"]
    told = {"companies": len(seeds), "first": seeds[0], "last": seeds[-1], "peers": PEERS}
    text = TOP.format(**run, **told, narrow=NARROW, wide=WIDE, enough=ENOUGH)
    split = table["id"].str.split("/", n=2, expand=True)
    table = table.assign(book=split[0], section=split[1], number=split[2])
    judged = table[table["known"] >= ENOUGH]
    marks = [outside(row.coverage, row.known) for row in judged.itertuples()]
    within = ((judged["coverage"] >= LOW) & (judged["coverage"] <= HIGH)).mean()
    text += (
        f"\nOf {len(table)} intervals {len(judged)} are judged. They hold {judged['coverage'].mean():.1%} on average; {within:.0%} of them lie between "
        f"92 and 98 %, {marks.count(NARROW)} below and {marks.count(WIDE)} above beyond chance. Were all right, chance alone would mark about "
        f"{CHANCE * len(judged):.0f} below.\n"
    )
    for book, rows in table.groupby("book", sort=True):
        text += f"\n## {book}\n\n{_run_for(run['books'].get(book, 0))}\n\n| number | interval of | base | holds | companies |\n|---|---|---|---|---|\n"
        for section, own in rows.groupby("section", sort=False):
            text += f"| **{section}** | | | | |\n" + "".join(map(_line, own.itertuples()))
        text += _notes(rows)
    return text + _elsewhere()


def _run_for(companies):
    """For how many companies a page was run."""
    if not companies:
        return "Not run for any company yet: nothing is known of these intervals here."
    return f"Run for {companies} compan{'y' if companies == 1 else 'ies'}."


def _line(row):
    base = f"{row.base:,.0f}" if np.isfinite(row.base) else "–"
    holds = "–"
    if row.known >= ENOUGH:
        limits = wilson(round(row.coverage * row.known), row.known)
        mark = outside(row.coverage, row.known)
        holds = f"{mark} {row.coverage:.0%} ({limits.low:.0%} to {limits.high:.0%})".strip()
    return f"| {row.number} | {row.of} | {base} | {holds} | {row.stated} |\n"


def _notes(rows):
    """What is known of the rows of a page that are marked: a line each, those of one reason together."""
    found = {}
    for row in rows[rows["known"] >= ENOUGH].itertuples():
        if mark := outside(row.coverage, row.known):
            found.setdefault((mark, known(row.id)), []).append(row.number)
    return "".join(f"\n{mark} {'; '.join(numbers)}: {why}\n" for (mark, why), numbers in found.items())


def known(id_):
    """What is known of an interval that is off."""
    return next((why for pattern, why in KNOWN if re.search(pattern, id_)), "the cause is not known yet.")


def _elsewhere():
    text = "\n## Intervals in other tables, in pictures and in sentences\n\n| where | of | holds | tested by |\n|---|---|---|---|\n"
    return text + "".join(
        f"| {where} | {of} | {holds} | `tests/coverage/{script}` |\n"
        for where, of, holds, script in ELSEWHERE
    )
