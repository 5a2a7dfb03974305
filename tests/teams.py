"""Teams made for tests: contracts due and kept by month, and the plans of some of them."""

import numpy as np
import pandas as pd


def teams(
    seed=0,
    each=12,
    starts=(12, 18, 0),
    months=36,
    due=60,
    leave=0.02,
    effect=0.0,
    trend=0.0,
    trouble=0.0,
    grows=0.0,
    first="2023-10-01",
):
    """Months of teams and their plans.

    `effect` and `grows` (a month since the start) are taken off the log-odds of leaving; `trend` is added a month for all, `trouble` for teams that get a plan.
    """
    random = np.random.default_rng(seed)
    start = np.repeat(np.where(np.array(starts) == 0, 10_000, starts), each)
    t = np.arange(months)
    since = t - start[:, None]
    level = np.log(leave / (1 - leave)) + random.normal(0, 0.1, (len(start), 1))
    power = (
        level
        + trend * t
        + trouble * (start < 10_000)[:, None]
        - np.where(since >= 0, effect + grows * np.maximum(since, 0), 0.0)
    )
    lost = random.binomial(due, 1 / (1 + np.exp(-power)))
    days = pd.date_range(first, periods=months, freq="MS")
    name = [f"T{k + 1:02d}" for k in range(len(start))]
    table = pd.DataFrame(
        {
            "team_id": np.repeat(name, months),
            "month_on": np.tile(days, len(start)),
            "due": due,
            "kept": (due - lost).ravel(),
        }
    )
    table["reported"] = table["kept"]
    tied = start < months
    plans = pd.DataFrame(
        {"team_id": np.array(name)[tied], "started_on": days[start[tied]], "announced_on": pd.NaT}
    )
    return table, plans


def ends(table, plans, relabels=(), share=0.6, usual=0.04, seed=1):
    """How these teams report the customers who left: those named relabel a share of them once they have a plan."""
    random = np.random.default_rng(seed)
    found = table.assign(left=table["due"] - table["kept"])
    start = found["team_id"].map(plans.set_index("team_id")["started_on"])
    games = found["team_id"].isin(list(relabels)) & (found["month_on"] >= start)
    found["relabelled"] = random.binomial(found["left"], np.where(games, share, usual))
    return found.loc[found["left"] > 0, ["team_id", "month_on", "left", "relabelled"]]
