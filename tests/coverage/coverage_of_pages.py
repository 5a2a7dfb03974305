"""Do the 95 % intervals on the pages hold what they say, from tables to page?

Draws companies whose next three years are known, runs every notebook on each as of a day three years before the last record, and counts
how often each interval holds its truth: the same number in one company so large that chance hardly moves it, or what happened afterwards.
`KINDS` says what each interval is of, by its id. The table goes to ``docs/coverage.md``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/coverage_of_pages.py [--companies 200] [--first 1] [--customers 4000] [--only 07 …]
       [--kept FOLDER] [--state NAME] [--jobs 2] [--write]

Rows are kept in FOLDER/STATE, and those that are there are not computed again: a run that was stopped goes on where it was, and several may share
the work. The state of the code is the commit, with a mark where the code differs from it.
"""

import argparse
import gc
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from cxresearch.sample import write
from tests.coverage.coverage_page import ENOUGH, NARROW, on_pages, outside, page
from tests.coverage.truths_of_companies import (
    AS_OF,
    END,
    MONTHS,
    among_all,
    calibrated,
    campaign,
    failed_by,
    happened,
    leaving,
    overrun,
    planted,
    renewals,
    staffed,
)  # fmt: skip

ROOT = Path(__file__).resolve().parents[2]
# Customers of the companies whose mean numbers stand for the truth, and more of whose projects alone
LARGE, LARGE_SEEDS, PROJECT_SEEDS = 120_000, (0, 1_000_001, 1_000_002), range(2_000_000, 2_000_010)
PROJECTS = ("projects", "project_status")
TABLE = ROOT / "docs" / "coverage.md"
# Staff and respondents are asked once, on the last day, and processes run for 36 months: as on the day of the report.
OF_THE_DAY = (
    "staff_ratings", "readiness_answers", "process_steps", "process_models", "process_changes", "process_costs",
)  # fmt: skip

OF_POPULATION = "the population"
OF_FUTURE = "what will happen"
OF_MONTH = "the rows of the quarter, had nothing changed"
OF_STAFF = "the population, served by the staff of today"
OF_SIZE = "the population of firms of this size"
OF_PAST = "what came after an earlier day"
OF_MODEL = "what such a model reaches on average"
OF_OWN_MODEL = "this company's model, by the planted risks of those it is tested on"
OF_HIDDEN = "a state that no table shows; see coverage_of_intervals.py"
OF_CAMPAIGN = "what a campaign will earn, if customers accept as assumed"
OF_PLANTED = "what is planted in the company"
OF_SCORE = "all organisations drawn alike, at the company's own score"
OF_OWN = "words or groups that each company finds for itself"

# The first pattern that an id matches says what its interval is of.
KINDS = (
    (r"^00_.*rows expected$", OF_MONTH),
    (r"customers to leave in|purchases to be made|value of running contracts|per contract, next", OF_FUTURE),
    (r"value of buyers, next|per buyer, next|value of a customer who stays", OF_FUTURE),
    (
        r"of the lapsed: will buy|expected not to renew|expected to be lost at renewal|cost above plan to come",
        OF_FUTURE,
    ),
    (r"^02_.*/(readiness[:,]|.*(elasticity of cost|change X\d+: .*|distance to the next year)$)", OF_PLANTED),
    (r"organisations in year \d|answers like those of year", OF_SCORE),
    (
        r"expected to leave in|purchases expected|expected to buy within|profit expected beforehand|: off by",
        OF_PAST,
    ),
    (r"profit of contacting|per customer contacted", OF_CAMPAIGN),
    (r"^06_.*/calibration", OF_OWN_MODEL),
    (r"/(AUC|Brier|calibration|observed minus|lift of)|AUC of the hazard", OF_MODEL),
    (r"expected number not dropped out", OF_HIDDEN),
    (r"^08_.*(Qini coefficient|profit per customer, offer|the second less)", OF_SIZE),
    (r"What do customers write|/failed, has|/failed, priority", OF_OWN),
    (r"/(touchpoint|channel): |: unadjusted satisfaction$", OF_STAFF),
    (r"next contact.* with somebody else|hand-offs per case|log-odds of a later year", OF_SIZE),
    (r"", OF_POPULATION),
)
# Totals grow with the company: the truth is that of the large one at this one's size.
TOTALS = re.compile(
    r": gap$|\+1 point of retention|\+1% |: (customers|spend) lost$|customers won, last|new shop customers, last|shop sales, last"
)
# What came, of a forecast made from an earlier day, stands on the page beside it.
CAME = (
    (r"expected to leave in", "left in"),
    (r"purchases expected", "purchases made"),
    (r"expected to buy within", "bought within"),
    (r"profit expected beforehand", "profit by those who left, at acceptance 30%"),
)


def kind(id_):
    """What the interval of an id is of."""
    return next(of for pattern, of in KINDS if re.search(pattern, id_))


