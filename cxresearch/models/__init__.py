"""One model per question; every answer comes with its interval.

>>> from cxresearch import models
>>> models.BetaGeoNBD()
BetaGeoNBD(unit='weeks', level=0.95)
"""

from importlib import import_module

_MODULES = {
    "AalenJohansen": "aalen_johansen",
    "BetaGeoNBD": "beta_geo",
    "ChurnHazard": "churn_hazard",
    "CohortRetention": "cohort_retention",
    "ContractOutlook": "contract_outlook",
    "DataQuality": "data_quality",
    "GammaGamma": "gamma_gamma",
    "GrowthLevers": "growth_levers",
    "Holdout": "holdout",
    "KaplanMeier": "kaplan_meier",
    "LifetimeValue": "lifetime_value",
    "ParetoNBD": "pareto_nbd",
    "Regularity": "regularity",
    "RenewalHazard": "renewal_hazard",
    "RetentionByTenure": "retention_by_tenure",
    "ShiftedBetaGeometric": "shifted_beta_geometric",
    "Silence": "silence",
    "log_rank": "log_rank_test",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
