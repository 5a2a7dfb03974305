"""What buyers will do next, by the one of several models that held out best, and whether their purchases show who has dropped out."""

import warnings

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.beta_geo import BetaGeoNBD
from cxresearch.models.purchases.beta_geo_cnbd import BetaGeoCNBD
from cxresearch.models.purchases.pareto_nbd import ParetoNBD
from cxresearch.stats.likelihood import IdentificationWarning
from cxresearch.stats.rows import summary

FEWEST = 30  # customers who have bought again
MODELS = (BetaGeoNBD, ParetoNBD)


class PurchaseOutlook(Estimator):
    """BG/NBD, Pareto/NBD and the likeliest (M)BG/CNBD-k side by side, with the one that everything said of buyers comes from.

    The third stands beside the two where it is likelier than the BG/NBD, which is the first of its family: where customers buy more regularly
    than at random, or leave after their first purchase.

    The one is the model which predicted the purchases held out with the smaller error by group (see
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
    model_ : BetaGeoNBD, ParetoNBD or BetaGeoCNBD
        The model chosen.
    family_ : pandas.DataFrame or None
        model, k, log_likelihood of the (M)BG/CNBD-k that were tried, likeliest first; None where the gaps between purchases are not given.
    is_tested_ : bool
        Whether the model was chosen by what it predicted of a part held out.
    other_ : BetaGeoNBD or ParetoNBD
        What the chosen one is held against: of these two the one not chosen, or the one that held out better if neither is.
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
        """Fit the models and choose one.

        Parameters
        ----------
        rfm : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.rfm`, with ``gaps=True`` if models of regular buying are to be tried.
        test : PurchaseHoldout, optional
            What the models predicted of a part held out; the same ones are fitted today.

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
            self.models_ = self._fitted(rfm, getattr(test, "outlook_", None))
        errors = {} if test is None else test.errors_
        ranked = sorted(errors, key=errors.get)
        known = [name for name in ranked if _is_sure(self.models_[name])]
        self.is_tested_ = bool(known)
        self.model_ = self.models_[known[0] if known else MODELS[0].name]
        pair = [name for name in [*ranked, *self.models_] if name in {model.name for model in MODELS}]
        self.other_ = self.models_[next(name for name in pair if name != self.model_.name)]
        self.passed_over_ = ranked[0] if ranked and ranked[0] != self.model_.name else ""
        self.held_out_ = getattr(test, "tests_", {}).get(self.model_.name)
        self.shows_leaving_ = bool(self.model_.identified_.all())
        lost = ", ".join(self.model_.identified_.index[~self.model_.identified_])
        sentence = (
            f"These purchases do not show who has dropped out ({self.model_.name}: {lost} not identified)"
        )
        self.left_out_ = [] if self.shows_leaving_ else [sentence]
        self.n_ = len(rfm)
        return self

    def summary(self):
        """The parameters of all models, one row each."""
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

    def by_others(self, rfm, t):
        """Purchases to be made in the next `t` by the models not chosen: name → number, missing where a model is not identified."""
        return {
            name: float(model.predict(rfm, t)["expected_purchases"].sum())
            if _is_sure(model)
            else float("nan")
            for name, model in self.models_.items()
            if model is not self.model_
        }

    def _fitted(self, rfm, tested):
        """Name → model: those that were tested, or the two and the likeliest of the third family if that is not one of them."""
        if tested is not None:
            self.family_ = tested.family_
            models = [model.again().fit(rfm) for model in tested.models_.values()]
            return {model.name: model for model in models}
        models = [model(self.unit, self.level).fit(rfm) for model in MODELS]
        self.family_ = None
        if "log_gaps" in rfm.columns:
            regular = BetaGeoCNBD(unit=self.unit, level=self.level).fit(rfm)
            self.family_ = regular.grid_
            if regular.name != BetaGeoNBD.name:
                models.append(regular)
        return {model.name: model for model in models}


def _is_sure(model):
    return bool(model.converged_ and model.identified_.all())
