"""Who has bought again by the last day: the share of buyers, and their repeat purchases."""

from cxresearch.errors import NotEnough
from cxresearch.inputs import table
from cxresearch.models.estimator import Estimator
from cxresearch.stats.means import mean
from cxresearch.stats.proportions import wilson
from cxresearch.stats.rows import row, summary

FEWEST = 10


class RepeatBuyers(Estimator):
    """Share of buyers who have bought on a second day, with Wilson's interval, and repeat purchases per customer (Student's t).

    Young customers have had little time to come back: the share is of what has been seen, no forecast.

    Parameters
    ----------
    level : float
        Of every interval.

    Attributes
    ----------
    n_, back_ : int
        Customers, and those of them who have bought again.
    youngest_ : float
        Age of the customer who bought last for the first time, in the unit of `rfm`.

    Examples
    --------
    >>> import pandas as pd
    >>> rfm = pd.DataFrame({"frequency": [0, 0, 1, 2] * 5, "age": 20.0})
    >>> RepeatBuyers().fit(rfm).summary()[["metric", "estimate", "low", "high", "n"]].round(3)
                              metric  estimate    low   high   n
    0   buyers who have bought again      0.50  0.299  0.701  20
    1  repeat purchases per customer      0.75  0.352  1.148  20
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, rfm):
        """Count who has bought again.

        Parameters
        ----------
        rfm : pandas.DataFrame or Ibis table
            frequency and age, as from :func:`cxresearch.features.rfm`.

        Returns
        -------
        RepeatBuyers

        Raises
        ------
        NotEnough
            If fewer than ten customers have bought.
        """
        rfm = table(rfm, ["frequency", "age"], "rfm", may_be_empty=True)
        if len(rfm) < FEWEST:
            raise NotEnough("fewer than ten customers have bought")
        self.n_, self.back_ = len(rfm), int((rfm["frequency"] > 0).sum())
        self.youngest_ = float(rfm["age"].min())
        self._share, self._mean = wilson(self.back_, self.n_, self.level), mean(rfm["frequency"], self.level)
        return self

    def summary(self):
        """Share who have bought again, and repeat purchases per customer."""
        return summary(
            [
                row("buyers who have bought again", self._share, self.n_, "Wilson score", "share"),
                row("repeat purchases per customer", self._mean, self.n_, "mean, Student's t"),
            ]
        )
