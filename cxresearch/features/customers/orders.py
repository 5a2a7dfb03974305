"""What a customer bought: recency, frequency, money, and how both move."""

from cxresearch.features.as_of import AGE
from cxresearch.features.customers.feature import Feature, count, total
from cxresearch.features.purchases import RETURN, is_return

TABLE = "orders"
MOMENT = "ordered_at"
MONEY = ("amount",)


def rows(workspace, at):
    """The orders known on the date, each with whether it is a return."""
    orders = workspace.table(TABLE)
    return at.known(orders.mutate(is_return(orders)), MOMENT)


def features(at):
    """The features of orders; returns count only where they are named, and no money is deducted for them."""

    def bought(orders, inside=None):
        kept = ~orders[RETURN]
        return kept if inside is None else kept & inside

    def orders_of(days, before=0):
        return lambda t: t.count(where=bought(t, at.is_within(t, days, before)))

    def spend_of(days, before=0):
        return lambda t: t.amount.sum(where=bought(t, at.is_within(t, days, before))).fill_null(0.0)

    yield Feature(
        "recency_days", "days", "since the last order", lambda t: t[AGE].min(where=bought(t)),
        missing="never ordered by then", dtype="int64",
    )  # fmt: skip
    yield Feature(
        "buying_days", "days", "since the first order", lambda t: t[AGE].max(where=bought(t)),
        missing="never ordered by then", dtype="int64",
    )  # fmt: skip
    yield count("frequency", "orders", "all orders so far", lambda t: t.count(where=bought(t)))
    yield total(
        "spend",
        "currency",
        "all that was paid for purchases so far, returns not deducted",
        lambda t: t.amount.sum(where=bought(t)).fill_null(0.0),
        MONEY,
    )
    yield Feature(
        "monetary", "currency", "mean amount of an order so far",
        lambda t: t.amount.sum(where=bought(t)) / t.count(where=bought(t)).nullif(0), MONEY,
        missing="never ordered by then",
    )  # fmt: skip
    for days in at.windows:
        within, earlier = f"in the last {days} days", f"less those in the {days} days before"
        yield count(f"orders_{days}d", "orders", f"orders {within}", orders_of(days))
        yield total(f"spend_{days}d", "currency", f"paid {within}", spend_of(days), MONEY)
        yield count(
            f"orders_trend_{days}d", "orders", f"orders {within} {earlier}",
            lambda t, days=days: orders_of(days)(t) - orders_of(days, before=days)(t),
        )  # fmt: skip
        yield total(
            f"spend_trend_{days}d", "currency", f"paid {within} less what was paid in the {days} days before",
            lambda t, days=days: spend_of(days)(t) - spend_of(days, before=days)(t), MONEY,
        )  # fmt: skip
    yield count(
        f"returns_{at.longest}d", "orders", f"orders taken back in the last {at.longest} days",
        lambda t: t.count(where=t[RETURN] & at.is_within(t, at.longest)),
    )  # fmt: skip
