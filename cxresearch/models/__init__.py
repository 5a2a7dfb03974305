"""One model per question; every answer comes with its interval.

>>> from cxresearch import models
>>> models.BetaGeoNBD()
BetaGeoNBD(unit='weeks', level=0.95)
"""

from importlib import import_module

_MODULES = {
    "AalenJohansen": "aalen_johansen",
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
    "ParetoNBD": "pareto_nbd",
    "PenaltyReward": "penalty_reward",
    "PerceptionGap": "perception_gap",
    "Regularity": "regularity",
    "RenewalHazard": "renewal_hazard",
    "RetentionByTenure": "retention_by_tenure",
    "RetentionProfit": "retention_profit",
    "ShiftedBetaGeometric": "shifted_beta_geometric",
    "Silence": "silence",
    "StatedLived": "stated_lived",
    "TouchMap": "touch_map",
    "drop_repeated": "leakage",
    "hazard_columns": "churn_drivers",
    "log_rank": "log_rank_test",
    "penalty_reward_by_survey": "penalty_reward_surveys",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