def stated(seed, customers, only=()):
    """The intervals that the pages of a company state, and what happened to it afterwards."""
    from tests.unrendered import recorded

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as of_the_day:
        write(folder, customers=customers, months=MONTHS, seed=seed, end=END)
        write(of_the_day, customers=customers, seed=seed, end=AS_OF.isoformat(), tables=OF_THE_DAY)
        for name in OF_THE_DAY:
            (Path(of_the_day) / f"{name}.parquet").replace(Path(folder) / f"{name}.parquet")
        after, left, bought = happened(Path(folder))
        after["staff"] = staffed(Path(folder), seed, customers)
        after["planted"] = planted(of_the_day)

        def watch(names):
            """What becomes of those whom a page singles out."""
            if "silence" in names:
                who = names["silence"].customers_.query("is_lapsed")["customer_id"]
                after["of the lapsed: will buy"] = float(who.isin(bought).mean())
            if "profit" in names:
                after.update(campaign(names["profit"], names["forecast"], names["worth"], left, seed))
                after.update(calibrated(names["forecast"].judged_, leaving(seed, customers)))
            if "rate" in names:
                after["failed by month"] = failed_by(names["projects"], AS_OF)
                after.update(overrun(folder, names["health"].standing()))
            if "next_up" in names:
                after.update(renewals(names["next_up"], names["spells"], left))
            if "rungs" in names:
                after["among all"] = among_all(names["answers"], seed)

        return {"rows": recorded(folder, AS_OF, only, watch=watch), "after": after}


def stated_of_projects(seed, customers):
    """The intervals that the page on projects states of a company of which nothing else is drawn."""
    from tests.unrendered import recorded

    after = {}

    def watch(names):
        after["failed by month"] = failed_by(names["projects"], AS_OF)

    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, months=MONTHS, seed=seed, end=END, tables=PROJECTS)
        return {"rows": recorded(folder, AS_OF, ("01",), watch=watch), "after": after}


def truths(company, large, customers, means):
    """What each interval of a company was to hold, by id; NaN where that is not known."""
    known = {row["id"]: row["estimate"] for row in large["rows"]}
    own = {row["id"]: row["estimate"] for row in company["rows"]}
    curve = large["after"].get("failed by month", [])
    found = {}
    for row in company["rows"]:
        of, id_, value = kind(row["id"]), row["id"], None
        if month := re.search(r"failed by month (\d+)", id_):
            value = curve[int(month[1])] if int(month[1]) < len(curve) else None
        elif of == OF_POPULATION and known.get(id_) is not None:
            value = known[id_] * (customers / LARGE if TOTALS.search(id_) else 1)
        elif of == OF_STAFF and known.get(id_) is not None:
            value = known[id_] + next(
                (v for end, v in company["after"].get("staff", {}).items() if id_.endswith(end)), np.nan
            )
        elif of in (OF_PLANTED, OF_SCORE):
            told = company["after"].get("planted" if of == OF_PLANTED else "among all", {})
            value = next((v for end, v in told.items() if id_.endswith(end)), None)
        elif of == OF_MONTH:
            value = own.get(id_.removesuffix(" expected"))
        elif of == OF_PAST:
            value = (
                0.0
                if ": off by" in id_
                else next(own.get(id_.replace(*pair)) for pair in CAME if pair[0] in id_)
            )
        elif of in (OF_FUTURE, OF_CAMPAIGN, OF_OWN_MODEL):
            value = next((v for start, v in company["after"].items() if start in id_), None)
        elif of in (OF_MODEL, OF_SIZE):
            value = means.get(id_)
        found[id_] = np.nan if value is None else value
    return found


# What differs between companies in the name of one and the same number.
SAME = (
    (r"failed by month \d+", "failed by the last month"),
    (r"^(05_.*/What do customers write\?/).*", r"\1each theme: share of writers"),
    (r"change from year 1 to year \d+", "change from year 1 to the last year"),
)


def together(larges):
    """One company of the mean numbers of several."""
    numbers = {}
    curves = [one["after"]["failed by month"] for one in larges if "failed by month" in one["after"]]
    for company in larges:
        for row in company["rows"]:
            if row["estimate"] is not None:
                numbers.setdefault(row["id"], []).append(row["estimate"])
    rows = [{"id": id_, "estimate": float(np.mean(values))} for id_, values in numbers.items()]
    return {
        "rows": rows,
        "after": {"failed by month": [float(np.mean(at)) for at in zip(*curves, strict=False)]},
    }


def books(companies):
    """In how many companies each page stated anything."""
    return Counter(book for company in companies for book in {row["notebook"] for row in company["rows"]})


def _is_run(book, only):
    return not only or any(book.startswith(start) or start.startswith(book) for start in only)


def merged(id_):
    """The id under which the rows of several companies are counted together."""
    for pattern, name in SAME:
        id_ = re.sub(pattern, name, id_)
    return id_


