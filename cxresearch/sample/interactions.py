"""Module C, interactions: rated contacts in cases, and the unrated report of every service failure.

A case is one customer with one job in one department: one to six contacts, three in four of the repeats
within 7 days. Of the Service cases whose customer leaves soon after, most begin with a fault, so that this
touchpoint is a weak point beyond the failures themselves. Contacts happen while the customer's contract runs, from 08:00 to 18:00 UTC. Contacts by web
or phone may be automated, except with the Digital department; those have no agent. Each service failure of
module A is one more, unrated contact ("report a fault"), so that failures can be seen in the data.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import DAY, pick, pick_rows, rounded, sigmoid
from cxresearch.sample.columns import ids, labels, numbers, timestamps

TOUCHPOINTS = {
    "Sales": ("enquiry", "quote", "order"),
    "Marketing": ("campaign", "event", "loyalty programme"),
    "Onboarding": ("welcome call", "set-up", "training"),
    "Service": ("fault", "visit", "advice"),
    "Billing": ("invoice", "payment", "contract change"),
    "Digital": ("account", "app", "online help"),
}
JOBS = {
    "Sales": ("choose a product", "place an order"),
    "Marketing": ("learn about offers", "use a benefit"),
    "Onboarding": ("get started", "learn to use it"),
    "Service": ("report a fault", "get advice"),
    "Billing": ("understand an invoice", "change the payment"),
    "Digital": ("manage the account", "find an answer"),
}
WAIT = {
    "face_to_face": 300,
    "phone": 90,
    "email": 14_400,
    "web": 20,
    "mail": 172_800,
    "fax": 43_200,
}  # median s
SERVICE, PHONE, FAULT_JOB, FAULT_TOUCHPOINT = 3, 1, 6, 9


@dataclass
class Contacts:
    """Contacts as arrays, one entry each; ``rating`` is y*, NaN where the contact was not rated."""

    customer: np.ndarray
    case: np.ndarray  # index of the case's first contact
    position: np.ndarray  # 0 for the first contact of the case
    is_last: np.ndarray
    seconds: np.ndarray
    department: np.ndarray
    touchpoint: np.ndarray
    channel: np.ndarray
    job: np.ndarray
    complexity: np.ndarray
    agent: np.ndarray
    is_automated: np.ndarray
    rating: np.ndarray


def draw(block, people, history, truth):
    """Draw the block's contacts, rated ones first."""
    p = truth.interactions
    rng = block.rng("interactions")
    agents = len(block.scaled(p.agents))
    effect = p.agent_sd * block.rng("agents").standard_normal((len(p.department), agents))
    per_default = round(p.per_customer * truth.people.contract_share * 12_000)
    rated = _rated(rng, block, people, history, p, len(block.scaled(per_default, monthly=True)), effect)
    _by_the_weak_point(block.rng("weak point"), block.window, history, p, rated)
    faults = _faults(rng, block, history, p, effect.shape[1], rated.customer.size)
    return Contacts(*(np.concatenate([vars(rated)[name], vars(faults)[name]]) for name in vars(rated)))


