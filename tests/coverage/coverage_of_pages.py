"""Do the 95 % intervals on the pages hold what they say, from tables to page?

Draws companies whose next three years are known, runs every notebook on each as of a day three years before the last record, and counts
how often each interval holds its truth: the same number in one company so large that chance hardly moves it, or what happened afterwards.
`KINDS` says what each interval is of, by its id. The table goes to ``docs/coverage.md``.

Usage: OMP_NUM_THREADS=1 .venv/bin/python tests/coverage/coverage_of_pages.py [--companies 200] [--customers 4000] [--only 07 …]
       [--kept FOLDER] [--jobs 2] [--write]  (rows are kept there, and those that are there are not computed again)
"""

import argparse
import datetime
import gc
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
from cxresearch.sample.blocks import Window, blocks
from cxresearch.sample.parameters import Truth
from tests.coverage.coverage_page import ENOUGH, NARROW, on_pages, outside, page

ROOT = Path(__file__).resolve().parents[2]
AS_OF, END, MONTHS = datetime.date(2026, 9, 30), "2029-09-30", 72
LARGE, LARGE_SEEDS = (
    120_000,
    (0, 1_000_001, 1_000_002),
)  # customers of the companies whose mean numbers stand for the truth
TABLE = ROOT / "docs" / "coverage.md"
STAFF = "staff_ratings.parquet"

OF_POPULATION = "the population"
OF_FUTURE = "what will happen"
OF_MONTH = "the rows of the quarter, had nothing changed"
OF_STAFF = "the population, served by the staff of today"
OF_SIZE = "the population of firms of this size"
OF_PAST = "what came after an earlier day"
OF_MODEL = "what such a model reaches on average"
OF_HIDDEN = "a state that no table shows; see coverage_of_intervals.py"
OF_CAMPAIGN = "what a campaign will earn, if customers accept as assumed"
OF_OWN = "words or groups that each company finds for itself"

# The first pattern that an id matches says what its interval is of.
KINDS = (
    (r"^00_.*rows expected$", OF_MONTH),
    (r"customers to leave in|purchases to be made|value of running contracts|per contract, next", OF_FUTURE),
    (r"value of buyers, next|per buyer, next|value of a customer who stays", OF_FUTURE),
    (r"of the lapsed: will buy", OF_FUTURE),
    (
        r"expected to leave in|purchases expected|expected to buy within|profit expected beforehand|: off by",
        OF_PAST,
    ),
    (r"profit of contacting|per customer contacted", OF_CAMPAIGN),
    (r"/(AUC|Brier|calibration|observed minus|lift of)|AUC of the hazard", OF_MODEL),
    (r"expected number not dropped out", OF_HIDDEN),
    (r"What do customers write|/failed, has|/failed, priority", OF_OWN),
    (r"/(touchpoint|channel): |: unadjusted satisfaction$", OF_STAFF),
    (r"next contact of the case with somebody else", OF_SIZE),
    (r"", OF_POPULATION),
)
# Totals grow with the company: the truth is that of the large one at this one's size.
TOTALS = re.compile(r": gap$|\+1 point of retention|\+1% ")
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

    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as staff:
        write(folder, customers=customers, months=MONTHS, seed=seed, end=END)
        # staff are asked once, on the last day: on the day of the report
        write(staff, customers=customers, seed=seed, end=AS_OF.isoformat(), tables=["staff_ratings"])
        (Path(staff) / STAFF).replace(Path(folder) / STAFF)
        after, left, bought = happened(Path(folder))
        after["staff"] = staffed(Path(folder), seed, customers)

        def watch(names):
            """What becomes of those whom a page singles out."""
            if "silence" in names:
                who = names["silence"].customers_.query("is_lapsed")["customer_id"]
                after["of the lapsed: will buy"] = float(who.isin(bought).mean())
            if "profit" in names:
                after.update(campaign(names["profit"], names["forecast"], names["worth"], left, seed))
            if "rate" in names:
                after["failed by month"] = failed_by(names["projects"], AS_OF)

        return {"rows": recorded(folder, AS_OF, only, watch=watch), "after": after}


def happened(folder):
    """What the tables say of the time after the day, counted without the package; and who left and who bought."""
    contracts = pd.read_parquet(folder / "contracts.parquet")
    day, ends = pd.Timestamp(AS_OF), pd.to_datetime(contracts["ended_on"])
    runs = (pd.to_datetime(contracts["started_on"]) <= day) & ~(ends <= day)
    due = {months: day + pd.offsets.MonthEnd(months) for months in range(37)}
    orders = pd.read_parquet(folder / "orders.parquet")
    days = orders["ordered_at"].dt.tz_localize(None).dt.normalize()
    known = orders["customer_id"].isin(orders.loc[days <= day, "customer_id"])
    weeks = (days > day) & (days <= day + pd.Timedelta(weeks=39)) & known
    later = (days > day) & (days <= due[36]) & known
    years = (days - day).dt.days / 365.25
    # a month is paid at its beginning
    paid = sum(
        contracts.loc[runs & ~(ends <= due[month]), "monthly_amount"].sum() / 1.1 ** (month / 12)
        for month in range(36)
    )
    spent = float((orders["amount"] / 1.1**years)[later].sum())
    left = contracts.loc[runs & (ends <= due[3]), "customer_id"]
    after = {
        "customers to leave in the next": len(left),
        "customers to leave in 9": int((runs & (ends <= due[9])).sum()),
        "purchases to be made": len(
            pd.DataFrame({"c": orders["customer_id"], "d": days})[weeks].drop_duplicates()
        ),
        "value of running contracts": paid,
        "per contract, next": paid / runs.sum(),
        "value of a customer who stays": paid / runs.sum(),
        "value of buyers, next": spent,
        "per buyer, next": spent / orders.loc[days <= day, "customer_id"].nunique(),
    }
    return after, set(left), set(orders.loc[weeks, "customer_id"])


