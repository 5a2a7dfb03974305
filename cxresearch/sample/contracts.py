"""Module A, contracts: a monthly hazard of leaving, with renewals, service failures and left truncation.

A contract runs in whole calendar months: it starts on the first of a month and ends on the last. Contracts
older than the window are in the table only because they were still running when it opened:
``observed_from`` is where their observation starts (delayed entry). ``renewals`` counts the terms that were
followed by another.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import sigmoid
from cxresearch.sample.columns import dates, ids, labels, money, numbers

REASONS = ["cancelled", "lapsed", "died", "closed"]


@dataclass(frozen=True)
class History:
    """What happened to the block's contracts: month of leaving (−1: still running), failures, exposure.

    ``risk`` is each contract's log-odds beyond term, tenure, failures and season; it is never written.
    """

    is_annual: np.ndarray
    risk: np.ndarray
    left: np.ndarray
    failed_customer: np.ndarray  # one entry per service failure
    failed_month: np.ndarray
    person_months: int
    renewals_due: int
    renewals_lost: int


def simulate(block, people, truth, observe=None):
    """Run the block's contracts through the window, month by month.

    Parameters
    ----------
    block, people, truth
        From :mod:`blocks`, :mod:`people` and :mod:`parameters`.
    observe : callable, optional
        Called each month as ``observe(month, index, tenure, is_renewal, has_failed, hazard, has_left)`` with
        arrays over the contracts at risk; tests and the oracle use it, the tables do not.

    Returns
    -------
    History
    """
    p, window, rng = truth.contracts, block.window, block.rng("contracts")
    n = people.contracts
    segment, channel, q = people.segment[:n], people.channel[:n], people.quality[:n]
    is_annual = rng.random(n) < np.array(list(p.annual.values()))[segment]
    risk = np.array(list(p.segment.values()))[segment] + np.array(list(p.channel.values()))[channel]
    risk += p.experience * q + p.frailty * rng.standard_normal(n)
    failing = sigmoid(p.failure_base + p.failure_experience * q)
    base = log_odds(p, 1 + window.months - min(0, people.start.min(initial=0)))

    left = np.full(n, -1, np.int64)
    failures, exposure, due, lost = [], 0, 0, 0
    for month in range(window.months):
        index = np.flatnonzero((left < 0) & (people.start <= month))
        tenure = month - people.start[index] + 1
        has_failed = rng.random(index.size) < failing[index]
        logit = risk[index] + base[is_annual[index].astype(np.int8), tenure] + p.failure * has_failed
        hazard = sigmoid(logit + p.january * (window.calendar_month(month) == 1))
        has_left = rng.random(index.size) < hazard
        left[index[has_left]] = month
        failures.append((index[has_failed], month))
        is_renewal = is_annual[index] & (tenure % 12 == 0)
        exposure, due, lost = (
            exposure + index.size,
            due + is_renewal.sum(),
            lost + (is_renewal & has_left).sum(),
        )
        if observe:
            observe(month, index, tenure, is_renewal, has_failed, hazard, has_left)
    return History(
        is_annual=is_annual,
        risk=risk,
        left=left,
        failed_customer=np.concatenate([index for index, _ in failures]),
        failed_month=np.repeat(np.arange(window.months), [index.size for index, _ in failures]),
        person_months=int(exposure),
        renewals_due=int(due),
        renewals_lost=int(lost),
    )


def log_odds(p, longest):
    """Log-odds by term (0 monthly, 1 annual) and tenure up to ``longest``: a matrix."""
    tenure = np.arange(longest + 1)
    ageing = p.tenure * np.log1p(tenure / 6)
    return np.stack(
        [p.base_monthly + ageing, np.where(tenure % 12 == 0, p.base_renewal, p.base_annual) + ageing]
    )


def table(block, people, history, truth, further):
    """The ``contracts`` table; `further` are columns of :mod:`teams`."""
    p, window, rng = truth.contracts, block.window, block.rng("contract terms")
    n = people.contracts
    segment, start, gone = people.segment[:n], people.start, history.left >= 0
    last = np.where(gone, history.left, window.months - 1)
    term = np.where(history.is_annual, 12, 1)
    length = last - start + 1
    lapsed = history.is_annual & (length % 12 == 0)
    reason = np.where(rng.random(n) < p.involuntary, np.where(segment == 0, 2, 3), lapsed)
    median = np.array(list(p.amount_median.values()))[segment]
    return pa.table(
        {
            "contract_id": ids("K", 1 + np.array(block.contract)),
            "customer_id": labels(np.arange(n), people.customer_id),
            "started_on": dates(window.first_day(start)),
            "ended_on": dates(window.last_day(last), missing=~gone),
            "term_months": numbers(term.astype(np.int32)),
            "monthly_amount": numbers(money(median * np.exp(p.amount_sigma * rng.standard_normal(n)))),
            "renewals": numbers(((length - gone) // term).astype(np.int32)),
            "end_reason": labels(reason, REASONS, missing=~gone),
            "observed_from": dates(window.first_day(np.maximum(start, 0))),
            **further,
        }
    )
