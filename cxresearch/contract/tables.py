"""What each table must look like: the contract.

Names follow one habit: ``<object>_id`` is text, ``<event>_at`` a moment as a clock in the
workspace's time zone shows it, ``<event>_on`` a date, ``is_`` and
``has_`` are flags, and a unit is the suffix of its name. A table may carry any further column; a table that is missing is no
error, and what needs it is left out.

Each table validates an Ibis table by itself through pandera (``TABLES["orders"].validate(table)``); :mod:`cxresearch.checks.check` reads the same
declarations to count every fault in one scan and to name the lines, which pandera does not.
"""

import re

from cxresearch.contract.schema import Column, Table

LINE = "cx_line"  # the column that numbers the rows of a table being checked


def key(text):
    """A table's own key: text, present, unique."""
    return Column("text", text, required=True, nullable=False, unique=True)


def reference(table, text, required=True):
    """The key of another table; it must be found there when that table is present."""
    return Column("text", text, required, not required, references=table)


def label(text, among=None, required=False, **facts):
    """Free text or one of a list of codes; `facts` are fields of :class:`~cxresearch.contract.schema.Column`."""
    return Column("text", text, required, not required, among=among and tuple(among), **facts)


def number(text, low=None, high=None, required=False, unit=None, **facts):
    """A finite number, within bounds where it has any."""
    return Column("number", text, required, not required, low=low, high=high, unit=unit, **facts)


def flag(text, required=False, **facts):
    """True or false."""
    return Column("flag", text, required, not required, **facts)


def moment(text, required=False, **facts):
    """A moment on the clock of the workspace's time zone."""
    return Column("moment", text, required, not required, **facts)


def day(text, required=False, blank=True, **facts):
    """A date, which may be left `blank`."""
    return Column("date", text, required, blank, **facts)


def table(text, unique=None, one_of=(), acts=False, **columns):
    """A table of the contract; `unique` names a key of several columns, `one_of` columns of which one must be there, `acts` what the firm does by choice."""
    return Table(text, columns, unique, tuple(one_of), acts)


MONEY = {"currency": label("the currency of the row's amounts, where there are several: EUR, USD …")}
READINESS = {
    "people_ready": number("readiness of the people, 0 to 4", low=0, high=4),
    "process_ready": number("readiness of the processes, 0 to 4", low=0, high=4),
    "technology_ready": number("readiness of the technology, 0 to 4", low=0, high=4),
}

READINESS_ITEMS = tuple(
    f"{theme}_{n}" for theme in ("strategy", "people", "process", "technology") for n in (1, 2, 3)
)

