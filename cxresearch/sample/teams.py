"""Module L, pay tied to retention: the team of each contract, what teams report of those that ended, and when their pay was tied.

The plans raise the odds of staying from the month in which they apply. No contract ends otherwise than without them: teams are given to contracts by the likelihood of what became of each under
the plan of a team against none, so that the ratio of the odds of leaving between teams with and without a plan is the planted one.
"""

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import DEFAULT_MONTHS
from cxresearch.sample.columns import dates, ids, labels, numbers

STATES = ("left", "dormant", "moved")


def starts(block, p):
    """The month in which each team's plan starts; the number of months where it never does."""
    months = block.window.months
    begun = [round(months * month / DEFAULT_MONTHS) for month in p.starts]
    return np.array([*begun, months])[np.arange(p.teams) % (len(begun) + 1)]


class Likelihood:
    """How much likelier each contract's course is under the plan of each group of teams than under none; hand it to ``contracts.simulate``."""

    def __init__(self, block, people, truth):
        self.effect = truth.pay.effect
        self.begun = starts(block, truth.pay)[: len(truth.pay.starts) + 1]
        self.log = np.zeros((people.contracts, self.begun.size))

    def __call__(self, month, index, tenure, is_renewal, has_failed, hazard, has_left):
        odds = hazard / (1 - hazard) * np.exp(-self.effect)
        treated = odds / (1 + odds)
        ratio = np.log(np.where(has_left, treated / hazard, (1 - treated) / (1 - hazard)))
        for group in np.flatnonzero(self.begun <= month):
            self.log[index, group] += ratio


def columns(block, people, history, likelihood, truth):
    """``team_id`` and ``status_reported`` of the block's contracts."""
    p, rng, n = truth.pay, block.rng("teams"), people.contracts
    weight = np.exp(likelihood.log)
    cumulative = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    groups = likelihood.begun.size
    group = np.minimum((rng.random(n)[:, None] >= cumulative).sum(axis=1), groups - 1)
    team = groups * rng.integers(0, p.teams // groups, n) + group
    is_tied = starts(block, p)[team] <= history.left
    is_gaming = is_tied & (team < p.gaming * groups) & (group == 0)
    state = np.where(rng.random(n) < np.where(is_gaming, p.relabelled, p.dormant), 1, 0)
    state = np.where(rng.random(n) < p.moved, 2, state)
    return {
        "team_id": labels(team, _names(p)),
        "status_reported": labels(state, STATES, missing=history.left < 0),
    }


def plans(block, truth):
    """The ``pay_plans`` table."""
    p, window = truth.pay, block.window
    begun = starts(block, p)
    team = np.flatnonzero(begun < window.months)
    started = window.first_day(begun[team])
    return pa.table(
        {
            "team_id": labels(team, _names(p)),
            "started_on": dates(started),
            "is_tied": numbers(np.ones(team.size, bool)),
            "share_tied": numbers(np.full(team.size, p.share)),
            "metric": labels(np.zeros(team.size), ["share of contracts kept"]),
            "announced_on": dates(window.first_day(begun[team] - 1)),
        }
    )


def gaming_teams(p):
    """The names of the teams that report customers who left as dormant."""
    return [f"T{1 + (len(p.starts) + 1) * k:02d}" for k in range(p.gaming)]


def _names(p):
    return ids("T", 1 + np.arange(p.teams), 2)
