"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.charts.churn import (
    competing_ends,
    decile_lift,
    hazard_forest,
    main_reasons,
    profit_curve,
)
from cxresearch.charts.data_quality import filled_columns, volume_months
from cxresearch.charts.figure import Figure
from cxresearch.charts.forecasts import calibration
from cxresearch.charts.retention import cohort_map, forecast_by_frequency, return_curve, tracking

__all__ = [
    "Figure",
    "calibration",
    "cohort_map",
    "competing_ends",
    "decile_lift",
    "filled_columns",
    "forecast_by_frequency",
    "hazard_forest",
    "main_reasons",
    "profit_curve",
    "return_curve",
    "tracking",
    "volume_months",
]
