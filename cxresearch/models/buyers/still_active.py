"""How many buyers are still customers, where two models of buying may disagree about it."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary

METRIC = "customers still active"


class StillActive(Estimator):
    r"""Customers still active by the model that held out best, with the spread between the models.

    Each model's error in the held-out part is that of its groups by earlier purchases, with :math:`n_g` customers, :math:`m_g` purchases
    expected per customer and :math:`a_g` made:

    .. math:: \sqrt{\textstyle\sum_g n_g (m_g - a_g)^2 / \sum_g n_g}.

    A total can come true while one group's excess hides another's lack; who is still a customer is told by the groups. The estimate
    is that of the model with the smaller error. Its interval runs from the lowest to the highest limit of all models, because nobody sees
    who has left: models that fit the purchases alike may differ in who is alive by far more than their own intervals say.

    Parameters
    ----------
    outlook : PurchaseOutlook
        Fitted to today's customers.
    holdout : PurchaseHoldout
        Fitted.

    Attributes
    ----------
    by_model_ : pandas.DataFrame
        By name of the model: estimate, low, high, error.
    best_ : str
    are_apart_ : bool
        Whether the intervals of two models do not overlap.
    headline_ : list of str
    n_ : int

    Examples
    --------
    >>> import cxresearch as cx
    >>> ws = cx.open("data/cdnow")
    >>> held = cx.features.held_out(ws.orders, "1997-09-30", 26)
    >>> test = cx.models.PurchaseHoldout().fit(held.rfm, held.later, held.weeks)
    >>> rfm = cx.features.rfm(ws.orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> found = StillActive(cx.models.PurchaseOutlook().fit(rfm), test).fit(rfm)
    >>> found.best_, found.are_apart_, found.by_model_["estimate"].round(-2).tolist()
    ('BG/NBD', True, [1900.0, 1100.0])
    """

    def __init__(self, outlook, holdout):
        self.outlook = outlook
        self.holdout = holdout

    def fit(self, rfm):
        """Ask every model that is identified, today and in the held-out part.

        Parameters
        ----------
        rfm : pandas.DataFrame
            Today's customers, as the outlook was fitted to.

        Returns
        -------
        StillActive

        Raises
        ------
        NotEnough
            If the purchases do not show who has dropped out.
        """
        if not self.outlook.shows_leaving_:
            raise NotEnough("these purchases do not show who has dropped out")
        rows = {}
        for name, model in self.outlook.models_.items():
            alive = model.expected_alive(rfm).iloc[0]
            limits = [float(alive[end]) for end in ("estimate", "low", "high")]
            if np.isfinite(limits).all():
                rows[name] = [*limits, self.holdout.tests_[name].group_error_]
        self.by_model_ = summary([]).reindex(columns=["estimate", "low", "high", "error"])
        for name, values in rows.items():
            self.by_model_.loc[name] = values
        errors = self.by_model_["error"].astype(float).dropna()
        if errors.empty:
            raise NotEnough("no model could be compared with the purchases held out")
        self.best_, self.n_, self.headline_ = str(errors.idxmin()), len(rfm), [METRIC]
        self.are_apart_ = bool(self.by_model_["low"].max() > self.by_model_["high"].min())
        return self

    def summary(self):
        """The estimate of the best model with the spread of all, and the number by each model."""
        each, best = self.by_model_, self.by_model_.loc[self.best_]
        method = f"sum of P(alive) by the {self.best_}, which held out best; limits over {' and '.join(each.index)}"
        spread = (best["estimate"], each["low"].min(), each["high"].max())
        own = [
            row(f"{METRIC}, {name}", each.loc[name], self.n_, "sum of P(alive), delta method")
            for name in each.index
        ]
        return summary([row(METRIC, spread, self.n_, method), *own])
