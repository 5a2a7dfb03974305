"""What several models share: intervals, resampling, reliability, multiplicity.

>>> from cxresearch import stats
>>> round(stats.wilson(81, 263).estimate, 3)
0.308
"""

from importlib import import_module

_MODULES = {
    "acsi": "weighted_means",
    "benjamini_hochberg": "multiplicity",
    "bootstrap": "resampling",
    "clustered_mean": "clustered",
    "cronbach_alpha": "reliability",
    "crossed_effects": "crossed_random_effects",
    "holm": "multiplicity",
    "icc": "reliability",
    "johnson": "relative_importance",
    "lmg": "relative_importance",
    "mean": "means",
    "newcombe": "proportions",
    "nps": "proportions",
    "random_intercept": "random_effect",
    "weighted_mean": "weighted_means",
    "wilson": "proportions",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return __all__
