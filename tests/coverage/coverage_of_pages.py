"""Do the 95 % intervals on the pages hold what they say, from tables to page?

Draws companies whose next three years are known, runs every notebook on each as of a day three years before the last record, and counts
how often each interval holds its truth: the same number in one company so large that chance hardly moves it, or what happened afterwards.
`KINDS` says what each interval is of, by its id. The table goes to ``docs/coverage.md``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/coverage_of_pages.py [--companies 200] [--customers 4000] [--only 07 …]
       [--kept FOLDER]  (rows are kept there, and those that are there are not computed again)
"""

import argparse
import datetime
import json
import re
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np
import pandas as pd

from cxresearch.sample import write

ROOT = Path(__file__).resolve().parents[2]
AS_OF, END, MONTHS = datetime.date(2026, 9, 30), "2029-09-30", 72
LARGE = 120_000  # customers of the company whose numbers stand for the truth
ENOUGH = 60  # companies in which an interval must have been stated, for its coverage to be told
TABLE = ROOT / "docs" / "coverage.md"

OF_POPULATION = "the population"
OF_FUTURE = "what will happen"
OF_MONTH = "the rows of the quarter, had nothing changed"
OF_MODEL = "the model fitted to this company; see its own simulation"
OF_HIDDEN = "a state that no table shows; see coverage_of_intervals.py"
OF_CAMPAIGN = "what a campaign will earn; see coverage_of_contacts.py"
OF_OWN = "words or groups that each company finds for itself"

# The first pattern that an id matches says what its interval is of.
KINDS = (
    (r"^00_.*rows expected$", OF_MONTH),
    (r"customers to leave in|purchases to be made|value of running contracts|per contract, next", OF_FUTURE),
    (r"value of buyers, next|per buyer, next|value of a customer who stays", OF_FUTURE),
    (r"expected to leave in|purchases expected|: off by", OF_MODEL),
    (r"expected to buy within|will buy within|expected purchases, next", OF_MODEL),
    (r"/(AUC|Brier|calibration|observed minus|lift of)|AUC of the hazard", OF_MODEL),
    (r"profit of contacting|per customer contacted|profit expected beforehand", OF_CAMPAIGN),
    (r"expected number not dropped out|lapsed on ", OF_HIDDEN),
    (r"What do customers write|/failed, has|/failed, priority", OF_OWN),
    (r"", OF_POPULATION),
)
# Totals grow with the company: the truth is that of the large one at this one's size.
TOTALS = re.compile(r": gap$|\+1 point of retention|\+1% ")


def kind(id_):
    """What the interval of an id is of."""
    return next(of for pattern, of in KINDS if re.search(pattern, id_))


def stated(seed, customers, only=()):
    """The intervals that the pages of a company state, and what happened to it afterwards."""
    from tests.unrendered import recorded

    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, months=MONTHS, seed=seed, end=END)
        rows = recorded(folder, AS_OF, only)
        return {"rows": rows, "after": happened(Path(folder))}


def happened(folder):
    """What the tables say of the time after the day, counted without the package."""
    contracts = pd.read_parquet(folder / "contracts.parquet")
    day, ends = pd.Timestamp(AS_OF), pd.to_datetime(contracts["ended_on"])
    runs = (pd.to_datetime(contracts["started_on"]) <= day) & ~(ends <= day)
    soon = day + pd.DateOffset(months=9)
    due = day + pd.DateOffset(months=36)
    orders = pd.read_parquet(folder / "orders.parquet")
    days = orders["ordered_at"].dt.tz_localize(None).dt.normalize()
    known = orders["customer_id"].isin(orders.loc[days <= day, "customer_id"])
    weeks = (days > day) & (days <= day + pd.Timedelta(weeks=39)) & known
    later = (days > day) & (days <= due) & known
    years = (days - day).dt.days / 365.25
    paid = 0.0
    for month in range(1, 37):
        when = day + pd.DateOffset(months=month)
        still = runs & ~(ends <= when)
        paid += contracts.loc[still, "monthly_amount"].sum() / 1.1 ** (month / 12)
    return {
        "customers to leave in": int((runs & (ends <= soon)).sum()),
        "purchases to be made": len(
            pd.DataFrame({"c": orders["customer_id"], "d": days})[weeks].drop_duplicates()
        ),
        "value of running contracts": paid,
        "per contract, next": paid / runs.sum(),
        "value of a customer who stays": paid / runs.sum(),
        "value of buyers, next": float((orders["amount"] / 1.1**years)[later].sum()),
        "per buyer, next": float((orders["amount"] / 1.1**years)[later].sum())
        / orders.loc[days <= day, "customer_id"].nunique(),
    }


