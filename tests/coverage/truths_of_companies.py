"""What the numbers of a drawn company truly are: what came after the day of its report, and what is planted in it."""

import datetime
import json
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from cxresearch.contract.tables import READINESS_ITEMS
from cxresearch.sample import readiness
from cxresearch.sample.blocks import Window, blocks
from cxresearch.sample.contracts import log_odds, simulate
from cxresearch.sample.parameters import Truth
from cxresearch.sample.people import draw
from cxresearch.stats.logistic_line import fit_logistic_line

AS_OF, END, MONTHS = datetime.date(2026, 9, 30), "2029-09-30", 72
PEERS = 2_000  # organisations of each year of implementation that stand for all


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
    if others:
        return {}  # so large that all agents together are the usual ones
    agents = block.rng("agents").standard_normal((len(p.department), len(block.scaled(p.agents))))
    effect = dict(zip(p.department, p.agent_sd * agents.mean(axis=1), strict=True))
    rated = pd.read_parquet(folder / "interactions.parquet").dropna(subset="satisfaction")
    shift = rated["department"].map(effect).where(rated["agent_id"].notna(), 0.0)
    names = {
        "touchpoint": "/touchpoint: {}",
        "channel": "/channel: {}",
        "department": "/{}: unadjusted satisfaction",
    }
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


def leaving(seed, customers, months=3):
    """The planted probability that a contract customer left in the last months before the day, by customer; none of a company of several blocks.

    Of who was a customer when these months began. Whether service fails in a month is drawn in it: the hazard is the mean over that.
    """
    planted, window = Truth(), Window(END, MONTHS)
    block, *others = blocks(seed, window, customers, planted.people.contract_share)
    if others:
        return pd.Series(dtype=float)
    p, drawn = planted.contracts, draw(block, planted)
    last = int((np.datetime64(AS_OF, "M") - window.first_day(0).astype("M8[M]")).astype(int))
    failing = expit(p.failure_base + p.failure_experience * drawn.quality[: drawn.contracts])
    history = simulate(block, drawn, planted)
    begins = last - months + 1
    is_customer = (drawn.start < begins) & ((history.left < 0) | (history.left >= begins))
    stays, term = np.ones(drawn.contracts), history.is_annual.astype(int)
    base = log_odds(p, 1 + window.months - min(0, drawn.start.min()))
    for month in range(begins, last + 1):
        tenure = np.clip(month - drawn.start + 1, 0, None)
        eta = history.risk + base[term, tenure] + p.january * (window.calendar_month(month) == 1)
        stays *= 1 - (failing * expit(eta + p.failure) + (1 - failing) * expit(eta))
    return pd.Series(1 - stays, drawn.customer_id.to_pandas()[: drawn.contracts].astype(str))[is_customer]


def calibrated(judged, planted):
    """Slope and level of the planted risks on the log-odds of the customers on whom a model was tested: what its calibration is of."""
    risk = planted.reindex(judged["customer_id"].astype(str)).to_numpy()
    if not len(judged) or np.isnan(risk).any():
        return {}
    eta = logit(judged["probability"].clip(1e-6, 1 - 1e-6).to_numpy())
    level = float(fit_logistic_line(risk, offset=eta).params[0])
    if np.ptp(eta) < 1e-9:
        return {"calibration in the large": level}
    return {
        "calibration slope": float(fit_logistic_line(risk, eta).params[1]),
        "calibration in the large": level,
    }


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


def renewals(risk, spells, left):
    """Who of those whose term runs out soon did not renew, and what they paid a year."""
    up = spells[~spells["is_over"].astype(bool) & (spells["term_months"] >= 2)]
    up = up[up["months_to_renewal"] <= risk.months]
    if risk.group_:
        up = up[up["segment"].astype(str) == risk.group_]
    gone = up[up["customer_id"].isin(left)]
    return {
        "customers expected not to renew": len(gone),
        "yearly revenue expected to be lost": float(12 * gone["monthly_amount"].sum()),
    }


def overrun(folder, standing, months=12):
    """What open projects spent in the months after the day beyond what they earned."""
    reports = pd.read_parquet(Path(folder) / "project_status.parquet")
    reports = reports[reports["project_id"].isin(standing["project_id"])].sort_values("status_on")
    days, day = pd.to_datetime(reports["status_on"]), pd.Timestamp(AS_OF)
    columns = ["actual_cost", "earned_value"]
    then, now = (
        reports[days <= until].groupby("project_id")[columns].last()
        for until in (day + pd.offsets.MonthEnd(months), day)
    )
    came = then - now.reindex(then.index).fillna(0)
    return {"cost above plan to come": float((came["actual_cost"] - came["earned_value"]).sum())}


def planted(folder):
    """What is planted in processes and in the readiness of the company itself, by the end of a number's name."""
    p = Truth().readiness
    value = {
        name: one["value"]
        for name, one in json.loads((Path(folder) / "truth.json").read_text())["oracle"].items()
    }
    means = {
        item: p.weakest_mean if item == p.weakest else p.own[item.split("_")[0]] for item in READINESS_ITEMS
    }
    means = {item: float(readiness.item_mean(mean, p.sd)) for item, mean in means.items()}
    ahead = float(readiness.item_mean(p.mean[p.own_year], p.sd))
    found = {"readiness, 0 to 4": np.mean(list(means.values()))}
    for item, mean in means.items():
        found.setdefault(f"readiness: {item.split('_')[0]}", []).append(mean)
        found[f"{item}: distance to the next year"] = mean - ahead
    found |= {f"{name}: elasticity of cost": one for name, one in value["processes.elasticity"].items()}
    found |= {
        "change X001: cycle time after 6 months": value["processes.change_that_worked"],
        "change X002: cycle time after 6 months": value["processes.change_after_the_worst_month"],
    }
    return {name: float(np.mean(one)) for name, one in found.items()}


def among_all(answers, seed):
    """Where the company's own score stands among all organisations drawn alike, and to which year it points."""
    from cxresearch.models import ReadinessLadder, YearOfAnswers

    p, random = Truth().readiness, np.random.default_rng(seed)
    year = np.repeat(np.arange(1, len(p.mean) + 1), PEERS)
    means = np.repeat(np.array(p.mean)[year - 1][:, None], len(READINESS_ITEMS), axis=1)
    peers = pd.DataFrame(readiness.scores(random, means, p), columns=list(READINESS_ITEMS))
    own, names = answers[~answers["is_benchmark"].astype(bool)], [f"o{k}" for k in peers.index]
    alike = {"assessed_on": own["assessed_on"].iloc[0], "respondent_role": "sponsor", "source": "synthetic"}
    peers = peers.assign(organisation_id=names, respondent_id=names, year=year, is_benchmark=True, **alike)
    every = pd.concat([own, peers], ignore_index=True)
    rows = [model().fit(every).summary() for model in (ReadinessLadder, YearOfAnswers)]
    return {
        f"/{row.metric}": row.estimate for row in pd.concat(rows).itertuples() if "log-odds" not in row.metric
    }
