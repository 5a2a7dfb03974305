"""What the shop sold, and how many customers it won, in a quarter and in the same quarter a year earlier."""

import ibis

from cxresearch.features.as_of import as_day
from cxresearch.features.months import months_later
from cxresearch.features.purchases import is_return
from cxresearch.features.rfm import purchase_days

YEAR = 12


def shop_quarter(orders, as_of, months=3):
    """Sales and new customers of the last months, and of the same months a year earlier.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
        The last day that counts.
    months : int

    Returns
    -------
    pandas.DataFrame
        Two rows, by ``years_ago`` 0 and 1: won (customers whose first purchase it was), orders, sales (before returns; missing without
        amounts), squares (sum of the squared amounts), and is_known (whether the orders reach back a year before these months: else whoever bought
        before the records would count as won).

    Examples
    --------
    >>> import cxresearch as cx
    >>> shop_quarter(cx.open("data/cdnow").orders, "1998-03-31")[["won", "orders", "sales"]].round(0).to_numpy().tolist()
    [[0.0, 678.0, 24887.0], [2357.0, 3267.0, 112499.0]]
    """
    end = ibis.literal(as_day(as_of), "date")
    spans = [(months_later(end, -YEAR * ago - months), months_later(end, -YEAR * ago)) for ago in (0, 1)]
    bought = orders.mutate(cx_back=is_return(orders), day=orders.ordered_at.date())
    bought = bought.filter(~bought.cx_back, bought.day <= end)
    days = purchase_days(orders, as_of)
    first = days.group_by("customer_id").aggregate(day=days.day.min())
    amount = bought.amount.cast("float64") if "amount" in orders.columns else ibis.null("float64")
    found = {"begin": bought.day.min()}
    for ago, (after, until) in enumerate(spans):
        inside = (bought.day > after) & (bought.day <= until)
        found |= {f"orders{ago}": inside.cast("int32").sum(), f"sales{ago}": amount.sum(where=inside)}
        found |= {
            f"squares{ago}": (amount * amount).sum(where=inside),
            f"needs{ago}": months_later(after, -YEAR),
        }
    sold = bought.aggregate(**found).to_pandas().iloc[0]
    won = {f"won{ago}": ((first.day > after) & (first.day <= until)).cast("int32").sum() for ago, (after, until) in enumerate(spans)}  # fmt: skip
    won = first.aggregate(**won).to_pandas().iloc[0]
    return _rows(sold, won)


def _rows(sold, won):
    import pandas as pd

    begin = pd.Timestamp(sold["begin"])
    return pd.DataFrame(
        {
            "years_ago": ago,
            "won": won[f"won{ago}"],
            **{name: sold[f"{name}{ago}"] for name in ("orders", "sales", "squares")},
            "is_known": bool(begin <= pd.Timestamp(sold[f"needs{ago}"])),
        }
        for ago in (0, 1)
    ).fillna({"won": 0, "orders": 0})
