"""What customers of every kind are worth, together: the totals, the list, and how few of them carry it."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.estimator import Estimator

VALUES = ["value", "value_low", "value_high"]


class CustomerValue(Estimator):
    """The values of contract customers and buyers side by side; one who is both counts with the sum.

    Attributes
    ----------
    customers_ : pandas.DataFrame
        customer_id, value, value_low, value_high, kind, highest value first.
    top_share_ : float
        Share of all value that a tenth of the customers carry.
    headline_ : list of str
        The totals that belong on the board page.
    """

    def fit(self, values):
        """Put values together.

        Parameters
        ----------
        values : sequence of ContractValue or LifetimeValue
            Fitted.

        Returns
        -------
        CustomerValue

        Raises
        ------
        NotEnough
            If there are none.
        """
        if not values:
            raise NotEnough("neither contracts nor purchases can be valued")
        self._parts = list(values)
        each = pd.concat([value.customers_.assign(kind=value.kind) for value in values])
        sums = {name: (name, "sum") for name in VALUES}
        each = each.groupby("customer_id").agg(**sums, kind=("kind", " and ".join)).round(2).reset_index()
        self.customers_ = each.sort_values(
            ["value", "customer_id"], ascending=[False, True], ignore_index=True
        )
        top = self.customers_["value"].head(round(len(each) / 10)).sum()
        self.top_share_ = float(top / each["value"].sum())
        self.headline_ = [metric for value in values for metric in value.headline_]
        return self

    def summary(self):
        """The totals and means of every kind of customer."""
        return pd.concat([value.summary() for value in self._parts], ignore_index=True)
