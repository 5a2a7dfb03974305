"""What is planted in Northgate's journeys is found: the weak point with its loss, the limit of automation, and what costs effort."""

import numpy as np
import pytest

import cxresearch as cx
from cxresearch.sample import write
from cxresearch.sample.truth import stored

AS_OF = "2026-09-30"


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journeys")
    write(folder, tables=["customers", "contracts", "interactions"])
    return cx.open(folder)


def test_customers_are_lost_at_the_weak_point(company):
    steps = cx.features.journey_steps(company.interactions, AS_OF, months=18)
    found = cx.models.WeakPoints(shuffles=99).fit(cx.features.customer_journeys(company, AS_OF), steps)
    first = found.points_.iloc[0]
    assert first["touchpoint"] == "fault" and first["stands"]
    assert first["low"] < stored()["journeys.weak_point_loss"]["value"] < first["high"]
    assert found.points_["stands"].sum() == 1
    assert found.adjusted_ == ["job", "channel", "segment", "department", "complexity", "prior contacts"]


def test_robots_serve_as_well_up_to_the_planted_complexity(company):
    contacts = cx.features.followed_contacts(company.interactions, AS_OF, 36)
    found = cx.models.AutomationLimit().fit(contacts)
    assert found.region_ == "two"
    assert found.automate_up_to_ < stored()["ratings.automation_threshold"]["value"] < found.never_above_
    assert 0 < found.net_[0] < found.contained_[0] < 1


def test_an_earlier_contact_costs_half_a_point_of_effort(company):
    found = cx.models.Effort().fit(cx.features.journey_steps(company.interactions, AS_OF, of="case"))
    cost = found.drivers_.set_index("term")["estimate"]
    assert cost["earlier"] == pytest.approx(0.5, abs=0.08)  # the scale ends at 7
    assert cost["complexity"] == pytest.approx(0.35, abs=0.05)
    assert (
        found.drivers_["stands"].tolist()[:2] == [True, True] and not found.drivers_["stands"].iloc[2:].any()
    )


def test_cases_are_no_chain(company):
    """Contacts of a case stay in their department: where the next one is depends on more than the present touchpoint."""
    found = cx.models.Journey().fit(cx.features.journey_steps(company.interactions, AS_OF))
    assert not found.is_chain_ and np.isnan(found.chain_contacts_)
    assert found.arcs_.iloc[0]["goes_to"] in {"$", "fault"}
