"""The customers: 5,000 with a contract, 7,000 who buy in the shop, and what makes them different."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import DAY, MONTH, pick
from cxresearch.sample.columns import ids, labels, timestamps


@dataclass(frozen=True)
class Customers:
    """One block of customers as arrays; those with a contract come first.

    ``quality`` is q, how well the customer is usually served: N(0, 1), never written to a table. It lowers
    churn and raises ratings and survey answers, so that what people say agrees with what they do. ``start``
    is the month a contract began (negative: before the window), ``acquired`` is in seconds since 1970.
    """

    contracts: int
    number: np.ndarray
    segment: np.ndarray
    channel: np.ndarray
    region: np.ndarray
    quality: np.ndarray
    start: np.ndarray
    acquired: np.ndarray

    @cached_property
    def customer_id(self):
        """The ids as an Arrow array, the dictionary of every foreign key."""
        return ids("C", self.number)


def draw(block, truth):
    """Draw the block's customers."""
    p, window, rng = truth.people, block.window, block.rng("customers")
    contracts, shop = len(block.contract), len(block.shop)
    total = contracts + shop
    segment = np.concatenate([pick(rng, p.segment, contracts), pick(rng, p.shop_segment, shop)])
    channel, region = pick(rng, p.channel, total), pick(rng, p.region, total)
    quality = rng.standard_normal(total)

    before = rng.random(contracts) < p.started_before
    months = np.arange(window.months)
    weight = 1 + p.season * np.cos(2 * np.pi * (window.calendar_month(months) - 9) / 12)
    start = pick(rng, weight / weight.sum(), contracts).astype(np.int64)
    start[before] = -rng.geometric(1 / p.age_before, before.sum())
    signed = window.first_day(start).astype(np.int64) * DAY + rng.integers(8 * 3600, 18 * 3600, contracts)

    age = rng.uniform(truth.shop.youngest, window.months, shop)
    opened = window.closes - 1 - np.floor(age * MONTH).astype(np.int64)
    kinds = round(block.customers * block.contract_share)
    return Customers(
        contracts=contracts,
        number=1 + np.r_[np.array(block.contract), kinds + np.array(block.shop)],
        segment=segment,
        channel=channel,
        region=region,
        quality=quality,
        start=start,
        acquired=np.concatenate([signed, opened]),
    )


def table(people, truth):
    """The ``customers`` table."""
    kind = np.repeat([0, 1], [people.contracts, people.number.size - people.contracts])
    return pa.table(
        {
            "customer_id": people.customer_id,
            "acquired_at": timestamps(people.acquired),
            "kind": labels(kind, ["contract", "shop"]),
            "segment": labels(people.segment, truth.people.segment),
            "region": labels(people.region, truth.people.region),
            "acquisition_channel": labels(people.channel, truth.people.channel),
        }
    )
