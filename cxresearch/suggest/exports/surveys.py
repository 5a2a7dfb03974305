"""Exports of surveys whose header says less than those of Qualtrics and SurveyMonkey, which their own rows of header tell."""

from cxresearch.suggest.exports.declared import NUMBERED, Export, of

AGENT_CONNECT = Export(
    "Medallia Agent Connect, feedback",
    "https://docs.medallia.com/en/agent-connect/reports-and-dashboards/export-data/feedback-exports-field-descriptions-and-request-delivery-status",
    "survey_responses",
    ("request_id", "response_received_at", "star_rating"),
    {
        "response_id": of("request_id"),
        "customer_id": of("external_url", "customer_id"),
        "responded_at": of("response_received_at", is_utc=True),
        "satisfaction": of("star_rating"),
        "channel": of("channel"),
        "comment": of("comments"),
    },
    without={"response_received_at": ""},
    notes=("a request without a response is no answer",),
)

EXPERIENCE_CLOUD = Export(
    "Medallia, responses",
    "https://docs.medallia.com/en/medallia-experience-cloud/overview/journey-of-a-record",
    "survey_responses",
    (
        ("Survey ID", "surveyid", "a_surveyid"),
        ("Response Date", "responsedate", "e_responsedate", "Creation Date", "e_creationdate"),
        ("Likelihood to Recommend", "LTR", "Overall Satisfaction", "OSAT", "q_ltr"),
    ),
    {
        "response_id": of("Survey ID", "surveyid", "a_surveyid"),
        "customer_id": of("Customer ID", "Account ID", "Member ID"),
        "responded_at": of(
            "Response Date", "responsedate", "e_responsedate", "Creation Date", "e_creationdate"
        ),
        "recommend": of("Likelihood to Recommend", "LTR", "q_ltr"),
        "satisfaction": of("Overall Satisfaction", "OSAT", "q_osat"),
        "department": of("Unit", "Unit Name", "e_unitid"),
        "channel": of("Channel", "Survey Type"),
        "comment": of("Comment", "Comments", "Overall Comment"),
    },
    is_survey=True,
)

GOOGLE_FORMS = Export(
    "Google Forms, responses",
    "https://support.google.com/docs/answer/2917686",
    "survey_responses",
    (("Timestamp", "Zeitstempel", "Horodateur", "Marca temporal"),),
    {
        "response_id": NUMBERED,
        "responded_at": of("Timestamp", "Zeitstempel", "Horodateur", "Marca temporal"),
    },
    personal=("Email Address", "Username"),
    is_survey=True,
    notes=("the clock is that of the spreadsheet: declare the time zone under [workspace]",),
)

EXPORTS = (AGENT_CONNECT, EXPERIENCE_CLOUD, GOOGLE_FORMS)