def _rated(rng, block, people, history, p, n, effect):
    mix = np.array(list(p.channel_mix.values()))
    department = pick(rng, p.share, n)
    opening = pick_rows(rng, mix, department)
    again = np.array(list(p.again.values()))[opening]
    size = np.minimum(6, rng.geometric(1 - again))
    cases = int(np.searchsorted(np.cumsum(size), n)) + 1 if n else 0
    size, department, opening = size[:cases], department[:cases], opening[:cases]
    case = np.repeat(np.arange(cases), size)[:n]
    first = np.cumsum(size) - size
    position = np.arange(n) - first[case]
    complexity = np.array(list(p.complexity_mean.values()))[
        department
    ] + p.complexity_sd * rng.standard_normal(cases)
    customer, seconds = _when(rng, block, people, history, p, case, position, first, cases)
    job = (2 * department + rng.integers(0, 2, cases))[case]
    department, complexity = department[case], complexity[case]
    channel = pick_rows(rng, mix, department)
    channel[first] = opening
    agent = rng.integers(0, effect.shape[1], n)
    chance = sigmoid(p.automated_base + p.automated_complexity * complexity)
    automated = has_bot(p)[department, channel] & (rng.random(n) < chance)
    rating = (
        p.level
        + np.array(list(p.department.values()))[department]
        + np.array(list(p.channel.values()))[channel]
        + p.service_phone * ((department == SERVICE) & (channel == PHONE))
        + p.complexity * complexity
        + p.experience * people.quality[customer]
        + np.where(automated, p.automated_effect + p.automated_slope * complexity, effect[department, agent])
        + p.noise_sd * rng.standard_normal(n)
    )
    return Contacts(
        customer=customer, case=first[case], position=position,
        is_last=np.append(np.diff(case) > 0, n > 0)[:n], seconds=seconds, department=department,
        touchpoint=3 * department + rng.integers(0, 3, n), channel=channel, job=job,
        complexity=complexity, agent=agent, is_automated=automated, rating=rating,
    )  # fmt: skip


def has_bot(p):
    """Whether a contact may be automated, by department and channel: a matrix of shape (6, 6)."""
    return np.array(
        [[d not in p.staffed and c in p.automated_channels for c in p.channel] for d in p.department]
    )


def _when(rng, block, people, history, p, case, position, first, cases):
    """Customers in proportion to their time under contract, and the moments of their contacts within it."""
    opens, closes = _exposure(block.window, people, history)
    cumulative = np.cumsum(closes - opens)
    owner = np.searchsorted(cumulative, rng.random(cases) * cumulative[-1], side="right")
    soon = rng.random(case.size) < p.again_within_7_days
    u = rng.random(case.size)
    gap = np.where(soon, -2.0 * np.log1p(-u * (1 - np.exp(-3.5))), 7 - 5.0 * np.log1p(-u))  # days
    gap[position == 0] = 0
    elapsed = np.cumsum(gap)
    elapsed -= elapsed[first[case]]
    span = np.zeros(cases)
    np.maximum.at(span, case, elapsed)
    length = (closes - opens)[owner]
    squeeze = np.minimum(1.0, length / np.maximum(span, 1e-9))
    begin = opens[owner] + rng.random(cases) * np.maximum(0.0, length - span)
    last_moment = closes[owner] - 1e-6
    day = np.minimum(begin[case] + squeeze[case] * elapsed, last_moment[case])
    return owner[case], _office_hours(day)


def _exposure(window, people, history):
    """First day under observation, and the day after the last, in days since 1970, of every contract."""
    opens = window.first_day(np.maximum(people.start, 0)).astype(float)
    last = np.where(history.left >= 0, history.left, window.months - 1)
    return opens, window.last_day(last).astype(float) + 1


def _office_hours(day):
    """Days since 1970 with a fraction to seconds since 1970, the fraction spread over 08:00–18:00."""
    whole = np.floor(day)
    return (whole * DAY + 28_800 + np.floor((day - whole) * 36_000)).astype(np.int64)


def _by_the_weak_point(rng, window, history, p, rated):
    """Let most Service cases of customers who leave soon begin at the weak point, if they do not pass it anyway."""
    leaves = leaves_within(window, history, rated.customer, rated.seconds, p.weak_point_days)
    weak = [name for names in TOUCHPOINTS.values() for name in names].index(p.weak_point)
    first = np.flatnonzero(rated.position == 0)
    chosen = rng.random(first.size) < p.weak_point_share
    passes = np.bincount(rated.case, rated.touchpoint == weak, minlength=rated.case.size) > 0
    goes = np.bincount(rated.case[rated.is_last], leaves[rated.is_last], minlength=rated.case.size) > 0
    moved = first[chosen & goes[first] & ~passes[first] & (rated.department[first] == SERVICE)]
    rated.touchpoint[moved] = weak


