"""Recency, frequency, age and money of each buyer: what the non-contract models are fitted to."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.purchases import purchases

DAYS = {"days": 1, "weeks": 7}


def purchase_days(orders, as_of=None, after=None):
    """Spend per customer and day of purchase; returns are left out.

    Two orders of one customer on one day are one purchase, as in the literature. A return (flagged, or with a negative amount; see
    :func:`~cxresearch.features.purchases.is_return`) is no purchase, and its money is not deducted from the spend of any day.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of, after : date, optional
        Only days up to and including `as_of`, and later than `after`.

    Returns
    -------
    ibis.Table
        customer_id, day, spend (missing where orders have no amount: purchases are counted all the same).

    Raises
    ------
    ValueError
        Where `orders` is no Ibis table, or a date is not written like 2026-06-30.
    """
    orders = purchases(orders)
    amount = orders.amount if "amount" in orders.columns else ibis.null("float64")
    orders = orders.select("customer_id", amount=amount, day=orders.ordered_at.cast("date"))
    if as_of is not None:
        orders = orders.filter(orders.day <= ibis.literal(as_day(as_of), "date"))
    if after is not None:
        orders = orders.filter(orders.day > ibis.literal(as_day(after, "after"), "date"))
    return orders.group_by("customer_id", "day").aggregate(spend=orders.amount.sum())


def rfm(orders, as_of, unit="weeks", gaps=False):
    r"""Frequency, recency, age and mean repeat spend of every customer who had bought by `as_of`.

    With purchase days :math:`d_0 < d_1 < \dots < d_x` of one customer, frequency is :math:`x`, recency
    :math:`d_x - d_0`, age :math:`\text{as\_of} - d_0`, and monetary the mean spend of :math:`d_1 \dots d_x`.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts; nothing later is used.
    unit : {"weeks", "days"}
        Unit of recency and age. Weeks are whole days divided by seven.
    gaps : bool
        Whether to add ``log_gaps``, the sum of the natural logarithms of the times between purchase days, 0 without a repeat purchase: what
        models of regular buying need.

    Returns
    -------
    ibis.Table
        customer_id, frequency (repeat purchase days), recency, age, monetary (mean spend of a repeat purchase day;
        null where there is none, or orders have no amount), one row per customer.

    Notes
    -----
    The first purchase opens a customer's record and is not counted [1]_. `monetary` leaves it out for the same reason.

    References
    ----------
    .. [1] Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science 24(2), 275-284.

    Examples
    --------
    >>> import cxresearch as cx
    >>> table = rfm(cx.open("data/cdnow").orders, "1997-09-30")
    >>> table.order_by("customer_id").limit(3).to_pandas().round(3)
      customer_id  frequency  recency     age  monetary
    0       00004          2   30.429  38.857    22.345
    1       00018          0    0.000  38.429       NaN
    2       00021          1    1.714  38.857    11.770
    """
    if unit not in DAYS:
        raise ValueError(f"unit is {unit!r}; it is one of {', '.join(DAYS)}")
    days = purchase_days(orders, as_of)
    first = days.day.min().over(group_by="customer_id")
    days = days.mutate(first=first, is_repeat=days.day > first)
    more, per = {}, DAYS[unit]
    if gaps:
        before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
        days = days.mutate(gap=days.day.delta(before, unit="day"))
        more = {"log_gaps": ibis.coalesce((days.gap / per).ln().sum(), 0.0)}
    grouped = days.group_by("customer_id").aggregate(
        frequency=days.is_repeat.sum(),
        first=days.day.min(),
        last=days.day.max(),
        monetary=days.spend.mean(where=days.is_repeat),
        **more,
    )
    return grouped.select(
        "customer_id",
        "frequency",
        recency=grouped["last"].delta(grouped["first"], unit="day") / per,
        age=ibis.literal(as_day(as_of), "date").delta(grouped["first"], unit="day") / per,
        monetary=grouped.monetary,
        **({"log_gaps": grouped.log_gaps} if gaps else {}),
    )


def weekly_purchases(orders, as_of, origin=None):
    """Repeat purchase days of all customers together, by week since `origin`.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    origin : date or str, optional
        The day on which week 1 begins; unless given, that of the first purchase.

    Returns
    -------
    ibis.Table
        week (1, 2, …), repeat_purchases; weeks without a purchase are absent.
    """
    days = purchase_days(orders, as_of)
    days = days.mutate(first=days.day.min().over(group_by="customer_id"))
    repeats = days.filter(days.day > days["first"])
    begins = days.day.min().as_scalar() if origin is None else ibis.literal(as_day(origin, "origin"), "date")
    week = repeats.day.delta(begins, unit="day") // 7 + 1
    return repeats.group_by(week=week).aggregate(repeat_purchases=repeats.count()).order_by("week")
