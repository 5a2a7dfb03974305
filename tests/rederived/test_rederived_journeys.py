"""Page 04 again: journeys and episodes laid out row by row, effort by statsmodels' clustered errors, the limit of automation from its own matrices."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import t as student

YEAR = pd.Timestamp("2025-10-01"), pd.Timestamp("2026-10-01")


@pytest.fixture(scope="module")
def page(published):
    return published("04_journeys")


@pytest.fixture(scope="module")
def contacts(tables):
    """All contacts in the order of their customers."""
    every = tables("interactions").copy()
    every["number"] = every["interaction_id"].str.len()
    order = ["customer_id", "started_at", "number", "interaction_id"]
    return every.sort_values(order, ignore_index=True)


def in_year(moments):
    return moments.between(*YEAR, inclusive="left")


def days(moments):
    return moments / pd.Timedelta(days=1)


def test_first_contact_resolution_net_of_who_came_back(page, contacts):
    """Episodes are walked one contact at a time: a case of a customer, until more than seven days are silent."""
    later = contacts.groupby("customer_id")["started_at"].shift(-1)
    contacts = contacts.assign(again=days(later - contacts["started_at"]))
    last, found = {}, []
    for row in contacts.itertuples():
        key = row.customer_id, row.case_id
        now = last.get(key)
        if now is None or (row.started_at - now["end"]).total_seconds() > 7 * 86400:
            now = last[key] = {"who": row.customer_id, "begin": row.started_at, "n": 0}
            now["settled"] = bool(row.is_resolved) and not row.is_transferred
            found.append(now)
        now["n"] += 1
        now["end"], now["again"] = row.started_at, row.again
    frame = pd.DataFrame(found)
    frame = frame[in_year(frame["begin"])]
    length = days(frame["end"] - frame["begin"])
    frame = frame[days(YEAR[1] - frame["begin"]) >= 7 + length.quantile(0.95)]
    first = frame["settled"] & (frame["n"] == 1)
    net = first & ~(frame["again"] <= 7)
    for name, flags in (("", first), (", and not back within 7 days", net)):
        share = flags.mean()
        residual = (flags - share).groupby(frame["who"]).sum()
        count = len(residual)
        error = np.sqrt(count / (count - 1) * (residual**2).sum()) / len(flags)
        reach = student.ppf(0.975, count - 1) * error
        metric = f"all jobs: settled by the first contact{name}"
        assert page.agrees(metric, share, share - reach, share + reach, slack=1e-4)


def test_contacts_per_journey(page, contacts):
    """A journey ends after thirty days of silence; it counts where it ended, and by when it began to end."""
    gap = days(contacts.groupby("customer_id")["started_at"].diff())
    journey = (gap.isna() | (gap > 30)).cumsum()
    whole = contacts.groupby(journey).agg(
        who=("customer_id", "first"),
        begin=("started_at", "min"),
        end=("started_at", "max"),
        n=("started_at", "size"),
    )
    ended = whole[(days(YEAR[1] - whole["end"]) >= 30) & in_year(whole["begin"])]
    mean = ended["n"].mean()
    residual = (ended["n"] - mean).groupby(ended["who"]).sum()
    error = np.sqrt(len(residual) / (len(residual) - 1) * (residual**2).sum()) / len(ended)
    assert page.agrees("contacts per journey", mean, mean - 1.96 * error, mean + 1.96 * error, slack=1e-4)


def test_what_each_earlier_contact_costs_in_effort(page, contacts):
    own = contacts.sort_values(["case_id", "started_at", "number", "interaction_id"])
    case = own.groupby("case_id")
    earlier = case.cumcount()
    agent, before = own["agent_id"], case["agent_id"].shift(1)
    changed = ((agent != before) & agent.notna() & before.notna()).astype(float)
    x = pd.DataFrame({"one": 1.0, "earlier": earlier, "changed": changed})
    x["handed"] = own["is_transferred"].astype(float)
    x["waited"], x["served"] = own["wait_seconds"], own["handle_seconds"]
    x["complexity"] = own["complexity"]
    x = x.join(pd.get_dummies(own[["department", "channel"]], drop_first=True).astype(float))
    known = own["effort"].notna() & in_year(own["started_at"])
    fit = sm.OLS(own["effort"][known].astype(float), x[known].astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": pd.factorize(own["customer_id"][known])[0]}
    )
    middle, reach = fit.params["earlier"], 1.96 * fit.bse["earlier"]
    metric = "effort: each earlier contact of the case"
    assert page.agrees(metric, middle, middle - reach, middle + reach, slack=1e-3)


def root(matrix):
    """The inverse of the root of I less a matrix."""
    value, vector = np.linalg.eigh(np.eye(len(matrix)) - matrix)
    return (vector / np.sqrt(value)) @ vector.T


def summed(scores, groups):
    sums = pd.DataFrame(scores).groupby(np.asarray(groups)).sum().to_numpy()
    return sums.T @ sums * len(sums) / (len(sums) - 1)


def test_the_complexity_at_which_automation_turns(page, contacts):
    """Within customers; clustered by customer and by agent (CR2, whole matrices of each agent's contacts); Fieller's limits with Student's t."""
    own = contacts[in_year(contacts["started_at"]) & contacts["satisfaction"].notna()]
    own = own[own.groupby("customer_id")["customer_id"].transform("size") > 1].reset_index(drop=True)
    auto, c = own["is_automated"].astype(float), own["complexity"]
    places = pd.get_dummies(own["department"] + " by " + own["channel"]).astype(float)
    x = pd.DataFrame({"auto": auto, "c": c, "both": auto * c}).join(places.iloc[:, 1:])
    x = (x - x.groupby(own["customer_id"]).transform("mean")).to_numpy()
    y = own["satisfaction"] - own.groupby("customer_id")["satisfaction"].transform("mean")
    bread = np.linalg.inv(x.T @ x)
    b = bread @ x.T @ y
    residual = (y - x @ b).to_numpy()
    scores, agents = x * residual[:, None], own["agent_id"].mask(auto == 1)
    named, meat, pulls = agents.notna().to_numpy(), 0, []
    for rows in own.index[named].groupby(agents[named]).values():
        score = x[rows].T @ root(x[rows] @ bread @ x[rows].T) @ residual[rows]
        meat = meat + np.outer(score, score)
        pulls.append(x[rows].sum(axis=0) @ bread)
    pairs = own["customer_id"] + own["agent_id"]
    meat = meat + summed(scores, own["customer_id"]) - summed(scores[named], pairs[named])
    v = bread @ meat @ bread * (len(y) - 1) / (len(y) - x.shape[1])
    turn = -b[0] / b[2]
    pull = np.array(pulls)[:, 0] + turn * np.array(pulls)[:, 2]
    clusters = (pull**2).sum() ** 2 / (pull**4).sum()
    t2 = student.ppf(0.975, clusters - 1) ** 2
    square, cross, rest = (b[j] * b[k] - t2 * v[j, k] for j, k in ((2, 2), (0, 2), (0, 0)))
    low, high = np.sort(np.roots([square, 2 * cross, rest]))
    assert page.agrees("complexity at which automation turns", turn, low, high)