def leaves_within(window, history, customer, seconds, days):
    """Whether the customer of each contact leaves within so many days after it."""
    left = history.left[customer]
    gone = window.last_day(np.maximum(left, 0)).astype(np.int64)
    return (left >= 0) & (gone - seconds // DAY <= days)


def _faults(rng, block, history, p, agents, before):
    window, n = block.window, history.failed_customer.size
    month = history.failed_month
    opens = window.first_day(month).astype(float)
    length = window.last_day(month).astype(float) + 1 - opens
    mix = [list(p.channel_mix.values())[SERVICE]]
    complexity = p.complexity_mean["Service"] + p.complexity_sd * rng.standard_normal(n)
    return Contacts(
        customer=history.failed_customer, case=before + np.arange(n), position=np.zeros(n, np.int64),
        is_last=np.ones(n, bool), seconds=_office_hours(opens + rng.random(n) * length),
        department=np.full(n, SERVICE, np.int8), touchpoint=np.full(n, FAULT_TOUCHPOINT),
        channel=pick_rows(rng, mix, np.zeros(n, np.int64)), job=np.full(n, FAULT_JOB),
        complexity=complexity, agent=rng.integers(0, agents, n), is_automated=np.zeros(n, bool),
        rating=np.full(n, np.nan),
    )  # fmt: skip


def table(block, people, contacts, truth, first):
    """The ``interactions`` table in order of time; ``first`` is the number of its first row."""
    p, rng, n = truth.interactions, block.rng("contact details"), contacts.seconds.size
    order = np.argsort(contacts.seconds, kind="stable")
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    case = first + place[contacts.case[order]]
    c = Contacts(*(array[order] for array in vars(contacts).values()))
    usual = np.where(c.is_automated, 2, np.array(list(WAIT.values()))[c.channel])
    wait = usual * np.exp(0.8 * rng.standard_normal(n))
    handle = np.where(c.is_automated, 90, 300 * np.exp(0.25 * c.complexity)) * np.exp(
        0.4 * rng.standard_normal(n)
    )
    solved = rng.random(n) < np.where(c.is_last, 0.92, 0.15)
    moved = rng.random(n) < np.where(c.is_last, 0.06, 0.20)
    unrated = np.isnan(c.rating)
    rating = np.where(unrated, p.level, c.rating)
    emotion = 4 + p.emotion * (rating - p.level) + rng.standard_normal(n)
    effort = 2.6 + p.effort_repeat * c.position + p.effort_complexity * c.complexity + rng.standard_normal(n)
    agents = block.scaled(p.agents)
    staff = [f"A-{name[:2].upper()}-{k + 1:05d}" for name in p.department for k in agents]
    return pa.table(
        {
            "interaction_id": ids("I", first + np.arange(n)),
            "customer_id": labels(c.customer, people.customer_id),
            "case_id": ids("J", case),
            "started_at": timestamps(c.seconds),
            "touchpoint": labels(c.touchpoint, sum(TOUCHPOINTS.values(), ())),
            "department": labels(c.department, p.department),
            "channel": labels(c.channel, p.channel),
            "job": labels(c.job, sum(JOBS.values(), ())),
            "complexity": numbers(np.round(c.complexity, 2)),
            "agent_id": labels(
                c.department.astype(np.int64) * len(agents) + c.agent, staff, missing=c.is_automated
            ),
            "is_automated": numbers(c.is_automated),
            "wait_seconds": numbers(np.rint(wait).astype(np.int32)),
            "handle_seconds": numbers(np.rint(handle).astype(np.int32)),
            "is_sla_met": numbers(wait <= 2 * usual),
            "is_resolved": numbers(solved),
            "is_transferred": numbers(moved),
            "satisfaction": numbers(rounded(rating, 1, 10), missing=unrated),
            "effort": numbers(rounded(effort, 1, 7), missing=unrated),
            "emotion": numbers(rounded(emotion, 1, 7), missing=unrated),
        }
    )
