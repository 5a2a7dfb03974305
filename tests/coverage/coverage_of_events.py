"""Do the intervals on the page of marketing events hold the lifts planted in the sample company, where the usual comparisons do not?

For each seed a company is written and its page's models are fitted as the notebook fits them. Counted is how often each 95 % interval holds the planted lift: by lot, per guest, matched, and of the two comparisons that the page
refuses; and how often the page finds what is planted: that dinners add most and that trade shows lose. Matching keeps a little of why accounts were invited (dinners come after a bad month), so it is held to 75 %. Exits with 1 where
an interval by lot holds so seldom that at 95 % it would be less likely than one in a thousand, where the matched one falls under its limit, or where a refused comparison does well. Some seconds a company.

Usage: .venv/bin/python tests/coverage/coverage_of_events.py [COMPANIES] [FIRST]
"""

import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from scipy.stats import t

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import cxresearch as cx
from cxresearch.sample import write
from tests.coverage.held import SURE, held

TABLES = ["customers", "events", "event_invitations", "account_revenue"]
AS_OF = "2026-09-30"
MATCHED, REFUSED = 0.75, 0.60  # least of the matched intervals, most of those that the page refuses


def fitted(folder, seed, null=False):
    """The page's models of the company of a seed, and its truth."""
    write(folder, null=null, seed=seed, tables=TABLES)
    ws = cx.open(folder)
    lifts = cx.models.EventLifts().fit(
        cx.features.events_held(ws.events, AS_OF),
        cx.features.event_guests(ws.event_invitations, AS_OF),
        cx.features.account_months(ws, AS_OF),
        cx.features.account_traits(ws, AS_OF),
    )
    trials = cx.models.EventTrials().fit(lifts)
    returns = cx.models.EventReturns().fit(lifts, trials)
    return json.loads((Path(folder) / "truth.json").read_text()), lifts, trials, returns


def company(seed):
    """Quantity → list of (whether the interval holds the truth, estimate minus truth)."""
    with tempfile.TemporaryDirectory() as folder:
        truth, lifts, trials, returns = fitted(folder, seed)
    lift, guest = (truth["oracle"][f"events.{name}"]["value"] for name in ("lift", "lift_per_guest"))
    found = defaultdict(list)

    def hold(name, planted, estimate, low, high):
        found[name].append((low <= planted <= high, estimate - planted))

    for k in trials.kinds_.itertuples():
        hold("by lot", lift[k.kind], k.estimate, k.low, k.high)
        hold("per guest", guest[k.kind], k.guest, k.guest_low, k.guest_high)
    for k in returns.kinds_.itertuples():
        hold("matched", lift[k.kind], k.matched, k.matched_low, k.matched_high)
        hold(f"matched, {k.kind}", lift[k.kind], k.matched, k.matched_low, k.matched_high)
        hold("drawn towards the mean", lift[k.kind], k.shrunk, k.shrunk_low, k.shrunk_high)
        own = lifts.events_[(lifts.events_["kind"] == k.kind) & (lifts.events_["why"] == "")]
        for name, column in (("refused: all others", "naive"), ("refused: the month before", "last_month")):
            reach = own[column].sem() * t.ppf(0.975, len(own) - 1)
            hold(
                name, lift[k.kind], own[column].mean(), own[column].mean() - reach, own[column].mean() + reach
            )
    by_kind = returns.kinds_.set_index("kind")
    found["found: dinners add most"].append((returns.across_.best_ == "dinner", 0.0))
    found["found: trade shows lose"].append((by_kind.loc["trade show", "verdict"] == "stop", 0.0))
    found["quiet: no other kind is best"].append((returns.across_.best_ in (None, "dinner"), 0.0))
    found["quiet: trade shows are not repeated"].append(
        (by_kind.loc["trade show", "verdict"] != "repeat", 0.0)
    )
    return found


def main(companies=200, first=1):
    every = defaultdict(list)
    for seed in range(int(first), int(first) + int(companies)):
        for name, pairs in company(seed).items():
            every[name] += pairs
    table = held(every)
    print(table.round(4).to_string())
    failed = (table.loc[["by lot", "per guest"], "p"] < SURE).any() or table.loc["matched", "holds"] < MATCHED
    refused = table.index.str.startswith("refused")
    return int(failed or (table.loc[refused, "holds"] > REFUSED).any())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