def staffed(folder, seed, customers):
    """By how much each place is rated above the usual because of who happens to work in this company, as planted: by touchpoint, channel, department."""
    planted, window = Truth(), Window(END, MONTHS)
    p, (block, *others) = planted.interactions, blocks(seed, window, customers, planted.people.contract_share)
    agents = block.rng("agents").standard_normal((len(p.department), len(block.scaled(p.agents))))
    effect = dict(zip(p.department, p.agent_sd * agents.mean(axis=1), strict=True))
    rated = pd.read_parquet(folder / "interactions.parquet").dropna(subset="satisfaction")
    shift = rated["department"].map(effect).where(rated["agent_id"].notna(), 0.0)
    names = {
        "touchpoint": "/touchpoint: {}",
        "channel": "/channel: {}",
        "department": "/{}: unadjusted satisfaction",
    }
    if others:
        return {}  # so large that all agents together are the usual ones
    return {
        name.format(place): float(mean)
        for column, name in names.items()
        for place, mean in shift.groupby(rated[column]).mean().items()
    }


def campaign(profit, forecast, worth, left, seed):
    """What contacting those for whom it pays earns: who leaves is known, who accepts is drawn by the page's own law."""
    random, people = np.random.default_rng(seed), forecast.today_["customer_id"]
    leaves, value, at = people.isin(left).to_numpy(), worth.of(people), profit.is_contacted_
    if len(at) != len(people) or not at.any():
        return {}
    accepts = random.random(at.sum()) < random.beta(profit.alpha, profit.beta)
    earned = np.where(leaves[at], np.where(accepts, value[at] - profit.d, 0.0), -profit.d) - profit.f
    return {"profit of contacting": float(earned.sum()), "per customer contacted": float(earned.mean())}


def failed_by(projects, as_of):
    """The share of projects that have failed by each month of their life: a list, by month."""
    from cxresearch.models import AalenJohansen

    begun, decided = pd.to_datetime(projects["begun_on"]), pd.to_datetime(projects["decided_on"])
    failed = projects["has_failed"].astype("boolean").where(decided.notna())
    days = (decided.where(failed.notna(), pd.Timestamp(as_of)) - begun).dt.days.clip(lower=0)
    cause = pd.Series(np.where(failed.fillna(False), "failed", "succeeded"), dtype=object)
    curves = AalenJohansen(start=0).fit((days + 1) / 30.4375, cause.where(failed.notna().to_numpy(), None))
    share = curves.at(range(int(curves.last_time_) + 1)).query("cause == 'failed'")
    return share["incidence"].tolist()


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
        elif of == OF_MONTH:
            value = own.get(id_.removesuffix(" expected"))
        elif of == OF_PAST:
            value = (
                0.0
                if ": off by" in id_
                else next(own.get(id_.replace(*pair)) for pair in CAME if pair[0] in id_)
            )
        elif of in (OF_FUTURE, OF_CAMPAIGN):
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
    numbers, curves = {}, [one["after"].get("failed by month", []) for one in larges]
    for company in larges:
        for row in company["rows"]:
            if row["estimate"] is not None:
                numbers.setdefault(row["id"], []).append(row["estimate"])
    rows = [{"id": id_, "estimate": float(np.mean(values))} for id_, values in numbers.items()]
    months = min(map(len, curves))
    return {
        "rows": rows,
        "after": {"failed by month": np.mean([curve[:months] for curve in curves], axis=0).tolist()},
    }


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
    """What was kept under a name, or else is made and kept."""
    path = kept / f"{name}.json"
    if not path.is_file():
        path.write_text(json.dumps(make()))
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--companies", type=int, default=200)
    parser.add_argument("--customers", type=int, default=4000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--kept")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--write", action="store_true", help="write docs/coverage.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ProcessPoolExecutor(given.jobs) as pool:
        kept = Path(given.kept or temporary)
        kept.mkdir(exist_ok=True, parents=True)
        ready = partial(one, kept=kept, only=tuple(given.only))
        companies = pool.map(partial(ready, customers=given.customers), range(1, given.companies + 1))
        larges = pool.map(partial(ready, customers=LARGE), LARGE_SEEDS)
        companies = list(companies)
        table = coverage(companies, together(list(larges)), given.customers)
    if given.write:
        TABLE.write_text(page(complete(table), given.companies, given.customers, LARGE, AS_OF))
    judged = table[table["known"] >= ENOUGH]
    far = judged[judged.apply(lambda row: outside(row["coverage"], row["known"]) == NARROW, axis=1)]
    with pd.option_context("display.width", 250, "display.max_colwidth", 110, "display.max_rows", None):
        print(judged.sort_values("coverage").drop(columns=["method"]).to_string(index=False))
    print(f"{len(judged)} intervals judged, {len(far)} of them hold less than 92 %, beyond chance")
    sys.exit(bool(len(far)))


if __name__ == "__main__":
    main()
