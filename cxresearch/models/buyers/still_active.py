"""Which buyers are still customers by one model, and how far another model sees it differently."""

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.stats.rows import row, summary

ACTIVE_FROM = 0.8  # P(alive) from which on a buyer counts as active


class StillActive(Estimator):
    r"""Buyers sorted by P(alive): probably active, unsure and probably lapsed. The three add up to all buyers.

    One model sorts them, the one of :class:`~cxresearch.models.buyers.purchase_outlook.PurchaseOutlook` that predicted best what was held out.
    With :math:`p_i` the probability that buyer i is still a customer, buyers with :math:`p_i` below `lapsed_below` count as lapsed, those with
    at least `active_from` as active, and those between as unsure.

    Parameters
    ----------
    outlook : PurchaseOutlook
        Fitted to today's customers.
    lapsed_below, active_from : float

    Attributes
    ----------
    counts_ : pandas.Series
        Buyers by state: active, unsure, lapsed.
    p_alive_ : pandas.DataFrame
        As from ``p_alive`` of the model.
    by_model_ : pandas.DataFrame
        By name of the model: estimate, low, high of the sum of P(alive), the expected number of buyers who have not dropped out.
    best_ : str
        The model that sorts.
    are_apart_ : bool
        Whether the intervals of two models do not overlap.
    keeps_first_buyers_ : bool
        Whether, by that model, nobody can leave before a second purchase, so that all who bought once count as active.
    held_out_ : Holdout or None
        What the model that sorts predicted of the part held out.
    n_ : int

    Notes
    -----
    The counts are of a rule applied to what one model says; another model may see it differently, and `by_model_` says by how much. Nobody
    sees who has left. The BG/NBD lets nobody leave before a second purchase, so that who bought once
    counts as active for ever.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> found = StillActive(cx.models.PurchaseOutlook().fit(rfm)).fit(rfm)
    >>> found.best_, found.are_apart_, found.by_model_["estimate"].round(-2).tolist()
    ('BG/NBD', True, [1900.0, 1100.0])
    >>> found.counts_.to_dict(), int(found.counts_.sum()) == len(rfm)
    ({'active': 1526, 'unsure': 438, 'lapsed': 393}, True)
    """

    def __init__(self, outlook, lapsed_below=0.5, active_from=ACTIVE_FROM):
        self.outlook = outlook
        self.lapsed_below = lapsed_below
        self.active_from = active_from

    def fit(self, rfm):
        """Sort the buyers.

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
            If the purchases do not show who has dropped out, or only to a model that predicted the part held out worse than one that they
            do not determine.
        """
        if not 0 < self.lapsed_below < 1:
            raise ValueError(f"lapsed_below is {self.lapsed_below}, not between 0 and 1")
        if not self.outlook.shows_leaving_:
            raise NotEnough("these purchases do not show who has dropped out")
        if better := self.outlook.passed_over_:
            raise NotEnough(
                f"the {better} predicted the purchases held out better, but these purchases do not determine it, and the "
                f"{self.outlook.model_.name} alone is not to be believed on who has dropped out"
            )
        self.held_out_ = self.outlook.held_out_
        self.keeps_first_buyers_ = self.outlook.model_.keeps_first_buyers
        self.best_, self.n_ = self.outlook.model_.name, len(rfm)
        self.p_alive_ = self.outlook.model_.p_alive(rfm)
        self.counts_ = self._sorted(self.p_alive_["p_alive"])
        rows = {}
        for name, model in self.outlook.models_.items():
            alive = model.expected_alive(rfm).iloc[0]
            limits = [float(alive[end]) for end in ("estimate", "low", "high")]
            if np.isfinite(limits).all():
                rows[name] = limits
        self.by_model_ = summary([]).reindex(columns=["estimate", "low", "high"])
        for name, values in rows.items():
            self.by_model_.loc[name] = values
        self.are_apart_ = bool(self.by_model_["low"].max() > self.by_model_["high"].min())
        return self

    def summary(self):
        """The three shares, which add up to all buyers, and the expected number of buyers who have not dropped out by each model."""
        top = max(self.active_from, self.lapsed_below)
        names = {
            "active": f"probably active: P(alive) {top:.0%} or more",
            "unsure": "unsure: P(alive) between the two",
            "lapsed": f"probably lapsed: P(alive) below {self.lapsed_below:.0%}",
        }
        rows = [
            row(names[state], (n / self.n_, np.nan, np.nan), self.n_, "count", "share")
            for state, n in self.counts_.items()
        ]
        rows += [
            row(f"expected number not dropped out, {name}", limits, self.n_, "sum of P(alive), delta method")
            for name, limits in self.by_model_.iterrows()
        ]
        return summary(rows)

    def _sorted(self, p):
        """Buyers by state, at a P(alive) of each."""
        is_lapsed, is_active = p < self.lapsed_below, p >= max(self.active_from, self.lapsed_below)
        states = np.select([is_active, is_lapsed], ["active", "lapsed"], "unsure")
        return pd.Series(states).value_counts().reindex(["active", "unsure", "lapsed"], fill_value=0)
