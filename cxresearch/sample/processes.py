"""Module H, customer processes: the log of their cases, the models they should follow, changes, and what they cost.

A case goes through the six steps of its process. It may leave out the second and the fifth, which are no musts; leaving out the third or the fourth, taking them in the wrong order or doing
one again leaves the model. Hard cases deviate more and are settled less often, whatever they did. Cells of process and month have fixed sizes, so that cost
follows volume exactly as planted, but for its noise.
"""

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import DAY, DEFAULT_CUSTOMERS, DEFAULT_MONTHS, Block, pick
from cxresearch.sample.columns import dates, ids, labels, numbers, timestamps

STEPS = {
    "order": ("enter order", "check credit", "confirm order", "pick goods", "announce delivery", "ship goods"),
    "onboarding": ("open account", "welcome call", "check identity", "set up access", "train user", "hand over"),
    "complaint": ("log complaint", "call customer", "find cause", "agree remedy", "write to customer", "close complaint"),
    "billing query": ("log query", "call back", "check entries", "correct invoice", "explain invoice", "close query"),
    "renewal": ("announce renewal", "review use", "make offer", "agree terms", "thank customer", "renew contract"),
    "delivery": ("plan route", "text customer", "load goods", "deliver goods", "ask for rating", "close delivery"),
    "address change": ("receive change", "verify by phone", "check identity", "update records", "confirm by mail", "close change"),
    "technical fault": ("log fault", "try remote fix", "diagnose fault", "repair fault", "test with customer", "close fault"),
    "return": ("register return", "offer exchange", "receive goods", "inspect goods", "ask for reason", "refund customer"),
    "quotation": ("record request", "visit customer", "calculate price", "approve price", "present offer", "send quotation"),
}  # fmt: skip
DEPARTMENTS = (
    "Sales",
    "Onboarding",
    "Service",
    "Billing",
    "Sales",
    "Service",
    "Digital",
    "Service",
    "Service",
    "Sales",
)
NAMES = sorted(set(DEPARTMENTS))
DEPARTMENT = np.array([NAMES.index(name) for name in DEPARTMENTS])
IS_MUST = np.array([True, False, True, True, False, True])
ACTIVITIES = list(dict.fromkeys(name for steps in STEPS.values() for name in steps))  # two share a name
ACTIVITY = np.array([ACTIVITIES.index(name) for steps in STEPS.values() for name in steps])
SLOTS = np.array([0, 1, 2, 3, 4, 5, -1, -1])  # the last two are for doing a step again
CHANNELS = ("phone", "email", "web", "face_to_face")


def base(block):
    """The first block, from which what holds for the whole company is drawn."""
    return Block(block.seed, 0, block.window, 0, 1, block.customers, block.contract_share)


def cells(block, p):
    """How many cases each process has in each month, and their common delay of a month: arrays (processes, months)."""
    rng, months = base(block).rng("process_volumes"), block.window.months
    weight = np.exp(p.volume_sd * rng.standard_normal((len(STEPS), months)))
    total = max(1, round(p.cases * block.customers / DEFAULT_CUSTOMERS * months / DEFAULT_MONTHS))
    ends = np.rint(np.cumsum(weight.ravel()) / weight.sum() * total).astype(np.int64)
    counts = np.diff(ends, prepend=0).reshape(weight.shape)
    spread = np.where(np.arange(len(STEPS)) == list(STEPS).index(p.placebo), p.placebo_sd, p.month_sd)
    return counts, spread[:, None] * rng.standard_normal(weight.shape)


def change_months(block, p, shock):
    """The month of the real change, and of the one that followed a bad month."""
    months = block.window.months
    low, high = round(months * p.placebo_between[0]), round(months * p.placebo_between[1])
    slow = shock[list(STEPS).index(p.placebo), low:high]
    return round(months * p.change_month / DEFAULT_MONTHS), 1 + low + int(np.argmax(slow))


def tables(block, people, truth):
    """``process_steps``, ``process_models``, ``process_changes`` and ``process_costs``; the last three with the first block."""
    p = truth.processes
    counts, shock = cells(block, p)
    real, after_worst = change_months(block, p, shock)
    log = _steps(block, people, p, counts, shock, real)
    if block.number:
        return [log]
    return log, _models(block, p), _changes(block, p, real, after_worst), _costs(block, p, counts)


