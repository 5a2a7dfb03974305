"""A reason given is the reason: data on which each holds, and data that would tempt a model into giving it falsely.

Of each pair of cases the second trips the same refusal by another cause; its sentence must name that cause, and not the first.
"""

import numpy as np
import pandas as pd
import pytest

import cxresearch as cx
from cxresearch.models import (
    Consistency,
    ContactHandling,
    FailureByAttribute,
    LoyaltyWaves,
    NonResponse,
    ProjectFailure,
    ProjectFailureRate,
    RenewalHazard,
    StatusMoves,
)
from cxresearch.models.churn.feature_columns import FeatureColumns
from cxresearch.models.contracts.leavers import require_leavers
from cxresearch.sample.projects import gate_register

# ---------------------------------------------------------------- projects


def register(outcome="delivered", failed=None, decided="2025-01-01", n=12):
    failed = pd.array([failed] * n, dtype="boolean") if failed is None or isinstance(failed, bool) else failed
    return pd.DataFrame(
        {
            "project_id": range(n),
            "begun_on": pd.Timestamp("2024-01-01"),
            "outcome": outcome,
            "has_failed": failed,
            "decided_on": pd.to_datetime(decided),
        }
    )


def rate(frame):
    return ProjectFailureRate().fit(frame, "2025-12-31")


def gaps(count):
    """Projects half of which lack a readiness, and the failures all of those."""
    gate, _ = gate_register(60, seed=1)
    failed = np.arange(60) % 6 == 0
    gate.loc[np.flatnonzero(failed)[:count], "people_ready"] = np.nan
    return gate, failed


def attributes(**columns):
    frame = pd.DataFrame(
        {"project_id": range(40), "has_failed": pd.array([True, False] * 20, dtype="boolean")}
    )
    return frame.assign(**columns)


def reports(days):
    dates = pd.Timestamp("2025-01-01") + pd.to_timedelta(days, unit="D")
    return pd.DataFrame({"project_id": "A", "status_on": dates, "reported_rag": "green"})


def test_a_firm_that_judges_failure_itself_needs_no_outcome():
    frame = register(None, pd.array([True, False] * 6, dtype="boolean"))
    assert rate(frame).rate_ == pytest.approx(0.5)


# ---------------------------------------------------------------- contacts


def contacts(complexity, departments=("Billing", "Service"), n=200):
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "touchpoint": "invoice",
            "channel": "phone",
            "department": np.tile(departments, n // len(departments)),
            "customer_id": np.arange(n).astype(str),
            "satisfaction": random.integers(1, 11, n),
            "complexity": complexity,
        }
    )


def half_known(few):
    """A complexity for each contact of Billing and for `few` of Service."""
    known = np.tile([1.5, np.nan], 100)
    known[1 : 2 * few : 2] = 2.5
    return known


def followed(days):
    return pd.DataFrame(
        {
            "touchpoint": "a",
            "channel": "b",
            "customer_id": ["1", "2"],
            "days_followed": days,
            "days_to_next": np.nan,
        }
    )


# ---------------------------------------------------------------- surveys, contracts, features


def answers(**columns):
    return pd.DataFrame({"wave": ["2026Q1"] * 30}).assign(**columns)


