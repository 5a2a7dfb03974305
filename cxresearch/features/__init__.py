"""Tables to one row per unit, as known on a date: Ibis expressions that name no engine."""

from cxresearch.features.after_response import spend_after, stayed_after
from cxresearch.features.answer_scale import answer_scale
from cxresearch.features.buyer_dates import buyer_dates
from cxresearch.features.churn_labels import churn_labels
from cxresearch.features.churn_rows import churn_rows
from cxresearch.features.cohorts import cohort_grain, cohorts, may_have_bought_before
from cxresearch.features.contacts import contacts, loyalty_scores
from cxresearch.features.contract_spells import (
    contract_cohorts,
    contract_spells,
    contract_terms,
    customer_spells,
)
from cxresearch.features.customers.customers import customer_columns, customers
from cxresearch.features.events import account_months, account_traits, event_guests, events_held
from cxresearch.features.held_out import held_out
from cxresearch.features.invited import invited
from cxresearch.features.journeys.counted import transitions, variants
from cxresearch.features.journeys.customer_journeys import customer_journeys
from cxresearch.features.journeys.episodes import episodes
from cxresearch.features.journeys.followed_contacts import followed_contacts
from cxresearch.features.journeys.life_stages import life_stages
from cxresearch.features.journeys.loyalty_after import loyalty_after
from cxresearch.features.journeys.steps import journey_steps
from cxresearch.features.parts import part_measures, parts
from cxresearch.features.pay import (
    ends_by_day,
    pay_plans,
    reported_ends,
    signed_amounts,
    team_months,
    words_for_leaving,
)
from cxresearch.features.process_cases import process_cases, process_variants
from cxresearch.features.process_register import process_changes, process_costs
from cxresearch.features.projects import (
    columns_left_out,
    failure_definition,
    project_attributes,
    project_status,
    projects,
)
from cxresearch.features.purchase_gaps import purchase_gaps, second_purchase
from cxresearch.features.readiness_respondents import readiness_respondents
from cxresearch.features.rfm import purchase_days, rfm, weekly_purchases
from cxresearch.features.shop_quarter import shop_quarter
from cxresearch.features.start_facts import customer_facts, not_known_at_start
from cxresearch.features.survey_answers import staff_ratings, survey_answers, survey_invitations
from cxresearch.features.winback import lapsed_customers, winback_offers
from cxresearch.months import months_later

__all__ = [
    "account_months",
    "account_traits",
    "answer_scale",
    "buyer_dates",
    "churn_labels",
    "churn_rows",
    "cohort_grain",
    "cohorts",
    "columns_left_out",
    "contacts",
    "contract_cohorts",
    "contract_spells",
    "contract_terms",
    "customer_columns",
    "customer_facts",
    "customer_journeys",
    "customer_spells",
    "customers",
    "ends_by_day",
    "episodes",
    "event_guests",
    "events_held",
    "failure_definition",
    "followed_contacts",
    "held_out",
    "invited",
    "journey_steps",
    "lapsed_customers",
    "life_stages",
    "loyalty_after",
    "loyalty_scores",
    "may_have_bought_before",
    "months_later",
    "not_known_at_start",
    "part_measures",
    "parts",
    "pay_plans",
    "process_cases",
    "process_changes",
    "process_costs",
    "process_variants",
    "project_attributes",
    "project_status",
    "projects",
    "purchase_days",
    "purchase_gaps",
    "readiness_respondents",
    "reported_ends",
    "rfm",
    "second_purchase",
    "shop_quarter",
    "signed_amounts",
    "spend_after",
    "staff_ratings",
    "stayed_after",
    "survey_answers",
    "survey_invitations",
    "team_months",
    "transitions",
    "variants",
    "weekly_purchases",
    "winback_offers",
    "words_for_leaving",
]
