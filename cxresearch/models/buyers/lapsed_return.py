"""Of those who had lapsed on an earlier day, how many have come back by themselves, and how many a model expected."""

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator
from cxresearch.models.purchases.share_to_buy import method_of, share_to_buy
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

FEWEST = 10


class LapsedReturn(Estimator):
    """Share of lapsed customers who bought again within a time, against the model's mean probability of it.

    Lapsed are those with P(alive) below the threshold on the earlier day. Nobody was chosen to be written to, so that the share is what
    an offer to win customers back has to beat, as far as they were treated as always.

    Parameters
    ----------
    model : BetaGeoNBD or ParetoNBD
        Fitted to the earlier day.
    threshold : float
        P(alive) below which a customer counts as lapsed.
    level : float
    other : BetaGeoNBD or ParetoNBD, optional
        Another model of the same customers, for what is expected: see :func:`~cxresearch.models.purchases.share_to_buy.share_to_buy`.

    Attributes
    ----------
    n_, came_ : int
        Customers lapsed, and those of them who bought again.
    share_ : Interval
        Of the two, Wilson.
    expected_ : Interval
        Mean of P(buys), with the prediction interval of the share who would buy; missing where the model is not identified.
    verdict_ : str
        ``agrees``, ``too low``, ``too high``: the expectation, where the share lies in, above or below its interval; ``not known`` without one.
    """

    def __init__(self, model, threshold=0.5, level=0.95, other=None):
        self.model = model
        self.threshold = threshold
        self.level = level
        self.other = other

    def fit(self, rfm, made, t, cut="the day before"):
        """Count who came back.

        Parameters
        ----------
        rfm, made, t
            As for :meth:`Holdout.fit <cxresearch.models.purchases.holdout.Holdout.fit>`.
        cut : datetime.date or str
            The earlier day, for the names of the rows.

        Returns
        -------
        LapsedReturn

        Raises
        ------
        NotEnough
            If fewer than ten customers had lapsed.
        """
        lapsed = rfm[(self.model.p_alive(rfm)["p_alive"] < self.threshold).to_numpy()]
        if len(lapsed) < FEWEST:
            raise NotEnough("fewer than ten customers had lapsed before the part held out")
        self.n_, self.t_, self.cut_ = len(lapsed), t, cut
        self.came_ = int(lapsed["customer_id"].isin(made["customer_id"]).sum())
        self.share_ = wilson(self.came_, self.n_, self.level)
        self.expected_ = share_to_buy(self.model, lapsed, t, self.other)
        self.verdict_ = self._verdict()
        return self

    def summary(self):
        """The share who bought again, and the one expected."""
        method = method_of(self.model, self.other)
        lapsed, span = f"lapsed on {self.cut_}", f"within {self.t_:.0f} weeks"
        return summary(
            [
                row(f"{lapsed}: bought {span}", self.share_, self.n_, "Wilson score", "share"),
                row(f"{lapsed}: expected to buy {span}", self.expected_, self.n_, method, "share"),
            ]
        )

    def _verdict(self):
        came, (expected, low, high) = self.share_.estimate, self.expected_
        if expected != expected:
            return "not known"
        return "too low" if came > high else "too high" if came < low else "agrees"