def coverage(companies, large, customers):
    """A row per id: what the interval is of, in how many companies it was stated, how often it held, its width."""
    of_id, found = {}, {}
    for company in companies:
        for row in company["rows"]:
            if row["low"] is not None:
                of_id.setdefault(row["id"], []).append(row["estimate"])
    means = {id_: np.median(values) for id_, values in of_id.items()}
    for company in companies:
        truth = truths(company, large, customers, means)
        for row in company["rows"]:
            if row["low"] is None:
                continue
            value, low = truth[row["id"]], row["low"]
            high = np.inf if row["high"] is None else row["high"]  # of a median that is not reached
            held = np.nan if np.isnan(value) else float(low <= value <= high)
            below = np.nan if np.isnan(value) else float(high < value)
            found.setdefault(merged(row["id"]), []).append(
                (held, below, value, row["estimate"], low, high, row["n"], row["method"], row.get("unit"))
            )
    lines = []
    for id_, rows in found.items():
        held, below, value, estimate, low, high, base, method, unit = zip(*rows, strict=True)
        lines.append(
            {
                "id": id_,
                "of": kind(id_),
                "method": re.sub(r"\d[\d,.]*", "…", method[0]),
                "stated": len(rows),
                "base": np.median(base),
                "known": int(np.isfinite(held).sum()),
                "coverage": np.nanmean(held) if np.isfinite(held).any() else np.nan,
                "too low": np.nanmean(below) if np.isfinite(held).any() else np.nan,
                "truth": np.nanmean(value) if np.isfinite(held).any() else np.nan,
                "mean": np.mean(estimate),
                "low": np.mean(low),
                "high": np.mean(high),
                "unit": unit[0],
            }
        )
    return pd.DataFrame(lines)


def complete(table):
    """The rows that are judged or on the notebooks' own pages, and those that only a company as large as the notebooks' states."""
    shown = {merged(id_) for id_ in on_pages()}
    kept = table[(table["known"] >= ENOUGH) | table["id"].isin(shown)]
    lacking = sorted(shown - set(table["id"]))
    more = pd.DataFrame({"id": lacking, "of": map(kind, lacking), "stated": 0, "known": 0})
    return pd.concat([kept, more], ignore_index=True)


def rows_of(kept, name, make):
    """What was kept under a name, or else is made and kept; a file is whole or not there."""
    path = kept / f"{name}.json"
    if not path.is_file():
        aside = path.with_suffix(f".{os.getpid()}")
        aside.write_text(json.dumps(make()))
        aside.replace(path)
    return json.loads(path.read_text())


def one(seed, kept, customers, only):
    """A company's rows; those of notebooks that were run again alone stand for the earlier ones."""
    gc.disable()  # a fifth of the time otherwise
    gc.collect()
    name, kept = f"{customers}-{seed}", Path(kept)
    found = rows_of(kept, f"{name}-{'-'.join(only) or 'all'}", partial(stated, seed, customers, only))
    for part in [] if only else sorted(kept.glob(f"{name}-[0-9]*.json")):
        again = json.loads(part.read_text())
        books = {row["notebook"] for row in again["rows"]}
        found["rows"] = [row for row in found["rows"] if row["notebook"] not in books] + again["rows"]
        found["after"] |= again["after"]
    return found


def of_projects(seed, kept):
    """The rows of a large company's projects alone."""
    return rows_of(Path(kept), f"{LARGE}-{seed}-projects", partial(stated_of_projects, seed, LARGE))


def state_of_code():
    """The commit that the code is of, with a mark where it differs from it."""
    git = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True, check=True)
    commit = git(["git", "rev-parse", "--short=8", "HEAD"]).stdout.strip()
    changed = git(["git", "status", "--porcelain", "--", "cxresearch", "notebooks", "tests/coverage"]).stdout
    return f"{commit}-changed" if changed.strip() else commit


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="seed of the first company")
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--kept")
    parser.add_argument("--state", help="of the code; the commit unless given")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ProcessPoolExecutor(given.jobs) as pool:
        state = given.state or state_of_code()
        kept, seeds = Path(given.kept or temporary) / state, range(given.first, given.first + given.companies)
        kept.mkdir(exist_ok=True, parents=True)
        ready = partial(one, kept=kept, only=tuple(given.only))
        larges = pool.map(partial(ready, customers=LARGE), LARGE_SEEDS)
        projects = pool.map(
            partial(of_projects, kept=kept), PROJECT_SEEDS if _is_run("01", given.only) else ()
        )
        companies = list(pool.map(partial(ready, customers=given.customers), seeds))
        table = coverage(companies, together([*larges, *projects]), given.customers)
    if given.write:
        run = {
            "seeds": seeds, "customers": given.customers, "larges": len(LARGE_SEEDS), "large": LARGE,
            "projects": len(LARGE_SEEDS) + len(PROJECT_SEEDS), "as_of": AS_OF, "state": state, "books": books(companies),
        }  # fmt: skip
        TABLE.write_text(page(complete(table), run))
    judged = table[table["known"] >= ENOUGH]
    far = judged[judged.apply(lambda row: outside(row["coverage"], row["known"]) == NARROW, axis=1)]
    with pd.option_context("display.width", 250, "display.max_colwidth", 110, "display.max_rows", None):
        print(judged.sort_values("coverage").drop(columns=["method"]).to_string(index=False))
    print(f"{len(judged)} intervals judged, {len(far)} of them hold less than 92 %, beyond chance")
    sys.exit(bool(len(far)))


if __name__ == "__main__":
    main()
