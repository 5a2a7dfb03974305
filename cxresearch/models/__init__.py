"""One model per question; every answer comes with its interval.

>>> from cxresearch import models
>>> models.BetaGeoNBD()
BetaGeoNBD(unit='weeks', level=0.95)
"""

from importlib import import_module

_MODULES = {
    "AalenJohansen": "aalen_johansen",
    "BermudaTriangle": "bermuda_triangle",
    "BetaGeoNBD": "beta_geo",
    "ChurnHazard": "churn_hazard",
    "CohortRetention": "cohort_retention",
    "DataQuality": "data_quality",
    "EarnedValue": "earned_value",
    "FinishForecasts": "status_moves",
    "GammaGamma": "gamma_gamma",
    "Holdout": "holdout",
    "KaplanMeier": "kaplan_meier",
    "LifetimeValue": "lifetime_value",
    "PREDICTORS": "failure_design",
    "PUBLISHED": "project_failure_rate",
    "ParetoNBD": "pareto_nbd",
    "ProjectFailure": "project_failure",
    "ProjectFailureRate": "project_failure_rate",
    "ProjectHealth": "project_health",
    "ReadinessSequence": "readiness_sequence",
    "ReferenceClass": "reference_class",
    "RiskUpdate": "risk_update",
    "ShiftedBetaGeometric": "shifted_beta_geometric",
    "StatusMoves": "status_moves",
    "Watermelons": "watermelons",
    "log_rank": "log_rank_test",
    "money_at_risk": "project_risks",
    "overrun_to_come": "project_risks",
    "rank_association": "bermuda_triangle",
    "scope_changes": "bermuda_triangle",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
