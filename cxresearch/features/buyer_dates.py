"""When each buyer first came, came back, and whether they bought lately."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.months import months_later
from cxresearch.features.rfm import purchase_days


def buyer_dates(orders, as_of, months=3, before=12):
    """The first two days of purchase of each buyer, and in which of two spans before `as_of` they bought.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    months : int
        Length of the span that ends on `as_of`.
    before : int
        Length in months of the span that ends where the other begins.

    Returns
    -------
    ibis.Table
        customer_id, first_on, second_on (null where there is none), has_bought_lately (in the last `months`), has_bought_before (in the
        `before` months before them).

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = buyer_dates(cx.open("data/cdnow").orders, "1997-09-30")
    >>> table.order_by("customer_id").limit(2).to_pandas()
      customer_id   first_on  second_on  has_bought_lately  has_bought_before
    0       00004 1997-01-01 1997-01-18               True               True
    1       00018 1997-01-04        NaT              False               True
    """
    days = purchase_days(orders, as_of)
    end = ibis.literal(as_day(as_of), "date")
    start = months_later(end, -months)
    earliest = months_later(start, -before)
    days = days.mutate(number=ibis.row_number().over(ibis.window(group_by="customer_id", order_by="day")))
    is_late, is_before = days.day > start, (days.day > earliest) & (days.day <= start)
    found = days.group_by("customer_id").aggregate(
        first_on=days.day.min(),
        second_on=days.day.min(where=days.number == 1),
        lately=is_late.cast("int32").sum(),
        before=is_before.cast("int32").sum(),
    )
    return found.select(
        "customer_id",
        "first_on",
        "second_on",
        has_bought_lately=found.lately > 0,
        has_bought_before=found.before > 0,
    )
