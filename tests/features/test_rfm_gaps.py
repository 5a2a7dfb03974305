"""The sum of the logarithms of a customer's gaps, which models of regular buying need."""

import numpy as np
import pytest

import cxresearch as cx


def test_gaps_are_between_days_of_purchase_and_nothing_without_a_second_one(workspace):
    orders = """order_id,customer_id,ordered_at,amount
1,a,2026-01-01,5
2,a,2026-01-08,5
3,a,2026-01-08,7
4,a,2026-01-22,5
5,a,2026-01-23,-5
6,b,2026-01-03,5
7,a,2026-03-01,5
"""
    ws = workspace(orders=orders)
    for unit, gap in (("weeks", np.log(1) + np.log(2)), ("days", np.log(7) + np.log(14))):
        table = cx.features.rfm(ws.orders, "2026-02-01", unit, gaps=True).order_by("customer_id").to_pandas()
        assert table["log_gaps"].tolist() == pytest.approx([gap, 0.0])
    assert "log_gaps" not in cx.features.rfm(ws.orders, "2026-02-01").columns
