"""The two sides of a customer base whose value levers move: contracts and buyers, each valued again in every resample of its customers."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import expit

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.purchases.gamma_gamma import spend_columns
from cxresearch.models.value.lifetime_value import YEAR, LifetimeValue


@dataclass(frozen=True)
class Side:
    """The value of one side, as estimated (first) and in each resample, and of each customer.

    Attributes
    ----------
    values : ndarray of shape (4, draws + 1)
        Of today's customers, of those to be won, and of both with a point more of retention: for everybody alike, and in proportion to
        each one's risk.
    each : ndarray of shape (4, customers)
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
    steps = [
        (force, 0.0),
        (force - _gain(retention), 0.0),
        (force, _spared(stays.to_numpy(), np.ones(len(stays)))),
    ]
    is_new = spells["age"].to_numpy() < 12
    parts, slopes, rows = [], [], []
    for anew, (part_force, spared) in [(rows_of, step) for rows_of in (None, is_new) for step in steps]:
        at, worth, slope, _ = outlook.discounted(spells, months, part_force, X, anew, spared)
        value = amounts[at] * levers.margin * worth
        has_amount = np.isfinite(value)
        parts.append(value[has_amount] * (1.0 if anew is None else np.exp(-force / 2)))
        slopes.append(slope[has_amount])
        rows.append(at[has_amount])
    codes, who = pd.factorize(spells["customer_id"])
    scores, covariance = outlook.scores(spells), outlook.model_.covariance_.to_numpy()
    sums = np.empty((6, levers.draws_ + 1))
    for draw, weight in enumerate(_weights(rng, len(who), levers.draws_)):
        own = weight[codes]
        move = covariance @ (own @ scores)
        for k, (value, slope, at) in enumerate(zip(parts, slopes, rows, strict=True)):
            sums[k, draw] = own[at] @ (value * np.exp(slope @ move))
    each = np.stack([np.bincount(codes[at], value, len(who)) for value, at in zip(parts, rows, strict=True)])
    return Side(_both(sums), _both(each), retention, len(stays), int(is_new.sum()))


def buyer_side(levers, rng, purchases, spend, rfm):
    """The side of buyers; see :meth:`GrowthLevers.fit`."""
    rfm = table(rfm, ["frequency", "recency", "age", "monetary"], "rfm")
    year = YEAR[purchases.unit]
    worth = LifetimeValue(purchases, spend, levers.margin, levers.discount_rate, levers.years * year)
    force = np.log1p(levers.discount_rate)
    history = worth.values(rfm)[0]
    odds, _ = purchases.log_odds_gone(history, slopes=False)
    alive = history.count * expit(-odds)
    stays = purchases.of_living(history, lambda x, age: purchases.staying(x, age, year))
    retention = float(alive @ stays / alive.sum())
    spared = _spared(stays, alive)

    def in_proportion(x, age):
        """Force by which fewer drop out, where each one's hazard falls by the same share."""
        return -spared * np.log(np.maximum(purchases.staying(x, age, year), 1e-12)) / year

    gains = (0.0, _gain(retention) / year, in_proportion)
    is_new = rfm["age"].to_numpy() <= year
    parts = [worth.values(rfm, gain)[1:] for gain in gains]
    first, by_first = spend.spend_of(np.zeros(1, dtype=np.int64), np.zeros(1))
    if not np.isfinite(first[0]):
        raise NotEnough("the mean spend of buyers cannot be estimated")
    newly = [worth.new_customer(gain) for gain in gains]
    bought, monetary, _ = spend_columns(rfm)
    again = bought > 0
    habits, money = purchases.covariance_.to_numpy(), spend.covariance_.to_numpy()
    sums = np.empty((6, levers.draws_ + 1))
    for draw, weight in enumerate(_weights(rng, len(rfm), levers.draws_)):
        counted = replace(history, count=np.bincount(history.row, weight, len(history.x)), n=weight.sum())
        move = habits @ purchases.scores(counted)
        kept = again & (weight > 0)
        shift = money @ spend.scores(bought[kept], monetary[kept], weight[kept])
        won = weight @ is_new * np.exp(-force / 2)
        paid = levers.margin * first[0] * np.exp(by_first[0] @ shift)
        for k in range(3):
            value, by_habit, by_spend = parts[k]
            sums[k, draw] = weight @ (value * np.exp((by_habit @ move)[history.row] + by_spend @ shift))
            new, new_habit, new_spend = newly[k]
            sums[3 + k, draw] = won * (paid + new * np.exp(new_habit @ move + new_spend @ shift))
    news = [is_new * np.exp(-force / 2) * (levers.margin * first[0] + new[0]) for new in newly]
    each = np.stack([*(part[0] for part in parts), *news])
    return Side(_both(sums), _both(each), retention, len(rfm), int(is_new.sum()))


def _both(sums):
    """Of today's customers and of new ones, each as they are, lifted alike and lifted in proportion: the four rows of a side."""
    return np.stack([sums[0], sums[3], sums[1] + sums[4], sums[2] + sums[5]])


def _gain(retention):
    """Force by which a point more of yearly retention lifts what is paid later; nobody stays more surely than for certain."""
    return np.log(min(retention + 0.01, 1.0) / retention)


def _spared(stays, weight):
    """Share by which everybody's hazard of leaving must fall for a point more of yearly retention; all of it where there is no full point."""
    target = weight @ stays / weight.sum() + 0.01
    if target >= 1 or not (stays > 0).any():
        return 1.0
    logs = np.log(np.maximum(stays, 1e-12))
    return float(brentq(lambda k: weight @ np.exp((1 - k) * logs) / weight.sum() - target, 0.0, 1.0))


def _weights(rng, customers, draws):
    """How often each customer is drawn: first once each, then at random."""
    yield np.ones(customers)
    for _ in range(draws):
        yield np.bincount(rng.integers(0, customers, customers), minlength=customers).astype(float)
