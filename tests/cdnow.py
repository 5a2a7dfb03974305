"""The CDNOW cohort as the models read it: 2,357 customers, calibrated to 30 September 1997."""

from pathlib import Path

import pandas as pd

ORDERS = Path(__file__).parents[1] / "data" / "cdnow" / "orders.csv"
END = pd.Timestamp("1997-09-30")


def orders():
    return pd.read_csv(ORDERS, dtype={"customer_id": str}, parse_dates=["ordered_at"])


def rfm(end=END):
    """Frequency, recency, age in weeks, and mean spend per repeat purchase day, by pandas."""
    log = orders()
    log = log[log["ordered_at"] <= end]
    days = log.groupby(["customer_id", "ordered_at"])["amount"].sum().reset_index()
    by = days.groupby("customer_id")["ordered_at"].agg(["size", "min", "max"])
    first = days.groupby("customer_id")["amount"].first()
    frequency = by["size"] - 1
    monetary = (days.groupby("customer_id")["amount"].sum() - first) / frequency.where(frequency > 0)
    return pd.DataFrame(
        {
            "frequency": frequency,
            "recency": (by["max"] - by["min"]).dt.days / 7,
            "age": (end - by["min"]).dt.days / 7,
            "monetary": monetary.fillna(0.0),
        }
    )
