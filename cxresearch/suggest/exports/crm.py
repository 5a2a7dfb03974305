"""Exports of customer-relationship management: accounts, and deals that were won."""

from cxresearch.suggest.exports.declared import Export, of

OBJECTS = "https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/"

ACCOUNTS = Export(
    "Salesforce, accounts",
    f"{OBJECTS}sforce_api_objects_account.htm",
    "customers",
    (("Account ID", "Id"), ("Created Date", "CreatedDate"), ("Account Name", "Name"), ("Industry", "Type")),
    {
        "customer_id": of("Account ID", "Id"),
        "acquired_at": of("Created Date", "CreatedDate"),
        "segment": of("Industry", "Type"),
        "region": of("Billing Country", "BillingCountry", "Billing State/Province", "BillingState"),
        "acquisition_channel": of("Account Source", "AccountSource"),
    },
    personal=("Account Name", "Name"),
)

OPPORTUNITIES = Export(
    "Salesforce, opportunities",
    f"{OBJECTS}sforce_api_objects_opportunity.htm",
    "orders",
    (
        ("Opportunity ID", "Id"),
        ("Account ID", "AccountId"),
        ("Stage", "StageName"),
        ("Close Date", "CloseDate"),
        "Amount",
    ),
    {
        "order_id": of("Opportunity ID", "Id"),
        "customer_id": of("Account ID", "AccountId"),
        "ordered_at": of("Close Date", "CloseDate"),
        "amount": of("Amount"),
        "currency": of("Opportunity Currency", "Amount Currency", "CurrencyIsoCode"),
    },
    rows={"Stage": ("closed won",), "StageName": ("closed won",)},
    notes=("open opportunities and lost ones are no orders",),
)

CASES = Export(
    "Salesforce, cases",
    f"{OBJECTS}sforce_api_objects_case.htm",
    "interactions",
    (
        ("Case Number", "CaseNumber", "Case ID"),
        ("Case Origin", "Origin"),
        ("Date/Time Opened", "Opened Date", "CreatedDate"),
    ),
    {
        "interaction_id": of("Case ID", "Id", "Case Number", "CaseNumber"),
        "customer_id": of("Account ID", "AccountId"),
        "started_at": of("Date/Time Opened", "Opened Date", "CreatedDate"),
        "touchpoint": of("Case Reason", "Reason", "Type", "Case Type", empty="no reason given"),
        "channel": of("Case Origin", "Origin", empty="unknown"),
        "agent_id": of("Case Owner", "OwnerId"),
        "is_resolved": of("Status", true="closed|solved|resolved", false=".*"),
    },
)

DEALS = Export(
    "HubSpot, deals",
    "https://knowledge.hubspot.com/import-and-export/export-records",
    "orders",
    (("Record ID", "Deal ID"), "Deal Name", "Deal Stage", "Close Date", "Amount"),
    {
        "order_id": of("Record ID", "Deal ID"),
        "customer_id": of(
            "Associated Company IDs", "Associated Company", "Associated Contact IDs", "Associated Contact"
        ),
        "ordered_at": of("Close Date"),
        "amount": of("Amount", "Amount in company currency"),
        "currency": of("Currency"),
    },
    rows={"Deal Stage": (r"closed ?won(\s*\(.*\))?",)},
    notes=("open deals and those closed as lost are no orders",),
)

EXPORTS = (ACCOUNTS, OPPORTUNITIES, CASES, DEALS)
