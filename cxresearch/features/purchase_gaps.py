"""The time between a customer's purchases, and to the second of them."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.rfm import DAYS, purchase_days


def purchase_gaps(orders, as_of, unit="weeks"):
    """Time from each day of purchase to the customer's next, or to `as_of` where there is none yet.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    unit : {"weeks", "days"}
        Weeks are whole days divided by seven.

    Returns
    -------
    ibis.Table
        customer_id, number (1 from the first to the second purchase), duration (in `unit`), has_ended (False for the running gap, which
        is left out where the last purchase was on `as_of` itself).

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = purchase_gaps(cx.open("data/cdnow").orders, "1997-09-30")
    >>> table.order_by("customer_id", "number").limit(3).to_pandas().round(2)
      customer_id  number  duration  has_ended
    0       00004       1      2.43       True
    1       00004       2     28.00       True
    2       00004       3      8.43      False
    """
    if unit not in DAYS:
        raise ValueError(f"unit is {unit!r}; it is one of {', '.join(DAYS)}")
    days = purchase_days(orders, as_of)
    order = ibis.window(group_by="customer_id", order_by="day")
    days = days.mutate(following=days.day.lead().over(order), number=ibis.row_number().over(order) + 1)
    end = ibis.coalesce(days.following, ibis.literal(as_day(as_of), "date"))
    gaps = days.select(
        "customer_id",
        "number",
        duration=end.delta(days.day, unit="day") / DAYS[unit],
        has_ended=days.following.notnull(),
    )
    return gaps.filter(gaps.duration > 0)


def second_purchase(orders, as_of, unit="weeks"):
    """Time from the first to the second day of purchase, or to `as_of` for those who have not come back.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    unit : {"weeks", "days"}
        Weeks are whole days divided by seven.

    Returns
    -------
    ibis.Table
        customer_id, duration (in `unit`), has_returned; customers who first bought on `as_of` itself have not
        been observed and are left out.

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = second_purchase(cx.open("data/cdnow").orders, "1997-09-30")
    >>> table.order_by("customer_id").limit(2).to_pandas().round(2)
      customer_id  duration  has_returned
    0       00004      2.43          True
    1       00018     38.43         False
    """
    gaps = purchase_gaps(orders, as_of, unit)
    first = gaps.filter(gaps.number == 1)
    return first.select("customer_id", "duration", has_returned=first.has_ended)
