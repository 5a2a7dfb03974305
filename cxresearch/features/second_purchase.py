"""How long each customer took to buy a second time."""

from cxresearch.features.purchase_gaps import purchase_gaps


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
