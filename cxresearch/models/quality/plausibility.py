"""Rows that a check lets pass and that can hardly be: loaded twice, before the customer was won, an amount beyond all others."""

import ibis
import pandas as pd

from cxresearch.contract.tables import TABLES
from cxresearch.errors import NotEnough
from cxresearch.models.quality.scan import months_ago
from cxresearch.models.quality.topic import ENOUGH, OK, WARNING, Topic, compared, stacked

COLUMNS = ["table", "column", "verdict", "rows", "of", "when", "largest", "usual"]
TWICE = 0.2  # more of a month's rows than of other months' repeat another
BEFORE = 0.01  # of the rows of a table
BEYOND = 1000  # times the 95th percentile of a column


class Plausibility(Topic):
    """Three contradictions within the data, each counted.

    - *loaded twice*: rows that repeat another in every column but their own key. Few do by chance; a month is remarked on where its share of
      them is 20 points above that of all other months together, beyond chance (Fisher's exact test).
    - *before the customer was won*: rows dated before their customer's ``acquired_at``, where they are 1 % of the table or more.
    - *beyond all others*: amounts and durations more than 1000 times the 95th percentile of their column (of values other than 0, whatever
      their sign), where the column has 30 values or more.

    All rows up to the date are looked at, as a fault of an earlier quarter spoils what is computed from all of them.

    Parameters
    ----------
    rate : float
        False discovery rate over all months and tables.

    Attributes
    ----------
    findings_ : pandas.DataFrame
        table, column, verdict, rows (with the fault), of (rows looked at), when (the month, where it is one), largest, usual (the 95th
        percentile). Empty where nothing was found.
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> len(Plausibility().fit(quality.quarter_).findings_)
    0
    """

    def fit(self, quarter):
        """Count the contradictions in all dated tables.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        Plausibility
            This object.

        Raises
        ------
        NotEnough
            Where no table has a date.
        """
        if not quarter.dated:
            raise NotEnough("no table has a date and a record before the end of the quarter")
        months = stacked([_repeats(quarter, scan.name) for scan in quarter.dated], [*COLUMNS, "p"])
        months = self._confirmed(months, ["loaded twice"], "")
        found = [months[months["verdict"] == "loaded twice"]]
        for scan in quarter.dated:
            found += [_too_early(quarter, scan), _too_large(quarter, scan)]
        self.findings_ = stacked(found, COLUMNS)[COLUMNS]
        self.state_ = WARNING if len(self.findings_) else OK
        self.left_out_ = []
        return self


def _repeats(quarter, name):
    """Per month, how many rows repeat an earlier one in all but their key; months that stand out bear a verdict and a p-value."""
    table = quarter.table(name)
    keys = [c for c, spec in TABLES[name].columns.items() if spec.unique and c in table.columns]
    rest = [c for c in table.columns if c not in keys]
    if not keys or len(rest) < 3:
        return pd.DataFrame(columns=COLUMNS)
    kinds = table.group_by(rest).aggregate(n=ibis._.count())
    days = kinds.group_by("cx_day").aggregate(rows=ibis._.n.sum(), kinds=ibis._.count()).to_pandas()
    ago = months_ago(days["cx_day"], quarter.as_of)
    months = days.assign(again=days["rows"] - days["kinds"]).groupby(ago)[["rows", "again"]].sum()
    total, found = months.sum(), []
    for month, (rows, again) in months.iterrows():
        others, again_there = total["rows"] - rows, total["again"] - again
        if min(rows, others) < ENOUGH or again / rows < again_there / others + TWICE:
            continue
        _, p = compared(again, rows, again_there, others)
        day = pd.Timestamp(quarter.as_of) - pd.DateOffset(months=int(month))
        found.append((name, "", "loaded twice", int(again), int(rows), f"{day:%Y-%m}", None, None, p))
    return pd.DataFrame(found, columns=[*COLUMNS, "p"])


def _too_early(quarter, scan):
    """How many rows of a table are dated before their customer was won."""
    won = quarter.table("customers", ["customer_id"])
    if scan.name == "customers" or won is None:
        return pd.DataFrame(columns=COLUMNS)
    table = quarter.table(scan.name, ["customer_id"])
    if not {"customer_id"} <= set(table.columns) & set(won.columns):
        return pd.DataFrame(columns=COLUMNS)
    won = won.group_by(cx_customer=won.customer_id).aggregate(cx_won=won.cx_day.min())
    both = table.inner_join(won, table.customer_id == won.cx_customer)
    counts = both.aggregate(of=both.count(), rows=(both.cx_day < both.cx_won).sum()).to_pandas().iloc[0]
    rows, of = int(counts["rows"] or 0) if counts["rows"] == counts["rows"] else 0, int(counts["of"])
    if not rows or rows < BEFORE * of:
        return pd.DataFrame(columns=COLUMNS)
    found = (scan.name, scan.event, "before the customer was won", rows, of, "", None, None)
    return pd.DataFrame([found], columns=COLUMNS)


def _too_large(quarter, scan):
    """Columns of amounts and durations with values beyond all others."""
    specs = TABLES[scan.name].columns
    of_unit = [c for c, spec in specs.items() if spec.unit in ("currency", "seconds")]
    table, found = quarter.table(scan.name, of_unit), []
    for column in (c for c in of_unit if c in table.columns):
        size = table.select(size=table[column].abs()).filter(ibis._.size > 0)
        about = size.aggregate(n=size.count(), usual=size.size.quantile(0.95), largest=size.size.max())
        n, usual, largest = about.to_pandas().iloc[0][["n", "usual", "largest"]]
        if n >= ENOUGH and largest > BEYOND * usual:
            rows = int(size.filter(size.size > BEYOND * usual).count().to_pandas())
            found.append((scan.name, column, "beyond all others", rows, int(n), "", largest, usual))
    return pd.DataFrame(found, columns=COLUMNS)
