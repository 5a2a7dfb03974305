"""Modules J and K, two experiments: offers to customers who had left, and offers to customers who might.

The arm of each was drawn by lot. What came of them is recorded in these tables alone: who returned, and how long the second life lasted, and who gave up the extra cover of the service
plan within six months, which the offers to stay were about.
"""

import numpy as np
import pyarrow as pa
from scipy.optimize import brentq
from scipy.special import logit

from cxresearch.months import DAYS_PER_MONTH
from cxresearch.sample import shop
from cxresearch.sample.blocks import DAY, DEFAULT_CUSTOMERS, MONTH, pick, rounded, sigmoid
from cxresearch.sample.columns import dates, ids, labels, money, numbers


def log_odds(rate, share, effect):
    """The log-odds without an effect that a `share` of the customers has, where the average chance is `rate`.

    >>> round(float(log_odds(0.14, 0.0, -0.5)), 4)
    -1.8153
    """

    def excess(x):
        return (1 - share) * sigmoid(x) + share * sigmoid(x + effect) - rate

    centre = logit(rate)
    return brentq(excess, centre - abs(effect) - 1, centre + abs(effect) + 1)


def return_log_odds(p):
    """Log-odds of returning by arm, of those who had not left for the service."""
    share = p.reasons["service"]
    return np.array([log_odds(rate, share, p.service) for rate in p.returns.values()])


def lapsed(block, people, history, truth):
    """Who had left by when: positions and days; all whose contract had ended, then shop customers who had fallen silent."""
    p, window = truth.winback, block.window
    last = int(window.closes // DAY) - p.watched_days - p.asked_days[1]
    is_gone = block.rng("contract terms").random(people.contracts) < truth.contracts.involuntary
    day = window.last_day(np.maximum(history.left, 0)).astype(np.int64)
    index = np.flatnonzero((history.left >= 0) & ~is_gone & (day < last))
    acquired = people.acquired[people.contracts :]
    age = window.closes - 1 - acquired
    customer, time, _ = shop.draw(block.rng("orders"), age / MONTH, truth.shop)
    bought = np.zeros(age.size, np.int64)
    np.maximum.at(bought, customer, acquired[customer] + np.floor(time * age[customer]).astype(np.int64))
    silent = bought // DAY + p.silent_days
    others = np.flatnonzero(silent < last)
    return np.r_[index, people.contracts + others], np.r_[day[index], silent[others]], index.size


def winback_table(block, people, history, truth, first):
    """The ``winback_offers`` table; `first` is the number of its first offer."""
    p, rng = truth.winback, block.rng("winback_offers")
    who, day, of_contracts = lapsed(block, people, history, truth)
    wanted = len(block.of(max(1, round(p.offers * block.customers / DEFAULT_CUSTOMERS))))
    chosen = np.r_[np.arange(of_contracts), of_contracts + rng.permutation(who.size - of_contracts)]
    chosen = np.sort(chosen[:wanted])
    who, day, n = who[chosen], day[chosen], chosen.size
    arms, months = list(p.returns), DAYS_PER_MONTH
    arm, reason = pick(rng, [1 / len(arms)] * len(arms), n), pick(rng, p.reasons, n)
    is_service = reason == list(p.reasons).index("service")
    has_returned = rng.random(n) < sigmoid(return_log_odds(p)[arm] + p.service * is_service)
    offered = day + rng.integers(*p.asked_days, n)
    returned = offered + rng.integers(3, p.watched_days, n)
    lives = rng.standard_exponential(n) / np.array(list(p.leaves_again.values()))[arm]
    closes = int(block.window.closes // DAY)
    left = returned + np.ceil(lives * months).astype(np.int64)
    has_left = has_returned & (left < closes)
    stayed = (np.minimum(left, closes) - returned) / months
    monthly = p.monthly_median * np.exp(p.monthly_sigma * rng.standard_normal(n))
    return pa.table(
        {
            "offer_id": ids("W", first + np.arange(n)),
            "customer_id": labels(who, people.customer_id),
            "offered_on": dates(offered.astype("M8[D]")),
            "arm": labels(arm, arms),
            "has_returned": numbers(has_returned),
            "spend": numbers(money(np.where(has_returned, stayed * monthly, 0.0))),
            "lapsed_on": dates(day.astype("M8[D]")),
            "lapse_reason": labels(reason, p.reasons),
            "returned_on": dates(returned.astype("M8[D]"), missing=~has_returned),
            "left_again_on": dates(left.astype("M8[D]"), missing=~has_left),
            "cost": numbers(np.array(list(p.cost.values()))[arm]),
            "arm_probability": numbers(np.full(n, 1 / len(arms))),
        }
    )


def effect_of_staying(p, quality, tenure):
    """What the offer to stay adds to a customer's chance of leaving: in points, by how well served and how long a customer."""
    is_moved = (p.moved[0] < quality) & (quality < p.moved[1])
    return np.where(is_moved, p.effect, np.where(tenure > p.old_from, p.effect_old, 0.0))


def retention_table(block, people, history, truth, first):
    """The ``retention_offers`` table; `first` is the number of its first offer."""
    p, rng, window, n = truth.retention, block.rng("retention_offers"), block.window, people.contracts
    low, high = (round(window.months * share) for share in p.between)
    last = np.where(history.left >= 0, history.left, window.months - 1)
    opens, ends = np.maximum(people.start + 1, low), np.minimum(last, high)
    month = opens + np.floor(rng.random(n) * np.maximum(ends - opens + 1, 1)).astype(np.int64)
    there = np.flatnonzero(opens <= ends)
    wanted = len(block.of(max(1, round(p.offers * block.customers / DEFAULT_CUSTOMERS))))
    who = np.sort(rng.permutation(there)[:wanted])
    tenure = month[who] - people.start[who]
    is_offered = rng.random(who.size) < p.offered
    chance = p.base + is_offered * effect_of_staying(p, people.quality[who], tenure)
    has_left = rng.random(who.size) < chance
    score = 7 + 1.5 * (people.quality[who] + p.score_noise * rng.standard_normal(who.size))
    return pa.table(
        {
            "offer_id": ids("R", first + np.arange(who.size)),
            "customer_id": labels(who, people.customer_id),
            "offered_on": dates(window.first_day(month[who]) + np.timedelta64(4, "D")),
            "arm": labels(is_offered, ["control", "offer"]),
            "has_left": numbers(has_left),
            "cost": numbers(p.cost * is_offered),
            "arm_probability": numbers(np.where(is_offered, p.offered, 1 - p.offered)),
            "tenure_months": numbers(tenure.astype(np.int32)),
            "satisfaction_before": numbers(rounded(score, 1, 10)),
        }
    )
