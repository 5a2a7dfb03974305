"""Elasticity of cost: a published call centre to the digit, planted elasticities, and fixed prices that say nothing."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx

PUBLIC = Path(__file__).parents[2] / "public"


def costs(seed, elasticity, n=36, noise=0.05, spread=0.3):
    rng = np.random.default_rng(seed)
    volume = np.exp(4 + spread * rng.standard_normal(n)).round()
    cost = 90 * volume**elasticity * np.exp(noise * rng.standard_normal(n))
    month = pd.date_range("2023-10-01", periods=n, freq="MS")
    return pd.DataFrame({"process": "order", "month": month, "volume": volume, "cost": cost})


def test_the_call_centre_of_a_bank(public_data):
    """28 days of February 1999, handling time on calls answered by agents: R's sandwich, lag 3."""
    ws = cx.open(public_data / "bank_callcentre", described_by=PUBLIC / "bank_callcentre")
    frame = ws.frame("interactions")
    served = frame[frame["is_resolved"].fillna(False).astype(bool)]  # by an agent
    days = served.groupby(served["started_at"].dt.date)["handle_seconds"].agg(["size", "sum"])
    table = pd.DataFrame(
        {
            "process": "call",
            "month": days.index,
            "volume": days["size"].to_numpy(),
            "cost": days["sum"].to_numpy(),
        }
    )
    found = cx.models.Scalable(seasons=False).fit(table).processes_.iloc[0]
    assert found["n"] == 28
    np.testing.assert_allclose(
        found[["estimate", "std_error", "r_squared"]].astype(float),
        [1.0205633, 0.0541888, 0.979161],
        rtol=1e-4,
    )
    assert found["verdict"] == "not clear"


@pytest.mark.parametrize(
    ("elasticity", "verdict"), [(0.8, "scalable"), (1.0, "not clear"), (1.15, "not scalable")]
)
def test_planted_elasticities(elasticity, verdict):
    held, right = 0, 0
    for seed in range(40):
        found = cx.models.Scalable().fit(costs(seed, elasticity)).processes_.iloc[0]
        held += found["low"] <= elasticity <= found["high"]
        right += found["verdict"] == verdict
    assert held >= 35 and right >= 35


def test_what_growth_would_cost_beyond_proportion():
    found = cx.models.Scalable().fit(costs(1, 1.15)).processes_.iloc[0]
    assert found["extra_low"] < found["extra"] < found["extra_high"]
    assert found["extra"] == pytest.approx(found["cost"] * (1.1 ** found["estimate"] - 1.1))
    assert found["extra_low"] > 0


def test_a_fixed_price_says_nothing():
    table = costs(1, 1.0, noise=0.0)
    assert cx.models.Scalable().fit(table).processes_["verdict"].tolist() == ["by construction"]


def test_months_that_cannot_tell():
    with pytest.raises(cx.NotEnough, match="no process has volume and cost of 18 months"):
        cx.models.Scalable().fit(costs(1, 0.8, n=12))
    with pytest.raises(cx.NotEnough, match="no process"):
        cx.models.Scalable().fit(costs(1, 0.8, spread=0.0))
    table = costs(1, 0.8)
    table.loc[3, "volume"] = 0.0
    found = cx.models.Scalable().fit(table)
    assert found.left_out_ == ["volume or cost is missing in 1 month"]
    with pytest.raises(ValueError, match="no column cost"):
        cx.models.Scalable().fit(table.drop(columns="cost"))