def _steps(block, people, p, counts, shock, real):
    rng, window = block.rng("process_steps"), block.window
    case = np.array(block.of(int(counts.sum())), np.int64)
    n = case.size
    cell = np.searchsorted(np.cumsum(counts.ravel()), case, side="right")
    process, month = np.divmod(cell, window.months)
    first, last = (edge(month).astype(np.int64) * DAY for edge in (window.first_day, window.last_day))
    began = first + (rng.random(n) * (last + DAY - first)).astype(np.int64)
    complexity = np.round(rng.uniform(*p.complexity, n), 2)
    harder = 0.4 + complexity  # 1 on average
    rates = {name: np.array(list(getattr(p, name).values()))[process] * harder for name in ("skip", "rework")}
    channel = pick(rng, p.channel_mix, n)

    present = np.ones((n, SLOTS.size), bool)
    present[:, [2, 3]] = rng.random((n, 2)) >= rates["skip"][:, None]
    present[:, [1, 4]] = rng.random((n, 2)) >= (p.skip_may * harder)[:, None]
    again = (rng.random(n) < rates["rework"]) & present[:, 2:4].any(axis=1)
    twice = again & (rng.random(n) < p.rework_twice)
    present[:, 6], present[:, 7] = again, twice
    swapped = (rng.random(n) < p.swapped) & present[:, 2] & present[:, 3]
    key = np.broadcast_to(np.array([0, 1, 2, 3, 5, 6, 4, 4.5]), present.shape).copy()
    key[swapped, 2], key[swapped, 3] = 3, 2
    activity = np.broadcast_to(SLOTS, present.shape).copy()
    activity[:, 6:] = np.where(present[:, 2], 2, 3)[:, None]
    left_must = ~present[:, 2] | ~present[:, 3] | again | swapped
    left_may = ~present[:, 1] | ~present[:, 4]

    chance = (
        p.resolved + p.resolved_complexity * (complexity - 0.6) + np.array(list(p.channel.values()))[channel]
    )
    chance = chance + p.must * left_must + p.may * (left_may & (complexity > p.may_from))
    is_resolved = rng.random(n) < chance
    delay = np.log1p(p.change) * ((process == list(STEPS).index(p.changed)) & (month >= real))
    hours = np.array(list(p.hours.values()))[process] * np.exp(
        p.hours_complexity * (complexity - 0.6)
        + p.hours_sd * rng.standard_normal(n)
        + shock[process, month]
        + delay
    )
    order = np.argsort(key, axis=1)
    gaps = rng.standard_exponential(present.shape) * np.take_along_axis(present, order, axis=1)
    share = np.cumsum(gaps, axis=1) / gaps.sum(axis=1)[:, None]
    finished = began[:, None] + (3600 * hours[:, None] * share).astype(np.int64)
    kept = np.take_along_axis(present, order, axis=1)
    is_known = finished < window.closes
    is_open = (kept & ~is_known).any(axis=1)
    row, slot = np.nonzero(kept & is_known)
    place = np.cumsum(kept, axis=1)[row, slot]
    acquired = np.sort(people.acquired)
    so_far = np.maximum(np.searchsorted(acquired, began), 1)
    customer = np.argsort(people.acquired, kind="stable")[(rng.random(n) * so_far).astype(np.int64)]
    return pa.table(
        {
            "step_id": ids("T", 10 * (1 + case[row]) + place),
            "case_id": ids("H", 1 + case[row]),
            "process": labels(process[row], STEPS),
            "activity": labels(ACTIVITY[6 * process[row] + activity[row, order[row, slot]]], ACTIVITIES),
            "finished_at": timestamps(finished[row, slot]),
            "sequence": numbers(place.astype(np.int32)),
            "customer_id": labels(customer[row], people.customer_id),
            "department": labels(DEPARTMENT[process[row]], NAMES),
            "channel": labels(channel[row], CHANNELS),
            "complexity": numbers(complexity[row]),
            "is_resolved": numbers(is_resolved[row], is_open[row]),
            "is_open_case": numbers(is_open[row]),
        }
    )


def _models(block, p):
    process = np.repeat(np.arange(len(STEPS)), 6)
    place, names = np.tile(np.arange(6), len(STEPS)), list(STEPS)
    bare = np.isin(process, [names.index(name) for name in p.unmeasured]) & np.isin(place, [2, 3])
    stale = np.isin(process, [names.index(name) for name in p.stale])
    last = block.window.last_day(block.window.months - 1)
    updated = np.where(stale, last - np.timedelta64(80, "D"), last - np.timedelta64(9, "D"))
    return pa.table(
        {
            "process": labels(process, STEPS),
            "activity": labels(ACTIVITY, ACTIVITIES),
            "position": numbers((1 + place).astype(np.int32)),
            "rule": labels(IS_MUST[place], ["may", "must"]),
            "repeats_allowed": numbers(np.ones(process.size, np.int32)),
            "owner": labels(DEPARTMENT[process], [f"head of {name}" for name in NAMES]),
            "kpi": labels(place % 2, ["share done on time", "hours to done"], missing=bare),
            "data_updated_on": dates(updated, missing=bare),
        }
    )


def _changes(block, p, real, after_worst):
    names = list(STEPS)
    first = block.window.first_day(np.array([real, after_worst]))
    return pa.table(
        {
            "change_id": ids("X", np.array([1, 2]), 3),
            "process": labels([names.index(p.changed), names.index(p.placebo)], names),
            "started_on": dates(first),
            "finished_on": dates(first),
            "metric": labels([0, 0], ["cycle_time"]),
            "reason": labels([0, 1], ["planned", "reaction"]),
            "is_tested": numbers(np.array([True, False])),
        }
    )


def _costs(block, p, counts):
    rng = base(block).rng("process_costs")
    elasticity = np.array(list(p.elasticity.values()))[:, None]
    noise = np.exp(p.cost_sd * rng.standard_normal(counts.shape))
    usual = max(counts.mean(), 1.0)  # at which a case costs what it should
    cost = (
        np.array(list(p.cost.values()))[:, None]
        * usual
        * (np.maximum(counts, 1) / usual) ** elasticity
        * noise
    )
    process, month = np.nonzero(counts)
    return pa.table(
        {
            "process": labels(process, STEPS),
            "month_on": dates(block.window.first_day(month)),
            "volume": numbers(counts[process, month]),
            "cost": numbers(np.round(cost[process, month], 2)),
        }
    )
