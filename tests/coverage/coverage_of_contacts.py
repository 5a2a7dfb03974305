"""Does the interval of a campaign's profit hold what a campaign earns?

For each seed a company is written whose next quarter is known, its churn page is made from the tables up to the quarter before, and the
customers for whom a contact pays are contacted: who left is known, whether a leaver accepts is drawn (a rate from Beta(6, 14) per campaign,
fifty campaigns per company). Counted is how often the profit lies in its interval, at the worth of each contract and at a declared worth at
which a contact hardly pays; for the latter only companies count in which the page states a profit at all. Exits with 1 outside 90–98.5 %.
Half a minute a company.

Usage: .venv/bin/python tests/coverage/coverage_of_contacts.py [COMPANIES] [CUSTOMERS] [FIRST]
"""

import sys
import tempfile

import numpy as np
import pandas as pd

import cxresearch as cx
from cxresearch.sample import write

TABLES = ["customers", "contracts", "interactions", "survey_responses"]
AS_OF, END, CAMPAIGNS = "2026-09-30", "2026-12-31", 50
WORTHS = {"by contract": None, "200 declared": 200.0, "900 declared": 900.0}


def company(seed, customers, periods=6):
    """By worth: how often campaigns earned what the page said, the number of contacts, and the profit beside that expected."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, customers=customers, months=39, seed=seed, end=END, tables=TABLES)
        ws = cx.open(folder)
        rows = cx.features.churn_rows(ws, AS_OF, 3, periods, 0)
        forecast = cx.models.ChurnForecast().fit(cx.models.ChurnRates().fit(rows).rows_)
        spells = cx.features.customer_spells(ws, AS_OF).to_pandas()
        later = cx.features.customer_spells(ws, END).to_pandas()
    gone = set(
        later.loc[later["ended_on"].notna() & (pd.to_datetime(later["ended_on"]) > AS_OF), "customer_id"]
    )
    people, random, found = forecast.today_, np.random.default_rng(seed), {}
    left = people["customer_id"].isin(gone).to_numpy()
    for name, declared in WORTHS.items():
        worth = cx.models.CustomerWorth(declared).fit(spells)
        value = worth.of(people["customer_id"])
        profit = cx.models.ContactProfit().fit(
            people["probability"], value, None, forecast.scores_.in_the_large_
        )
        if profit.verdict() == "nobody":
            continue
        at = profit.is_contacted_
        rate = random.beta(profit.alpha, profit.beta, CAMPAIGNS)[:, None]
        accepts = random.random((CAMPAIGNS, at.sum())) < rate
        each = np.where(left[at], np.where(accepts, value[at] - profit.d, 0.0), -profit.d) - profit.f
        made = each.sum(axis=1)
        held = ((profit.profit_.low <= made) & (made <= profit.profit_.high)).mean()
        found[name] = (held, profit.contacted_, made.mean(), profit.profit_.estimate)
    return found


def main(companies=40, customers=6000, first=1):
    table = []
    for seed in range(int(first), int(first) + int(companies)):
        for name, values in company(seed, int(customers)).items():
            table.append([name, seed, *values])
            print(
                f"seed {seed}, {name}: held {values[0]:.2f}, {values[1]} contacts, made {values[2]:,.0f}, told {values[3]:,.0f}",
                flush=True,
            )
    table = pd.DataFrame(table, columns=["worth", "seed", "held", "contacts", "made", "told"])
    found = table.groupby("worth").agg(
        companies=("seed", "size"), held=("held", "mean"), made=("made", "mean"), told=("told", "mean")
    )
    print(found.round(3).to_string())
    return int(not found.loc[["by contract"], "held"].between(0.90, 0.985).all())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