def truths(company, large, customers):
    """What each interval of a company was to hold, by id; NaN where that is not known."""
    known = {row["id"]: row["estimate"] for row in large["rows"]}
    counts = {row["id"]: row["estimate"] for row in company["rows"]}
    found = {}
    for row in company["rows"]:
        of, id_, value = kind(row["id"]), row["id"], np.nan
        if of == OF_POPULATION and known.get(id_) is not None:
            value = known[id_] * (customers / LARGE if TOTALS.search(id_) else 1)
        elif of == OF_MONTH:
            value = counts.get(id_.removesuffix(" expected"), np.nan)
        elif of == OF_FUTURE:
            value = next(v for start, v in company["after"].items() if start in id_)
        found[id_] = value
    return found


def coverage(companies, large, customers):
    """A row per id: what the interval is of, in how many companies it was stated, how often it held, its width."""
    found = {}
    for company in companies:
        truth = truths(company, large, customers)
        for row in company["rows"]:
            if row["low"] is None:
                continue
            value, low, high = truth[row["id"]], row["low"], row["high"]
            held = np.nan if np.isnan(value) else float(low <= value <= high)
            below = np.nan if np.isnan(value) else float(high < value)
            found.setdefault(row["id"], []).append((held, below, value, row["estimate"], row["method"]))
    lines = []
    for id_, rows in found.items():
        held, below, value, estimate, method = zip(*rows, strict=True)
        lines.append(
            {
                "id": id_,
                "of": kind(id_),
                "method": re.sub(r"\d[\d,.]*", "…", method[0]),
                "stated": len(rows),
                "coverage": np.mean(held),
                "too low": np.mean(below),
                "truth": np.mean(value),
                "mean": np.mean(estimate),
            }
        )
    return pd.DataFrame(lines)


def rows_of(kept, name, make):
    """What was kept under a name, or else is made and kept."""
    path = kept / f"{name}.json"
    if not path.is_file():
        path.write_text(json.dumps(make()))
    return json.loads(path.read_text())


def one(seed, kept, customers, only):
    name = f"{customers}-{seed}-{'-'.join(only) or 'all'}"
    return rows_of(Path(kept), name, partial(stated, seed, customers, only))


def written(table, companies, customers):
    """The table as a page of the documentation."""
    told = table.assign(
        coverage=[
            f"{row.coverage:.1%}" if row.stated >= ENOUGH and np.isfinite(row.coverage) else "–"
            for row in table.itertuples()
        ]
    )
    lines = [
        "# How often the 95 % intervals hold",
        "",
        f"Of {companies} companies of {customers:,} customers, drawn from the sample company's model, each reported by the notebooks as of",
        f"{AS_OF}. The truth of a quantity of the population is the same number in a company of {LARGE:,} customers; that of a forecast is",
        "what the next three years brought. `make coverage` writes this table. A dash: the truth is not known here, or the interval is",
        f"stated in fewer than {ENOUGH} companies.",
        "",
        "| page and number | the interval is of | method | companies | holds |",
        "|---|---|---|---|---|",
    ]
    for row in told.itertuples():
        lines.append(
            f"| {row.id.replace('|', '/')} | {row.of} | {row.method} | {row.stated} | {row.coverage} |"
        )
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--kept")
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ProcessPoolExecutor(2) as pool:
        kept = Path(given.kept or temporary)
        kept.mkdir(exist_ok=True, parents=True)
        ready = partial(one, kept=kept, only=tuple(given.only))
        large = pool.submit(ready, 0, customers=LARGE)
        companies = list(pool.map(partial(ready, customers=given.customers), range(1, given.companies + 1)))
        table = coverage(companies, large.result(), given.customers)
    if given.write:
        TABLE.write_text(written(table, given.companies, given.customers))
    judged = table[(table["stated"] >= ENOUGH) & table["coverage"].notna()]
    slack = 3 * np.sqrt(0.95 * 0.05 / judged["stated"])
    far = judged[(judged["coverage"] < np.minimum(0.92, 0.95 - slack)) | (judged["coverage"] < 0.92)]
    with pd.option_context("display.width", 250, "display.max_colwidth", 110, "display.max_rows", None):
        print(judged.sort_values("coverage").drop(columns=["method"]).to_string(index=False))
    print(f"{len(judged)} intervals judged, {len(far)} of them hold less than 92 %")
    sys.exit(bool(len(far)))


if __name__ == "__main__":
    main()
