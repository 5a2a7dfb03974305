"""What the check of the tables found wrong with them."""

import pandas as pd

from cxresearch.models.quality.scan import months_ago
from cxresearch.models.quality.topic import HOLD, OK, WARNING, Topic


class TableFaults(Topic):
    """What was read of each table, and the faults in it. One error holds a report; anything less is a warning.

    Attributes
    ----------
    tables_ : pandas.DataFrame
        table, rows (up to the date), of_quarter (rows of the quarter), problems; and set_aside, where the mapping chooses rows: those that
        it does not, whatever their date.
    faults_ : pandas.DataFrame
        table, column, rule, rows, examples (the first two), severity.
    notes_ : list of str
        What the mapping makes of values: half-known dates, converted amounts.
    state_ : str

    Examples
    --------
    >>> import datetime
    >>> import cxresearch as cx
    >>> quality = cx.models.DataQuality().fit(cx.open("data/cdnow"), datetime.date(1997, 9, 30))
    >>> TableFaults().fit(quality.quarter_).tables_["rows"].tolist()
    [2357, 4960]
    """

    def fit(self, quarter):
        """Gather what the check found.

        Parameters
        ----------
        quarter : QuarterData

        Returns
        -------
        TableFaults
            This object.
        """
        faults = quarter.problems
        self.faults_ = faults.assign(examples=[", ".join(examples[:2]) for examples in faults["examples"]])
        self.tables_ = pd.DataFrame({"table": list(quarter.rows), "rows": list(quarter.rows.values())})
        name = self.tables_["table"]
        of_quarter = {scan.name: _of_quarter(scan, quarter.as_of) for scan in quarter.dated}
        self.tables_["of_quarter"] = name.map(of_quarter)
        self.tables_["problems"] = name.map(faults["table"].value_counts()).fillna(0).astype(int)
        if quarter.set_aside:
            self.tables_["set_aside"] = name.map(quarter.set_aside).fillna(0).astype(int)
        is_error = faults["severity"] == "error"
        self.state_ = HOLD if is_error.any() else WARNING if len(faults) else OK
        self.notes_, self.left_out_ = quarter.notes, []
        return self


def _of_quarter(scan, as_of):
    return int(scan.days.loc[months_ago(scan.days["day"], as_of) < 3, "rows"].sum())
