"""One function per picture; each returns a `Figure` that carries its alt text and its numbers."""

from cxresearch.charts.churn import (
    competing_ends,
    decile_lift,
    hazard_forest,
    main_reasons,
    profit_curve,
)
from cxresearch.charts.contract_retention import (
    gap_curves,
    lever_bars,
    renewal_hazard,
    retention_by_tenure,
    stay_curve,
)
from cxresearch.charts.data_quality import filled_columns, volume_months
from cxresearch.charts.departments import (
    caterpillar,
    department_distances,
    job_distances,
    raw_to_adjusted,
)
from cxresearch.charts.figure import Figure
from cxresearch.charts.forecasts import calibration
from cxresearch.charts.loyalty import (
    driver_shares,
    index_waves,
    left_by_score,
    penalty_reward,
    tipping_point,
)
from cxresearch.charts.project_risk import odds_ratios, risk_list, uplift_curve
from cxresearch.charts.projects import bullseye, project_history, triangle
from cxresearch.charts.retention import cohort_map, forecast_by_frequency, return_curve, tracking
from cxresearch.charts.touchpoints import importance_performance, perception, touch_map

__all__ = [
    "Figure",
    "bullseye",
    "calibration",
    "caterpillar",
    "cohort_map",
    "competing_ends",
    "decile_lift",
    "department_distances",
    "driver_shares",
    "filled_columns",
    "forecast_by_frequency",
    "gap_curves",
    "hazard_forest",
    "importance_performance",
    "index_waves",
    "job_distances",
    "left_by_score",
    "lever_bars",
    "main_reasons",
    "odds_ratios",
    "penalty_reward",
    "perception",
    "profit_curve",
    "project_history",
    "raw_to_adjusted",
    "renewal_hazard",
    "retention_by_tenure",
    "return_curve",
    "risk_list",
    "stay_curve",
    "tipping_point",
    "touch_map",
    "tracking",
    "triangle",
    "uplift_curve",
    "volume_months",
]