TABLES = {
    "customers": table(
        "One row per customer.",
        customer_id=key("the customer's key"),
        acquired_at=moment("when the customer was won", required=True, event=True),
        segment=label("the kind of customer", group=True),
        region=label("where the customer is served", group=True),
        acquisition_channel=label("how the customer was won", group=True),
    ),
    "contracts": table(
        "One row per contract; an empty `ended_on` means that it is running.",
        contract_id=key("the contract's key"),
        customer_id=reference("customers", "who holds it"),
        started_on=day("first day", required=True, event=True, blank=False),
        ended_on=day(
            "last day, which may be known in advance; empty, or a day such as 9999-12-31, while none is known",
            required=True,
            planned=True,
            open_ended=True,
            after="started_on",
            ripens=True,
            known_on="ended_on",
        ),
        term_months=number("length of one term", low=1, high=1200, unit="months"),
        monthly_amount=number("price of a month", low=0, unit="currency"),
        end_reason=label("why it ended: cancelled, lapsed, died …", ripens=True, known_on="ended_on"),
        observed_from=day("from when its end would have been recorded, where that is not the first day"),
        team_id=label("the team that held the customer when the contract was signed"),
        status_reported=label(
            "what the team calls an ended contract: left, dormant, moved …", ripens=True, known_on="ended_on"
        ),
        **MONEY,
    ),
    "orders": table(
        "One row per purchase.",
        order_id=key("the order's key"),
        customer_id=reference("customers", "who bought"),
        ordered_at=moment("when it was bought", required=True, event=True),
        amount=Column(
            "number",
            "what was paid; negative for a return; without it money is left out",
            nullable=False,
            unit="currency",
        ),
        channel=label("where it was bought"),
        is_return=flag("the row takes a purchase back"),
        **MONEY,
    ),
    "interactions": table(
        "One row per contact between a customer and the firm.",
        interaction_id=key("the contact's key"),
        customer_id=reference(
            "customers", "who was in contact; without it each case stands for itself", required=False
        ),
        started_at=moment("when it began", required=True, event=True),
        sequence=number("the order of contacts that began at the same moment"),
        touchpoint=label("what it was about: order, delivery, invoice …", required=True),
        channel=label("how: face to face, phone, e-mail, web, post …", required=True),
        case_id=label("the case that several contacts belong to"),
        department=label("who served"),
        agent_id=label("which agent served; never shown", personal=True),
        job=label("what the customer wanted to get done"),
        complexity=number("how hard the case was; any scale"),
        is_automated=flag("no person served"),
        wait_seconds=number("waiting before it was served", low=0, unit="seconds"),
        handle_seconds=number("time it took to serve", low=0, unit="seconds"),
        is_sla_met=flag("it was served within the time that the firm sets itself"),
        is_resolved=flag("the customer's matter was settled"),
        is_transferred=flag("it was handed on"),
        satisfaction=number("the customer's rating", scale=True),
        effort=number("the customer's effort score", scale=True),
        emotion=number("how the customer felt", scale=True),
    ),
    "survey_responses": table(
        "One row per answered questionnaire; any number of `driver_*` columns.",
        one_of=("wave", "responded_at"),
        response_id=key("the response's key"),
        wave=label("which round of the survey", fresh=True),
        survey=label("which questionnaire, where the table holds several"),
        responded_at=moment("when it was answered", event=True),
        customer_id=reference("customers", "who answered", required=False),
        recommend=number("likelihood to recommend, 0 to 10", low=0, high=10, scale=True),
        satisfaction=number("overall satisfaction; any scale", scale=True),
        effort=number("how hard it was made for the customer", scale=True),
        emotion=number("how the customer felt", scale=True),
        touchpoint=label("what the answer is about"),
        channel=label("how the customer was served"),
        department=label("who served"),
        weight=number("survey weight", low=0, fresh=True),
        comment=label("free text; never shown", fresh=True, personal=True, free_text=True),
        **{"driver_.+": Column("number", "a rated item", regex=True, scale=True)},
    ),
    "survey_invitations": table(
        "One row per invited customer and wave.",
        unique=["wave", "customer_id"],
        wave=label("which round of the survey", required=True, fresh=True),
        survey=label("which questionnaire, where the table holds several"),
        customer_id=reference("customers", "who was invited"),
        invited_at=moment("when", required=True, event=True),
        has_responded=flag("an answer came back", required=True, ripens=True),
        stratum=label("the group the customer was drawn from"),
    ),
    "staff_ratings": table(
        "One row per employee's view of what customers experience.",
        rating_id=key("the rating's key"),
        wave=label("which round of the survey", required=True, fresh=True),
        department=label("whose work is rated", required=True),
        touchpoint=label("which touchpoint", required=True),
        rating=number("on the customers' scale", required=True, scale=True),
        level=label("staff, manager, executive …"),
        staff_id=label("who rated; never shown", personal=True),
    ),
    "snapshots": table(
        "One row per customer and date with a ready label; any attribute known on that date.",
        unique=["customer_id", "snapshot_on"],
        customer_id=reference("customers", "whose state it is"),
        snapshot_on=day("the date of the state", required=True, event=True, blank=False),
        has_left=flag(
            "the customer left afterwards; the mapping declares which value means left", required=True
        ),
    ),
    "projects": table(
        "One row per project; an empty `outcome` means that it is open.",
        one_of=("approved_on", "started_on"),
        project_id=key("the project's key"),
        approved_on=day("when it was approved", event=True),
        started_on=day("when it began", event=True),
        project_name=label("what it is called", fresh=True),
        kind=label("the kind of project"),
        planned_finish_on=day("the finish first planned", planned=True),
        finished_on=day(
            "when it ended; empty, or a day such as 9999-12-31, while it is open",
            open_ended=True,
            after="started_on",
            ripens=True,
            known_on="finished_on",
        ),
        baseline_cost=number("the cost first planned", low=0, unit="currency"),
        actual_cost=number("what it cost", low=0, unit="currency", ripens=True, known_on="finished_on"),
        outcome=label("how it ended", among=["delivered", "cancelled"], ripens=True, known_on="finished_on"),
        has_failed=flag(
            "the project failed, as the firm judged at its end; no other rule then applies",
            ripens=True,
            known_on="finished_on",
        ),
        benefit_planned=number("the yearly benefit planned", unit="currency"),
        benefit_realised=number(
            "the yearly benefit 12 months after go-live", unit="currency", ripens=True, known_on="finished_on"
        ),
        **READINESS,
        is_strategy_first=flag("the strategy was agreed before the software was chosen"),
        has_sponsor=flag("an executive answers for it"),
        priority=label("what its owners put first", among=["time", "cost", "quality"]),
        **MONEY,
    ),
    "project_status": table(
        "One row per project and reporting date.",
        unique=["project_id", "status_on"],
        project_id=reference("projects", "which project"),
        status_on=day("the date of the report", required=True, event=True, blank=False),
        planned_value=number("budgeted cost of the work planned by then", low=0, unit="currency"),
        earned_value=number("budgeted cost of the work done by then", low=0, unit="currency"),
        actual_cost=number("cost so far", low=0, unit="currency"),
        budget_at_completion=number("budget of the whole project", low=0, unit="currency"),
        scope_change=number(
            "change of the budget by added or dropped scope since the last report", unit="currency"
        ),
        open_defects=number("defects not yet mended", low=0),
        reported_rag=label("the status its manager reports: red, amber, green"),
        forecast_finish_on=day("the finish its manager expects", planned=True),
        **READINESS,
        **MONEY,
    ),
    "events": table(
        "One row per marketing event.",
        acts=True,
        event_id=key("the event's key"),
        held_on=day("when it was held", required=True, event=True, blank=False),
        kind=label("the kind of event"),
        cost=number("what it cost", low=0, unit="currency"),
        attendance=number("how many came", low=0, ripens=True),
        is_randomised=flag("a hold-out was drawn at random among those to be invited"),
        outcome_months=number(
            "months after it in which its effect is counted", low=1, high=60, unit="months"
        ),
        margin_share=number("contribution per unit of revenue, 0 to 1", low=0, high=1),
        **MONEY,
    ),
    "event_invitations": table(
        "One row per event and customer who was invited, or could have been and was not.",
        acts=True,
        unique=["event_id", "customer_id"],
        event_id=reference("events", "which event"),
        customer_id=reference("customers", "who was invited or held out"),
        invited_on=day("when the invitations went out", required=True, event=True, blank=False),
        is_invited=flag("false: drawn as a hold-out, or eligible and not asked", required=True),
        has_attended=flag("the customer came", ripens=True),
        invited_probability=number("the chance of being invited, where a lot was drawn", low=0, high=1),
        cost=number("what the invitation cost", low=0, unit="currency"),
        **MONEY,
    ),
    "account_revenue": table(
        "One row per customer and month: what the customer bought in it. Without it the orders are summed.",
        unique=["customer_id", "month_on"],
        customer_id=reference("customers", "whose account it is"),
        month_on=day("any day of the month", required=True, event=True, blank=False),
        revenue=number(
            "revenue of the month; negative where more was returned than bought",
            required=True,
            unit="currency",
        ),
        **MONEY,
    ),
    "process_steps": table(
        "One row per step that a case of a customer process went through: an event log.",
        step_id=key("the step's key"),
        case_id=label("the case that went through it", required=True),
        process=label("which customer process: order, complaint …", required=True),
        activity=label("what was done", required=True),
        finished_at=moment("when it was done", required=True, event=True),
        started_at=moment("when it was begun"),
        sequence=number("its place within the case, where several steps have one moment"),
        customer_id=reference("customers", "whose case it is", required=False),
        agent_id=label("which agent did it; never shown", personal=True),
        department=label("which department did it"),
        channel=label("how the case came in"),
        complexity=number("how hard the case was; any scale"),
        cost=number("what the step cost", low=0, unit="currency"),
        is_resolved=flag("the case was settled at the first contact; on any of its steps", ripens=True),
        is_open_case=flag("the case is still open; on any of its steps"),
        **MONEY,
    ),
    "process_models": table(
        "One row per step of a process as it should be; activities in one position are alternatives.",
        unique=["process", "activity"],
        process=label("which customer process", required=True),
        activity=label("what is to be done", required=True),
        position=number("its place in the process, 1 for the first", required=True),
        rule=label("whether every case must go through it", among=["must", "may"], required=True),
        repeats_allowed=number("how often a case may go through it in all; 1 where empty", low=1, high=1000),
        owner=label("who answers for the step: a role or department"),
        kpi=label("the number by which the step is judged"),
        data_updated_on=day("the last day for which that number is known"),
    ),
    "process_changes": table(
        "One row per change made to a process.",
        acts=True,
        change_id=key("the change's key"),
        process=label("which customer process", required=True),
        started_on=day("the first day on which it applied", required=True, event=True, blank=False),
        finished_on=day("the day on which it had been phased in", planned=True, after="started_on"),
        metric=label("what it was to improve", among=["cycle_time", "fitness", "rework", "cost"]),
        reason=label("why it was made: planned, or a reaction to a bad month", among=["planned", "reaction"]),
        is_tested=flag("it was tried on some cases first, or against a comparison"),
    ),
    "process_costs": table(
        "One row per process and month: only where the steps carry no cost.",
        unique=["process", "month_on"],
        process=label("which customer process", required=True),
        month_on=day("any day of the month", required=True, event=True, blank=False),
        volume=number("cases of the month", low=0, required=True),
        cost=number("what they cost together", low=0, required=True, unit="currency"),
        **MONEY,
    ),
    "readiness_answers": table(
        "One row per answer to one of the twelve questions of the readiness assessment.",
        acts=True,
        unique=["organisation_id", "assessed_on", "respondent_id", "item"],
        organisation_id=label("which organisation", required=True),
        assessed_on=day("when it was assessed", required=True, event=True, blank=False),
        item=label("which question", among=READINESS_ITEMS, required=True),
        score=number("the answer, 0 to 4", low=0, high=4, required=True),
        respondent_id=label("who answered; never shown", personal=True),
        respondent_role=label("the role of who answered: sponsor, manager, staff …"),
        year=number("the year of implementation the organisation was in, 1 to 5", low=1, high=5),
        is_benchmark=flag("another organisation, against which the firm is held", others=True),
        source=label("where the answer is from; `synthetic` marks a made-up benchmark"),
    ),
    "winback_offers": table(
        "One row per lapsed customer who was, or was deliberately not, made an offer.",
        acts=True,
        offer_id=key("the offer's key"),
        customer_id=reference("customers", "who was offered"),
        offered_on=day("when", required=True, event=True, blank=False),
        arm=label("which offer, or control", required=True),
        has_returned=flag("the customer came back", required=True, ripens=True),
        spend=number("spent afterwards", unit="currency", ripens=True),
        lapsed_on=day("when the customer had left"),
        lapse_reason=label("why the customer had left"),
        returned_on=day(
            "when the customer came back", after="offered_on", ripens=True, known_on="returned_on"
        ),
        left_again_on=day(
            "when the customer left again; empty, or a day such as 9999-12-31, while still there",
            open_ended=True,
            after="returned_on",
            ripens=True,
            known_on="left_again_on",
        ),
        cost=number("what the offer cost", low=0, unit="currency"),
        arm_probability=number("the chance of this arm, where a lot was drawn", low=0, high=1),
        **MONEY,
    ),
    "retention_offers": table(
        "One row per customer still there who was, or was deliberately not, made an offer to stay.",
        acts=True,
        offer_id=key("the offer's key"),
        customer_id=reference("customers", "who was offered"),
        offered_on=day("when", required=True, event=True, blank=False),
        arm=label("which offer, or control", required=True),
        has_left=flag("the customer left within the time watched", required=True, ripens=True),
        spend=number("spent afterwards", unit="currency", ripens=True),
        cost=number("what the offer cost", low=0, unit="currency"),
        arm_probability=number("the chance of this arm, where a lot was drawn", low=0, high=1),
        **MONEY,
    ),
    "pay_plans": table(
        "One row per team and pay plan; a team without a row, or without a plan tied to retention, was never treated.",
        acts=True,
        unique=["team_id", "started_on"],
        team_id=label("which team", required=True),
        started_on=day("the first day on which the plan applied", required=True, event=True, blank=False),
        is_tied=flag("pay depends on how many customers stay", required=True),
        share_tied=number("the share of pay that depends on it, 0 to 1", low=0, high=1),
        metric=label("the number that is paid for"),
        announced_on=day("when the team was told"),
    ),
}


def is_amount(name, column):
    """Whether a column of a table holds money.

    >>> is_amount("orders", "amount"), is_amount("orders", "channel")
    (True, False)
    """
    spec = TABLES[name].column(column)
    return spec is not None and spec.unit == "currency"


def columns(name, present):
    """The contract's columns of a table that are present, patterns such as ``driver_*`` spelled out."""
    found = {}
    for column, spec in TABLES[name].columns.items():
        matches = [c for c in present if re.fullmatch(column, c)] if spec.regex else [column]
        found |= {match: spec for match in matches if match in present}
    return found
