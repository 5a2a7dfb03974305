"""Repeat purchases week by week, added up: made, and expected by a model."""

import datetime

import numpy as np
import pandas as pd

from cxresearch.models.estimator import Estimator


class PurchaseTracking(Estimator):
    """Cumulative repeat purchases of the customers of a day: those made, and those a fitted model expects.

    Parameters
    ----------
    model : BetaGeoNBD or ParetoNBD
        Fitted, in weeks.

    Attributes
    ----------
    weeks_ : pandas.DataFrame
        week (since the first purchase on record), actual (missing once the records end), expected.
    split_ : float
        The week in which the model stopped learning.
    """

    def __init__(self, model):
        self.model = model

    def fit(self, rfm, weekly, as_of, until, due):
        """Add up.

        Parameters
        ----------
        rfm : pandas.DataFrame
            What the model was fitted to.
        weekly : pandas.DataFrame
            week, repeat_purchases, as from :func:`cxresearch.features.weekly_purchases`.
        as_of, until, due : datetime.date
            The last day the model knew, the last day on record, and the day on which the forecast falls due.

        Returns
        -------
        PurchaseTracking
        """
        origin = as_of - datetime.timedelta(days=round(rfm["age"].max() * 7))
        week = np.arange(1, (due - origin).days // 7 + 1)
        made = weekly.set_index("week")["repeat_purchases"].reindex(week).fillna(0).cumsum().to_numpy(float)
        last = (max(until, as_of) - origin).days // 7
        expected = self.model.expected_cumulative(rfm, week)["expected"]
        self.weeks_ = pd.DataFrame(
            {"week": week, "actual": np.where(week <= last, made, np.nan), "expected": expected}
        )
        self.split_ = (as_of - origin).days / 7
        return self
