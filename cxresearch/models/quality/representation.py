"""Which groups of customers are missing from a table."""

import pandas as pd

from cxresearch.errors import NotEnough
from cxresearch.models.quality.people import GROUPS
from cxresearch.models.quality.topic import ENOUGH, OK, WARNING, Topic, compared, left_out, over
from cxresearch.stats.proportions import wilson

FEWEST = 10  # customers of a group; what is shown of fewer would tell of single people
SIZEABLE = 0.05  # share of all customers that a group must have to be warned of
COLUMNS = [
    "table", "group", "value", "customers", "n", "share", "base", "ratio", "low", "high", "before", "p", "verdict",
]  # fmt: skip


class Representation(Topic):
    """Each group's share among the customers with a record this quarter, against its share of all customers.

    The representation ratio is share ÷ share of the base, with Wilson's limits of the share over the base, which is known. Customers,
    not rows, are counted, once a quarter. A group is *rarer than before* where it has 5 % of the customers and its ratio is less than half of
    that in the four quarters before, beyond chance.

    Attributes
    ----------
    groups_ : pandas.DataFrame
        table, group, value, customers, n, share, base, ratio, low, high, before (the ratio over the four quarters before), p, verdict; one
        row per table, group and value that ten customers or more have.
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> Representation().fit(quality.quarter_).extremes(1, 1)[["value", "table", "ratio"]].round(2)
             value      table  ratio
    0  key_account     orders   0.00
    1  key_account  contracts   3.05
    """

    def fit(self, quarter):
        """Compare the customers with a record with all customers.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        Representation
            This object.

        Raises
        ------
        NotEnough
            Where customers have no groups, or fewer than 30 left a record in any table.
        """
        base = quarter.customers
        groups = [group for group in GROUPS if group in base.columns]
        ratios = [
            r for name, cells in quarter.active.items() for g in groups for r in _ratios(name, g, cells, base)
        ]
        self.groups_ = self._confirmed(pd.DataFrame(ratios, columns=COLUMNS), ["rarer than before"], "rare")
        short = self.groups_.loc[self.groups_["n"] < ENOUGH, "table"]
        self.left_out_ = left_out(short, f"fewer than {ENOUGH} customers with a record")
        if not len(self.solid()):
            who = "customers with a segment, region or acquisition channel"
            raise NotEnough(f"fewer than {ENOUGH} {who} left a record in any table this quarter")
        self.state_ = WARNING if (self.groups_["verdict"] == "rarer than before").any() else OK
        return self

    def solid(self):
        """The rows of ``groups_`` on 30 customers or more, the least represented first."""
        return self.groups_[self.groups_["n"] >= ENOUGH].sort_values("ratio", ignore_index=True)

    def extremes(self, least=6, most=3):
        """The least and the most represented groups, each once."""
        solid = self.solid()
        return pd.concat([solid.head(least), solid.tail(most)]).drop_duplicates(ignore_index=True)


def _ratios(name, group, cells, base):
    whole = base.groupby(group)["n"].sum()
    shown = whole.index[whole >= FEWEST]
    whole = whole / whole.sum()
    counts = cells.assign(is_now=cells["cx_period"] == 0).groupby(["is_now", group])["n"].sum()
    counts = counts.unstack(0, fill_value=0).reindex(index=whole.index, columns=[False, True], fill_value=0)
    n, n_before = int(counts[True].sum()), int(counts[False].sum())
    for value in shown if n else ():
        k, k_before = int(counts.loc[value, True]), int(counts.loc[value, False])
        row = {"table": name, "group": group, "value": str(value), "customers": k, "n": n}
        yield row | _ratio(k, n, k_before, n_before, float(whole[value]))


def _ratio(k, n, k_before, n_before, base):
    rate, before = wilson(k, n), over(k_before, n_before) / base
    row = {"share": rate.estimate, "base": base, "ratio": rate.estimate / base, "before": before}
    row |= {"low": rate.low / base, "high": rate.high / base}
    verdict = "rare" if rate.high < base else "frequent" if rate.low > base else "in line"
    if n < ENOUGH:
        return row | {"verdict": f"{verdict} (indicative)"}
    if n_before < ENOUGH:
        return row | {"verdict": verdict}
    rarer = row["ratio"] < before / 2 and base >= SIZEABLE
    p = compared(k, n, k_before, n_before)[1]
    return row | {"p": p, "verdict": "rarer than before" if rarer else verdict}
