"""Do the intervals on the page of tied pay hold what is planted, where simpler comparisons fail?

Two parts. Companies of the sample's kind: the planted change of the log-odds of staying, 0 in ends around the measuring day and in prices, and whether the teams that relabel are found. And teams made here, of which those in
trouble get the plan, all improve over time, and the effect grows with time: the truth is the mean effect on the treated in points, and simpler comparisons are counted beside ours. Exits with 1 where an interval of ours holds so seldom that at 95 % it
would be less likely than one in a thousand, where a simpler comparison does not fail, or where fewer than nine in ten of the teams that relabel and can be judged are found. About a second a company.

Usage: .venv/bin/python tests/coverage/coverage_of_pay.py [COMPANIES] [FIRST]
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.parameters import Truth
from cxresearch.sample.teams import gaming_teams
from tests.coverage.held import SURE, held

AS_OF = "2026-09-30"
TABLES = ["customers", "contracts", "pay_plans"]
FOUND = 0.9  # least of the teams that relabel and can be judged
FIRST_GAIN, GROWS = 0.004, 0.0012  # points of a plan in its first month, and more with every month


def fitted(folder, seed, null=False):
    """The page's models of the company of a seed, and its truth."""
    write(folder, null=null, seed=seed, tables=TABLES)
    ws = cx.open(folder)
    plans = cx.features.pay_plans(ws, AS_OF).to_pandas()
    effect = cx.models.PayEffect().fit(cx.features.team_months(ws, AS_OF), plans)
    return {
        "truth": json.loads((Path(folder) / "truth.json").read_text())["oracle"],
        "effect": effect,
        "reports": cx.models.Relabelled().fit(cx.features.reported_ends(ws, AS_OF), plans),
        "ends": cx.models.PeriodEnds().fit(cx.features.ends_by_day(ws, AS_OF), plans),
        "amounts": cx.models.SignedAmounts().fit(cx.features.signed_amounts(ws, AS_OF), effect),
    }


def company(seed):
    """Quantity → (whether the interval holds the truth, estimate less truth), of a company of the sample's kind."""
    with tempfile.TemporaryDirectory() as folder:
        page = fitted(folder, seed)
    truth = page["truth"]["pay.effect"]["value"]
    games = set(gaming_teams(Truth().pay))
    judged = games & set(page["reports"].teams_["team_id"])
    found = {
        "effect, log-odds": _held(page["effect"].log_odds_, truth),
        "ends around the measuring day": _held(page["ends"].ratio_, 1.0),
        "amounts at signing": _held(page["amounts"].change_, 0.0),
    }
    named = set(page["reports"].found_)
    return found, [team in named for team in judged], len(named - games)


def selected(seed):
    """The same of ours and of simpler comparisons, where teams in trouble get the plan first, all improve, and the effect grows."""
    table, plans = troubled(seed)
    found = cx.models.PayEffect().fit(table, plans)
    cells = found.model_.cells_.query("since >= 0")
    month = cells["since"].to_numpy() * found.periods_.length
    gains = [(FIRST_GAIN + GROWS * (first + np.arange(found.periods_.length))).mean() for first in month]
    truth = float(np.average(gains, weights=cells["n"]))
    rows = {"ours": tuple(found.effect_[["estimate", "low", "high"]])}
    rows |= {row.metric: (row.estimate, row.low, row.high) for row in found.naive_.itertuples()}
    return {name: _held(limits, truth) for name, limits in rows.items()}


def troubled(seed, each=20, starts=(12, 18, 24), months=36, due=80):
    """Teams × months: the earlier a team gets the plan, the more customers it lost; all lose fewer every month."""
    random = np.random.default_rng(seed)
    start = np.repeat(starts, each)[:, None]
    t = np.arange(months)
    gain = np.where(t >= start, FIRST_GAIN + GROWS * (t - start), 0.0)
    trouble = 0.02 * (24 - start) / 12 + random.uniform(-0.005, 0.005, start.shape)
    lost = random.binomial(due, 0.06 + trouble - 0.0005 * t - gain)
    days = pd.date_range("2023-10-01", periods=months, freq="MS")
    names = np.array([f"T{k:02d}" for k in range(len(start))])
    table = pd.DataFrame(
        {
            "team_id": np.repeat(names, months),
            "month_on": np.tile(days, len(names)),
            "due": due,
            "kept": (due - lost).ravel(),
        }
    )
    plans = pd.DataFrame({"team_id": names, "started_on": days[start.ravel()], "announced_on": pd.NaT})
    return table.assign(reported=table["kept"]), plans


def _held(limits, truth):
    return bool(limits[1] <= truth <= limits[2]), limits[0] - truth


def main(companies=200, first=1):
    every, simpler, relabel, false = defaultdict(list), defaultdict(list), [], 0
    for seed in range(int(first), int(first) + int(companies)):
        found, named, wrong = company(seed)
        relabel, false = relabel + named, false + wrong
        for name, pair in found.items():
            every[name].append(pair)
        for name, pair in selected(seed).items():
            (every if name == "ours" else simpler)[
                name if name != "ours" else "effect, where teams in trouble get the plan"
            ].append(pair)
    table = pd.concat([held(every), held(simpler)], keys=["ours", "simpler comparisons"])
    print(table.round(4).to_string())
    print(
        f"teams that relabel and can be judged, found: {np.mean(relabel):.1%} of {len(relabel)}; others named: {false} in {companies} companies"
    )
    fails = table.loc["simpler comparisons", "p"] < SURE
    few = int(companies) < 30  # too few to tell that a comparison fails
    return int((table.loc["ours", "p"] < SURE).any() or not (few or fails.all()) or np.mean(relabel) < FOUND)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
