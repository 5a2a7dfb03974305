"""Limits of an effect of few teams."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit


def widened(found, model, level=0.95):
    """Limits of an estimate that teams stand behind, wide enough for their number: the error times √[G/(G − K)], Student's t on G − K.

    Parameters
    ----------
    found : Series or mapping
        estimate, std_error.
    model : GroupTimeATT
        Fitted: G units in K cohorts.
    level : float

    Returns
    -------
    Series
        estimate, low, high, std_error.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(units_=12, paths_=SimpleNamespace(n=[6, 6]))
    >>> widened({"estimate": 1.0, "std_error": 0.1}, model).round(3).tolist()
    [1.0, 0.756, 1.244, 0.11]
    """
    spare = max(model.units_ - len(model.paths_.n), 1)
    error = float(found["std_error"] * np.sqrt(model.units_ / spare))
    reach = float(stdtrit(spare, (1 + level) / 2)) * error
    middle = float(found["estimate"])
    return pd.Series({"estimate": middle, "low": middle - reach, "high": middle + reach, "std_error": error})
