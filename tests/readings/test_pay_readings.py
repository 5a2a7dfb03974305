"""What the page on tied pay says: each sentence from its numbers, none where there is nothing to say."""

import copy
import datetime

import numpy as np
import pandas as pd
import pytest
from teams import ends, teams

import cxresearch as cx
import cxresearch.readings as r

AS_OF = datetime.date(2026, 9, 30)


@pytest.fixture(scope="module")
def firm():
    return teams(each=15, starts=(12, 18, 0), effect=0.6)


@pytest.fixture(scope="module")
def effect(firm):
    return cx.models.PayEffect().fit(*firm)


@pytest.fixture(scope="module")
def reports(firm):
    return cx.models.Relabelled().fit(ends(*firm, relabels=["T01"]), firm[1])


def having(model, **fields):
    twin = copy.copy(model)
    vars(twin).update(fields)
    return twin


def limits(*three):
    return pd.Series(dict(zip(["estimate", "low", "high"], three, strict=True)))


def test_the_teams_and_their_periods(effect):
    text = r.pay_teams(effect).text
    assert text.startswith(
        "30 of 45 teams began a plan, in the periods from 2024-10 and 2025-04; 15 never did."
    )
    assert "periods of 6 months" in text
    assert "2 of 9 teams stopped." in r.pay_teams(having(effect, left_out_=["2 of 9 teams stopped"])).text


def test_each_verdict_has_its_sentence(effect):
    more = r.pay_effect(having(effect, effect_=limits(0.0069, 0.003, 0.0108))).text
    assert more.startswith(
        "Teams kept more customers once their pay depended on it: of 1,000 contracts due, 6.9 (3.0 to 10.8) more are kept a month."
    )
    less = r.pay_effect(having(effect, verdict_="kept less", effect_=limits(-0.004, -0.006, -0.002))).text
    assert "4.0 (2.0 to 6.0) fewer are kept a month" in less
    none = r.pay_effect(having(effect, verdict_="no clear effect", effect_=limits(0.001, -0.002, 0.004))).text
    assert none.startswith(
        "No clear effect: tied pay changed the share kept in a month by +0.1 points (−0.2 to +0.4)."
    )
    apart = r.pay_effect(having(effect, verdict_="not comparable")).text
    assert "not attributed to it" in apart
    assert "random" not in apart


def test_the_comparison_is_named_and_called_an_association(effect):
    text = r.pay_effect(effect).text
    assert "before and after with controls" in text
    assert "No team was chosen by lot, so this is an association." in text
    assert "gives the same answer" in text
    other = having(effect, by_due_=limits(0.001, -0.01, 0.012))
    assert "gives another answer" in r.pay_effect(other).text


def test_what_the_time_before_can_and_cannot_show(effect):
    text = r.pay_before(effect).text
    assert "moved alike as far as the test can see" in text
    assert "with a probability of 80%; smaller ones can hide." in text
    apart = r.pay_before(having(effect, is_parallel_=False, verdict_="not comparable")).text
    assert "did not move alike" in apart
    none = having(effect, before_=effect.before_ * np.nan)
    assert "too few periods before" in r.pay_before(none).text
    blind = having(effect, before_=effect.before_.where(effect.before_.index != "detectable"))
    assert "cannot see a drift that all teams with a plan share" in r.pay_before(blind).text


@pytest.mark.parametrize(
    ("breakdown", "text"), [(0.0, "alone is not clear of zero"), (2.34, "by 2.3 times the largest change")]
)
def test_the_breakdown(effect, breakdown, text):
    assert text in r.pay_before(having(effect, breakdown_=breakdown)).text


def test_simpler_comparisons_are_said_to_be_off_or_lucky(effect):
    own = effect.effect_["estimate"]
    off = effect.naive_.assign(estimate=[own + 0.004, own, own])
    assert (
        "with a plan and without, all periods, differs by 0.4 points"
        in r.pay_comparisons(having(effect, naive_=off)).text
    )
    assert "that is luck" in r.pay_comparisons(having(effect, naive_=off.assign(estimate=own))).text
    assert r.pay_comparisons(having(effect, naive_=off.head(0))).text == ""


def test_teams_that_relabel_are_named(reports):
    text = r.pay_reports(reports).text
    assert (
        "T01 reports clearly more of the customers who left as something else than teams without a plan do."
        in text
    )
    none = having(reports, found_=[])
    assert "None of the 24 teams that can be judged" in r.pay_reports(none).text
    two = having(reports, found_=["T01", "T02"])
    assert "T01 and T02 report clearly more" in r.pay_reports(two).text
    nobody = having(reports, found_=[], teams_=reports.teams_.head(0))
    assert "None of" not in r.pay_reports(nobody).text


def test_what_reports_add_to_the_effect(effect):
    assert (
        "larger by +0.2 points (+0.1 to +0.3)"
        in r.reported_effect(having(effect, gap_=limits(0.002, 0.001, 0.003))).text
    )
    assert "do not clearly add" in r.reported_effect(having(effect, gap_=limits(0.0, -0.001, 0.003))).text
    assert r.reported_effect(having(effect, gap_=limits(np.nan, np.nan, np.nan))).text == ""


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        ((2.0, 1.5, 2.7), "ends look moved"),
        ((0.5, 0.3, 0.8), "no sign that ends are moved past it"),
        ((1.1, 0.8, 1.4), "No sign that ends are moved"),
    ],
)
def test_ends_around_the_measuring_day(ratio, text):
    model = cx.models.PeriodEnds()
    model.ratio_, model.by_ = ratio, "days"
    assert text in r.period_ends(model).text
    assert "cannot be seen" not in r.period_ends(model).text
    model.by_ = "months"
    assert "cannot be seen" in r.period_ends(model).text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ((-0.2, -0.3, -0.1), "became cheaper by 20.0% (10.0% to 30.0%)"),
        ((0.2, 0.1, 0.3), "became dearer by 20.0%"),
        ((0.0, -0.1, 0.1), "No clear change"),
    ],
)
def test_what_new_contracts_cost(change, text):
    model = cx.models.SignedAmounts()
    model.change_, model.left_out_ = change, []
    assert text in r.signed_amounts(model).text


def test_the_trial_that_would_settle_it(effect):
    text = r.pay_trial(effect).text
    assert "draw half of the 45 teams by lot" in text
    assert "with a probability of 80%" in text
    small = having(effect, effect_=limits(0.00001, -0.001, 0.001))
    assert "It needs a longer time or more teams." in r.pay_trial(small).text


def test_the_decision_is_to_pay_on_frozen_outcomes(reports):
    shown = r.pay_on_frozen_outcomes(reports, AS_OF)
    assert shown.text.startswith(
        "Pay for retention by contract dates and the team at signing only, never by reported status."
    )
    assert "T01" in shown.text
    assert r.pay_on_frozen_outcomes(having(reports, strongest_=None), AS_OF).text == ""


def test_nothing_is_decided_where_nobody_relabels(firm):
    quiet = cx.models.Relabelled().fit(ends(*firm), firm[1])
    assert r.pay_on_frozen_outcomes(quiet, AS_OF).text == ""
