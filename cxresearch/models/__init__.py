"""One model per question; every answer comes with its interval.

>>> from cxresearch import models
>>> models.BetaGeoNBD()
BetaGeoNBD(unit='weeks', level=0.95)
"""

from difflib import get_close_matches
from importlib import import_module

_MODULES = {
    "AalenJohansen": "aalen_johansen",
    "BermudaTriangle": "bermuda_triangle",
    "BetaGeoNBD": "beta_geo",
    "ChurnClassifier": "churn_classifier",
    "ChurnDrivers": "churn_drivers",
    "ChurnForecast": "churn_forecast",
    "ChurnHazard": "churn_hazard",
    "ChurnScores": "churn_scores",
    "CohortRetention": "cohort_retention",
    "CommentThemes": "comment_themes",
    "Consistency": "consistency",
    "ContractHazard": "contract_hazard",
    "ContractOutlook": "contract_outlook",
    "DataQuality": "data_quality",
    "DriverImportance": "driver_importance",
    "EarnedValue": "earned_value",
    "FinishForecasts": "status_moves",
    "GammaGamma": "gamma_gamma",
    "GrowthLevers": "growth_levers",
    "Holdout": "holdout",
    "ImportancePerformance": "importance_performance",
    "InterviewSample": "interview_sample",
    "KaplanMeier": "kaplan_meier",
    "LifetimeValue": "lifetime_value",
    "LoyaltyWaves": "loyalty_waves",
    "NonResponse": "non_response",
    "OrdinalCheck": "ordinal_check",
    "PREDICTORS": "failure_design",
    "PUBLISHED": "project_failure_rate",
    "ParetoNBD": "pareto_nbd",
    "PenaltyReward": "penalty_reward",
    "PerceptionGap": "perception_gap",
    "ProjectFailure": "project_failure",
    "ProjectFailureRate": "project_failure_rate",
    "ProjectHealth": "project_health",
    "ReadinessSequence": "readiness_sequence",
    "ReferenceClass": "reference_class",
    "Regularity": "regularity",
    "RenewalHazard": "renewal_hazard",
    "RetentionByTenure": "retention_by_tenure",
    "RetentionProfit": "retention_profit",
    "RiskUpdate": "risk_update",
    "ShiftedBetaGeometric": "shifted_beta_geometric",
    "Silence": "silence",
    "StatedLived": "stated_lived",
    "StatusMoves": "status_moves",
    "TouchMap": "touch_map",
    "Watermelons": "watermelons",
    "WaysOfLeaving": "ways_of_leaving",
    "cost_ahead": "project_risks",
    "drop_repeated": "leakage",
    "hazard_columns": "churn_drivers",
    "log_rank": "log_rank_test",
    "money_at_risk": "project_risks",
    "overrun_to_come": "project_risks",
    "penalty_reward_by_survey": "penalty_reward_surveys",
    "rank_association": "bermuda_triangle",
    "scope_changes": "bermuda_triangle",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        if isinstance(found, type) and "__getattr__" not in vars(found):
            found.__getattr__ = _lacking  # asked only for what an object has not
        return found
    close = get_close_matches(name, __all__, 1)
    raise AttributeError(f"there is no model {name}" + (f"; did you mean {close[0]}?" if close else ""))


def _lacking(model, name):
    """An attribute that is not there: of a model without anything learnt, say that it has to be fitted first."""
    kind = type(model).__name__
    is_learnt = (name.endswith("_") or name.startswith("_")) and not name.startswith("__")
    if is_learnt and not any(known.endswith("_") for known in vars(model)):
        raise AttributeError(f"this {kind} is not fitted yet, so that it has no {name}: call fit first")
    raise AttributeError(f"{kind!r} object has no attribute {name!r}")


def __dir__():
    return __all__
