"""A table's rows by month, and whether they are many enough to be judged by the month."""

import numpy as np
import pandas as pd

from cxresearch.models.quality.scan import months_ago, months_back

LONGEST = 36  # earlier months used
FEW = 6  # earlier months, and FEW_QUARTERS quarters, without which nothing is predicted
FEW_QUARTERS = 4
THIN = 10  # a table with fewer rows in its usual month is judged by the quarter
TOO_SHORT = f"fewer than {FEW} earlier months, or {FEW_QUARTERS} quarters of a table with few rows"


def history(scan, as_of):
    """Rows by month ago (0 = the last month) of a dated table, back to the first whole month, at most `LONGEST` before the quarter.

    Months of the quarter itself are counted as they are, whole or not: they are judged, not learnt from.
    """
    ago = months_ago(scan.days["day"], as_of)
    first = int(ago.max())
    begins = pd.Timestamp(months_back(as_of, first + 1)) + pd.Timedelta(days=1)
    if first > 2 and (scan.days["day"].min() - begins).days > 7:
        first -= 1
    rows = scan.days["rows"].groupby(np.asarray(ago)).sum()
    return rows.reindex(range(min(first, LONGEST + 2) + 1), fill_value=0).astype(float)


def grain(rows):
    """``month``, or ``quarter`` where the earlier months are often empty or thin; None where they are too few."""
    before = rows[rows.index > 2]
    if len(before) >= FEW and (before == 0).mean() < 1 / 3 and before.median() >= THIN:
        return "month"
    return "quarter" if len(before) >= 3 * FEW_QUARTERS else None
