"""Whether the models of buyers should be believed here: they learn from the time before a date and are held against what came after."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.buyers.purchase_outlook import PurchaseOutlook
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.holdout import Holdout


class PurchaseHoldout(Estimator):
    """The models of :class:`PurchaseOutlook` fitted to the customers as known on an earlier day, and their forecasts against the purchases made since.

    Parameters
    ----------
    unit : str
        Unit of every time.
    level : float
        Of every interval.

    Attributes
    ----------
    outlook_ : PurchaseOutlook
        As of the earlier day.
    tests_ : dict
        Name of the model → Holdout, with its groups by frequency.
    errors_ : dict
        Name of the model → its error, the root mean square of (expected − made) per customer over groups by earlier purchases, each
        weighing as many as it has customers; of the models that are identified. A total can come true while one group's excess hides
        another's lack.
    groups_ : pandas.DataFrame
        Those of the model with the smallest error.
    """

    def __init__(self, unit="weeks", level=0.95):
        self.unit = unit
        self.level = level

    def fit(self, rfm, made, t):
        """Fit to `rfm`, and test on the purchases `made` in the next `t`.

        Parameters
        ----------
        rfm, made, t
            As from :func:`cxresearch.features.held_out`; see :meth:`Holdout.fit
            <cxresearch.models.purchases.holdout.Holdout.fit>`.

        Returns
        -------
        PurchaseHoldout

        Raises
        ------
        NotEnough
            If the records are too short, or too few customers had bought again before the part held out.
        """
        try:
            self.outlook_ = PurchaseOutlook(self.unit, self.level).fit(rfm)
        except NotEnough as few:
            raise NotEnough(f"without the part of the records that is held out, {few}") from None
        self.tests_ = {
            name: Holdout(model).fit(rfm, made, t) for name, model in self.outlook_.models_.items()
        }
        self.errors_ = {
            name: test.group_error_
            for name, test in self.tests_.items()
            if test.verdict_ != "not known" and np.isfinite(test.group_error_)
        }
        best = min(self.errors_, key=self.errors_.get, default=next(iter(self.tests_)))
        self.groups_ = self.tests_[best].groups_
        return self

    def summary(self):
        """Purchases made and expected, and by how much each model was off."""
        return pd.concat([test.summary(name) for name, test in self.tests_.items()], ignore_index=True)
