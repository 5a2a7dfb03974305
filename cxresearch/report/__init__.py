"""From a notebook to a page: parameters, results, the run, and what a manager reads."""

from importlib import import_module

_MODULES = {
    "record": "report.results",
    "table": "display",
    "reading": "display",
    "finding": "display",
    "answer": "display",
    "propose": "proposal",
    "quote": "report.quotes",
    "as_date": "report.parameters",
    "names": "report.parameters",
    "act_on": "report.lists",
    "forecast": "report.ledger",
    "Period": "report.period",
    "run": "report.regenerate",
    "verdict": "report.verdicts",
    "withhold": "report.disclosure",
    "withhold_cells": "report.disclosure",
}
__all__ = sorted(_MODULES)


def __getattr__(name):
    if name in _MODULES:
        return getattr(import_module(f"cxresearch.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'cxresearch.report' has no attribute {name!r}")


def __dir__():
    return __all__
