"""Exports of shops and of payments."""

from cxresearch.suggest.exports.declared import Export, of

SHOPIFY = Export(
    "Shopify, orders",
    "https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders",
    "orders",
    ("Financial Status", "Lineitem name", "Created at", "Total"),
    {
        "order_id": of("Id", "Name"),
        "customer_id": of("Customer ID", "Email"),
        "ordered_at": of("Created at"),
        "amount": of("Total"),
        "channel": of("Source"),
        "currency": of("Currency"),
    },
    rows={"Financial Status": ("paid|partially_paid|partially_refunded",)},
    personal=("Email",),
    notes=(
        "an order with several items has a line each: only the first holds its status, and only that one is read",
        "voided, refunded and unpaid orders are no purchases; what was refunded of a paid one is not deducted",
    ),
)

CHARGES = Export(
    "Stripe, payments",
    "https://support.stripe.com/questions/exporting-a-report-of-all-transactions",
    "orders",
    ("id", "Amount", ("Created (UTC)", "Created date (UTC)"), "Status", ("Captured", "Amount Refunded")),
    {
        "order_id": of("id"),
        "customer_id": of("Customer ID", "Customer Email"),
        "ordered_at": of("Created (UTC)", "Created date (UTC)", is_utc=True),
        "amount": of("Amount"),
        "currency": of("Currency"),
    },
    rows={"Status": ("paid|succeeded",)},
    personal=("Customer Email",),
    notes=(
        "failed and refunded payments are no purchases",
        "what was refunded of a paid one is not deducted",
    ),
)

SUBSCRIPTIONS = Export(
    "Stripe, subscriptions",
    "https://docs.stripe.com/billing/subscriptions/overview",
    "contracts",
    ("id", "Customer ID", "Plan", "Status", ("Start Date (UTC)", "Start (UTC)"), "Current Period End (UTC)"),
    {
        "contract_id": of("id"),
        "customer_id": of("Customer ID"),
        "started_on": of("Start Date (UTC)", "Start (UTC)", "Created (UTC)"),
        "ended_on": of("Ended At (UTC)", "Canceled At (UTC)"),
        "monthly_amount": of("Amount", where=("Interval", "month")),
        "end_reason": of("Cancellation Reason"),
        "currency": of("Currency"),
    },
    without={"Status": "incomplete|incomplete_expired"},
    notes=(
        "the end of the period that is running is not the end of the subscription",
        "the price of a plan that is not paid by the month is not read",
    ),
)

EXPORTS = (SHOPIFY, CHARGES, SUBSCRIPTIONS)
