"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.charts.contract_retention import (
    gap_curves,
    lever_bars,
    renewal_hazard,
    retention_by_tenure,
    stay_curve,
)
from cxresearch.charts.data_quality import filled_columns, volume_months
from cxresearch.charts.figure import Figure
from cxresearch.charts.retention import cohort_map, forecast_by_frequency, return_curve, tracking

__all__ = [
    "Figure",
    "cohort_map",
    "filled_columns",
    "forecast_by_frequency",
    "gap_curves",
    "lever_bars",
    "renewal_hazard",
    "retention_by_tenure",
    "return_curve",
    "stay_curve",
    "tracking",
    "volume_months",
]
