"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.charts.data_quality import filled_columns, volume_months
from cxresearch.charts.figure import Figure
from cxresearch.charts.loyalty import (
    driver_shares,
    index_waves,
    left_by_score,
    penalty_reward,
    tipping_point,
)
from cxresearch.charts.retention import cohort_map, forecast_by_frequency, return_curve, tracking

__all__ = [
    "Figure",
    "cohort_map",
    "driver_shares",
    "filled_columns",
    "forecast_by_frequency",
    "index_waves",
    "left_by_score",
    "penalty_reward",
    "return_curve",
    "tipping_point",
    "tracking",
    "volume_months",
]
