"""What a page says, computed from the data: one file per notebook, one function per reading.

A reading takes fitted models or frames, never a table of the workspace, and returns what `display.reading` or `display.finding` does. For an
empty frame it shows nothing.
"""

from importlib import import_module

_MODULES = {
    "churn_rates": "churn",
    "churn_reasons": "churn",
    "churn_scores": "churn",
    "contact_profit": "churn",
    "customers_at_risk": "churn",
    "ends_compete": "churn",
    "hazard_terms": "churn",
    "interview_sample": "churn",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
