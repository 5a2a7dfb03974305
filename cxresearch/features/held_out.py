"""A part of the records held out: what was known on an earlier day, and the purchases made after a day."""

import datetime
from typing import TYPE_CHECKING, NamedTuple

from cxresearch.features.as_of import as_day
from cxresearch.features.rfm import purchase_days, rfm

if TYPE_CHECKING:
    import pandas as pd


class HeldOut(NamedTuple):
    """Customers as known on a day, and what they bought afterwards.

    Attributes
    ----------
    cut, until : datetime.date
        The last day known to a model, and the last day that is held against it.
    weeks : float
        Between the two; 0 where nothing is.
    rfm : pandas.DataFrame
        As of the cut, with ``log_gaps``.
    later : pandas.DataFrame
        customer_id, day, spend of the purchases after the cut.
    """

    cut: datetime.date
    until: datetime.date
    weeks: float
    rfm: "pd.DataFrame"
    later: "pd.DataFrame"


def held_out(orders, as_of, longest=39):
    """Hold out the last part of the records: at most a third of them, and at most so many weeks.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    longest : int
        Weeks.

    Returns
    -------
    HeldOut

    Examples
    --------
    >>> import cxresearch as cx
    >>> held = held_out(cx.open("data/cdnow").orders, "1997-09-30")
    >>> str(held.cut), held.weeks, len(held.rfm), len(held.later)
    ('1997-07-01', 13, 2357, 711)
    """
    import pandas as pd

    as_of = as_day(as_of)
    first = purchase_days(orders, as_of).day.min().to_pandas()
    weeks = 0 if pd.isna(first) else round(min(longest, (as_of - pd.Timestamp(first).date()).days / 7 / 3))
    cut = as_of - datetime.timedelta(weeks=weeks)
    known = rfm(orders, cut, gaps=True).order_by("customer_id").to_pandas()
    later = purchase_days(orders, as_of, after=cut).order_by("customer_id", "day").to_pandas()
    return HeldOut(cut, as_of, weeks, known if weeks else known.iloc[:0], later)
