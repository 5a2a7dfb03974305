"""What pages propose: each decision from a model's verdict, and none without one."""

import datetime
from types import SimpleNamespace as Some

import numpy as np
import pandas as pd
import pytest

from cxresearch.proposal import PROPOSAL
from cxresearch.readings import decisions

AS_OF = datetime.date(2026, 9, 30)


def content(shown):
    return shown._repr_mimebundle_().get(PROPOSAL)


def volumes(**row):
    usual = {"table": "customers", "rows": 280, "expected": 290.0, "low": 240.0, "high": 340.0, "since": pd.Timestamp("2026-04-30")}  # fmt: skip
    usual |= {"usual": 1000.0, "usual_low": 880.0, "usual_high": 1120.0, "verdict": "still missing"}
    return Some(quarters_=pd.DataFrame([usual | row]))


def test_rows_that_stopped_come_first_and_count_what_is_lacking():
    one = content(decisions.find_out_why_rows_stopped(volumes(), AS_OF))
    assert one["what"] == (
        "Find out why the number of new customers has collapsed since 2026-04: lost business, or lost records"
    )
    assert one["effect"] == [720.0, 600.0, 840.0] and one["comes_first"] and one["p"] < 1e-9
    assert "280 new customers this quarter, about 1,000 by the months before" in one["why"]
    few = content(decisions.find_out_why_rows_stopped(volumes(rows=2), AS_OF))
    assert few["why"].startswith("fewer than 10 new customers this quarter, about 1,000")
    for verdict in ("as expected", "still fewer", "not assessed"):
        assert content(decisions.find_out_why_rows_stopped(volumes(verdict=verdict), AS_OF)) is None


def departments(verdict):
    row = {"department": "Billing", "distance": -0.8, "distance_low": -1.0, "distance_high": -0.6, "verdict": verdict}  # fmt: skip
    return Some(departments_=pd.DataFrame([row, row | {"department": "Sales", "distance": 0.2}]))


def test_a_department_is_tried_only_where_it_lags():
    one = content(decisions.try_in_the_lagging_department(departments("lagging"), AS_OF))
    assert one["owner"] == "Billing" and one["expected"] == 0.8 and one["touches"] == "department=Billing"
    assert one["metric"] == "Billing: adjusted satisfaction" and one["p"] < 1e-9
    for verdict in ("in between", "below"):
        assert content(decisions.try_in_the_lagging_department(departments(verdict), AS_OF))["p"] == 1


def order(estimate, low, high):
    metrics = [
        "failed, technology first",
        "failed, people and processes first",
        "difference in failure rate",
    ]
    return pd.DataFrame(
        {"metric": metrics, "estimate": [0.8, 0.4, estimate], "low": [0.6, 0.3, low], "high": [0.9, 0.6, high], "n": [30, 25, 55]}
    )  # fmt: skip


def test_technology_is_held_back_where_it_went_with_failure():
    ahead = pd.DataFrame({"project": ["A", "B"], "at_risk": [1.0, 5.0]})
    one = content(
        decisions.let_people_and_processes_lead(order(0.4, 0.15, 0.6), ahead, (6.0, 2.0, 9.0), AS_OF)
    )
    assert "half of the 2 open projects" in one["what"] and "the most money is at risk in B" in one["why"]
    assert one["rests_on"] == "association" and one["p"] < 0.01
    other_way = decisions.let_people_and_processes_lead(order(-0.4, -0.6, -0.15), ahead, None, AS_OF)
    assert content(other_way)["p"] == 1
    few = order(0.4, 0.15, 0.6).assign(n=[30, 8, 38])
    assert content(decisions.let_people_and_processes_lead(few, ahead, None, AS_OF)) is None
    assert content(decisions.let_people_and_processes_lead(few, ahead.head(0), None, AS_OF)) is None


def renewal(ratio):
    return Some(
        main_=pd.DataFrame([dict(zip(("estimate", "low", "high"), ratio, strict=True))], index=["ratio"])
    )


def risk(**more):
    known = {"months": 3, "group_": "key_account", "n_": 83, "a_year_": 1_570_000.0, "share_": 0.68}
    known |= {
        "loss_": (8e4, 1e4, 17e4),
        "kept_": (1.2e4, 0.0, 5.5e4),
        "leavers_": (6.0, 2.0, 11.0),
    }
    return Some(**known | more)


def test_renewals_are_called_and_half_of_them_held_out():
    one = content(decisions.contact_renewals(risk(), renewal((90.0, 66.0, 123.0)), AS_OF))
    assert one["what"].startswith("Call half of the 80 key account customers whose contract is up for renewal by 2026-12-31")  # fmt: skip
    assert one["money"]["at_stake"] == [80000.0, 10000.0, 170000.0] and one["again_on"] == "2026-12-31"
    assert content(decisions.contact_renewals(risk(), renewal((1.1, 0.7, 1.6)), AS_OF))["p"] > 0.5
    poor = risk(a_year_=0.0, group_=None, kept_=(0.9, 0.0, 3.0))
    bare = content(decisions.contact_renewals(poor, renewal((90.0, 66.0, 123.0)), AS_OF))
    assert bare["money"] is None and "6 customers" in bare["why"] and "kept" in bare["of"]
    none = Some(main_=pd.DataFrame(columns=["estimate", "low", "high"]))
    assert content(decisions.contact_renewals(risk(), none, AS_OF)) is None


@pytest.mark.parametrize("gap", [np.nan])
def test_what_is_not_known_is_not_proposed(gap):
    blind = departments("lagging")
    blind.departments_["distance"] = gap
    assert content(decisions.try_in_the_lagging_department(blind, AS_OF)) is None
