"""What buyers will do next, by the one of two models that held out better, and whether their purchases show who has dropped out."""

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
    """BG/NBD and Pareto/NBD side by side, with the one that everything said of buyers comes from.

    That is the model which predicted the purchases held out with the smaller error by group (see
    :class:`~cxresearch.models.buyers.purchase_holdout.PurchaseHoldout`), if it is identified today; the BG/NBD where nothing could be held out.

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
    model_, other_ : BetaGeoNBD or ParetoNBD
        The model chosen, and the other.
    is_tested_ : bool
        Whether the model was chosen by what it predicted of a part held out.
    passed_over_ : str
        Name of the model that predicted the part held out better but is not identified today; empty where there is none.
    held_out_ : Holdout or None
        What the model chosen predicted of the part held out.
    shows_leaving_ : bool
        Whether the purchases determine the dropout of the model chosen.
    left_out_ : list of str
        What cannot be answered because dropout is not determined.
    n_ : int
        Customers.

    Examples
    --------
    >>> import cxresearch as cx
    >>> rfm = cx.features.rfm(cx.open("data/cdnow").orders, "1997-09-30").order_by("customer_id").to_pandas()
    >>> outlook = PurchaseOutlook().fit(rfm)
    >>> outlook.model_.name, outlook.is_tested_, outlook.left_out_
    ('BG/NBD', False, [])
    >>> outlook.expected(rfm, 39).round(0)[["metric", "estimate", "low", "high"]]
                                    metric  estimate     low    high
    0    expected purchases, next 39 weeks    1653.0  1514.0  1806.0
    1  purchases to be made, next 39 weeks    1653.0  1471.0  1857.0
    2               customers still active    1917.0  1886.0  1948.0
    """

    def __init__(self, unit="weeks", level=0.95):
        self.unit = unit
        self.level = level

    def fit(self, rfm, test=None):
        """Fit both models and choose one.

        Parameters
        ----------
        rfm : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.rfm`.
        test : PurchaseHoldout, optional
            What both predicted of a part held out.

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
        errors = {} if test is None else test.errors_
        ranked = sorted(errors, key=errors.get)
        known = [name for name in ranked if _is_sure(self.models_[name])]
        self.is_tested_ = bool(known)
        self.model_ = self.models_[known[0] if known else MODELS[0].name]
        self.passed_over_ = ranked[0] if ranked and ranked[0] != self.model_.name else ""
        self.held_out_ = getattr(test, "tests_", {}).get(self.model_.name)
        (self.other_,) = (model for model in self.models_.values() if model is not self.model_)
        self.shows_leaving_ = bool(self.model_.identified_.all())
        lost = ", ".join(self.model_.identified_.index[~self.model_.identified_])
        sentence = (
            f"These purchases do not show who has dropped out ({self.model_.name}: {lost} not identified)"
        )
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

    def expected(self, rfm, t, name=None):
        """Purchases to come of a base of customers and how many are still active, by one of the models.

        Parameters
        ----------
        rfm : pandas.DataFrame
        t : float
            Length of the time to come.
        name : str, optional
            Of the model; the one chosen unless given.

        Returns
        -------
        pandas.DataFrame
            Rows of estimates: the expectation, the count with its prediction interval and, where dropout is determined, the
            customers still active.
        """
        model = self.model_ if name is None else self.models_[name]
        rows = [model.expected_total(rfm, t)] + ([model.expected_alive(rfm)] if self.shows_leaving_ else [])
        return summary(pd.concat(rows).assign(unit="").to_dict("records"))


def _is_sure(model):
    return bool(model.converged_ and model.identified_.all())
