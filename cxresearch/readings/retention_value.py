"""What the retention page says of the worth of customers, and of keeping against winning them."""

from cxresearch.display import finding
from cxresearch.readings.sentences import known, money, say

ESTIMATE = ["estimate", "low", "high"]
SIDES = {"contract": "contract customers", "buyers": "buyers"}
FULL = 0.99  # yearly retention that has no point left to rise by


def buyer_spend(spend):
    """Whether spend and frequency may be multiplied.

    Parameters
    ----------
    spend : BuyerSpend
    """
    estimate, low, high = (f"{value:z.2f}".replace("-", "−") for value in spend.correlation_)
    correlation = f"correlation {estimate}, {low} to {high}"
    verdict = {
        "unrelated": f"Spend and frequency are not clearly related ({correlation}), as the model assumes.",
        "understates": f"Frequent buyers spend more per purchase ({correlation}): multiplying the two models understates their value.",
        "overstates": f"Frequent buyers spend less per purchase ({correlation}): multiplying the two models overstates their value.",
    }[spend.verdict_]
    return say(verdict, _effect(spend), *(f"Left out: {sentence}." for sentence in spend.left_out_))


def _effect(spend):
    if spend.verdict_ == "unrelated":
        return ""
    if spend.is_weak_:
        return "The link is weak and moves totals little."
    return "The link is strong: do not use these values customer by customer."


def customer_value(worth, margin):
    """What customers are worth.

    Parameters
    ----------
    worth : CustomerValue
    margin : float
        Contribution per unit of revenue that was assumed.
    """
    first = worth.summary().iloc[0]
    top = (
        f"A tenth of the customers account for {worth.top_share_:.0%} of it all."
        if known(worth.top_share_)
        else ""
    )
    metric = first["metric"][0].upper() + first["metric"][1:]
    return say(
        f"{metric}: {money(first[ESTIMATE])}.",
        top,
        "The intervals are of what will be paid: they cover uncertain parameters and the luck of who leaves, who buys and how much.",
        f"They do not cover a wrong margin ({margin:.0%} is assumed) or a change in behaviour.",
    )


def growth_levers(levers, checks=()):
    """What a point of retention is worth, against winning customers: the finding of the board page.

    Parameters
    ----------
    levers : GrowthLevers
    checks : sequence of PurchaseHoldout
        Of the model of buyers; empty where it could not be tested.
    """
    rows = levers.summary().set_index("metric")[ESTIMATE]
    alike, keep, win = (rows.iloc[place] for place in range(3))
    revenue = (
        "At a margin of 1 this is revenue, from which costs are still to be deducted."
        if levers.money_ == "revenue"
        else ""
    )
    sentences = [
        f"One more point of yearly retention is worth {money(keep)} if everybody's risk of leaving falls by the same share, and {money(alike)} if "
        f"everybody's retention rises alike, that of the safest too; 1% more new customers {money(win)}.",
        revenue,
        _exchange(levers.points_per_percent_),
        *(f"{sentence}." for sentence in levers.left_out_),
        _failed(levers, checks),
        _retained(levers.value_),
        "Which of the two a programme does, and what each step costs, is not in these data; trials would confirm or overturn this.",
    ]
    words = " ".join(filter(None, sentences))
    stake = (
        {"at_stake": tuple(keep), "within": f"{levers.years:g} years", "of": levers.money_}
        if known(keep["low"])
        else {}
    )
    return finding("A point of retention", "{words}", words=words, **stake)


def _exchange(ratio):
    if not known(ratio.estimate):
        return "No customers were won in the last year, so retention and acquisition cannot be compared."
    percent = f"{ratio.estimate:.1f}% ({ratio.low:.1f}% to {ratio.high:.1f}%)"
    return (
        f"A point of retention, in proportion to risk, is worth as much as {percent} more new customers: retention is the better investment as "
        f"long as a point costs less than {ratio.estimate:.1f} times what 1% more new customers cost."
    )


def _failed(levers, checks):
    has_buyers = "buyers" in set(levers.value_["side"])
    failed = any(
        check.tests_[levers.buyers_by_].verdict_
        in ("under-predicts", "over-predicts", "agrees in total only")
        for check in checks
        if has_buyers
    )
    return (
        "The model of buyers failed its hold-out test: treat their part of these figures with caution."
        if failed
        else ""
    )


def _retained(value):
    rows = value.dropna(subset="retention")
    full = ", which leaves no full point to gain"
    each = [
        f"{SIDES[v.side]} {v.retention:.1%}{full if v.retention > FULL else ''}" for v in rows.itertuples()
    ]
    return f"Yearly retention according to the models: {'; '.join(each)}." if each else ""
