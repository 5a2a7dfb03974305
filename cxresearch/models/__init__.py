"""One model per question; each answers with intervals.

>>> from cxresearch import models
>>> models.KaplanMeier().fit([6, 7, 9], [1, 0, 1]).survival_.survival.round(3).tolist()
[0.667, 0.0]
"""

from importlib import import_module

_MODULES = {
    "AalenJohansen": "aalen_johansen",
    "ChurnHazard": "churn_hazard",
    "CohortRetention": "cohort_retention",
    "KaplanMeier": "kaplan_meier",
    "log_rank": "log_rank_test",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