CASES = {
    "no outcome at all": (
        lambda: rate(register(None)), "no project is recorded as delivered or cancelled on a known day", "",
    ),
    "the benefit is not due yet": (
        lambda: rate(register(decided=None)), "by the definition of failure, no project is decided yet", "date of its finish",
    ),
    "the day of the finish is missing": (
        lambda: rate(register("cancelled", True, None)), "none of 12 projects with an outcome has the date of its finish", "decided yet",
    ),
    "too few failures": (
        lambda: ProjectFailure().fit(*gate_register(6, seed=2)), "too few of one outcome", "lack a value",
    ),
    "the failures lack a value": (
        lambda: ProjectFailure().fit(*gaps(8)), "2 of 52 decided projects failed: too few of one outcome to learn from; 8 more lack a value", "",
    ),
    "nothing differs": (
        lambda: ProjectFailure().fit(
            pd.DataFrame({"project_id": range(40), "has_sponsor": True}), np.arange(40) % 2 == 0
        ),
        "recorded for enough projects and differs between them", "",
    ),
    "levels too small": (
        lambda: FailureByAttribute().fit(attributes(site=[f"n{k}" for k in range(40)])),
        "no attribute of the projects has two values with five decided projects each", "filled in",
    ),
    "filled in afterwards": (
        lambda: FailureByAttribute().fit(attributes(lesson=pd.Series(["late", None] * 20, dtype=object))),
        "no attribute of the projects can be compared (lesson: it is filled in after the outcome)", "five decided projects",
    ),
    "one report": (lambda: StatusMoves().fit(reports([0])), "no project has two status reports to compare", "apart"),
    "two reports at the wrong distance": (
        lambda: StatusMoves(months=12).fit(reports([0, 5, 10])), "no project has two status reports about 12 months apart", "to compare",
    ),
    "departments too small": (
        lambda: Consistency().fit(contacts(1.5, n=12)), "fewer than two departments have 10 rated contacts from 10 customers", "complexity",
    ),
    "departments without complexities": (
        lambda: Consistency().fit(contacts(half_known(5))),
        "fewer than two departments have 10 rated contacts with a complexity from 10 customers", "",
    ),
    "nothing of contacts": (
        lambda: ContactHandling().fit(followed(3.0)), "no named customer was followed for 7 days", "no customers",
    ),
    "nobody answered": (
        lambda: LoyaltyWaves().fit(answers(recommend=np.nan)), "nobody answered recommend, satisfaction or effort", "no NPS",
    ),
    "few left": (lambda: require_leavers([1] * 5, True), "fewer than ten contract customers have left", "observed"),
    "few of the leavers were observed": (
        lambda: require_leavers([1] * 50, np.arange(50) < 5), "fewer than ten of the contract customers who left had been observed", "have left",
    ),
    "no terms": (
        lambda: RenewalHazard().fit([5, 6], [1, 0], term=[1, np.nan]), "no contract has a term of two months or more", "observed",
    ),
    "terms, but nobody observed": (
        lambda: RenewalHazard().fit([5, 6], [1, 0], [5, 6], [12, 12]), "no contract with a term of two months or more has been observed", "",
    ),
    "one value": (
        lambda: FeatureColumns().learn(pd.DataFrame({"a": [1] * 20, "b": [None] * 20})), "no feature has more than one value", "dates",
    ),
    "dates and rare names": (
        lambda: FeatureColumns().learn(
            pd.DataFrame({"on": pd.to_datetime(["2026-01-01", "2026-01-02"] * 10), "name": [f"n{k}" for k in range(20)]})
        ),
        "no feature can be used (on: dates, which are no numbers; give the days since; name: 20 values, none in 10 rows)", "more than one value",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_reason_given_is_the_one_that_holds(case):
    refuse, said, not_said = CASES[case]
    with pytest.raises(cx.NotEnough) as refusal:
        refuse()
    assert said in str(refusal.value)
    assert not not_said or not_said not in str(refusal.value)


def test_a_department_without_complexities_is_not_called_one_of_few_ratings():
    complexity = np.tile([1.5, 2.5, np.nan], 200)
    found = Consistency(draws=200).fit(contacts(complexity, ("Billing", "Service", "Claims"), 600))
    assert (
        "1 department with fewer than 10 rated contacts with a complexity is not compared" in found.left_out_
    )
    assert not any("or customers" in text for text in found.left_out_)


def test_answers_that_were_set_aside_are_not_called_missing():
    """Everybody answered, between two points of the scale: no score can be counted, which is not that nobody answered."""
    with pytest.raises(cx.NotEnough, match="no NPS: no answer to recommend can be counted") as refusal:
        LoyaltyWaves().fit(answers(recommend=8.5))
    assert "nobody answered recommend" not in str(refusal.value)
    assert "30 scores of recommend between two points are left out" in str(refusal.value)


def test_contracts_that_began_in_the_latest_period_are_not_called_contracts_that_stayed():
    columns = {"entry": 0, "duration": 12, "tenure": 0.0, "term": np.nan, "months": 12}
    from cxresearch.models.contracts import hazard

    before = pd.DataFrame({"contract_id": [f"a{i}" for i in range(60)], "has_ended": True, **columns})
    now = pd.DataFrame(
        {"contract_id": [f"b{i}" for i in range(60)], "has_ended": [True, False] * 30, **columns}
    )
    with pytest.raises(cx.NotEnough, match="no contract was running when the latest period began"):
        hazard._running(before, pd.concat([before, now]))
    still = before.assign(has_ended=False)
    with pytest.raises(
        cx.NotEnough, match="none of the contracts that ran when the latest period began ended in it"
    ):
        hazard._running(still, still)


def invited(n=200, left=0, **columns):
    frame = pd.DataFrame(
        {"wave": "2026Q1", "customer_id": np.arange(n).astype(str), "invited_at": pd.Timestamp("2026-01-10")}
    )
    frame["has_responded"] = np.arange(n) % 2 == 0
    frame["duration"], frame["has_left"] = 24, np.arange(n) < left
    return frame.assign(**columns)


def silent(invitations):
    answered = invitations.loc[invitations["has_responded"], ["wave", "customer_id"]]
    return NonResponse().fit(invitations, answered.assign(recommend=np.arange(len(answered)) % 11)).left_out_


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({}, "no raking: nothing is known of the invited"),
        ({"segment": "all alike"}, "no raking: segment is the same for all"),
        ({"region": [f"r{k}" for k in range(200)]}, "no raking: region has 200 values, more than"),
    ],
)
def test_why_answers_are_not_raked(columns, why):
    assert any(text.startswith(why) for text in silent(invited(**columns)))


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (invited(left=4), "fewer than 10 who"),
        (invited(left=60).assign(duration=3), "was followed for"),
    ],
)
def test_why_the_silent_are_not_compared(table, why):
    told = [text for text in silent(table) if text.startswith("whether the silent left more often")]
    assert len(told) == 1 and why in told[0] and ", or " not in told[0]


@pytest.mark.parametrize(
    ("problem", "with_renewal", "why"),
    [
        (
            "renewal has no finite estimate",
            True,
            "renewal month: nobody, or everybody, left in one kind of month",
        ),
        (
            "columns are collinear: renewal, tenure; leave one",
            True,
            "renewal month: it is tied to the other terms",
        ),
        (
            "columns are collinear: segment b, region x; leave one",
            True,
            "renewal month and covariates: some of them say the same",
        ),
        ("segment has one value only: leave it out", False, "covariates: one of them has one value only"),
        ("segment b has no finite estimate", False, "covariates: nobody left in some of their values"),
    ],
)
def test_why_a_term_is_not_in_the_hazard(problem, with_renewal, why):
    from cxresearch.models.contracts.outlook import _why

    assert _why(problem, with_renewal) == why
