"""Exports of help desks: tickets, conversations, and what customers thought of them."""

from cxresearch.suggest.exports.declared import Export, of

GOOD_AND_BAD = {"good|good with comment": "1", "bad|bad with comment": "0", ".*": None}
SOLVED = {"true": "solved|closed", "false": ".*"}

TICKETS = Export(
    "Zendesk, tickets",
    "https://support.zendesk.com/hc/en-us/articles/4408886165402",
    "interactions",
    (("Id", "Ticket ID"), "Requester id", ("Via", "Channel"), "Created at", "Ticket type"),
    {
        "interaction_id": of("Id", "Ticket ID"),
        "customer_id": of("Requester id"),
        "started_at": of("Created at"),
        "touchpoint": of("Ticket type", empty="no type given"),
        "channel": of("Via", "Channel", empty="unknown"),
        "department": of("Group"),
        "agent_id": of("Assignee"),
        "is_resolved": of("Status", **SOLVED),
        "satisfaction": of("Satisfaction Score", codes=GOOD_AND_BAD),
    },
    missing=("-",),
)

RATINGS = Export(
    "Zendesk, satisfaction ratings",
    "https://developer.zendesk.com/api-reference/ticketing/ticket-management/satisfaction_ratings/",
    "survey_responses",
    (("id", "Rating ID"), "ticket_id", "requester_id", "score", "created_at"),
    {
        "response_id": of("id", "Rating ID"),
        "customer_id": of("requester_id"),
        "responded_at": of("created_at"),
        "satisfaction": of("score", codes=GOOD_AND_BAD),
        "comment": of("comment"),
    },
    without={"score": "offered|unoffered|not offered"},
    notes=("a rating that was offered and not given is no answer",),
)

HUBSPOT = Export(
    "HubSpot, tickets",
    "https://knowledge.hubspot.com/import-and-export/export-records",
    "interactions",
    (("Record ID", "Ticket ID"), "Ticket name", "Ticket status", "Create date"),
    {
        "interaction_id": of("Record ID", "Ticket ID"),
        "customer_id": of(
            "Associated Company IDs", "Associated Company", "Associated Contact IDs", "Associated Contact"
        ),
        "started_at": of("Create date"),
        "touchpoint": of("Category", "Pipeline", empty="no category given"),
        "channel": of("Source", empty="unknown"),
        "agent_id": of("Ticket owner"),
        "is_resolved": of("Ticket status", true=r"closed(\s*\(.*\))?", false=".*"),
    },
    personal=("Ticket name",),
)

INTERCOM = Export(
    "Intercom, conversations",
    "https://intercom.com/help/en/articles/7022438-reporting-metrics-attributes",
    "interactions",
    (
        "Conversation ID",
        ("Conversation started at", "Conversation created at"),
        ("Channel", "Conversation state"),
    ),
    {
        "interaction_id": of("Conversation ID"),
        "customer_id": of("User external ID", "User ID", "Contact ID", "message_author_user_id"),
        "started_at": of("Conversation started at", "Conversation created at"),
        "touchpoint": of("Topic", "Conversation tags", "Conversation tag", empty="no topic given"),
        "channel": of("Channel", value="messenger", empty="unknown"),
        "department": of("Team assigned", "Team currently assigned"),
        "agent_id": of("Teammate assigned", "Teammate currently assigned"),
        "is_resolved": of("Conversation state", "Current conversation state", true="closed", false=".*"),
        "satisfaction": of("Conversation rating", "Teammate conversation rating"),
    },
    notes=("without a column of topics, all conversations are about one thing",),
)

SERVICE_REQUESTS = Export(
    "Jira Service Management, requests",
    "https://confluence.atlassian.com/display/ADMINJIRASERVER0907/Data+pipeline+export+schema",
    "interactions",
    (
        "Issue key",
        "Created",
        "Status",
        ("Request Type", "Customer Request Type", "Custom field (Request Type)"),
    ),
    {
        "interaction_id": of("Issue key"),
        "customer_id": of("Organizations", "Custom field (Organizations)", "Reporter Id", "Reporter"),
        "started_at": of("Created"),
        "touchpoint": of(
            "Request Type", "Customer Request Type", "Custom field (Request Type)", empty="no type given"
        ),
        "channel": of(
            "Request Channel Type", "Custom field (Request Channel Type)", value="portal", empty="unknown"
        ),
        "agent_id": of("Assignee Id", "Assignee"),
        "is_resolved": of("Status", true="done|closed|resolved|completed", false=".*"),
        "satisfaction": of("Satisfaction rating", "Satisfaction", "Custom field (Satisfaction)"),
    },
    personal=("Reporter", "Assignee"),
)

EXPORTS = (TICKETS, RATINGS, HUBSPOT, INTERCOM, SERVICE_REQUESTS)
