"""Who holds a contract at the end of a day: the one definition that features, labels and outcomes share."""

import ibis

UNTIL = "cx_held_until"


def with_renewals(contracts):
    """Contracts with the first day at whose end each is no longer held.

    That is the last day of a contract. Where another contract of the same customer begins on the day after, it renews the one that ends:
    whoever renews has signed by then and is a customer without a break, so that the older one is held until the newer one has begun.

    Parameters
    ----------
    contracts : ibis.Table
        The contract's ``contracts``.

    Returns
    -------
    ibis.Table
        `contracts` with ``cx_held_until``, missing while a contract runs.

    Examples
    --------
    >>> rows = {"customer_id": ["a", "a", "b"], "started_on": ["2024-01-01", "2025-01-01", "2024-01-01"], "ended_on": ["2024-12-31", None, "2024-12-31"]}
    >>> contracts = ibis.memtable(rows, schema={"customer_id": "string", "started_on": "date", "ended_on": "date"})
    >>> held = with_renewals(contracts)
    >>> day = ibis.date("2024-12-31")
    >>> held.group_by("customer_id").aggregate(held=is_held(held, day).any()).order_by("customer_id").to_pandas()
      customer_id   held
    0           a   True
    1           b  False
    """
    newer = contracts.select(cx_customer=contracts.customer_id, cx_begins=contracts.started_on).distinct()
    after = (contracts.ended_on + ibis.interval(days=1)).cast("date")
    renewed = contracts.left_join(
        newer, [contracts.customer_id == newer.cx_customer, after == newer.cx_begins]
    )
    renewed = renewed.mutate(**{UNTIL: ibis.coalesce(renewed.cx_begins, renewed.ended_on)})
    return renewed.drop("cx_customer", "cx_begins")


def is_held(contracts, day):
    """Whether each contract of :func:`with_renewals` is held at the end of a day: it had begun, and is held until a later one."""
    return (contracts.started_on <= day) & (contracts[UNTIL].isnull() | (contracts[UNTIL] > day))
