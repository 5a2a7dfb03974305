"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.charts.data_quality import filled_columns, volume_months
from cxresearch.charts.figure import Figure
from cxresearch.charts.project_risk import odds_ratios, risk_list, uplift_curve
from cxresearch.charts.projects import bullseye, project_history, triangle
from cxresearch.charts.retention import cohort_map, forecast_by_frequency, return_curve, tracking

__all__ = [
    "Figure",
    "bullseye",
    "cohort_map",
    "filled_columns",
    "forecast_by_frequency",
    "odds_ratios",
    "project_history",
    "return_curve",
    "risk_list",
    "tracking",
    "triangle",
    "uplift_curve",
    "volume_months",
]
