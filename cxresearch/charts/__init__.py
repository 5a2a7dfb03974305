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
from cxresearch.charts.touchpoints import (
    caterpillar,
    importance_performance,
    perception,
    raw_to_adjusted,
    touch_map,
)

__all__ = [
    "Figure",
    "caterpillar",
    "cohort_map",
    "driver_shares",
    "filled_columns",
    "forecast_by_frequency",
    "importance_performance",
    "index_waves",
    "left_by_score",
    "penalty_reward",
    "perception",
    "raw_to_adjusted",
    "return_curve",
    "tipping_point",
    "touch_map",
    "tracking",
    "volume_months",
]
