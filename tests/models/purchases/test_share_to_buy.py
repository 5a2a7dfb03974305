"""The interval of a share that will buy is one of what is counted."""

import numpy as np

from cxresearch.models import BetaGeoNBD
from cxresearch.models.purchases.share_to_buy import share_to_buy
from tests.simulate import beta_geo


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
