"""The contracts a customer holds: their age, their price, and how soon the next renewal is."""

import ibis

from cxresearch.features.as_of import AGE
from cxresearch.features.customers.feature import Feature, count, total
from cxresearch.features.held_contracts import is_held, with_renewals
from cxresearch.features.months import months_between

TABLE = "contracts"
MOMENT = "started_on"
RUNNING, PRICE, LEFT, OVER = "is_running", "segment_price", "months_left", "ended_days_ago"
NEWEST = "is_newest"  # of the running contracts of a customer the one begun last
FURTHER = "contract_"  # how a feature begins that is a further column of the table


def rows(workspace, at, attributes=()):
    """The contracts known on the date, as they stood then: an end that came later, and its reason, are not known."""
    contracts = at.known(with_renewals(workspace.table(TABLE)), MOMENT)
    over = at.days_since(contracts, contracts.ended_on)
    running = is_held(contracts, at.day(contracts))
    state = {RUNNING: running, OVER: ibis.ifelse(running, ibis.null("int64"), over)}
    if "term_months" in contracts.columns:
        elapsed = months_between(contracts.started_on, at.day(contracts, later=1))
        state[LEFT] = contracts.term_months - elapsed % contracts.term_months
    state |= {FURTHER + a.column: a.of(contracts) for a in attributes}
    order = ibis.window(
        group_by=[*at.keys, RUNNING], order_by=[ibis.desc("started_on"), ibis.desc("contract_id")]
    )
    contracts = contracts.mutate(**state)
    state = [*state, NEWEST]
    contracts = contracts.mutate(**{NEWEST: contracts[RUNNING] & (ibis.row_number().over(order) == 0)})
    # nothing else goes further: a reason is a later fact
    kept = [*at.keys, AGE, "term_months", "monthly_amount"]
    contracts = contracts.select(*[c for c in kept if c in contracts.columns], *state)
    return _with_segment_price(contracts, workspace, at)


def features(at, attributes=()):
    """The features of contracts, those running at the end of the date unless said otherwise."""
    ended = "no contract running then"
    yield count("contracts_running", "contracts", "contracts held", lambda t: t.count(where=t[RUNNING]))
    yield count(
        "contracts_ended", "contracts", "contracts that had ended", lambda t: t.count(where=~t[RUNNING])
    )
    yield Feature(
        "contract_days", "days", "since the oldest running contract began",
        lambda t: t[AGE].max(where=t[RUNNING]), missing=ended, dtype="int64",
    )  # fmt: skip
    yield Feature(
        "days_since_end", "days", "since the last contract that has ended did",
        lambda t: t[OVER].min(), missing="no contract had ended by then", dtype="int64",
    )  # fmt: skip
    yield Feature(
        "term_months", "months", "length of the longest term", lambda t: t.term_months.max(where=t[RUNNING]),
        ("term_months",), missing=ended,
    )  # fmt: skip
    yield Feature(
        "months_to_renewal", "months", "until the next term runs out, begun months counted whole",
        lambda t: t[LEFT].min(where=t[RUNNING]), ("term_months",), missing=ended,
    )  # fmt: skip
    yield total(
        "monthly_amount", "currency", "price of a month, all contracts together",
        lambda t: t.monthly_amount.sum(where=t[RUNNING]).fill_null(0.0), ("monthly_amount",),
    )  # fmt: skip
    yield Feature(
        "price_against_segment", "ratio", "price of a contract over the median of its customer's segment, mean of the contracts",
        lambda t: (t.monthly_amount / t[PRICE]).mean(where=t[RUNNING]), ("monthly_amount", "segment"),
        missing="no contract running then, no price or no segment",
    )  # fmt: skip
    for a in attributes:
        name = FURTHER + a.column
        yield Feature(
            name, "label" if a.kind == "text" else "scale of the data", f"{a.column} of the running contract begun last",
            lambda t, name=name: t[name].max(where=t[NEWEST]), missing="no contract running then, or not recorded",
            dtype="string" if a.kind == "text" else "float64",
        )  # fmt: skip


def _with_segment_price(contracts, workspace, at):
    """Beside each contract the median price of those that run in its customer's segment."""
    if "customers" not in workspace.tables or "monthly_amount" not in contracts.columns:
        return contracts
    customers = workspace.table("customers")
    if "segment" not in customers.columns:
        return contracts
    customers = customers.select("customer_id", "segment")
    contracts = contracts.left_join(customers, "customer_id").drop("customer_id_right")
    running = contracts.filter(contracts[RUNNING])
    keys = ["segment", *at.keys[1:]]
    prices = running.group_by(*keys).aggregate(**{PRICE: running.monthly_amount.median()})
    prices = prices.mutate(**{PRICE: prices[PRICE].nullif(0.0)})
    joined = contracts.left_join(prices, keys)
    return joined.drop(*[c for c in joined.columns if c.endswith("_right")])
