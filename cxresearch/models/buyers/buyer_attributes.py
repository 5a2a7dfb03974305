"""What goes with buying more often, and with dropping out: buyers' attributes in the model that says how they buy."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.covariates import KINDS, PurchaseCovariates
from cxresearch.stats.bands import in_bands
from cxresearch.stats.multiplicity import benjamini_hochberg
from cxresearch.stats.rare_levels import OTHER, pool_rare_levels
from cxresearch.stats.rows import summary
from cxresearch.stats.told_apart import told_apart

FEWEST = 30  # buyers who came back, of each value of an attribute
PER_COLUMN, MOST = 60, 12  # buyers who came back that a column takes; columns


class BuyerAttributes(Estimator):
    """Ratios of purchase rates, and of dropping out, by the attributes of buyers.

    The model is the one of :class:`~cxresearch.models.buyers.purchase_outlook.PurchaseOutlook` where it can have covariates, else the BG/NBD;
    see :class:`~cxresearch.models.purchases.covariates.PurchaseCovariates`. Every ratio's test is corrected for their number (Benjamini and
    Hochberg).

    Parameters
    ----------
    outlook : PurchaseOutlook
        Fitted to today's customers.
    alpha : float
        False discovery rate.

    Attributes
    ----------
    covariates_ : PurchaseCovariates
    rates_, dropouts_ : pandas.DataFrame
        label, estimate, low, high, is_announced: each value against the most frequent one of its attribute.
    references_ : list of str
        What the ratios are against.
    left_out_ : list of str
    n_ : int

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> facts = rfm[["customer_id"]].assign(late=(rfm["age"] < 33).astype(float))
    >>> found = BuyerAttributes(cx.models.PurchaseOutlook().fit(rfm)).fit(rfm, facts)
    >>> found.rates_.round(2).values.tolist(), found.references_
    ([['late: no', 0.92, 0.74, 1.13, False]], ['late: yes'])
    """

    def __init__(self, outlook, alpha=0.05):
        self.outlook = outlook
        self.alpha = alpha

    def fit(self, rfm, facts):
        """Compare buyers by what was known of them from the start.

        Parameters
        ----------
        rfm : pandas.DataFrame
            customer_id, frequency, recency, age.
        facts : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.customer_facts`.

        Returns
        -------
        BuyerAttributes

        Raises
        ------
        NotEnough
            If no attribute tells buyers apart of whom enough have come back, or some say the same.
        """
        rfm, facts = (
            table(rfm, ["customer_id", "frequency"], "rfm"),
            table(facts, ["customer_id"], "facts", may_be_empty=True),
        )
        own = (
            facts.drop_duplicates("customer_id")
            .set_index("customer_id")
            .reindex(rfm["customer_id"])
            .set_axis(rfm.index)
        )
        again = (rfm["frequency"] > 0).to_numpy()
        most = min(int(again.sum()) // PER_COLUMN, MOST)
        X, self.left_out_ = {}, []
        for name in own.columns:
            values = in_bands(own[name]).astype(object)
            values = values.where(values.notna(), "unknown").astype(str)
            pools = pool_rare_levels(values, again, FEWEST, other=OTHER)
            if len(pools.levels) < 2:
                self.left_out_.append(f"{name} is left out: fewer than {FEWEST} who came back differ in it")
            elif len(X) == most:
                self.left_out_.append(f"{name} is left out: too few have come back for so many columns")
            else:
                values = pools.apply(values)
                first = values.mode()[0]
                X[name] = pd.Categorical(values, [first, *sorted(set(values) - {first})])
        X, tied = told_apart(pd.DataFrame(X, index=rfm.index))
        self.left_out_ += tied
        self.references_ = [f"{name.replace('_', ' ')}: {X[name].cat.categories[0]}" for name in X]
        if X.empty:
            raise NotEnough("no attribute tells buyers apart of whom enough have come back")
        name = self.outlook.model_.name
        model = PurchaseCovariates(
            name if name in KINDS else "BG/NBD", unit=self.outlook.unit, level=self.outlook.level
        )
        try:
            self.covariates_ = model.fit(rfm, X)
        except ValueError as fault:
            raise NotEnough(f"buyers cannot be compared: {fault}") from fault
        self.n_ = len(rfm)
        self._announce()
        return self

    def summary(self):
        """The ratios, those of rates first."""
        rows = self.covariates_.summary()
        return summary(rows[rows["metric"].str.contains(" ratio, ")].to_dict("records"))

    def _announce(self):
        rows, z = self.summary(), self.covariates_.z_scores()
        p = np.where(np.isfinite(z), 2 * ndtr(-np.abs(np.nan_to_num(z))), 1.0)
        rows = rows.assign(is_announced=benjamini_hochberg(p, self.alpha).p_value <= self.alpha)
        rows["label"] = [_label(metric) for metric in rows["metric"]]
        columns = ["label", "estimate", "low", "high", "is_announced"]
        is_rate = rows["metric"].str.startswith("purchase rate")
        self.rates_, self.dropouts_ = (
            rows[which].dropna(subset="estimate")[columns].reset_index(drop=True)
            for which in (is_rate, ~is_rate)
        )


def _label(metric):
    name, _, level = metric.split(", ", 1)[1].partition("=")
    return f"{name.replace('_', ' ')}: {level}" if level else name.replace("_", " ")
