"""Module F, marketing events: what accounts buy by month, whom events invite, and what attending adds.

An account is a contract customer while the contract runs; its revenue is what it buys beyond the contract. Those invited are no random choice: trade shows and roadshows
ask accounts that buy much, and more so after a good month; dinners are given to large accounts after a bad one, which would have recovered anyway. Of those that the last events
were to invite, a share was held out at random. An event adds to the revenue of the accounts that came, in the months after it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import sigmoid
from cxresearch.sample.columns import dates, ids, labels, money, numbers
from cxresearch.sample.processes import base


@dataclass(frozen=True)
class Schedule:
    """The firm's events: an entry each, in the order of their dates."""

    month: np.ndarray
    kind: np.ndarray
    is_randomised: np.ndarray
    invited_on: np.ndarray
    held_on: np.ndarray


@dataclass(frozen=True)
class Guests:
    """Those that an event was to invite: positions of event and account, and what became of each."""

    event: np.ndarray
    account: np.ndarray
    is_invited: np.ndarray
    has_attended: np.ndarray


def schedule(block, p):
    """When which kind of event is held: two a month, from the month that has enough months before it to the last that has enough after it."""
    window = block.window
    first = min(p.months_before, max(1, window.months - p.months_after - 2))
    months = max(1, window.months - p.months_after - first)
    number = np.arange(p.a_month * months)
    rng = base(block).rng("events")
    month = first + number // p.a_month
    opening = window.first_day(month)
    return Schedule(
        month=month,
        kind=number % len(p.lift),
        is_randomised=number >= number.size - round(number.size * p.randomised),
        invited_on=opening + (2 + number % p.a_month).astype("m8[D]"),
        held_on=opening + np.sort(rng.integers(12, 26, (months, p.a_month)), axis=1).ravel().astype("m8[D]"),
    )


def draw(block, people, history, truth):
    """The revenue of the block's accounts by month, which of these months there are, and the guests of every event."""
    p, window, n = truth.events, block.window, people.contracts
    plan, rng = schedule(block, p), block.rng("account_revenue")
    size = rng.standard_normal(n)
    shock = np.empty((n, window.months))
    shock[:, 0] = rng.standard_normal(n)
    for month in range(1, window.months):
        new = rng.standard_normal(n)
        shock[:, month] = p.persistence * shock[:, month - 1] + np.sqrt(1 - p.persistence**2) * new
    months = np.arange(window.months)
    last = np.where(history.left >= 0, history.left, window.months - 1)
    is_there = (people.start[:, None] <= months) & (months <= last[:, None])
    season = p.season * np.cos(2 * np.pi * (window.calendar_month(months) - 12) / 12)
    noise = p.noise_sd * rng.standard_normal(shock.shape)
    log = p.mean + p.sd * size[:, None] + season + p.shock_sd * shock + noise
    guests = _guests(block, p, plan, size, shock, is_there)
    lift = np.array(list(p.lift.values())) / np.array(list(p.attends.values()))
    event, account = guests.event[guests.has_attended], guests.account[guests.has_attended]
    for after in range(1, p.months_after + 1):
        month = plan.month[event] + after
        inside = month < window.months
        np.add.at(log, (account[inside], month[inside]), lift[plan.kind[event[inside]]])
    return money(np.exp(log)), is_there, guests


def _guests(block, p, plan, size, shock, is_there):
    rng, found = block.rng("event_invitations"), []
    weights = np.array(list(p.invites.values()))
    attends = np.array(list(p.attends.values()))
    for event, (month, kind) in enumerate(zip(plan.month, plan.kind, strict=True)):
        by_size, by_shock = weights[kind]
        chance = sigmoid(p.invited + by_size * size + by_shock * shock[:, month - 1])
        lot, out, comes = rng.random((3, size.size))
        account = np.flatnonzero((lot < chance) & is_there[:, month] & is_there[:, month - 1])
        is_invited = ~plan.is_randomised[event] | (out[account] >= p.held_out)
        has_attended = is_invited & (comes[account] < attends[kind])
        found.append((np.full(account.size, event), account, is_invited, has_attended))
    return Guests(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def revenue_table(block, people, revenue, is_there):
    """The ``account_revenue`` table."""
    account, month = np.nonzero(is_there)
    return pa.table(
        {
            "customer_id": labels(account, people.customer_id),
            "month_on": dates(block.window.first_day(month)),
            "revenue": numbers(revenue[account, month]),
        }
    )


def invitations_table(block, people, guests, truth):
    """The ``event_invitations`` table."""
    p, plan = truth.events, schedule(block, truth.events)
    drawn = plan.is_randomised[guests.event]
    chance = np.where(drawn, 1 - p.held_out, np.nan)
    return pa.table(
        {
            "event_id": labels(guests.event, _names(plan)),
            "customer_id": labels(guests.account, people.customer_id),
            "invited_on": dates(plan.invited_on[guests.event]),
            "is_invited": numbers(guests.is_invited),
            "has_attended": numbers(guests.has_attended),
            "invited_probability": numbers(chance, ~drawn),
        }
    )


def table(block, attendance, truth):
    """The ``events`` table, once it is known how many came to each."""
    p, plan = truth.events, schedule(block, truth.events)
    price = np.array(list(p.cost.values()))[plan.kind]
    return pa.table(
        {
            "event_id": _names(plan),
            "held_on": dates(plan.held_on),
            "kind": labels(plan.kind, p.lift),
            "cost": numbers(price * attendance),
            "attendance": numbers(attendance.astype(np.int32)),
            "is_randomised": numbers(plan.is_randomised),
            "outcome_months": numbers(np.full(plan.month.size, p.months_after, np.int32)),
            "margin_share": numbers(np.full(plan.month.size, p.margin)),
        }
    )


def _names(plan):
    return ids("M", 1 + np.arange(plan.month.size), 4)
