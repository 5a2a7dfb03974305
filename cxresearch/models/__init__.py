"""One model per question; every answer comes with its interval.

>>> from cxresearch import models
>>> models.BetaGeoNBD()
BetaGeoNBD(unit='weeks', level=0.95)
"""

from difflib import get_close_matches
from importlib import import_module

_MODULES = {
    "AalenJohansen": "survival.aalen_johansen",
    "BermudaTriangle": "projects.bermuda_triangle",
    "BetaGeoNBD": "purchases.beta_geo",
    "BuyerSpend": "value.buyer_spend",
    "ChurnClassifier": "churn.classifier",
    "ChurnDrivers": "contracts.hazard_terms",
    "ChurnForecast": "churn.forecast",
    "ChurnHazard": "survival.discrete_hazard",
    "ChurnRates": "churn.base_rates",
    "ChurnScores": "churn.scores",
    "CohortRetention": "contracts.cohort_retention",
    "CommentThemes": "loyalty.comment_themes",
    "Conformance": "process.conformance",
    "Consistency": "touchpoints.consistency",
    "ContactHandling": "touchpoints.contact_handling",
    "ContractHazard": "contracts.hazard",
    "ContractHoldout": "contracts.contract_holdout",
    "ContractOutlook": "contracts.outlook",
    "ContractStay": "contracts.contract_stay",
    "ContractValue": "contracts.contract_value",
    "ContactProfit": "value.contact_profit",
    "CustomerValue": "value.customer_value",
    "CustomerWorth": "contracts.customer_worth",
    "CustomersAtRisk": "churn.at_risk",
    "DataQuality": "quality.data_quality",
    "Definitions": "quality.definitions",
    "DriverImportance": "loyalty.driver_importance",
    "EarnedValue": "projects.earned_value",
    "FailureByAttribute": "projects.failure_by_attribute",
    "FilledColumns": "quality.filled_columns",
    "FinishForecasts": "projects.status_moves",
    "GammaGamma": "purchases.gamma_gamma",
    "GrowthLevers": "value.growth_levers",
    "Holdout": "purchases.holdout",
    "ImportancePerformance": "touchpoints.importance_performance",
    "InterviewSample": "churn.interview_sample",
    "HubAndTyre": "process.hub_and_tyre",
    "Improvable": "process.improvable",
    "InterruptedSeries": "process.interrupted_series",
    "KaplanMeier": "survival.kaplan_meier",
    "LapsedReturn": "buyers.lapsed_return",
    "LastRecords": "quality.last_records",
    "LifetimeValue": "value.lifetime_value",
    "LoyaltyWaves": "loyalty.waves",
    "Measurable": "process.measurable",
    "NonResponse": "loyalty.non_response",
    "OrdinalCheck": "loyalty.ordinal_check",
    "PREDICTORS": "projects.failure_design",
    "PUBLISHED": "projects.failure_rate",
    "ParetoNBD": "purchases.pareto_nbd",
    "PenaltyReward": "loyalty.penalty_reward",
    "PerceptionGap": "touchpoints.perception_gap",
    "ProjectFailure": "projects.failure",
    "ProjectFailureRate": "projects.failure_rate",
    "ProjectHealth": "projects.health",
    "PurchaseHoldout": "buyers.purchase_holdout",
    "PurchaseOutlook": "buyers.purchase_outlook",
    "PurchaseTracking": "buyers.purchase_tracking",
    "ReadinessLadder": "readiness.ladder",
    "ReadinessPriorities": "readiness.priorities",
    "ReadinessScore": "readiness.score",
    "ReadinessSequence": "projects.readiness_sequence",
    "ReferenceClass": "projects.reference_class",
    "Regularity": "purchases.regularity",
    "RenewalHazard": "contracts.renewal_hazard",
    "Repeatable": "process.repeatable",
    "RepeatBuyers": "buyers.repeat_buyers",
    "Representation": "quality.representation",
    "RetentionByTenure": "contracts.retention_by_tenure",
    "RetentionProfit": "value.retention_profit",
    "ReturnCurve": "buyers.return_curve",
    "RimsMap": "process.rims",
    "RiskUpdate": "projects.risk_update",
    "RowVolumes": "quality.row_volumes",
    "Scalable": "process.scalable",
    "ShiftedBetaGeometric": "contracts.shifted_beta_geometric",
    "Silence": "purchases.silence",
    "StatedLived": "loyalty.stated_lived",
    "StatusMoves": "projects.status_moves",
    "StillActive": "buyers.still_active",
    "SurveyRatings": "loyalty.survey_ratings",
    "TableFaults": "quality.faults",
    "TouchMap": "touchpoints.touch_map",
    "Watermelons": "projects.watermelons",
    "WaveResponse": "quality.response",
    "WaysOfLeaving": "contracts.ways_of_leaving",
    "YearOfAnswers": "readiness.year",
    "cost_ahead": "projects.money_ahead",
    "driver_names": "loyalty.survey_ratings",
    "drop_repeated": "churn.leakage",
    "hazard_columns": "contracts.hazard_terms",
    "log_rank": "survival.log_rank_test",
    "money_at_risk": "projects.money_ahead",
    "overrun_to_come": "projects.money_ahead",
    "penalty_reward_by_survey": "loyalty.penalty_reward_surveys",
    "rank_association": "projects.scope_creep",
    "scope_changes": "projects.scope_creep",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    close = get_close_matches(name, __all__, 1)
    raise AttributeError(f"there is no model {name}" + (f"; did you mean {close[0]}?" if close else ""))


def __dir__():
    return __all__
