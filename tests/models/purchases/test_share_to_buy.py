"""The interval of a share that will buy is one of what is counted."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

from cxresearch.models import BetaGeoNBD, ParetoNBD
from cxresearch.models.purchases.share_to_buy import share_to_buy
from cxresearch.sample import shop
from cxresearch.sample.parameters import Truth
from tests.simulate import beta_geo

DAYS = 30.4375


def test_the_share_that_buys_lies_within():
    """In about 95 of 100 companies; the limits of the expectation alone, which know nothing of chance, hold fewer."""
    held, narrow, ahead = [], [], 26
    for seed in range(60):
        customers = beta_geo(1000, seed, (0.6, 4.0, 0.9, 2.5), ages=(546, 546), keep_until=52)
        model = BetaGeoNBD().fit(customers)
        lapsed = customers[(model.p_alive(customers)["p_alive"] < 0.5).to_numpy()]
        came = (lapsed["later"] > 0).mean()
        told = share_to_buy(model, lapsed, ahead)
        held.append(told.low <= came <= told.high)
        low, high = model.p_active(lapsed, ahead)[["p_active_low", "p_active_high"]].mean()
        narrow.append(low <= came <= high)
    assert np.mean(held) >= 0.88
    assert np.mean(narrow) < np.mean(held)


def shop_buyers(seed, customers=2333, months=72, seen=36):
    """Buyers of the sample company's shop, as known half-way, and whether they buy within 39 weeks."""
    random = np.random.default_rng(seed)
    age = random.uniform(0, months, customers)
    who, when, _ = shop.draw(random, age, Truth().shop)
    days = pd.DataFrame({"customer_id": who, "day": np.floor(((months - age)[who] + when * age[who]) * DAYS)})
    days, end = days.drop_duplicates(), np.floor(seen * DAYS)
    by = days[days["day"] < end].groupby("customer_id")["day"].agg(["size", "min", "max"])
    rfm = pd.DataFrame(
        {
            "frequency": by["size"] - 1,
            "recency": (by["max"] - by["min"]) / 7,
            "age": (end - by["min"]) / 7,
        }
    ).reset_index()
    later = days.loc[(days["day"] >= end) & (days["day"] < end + 7 * 39), "customer_id"]
    return rfm.assign(buys=rfm["customer_id"].isin(later))


def stub(p, low, high, level=0.95):
    limits = pd.DataFrame({"p_active": p, "p_active_low": low, "p_active_high": high}, index=range(400))
    return SimpleNamespace(p_active=lambda customers, t: limits, level=level)


def test_a_second_model_moves_the_share_half_way_and_adds_what_lies_between():
    low, high = stub(0.1, 0.08, 0.125), stub(0.2, 0.165, 0.24)
    one, two, both = (share_to_buy(*pair) for pair in ((low, None, 1), (high, None, 1), (low, None, 1, high)))
    assert logit(both.estimate) == pytest.approx((logit(0.1) + logit(0.2)) / 2)
    halves = [logit(limits.high) - logit(limits.estimate) for limits in (one, two)]
    between = 1.959964 * (logit(0.2) - logit(0.1)) / 2
    half = np.sqrt((halves[0] ** 2 + halves[1] ** 2) / 2 + between**2)
    assert logit(both.high) - logit(both.estimate) == pytest.approx(half, rel=1e-6)


def test_a_second_model_that_knows_nothing_changes_nothing():
    one = stub(0.1, 0.08, 0.125)
    assert share_to_buy(one, None, 1, stub(0.2, np.nan, np.nan)) == share_to_buy(one, None, 1)


@pytest.mark.parametrize("seed", [3002, 3008])
def test_those_whom_the_wrong_model_picks_return_more_often_than_it_says(seed):
    """Customers of the BG/NBD, picked by the Pareto/NBD: its share is too low, and the interval of both holds what came."""
    rfm = shop_buyers(seed)
    wrong, right = ParetoNBD().fit(rfm), BetaGeoNBD().fit(rfm)
    lapsed = rfm[(wrong.p_alive(rfm)["p_alive"] < 0.5).to_numpy()]
    came, alone, both = lapsed["buys"].mean(), *(share_to_buy(wrong, lapsed, 39, m) for m in (None, right))
    assert alone.estimate < came and both.low <= came <= both.high
    assert abs(both.estimate - came) < abs(alone.estimate - came)
