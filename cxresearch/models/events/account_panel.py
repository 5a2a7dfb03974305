"""Accounts by months: what each bought, and the months around an event."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cxresearch.errors import NotEnough

GAPS = (
    0.05  # of an account's months without a row, from which a table is taken to list only months with sales
)
EVERY = 0.8  # of accounts that bought in every month, from which logarithms are compared


@dataclass(frozen=True)
class AccountPanel:
    """Revenue by account and month.

    Attributes
    ----------
    accounts : pandas.Index
    first : int
        Number of the first month.
    revenue : ndarray (accounts, months)
        Missing while an account is not there.
    lists_sales : bool
        Months without a row count as months without revenue, until the last one.
    """

    accounts: pd.Index
    first: int
    revenue: np.ndarray
    lists_sales: bool

    @classmethod
    def of(cls, rows):
        """From rows with customer_id, month and revenue, one per account and month.

        Examples
        --------
        >>> rows = pd.DataFrame({"customer_id": ["a", "a", "b"], "month": [3, 4, 4], "revenue": [1.0, 2.0, 5.0]})
        >>> AccountPanel.of(rows).revenue.tolist()
        [[1.0, 2.0], [nan, 5.0]]
        """
        missing = [name for name in ("customer_id", "month", "revenue") if name not in rows]
        if missing:
            raise ValueError(f"the rows of revenue have no column {missing[0]}")
        if not len(rows):
            raise NotEnough("no account has revenue in a month that is over")
        account, accounts = pd.factorize(rows["customer_id"], sort=True)
        month = rows["month"].to_numpy(int)
        first, count = int(month.min()), int(np.ptp(month)) + 1
        revenue = np.full((len(accounts), count), np.nan)
        revenue[account, month - first] = rows["revenue"].to_numpy(float)
        place, is_known = np.arange(count), np.isfinite(revenue)
        begins = np.where(is_known, place, count).min(axis=1)[:, None]
        ends = np.where(is_known, place, -1).max(axis=1)[:, None]
        inside = (begins <= place) & (place <= ends)
        lists_sales = bool((inside & ~is_known).sum() > GAPS * inside.sum())
        gone = count - 1 if lists_sales else ends
        revenue[(begins <= place) & (place <= gone) & ~is_known] = 0.0
        return cls(pd.Index(accounts), first, revenue, lists_sales)

    @property
    def last(self):
        """Number of the last month."""
        return self.first + self.revenue.shape[1] - 1

    def months(self, low, high):
        """Revenue of the months from one number to another, both included."""
        return self.revenue[:, low - self.first : high - self.first + 1]

    @property
    def buys_monthly(self):
        """Whether most accounts buy in every month that they are there, so that logarithms can be compared."""
        is_bought = ~(self.revenue <= 0).any(axis=1)
        return bool(is_bought.mean() >= EVERY)
