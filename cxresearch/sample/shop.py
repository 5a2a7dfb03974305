"""Module B, the shop: BG/NBD purchase times and Gamma–Gamma spend.

A customer's first order is the acquisition; after it, purchases follow a Poisson process with rate λ ~
Gamma(r, α) a month, and after each repeat purchase the customer is gone for good with probability p ~
Beta(a, b). An order is worth Gamma(p, ν) with ν ~ Gamma(q, γ), whatever the frequency.

Source: Fader, Hardie & Lee 2005 (BG/NBD); Fader & Hardie 2013 (Gamma–Gamma).
"""

import numpy as np
import pyarrow as pa

from cxresearch.sample.blocks import MONTH, pick
from cxresearch.sample.columns import ids, labels, money, numbers, timestamps


def draw(rng, age, shop):
    """Draw the orders of customers observed for ``age`` months.

    Given the number of Poisson events in (0, T) their times are uniform order statistics, and those are
    partial sums of exponentials over their total; only the first min(events, purchases before dropping out)
    are drawn, with one Gamma variate for the rest of the total.

    Returns
    -------
    customer : int array
        Index into ``age``, sorted; each customer's first entry is the acquisition.
    time : float array
        Since acquisition, as a share of ``age``; in [0, 1), increasing within a customer.
    amount : float array
        Money, in cents precision.
    """
    n = age.size
    rate = rng.gamma(shop.r, 1 / shop.alpha, n)
    events = rng.poisson(rate * age)
    bought = np.minimum(events, rng.geometric(np.maximum(rng.beta(shop.a, shop.b, n), 1e-9)))
    orders = bought + 1
    customer = np.repeat(np.arange(n), orders)
    first = np.cumsum(orders) - orders
    gap = rng.standard_exponential(customer.size)
    gap[first] = 0
    elapsed = np.cumsum(gap)
    elapsed -= np.repeat(elapsed[first], orders)
    total = elapsed[first + bought] + rng.standard_gamma(events + 1 - bought)
    time = elapsed / np.repeat(total, orders)
    scale = 1 / rng.gamma(shop.q, 1 / shop.gamma, n)
    amount = np.maximum(money(rng.standard_gamma(shop.p, customer.size) * np.repeat(scale, orders)), 0.01)
    return customer, time, amount


def table(block, people, truth, first):
    """The ``orders`` table; ``first`` is the number of its first order."""
    rng, closes = block.rng("orders"), block.window.closes - 1
    acquired = people.acquired[people.contracts :]
    age = closes - acquired  # seconds
    customer, time, amount = draw(rng, age / MONTH, truth.shop)
    moment = acquired[customer] + np.floor(time * age[customer]).astype(np.int64)
    return pa.table(
        {
            "order_id": ids("O", first + np.arange(customer.size)),
            "customer_id": labels(people.contracts + customer, people.customer_id),
            "ordered_at": timestamps(moment),
            "amount": numbers(amount),
            "channel": labels(pick(rng, truth.shop.channel, customer.size), truth.shop.channel),
        }
    )
