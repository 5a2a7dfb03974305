"""Offers drawn by hand, with whatever a test wants planted."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def made():
    """Offers to n customers in equal arms with rates of return, hazards and spend a month."""

    def make(n=1600, seed=1, rates=None, hazards=None, cost=5.0, moved=None):
        rates = rates or {"control": 0.1, "gift": 0.2}
        random, arms = np.random.default_rng(seed), list(rates)
        arm = random.permutation(np.resize(arms, n))
        known = pd.DataFrame(
            {"months_lapsed": random.uniform(1, 6, n), "segment": random.choice(["SMB", "B2C"], n)}
        )
        rate = np.array([rates[a] for a in arm])
        if moved is not None:
            rate = rate + np.where(arm != "control", moved(known), 0)
        returned = random.random(n) < rate
        hazard = np.array([(hazards or {}).get(a, 0.05) for a in arm])
        life, seen = random.exponential(1 / hazard), random.uniform(6, 24, n)
        months = np.where(returned, np.minimum(life, seen), np.nan)
        table = {
            "offer_id": [f"o{k}" for k in range(n)],
            "customer_id": [f"c{k}" for k in range(n)],
            "left_out": "",
        }
        return pd.DataFrame(table).assign(
            arm=arm,
            returned=returned,
            spend=np.where(returned, 50 * np.nan_to_num(months) * random.lognormal(0, 0.2, n), 0.0),
            cost=np.where(arm == "control", 0.0, cost),
            arm_probability=1 / len(arms),
            second_months=months,
            left_again=pd.Series(np.where(returned, life < seen, None), dtype=object),
            **known,
        )

    return make
