"""Do the intervals on win-back offers hold what is planted: what each offer brings back, how soon they leave again, and what it earns?

Writes companies from seeds 1, 2, …, and counts how often each interval holds the truth, and how often the naive profit, which counts every return as won
back, would lie inside: the control has to be subtracted. The interval of a profit holds for all offers at once, so what counts is that it holds all of them. Exits with 1
if an interval holds its truth in less than 92 % or more than 98.5 % (from 100 companies on; before, where that is no accident). Two seconds a company.

Usage: .venv/bin/python tests/coverage/coverage_of_winback.py [COMPANIES] [FIRST]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.parameters import Winback

AS_OF, TABLES, YEARS, RATE = "2026-09-30", ["customers", "winback_offers"], 3, 0.1
HELD = ("lift", "hazard", "value", "profit")
REFUSED = 0.6  # most of the profits without a control that are right by accident


def truth(planted=None, years=YEARS, rate=RATE):
    """Lift, hazard, value of a return and profit of each offer, as planted."""
    p = planted or Winback()
    monthly = p.monthly_median * np.exp(p.monthly_sigma**2 / 2)
    delta = np.log1p(rate) / 12
    value = {
        arm: monthly * -np.expm1(-(h + delta) * 12 * years) / (h + delta) for arm, h in p.leaves_again.items()
    }
    natural = p.returns["control"] * value["control"]
    offers = [arm for arm in p.returns if arm != "control"]
    return {
        "lift": {arm: p.returns[arm] - p.returns["control"] for arm in offers},
        "hazard": p.leaves_again,
        "value": value,
        "profit": {arm: p.returns[arm] * value[arm] - natural - p.cost[arm] for arm in offers},
    }


def fitted(folder):
    """The models of page 08 on a company."""
    offers = cx.features.winback_offers(cx.open(folder), AS_OF).to_pandas()
    regain = cx.models.Regain().fit(offers)
    life = cx.models.SecondLife(discount_rate=RATE, years=YEARS).fit(offers)
    return regain, life, cx.models.OfferProfit().fit(regain, life)


def company(seed):
    """Whether each interval of the company of a seed holds its truth."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), seed=seed, tables=TABLES)
        regain, life, profit = fitted(folder)
    planted, found = truth(), {}
    for name, table, ends in (
        ("lift", regain.lifts_, ("low", "high")),
        ("hazard", life.arms_, ("low", "high")),
        ("value", life.arms_, ("value_low", "value_high")),
        ("profit", profit.profits_, ("low", "high")),
    ):
        rows = table.set_index("arm")
        held = {a: bool(rows.loc[a, ends[0]] <= t <= rows.loc[a, ends[1]]) for a, t in planted[name].items()}
        found |= {f"{name} {arm}": yes for arm, yes in held.items()}
    rows = profit.profits_.set_index("arm")
    found["profit"] = all(found[f"profit {arm}"] for arm in planted["profit"])
    reach = rows["high"] - rows["estimate"]
    found["naive profit"] = all(
        abs(rows.loc[a, "naive"] - t) <= reach[a] for a, t in planted["profit"].items()
    )
    found["best is upgrade"] = profit.best_ == "upgrade"
    found["another pays"] = profit.best_ not in (None, "upgrade")
    return found


def main(companies=200, first=1):
    companies, rows = int(companies), []
    for seed in range(int(first), int(first) + companies):
        rows.append(company(seed))
    share = pd.DataFrame(rows).astype(float).mean()
    print(share.round(4).to_string())
    held = [
        name for name in share.index if name.split()[0] in HELD and (name == "profit" or "profit" not in name)
    ]
    low, high = (int(binom.ppf(tail, companies, 0.95)) / companies for tail in (0.0005, 0.9995))
    bounds = (0.92, 0.985) if companies >= 100 else (low, high)
    refused = companies < 20 or share["naive profit"] <= REFUSED  # too few to tell that a comparison fails
    return int(not (refused and all(bounds[0] <= share[name] <= bounds[1] for name in held)))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
