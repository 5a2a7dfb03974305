"""What customers did after they were asked: did they stay, and what did they spend."""

import ibis

from cxresearch.errors import NotEnough
from cxresearch.features.answered import MOMENT, answered
from cxresearch.features.as_of import as_day
from cxresearch.features.contract_spells import contract_spells
from cxresearch.features.leaving import is_leaving
from cxresearch.features.purchases import is_return, net_amount
from cxresearch.months import DAYS_PER_MONTH

ASKED = [
    "customer_id",
    "cx_day",
]  # all who were asked on one day are followed alike, so that rows need no number


def stayed_after(asked, contracts, as_of, months=12, leaving=()):
    """Months until a contract customer left, counted from the day of an answer, or of an invitation.

    A contract counts if it had begun and not ended on that day; of several, the one that ends last. Contracts
    that overlap or follow the next day are one: who renews has not left. Leaving in the first 30 days is month 1. Who had not left by `as_of`, or within `months`, is censored there.

    Parameters
    ----------
    asked : ibis.Table
        Rows with customer_id and a moment, ``responded_at`` (of :func:`~cxresearch.features.survey_answers.survey_answers`) or
        ``invited_at``; other columns are kept. The contract's ``survey_responses`` serve too: an answer without a moment counts
        from the last day of its wave, as :func:`~cxresearch.features.answered.answered` says.
    contracts : ibis.Table
        The contract's ``contracts``.
    as_of : date or str
        The last day that counts: what ended later had not ended.
    months : int
        Longest time followed.
    leaving : sequence of str
        The end reasons that count as leaving, all unless given; who ended in another way is followed until then.

    Returns
    -------
    ibis.Table
        The rows of `asked` that held a contract, with duration (whole months, 0 if not followed for one) and
        has_left.

    Examples
    --------
    >>> import cxresearch as cx
    >>> day = ibis.timestamp("2026-01-10 12:00:00")
    >>> asked = ibis.memtable({"customer_id": ["a", "b", "c"]}).mutate(responded_at=day)
    >>> held = ibis.memtable({"contract_id": ["1", "2"], "customer_id": ["a", "b"], "ended": ["2026-03-01", None]})
    >>> held = held.mutate(started_on=ibis.date("2025-01-01"), ended_on=held.ended.cast("date"))
    >>> table = stayed_after(asked, held, "2026-06-30").order_by("customer_id")
    >>> table.to_pandas()[["customer_id", "duration", "has_left"]]
      customer_id  duration  has_left
    0           a         2      True
    1           b         5     False
    """
    last = ibis.literal(as_day(as_of), "date")
    asked = _followed_from(asked)
    asked = asked.filter(asked.cx_day <= last, asked.customer_id.notnull())
    held = contract_spells(contracts, as_of, gap_days=1, records_from=as_of)
    counts = is_leaving(held.end_reason, leaving).cast("int32")
    held = held.select("customer_id", "started_on", cx_end=held.ended_on, cx_counts=counts)
    both = asked.select(*ASKED).distinct().inner_join(held, "customer_id")
    is_held = (both.started_on <= both.cx_day) & (both.cx_end.isnull() | (both.cx_end > both.cx_day))
    grouped = both.filter(is_held).group_by(ASKED)
    found = grouped.aggregate(
        end=lambda t: t.cx_end.max(),
        runs=lambda t: t.cx_end.isnull().cast("int32").sum(),
        counts=lambda t: t.cx_counts.min(),
    )
    joined = asked.inner_join(found, ASKED)
    is_over = (joined.runs == 0).fill_null(False)
    left = is_over & (joined.counts == 1)
    days = ibis.ifelse(is_over, joined.end, last).delta(joined.cx_day, unit="day")
    month = ibis.ifelse(
        left, ((days - 1) / DAYS_PER_MONTH).floor() + 1, (days / DAYS_PER_MONTH).floor()
    ).cast("int64")
    joined = joined.mutate(has_left=left & (month <= months), duration=ibis.least(month, months))
    return joined.drop("cx_day", "end", "runs", "counts")


def spend_after(asked, orders, as_of, days=182):
    """What each customer spent in the days after an answer, beside the days before it.

    Only answers followed for all of `days`, of customers who had bought before; money of returns is deducted.

    Parameters
    ----------
    asked : ibis.Table
        As for :func:`stayed_after`.
    orders : ibis.Table
        The contract's ``orders``.
    as_of : date or str
    days : int
        Length of either window; the day of the answer belongs to neither.

    Returns
    -------
    ibis.Table
        The rows of `asked` with spend_before and spend_after.

    Raises
    ------
    NotEnough
        Where orders have no amount.
    """
    if "amount" not in orders.columns:
        raise NotEnough("orders have no amount")
    asked = _followed_from(asked)
    followed = ibis.literal(as_day(as_of), "date").delta(asked.cx_day, unit="day") >= days
    asked = asked.filter(followed, asked.customer_id.notnull())
    bought = orders.select(
        "customer_id", net_amount(orders), day=orders.ordered_at.cast("date"), bought=~is_return(orders)
    )
    both = asked.select(*ASKED).distinct().inner_join(bought, "customer_id")
    both = both.mutate(since=both.day.delta(both.cx_day, unit="day"))

    def spent(inside):
        return ibis.ifelse(inside, both.amount, 0.0).sum()

    found = both.group_by(ASKED).aggregate(
        known=((both.since < 0) & both.bought).cast("int32").sum(),
        spend_before=spent((both.since < 0) & (both.since >= -days)),
        spend_after=spent((both.since > 0) & (both.since <= days)),
    )
    found = found.filter(found.known > 0)
    return asked.inner_join(found, ASKED).drop("cx_day", "known")


def _followed_from(asked):
    """The rows with the day from which each customer is followed."""
    if "invited_at" in asked.columns and MOMENT not in asked.columns:
        moment = "invited_at"
    elif {MOMENT, "wave"} & set(asked.columns):
        asked, moment = answered(asked), MOMENT
    else:
        raise ValueError(
            "asked has neither responded_at nor invited_at nor wave: nothing says what came after"
        )
    return asked.mutate(cx_day=asked[moment].cast("date"))
