"""Do the intervals of totals of the future hold what comes?

For each seed a company is written whose next three years are known. From the tables up to the day before them the pages' totals are made: who
leaves in nine months, what running contracts pay in three years, how often buyers buy in 39 weeks, and what they spend in three years. Each is
held against what came. Also the odds ratio of the last twelve months in companies in which nothing changes with time. Exits with 1 where the
interval of a total holds in fewer than 90 or more than 99.5 of 100 companies. Ten seconds a company.

Usage: .venv/bin/python tests/coverage/coverage_of_futures.py [COMPANIES] [CUSTOMERS] [FIRST] [WHAT]

where WHAT is "contracts", "buyers" or both (the default).
"""

import sys
import tempfile

import numpy as np
import pandas as pd

import cxresearch as cx
from cxresearch.sample import write

AS_OF, END, MONTHS, WEEKS, RATE = "2026-09-30", "2029-09-30", 36, 39, 0.10


def contracts(ws):
    """What was told of running contracts, and what came."""
    spells = cx.features.customer_spells(ws, AS_OF).to_pandas()
    later = cx.features.customer_spells(ws, END).to_pandas().set_index(["customer_id", "spell"])
    X = spells.filter(["segment", "acquisition_channel"])
    outlook = cx.models.ContractOutlook().fit(spells, X)
    running = spells[spells["ended_on"].isna()]
    then = later.loc[list(zip(running["customer_id"], running["spell"], strict=True))]
    lasted = np.where(then["ended_on"].isna(), np.inf, then["duration"]) - running["duration"].to_numpy()
    leavers = outlook.expected_leavers(spells, 9, X).iloc[0]
    yield "leavers in 9 months", leavers, float((lasted <= 9).sum())
    value = cx.models.ContractValue(outlook, MONTHS, 1.0, RATE).fit(spells, X)
    paid = (1 + RATE) ** (-np.arange(MONTHS) / 12)
    total = np.r_[0.0, np.cumsum(paid)][np.minimum(np.maximum(lasted, 1), MONTHS).astype(int)]
    amount = running["monthly_amount"].to_numpy()
    yield "value of running contracts", value.summary().iloc[0], float(amount @ total)


def buyers(ws):
    """What was told of buyers, and what came."""
    rfm = cx.features.rfm(ws.orders, AS_OF).order_by("customer_id").to_pandas()
    orders = ws.frame("orders")
    day = pd.to_datetime(orders["ordered_at"]).dt.tz_localize(None)
    orders = orders.assign(
        ahead=(day - pd.Timestamp(AS_OF) - pd.Timedelta(days=1)).dt.total_seconds() / 86400
    )
    orders = orders[(orders["ahead"] > 0) & orders["customer_id"].isin(rfm["customer_id"])]
    future = cx.models.PurchaseOutlook().fit(rfm)
    soon = orders[orders["ahead"] < 7 * WEEKS]
    made = soon.assign(day=soon["ahead"].astype(int)).drop_duplicates(["customer_id", "day"])
    yield "purchases in 39 weeks", future.expected(rfm, WEEKS).iloc[1], float(len(made))
    spend = cx.models.BuyerSpend().fit(rfm)
    horizon = 3 * 365.25 / 7
    value = cx.models.LifetimeValue(future.model_, spend.model_, 1.0, RATE, horizon).fit(spend.rfm_)
    kept = orders[orders["ahead"] < 7 * horizon]
    paid = float((kept["amount"] * (1 + RATE) ** (-kept["ahead"] / 365.25)).sum())
    yield "value of buyers", value.summary().iloc[0], paid


def company(seed, customers, what):
    with tempfile.TemporaryDirectory() as folder:
        tables = ["customers", "contracts", "orders"]
        write(folder, customers=customers, months=72, seed=seed, end=END, tables=tables)
        ws = cx.open(folder)
        for name, part in (("contracts", contracts), ("buyers", buyers)):
            if what in (name, "both"):
                yield from part(ws)


def main(companies=200, customers=12_000, first=1, what="both"):
    rows = []
    for seed in range(int(first), int(first) + int(companies)):
        for name, told, came in company(seed, int(customers), what):
            low, estimate, high = (float(told[end]) for end in ("low", "estimate", "high"))
            z = (np.log(came) - np.log(estimate)) / (np.log(high / low) / (2 * 1.96))
            rows.append([name, low <= came <= high, z, came / estimate - 1])
    table = pd.DataFrame(rows, columns=["total", "holds", "z", "off"])
    found = table.groupby("total", sort=False).agg(
        companies=("holds", "size"),
        holds=("holds", "mean"),
        z_mean=("z", "mean"),
        z_sd=("z", "std"),
        off=("off", "mean"),
        off_sd=("off", "std"),
    )
    print(found.round(4).to_string())
    return int(not found["holds"].between(0.90, 0.995).all())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
