"""What buyers spend per purchase: the Gamma–Gamma model on those who have paid for a repeat purchase, and whether it may be multiplied."""

import numpy as np

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.gamma_gamma import GammaGamma

FEWEST = 30
WEAK = 0.2  # a correlation below it moves totals little


class BuyerSpend(Estimator):
    """Spend per purchase of buyers, and how far it goes with the frequency of buying.

    Customers whose repeat purchases add up to nothing are left out: the model has no place for them.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    model_ : GammaGamma
    rfm_ : pandas.DataFrame
        The customers it may be used for: those who have not bought again, or paid for it.
    correlation_ : pandas.Series
        estimate, low, high of the correlation of spend and frequency.
    verdict_ : str
        ``unrelated``, ``understates`` or ``overstates``: what multiplying spend and frequency does to the value of those who buy often.
    is_weak_ : bool
        Whether the correlation is below .2 in size.
    left_out_ : list of str
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, rfm):
        """Fit the model.

        Parameters
        ----------
        rfm : pandas.DataFrame or Ibis table
            As from :func:`cxresearch.features.rfm`.

        Returns
        -------
        BuyerSpend

        Raises
        ------
        NotEnough
            If fewer than thirty customers have paid for a repeat purchase.
        """
        rfm = table(rfm, ["frequency", "monetary"], "rfm", may_be_empty=True)
        self.rfm_ = rfm[(rfm["frequency"] == 0) | (rfm["monetary"] > 0)].reset_index(drop=True)
        if (self.rfm_["frequency"] > 0).sum() < FEWEST:
            raise NotEnough("fewer than thirty customers have paid for a repeat purchase")
        self.model_ = GammaGamma(self.level).fit(self.rfm_)
        n_free = len(rfm) - len(self.rfm_)
        self.left_out_ = [f"{n_free:,} customers whose repeat purchases add up to nothing"] if n_free else []
        self.correlation_ = self.summary().iloc[-1][["estimate", "low", "high"]]
        estimate, low, high = self.correlation_
        self.verdict_ = "understates" if low > 0 else "overstates" if high < 0 else "unrelated"
        self.is_weak_ = bool(np.abs(estimate) < WEAK)
        return self

    def summary(self):
        """The model's parameters, the mean spend per purchase, and its correlation with frequency."""
        return self.model_.summary()
