"""What a page says, computed from the data: one file per notebook, one function per reading.

A reading takes fitted models or frames, never a table of the workspace, and returns what `display.reading` or `display.finding` does. For an
empty frame it shows nothing.
"""

from importlib import import_module

_MODULES = {
    "definitions": "data_quality",
    "filled_columns": "data_quality",
    "fit_to_publish": "data_quality",
    "late_records": "data_quality",
    "representation": "data_quality",
    "row_volumes": "data_quality",
    "scorecard": "quality_scorecard",
    "survey_response": "data_quality",
    "table_faults": "data_quality",
    "comment_themes": "loyalty",
    "driver_importance": "loyalty",
    "driver_overlap": "loyalty",
    "leaving_by_score": "loyalty",
    "loyalty_waves": "loyalty",
    "must_be_and_delighters": "loyalty",
    "non_response": "loyalty",
    "ordinal_check": "loyalty",
    "spending_by_score": "loyalty",
    "job_consistency": "touchpoints",
    "lagging_department": "touchpoints",
    "self_image": "touchpoints",
    "touch_map": "touchpoints",
    "touchpoint_priorities": "touchpoints",
    "variance_shares": "touchpoints",
    "churn_rates": "churn",
    "churn_reasons": "churn",
    "churn_scores": "churn",
    "contact_profit": "churn",
    "customers_at_risk": "churn",
    "ends_compete": "churn",
    "hazard_terms": "churn",
    "interview_sample": "churn",
    "failure_definition": "project_health",
    "failure_factors": "project_health",
    "failure_rate": "project_health",
    "finish_dates": "project_health",
    "forecast_accuracy": "project_health",
    "leads": "project_health",
    "one_project": "project_health",
    "open_projects": "project_health",
    "portfolio": "project_health",
    "risk_list": "project_health",
    "sacrificed": "project_health",
    "scope_creep": "project_health",
    "technology_first": "project_health",
    "uplift": "project_health",
    "watermelons": "project_health",
    "buyer_cohorts": "retention_buyers",
    "lapsed": "retention_buyers",
    "lapsed_return": "retention_buyers",
    "purchase_holdout": "retention_buyers",
    "purchases_ahead": "retention_buyers",
    "regularity": "retention_buyers",
    "repeat_buyers": "retention_buyers",
    "return_curve": "retention_buyers",
    "silence": "retention_buyers",
    "contract_cohorts": "retention_contracts",
    "contract_holdout": "retention_contracts",
    "contract_outlook": "retention_contracts",
    "contract_stay": "retention_contracts",
    "end_reasons": "retention_contracts",
    "renewal_hazard": "retention_contracts",
    "tenure": "retention_contracts",
    "buyer_spend": "retention_value",
    "customer_value": "retention_value",
    "growth_levers": "retention_value",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
