"""What counts as a purchase and what as a return: the one definition that every feature of orders shares."""

import ibis

RETURN = "is_return"


def is_return(orders):
    """Whether each order takes a purchase back: it is flagged as a return, or its amount is negative.

    An amount of 0, or none, is a purchase.

    Parameters
    ----------
    orders : ibis.Table
        The contract's ``orders``.

    Examples
    --------
    >>> rows = {"amount": [10.0, -4.0, 5.0, None], "is_return": [False, None, True, None]}
    >>> orders = ibis.memtable(rows, schema={"amount": "float64", "is_return": "boolean"})
    >>> orders.select(is_return(orders)).to_pandas().iloc[:, 0].tolist()
    [False, True, True, False]
    """
    found = ibis.literal(False)
    if RETURN in orders.columns:
        found = orders[RETURN].fill_null(False)
    if "amount" in orders.columns:
        found = found | (orders.amount < 0).fill_null(False)
    return found.name(RETURN)


def purchases(orders):
    """The orders that are purchases; returns are left out.

    Raises
    ------
    ValueError
        Where `orders` is no Ibis table.
    """
    if not isinstance(orders, ibis.Table):
        kind = type(orders).__name__
        raise ValueError(f"orders is a {kind}, not an Ibis table: give ws.orders, or ibis.memtable(frame)")
    return orders.filter(~is_return(orders))


def net_amount(orders):
    """What each order adds to what was paid: its amount, that of a return deducted whichever sign it has.

    Examples
    --------
    >>> orders = ibis.memtable({"amount": [10.0, -4.0, 5.0], "is_return": [False, False, True]})
    >>> orders.select(net_amount(orders)).to_pandas().iloc[:, 0].tolist()
    [10.0, -4.0, -5.0]
    """
    return ibis.ifelse(is_return(orders), -orders.amount.abs(), orders.amount).name("amount")
