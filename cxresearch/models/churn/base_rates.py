"""Who is judged, and how many of them left: the rows of a churn model before any model."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.inputs import executed, table
from cxresearch.models.churn.leakage import drop_repeated
from cxresearch.models.churn.prior import looks_sampled
from cxresearch.models.estimator import Estimator
from cxresearch.stats.interval import normal_quantile
from cxresearch.stats.rows import shares

KEYS = ["customer_id", "as_of", "due_on", "has_left"]


class ChurnRates(Estimator):
    """The share of customers that left, date by date, and the rows that a model may learn from.

    Rows of a flat file, which do not say when their period ends (`due_on`), are rid of copies: see :func:`drop_repeated`. Rows laid out
    from contracts are one per customer and date, so that two alike are two customers.

    Parameters
    ----------
    level : float

    Attributes
    ----------
    rows_ : DataFrame
        The rows without copies.
    copies_ : int
        Rows left out because they repeat another exactly.
    rates_ : DataFrame
        as_of, left, customers: one row per date whose outcome is known.
    features_ : list of str
    n_, n_events_, n_open_ : int
        Rows whose outcome is known; leavers among them; rows whose outcome is open.
    customers_, leavers_ : int
        People behind the rows whose outcome is known, and behind those who left: one who came back and left again is one.
    has_due_dates_ : bool
        Whether the rows say when their period ends.
    looks_sampled_ : bool
        Whether the share of leavers in a flat file looks as if it had been made by drawing rows.
    latest_ : date
        The latest date whose outcome is known; the latest of all where none is.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["a", "b"] * 2, "as_of": [1, 1, 2, 2], "due_on": [2, 2, 3, 3], "visits": [3, 0, 2, 1]})
    >>> rates = ChurnRates().fit(rows.assign(has_left=[False, True, None, None]))
    >>> rates.summary()[["metric", "estimate", "low", "high", "n"]].round(2)
                           metric  estimate   low  high  n
    0  left in the period after 1       0.5  0.09  0.91  2
    >>> rates.n_open_, rates.features_
    (2, ['visits'])
    """

    def __init__(self, level=0.95):
        self.level = level

    def fit(self, rows):
        """Count.

        Parameters
        ----------
        rows : DataFrame
            As from :func:`cxresearch.features.churn_rows`.

        Returns
        -------
        ChurnRates
            This object.

        Raises
        ------
        NotEnough
            Where there are no rows.
        """
        normal_quantile(self.level)
        rows = executed(rows)
        if isinstance(rows, pd.DataFrame) and not len(rows):
            raise NotEnough("nobody was a customer on any of the dates")
        rows = table(rows, KEYS, "rows")
        self.has_due_dates_ = bool(rows["due_on"].notna().any())
        self.rows_, self.copies_ = (rows, 0) if self.has_due_dates_ else drop_repeated(rows)
        self.features_ = [name for name in rows.columns if name not in KEYS]
        known = self.rows_.dropna(subset="has_left")
        left = known["has_left"].astype(bool).astype(int)
        self.rates_ = left.groupby(known["as_of"]).agg(left="sum", customers="size").reset_index()
        self.n_, self.n_events_, self.n_open_ = len(known), int(left.sum()), len(self.rows_) - len(known)
        self.customers_ = int(known["customer_id"].nunique())
        self.leavers_ = int(known.loc[left == 1, "customer_id"].nunique())
        self.looks_sampled_ = not self.has_due_dates_ and looks_sampled(self.n_events_, self.n_)
        self.latest_ = (known if len(known) else self.rows_)["as_of"].max()
        return self

    def summary(self):
        """The share that left after each date.

        Returns
        -------
        DataFrame
            metric, estimate, low, high, n, method, unit.
        """
        metrics = [f"left in the period after {day}" for day in self.rates_["as_of"]]
        return shares(metrics, self.rates_["left"], self.rates_["customers"], self.level)
