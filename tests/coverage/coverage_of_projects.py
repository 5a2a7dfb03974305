"""Do open projects finish within their printed dates, and cost what their limits say?

Draws portfolios of 120 projects as in the sample company, forecasts the open ones as a report would, and follows those that are delivered to
their end; once with finishes recorded at the next report, once by the day. Exits with 1 if the dates hold less than 94 % (they are rounded
to the next report and may hold more), or the limits of cost less than 92 % or more than 98.5 %. Takes a second a portfolio; run by
``make coverage``, not by ``make test``.

Usage: .venv/bin/python tests/coverage/coverage_of_projects.py [PORTFOLIOS [FIRST_SEED]]
"""

import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pandas as pd

from cxresearch.models import EarnedValue
from tests.portfolios import portfolio


def forecasts(found, by_day=False):
    """The printed limits of each open project with limits that was delivered in the end, and what came."""
    register, status = found.known(by_day)
    model = EarnedValue().fit(status, register)
    rows = model.status_[
        model.status_["project_id"].isin(register.loc[register["outcome"].isna(), "project_id"])
    ]
    rows = rows[~rows["is_done"]].set_index("project_id")
    came = found.ended.loc[rows.index]
    finish = found.by_day.loc[rows.index] if by_day else pd.to_datetime(came["finished_on"])
    rows = rows.assign(finished_on=finish, cost=came["actual_cost"])[came["outcome"] == "delivered"]
    return rows[rows["finish_low"].notna()]


def shares(rows):
    """Shares inside the dates and inside the cost, and how many days later than forecast projects finish on average."""
    finish = (rows["finish_low"] <= rows["finished_on"]) & (rows["finished_on"] <= rows["finish_high"])
    cost = (rows["eac_low"] <= rows["cost"]) & (rows["cost"] <= rows["eac_high"])
    return finish.mean(), cost.mean(), (rows["finished_on"] - rows["finish_on"]).dt.days.mean()


def main(portfolios=80, first=1000):
    warnings.simplefilter("ignore")
    drawn = [portfolio(seed) for seed in range(int(first), int(first) + int(portfolios))]
    failed = False
    for by_day, name in ((False, "at the next report"), (True, "by the day")):
        rows = pd.concat([forecasts(found, by_day) for found in drawn])
        finish, cost, late = shares(rows)
        print(
            f"finish recorded {name}: {len(rows)} projects, {finish:.1%} within the printed dates, {late:+.1f} days later than "
            f"forecast on average; {cost:.1%} within the limits of cost"
        )
        failed |= finish < 0.94 or not 0.92 <= cost <= 0.985
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
