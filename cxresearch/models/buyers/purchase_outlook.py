"""What buyers will do next, by two models, and whether their purchases show who has dropped out."""

import warnings

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.beta_geo import BetaGeoNBD
from cxresearch.models.purchases.pareto_nbd import ParetoNBD
from cxresearch.stats.likelihood import IdentificationWarning
from cxresearch.stats.rows import summary

FEWEST = 30  # customers who have bought again
MODELS = (BetaGeoNBD, ParetoNBD)


class PurchaseOutlook(Estimator):
    """BG/NBD and Pareto/NBD side by side, with the one to believe on who is still a customer.

    Purchases to come are the BG/NBD's. Who is alive is judged by the Pareto/NBD where it is identified, as it can tell of a customer who
    bought once; else by the BG/NBD.

    Parameters
    ----------
    unit : str
        Unit of every time.
    level : float
        Of every interval.

    Attributes
    ----------
    models_ : dict
        Name → fitted model.
    model_ : BetaGeoNBD
        The one that forecasts purchases.
    judge_ : BetaGeoNBD or ParetoNBD
        The one that judges who is alive.
    shows_leaving_ : bool
        Whether the purchases determine the BG/NBD's dropout.
    left_out_ : list of str
        What cannot be answered because dropout is not determined.
    n_ : int
        Customers.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> outlook = PurchaseOutlook().fit(rfm)
    >>> outlook.judge_.name, outlook.left_out_
    ('Pareto/NBD', [])
    >>> outlook.expected(rfm, 39).round(0)[["metric", "estimate", "low", "high"]]
                                    metric  estimate     low    high
    0    expected purchases, next 39 weeks    1653.0  1514.0  1806.0
    1  purchases to be made, next 39 weeks    1653.0  1471.0  1857.0
    2               customers still active    1917.0  1886.0  1948.0
    """

    def __init__(self, unit="weeks", level=0.95):
        self.unit = unit
        self.level = level

    def fit(self, rfm):
        """Fit both models.

        Parameters
        ----------
        rfm : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.rfm`.

        Returns
        -------
        PurchaseOutlook

        Raises
        ------
        NotEnough
            If fewer than thirty customers have bought again.
        """
        rfm = table(rfm, ["frequency", "recency", "age"], "rfm", may_be_empty=True)
        if (rfm["frequency"] > 0).sum() < FEWEST:
            raise NotEnough("fewer than thirty customers have bought again")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IdentificationWarning)  # `left_out_` and the blank rows say it
            self.models_ = {model.name: model(self.unit, self.level).fit(rfm) for model in MODELS}
        self.model_, pareto = self.models_.values()
        is_sure = bool(pareto.converged_ and pareto.identified_.all())
        self.judge_ = pareto if is_sure else self.model_
        self.shows_leaving_ = bool(self.model_.identified_.all())
        lost = ", ".join(self.model_.identified_.index[~self.model_.identified_])
        sentence = f"These purchases do not show who has dropped out (BG/NBD: {lost} not identified)"
        self.left_out_ = [] if self.shows_leaving_ else [sentence]
        self.n_ = len(rfm)
        return self

    def summary(self):
        """The parameters of both models, one row each."""
        parts = [
            model.summary().assign(metric=lambda t, name=name: f"{name} " + t["metric"])
            for name, model in self.models_.items()
        ]
        return pd.concat(parts, ignore_index=True)

    def expected(self, rfm, t, name="BG/NBD"):
        """Purchases to come of a base of customers and how many are still active, by one of the models.

        Parameters
        ----------
        rfm : pandas.DataFrame
        t : float
            Length of the time to come.
        name : str
            Of the model.

        Returns
        -------
        pandas.DataFrame
            Rows of estimates: the expectation, the count with its prediction interval and, where the BG/NBD's dropout is determined,
            the customers still active.
        """
        model = self.models_[name]
        rows = [model.expected_total(rfm, t)] + ([model.expected_alive(rfm)] if self.shows_leaving_ else [])
        return summary(pd.concat(rows).assign(unit="").to_dict("records"))
