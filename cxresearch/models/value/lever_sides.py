"""The two sides of a customer base whose value levers move: contracts and buyers, each valued again in every resample of its customers."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.purchases.buy_till_you_die import distinct_pairs
from cxresearch.models.purchases.gamma_gamma import spend_columns
from cxresearch.models.value.lifetime_value import YEAR, LifetimeValue


@dataclass(frozen=True)
class Side:
    """The value of one side, as estimated (first) and in each resample, and of each customer.

    Attributes
    ----------
    values : ndarray of shape (3, draws + 1)
        Of today's customers, of those to be won, and of both with a point more of retention.
    each : ndarray of shape (3, customers)
        The same per customer.
    retention : float
        Yearly retention of today's customers.
    customers, won : int
    """

    values: np.ndarray
    each: np.ndarray
    retention: float | None = None
    customers: int | None = None
    won: int | None = None


def both(sides):
    """Several sides as one."""
    return Side(sum(side.values for side in sides), np.concatenate([side.each for side in sides], axis=1))


def contract_side(levers, rng, outlook, spells, X=None):
    """The side of contracts; see :meth:`GrowthLevers.fit`."""
    spells = table(spells, ["customer_id", "age", "monthly_amount"], "spells")
    amounts = spells["monthly_amount"].to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(amounts).any():
        raise NotEnough("no contract has a monthly amount")
    months, force = round(12 * levers.years), np.log1p(levers.discount_rate)
    stays = outlook.predict(spells, 12, X)["stays"]
    retention = float(stays.mean())
    gain = _gain(retention)
    is_new = spells["age"].to_numpy() < 12
    parts, slopes, rows = [], [], []
    for anew, part_force in ((None, force), (None, force - gain), (is_new, force), (is_new, force - gain)):
        at, worth, slope = outlook.discounted(spells, months, part_force, X, anew)
        value = amounts[at] * levers.margin * worth
        has_amount = np.isfinite(value)
        parts.append(value[has_amount] * (1.0 if anew is None else np.exp(-force / 2)))
        slopes.append(slope[has_amount])
        rows.append(at[has_amount])
    codes, who = pd.factorize(spells["customer_id"])
    scores, covariance = outlook.scores(spells), outlook.model_.covariance_.to_numpy()
    sums = np.empty((4, levers.draws_ + 1))
    for draw, weight in enumerate(_weights(rng, len(who), levers.draws_)):
        own = weight[codes]
        move = covariance @ (own @ scores)
        for k, (value, slope, at) in enumerate(zip(parts, slopes, rows, strict=True)):
            sums[k, draw] = own[at] @ (value * np.exp(slope @ move))
    base, lifted, new, new_lifted = (
        np.bincount(codes[at], value, len(who)) for value, at in zip(parts, rows, strict=True)
    )
    values = np.stack([sums[0], sums[2], sums[1] + sums[3]])
    each = np.stack([base, new, lifted + new_lifted])
    return Side(values, each, retention, len(stays), int(is_new.sum()))


def buyer_side(levers, rng, purchases, spend, rfm):
    """The side of buyers; see :meth:`GrowthLevers.fit`."""
    rfm = table(rfm, ["frequency", "recency", "age", "monetary"], "rfm")
    year = YEAR[purchases.unit]
    worth = LifetimeValue(purchases, spend, levers.margin, levers.discount_rate, levers.years * year)
    force = np.log1p(levers.discount_rate)
    history = worth.values(rfm)[0]
    odds, _ = purchases.log_odds_gone(history, slopes=False)
    x, age, where = distinct_pairs(history)
    alive = history.count * expit(-odds)
    retention = float(alive @ purchases.staying(x, age, year)[where] / alive.sum())
    gain = _gain(retention) / year
    is_new = rfm["age"].to_numpy() <= year
    parts = [worth.values(rfm, g)[1:] for g in (0.0, gain)]
    first, by_first = spend.spend_of(np.zeros(1, dtype=np.int64), np.zeros(1))
    if not np.isfinite(first[0]):
        raise NotEnough("the mean spend of buyers cannot be estimated")
    newly = [worth.new_customer(g) for g in (0.0, gain)]
    bought, monetary, _ = spend_columns(rfm)
    again = bought > 0
    habits, money = purchases.covariance_.to_numpy(), spend.covariance_.to_numpy()
    sums = np.empty((4, levers.draws_ + 1))
    for draw, weight in enumerate(_weights(rng, len(rfm), levers.draws_)):
        counted = replace(history, count=np.bincount(history.row, weight, len(history.x)), n=weight.sum())
        move = habits @ purchases.scores(counted)
        kept = again & (weight > 0)
        shift = money @ spend.scores(bought[kept], monetary[kept], weight[kept])
        won = weight @ is_new * np.exp(-force / 2)
        paid = levers.margin * first[0] * np.exp(by_first[0] @ shift)
        for k in range(2):
            value, by_habit, by_spend = parts[k]
            sums[k, draw] = weight @ (value * np.exp((by_habit @ move)[history.row] + by_spend @ shift))
            new, new_habit, new_spend = newly[k]
            sums[2 + k, draw] = won * (paid + new * np.exp(new_habit @ move + new_spend @ shift))
    news = [is_new * np.exp(-force / 2) * (levers.margin * first[0] + new[0]) for new in newly]
    values = np.stack([sums[0], sums[2], sums[1] + sums[3]])
    each = np.stack([parts[0][0], news[0], parts[1][0] + news[1]])
    return Side(values, each, retention, len(rfm), int(is_new.sum()))


def _gain(retention):
    """Force by which a point more of yearly retention lifts what is paid later; nobody stays more surely than for certain."""
    return np.log(min(retention + 0.01, 1.0) / retention)


def _weights(rng, customers, draws):
    """How often each customer is drawn: first once each, then at random."""
    yield np.ones(customers)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, customers, customers), minlength=customers).astype(float)
