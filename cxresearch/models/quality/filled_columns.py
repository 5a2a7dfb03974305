"""Whether columns are filled as often as before."""

import numpy as np
import pandas as pd

from cxresearch.contract.tables import TABLES
from cxresearch.errors import NotEnough
from cxresearch.models.quality.scan import BEFORE, LAST, NOW, months_ago
from cxresearch.models.quality.topic import ENOUGH, OK, WARNING, Topic, compared, left_out, over, stacked

FALL = 0.05  # points of a filled share that matter
COLUMNS = [
    "table", "column", "n", "filled", "share", "n_before", "before", "last", "change", "low", "high", "p", "verdict",
]  # fmt: skip


class FilledColumns(Topic):
    """The share of rows that fill each optional column, this quarter against before.

    A column *fell* where it is filled less often than before and than in the last quarter, by 5 points, and the change from before
    is beyond chance. Columns that can be filled in only later (the end of a contract, the outcome of a project) are not compared.

    Attributes
    ----------
    columns_ : pandas.DataFrame
        table, column, n, filled, share, n_before, before, last, change with Newcombe's interval low and high, p, verdict (``as before``,
        ``fell``, ``fills in later``, ``not assessed``).
    state_ : str

    References
    ----------
    Newcombe, R. G. (1998). *Statistics in Medicine* 17, 873–890.

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/northgate"), datetime.date(2026, 9, 30))
    >>> FilledColumns().fit(quality.quarter_).columns_["verdict"].value_counts().to_dict()
    {'as before': 58, 'not assessed': 37, 'fills in later': 12}
    """

    def fit(self, quarter):
        """Compare the optional columns of all dated tables.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        FilledColumns
            This object.

        Raises
        ------
        NotEnough
            Where no optional column has 30 rows this quarter and 30 before.
        """
        columns = stacked([_columns(scan, quarter.as_of) for scan in quarter.dated], COLUMNS)
        self.columns_ = self._confirmed(columns, ["fell"])
        if self.columns_["p"].isna().all():
            raise NotEnough(f"no optional column has {ENOUGH} rows both in this quarter and before")
        self.state_ = WARNING if (self.columns_["verdict"] == "fell").any() else OK
        short = self.columns_.loc[self.columns_["verdict"] == "not assessed", "table"]
        self.left_out_ = left_out(short, f"fewer than {ENOUGH} rows in this quarter or before")
        return self


def _columns(scan, as_of):
    quarters = np.minimum(np.asarray(months_ago(scan.days["day"], as_of)) // 3, BEFORE)
    sums = scan.days.drop(columns="day").groupby(quarters).sum().reindex([NOW, LAST, BEFORE], fill_value=0)
    return pd.DataFrame([_column(scan, column, sums) for column in scan.optional], columns=COLUMNS)


def _column(scan, column, sums):
    rows, filled = sums["rows"], sums[f"filled {column}"]
    n, k = int(rows[NOW]), int(filled[NOW])
    n_before, k_before = int(rows[[LAST, BEFORE]].sum()), int(filled[[LAST, BEFORE]].sum())
    row = {"table": scan.name, "column": column, "n": n, "filled": k, "n_before": n_before, "p": np.nan}
    row |= {
        "share": over(k, n),
        "before": over(k_before, n_before),
        "last": over(int(filled[LAST]), int(rows[LAST])),
    }
    if column in TABLES[scan.name].where("ripens"):
        return row | {"verdict": "fills in later"}
    if min(n, n_before) < ENOUGH:
        return row | {"verdict": "not assessed"}
    gap, p = compared(k, n, k_before, n_before, scan.effect)
    drop = min(row["before"], row["last"] if rows[LAST] else 1.0) - row["share"]
    verdict = "fell" if drop >= FALL else "as before"
    return row | {"change": gap.estimate, "low": gap.low, "high": gap.high, "p": p, "verdict": verdict}
